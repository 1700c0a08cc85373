import { KMSClient } from '@aws-sdk/client-kms'
import { Client, KmsKeyring } from 'zt-node'

const client = new Client(new KmsKeyring(process.env.KEY_ARN, { client: new KMSClient({}) }))

await client.encryptFile('report.pdf', 'report.zt', { encryptionContext: { tenant: 'a' } })
await client.decryptFile('report.zt', 'copy.pdf', { encryptionContext: { tenant: 'a' } })
