import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import * as esm from 'zt-node'

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))

test('CommonJS and ES modules get the same classes', () => {
  const cjs = require('zt-node')
  const names = Object.keys(cjs).filter((name) => name !== '__esModule')
  assert.deepEqual(Object.keys(esm).sort(), names.sort())
  for (const name of names) assert.equal(esm[name], cjs[name], name)
})

test('the committed loader and its types are what the build generates', (t) => {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  try {
    git('ls-files', '--error-unmatch', 'binding.js', 'binding.d.ts')
  } catch {
    t.skip('not a git checkout')
    return
  }
  // The build wrote them anew; what is staged or committed has to be the same.
  for (const name of ['binding.js', 'binding.d.ts']) {
    assert.equal(readFileSync(`${root}/${name}`, 'utf8'), git('show', `:./${name}`), `${name}: commit what was built`)
  }
})

test('the lock file names no registry', () => {
  const { packages } = JSON.parse(readFileSync(`${root}/package-lock.json`, 'utf8'))
  for (const [name, { resolved }] of Object.entries(packages)) assert.equal(resolved, undefined, name)
})

test('versions agree', () => {
  const { version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const workspace = readFileSync(`${root}/../Cargo.toml`, 'utf8')
  assert.equal(/^version = "(.+)"$/m.exec(workspace)[1], version)
})
