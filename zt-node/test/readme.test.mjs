// The examples of the README run, and print what it says.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, mkdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'node:test'
import { createKey, startMoto } from '../support/moto.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const examples = [...readme.matchAll(/```js\n(.*?)```\n\n```text\n(.*?)```/gs)].map(([, code, output]) => ({ code, output }))

test('the README', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'zt-readme-'))
  const moto = await startMoto()
  t.after(async () => {
    rmSync(folder, { recursive: true })
    await moto.stop()
  })
  // As an application sees it: the package by its name.
  mkdirSync(join(folder, 'node_modules', '@aws-sdk'), { recursive: true })
  symlinkSync(root, join(folder, 'node_modules', 'zt-node'), 'junction')
  symlinkSync(join(root, 'node_modules', '@aws-sdk', 'client-kms'), join(folder, 'node_modules', '@aws-sdk', 'client-kms'), 'junction')
  const env = {
    PATH: process.env.PATH,
    AWS_ENDPOINT_URL: moto.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    KEY_ARN: await createKey(moto.client()),
    NODE_NO_WARNINGS: '1',
  }
  assert.equal(examples.length, (readme.match(/```js\n/g) ?? []).length, 'every example says what it prints')
  assert.equal(examples.length, 4)
  for (const [index, { code, output }] of examples.entries()) {
    const file = join(folder, `example-${index}.mjs`)
    writeFileSync(file, code)
    const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env })
    assert.equal(stdout, output, code)
  }
})
