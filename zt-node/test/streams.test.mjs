import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { pathToFileURL } from 'node:url'
import test from 'node:test'
import { Client, DecryptError, KmsKeyring, RawAesKeyring, ZtError, testing } from 'zt-node'

const client = new Client(new RawAesKeyring('tests', 'key', Buffer.alloc(32, 7)))
const encryptionContext = { tenant: 'a' }

function* chunksOf(bytes, size) {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

const through = (bytes, size, stream) => buffer(Readable.from(chunksOf(bytes, size)).compose(stream))

async function inFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), 'zt-node-'))
  t.after(() => rm(folder, { recursive: true }))
  return (name) => join(folder, name)
}

test('streams, however they are cut', async (t) => {
  for (const [length, sizes] of [
    [0, [1]],
    [10, [1, 3, 10]],
    [4096, [1, 4095, 4096]],
    [10_000, [1, 7, 4096, 10_000]],
    [1_000_000, [4096, 65_536, 65_537, 1_000_000]],
  ]) {
    for (const size of sizes) {
      await t.test(`${length} bytes in pieces of ${size}`, async () => {
        const data = randomBytes(length)
        const message = await through(data, size, client.createEncryptStream({ encryptionContext }))
        assert.ok((await client.decrypt(message, { encryptionContext })).plaintext.equals(data))
        const stream = client.createDecryptStream({ encryptionContext })
        assert.equal(stream.encryptionContext, undefined)
        assert.ok((await through(message, size, stream)).equals(data))
        assert.deepEqual(stream.encryptionContext, encryptionContext)
        assert.equal(stream.algorithmSuite.id, 0x0478)
      })
    }
  }
})

test('pipe', async () => {
  const chunks = []
  const sink = new Writable({ write: (chunk, _, done) => (chunks.push(chunk), done()) })
  Readable.from([Buffer.from('attack '), Buffer.from('at dawn')])
    .pipe(client.createEncryptStream())
    .pipe(client.createDecryptStream())
    .pipe(sink)
  await new Promise((resolve) => sink.on('finish', resolve))
  assert.equal(Buffer.concat(chunks).toString(), 'attack at dawn')
})

test('a stream that is cut short, altered or too long fails', async () => {
  const message = await client.encrypt(randomBytes(10_000), { encryptionContext })
  const fails = (bytes, code, options) =>
    assert.rejects(through(bytes, 1000, client.createDecryptStream(options)), (error) => {
      assert.ok(error instanceof DecryptError, `${error}`)
      assert.equal(error.code, code)
      return true
    })
  await fails(Buffer.alloc(0), 'NOT_A_MESSAGE')
  await fails(message.subarray(0, 50), 'TRUNCATED')
  await fails(message.subarray(0, -1), 'TRUNCATED')
  await fails(message.subarray(0, message.length - 2000), 'TRUNCATED')
  await fails(Buffer.concat([message, Buffer.alloc(1)]), 'TRAILING_BYTES')
  await fails(message, 'ENCRYPTION_CONTEXT_MISMATCH', { encryptionContext: { tenant: 'b' } })
  const altered = Buffer.from(message)
  altered[altered.length - 1] ^= 1
  await fails(altered, 'NOT_AUTHENTIC')
})

test('streams under KMS', async () => {
  const kms = new testing.InMemoryKms()
  const client = new Client(new KmsKeyring(kms.createKey(), { client: kms }))
  const data = randomBytes(100_000)
  const message = await through(data, 1000, client.createEncryptStream({ encryptionContext }))
  assert.ok((await through(message, 10, client.createDecryptStream())).equals(data))
  assert.deepEqual(kms.calls, ['GenerateDataKey', 'Decrypt'])
  kms.failNext('AccessDeniedException', 'no')
  await assert.rejects(through(data, 1000, client.createEncryptStream()), { code: 'KMS_REFUSED' })
})

test('a stream that is destroyed ends its request to KMS', async () => {
  let seen
  const kms = { send: (_, { abortSignal }) => new Promise((_, reject) => ((seen = abortSignal), abortSignal.addEventListener('abort', () => reject(abortSignal.reason)))) }
  const controller = new AbortController()
  const stream = new Client(new KmsKeyring('alias/a', { client: kms })).createEncryptStream({ signal: controller.signal })
  stream.write('x')
  const ended = new Promise((resolve) => stream.on('error', resolve))
  setTimeout(() => controller.abort(), 5)
  assert.equal((await ended).name, 'AbortError')
  assert.equal(seen.aborted, true)
})

test('a stream that is destroyed in the middle gives nothing more', async () => {
  for (const stream of [client.createEncryptStream(), client.createDecryptStream()]) {
    const whole = await client.encrypt(randomBytes(1_000_000))
    stream.write(whole.subarray(0, 500_000))
    await new Promise((resolve) => stream.once('data', resolve))
    const closed = new Promise((resolve) => stream.once('close', resolve))
    stream.destroy()
    await closed
    stream.on('data', () => assert.fail('it was destroyed'))
    assert.equal(stream.write(whole.subarray(500_000), () => undefined), false)
    stream.on('error', () => undefined)
    await new Promise(setImmediate)
  }
})

test('files', async (t) => {
  const at = await inFolder(t)
  for (const length of [0, 1, 300_000, 5_000_000]) {
    const data = randomBytes(length)
    await writeFile(at('plain'), data)
    const steps = []
    const onProgress = (done, total) => steps.push([done, total])
    assert.deepEqual(await client.encryptFile(at('plain'), at('sealed'), { encryptionContext, onProgress }), { plaintextLength: length })
    assert.ok((await client.decrypt(await readFile(at('sealed')))).plaintext.equals(data))
    if (length > 0) assert.deepEqual(steps.at(-1), [length, length])
    steps.length = 0
    const opened = await client.decryptFile(at('sealed'), pathToFileURL(at('opened')), { encryptionContext, onProgress })
    assert.ok((await readFile(at('opened'))).equals(data))
    assert.deepEqual(opened.encryptionContext, encryptionContext)
    assert.equal(opened.algorithmSuite.id, 0x0478)
    const sealed = (await readFile(at('sealed'))).length
    assert.deepEqual(steps.at(-1), [sealed, sealed])
  }
  // In place.
  await client.encryptFile(at('plain'), at('plain'))
  await client.decryptFile(at('plain'), at('plain'))
  assert.ok((await readFile(at('plain'))).equals(await readFile(at('opened'))))
})

test('nothing is left of files that fail', async (t) => {
  const at = await inFolder(t)
  const data = randomBytes(3_000_000)
  await writeFile(at('plain'), data)
  await client.encryptFile(at('plain'), at('sealed'))
  const sealed = await readFile(at('sealed'))
  const fails = async (promise, expected) => {
    await assert.rejects(promise, expected)
    assert.deepEqual((await readdir(at('.'))).sort(), ['broken', 'plain', 'sealed'])
    assert.equal(await readFile(at('broken'), 'utf8').catch(() => ''), contents)
  }
  let contents = sealed.subarray(0, -1).toString()
  const broken = async (bytes) => {
    await writeFile(at('broken'), bytes)
    contents = bytes.toString()
  }
  await broken(sealed.subarray(0, -1))
  await fails(client.decryptFile(at('broken'), at('out')), { name: 'DecryptError', code: 'TRUNCATED' })
  // What stood under the name before is still there.
  await fails(client.decryptFile(at('broken'), at('broken')), { code: 'TRUNCATED' })
  const altered = Buffer.from(sealed)
  altered[altered.length - 1] ^= 1
  await broken(altered)
  await fails(client.decryptFile(at('broken'), at('out')), { code: 'NOT_AUTHENTIC' })
  await fails(client.decryptFile(at('plain'), at('out')), (error) => error instanceof DecryptError)
  await fails(client.decryptFile(at('missing'), at('out')), (error) => error instanceof ZtError && error.code === 'IO' && /missing/.test(error.message))
  await fails(client.encryptFile(at('missing'), at('out')), { code: 'IO' })
  await fails(client.encryptFile(at('plain'), at('no/such/folder')), { code: 'IO' })
  await fails(client.encryptFile(at('.'), at('out')), { code: 'IO' })
  // Long enough that the callback is heard before the end.
  await truncate(at('plain'), 300_000_000)
  const boom = new Error('boom')
  const onProgress = () => {
    throw boom
  }
  await fails(client.encryptFile(at('plain'), at('out'), { onProgress }), boom)
})

test('files and signals', async (t) => {
  const at = await inFolder(t)
  await writeFile(at('plain'), Buffer.alloc(200_000_000))
  const controller = new AbortController()
  const onProgress = () => controller.abort()
  const promise = client.encryptFile(at('plain'), at('out'), { signal: controller.signal, onProgress })
  await assert.rejects(promise, { name: 'AbortError' })
  assert.deepEqual(await readdir(at('.')), ['plain'])
  await assert.rejects(client.decryptFile(at('plain'), at('out'), { signal: AbortSignal.abort() }), { name: 'AbortError' })
})

test('pipeline takes a decrypt stream to its end', async () => {
  const message = await client.encrypt(randomBytes(50_000))
  const sink = new Writable({ write: (_chunk, _, done) => done() })
  await assert.rejects(
    pipeline(Readable.from(chunksOf(message.subarray(0, 40_000), 512)), client.createDecryptStream(), sink),
    { code: 'TRUNCATED' },
  )
})
