import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  Client, DataKeyCache, KeyringError, KmsError, KmsKeyring, MultiKeyring, RawAesKeyring, inspect, testing,
} from 'zt-node'

const secret = Buffer.from('attack at dawn')
const encryptionContext = { tenant: 'a' }

/** A KMS in memory whose answers wait until they are let. */
class Gated {
  kms = new testing.InMemoryKms()
  keyArn = this.kms.createKey()
  #open
  #gate = new Promise((resolve) => (this.#open = resolve))

  open() {
    this.#open()
  }

  async send(command, options) {
    const answer = await this.kms.send(command).catch((error) => error)
    const signal = options?.abortSignal
    const aborted = new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
    await Promise.race([this.#gate, aborted])
    if (answer instanceof Error) throw answer
    return answer
  }

  client(cache = new DataKeyCache()) {
    return new Client(new KmsKeyring(this.keyArn, { client: this }), { cache })
  }
}

function open(options) {
  const gated = new Gated()
  gated.open()
  const cache = new DataKeyCache(options)
  return { kms: gated.kms, cache, client: gated.client(cache) }
}

test('one call serves many messages', async () => {
  const { kms, cache, client } = open()
  const messages = []
  for (let index = 0; index < 10; index++) messages.push(await client.encrypt(secret, { encryptionContext }))
  for (const message of messages) {
    assert.deepEqual((await client.decrypt(message, { encryptionContext })).plaintext, secret)
  }
  assert.deepEqual(kms.calls, ['GenerateDataKey', 'Decrypt'])
  assert.equal(new Set(messages.map((message) => inspect(message).messageId.toString('hex'))).size, 10)
  assert.deepEqual(cache.stats, { hits: 18, misses: 2, refreshes: 0, bypassed: 0, kmsCallsSaved: 18, entries: 2 })
  cache.clear()
  assert.equal(cache.stats.entries, 0)
  await client.encrypt(Buffer.alloc(1 << 20), { encryptionContext })
  await client.encrypt(Buffer.alloc(1 << 20), { encryptionContext })
  assert.deepEqual(kms.calls.slice(2), ['GenerateDataKey'])
})

test('limits are kept', async () => {
  for (const [options, calls] of [[{ maxMessages: 4 }, 3], [{ maxBytes: 30 }, 5], [{ maxEntries: 1 }, 1], [{ maxAgeSeconds: 9 }, 1]]) {
    const { kms, client } = open(options)
    for (let index = 0; index < 10; index++) await client.encrypt(secret)
    assert.equal(kms.calls.length, calls, JSON.stringify(options))
  }
})

test('limits out of range', () => {
  const is = (message) => (error) => error instanceof KeyringError && error.code === 'CACHE_LIMIT' && error.message === message
  const cache = (options) => () => new DataKeyCache(options)
  assert.throws(cache({ maxEntries: 0 }), is('data key cache: max_entries is 0, expected at least 1'))
  assert.throws(cache({ maxAgeSeconds: 0 }), is('data key cache: max_age is 0ns, expected more than zero'))
  assert.throws(cache({ maxMessages: 2 ** 32 + 1 }), is('data key cache: max_messages is 4294967297, expected 1 to 4294967296'))
  assert.throws(cache({ maxMessages: -1 }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(cache({ maxBytes: 0.5 }), { code: 'ERR_OUT_OF_RANGE' })
  assert.throws(cache({ maxAge: 5 }), /unknown option `maxAge`/)
  assert.throws(() => new Client(new RawAesKeyring('n', 'k', Buffer.alloc(32)), { cache: {} }), /cache must be a DataKeyCache/)
})

test('calls at once cost one request, and do not keep the event loop', async () => {
  const gated = new Gated()
  const cache = new DataKeyCache()
  const client = gated.client(cache)
  const waiting = Array.from({ length: 16 }, () => client.encrypt(secret))
  await new Promise(setImmediate)
  assert.deepEqual(gated.kms.calls, ['GenerateDataKey'])
  gated.open()
  const messages = await Promise.all(waiting)
  await Promise.all(messages.map((message) => client.decrypt(message)))
  assert.deepEqual(gated.kms.calls, ['GenerateDataKey', 'Decrypt'])
  assert.equal(cache.stats.kmsCallsSaved, 30)
})

test('a failure is shared by those who waited, and not kept', async () => {
  const gated = new Gated()
  const client = gated.client()
  gated.kms.failNext('AccessDeniedException', 'no')
  const waiting = Array.from({ length: 4 }, () => client.encrypt(secret))
  gated.open()
  for (const { reason } of await Promise.allSettled(waiting)) {
    assert.ok(reason instanceof KmsError && reason.serviceCode === 'AccessDeniedException', `${reason}`)
  }
  assert.equal(gated.kms.calls.length, 1)
  await client.encrypt(secret)
  assert.equal(gated.kms.calls.length, 2)
})

test('who is aborted hands over, whether asking or waiting', async () => {
  const gated = new Gated()
  const client = gated.client()
  const [asking, waiting] = [new AbortController(), new AbortController()]
  const first = client.encrypt(secret, { signal: asking.signal })
  const second = client.encrypt(secret, { signal: waiting.signal })
  const third = client.encrypt(secret)
  waiting.abort()
  await assert.rejects(second, { name: 'AbortError' })
  await new Promise(setImmediate)
  asking.abort()
  await assert.rejects(first, { name: 'AbortError' })
  gated.open()
  await client.decrypt(await third)
  assert.deepEqual(gated.kms.calls, ['GenerateDataKey', 'GenerateDataKey', 'Decrypt'])
})

test('a storm on an entry that is used up costs one request', async () => {
  const { kms, cache, client } = open({ maxMessages: 16 })
  for (let round = 1; round <= 3; round++) {
    await Promise.all(Array.from({ length: 16 }, () => client.encrypt(secret)))
    assert.equal(kms.calls.length, round)
  }
  assert.equal(cache.stats.kmsCallsSaved, 45)
})

test('an abort ends a request at once, even if the KMS client does not listen', async () => {
  const kms = new testing.InMemoryKms()
  let release
  const deaf = {
    send: async (command) => {
      const answer = await kms.send(command)
      deaf.answers.push(answer)
      await new Promise((resolve) => (release = resolve))
      return answer
    },
    answers: [],
  }
  const client = new Client(new KmsKeyring(kms.createKey(), { client: deaf }), { cache: new DataKeyCache() })
  const controller = new AbortController()
  const promise = client.encrypt(secret, { signal: controller.signal })
  while (release === undefined) await new Promise(setImmediate)
  controller.abort()
  await assert.rejects(promise, { name: 'AbortError' })
  release()
  await new Promise(setImmediate)
  // The data key that came too late is wiped.
  assert.ok(deaf.answers[0].Plaintext.every((byte) => byte === 0))
})

test('a request that never ends is made anew by one who waits for it', async () => {
  const kms = new testing.InMemoryKms()
  let requests = 0
  // It hangs once: for as long as the timer of those who wait.
  const client = { send: (command) => (++requests === 1 ? new Promise(() => undefined) : kms.send(command)) }
  const cached = new Client(new KmsKeyring(kms.createKey(), { client }), { cache: new DataKeyCache() })
  const hung = new AbortController()
  const first = cached.encrypt(secret, { signal: hung.signal })
  const others = [cached.encrypt(secret), cached.encrypt(secret)]
  for (const message of await Promise.all(others)) assert.deepEqual((await cached.decrypt(message)).plaintext, secret)
  assert.equal(requests, 3)
  hung.abort()
  await assert.rejects(first, { name: 'AbortError' })
})

test('keyrings that need no network', () => {
  const cache = new DataKeyCache()
  const client = new Client(new RawAesKeyring('n', 'k', Buffer.alloc(32)), { cache })
  const message = client.encryptSync(secret)
  assert.deepEqual(client.decryptSync(message).plaintext, secret)
  assert.deepEqual(client.decryptSync(client.encryptSync(secret)).plaintext, secret)
  const { hits, misses, kmsCallsSaved } = cache.stats
  assert.deepEqual({ hits, misses, kmsCallsSaved }, { hits: 2, misses: 2, kmsCallsSaved: 0 })
})

test('every request of a multi-keyring is saved', async () => {
  const kms = new testing.InMemoryKms()
  const key = () => new KmsKeyring(kms.createKey(), { client: kms })
  const cache = new DataKeyCache()
  const client = new Client(new MultiKeyring({ generator: key(), children: [key()] }), { cache })
  for (let index = 0; index < 3; index++) await client.encrypt(secret)
  assert.deepEqual(kms.calls, ['GenerateDataKey', 'Encrypt'])
  assert.equal(cache.stats.kmsCallsSaved, 4)
})
