// What `npm pack` makes runs in a project that has nothing else.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'zt-pack-'))
const run = (command, args, cwd = folder) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })

test('the tarball installs and runs', (t) => {
  t.after(() => rmSync(folder, { recursive: true }))
  const [{ filename, files, size }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root))
  const names = files.map(({ path }) => path)
  for (const name of ['index.js', 'index.mjs', 'index.d.ts', 'index.d.mts', 'binding.js', 'binding.d.ts', 'README.md', 'LICENSE']) {
    assert.ok(names.includes(name), name)
  }
  assert.ok(names.some((name) => name.endsWith('.node')), 'the addon, for local use')
  assert.ok(!names.some((name) => /\.rs$|^src|^test|^support|^scripts/.test(name)), names.join())
  // What is published is built with the profile `dist`, and smaller.
  assert.ok(size < 5_000_000, `${size} bytes`)

  writeFileSync(join(folder, 'package.json'), '{"private": true}')
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(folder, filename)])
  const body = `
    const kms = new testing.InMemoryKms()
    const client = new Client(new KmsKeyring(kms.createKey(), { client: kms }))
    const message = await client.encrypt(Buffer.from('secret'))
    const none = await new Client(new KmsKeyring('alias/a')).encrypt(Buffer.alloc(1)).catch((error) => error)
    const identity = new Policy([Statement.allow().actions('s3:*').anyResource().when(keys.aws.secureTransport.is(true))])
    const request = new Request({ principal: 'arn:aws:iam::111122223333:user/a', action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', context: { 'aws:SecureTransport': true } })
    console.log(evaluate(request, { identity }).outcome, (await client.decrypt(message)).plaintext.toString(), none.code)`
  writeFileSync(join(folder, 'esm.mjs'), `import { Client, KmsKeyring, Policy, Request, Statement, evaluate, keys, testing } from 'zt-node'${body}`)
  writeFileSync(join(folder, 'cjs.cjs'), `const { Client, KmsKeyring, Policy, Request, Statement, evaluate, keys, testing } = require('zt-node');(async () => {${body}})()`)
  for (const name of ['esm.mjs', 'cjs.cjs']) {
    assert.equal(run(process.execPath, [name]), 'allowed secret MISSING_PACKAGE\n', name)
  }
})
