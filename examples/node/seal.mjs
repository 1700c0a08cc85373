// Section 4.1 of the article: envelope encryption, of files, in Node.
//
//     node examples/node/seal.mjs encrypt --keyring local --key-file my.keys --in report.pdf --out report.zt
//     node examples/node/seal.mjs decrypt --keyring kms --key-arn arn:aws:kms:... --in report.zt --out report.pdf
//
// It prints one line of JSON: how many bytes, how long it took, and the plaintext's SHA-256. The Rust and the Python example take
// the same arguments, and open each other's messages.

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { Client, KmsKeyring, LocalKeyring, RawAesKeyring } from 'zt-node'

const encryptionContext = { purpose: 'demo' }

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keyring: { type: 'string' },
    'key-file': { type: 'string' },
    'key-arn': { type: 'string' },
    in: { type: 'string' },
    out: { type: 'string' },
  },
})

async function keyring() {
  switch (values.keyring) {
    case 'local':
      return LocalKeyring.open(values['key-file'], { create: true })
    case 'kms': {
      const { KMSClient } = await import('@aws-sdk/client-kms')
      return new KmsKeyring(values['key-arn'], { client: new KMSClient({}) })
    }
    case 'raw':
      return new RawAesKeyring('zt-examples', 'raw', await readFile(values['key-file']))
    default:
      throw new Error('--keyring is local, kms or raw')
  }
}

const [command] = positionals
if (command !== 'encrypt' && command !== 'decrypt') throw new Error('say encrypt or decrypt')
const client = new Client(await keyring())

const start = performance.now()
if (command === 'encrypt') await client.encryptFile(values.in, values.out, { encryptionContext })
else await client.decryptFile(values.in, values.out, { encryptionContext })
const seconds = (performance.now() - start) / 1000

const plaintext = command === 'encrypt' ? values.in : values.out
const digest = createHash('sha256')
await pipeline(createReadStream(plaintext), digest)
const { size } = await stat(plaintext)
console.log(
  JSON.stringify({
    bytes: size,
    seconds,
    mb_per_second: size / 1e6 / seconds,
    sha256_plaintext: digest.digest('hex'),
  }),
)
