import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'

const key = randomBytes(32)

// Before
import { RawAesKeyringNode, RawAesWrappingSuiteIdentifier, buildClient } from '@aws-crypto/client-node'

const sdk = buildClient()
const sdkKeyring = new RawAesKeyringNode({
  keyNamespace: 'my-app',
  keyName: 'key-2026',
  unencryptedMasterKey: new Uint8Array(key),
  wrappingSuite: RawAesWrappingSuiteIdentifier.AES256_GCM_IV12_TAG16_NO_PADDING,
})
const { result: oldMessage } = await sdk.encrypt(sdkKeyring, Buffer.from('secret'))

// After
import { Client, RawAesKeyring } from 'zt-node'

const client = new Client(new RawAesKeyring('my-app', 'key-2026', key))
const message = await client.encrypt(Buffer.from('secret')) // or encryptSync: there is no network

// Each opens what the other wrote.
assert.equal((await client.decrypt(oldMessage)).plaintext.toString(), 'secret')
assert.equal((await sdk.decrypt(sdkKeyring, message)).plaintext.toString(), 'secret')
