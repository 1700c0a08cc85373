// Mistakes that the compiler has to find. `npm run types` fails when it does not.
import { AlgorithmSuite, Client, KmsKeyring, MultiKeyring, RawAesKeyring, inspect } from 'zt-node'

const keyring = new RawAesKeyring('n', 'k', new Uint8Array(32))
const client = new Client(keyring)

// @ts-expect-error: a passphrase is not a key
new RawAesKeyring('n', 'k', 'passphrase')
// @ts-expect-error: no such option
new KmsKeyring('alias/a', { endpointUrl: 'http://127.0.0.1' })
// @ts-expect-error: a client sends
new KmsKeyring('alias/a', { client: {} })
// @ts-expect-error: not a keyring
new MultiKeyring({ generator: 'alias/a' })
// @ts-expect-error: not a keyring
new Client('alias/a')
// @ts-expect-error: no such suite
new Client(keyring, { algorithmSuite: AlgorithmSuite.AES_512 })
// @ts-expect-error: no such policy
new Client(keyring, { commitmentPolicy: 'ALLOW' })
// @ts-expect-error: not in this version
new Client(keyring, { cache: {} })
// @ts-expect-error: text has no bytes until it is encoded
await client.encrypt('secret')
// @ts-expect-error: the context is an option
await client.encrypt(Buffer.alloc(1), { tenant: 'a' })
// @ts-expect-error: values are strings
await client.encrypt(Buffer.alloc(1), { encryptionContext: { tenant: 1 } })
// @ts-expect-error: what does not wait cannot be aborted
client.encryptSync(Buffer.alloc(1), { signal: AbortSignal.timeout(1) })
// @ts-expect-error: a promise
client.encrypt(Buffer.alloc(1)).length
// @ts-expect-error: what is in a header is never authenticated
const trusted: true = inspect(Buffer.alloc(1)).authenticated
// @ts-expect-error: suites do not change
AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY.id = 1

export { trusted }
