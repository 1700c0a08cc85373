import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { inspect as show } from 'node:util'
import test from 'node:test'
import {
  AlgorithmSuite,
  Client,
  CommitmentPolicy,
  DecryptError,
  EncryptError,
  KeyringError,
  KmsKeyring,
  MultiKeyring,
  RawAesKeyring,
  ZtError,
  inspect,
} from 'zt-node'

const key = Buffer.alloc(32, 7)
const keyring = (name = 'key', bytes = key) => new RawAesKeyring('tests', name, bytes)
const client = new Client(keyring())
const context = { tenant: 'a', purpose: 'backup' }
const secret = Buffer.from('attack at dawn')

/** Checks an error that is thrown or rejected with. */
function is(Class, code, message = /./) {
  return (error) => {
    assert.ok(error instanceof Class, `${error}`)
    assert.ok(error instanceof ZtError && error instanceof Error)
    assert.equal(error.code, code, error.message)
    assert.equal(error.name, Class.name)
    assert.equal(typeof error.retryable, 'boolean')
    assert.match(error.message, message)
    return true
  }
}

test('round trips', async (t) => {
  for (const length of [0, 1, 4095, 4096, 4097, 100_000, 3_000_000]) {
    await t.test(`${length} bytes`, async () => {
      const data = randomBytes(length)
      const message = await client.encrypt(data, { encryptionContext: context })
      assert.ok(Buffer.isBuffer(message))
      const opened = await client.decrypt(message, { encryptionContext: context })
      assert.ok(Buffer.isBuffer(opened.plaintext))
      assert.ok(opened.plaintext.equals(data))
      assert.deepEqual(opened.encryptionContext, context)
      assert.equal(opened.algorithmSuite, AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY)
      const sync = client.decryptSync(client.encryptSync(data, { encryptionContext: context }))
      assert.ok(sync.plaintext.equals(data))
      assert.deepEqual(sync.encryptionContext, context)
    })
  }
})

test('bytes of any kind', async () => {
  const shared = new Uint8Array(new SharedArrayBuffer(14))
  shared.set(secret)
  const long = Buffer.concat([Buffer.from('__'), secret])
  const { buffer } = Uint8Array.from(secret)
  for (const data of [secret, new Uint8Array(secret), buffer, new DataView(buffer), long.subarray(2), shared]) {
    assert.equal((await client.decrypt(await client.encrypt(data))).plaintext.toString(), 'attack at dawn')
  }
})

test('what the caller changes while it waits is not what is encrypted', async () => {
  const data = Buffer.alloc(1_000_000, 1)
  const promise = client.encrypt(data)
  data.fill(2)
  const message = await promise
  const opening = client.decrypt(message)
  message.fill(0)
  assert.ok((await opening).plaintext.equals(Buffer.alloc(1_000_000, 1)))
})

test('every suite', async () => {
  assert.equal(Object.keys(AlgorithmSuite).length, 11)
  for (const suite of Object.values(AlgorithmSuite)) {
    const commitmentPolicy = suite.commits
      ? CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
      : CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT
    const client = new Client(keyring(), { algorithmSuite: suite, commitmentPolicy })
    for (const message of [await client.encrypt(secret), client.encryptSync(secret)]) {
      const { plaintext, algorithmSuite, encryptionContext } = await client.decrypt(message)
      assert.equal(plaintext.toString(), 'attack at dawn')
      assert.equal(algorithmSuite, suite)
      assert.deepEqual(Object.keys(encryptionContext), suite.signs ? ['aws-crypto-public-key'] : [])
    }
  }
  assert.equal(AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384.id, 0x0578)
  assert.ok(Object.isFrozen(AlgorithmSuite) && Object.isFrozen(AlgorithmSuite.AES_128_GCM_NO_KDF))
  assert.equal(`${AlgorithmSuite.AES_128_GCM_NO_KDF}`, 'AES_128_GCM_NO_KDF')
})

test('commitment policy', async () => {
  const suite = AlgorithmSuite.AES_256_GCM_HKDF_SHA256
  assert.throws(() => new Client(keyring(), { algorithmSuite: suite }), is(EncryptError, 'COMMITMENT_POLICY'))
  const old = new Client(keyring(), { algorithmSuite: suite, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })
  await assert.rejects(client.decrypt(await old.encrypt(secret)), is(DecryptError, 'COMMITMENT_POLICY'))
})

test('a policy has a suite of its own', async () => {
  const commitmentPolicy = 'FORBID_ENCRYPT_ALLOW_DECRYPT'
  const old = new Client(keyring(), { commitmentPolicy })
  assert.equal(inspect(await old.encrypt(secret)).algorithmSuite, AlgorithmSuite.AES_256_GCM_HKDF_SHA256)
  // So that one who only reads has nothing else to say.
  assert.equal((await old.decrypt(await client.encrypt(secret))).plaintext.toString(), 'attack at dawn')
  const algorithmSuite = AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY
  assert.throws(() => new Client(keyring(), { algorithmSuite, commitmentPolicy }), is(EncryptError, 'COMMITMENT_POLICY'))
})

test('settings', async () => {
  const one = new Client(keyring(), { frameLength: 1 })
  const message = await one.encrypt(secret)
  assert.equal(inspect(message).frameLength, 1)
  assert.equal((await client.decrypt(message)).plaintext.toString(), 'attack at dawn')
  assert.throws(() => new Client(keyring(), { frameLength: 0 }), is(EncryptError, 'FRAME_LENGTH'))
  for (const frameLength of [-1, 1.5, 2 ** 32, NaN]) {
    assert.throws(() => new Client(keyring(), { frameLength }), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  }
  const three = new MultiKeyring({ generator: keyring('a'), children: [keyring('b'), keyring('c')] })
  const limited = new Client(three, { maxEncryptedDataKeys: 2 })
  await assert.rejects(limited.encrypt(secret), is(EncryptError, 'TOO_MANY_ENCRYPTED_DATA_KEYS'))
  const many = await new Client(three).encrypt(secret)
  await assert.rejects(limited.decrypt(many), is(DecryptError, 'TOO_MANY_ENCRYPTED_DATA_KEYS'))
  assert.throws(() => new Client(keyring(), { cache: {} }), { code: 'ERR_INVALID_ARG_TYPE' })
})

test('backends and threads make the same messages', async () => {
  const data = Buffer.alloc(3 << 20, 1)
  for (const backend of ['aws-lc-rs', 'ring']) {
    for (const threads of [1, 2]) {
      const other = new Client(keyring(), { backend, threads })
      assert.ok((await client.decrypt(await other.encrypt(data))).plaintext.equals(data))
      assert.ok(other.decryptSync(client.encryptSync(data)).plaintext.equals(data))
    }
  }
  assert.throws(() => new Client(keyring(), { threads: 0 }), { name: 'RangeError', message: /from 1 to/ })
  assert.throws(() => new Client(keyring(), { backend: 'openssl' }), { name: 'TypeError', message: /one of aws-lc-rs, ring, got 'openssl'/ })
})

test('errors have codes, thrown and rejected alike', async (t) => {
  const message = await client.encrypt(secret, { encryptionContext: context })
  const altered = Buffer.from(message)
  altered[altered.length - 1] ^= 1
  const cases = {
    NOT_AUTHENTIC: [altered],
    NOT_A_MESSAGE: [Buffer.from('hello')],
    BASE64_INPUT: [Buffer.from(message.toString('base64'))],
    TRUNCATED: [message.subarray(0, -1)],
    TRAILING_BYTES: [Buffer.concat([message, Buffer.from('x')])],
    ENCRYPTION_CONTEXT_MISMATCH: [message, { encryptionContext: { tenant: 'b' } }],
  }
  for (const [code, [bytes, options]] of Object.entries(cases)) {
    await t.test(code, async () => {
      assert.throws(() => client.decryptSync(bytes, options), is(DecryptError, code))
      await assert.rejects(client.decrypt(bytes, options), is(DecryptError, code))
      // Long enough to be worked on by another thread.
      const long = new Client(keyring(), { frameLength: 1 << 20 })
      const big = await long.encrypt(Buffer.alloc(1_000_000))
      big[big.length - 1] ^= 1
      await assert.rejects(long.decrypt(big), is(DecryptError, 'NOT_AUTHENTIC'))
    })
  }
  await t.test('a pair that the message does not have', async () => {
    await assert.rejects(client.decrypt(message, { encryptionContext: { user: 'x' } }), is(DecryptError, 'NOT_AUTHENTIC'))
  })
  await t.test('RESERVED_CONTEXT_KEY', async () => {
    const options = { encryptionContext: { 'aws-crypto-x': '' } }
    assert.throws(() => client.encryptSync(secret, options), is(EncryptError, 'RESERVED_CONTEXT_KEY'))
    await assert.rejects(client.encrypt(secret, options), is(EncryptError, 'RESERVED_CONTEXT_KEY'))
  })
  await t.test('NO_MATCHING_KEY names the keys', async () => {
    const other = new Client(keyring('other'))
    await assert.rejects(other.decrypt(message), is(DecryptError, 'NO_MATCHING_KEY', /tests\/key.*tests\/other/))
  })
  await t.test('the wrong key says nothing', async () => {
    const other = new Client(keyring('key', Buffer.alloc(32, 8)))
    await assert.rejects(other.decrypt(message), is(DecryptError, 'NOT_AUTHENTIC'))
  })
  await t.test('keyrings', () => {
    assert.throws(() => keyring('key', Buffer.alloc(31)), is(KeyringError, 'WRAPPING_KEY_LENGTH', /31 bytes/))
    assert.throws(() => new RawAesKeyring('aws-kms', 'k', key), is(KeyringError, 'RESERVED_NAMESPACE'))
    assert.throws(() => new KmsKeyring('arn:aws:s3:::x'), is(KeyringError, 'INVALID_KEYRING'))
    assert.throws(() => new MultiKeyring({}), is(KeyringError, 'INVALID_KEYRING'))
  })
})

for (const suite of [AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384])
test(`every prefix and every flipped byte of a message is refused: ${suite}`, async () => {
  const client = new Client(keyring(), { algorithmSuite: suite })
  const message = await client.encrypt(secret, { encryptionContext: context })
  for (let length = 0; length < message.length; length++) {
    assert.throws(() => client.decryptSync(message.subarray(0, length)), DecryptError, `${length} bytes`)
  }
  for (let index = 0; index < message.length; index++) {
    const altered = Buffer.from(message)
    altered[index] ^= 0x80
    assert.throws(() => client.decryptSync(altered), DecryptError, `byte ${index}`)
  }
})

test('wrong arguments are TypeErrors that say what to do', async () => {
  const type = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })
  await assert.rejects(client.encrypt('secret'), type(/Buffer\.from\(text, 'utf8'\)/))
  await assert.rejects(client.decrypt('AgR4'), type(/Buffer\.from\(text, 'base64'\)/))
  assert.throws(() => client.encryptSync('secret'), type(/Buffer\.from/))
  for (const data of [undefined, null, 1, {}, [1, 2]]) await assert.rejects(client.encrypt(data), type(/data must be/))
  await assert.rejects(client.encrypt(secret, { encryption_context: {} }), type(/unknown option `encryption_context`/))
  await assert.rejects(client.encrypt(secret, { tenant: 'a' }), type(/unknown option `tenant`/))
  await assert.rejects(client.encrypt(secret, { encryptionContext: { a: 1 } }), type(/encryptionContext\["a"\] must be a string/))
  await assert.rejects(client.encrypt(secret, { encryptionContext: { a: '\ud800' } }), type(/surrogate/))
  await assert.rejects(client.encrypt(secret, { encryptionContext: [] }), type(/encryptionContext must be an object/))
  await assert.rejects(client.encrypt(secret, { signal: {} }), type(/AbortSignal/))
  assert.throws(() => new Client({}), type(/must be a keyring/))
  assert.throws(() => new Client(keyring(), { algorithmSuite: 'AES' }), type(/one of AlgorithmSuite, got 'AES'/))
  assert.throws(() => new Client(keyring(), { commitmentPolicy: 'toString' }), type(/one of CommitmentPolicy/))
  assert.throws(() => new RawAesKeyring('n', 'k', 'text'), type(/wrappingKey must be bytes/))
  assert.throws(() => new KmsKeyring('alias/a', { client: {} }), type(/client must be a KMSClient/))
  assert.throws(() => new MultiKeyring({ children: [{}] }), type(/children\[0\] must be a keyring/))
  assert.throws(() => client.createEncryptStream({ context }), type(/unknown option/))
})

test('names that are properties of every object are names like others', async () => {
  const encryptionContext = JSON.parse('{"__proto__": "a", "constructor": "b"}')
  const message = await client.encrypt(secret, { encryptionContext })
  const opened = await client.decrypt(message, { encryptionContext })
  assert.deepEqual(Object.entries(opened.encryptionContext).sort(), Object.entries(encryptionContext).sort())
})

test('contexts with empty names and NULs', async () => {
  for (const encryptionContext of [{ '': '' }, { '': 'a', b: '' }, { 'a\0b': 'c\0', d: '' }, { a: '\u{1f600}', '\u00e9': '1\0' }]) {
    const message = client.encryptSync(secret, { encryptionContext })
    assert.deepEqual(client.decryptSync(message, { encryptionContext }).encryptionContext, encryptionContext)
    const opened = await client.decrypt(message)
    assert.deepEqual(opened.encryptionContext, encryptionContext)
    assert.equal(opened.plaintext.toString(), 'attack at dawn')
    assert.equal(opened.algorithmSuite.id, 0x0478)
    assert.deepEqual(inspect(message).encryptionContext, encryptionContext)
  }
})

test('a multi-keyring opens with any of its keys', async () => {
  const both = new MultiKeyring({ generator: keyring('a'), children: [keyring('b', Buffer.alloc(16, 1))] })
  const message = await new Client(both).encrypt(secret)
  for (const one of [keyring('a'), keyring('b', Buffer.alloc(16, 1)), new MultiKeyring({ children: [keyring('z'), keyring('a')] })]) {
    assert.equal((await new Client(one).decrypt(message)).plaintext.toString(), 'attack at dawn')
  }
  const decryptOnly = new Client(new MultiKeyring({ children: [keyring('a')] }))
  await assert.rejects(decryptOnly.encrypt(secret), is(KeyringError, 'KEYRING_CANNOT_ENCRYPT'))
})

test('inspect needs no key', async () => {
  const message = await client.encrypt(secret, { encryptionContext: context })
  const info = inspect(message)
  assert.equal(info.authenticated, false)
  assert.equal(info.algorithmSuite.id, 0x0478)
  assert.equal(info.version, 2)
  assert.equal(info.messageId.length, 32)
  assert.deepEqual(info.encryptionContext, context)
  assert.equal(info.encryptedDataKeys.length, 1)
  assert.equal(info.encryptedDataKeys[0].keyName, 'tests/key')
  assert.equal(info.encryptedDataKeys[0].providerId, 'tests')
  assert.equal(info.frameLength, 4096)
  assert.deepEqual(inspect(message.subarray(0, info.headerLength)), info)
  assert.throws(() => inspect(Buffer.from('hello')), is(DecryptError, 'NOT_A_MESSAGE'))
})

test('printing shows no secret', () => {
  const printed = show(new MultiKeyring({ generator: keyring() }), { depth: 9, showHidden: true }) + JSON.stringify(keyring())
  assert.match(printed, /RawAesKeyring/)
  assert.doesNotMatch(printed, /07 07|7,7|wrappingKey/)
  assert.doesNotMatch(show(client, { depth: 9, showHidden: true }), /07 07|7,7/)
})

test('a signal that is aborted', async () => {
  const gone = { name: 'AbortError' }
  await assert.rejects(client.encrypt(secret, { signal: AbortSignal.abort() }), gone)
  const controller = new AbortController()
  const promise = client.encrypt(Buffer.alloc(5_000_000), { signal: controller.signal })
  controller.abort()
  await assert.rejects(promise, gone)
  const reason = new Error('mine')
  await assert.rejects(client.decrypt(secret, { signal: AbortSignal.abort(reason) }), reason)
})

test('long work leaves the event loop free', async () => {
  const data = Buffer.alloc(64_000_000)
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await client.decrypt(await client.encrypt(data))
  clearInterval(timer)
  assert.ok(turns > 2, `${turns} turns`)
})

test('many at once', async () => {
  const messages = await Promise.all(Array.from({ length: 200 }, (_, i) => client.encrypt(Buffer.alloc(i * 1000, i))))
  const opened = await Promise.all(messages.map((message) => client.decrypt(message)))
  opened.forEach(({ plaintext }, i) => assert.ok(plaintext.equals(Buffer.alloc(i * 1000, i))))
})
