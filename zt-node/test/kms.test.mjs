import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { Client, DecryptError, KeyringError, KmsError, KmsKeyring, MultiKeyring, RawAesKeyring, inspect, testing } from 'zt-node'
import { createKey, freePort, kmsClient, startMoto } from '../support/moto.mjs'

const secret = Buffer.from('attack at dawn')
const encryptionContext = { tenant: 'a' }
let moto
before(async () => {
  moto = await startMoto()
})
after(() => moto.stop())

/** A client that writes down what it is asked. */
function recording(client) {
  const seen = []
  return {
    seen,
    async send(command, options) {
      const answer = await client.send(command, options)
      seen.push({ name: command.constructor.name, input: command.input, answer })
      return answer
    },
  }
}

/** A client of a server that gives these answers. */
async function answering(t, answer) {
  const server = createServer((_, response) => {
    const [status, body] = answer()
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(body)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => server.close())
  return kmsClient(`http://127.0.0.1:${server.address().port}`, 'us-east-1', { maxAttempts: 1 })
}

function is(code, serviceCode, retryable) {
  return (error) => {
    assert.ok(error instanceof KmsError, `${error}`)
    assert.equal(error.code, code)
    assert.equal(error.serviceCode, serviceCode)
    assert.equal(error.retryable, retryable)
    assert.ok(error.cause, 'the cause is what the client threw')
    return true
  }
}

test('a round trip under a KMS key', async () => {
  const kms = recording(moto.client())
  const keyArn = await createKey(moto.client(), 'alias/round-trip')
  const client = new Client(new KmsKeyring(keyArn, { client: kms, grantTokens: ['token'] }))
  const message = await client.encrypt(secret, { encryptionContext })
  assert.equal(inspect(message).encryptedDataKeys[0].keyName, keyArn)
  const { plaintext } = await client.decrypt(message, { encryptionContext })
  assert.equal(plaintext.toString(), 'attack at dawn')
  const [made, opened] = kms.seen
  assert.equal(made.name, 'GenerateDataKeyCommand')
  assert.deepEqual(made.input, { KeyId: keyArn, NumberOfBytes: 32, EncryptionContext: encryptionContext, GrantTokens: ['token'] })
  assert.equal(opened.name, 'DecryptCommand')
  assert.deepEqual(opened.input.EncryptionContext, encryptionContext)
  // Data keys do not stay behind in JavaScript.
  assert.ok(made.answer.Plaintext.every((byte) => byte === 0))
  assert.ok(opened.answer.Plaintext.every((byte) => byte === 0))

  const byAlias = new Client(new KmsKeyring('alias/round-trip', { client: moto.client() }))
  const other = await byAlias.encrypt(secret)
  assert.equal((await client.decrypt(other)).plaintext.toString(), 'attack at dawn')
  await assert.rejects(byAlias.decrypt(other), (error) => error instanceof DecryptError && error.code === 'NO_MATCHING_KEY' && /alias/.test(error.message))
})

test('a client is made when none is given, in the Region of the key', async () => {
  const keyArn = await createKey(moto.client('eu-west-1'))
  const variables = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' }
  const saved = Object.fromEntries(Object.keys(variables).map((name) => [name, process.env[name]]))
  Object.assign(process.env, variables)
  try {
    const client = new Client(new KmsKeyring(keyArn, { endpoint: moto.endpoint }))
    assert.equal((await client.decrypt(await client.encrypt(secret))).plaintext.toString(), 'attack at dawn')
  } finally {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  }
})

test('each keyring of a multi-keyring asks its own client', async () => {
  const west = recording(moto.client('us-west-2'))
  const east = recording(moto.client('us-east-1'))
  const [westArn, eastArn] = [await createKey(moto.client('us-west-2')), await createKey(moto.client('us-east-1'))]
  const escrow = new RawAesKeyring('escrow', 'safe', Buffer.alloc(32, 1))
  const all = new MultiKeyring({
    generator: new KmsKeyring(westArn, { client: west }),
    children: [new MultiKeyring({ generator: new KmsKeyring(eastArn, { client: east }) }), escrow],
  })
  const message = await new Client(all).encrypt(secret, { encryptionContext })
  assert.deepEqual(west.seen.map(({ name }) => name), ['GenerateDataKeyCommand'])
  assert.deepEqual(east.seen.map(({ name }) => name), ['EncryptCommand'])
  assert.ok(east.seen[0].input.Plaintext.every((byte) => byte === 0), 'the data key was wiped after it was sent')
  assert.equal(east.seen[0].input.Plaintext.length, 32)
  assert.deepEqual(inspect(message).encryptedDataKeys.map(({ keyName }) => keyName), [westArn, eastArn, 'escrow/safe'])

  // The west is down, the east answers.
  const down = kmsClient(`http://127.0.0.1:${await freePort()}`, 'us-west-2', { maxAttempts: 1 })
  const rest = new MultiKeyring({
    children: [new KmsKeyring(westArn, { client: down }), new KmsKeyring(eastArn, { client: east })],
  })
  assert.equal((await new Client(rest).decrypt(message)).plaintext.toString(), 'attack at dawn')
  for (const one of [new KmsKeyring(eastArn, { client: east }), escrow]) {
    assert.equal((await new Client(one).decrypt(message)).plaintext.toString(), 'attack at dawn')
  }
})

test('KMS refuses', async () => {
  const missing = 'arn:aws:kms:us-east-1:123456789012:key/00000000-0000-4000-8000-000000000000'
  const client = new Client(new KmsKeyring(missing, { client: moto.client() }))
  await assert.rejects(client.encrypt(secret), is('KMS_REFUSED', 'NotFoundException', false))

  const wrongContext = await createKey(moto.client())
  const mine = new Client(new KmsKeyring(wrongContext, { client: moto.client() }))
  const message = await mine.encrypt(secret, { encryptionContext })
  const altered = Buffer.from(message)
  altered[altered.indexOf('tenant') + 'tenant'.length + 2] ^= 3 // The value `a` in the header.
  await assert.rejects(mine.decrypt(altered), is('KMS_REFUSED', 'InvalidCiphertextException', false))
})

test('KMS refuses in its own words', async (t) => {
  // The emulator lets disabled keys be used. This is what KMS answers.
  const body = JSON.stringify({ __type: 'DisabledException', message: 'the key is disabled.' })
  const kms = await answering(t, () => [400, body])
  const client = new Client(new KmsKeyring('alias/a', { client: kms }))
  await assert.rejects(client.encrypt(secret), is('KMS_REFUSED', 'DisabledException', false))
  await assert.rejects(client.encrypt(secret), {
    message: 'KMS refused GenerateDataKey under `alias/a`: DisabledException: the key is disabled.',
  })
})

test('KMS is not reachable', async () => {
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const kms = kmsClient(endpoint, 'us-east-1', { maxAttempts: 1 })
  const client = new Client(new KmsKeyring('alias/a', { client: kms }))
  await assert.rejects(client.encrypt(secret), is('KMS_UNREACHABLE', undefined, true))
  await assert.rejects(client.encrypt(secret), /could not be reached for GenerateDataKey under `alias\/a`: .*ECONNREFUSED/)
})

test('no credentials, no Region', async () => {
  const credentials = async () => {
    throw Object.assign(new Error('Could not load credentials from any providers'), { name: 'CredentialsProviderError' })
  }
  const client = new Client(new KmsKeyring('alias/a', { client: kmsClient(moto.endpoint, 'us-east-1', { credentials }) }))
  await assert.rejects(client.encrypt(secret), is('KMS_NOT_SENT', undefined, false))
  await assert.rejects(client.encrypt(secret), /Could not load credentials/)
  const region = async () => {
    throw new Error('Region is missing')
  }
  const nowhere = new Client(new KmsKeyring('alias/a', { client: kmsClient(moto.endpoint, undefined, { region }) }))
  await assert.rejects(nowhere.encrypt(secret), is('KMS_NOT_SENT', undefined, false))
})

test('something answers that is not KMS', async (t) => {
  let status = 503
  const kms = await answering(t, () => [status, '<html>Down for maintenance</html>'])
  const client = new Client(new KmsKeyring('alias/a', { client: kms }))
  await assert.rejects(client.encrypt(secret), is('KMS_UNREACHABLE', undefined, true))
  for (status of [200, 404]) await assert.rejects(client.encrypt(secret), is('KMS_WRONG_ANSWER', undefined, false))
})

test('answers that are none', async () => {
  const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/1'
  const answers = [undefined, {}, { KeyId: keyArn }, { KeyId: keyArn, Plaintext: 'text', CiphertextBlob: new Uint8Array(1) },
    { KeyId: keyArn, Plaintext: new Uint8Array(31), CiphertextBlob: new Uint8Array(1) },
    { KeyId: 'alias/a', Plaintext: new Uint8Array(32), CiphertextBlob: new Uint8Array(1) }]
  for (const answer of answers) {
    const client = new Client(new KmsKeyring(keyArn, { client: { send: async () => answer } }))
    await assert.rejects(client.encrypt(secret), (error) => error instanceof KmsError && error.code === 'KMS_WRONG_ANSWER')
  }
})

test('throttling may be tried again', async () => {
  const kms = new testing.InMemoryKms()
  const client = new Client(new KmsKeyring(kms.createKey(), { client: kms }))
  kms.failNext('ThrottlingException', 'Rate exceeded')
  await assert.rejects(client.encrypt(secret), is('KMS_REFUSED', 'ThrottlingException', true))
  await client.encrypt(secret)
})

test('a signal reaches the request', async () => {
  const kms = kmsClient(moto.endpoint)
  const keyArn = await createKey(moto.client())
  const client = new Client(new KmsKeyring(keyArn, { client: kms }))
  const controller = new AbortController()
  const promise = client.encrypt(secret, { signal: controller.signal })
  controller.abort(new Error('enough'))
  await assert.rejects(promise, /enough/)
  await client.encrypt(secret, { signal: new AbortController().signal })
})

test('keyrings that need the network have no synchronous calls', async () => {
  const kms = new testing.InMemoryKms()
  const client = new Client(new KmsKeyring(kms.createKey(), { client: kms }))
  const message = await client.encrypt(secret)
  for (const call of [() => client.encryptSync(secret), () => client.decryptSync(message)]) {
    assert.throws(call, (error) => error instanceof KeyringError && error.code === 'KEYRING_NEEDS_NETWORK' && /await client\.\w+crypt/.test(error.message))
  }
})

test('a KMS in memory', async () => {
  const kms = new testing.InMemoryKms()
  const keyArn = kms.createKey('eu-west-1', '111122223333')
  kms.createAlias('alias/a', keyArn)
  const message = await new Client(new KmsKeyring('alias/a', { client: kms })).encrypt(secret, { encryptionContext })
  const client = new Client(new KmsKeyring(keyArn, { client: kms }))
  assert.equal((await client.decrypt(message, { encryptionContext })).plaintext.toString(), 'attack at dawn')
  assert.deepEqual(kms.calls, ['GenerateDataKey', 'Decrypt'])
  kms.disableKey(keyArn)
  await assert.rejects(client.decrypt(message), is('KMS_REFUSED', 'DisabledException', false))
})
