// npm `@aws-crypto/client-node`: raw AES key, suite 0x0478, one core.
// Prints lines for `bench-crypto --peers`: name, length, frame length, seconds to encrypt, to decrypt.

import {
  AlgorithmSuiteIdentifier,
  CommitmentPolicy,
  RawAesKeyringNode,
  RawAesWrappingSuiteIdentifier,
  buildClient,
} from '@aws-crypto/client-node'

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)
const keyring = new RawAesKeyringNode({
  keyNamespace: 'bench',
  keyName: 'k',
  unencryptedMasterKey: new Uint8Array(32).fill(7),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
})
const encryptionContext = { tenant: 'a', purpose: 'bench' }
const suiteId = AlgorithmSuiteIdentifier.ALG_AES256_GCM_IV12_TAG16_HKDF_SHA512_COMMIT_KEY

/** Seconds per call, in the best round. */
async function best(calls, rounds, work) {
  let seconds = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) await work()
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - start) / 1e9 / calls)
  }
  return seconds
}

for (const [length, frameLength, calls, rounds] of [
  [16 << 20, 4096, 1, 5],
  [16 << 20, 65536, 1, 5],
  [1024, 4096, 200, 5],
]) {
  const plaintext = Buffer.alloc(length, 1)
  const seal = () => encrypt(keyring, plaintext, { suiteId, encryptionContext, frameLength })
  const { result: message } = await seal()
  const open = () => decrypt(keyring, message)
  const { plaintext: opened } = await open()
  if (!opened.equals(plaintext)) throw new Error('the peer opened something else')
  const seconds = [await best(calls, rounds, seal), await best(calls, rounds, open)]
  console.log('node', length, frameLength, ...seconds.map((each) => each.toFixed(9)))
}
