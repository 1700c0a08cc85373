import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import * as esm from 'zt-node'

const { keys } = esm

const require = createRequire(import.meta.url)
const root = fileURLToPath(new URL('..', import.meta.url))
const binding = require('../binding.js')

test('CommonJS and ES modules get the same classes', () => {
  const cjs = require('zt-node')
  const names = Object.keys(cjs).filter((name) => name !== '__esModule')
  assert.deepEqual(Object.keys(esm).sort(), names.sort())
  for (const name of names) assert.equal(esm[name], cjs[name], name)
})

test('the condition keys are those of the table', () => {
  execFileSync(process.execPath, [`${root}/scripts/generate-keys.mjs`, '--check'], { stdio: 'pipe' })
  assert.equal(Object.values(keys.aws).length, binding.globalKeys().filter(({ namespace }) => namespace === 'aws').length)
})

test('the loader and its types name what the addon has', () => {
  const types = readFileSync(`${root}/binding.d.ts`, 'utf8')
  for (const name of Object.keys(binding).filter((name) => !name.startsWith('__'))) {
    assert.match(types, new RegExp(`export (declare )?(class|function|const|enum|type) ${name}\\b`), name)
  }
})

test('the licence is the project\'s', () => {
  assert.equal(readFileSync(`${root}/LICENSE`, 'utf8'), readFileSync(`${root}/../LICENSE`, 'utf8'))
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
