import assert from 'node:assert/strict'

const keyArn = process.env.KEY_ARN
const context = { tenant: 'a' }

// Before
import { KmsKeyringNode, buildClient } from '@aws-crypto/client-node'

const sdk = buildClient()
const sdkKeyring = new KmsKeyringNode({ generatorKeyId: keyArn })
const { result: oldMessage } = await sdk.encrypt(sdkKeyring, Buffer.from('secret'), { encryptionContext: context })
const { messageHeader } = await sdk.decrypt(sdkKeyring, oldMessage)
assert.equal(messageHeader.encryptionContext.tenant, 'a') // yours to check, or to forget

// After
import { KMSClient } from '@aws-sdk/client-kms'
import { Client, KmsKeyring } from 'zt-node'

const client = new Client(new KmsKeyring(keyArn, { client: new KMSClient({}) }))
const message = await client.encrypt(Buffer.from('secret'), { encryptionContext: context })
const { plaintext } = await client.decrypt(message, { encryptionContext: context }) // checked, or it does not open

// Each opens what the other wrote.
assert.deepEqual((await client.decrypt(oldMessage, { encryptionContext: context })).plaintext, plaintext)
assert.deepEqual((await sdk.decrypt(sdkKeyring, message)).plaintext, plaintext)
