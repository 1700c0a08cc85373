// Our npm package on the peers' messages, and on those of the table of frames.
// Prints lines for `bench-crypto --peers`: name, length, frame length, seconds to encrypt, to decrypt.
// The argument is what stands after the name, such as `one-core`.

import { Client, RawAesKeyring } from '../../zt-node/index.mjs'

const encryptionContext = { tenant: 'a', purpose: 'bench' }
const [suffix] = process.argv.slice(2)

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

/** As {@link best}, of calls that give no promise. */
function bestSync(calls, rounds, work) {
  let seconds = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = process.hrtime.bigint()
    for (let call = 0; call < calls; call++) work()
    seconds = Math.min(seconds, Number(process.hrtime.bigint() - start) / 1e9 / calls)
  }
  return seconds
}

for (const [length, frameLength, calls, rounds] of [
  [1024, 4096, 2000, 25],
  [16 << 20, 4096, 1, 9],
  [16 << 20, 65536, 1, 9],
  [64 << 20, 4096, 1, 5],
  [64 << 20, 65536, 1, 5],
  [64 << 20, 1 << 20, 1, 5],
]) {
  if (suffix !== 'one-core' && length !== 64 << 20) continue
  const client = new Client(new RawAesKeyring('bench', 'k', Buffer.alloc(32, 7)), { frameLength })
  const plaintext = Buffer.alloc(length, 1)
  const message = client.encryptSync(plaintext, { encryptionContext })
  if (!client.decryptSync(message, { encryptionContext }).plaintext.equals(plaintext)) throw new Error('opened something else')
  const show = (name, ...seconds) => console.log(`${name},${suffix}`, length, frameLength, ...seconds.map((each) => each.toFixed(9)))
  show(
    'zt-node',
    bestSync(calls, rounds, () => client.encryptSync(plaintext, { encryptionContext })),
    bestSync(calls, rounds, () => client.decryptSync(message, { encryptionContext })),
  )
  show(
    'zt-node-promise',
    await best(calls, rounds, () => client.encrypt(plaintext, { encryptionContext })),
    await best(calls, rounds, () => client.decrypt(message, { encryptionContext })),
  )
}
