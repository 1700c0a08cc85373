// Runs a plan until it kills itself: before or after a call, or while a line of the journal is written.
import { readFileSync, writeSync } from 'node:fs'
import fs from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { Plan, Runner } from 'zt-node'
import { settings } from './account.mjs'

const [file, journal, endpoint, verb, at, how] = process.argv.slice(2)
let left = Number(at)
const kill = () => process.kill(process.pid, 'SIGKILL')

// The calls of this process go through here.
const proxy = createServer((asked, answer) => {
  const isIdentity = asked.headers.authorization.includes('/sts/')
  if (!isIdentity && how === 'before a call' && --left === 0) return kill()
  const onward = request(new URL(asked.url, endpoint), { method: asked.method, headers: asked.headers }, (given) => {
    if (!isIdentity && how === 'inside a call' && --left === 0) return kill()
    answer.writeHead(given.statusCode, given.headers)
    given.pipe(answer)
  })
  asked.pipe(onward)
}).listen(0, '127.0.0.1')
await new Promise((listening) => proxy.once('listening', listening))

// As a machine that stops in the middle of a write.
if (how === 'inside a line') {
  const probe = await fs.open(file)
  const handles = Object.getPrototypeOf(probe)
  await probe.close()
  const { write } = handles
  handles.write = function (bytes, offset, length, position) {
    if (--left === 0) {
      writeSync(this.fd, bytes, offset, length >> 1, position)
      kill()
    }
    return write.call(this, bytes, offset, length, position)
  }
}

const runner = new Runner({ config: settings(`http://127.0.0.1:${proxy.address().port}`) })
await runner[verb](Plan.fromJson(readFileSync(file, 'utf8')), { journal })
process.exit(0)
