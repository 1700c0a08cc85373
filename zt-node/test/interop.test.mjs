// Messages go both ways between this package and the AWS Encryption SDK for JavaScript.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import test from 'node:test'
import { AlgorithmSuiteIdentifier, CommitmentPolicy, RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient } from '@aws-crypto/client-node'
import { AlgorithmSuite, Client, RawAesKeyring } from 'zt-node'

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

test('suites without commitment', async () => {
  const key = randomBytes(32)
  const sdk = buildClient(CommitmentPolicy.FORBID_ENCRYPT_ALLOW_DECRYPT)
  for (const suite of Object.values(AlgorithmSuite).filter(({ signs, commits }) => !signs && !commits)) {
    const client = new Client(new RawAesKeyring('interop', 'key', key), { algorithmSuite: suite, commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })
    const data = randomBytes(10_000)
    assert.ok((await sdk.decrypt(theirs(key), await client.encrypt(data, { encryptionContext: context }))).plaintext.equals(data), suite.name)
    const { result } = await sdk.encrypt(theirs(key), data, { suiteId: suite.id, frameLength: 1000 })
    assert.ok((await client.decrypt(result)).plaintext.equals(data), suite.name)
  }
})
