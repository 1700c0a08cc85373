import assert from 'node:assert/strict'

const keyArn = process.env.KEY_ARN

// Before
import {
  KmsKeyringNode,
  NodeCachingMaterialsManager,
  buildClient,
  getLocalCryptographicMaterialsCache,
} from '@aws-crypto/client-node'

const sdk = buildClient()
const materials = new NodeCachingMaterialsManager({
  backingMaterials: new KmsKeyringNode({ generatorKeyId: keyArn }),
  cache: getLocalCryptographicMaterialsCache(100),
  maxAge: 60_000,
  maxMessagesEncrypted: 1000,
})
const data = Buffer.from('secret')
const { result: oldMessage } = await sdk.encrypt(materials, data, { plaintextLength: data.byteLength })

// After
import { Client, DataKeyCache, KmsKeyring } from 'zt-node'

const cache = new DataKeyCache({ maxEntries: 100, maxAgeSeconds: 60, maxMessages: 1000 })
const client = new Client(new KmsKeyring(keyArn), { cache })
await Promise.all(Array.from({ length: 10 }, () => client.encrypt(data))) // one request, nine wait for it
assert.equal(cache.stats.kmsCallsSaved, 9)

assert.deepEqual((await client.decrypt(oldMessage)).plaintext, data)
