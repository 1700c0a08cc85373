import assert from 'node:assert/strict'
import { createReadStream, createWriteStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'

const keyArn = process.env.KEY_ARN
await writeFile('report.csv', 'a,b\n'.repeat(100_000))

// Before
import { KmsKeyringNode, buildClient } from '@aws-crypto/client-node'

const sdk = buildClient()
const sdkKeyring = new KmsKeyringNode({ generatorKeyId: keyArn })
await pipeline(createReadStream('report.csv'), sdk.encryptStream(sdkKeyring), createWriteStream('report.sdk'))

// After
import { Client, KmsKeyring } from 'zt-node'

const client = new Client(new KmsKeyring(keyArn))
await pipeline(createReadStream('report.csv'), client.createEncryptStream(), createWriteStream('report.zt'))
await client.decryptFile('report.sdk', 'copy.csv') // appears when all of it is authentic, and not before

assert.deepEqual(await readFile('copy.csv'), await readFile('report.csv'))
