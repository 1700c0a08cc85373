// Keyrings other than the raw AES one and KMS's strict one.
import assert from 'node:assert/strict'
import { createCipheriv, createDecipheriv, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto'
import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect as show } from 'node:util'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import test from 'node:test'
import {
  Client,
  DecryptError,
  EncryptError,
  HierarchicalKeyring,
  Keyring,
  KeyringError,
  KmsDiscoveryKeyring,
  KmsKeyring,
  LocalKeyring,
  MultiKeyring,
  RawAesKeyring,
  RawEcdhKeyring,
  RawRsaKeyring,
  RequiredEncryptionContext,
  RsaPadding,
  StaticBranchKeys,
  inspect,
  testing,
} from 'zt-node'

const secret = Buffer.from('attack at dawn')
const encryptionContext = { tenant: 'a' }
const aes = (name = 'key') => new RawAesKeyring('tests', name, Buffer.alloc(32, 7))
const type = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })
const is = (Class, code) => (error) => error instanceof Class && error.code === code
const pem = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'pem' } }

async function opens(encrypting, decrypting = encrypting) {
  const message = await new Client(encrypting).encrypt(secret, { encryptionContext })
  const { plaintext } = await new Client(decrypting).decrypt(message, { encryptionContext })
  assert.equal(plaintext.toString(), 'attack at dawn')
  return message
}

test('raw RSA, every padding', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem })
  assert.equal(Object.keys(RsaPadding).length, 5)
  for (const padding of Object.values(RsaPadding)) {
    const encrypts = new RawRsaKeyring('tests', 'rsa', padding, { publicKeyPem: publicKey })
    const decrypts = new RawRsaKeyring('tests', 'rsa', padding, { privateKeyPem: Buffer.from(privateKey) })
    const message = await opens(encrypts, decrypts)
    await opens(new RawRsaKeyring('tests', 'rsa', padding, { publicKeyPem: publicKey, privateKeyPem: privateKey }))
    assert.equal(inspect(message).encryptedDataKeys[0].keyName, 'tests/rsa')
    await assert.rejects(new Client(encrypts).decrypt(message), KeyringError)
    assert.doesNotMatch(show(decrypts, { depth: 9, showHidden: true }) + JSON.stringify(decrypts), /BEGIN|MII/)
  }
  assert.throws(() => new RawRsaKeyring('n', 'k', 'OAEP', { publicKeyPem: publicKey }), type(/RsaPadding/))
  assert.throws(() => new RawRsaKeyring('n', 'k', 'PKCS1', {}), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => new RawRsaKeyring('n', 'k', 'PKCS1', { publicKeyPem: 'text' }), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => new RawRsaKeyring('n', 'k', 'PKCS1', { publicKey }), type(/unknown option `publicKey`/))
})

test('raw ECDH, every way and curve', async () => {
  for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
    const [me, you] = [generateKeyPairSync('ec', { namedCurve, ...pem }), generateKeyPairSync('ec', { namedCurve, ...pem })]
    await opens(RawEcdhKeyring.ephemeral(you.publicKey), RawEcdhKeyring.discovery(you.privateKey))
    await opens(RawEcdhKeyring.static(me.privateKey, you.publicKey), RawEcdhKeyring.static(you.privateKey, me.publicKey))
    await assert.rejects(opens(RawEcdhKeyring.ephemeral(you.publicKey), RawEcdhKeyring.discovery(me.privateKey)))
    await assert.rejects(opens(RawEcdhKeyring.discovery(me.privateKey)), is(KeyringError, 'KEYRING_CANNOT_ENCRYPT'))
  }
  assert.throws(() => RawEcdhKeyring.discovery('text'), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => RawEcdhKeyring.static(undefined, 'x'), type(/senderPrivateKeyPem/))
})

test('hierarchical', async () => {
  const [first, second] = [randomUUID(), randomUUID()]
  const keys = new StaticBranchKeys({ a: [first, randomBytes(32)], b: [second, randomBytes(32)] })
  const fixed = new HierarchicalKeyring(keys, 'a', { ttlSeconds: 60 })
  const message = await opens(fixed)
  await opens(new MultiKeyring({ generator: fixed, children: [aes()] }), aes())
  const sync = new Client(fixed)
  assert.equal(sync.decryptSync(sync.encryptSync(secret)).plaintext.toString(), 'attack at dawn')

  const seen = []
  const byTenant = new HierarchicalKeyring(keys, (context) => (seen.push({ ...context }), context.tenant), { ttlSeconds: 60 })
  await opens(byTenant)
  assert.deepEqual(seen, [encryptionContext, encryptionContext])
  assert.equal((await new Client(byTenant).decrypt(message)).plaintext.toString(), 'attack at dawn')
  const client = new Client(byTenant)
  assert.equal(client.decryptSync(client.encryptSync(secret, { encryptionContext })).plaintext.toString(), 'attack at dawn')
  await assert.rejects(client.encrypt(secret, { encryptionContext: { tenant: 'nobody' } }), KeyringError)
  await assert.rejects(client.encrypt(secret), type(/branchKeyId must give a string/))
  const later = new HierarchicalKeyring(keys, async ({ tenant }) => tenant, { ttlSeconds: 60 })
  await opens(later)
  assert.throws(() => new Client(later).encryptSync(secret, { encryptionContext }), is(KeyringError, 'KEYRING_NEEDS_NETWORK'))

  // Rotated: the old version still decrypts.
  keys.insert('a', randomUUID(), randomBytes(32))
  assert.equal((await new Client(new HierarchicalKeyring(keys, 'a', { ttlSeconds: 60 })).decrypt(message)).plaintext.toString(), 'attack at dawn')
  assert.throws(() => new StaticBranchKeys({ a: ['1', randomBytes(32)] }), /UUID/)
  assert.throws(() => new StaticBranchKeys({ a: [first, randomBytes(31)] }), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => new HierarchicalKeyring({}, 'a', { ttlSeconds: 60 }), type(/StaticBranchKeys/))
  assert.throws(() => new HierarchicalKeyring(keys, 'a', { ttl: 60 }), type(/unknown option `ttl`/))
  assert.throws(() => new HierarchicalKeyring(keys, 'a', { ttlSeconds: -1 }), { name: 'RangeError' })
  assert.throws(() => new HierarchicalKeyring(keys, 'a', { ttlSeconds: 0 }), is(KeyringError, 'INVALID_KEYRING'))
})

test('KMS discovery', async () => {
  const kms = new testing.InMemoryKms()
  const keyArn = kms.createKey('eu-west-1', '111122223333')
  const mine = new KmsKeyring(keyArn, { client: kms })
  const message = await opens(mine, new KmsDiscoveryKeyring({ accountIds: ['111122223333'], client: kms }))
  await opens(mine, KmsDiscoveryKeyring.unfiltered({ client: kms }))
  const others = new Client(new KmsDiscoveryKeyring({ accountIds: ['444455556666'], client: kms }))
  await assert.rejects(others.decrypt(message), is(DecryptError, 'NO_MATCHING_KEY'))
  const china = new Client(new KmsDiscoveryKeyring({ accountIds: ['111122223333'], partition: 'aws-cn', client: kms }))
  await assert.rejects(china.decrypt(message), is(DecryptError, 'NO_MATCHING_KEY'))
  await assert.rejects(others.encrypt(secret), is(KeyringError, 'KEYRING_CANNOT_ENCRYPT'))
  assert.throws(() => new KmsDiscoveryKeyring({ client: kms }), type(/accountIds must be an array/))
  assert.throws(() => new KmsDiscoveryKeyring({ accountIds: [], client: kms }), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => new KmsDiscoveryKeyring({ accountIds: ['1'], client: kms }), is(KeyringError, 'INVALID_KEYRING'))
  assert.throws(() => KmsDiscoveryKeyring.unfiltered({ accountIds: ['111122223333'] }), type(/unknown option `accountIds`/))
})

test('multi-Region keys', async () => {
  const kms = new testing.InMemoryKms()
  const here = kms.createMultiRegionKey('eu-west-1', '111122223333')
  const there = kms.replicateKey(here, 'us-east-1')
  const message = await opens(new KmsKeyring(here, { client: kms }), new KmsKeyring(there, { client: kms, multiRegionAware: true }))
  await assert.rejects(new Client(new KmsKeyring(there, { client: kms })).decrypt(message), is(DecryptError, 'NO_MATCHING_KEY'))
  const discovery = new KmsDiscoveryKeyring({ accountIds: ['111122223333'], client: kms, multiRegionAware: true, region: 'us-east-1' })
  assert.equal((await new Client(discovery).decrypt(message)).plaintext.toString(), 'attack at dawn')
  assert.throws(() => KmsDiscoveryKeyring.unfiltered({ client: kms, multiRegionAware: true }), type(/needs region/))
})

test('required encryption context', async () => {
  const client = new Client(new RequiredEncryptionContext(aes(), { requiredKeys: ['tenant'] }))
  const message = await client.encrypt(secret, { encryptionContext: { tenant: 'a', purpose: 'p' } })
  assert.deepEqual(inspect(message).encryptionContext, { purpose: 'p' }, 'not in the header')
  const opened = await client.decrypt(message, { encryptionContext })
  assert.deepEqual(opened.encryptionContext, { tenant: 'a', purpose: 'p' })
  await assert.rejects(client.encrypt(secret), is(EncryptError, 'MISSING_CONTEXT_KEY'))
  await assert.rejects(client.decrypt(message), is(DecryptError, 'MISSING_CONTEXT_KEY'))
  await assert.rejects(client.decrypt(message, { encryptionContext: { tenant: 'b' } }), is(DecryptError, 'NOT_AUTHENTIC'))
  await assert.rejects(new Client(aes()).decrypt(message), is(DecryptError, 'NOT_AUTHENTIC'))
  assert.throws(() => new MultiKeyring({ generator: new RequiredEncryptionContext(aes(), { requiredKeys: ['a'] }) }), type(/around the whole keyring/))
  assert.throws(() => new RequiredEncryptionContext(aes(), ['a']), type(/unknown option/))
})

test('a key file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'zt-node-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, 'keys')
  await assert.rejects(LocalKeyring.open(path), is(KeyringError, 'KEY_FILE'))
  const keyring = await LocalKeyring.open(path, { create: true })
  assert.equal(keyring.path, path)
  if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600)
  const message = await opens(keyring)
  const old = keyring.activeKeyId
  const id = await keyring.rotate()
  assert.equal(keyring.activeKeyId, id)
  assert.deepEqual([...keyring.keyIds].sort(), [old, id].sort())
  const again = new Client(LocalKeyring.openSync(pathToFileURL(path)))
  assert.equal(again.decryptSync(message).plaintext.toString(), 'attack at dawn')
  assert.doesNotMatch(show(keyring, { depth: 9, showHidden: true }), /Uint8Array|Buffer/)

  const locked = join(folder, 'locked')
  const passphrase = Buffer.from('correct horse')
  const sealed = await opens(await LocalKeyring.open(locked, { passphrase, create: true }))
  for (const given of [passphrase, () => passphrase, async () => passphrase]) {
    const client = new Client(await LocalKeyring.open(locked, { passphrase: given }))
    assert.equal((await client.decrypt(sealed)).plaintext.toString(), 'attack at dawn')
  }
  await assert.rejects(LocalKeyring.open(locked, { passphrase: Buffer.from('wrong') }), is(KeyringError, 'KEY_FILE'))
  await assert.rejects(LocalKeyring.open(locked), is(KeyringError, 'KEY_FILE'))
  await assert.rejects(LocalKeyring.open(locked, { passphrase: 'text' }), type(/passphrase must be bytes/))
  await assert.rejects(LocalKeyring.open(path, { create: 1 }), type(/create must be/))
  const boom = new Error('boom')
  await assert.rejects(LocalKeyring.open(locked, { passphrase: () => Promise.reject(boom) }), boom)
  if (process.platform !== 'win32') {
    await chmod(path, 0o644)
    await assert.rejects(LocalKeyring.open(path), is(KeyringError, 'KEY_FILE'))
  }
  await writeFile(join(folder, 'junk'), 'junk', { mode: 0o600 })
  await assert.rejects(LocalKeyring.open(join(folder, 'junk')), is(KeyringError, 'KEY_FILE'))
  assert.equal(await readFile(join(folder, 'junk'), 'utf8'), 'junk')
  assert.deepEqual((await readdir(folder)).filter((name) => name.includes('tmp')), [])
})

/** A keyring of a user's: AES-GCM under a key of its own, which could as well be a vault's. */
class Vault extends Keyring {
  seen = []
  #key = randomBytes(32)

  onEncrypt(materials) {
    const dataKey = materials.dataKeyOrGenerate()
    this.seen.push(dataKey)
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', this.#key, iv).setAAD(materials.serializedContext)
    const ciphertext = Buffer.concat([iv, cipher.update(dataKey), cipher.final(), cipher.getAuthTag()])
    materials.addEncryptedDataKey({ providerId: 'vault', providerInfo: Buffer.from('key-1'), ciphertext })
  }

  onDecrypt(materials) {
    const mine = materials.encryptedDataKeys.find(({ providerId }) => providerId === 'vault')
    if (mine === undefined) return undefined
    const cipher = createDecipheriv('aes-256-gcm', this.#key, mine.ciphertext.subarray(0, 12))
    cipher.setAAD(materials.serializedContext).setAuthTag(mine.ciphertext.subarray(-16))
    const dataKey = Buffer.concat([cipher.update(mine.ciphertext.subarray(12, -16)), cipher.final()])
    this.seen.push(dataKey)
    return dataKey
  }
}

test('a keyring of a user', async () => {
  const vault = new Vault()
  const message = await opens(vault)
  assert.equal(inspect(message).encryptedDataKeys[0].keyName, 'vault/key-1')
  assert.ok(vault.seen.length === 2 && vault.seen.every((key) => key.every((byte) => byte === 0)), 'copies of data keys are wiped')
  const client = new Client(vault)
  assert.equal(client.decryptSync(client.encryptSync(secret)).plaintext.toString(), 'attack at dawn')
  await opens(new MultiKeyring({ generator: vault, children: [aes()] }), aes())
  await opens(new MultiKeyring({ generator: aes(), children: [vault] }), vault)
  const sealed = await buffer(Readable.from([secret]).compose(client.createEncryptStream()))
  assert.ok((await buffer(Readable.from([sealed]).compose(client.createDecryptStream()))).equals(secret))
  const foreign = await new Client(aes()).encrypt(secret)
  await assert.rejects(client.decrypt(foreign), (error) => is(DecryptError, 'NO_MATCHING_KEY')(error) && /tests\/key.*Vault/.test(error.message))
  await assert.rejects(new Client(new Vault()).decrypt(message), /authenticate/, "its own error, as it was")
})

test('a keyring of a user that answers later, fails, or misbehaves', async () => {
  class Later extends Vault {
    async onEncrypt(materials) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      super.onEncrypt(materials)
      this.materials = materials
    }
    async onDecrypt(materials) {
      return super.onDecrypt(materials)
    }
  }
  const later = new Later()
  await opens(later)
  assert.throws(() => later.materials.dataKey, KeyringError, 'materials are of use only within onEncrypt')
  assert.throws(() => new Client(later).encryptSync(secret), (error) => error.code === 'KEYRING_NEEDS_NETWORK' && /Later answers with a promise.*await/.test(error.message))
  const messages = await Promise.all(Array.from({ length: 50 }, () => opens(later)))
  assert.equal(messages.length, 50)

  const boom = new Error('boom')
  class Broken extends Keyring {
    onEncrypt() {
      throw boom
    }
    async onDecrypt() {
      throw boom
    }
  }
  const broken = new Client(new Broken())
  await assert.rejects(broken.encrypt(secret), boom)
  assert.throws(() => broken.encryptSync(secret), boom)
  const message = await new Client(aes()).encrypt(secret)
  await assert.rejects(broken.decrypt(message), boom)
  // Another keyring may still open it.
  const rest = new Client(new MultiKeyring({ children: [new Broken(), aes()] }))
  assert.equal((await rest.decrypt(message)).plaintext.toString(), 'attack at dawn')

  class Empty extends Keyring {}
  await assert.rejects(new Client(new Empty()).encrypt(secret), type(/Empty needs a method onEncrypt/))
  class Lazy extends Keyring {
    onEncrypt() {}
    onDecrypt() {
      return 'text'
    }
  }
  await assert.rejects(new Client(new Lazy()).encrypt(secret), KeyringError)
  await assert.rejects(new Client(new Lazy()).decrypt(message), type(/the data key must be bytes/))
  class Short extends Keyring {
    onEncrypt(materials) {
      materials.setDataKey(Buffer.alloc(31))
    }
    onDecrypt() {
      return Buffer.alloc(31)
    }
  }
  await assert.rejects(new Client(new Short()).encrypt(secret), is(KeyringError, 'DATA_KEY_LENGTH'))
  await assert.rejects(new Client(new Short()).decrypt(message), is(KeyringError, 'DATA_KEY_LENGTH'))
})
