// Programs as people write them. `npm run types` checks that they compile.
import { KMSClient } from '@aws-sdk/client-kms'
import { createReadStream } from 'node:fs'
import {
  AlgorithmSuite,
  Client,
  CommitmentPolicy,
  DecryptError,
  type Decrypted,
  type Keyring,
  KmsError,
  KmsKeyring,
  MultiKeyring,
  RawAesKeyring,
  ZtError,
  inspect,
  testing,
} from 'zt-node'

const keyring: Keyring = new KmsKeyring('alias/a', { client: new KMSClient({}), grantTokens: ['t'] })
new KmsKeyring('alias/a')
new KmsKeyring('alias/a', { region: 'eu-west-1', endpoint: 'http://127.0.0.1:5000' })
new KmsKeyring(new testing.InMemoryKms().createKey(), { client: new testing.InMemoryKms() })
const both = new MultiKeyring({ generator: keyring, children: [new RawAesKeyring('n', 'k', new Uint8Array(32))] })

const client = new Client(both, {
  algorithmSuite: AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  frameLength: 4096,
  maxEncryptedDataKeys: 3,
})
new Client(keyring, { algorithmSuite: 'AES_256_GCM_HKDF_SHA256', commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })

const message: Buffer = await client.encrypt(Buffer.from('x'), { encryptionContext: { tenant: 'a' } })
const opened: Decrypted = await client.decrypt(message, { signal: AbortSignal.timeout(1000) })
const id: number = opened.algorithmSuite.id
const tenant: string | undefined = opened.encryptionContext['tenant']
const sync: Buffer = client.decryptSync(client.encryptSync(new ArrayBuffer(1))).plaintext
createReadStream('a').pipe(client.createEncryptStream()).pipe(client.createDecryptStream())
await client.encryptFile('a', new URL('file:///b'), { onProgress: (done: number, total) => total ?? done })

try {
  inspect(message).encryptedDataKeys.map(({ keyName }) => keyName.length)
} catch (error) {
  if (error instanceof KmsError) error.serviceCode?.startsWith('Access')
  if (error instanceof DecryptError || error instanceof ZtError) error.code.length
}

export { id, sync, tenant }
