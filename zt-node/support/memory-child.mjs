// The process whose memory test/memory.test.mjs reads. It gets secrets masked, uses them, and lets go of them.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { finished } from 'node:stream/promises'
import {
  AlgorithmSuite, Client, DataKeyCache, DecryptError, HierarchicalKeyring, Keyring, KmsKeyring, LocalKeyring, MultiKeyring,
  RawAesKeyring, RawEcdhKeyring, StaticBranchKeys, inspect,
} from 'zt-node'

const [, , way, backend, publicPem] = process.argv
const encryptionContext = { purpose: 'test' }
const keyArn = 'arn:aws:kms:us-east-1:111122223333:key/00000000-0000-4000-8000-00000000000'
const version = '00000000-0000-4000-8000-000000000001'
const large = Buffer.alloc(3 << 20)

/**
 * Room for a secret. V8 keeps arrays of up to 64 bytes in its own heap and moves them about: whoever wants to wipe a
 * secret has to hold it in an ArrayBuffer.
 */
const room = (length) => Buffer.from(new ArrayBuffer(length))
function copyOf(bytes) {
  const copy = room(bytes.length)
  bytes.copy(copy)
  return copy
}

/** Has a data key that is known from outside. */
class Known extends Keyring {
  #dataKey
  constructor(dataKey) {
    super()
    this.#dataKey = dataKey
  }
  async onEncrypt(materials) {
    materials.setDataKey(this.#dataKey)
    assert.ok(Buffer.from(materials.dataKey.buffer).equals(this.#dataKey))
    materials.addEncryptedDataKey({ providerId: 'known', providerInfo: Buffer.from('k'), ciphertext: Buffer.from('wrapped') })
  }
  onDecrypt() {
    return copyOf(this.#dataKey)
  }
}

/** A KMS client that always gives the same data key, and checks that it is asked to wrap that one. */
class Kms {
  #dataKey
  constructor(dataKey) {
    this.#dataKey = dataKey
  }
  async send({ input: { KeyId, Plaintext } }) {
    if (Plaintext === undefined) return { KeyId, Plaintext: copyOf(this.#dataKey), CiphertextBlob: Buffer.from('wrapped') }
    assert.ok(this.#dataKey.equals(Plaintext))
    return { KeyId, CiphertextBlob: Buffer.from('wrapped') }
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const line = async () => (await lines.next()).value

/** A secret that comes masked. */
async function receive() {
  const [mask, masked] = [Buffer.from(await line(), 'base64'), Buffer.from(await line(), 'base64')]
  const secret = room(mask.length)
  for (let at = 0; at < secret.length; at++) secret[at] = mask[at] ^ masked[at]
  return secret
}

async function say(what) {
  console.log(what)
  await line()
}

/** The parent needs it to derive the keys. */
const tellHeader = (message) => console.log(inspect(message).messageId.toString('base64'))

/** The keyring whose memory is looked at. */
async function keyringOf(secret, dataKey) {
  switch (way) {
    case 'known':
      return new Known(dataKey)
    case 'kms': {
      const [generator, child] = [1, 2].map((number) => new KmsKeyring(keyArn + number, { client: new Kms(dataKey) }))
      return new MultiKeyring({ generator, children: [child] })
    }
    case 'raw-ecdh':
      return RawEcdhKeyring.static(secret, publicPem)
    case 'hierarchical':
      return new HierarchicalKeyring(new StaticBranchKeys({ b: [version, secret] }), 'b', { ttlSeconds: 60 })
    case 'local': {
      const folder = mkdtempSync(join(tmpdir(), 'zt-memory-'))
      const local = await LocalKeyring.open(join(folder, 'keys'), { passphrase: () => secret, create: true })
      rmSync(folder, { recursive: true })
      return local
    }
    default:
      return new RawAesKeyring('tests', 'k', secret)
  }
}

const refused = (promise) => assert.rejects(promise, DecryptError)

async function use([writer, client], plaintext) {
  const message = await writer.encrypt(plaintext, { encryptionContext })
  tellHeader(message)
  assert.ok((await client.decrypt(message, { encryptionContext })).plaintext.equals(plaintext))
  await refused(client.decrypt(message.subarray(0, -1)))
  const altered = Buffer.from(message)
  altered[altered.length - 1] ^= 1
  await refused(client.decrypt(altered))
  altered[inspect(message).headerLength - 1] ^= 1
  await refused(client.decrypt(altered))
}

async function files([writer, client]) {
  const folder = mkdtempSync(join(tmpdir(), 'zt-memory-'))
  const [plain, sealed] = [join(folder, 'plain'), join(folder, 'sealed')]
  await writeFile(plain, Buffer.alloc(10_000))
  await writer.encryptFile(plain, sealed)
  const message = await readFile(sealed)
  tellHeader(message)
  await client.decryptFile(sealed, plain)
  await writeFile(sealed, message.subarray(0, -1))
  await refused(client.decryptFile(sealed, plain))
  rmSync(folder, { recursive: true })
}

async function work() {
  const dataKey = await receive()
  const secret = await receive()
  const algorithmSuite = way === 'raw-aes-signed' ? AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384 : undefined
  const keyring = await keyringOf(secret, dataKey)
  secret.fill(0)
  const options = { backend, threads: 2, ...(algorithmSuite && { algorithmSuite }) }
  // Whose data key is known: that of the first, which the second wraps, and then unwraps by itself.
  const known = way === 'known' || way === 'kms' ? keyring : new MultiKeyring({ generator: new Known(dataKey), children: [keyring] })
  const clients = [known, keyring].map((each) => new Client(each, options))
  const cached = [known, keyring].map((each) => new Client(each, { ...options, cache: new DataKeyCache() }))
  await use(clients, Buffer.from('secret'))
  await use(clients, large)
  await use(cached, Buffer.from('secret'))
  await use(cached, large)
  await files(clients)

  // A stream that is given up in the middle.
  const gone = clients[0].createEncryptStream()
  gone.write(large)
  const [head] = await new Promise((resolve) => gone.once('data', (chunk) => resolve([chunk])))
  tellHeader(head)
  gone.destroy()

  // In use: content keys in the middle of streams, the data key in the cache.
  const stream = clients[0].createEncryptStream({ encryptionContext })
  const sealed = await buffer(Readable.from([large]).compose(stream))
  tellHeader(sealed)
  const opening = clients[1].createDecryptStream({ encryptionContext })
  opening.resume()
  await new Promise((resolve) => opening.write(sealed.subarray(0, 1 << 20), resolve))
  dataKey.fill(0)
  await say('in use')
  opening.end(sealed.subarray(1 << 20))
  await finished(opening)
}

/** What nobody refers to any more is let go of when the collector runs, and its memory a little later. */
async function collect() {
  for (let round = 0; round < 5; round++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

await work()
await collect()
await say('done')
process.exit(0)
