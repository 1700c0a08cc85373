// Messages that others wrote: testdata/esdk. Those of unhappy cases have to be refused.
import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import {
  Client,
  DecryptError,
  HierarchicalKeyring,
  Keyring,
  MultiKeyring,
  RawAesKeyring,
  RawEcdhKeyring,
  RawRsaKeyring,
  RequiredEncryptionContext,
  StaticBranchKeys,
} from 'zt-node'

const root = new URL('../../testdata/esdk/', import.meta.url)
const json = (path) => JSON.parse(readFileSync(new URL(path, root), 'utf8'))
const commitmentPolicy = 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'

function load(folder) {
  const manifest = json(`${folder}/manifest.json`)
  const { keys } = json(`${folder}/keys.json`)
  const file = (uri) => readFileSync(new URL(uri.replace('file://', `${folder}/`), root))
  return { tests: Object.entries(manifest.tests), keys, file }
}

/** The keyring of a description, in the words of either version of the manifests. */
function keyringOf(description, keys) {
  const { type, 'provider-id': namespace } = description
  const key = keys[description.key]
  switch (type) {
    case 'raw': {
      const name = key['key-id']
      if (description['encryption-algorithm'] === 'aes') return new RawAesKeyring(namespace, name, Buffer.from(key.material, 'base64'))
      const { 'padding-algorithm': algorithm, 'padding-hash': hash } = description
      const padding = algorithm === 'pkcs1' ? 'PKCS1' : `OAEP_${hash.toUpperCase()}`
      return new RawRsaKeyring(namespace, name, padding, { privateKeyPem: key.material })
    }
    case 'raw-ecdh': {
      const { 'sender-material': mine } = keys[description.sender] ?? {}
      const { 'recipient-material': recipient, 'recipient-material-public-key': theirs } = keys[description.recipient]
      if (description.schema === 'discovery') return RawEcdhKeyring.discovery(recipient)
      const publicKey = createPublicKey({ key: Buffer.from(theirs, 'base64'), type: 'spki', format: 'der' })
      return RawEcdhKeyring.static(mine, publicKey.export({ type: 'spki', format: 'pem' }))
    }
    case 'aws-kms-hierarchy': {
      const { 'key-id': id, branchKeyVersion, branchKey } = key
      const store = new StaticBranchKeys({ [id]: [branchKeyVersion, Buffer.from(branchKey, 'base64')] })
      return new HierarchicalKeyring(store, id, { ttlSeconds: 60 })
    }
    case 'multi-keyring': {
      const { generator, childKeyrings = [] } = description
      return new MultiKeyring({
        ...(generator && { generator: keyringOf(generator, keys) }),
        children: childKeyrings.map((child) => keyringOf(child, keys)),
      })
    }
    default:
      throw new Error(`unknown keyring ${type}`)
  }
}

async function decrypt(keyring, bytes, encryptionContext, requiredKeys) {
  const whole = requiredKeys === undefined ? keyring : new RequiredEncryptionContext(keyring, { requiredKeys })
  const client = new Client(whole, { commitmentPolicy })
  const opened = await client.decrypt(bytes, { encryptionContext })
  assert.ok(client.decryptSync(bytes, { encryptionContext }).plaintext.equals(opened.plaintext))
  return opened
}

for (const [folder, count] of [['esdk-4.1.0-dafny', 150], ['zt-0.1.0', 21]])
test(folder, async () => {
  const { tests, keys, file } = load(folder)
  assert.equal(tests.length, count)
  for (const [name, test] of tests) {
    const { 'decryption-scenario': scenario } = test
    const context = scenario['reproduced-encryption-context'] ?? scenario.reproducedEncryptionContext ?? {}
    const { decryptKeyDescription: description } = scenario
    const required = description.type === 'required-encryption-context-cmm'
    const keyring = keyringOf(required ? description.underlying : description, keys)
    const { plaintext, algorithmSuite } = await decrypt(keyring, file(scenario.ciphertext), context, required ? description.requiredEncryptionContextKeys : undefined).catch((error) => {
      throw new Error(`${name}: ${scenario.description}`, { cause: error })
    })
    assert.ok(plaintext.equals(file(scenario.result)), name)
    assert.equal(algorithmSuite.id, parseInt(scenario.algorithmSuiteId, 16), name)
  }
})

for (const [folder, count, good] of [
  ['py-4.0.7', 149, true],
  ['net-4.0.1', 51, true],
  ['net-4.0.0-valid', 4, true],
  ['net-4.0.0-must-fail', 14, false],
  ['mutated-must-fail', 323, false],
]) {
  test(folder, async () => {
    const { tests, keys, file } = load(folder)
    assert.equal(tests.length, count)
    for (const [name, test] of tests) {
      const context = test.cmm === 'RequiredEncryptionContext' ? test['encryption-context'] : {}
      const usable = test['master-keys'].filter(({ key }) => keys[key].decrypt)
      const keyring = new MultiKeyring({ children: usable.map((description) => keyringOf(description, keys)) })
      const result = decrypt(keyring, file(test.ciphertext), context)
      if (!good) {
        await assert.rejects(result, DecryptError, name)
        continue
      }
      const { plaintext, encryptionContext } = await result.catch((cause) => {
        throw new Error(name, { cause })
      })
      assert.ok(plaintext.equals(file(test.result.output.plaintext)), name)
      for (const [key, value] of Object.entries(test['encryption-context'] ?? {})) assert.equal(encryptionContext[key], value, name)
    }
  })
}

/** Unwraps nothing: it holds the data key. */
class Known extends Keyring {
  constructor(dataKey) {
    super()
    this.dataKey = dataKey
  }
  onDecrypt() {
    return Buffer.from(this.dataKey)
  }
}

test('commitment-kat', async () => {
  let [opened, refused] = [0, 0]
  for (const test of json('commitment-kat/commitment_known_answer_tests.json').tests) {
    const client = new Client(new Known(Buffer.from(test['decrypted-dek'], 'base64')))
    const message = Buffer.from(test.ciphertext, 'base64')
    if (test.status) {
      const { plaintext } = await client.decrypt(message)
      assert.equal(plaintext.toString(), test['plaintext-frames'].join(''), test.comment)
      assert.ok(client.decryptSync(message).plaintext.equals(plaintext))
      opened++
    } else {
      await assert.rejects(client.decrypt(message), DecryptError, test.comment)
      refused++
    }
  }
  assert.deepEqual([opened, refused], [20, 4])
})
