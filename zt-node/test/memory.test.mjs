// No key is left in memory after use: seen from outside, by a scan of another process.
//
// support/memory-child.mjs works with keys that it is given masked, so that they stand in its memory only where it uses
// them. This process reads the child's memory while keys are in use, when they must be found, and after, when they must
// not. What is looked for is each 16 bytes of each key by themselves.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto'
import { openSync, closeSync, readFileSync, readSync } from 'node:fs'
import { createInterface } from 'node:readline'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

const child = fileURLToPath(new URL('../support/memory-child.mjs', import.meta.url))
const BLOCK = 1 << 20
const backends = ['aws-lc-rs', 'ring']

/** What to look for: pieces of 16 bytes, and of which key they are. */
class Secrets {
  #pieces = new Map()

  add(name, key) {
    for (let at = 0; at + 16 <= key.length; at += 16) this.#pieces.set(key.toString('latin1', at, at + 16), name)
  }

  /** HKDF-SHA-512 (RFC 5869) of suites 0x0478 and 0x0578, without this package. */
  derived(dataKey, messageId) {
    const key = createHmac('sha512', messageId).update(dataKey).digest()
    this.add('pseudorandom key', key)
    for (const suite of [0x0478, 0x0578]) {
      const info = Buffer.concat([Buffer.from([suite >> 8, suite & 255]), Buffer.from('DERIVEKEY\x01')])
      this.add('content key', createHmac('sha512', key).update(info).digest().subarray(0, 32))
    }
  }

  /** How many pieces of each key are in the memory of a process. */
  scan(pid) {
    const pieces = [...this.#pieces].map(([piece, name]) => [Buffer.from(piece, 'latin1'), name])
    const found = {}
    const zeros = Buffer.alloc(BLOCK + 15)
    const block = Buffer.alloc(BLOCK + 15)
    const memory = openSync(`/proc/${pid}/mem`)
    let scanned = 0
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const [place, rights] = line.split(' ')
      if (!rights?.startsWith('rw')) continue // keys are only where something can be written
      const [start, end] = place.split('-').map((at) => Number.parseInt(at, 16))
      for (let at = start; at < end; at += BLOCK) {
        let length
        try {
          length = readSync(memory, block, 0, Math.min(block.length, end - at), at)
        } catch {
          continue // what cannot be read is no memory
        }
        scanned += length
        const read = block.subarray(0, length)
        if (read.equals(zeros.subarray(0, length))) continue
        for (const [piece, name] of pieces) if (read.includes(piece)) found[name] = (found[name] ?? 0) + 1
      }
    }
    closeSync(memory)
    assert.ok(scanned > 1 << 20, `only ${scanned} bytes could be read`)
    return found
  }
}

/** What the child gets, noted with all that stands for it in memory; and the other's public key. */
function wrappingSecret(way, secrets) {
  if (way !== 'raw-ecdh') {
    const secret = way === 'local' ? Buffer.from(randomBytes(20).toString('hex')) : randomBytes(32)
    secrets.add(way === 'local' ? 'passphrase' : 'wrapping key', secret)
    return [secret, '']
  }
  const [own, other] = [1, 2].map(() => generateKeyPairSync('ec', { namedCurve: 'P-384' }))
  const scalar = Buffer.from(own.privateKey.export({ format: 'jwk' }).d, 'base64url')
  secrets.add('private key', scalar)
  secrets.add('private key, little-endian', Buffer.from(scalar).reverse())
  const pem = Buffer.from(own.privateKey.export({ format: 'pem', type: 'pkcs8' }))
  // Within the first lines, where the scalar starts.
  secrets.add('private key, PEM', pem.subarray(pem.indexOf('\n') + 41, pem.indexOf('\n') + 57))
  return [pem, other.publicKey.export({ format: 'pem', type: 'spki' })]
}

async function run(way, backend) {
  const secrets = new Secrets()
  const dataKey = randomBytes(32)
  const [secret, publicPem] = wrappingSecret(way, secrets)
  secrets.add('data key', dataKey)
  const process_ = spawn(process.execPath, ['--expose-gc', child, way, backend, publicPem], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => process_.once('exit', resolve))
  try {
    for (const each of [dataKey, secret]) {
      const mask = randomBytes(each.length)
      const masked = each.map((byte, at) => byte ^ mask[at])
      process_.stdin.write(`${mask.toString('base64')}\n${masked.toString('base64')}\n`)
    }
    let inUse, after
    for await (const line of createInterface({ input: process_.stdout })) {
      if (line === 'in use') inUse = secrets.scan(process_.pid)
      else if (line === 'done') after = secrets.scan(process_.pid)
      else {
        secrets.derived(dataKey, Buffer.from(line, 'base64'))
        continue
      }
      process_.stdin.write('\n')
    }
    assert.equal(await ended, 0)
    // The first shows that the second would find it, where it is kept for longer than a call.
    const expected = ['content key', 'data key', ...(way.startsWith('raw-aes') ? ['wrapping key'] : [])]
    assert.deepEqual(expected.filter((name) => !inUse[name]), [], 'not found while in use')
    assert.deepEqual(after, {}, 'left in memory')
  } finally {
    process_.kill()
  }
}

// The backends differ in what they do with the content key; wrapping has the fastest one, always.
const cases = [
  ...['raw-aes', 'raw-aes-signed'].flatMap((way) => backends.map((backend) => [way, backend])),
  ...['known', 'raw-ecdh', 'hierarchical', 'local', 'kms'].map((way) => [way, 'ring']),
]

for (const [way, backend] of cases) {
  // No other system lets a process read another's memory without privileges.
  const skip = process.platform !== 'linux' && 'needs /proc/PID/mem'
  test(`no key is left: ${way}, ${backend}`, { skip, timeout: 60_000 }, () => run(way, backend))
}
