// Messages go both ways between this package and the AWS Encryption SDK for JavaScript.
import assert from 'node:assert/strict'
import { constants, generateKeyPairSync, randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  KmsKeyringNode,
  MultiKeyringNode,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  RawRsaKeyringNode,
  buildClient,
} from '@aws-crypto/client-node'
import { KMS } from '@aws-sdk/client-kms'
import { AlgorithmSuite, Client, KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring, RawRsaKeyring } from 'zt-node'
import { createKey, startMoto } from '../support/moto.mjs'

const context = { tenant: 'a', purpose: 'interop \u{1F600} \uFF5E' }
const wrapping = { 16: 'AES128_GCM_IV12_TAG16_NO_PADDING', 24: 'AES192_GCM_IV12_TAG16_NO_PADDING', 32: 'AES256_GCM_IV12_TAG16_NO_PADDING' }

function theirs(key) {
  // It keeps the bytes, and wants them unshared.
  const unencryptedMasterKey = new Uint8Array(key)
  return new RawAesKeyringNode({ keyName: 'key', keyNamespace: 'interop', unencryptedMasterKey, wrappingSuite: RawAesWrappingSuiteIdentifier[wrapping[key.length]] })
}

for (const length of [16, 24, 32]) {
  test(`raw AES with ${length * 8} bits, suite 0x0478`, async () => {
    const key = randomBytes(length)
    const sdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
    const client = new Client(new RawAesKeyring('interop', 'key', key))
    for (const size of [0, 1, 4096, 20_000]) {
      const data = randomBytes(size)
      const ours = await client.encrypt(data, { encryptionContext: context })
      const opened = await sdk.decrypt(theirs(key), ours)
      assert.ok(opened.plaintext.equals(data))
      assert.deepEqual({ ...opened.messageHeader.encryptionContext }, context)

      const { result } = await sdk.encrypt(theirs(key), data, {
        encryptionContext: context,
        suiteId: AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY,
      })
      const back = await client.decrypt(result, { encryptionContext: context })
      assert.ok(back.plaintext.equals(data))
      assert.equal(back.algorithmSuite, AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY)
      const streamed = await buffer(Readable.from([result]).compose(client.createDecryptStream()))
      assert.ok(streamed.equals(data))
    }
  })
}

/** Both ways, at once and as a stream, under one suite. */
async function bothWays(suite, mine, other, size = 10_000, opensOurs = true) {
  const commitmentPolicy = suite.commits ? 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT' : 'FORBID_ENCRYPT_ALLOW_DECRYPT'
  const sdk = buildClient(CommitmentPolicy[commitmentPolicy])
  const client = new Client(mine, { algorithmSuite: suite, commitmentPolicy, frameLength: 1024 })
  const data = randomBytes(size)
  if (opensOurs) {
    const ours = await client.encrypt(data, { encryptionContext: context })
    assert.ok((await sdk.decrypt(other, ours)).plaintext.equals(data), suite.name)
  }
  const { result } = await sdk.encrypt(other, data, { suiteId: suite.id, frameLength: 1000, encryptionContext: context })
  const opened = await client.decrypt(result, { encryptionContext: context })
  assert.ok(opened.plaintext.equals(data), suite.name)
  assert.equal(opened.algorithmSuite, suite)
  const streamed = await buffer(Readable.from([result]).compose(client.createDecryptStream()))
  assert.ok(streamed.equals(data), suite.name)
}

for (const suite of Object.values(AlgorithmSuite)) {
  test(`raw AES, ${suite}`, async () => {
    const key = randomBytes(32)
    for (const size of [0, 10_000]) await bothWays(suite, new RawAesKeyring('interop', 'key', key), theirs(key), size)
  })
}

const paddings = {
  PKCS1: { padding: constants.RSA_PKCS1_PADDING },
  OAEP_SHA1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  OAEP_SHA256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  OAEP_SHA384: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha384' },
  OAEP_SHA512: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha512' },
}

test('raw RSA, every padding that both have', async (t) => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  for (const [name, settings] of Object.entries(paddings)) {
    const mine = new RawRsaKeyring('interop', 'rsa', name, { publicKeyPem: publicKey, privateKeyPem: privateKey })
    const other = new RawRsaKeyringNode({ keyName: 'rsa', keyNamespace: 'interop', rsaKey: { publicKey, privateKey }, ...settings })
    // Newer versions of Node refuse to undo this padding, so that theirs cannot open what it wrote itself.
    const opensOurs = name !== 'PKCS1'
    await t.test(name, () => bothWays(AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384, mine, other, 10_000, opensOurs))
  }
})

test('several keys', async () => {
  const [one, two] = [randomBytes(32), randomBytes(16)]
  const wraps = (key, name) => new RawAesKeyring('interop', name, key)
  const other = (key, keyName) =>
    new RawAesKeyringNode({ keyName, keyNamespace: 'interop', unencryptedMasterKey: new Uint8Array(key), wrappingSuite: RawAesWrappingSuiteIdentifier[wrapping[key.length]] })
  const mine = new MultiKeyring({ generator: wraps(one, 'one'), children: [wraps(two, 'two')] })
  const both = new MultiKeyringNode({ generator: other(one, 'one'), children: [other(two, 'two')] })
  await bothWays(AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY, mine, both)
  const message = await new Client(mine).encrypt(Buffer.from('x'))
  const sdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  assert.equal((await sdk.decrypt(other(two, 'two'), message)).plaintext.toString(), 'x')
})

let moto
before(async () => {
  moto = await startMoto()
})
after(() => moto.stop())

test('KMS', async () => {
  const keyArn = await createKey(moto.client())
  // Theirs calls methods, which only this class has.
  const clientProvider = (region) => new KMS({ endpoint: moto.endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } })
  const mine = new KmsKeyring(keyArn, { client: moto.client() })
  const other = new KmsKeyringNode({ generatorKeyId: keyArn, clientProvider })
  for (const suite of Object.values(AlgorithmSuite)) await bothWays(suite, mine, other)
  const sdk = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
  const { result } = await sdk.encrypt(other, Buffer.from('x'))
  const discovery = new KmsDiscoveryKeyring({ accountIds: [keyArn.split(':')[4]], client: moto.client() })
  assert.equal((await new Client(discovery).decrypt(result)).plaintext.toString(), 'x')
})
