import * as binding from '#binding'
import { type Bytes, bytesOf, integerOf, kindOf, optionsOf, stringOf, stringsOf, wrongType } from './arguments.js'
import { customAnswerer } from './custom.js'
import { translated } from './errors.js'
import type { Answerer, Answerers } from './exchange.js'
import { type KmsClient, kmsAnswerer, makeClient } from './kms.js'
import type { DecryptionMaterials, EncryptionMaterials } from './materials.js'
import { type RsaPadding, paddingNameOf } from './suites.js'

/** What a client needs of a keyring, and nobody else may see. */
export interface Inside {
  readonly native: binding.Keyring
  readonly answerers: Answerers
}

let insideOf: (keyring: Keyring) => Inside

/**
 * Who may make, wrap and unwrap data keys. For one of your own, extend this class and give it both
 * methods; they may return promises.
 *
 * ```js
 * class Vault extends Keyring {
 *   async onEncrypt(materials) {
 *     const dataKey = materials.dataKeyOrGenerate()
 *     const ciphertext = await wrap(dataKey, materials.serializedContext)
 *     materials.addEncryptedDataKey({ providerId: 'vault', providerInfo: Buffer.from('key-1'), ciphertext })
 *   }
 *   async onDecrypt(materials) {
 *     const mine = materials.encryptedDataKeys.find(({ providerId }) => providerId === 'vault')
 *     return mine && unwrap(mine.ciphertext, materials.serializedContext)
 *   }
 * }
 * ```
 */
export abstract class Keyring {
  readonly #inside: Inside

  /** Subclasses give nothing: the argument is for the keyrings of this package. */
  constructor(inside?: unknown) {
    this.#inside = (inside as Inside | undefined) ?? custom(this)
  }

  /** Makes a data key when `materials` has none, wraps it, and adds what it wrapped. */
  onEncrypt?(materials: EncryptionMaterials): void | Promise<void>

  /**
   * Unwraps one of the encrypted data keys. `undefined` when none is this keyring's. The bytes are
   * wiped once they have been taken.
   */
  onDecrypt?(materials: DecryptionMaterials): Uint8Array | undefined | Promise<Uint8Array | undefined>

  static {
    insideOf = (keyring) => keyring.#inside
  }
}

/** The inside of a keyring that a caller gave. */
export function keyringOf(name: string, keyring: unknown): Inside {
  if (keyring instanceof Keyring) return insideOf(keyring)
  if (keyring instanceof RequiredEncryptionContext) {
    throw wrongType(`${name} is a RequiredEncryptionContext, which only a Client takes: put it around the whole keyring`)
  }
  throw wrongType(`${name} must be a keyring such as new KmsKeyring(keyArn), got ${kindOf(keyring)}`)
}

const nobody: Answerers = new Map()

let routes = 0

/** A number that tells apart keyrings that ask. */
function newRoute(): number {
  return integerOf('the number of keyrings that ask', ++routes, 2 ** 32 - 1)
}

function custom(keyring: Keyring): Inside {
  const route = newRoute()
  const native = new binding.CustomKeyring(keyring.constructor.name, route)
  return { native: binding.Keyring.custom(native), answerers: new Map([[route, customAnswerer(keyring, native)]]) }
}

/** Wraps data keys under an AES key of your own. */
export class RawAesKeyring extends Keyring {
  /** Where the key's name is unique: your application, your organisation. */
  readonly keyNamespace: string
  /** The key's name, which messages hold. */
  readonly keyName: string

  /** @param wrappingKey 16, 24 or 32 random bytes. They are copied. */
  constructor(keyNamespace: string, keyName: string, wrappingKey: Bytes) {
    const namespace = stringOf('keyNamespace', keyNamespace)
    const name = stringOf('keyName', keyName)
    const key = bytesOf('wrappingKey', wrappingKey, "Buffer.from(text, 'base64')")
    super({ native: translated(() => binding.Keyring.rawAes(namespace, name, key)), answerers: nobody })
    this.keyNamespace = namespace
    this.keyName = name
  }
}

/** The keys of a {@link RawRsaKeyring}: one of them, or both. PEM, as text or as its bytes. */
export interface RawRsaKeyringOptions {
  /** SubjectPublicKeyInfo, to encrypt. */
  publicKeyPem?: string | Bytes
  /** PKCS #8, to decrypt. Encrypts too when no public key is given. */
  privateKeyPem?: string | Bytes
}

/** Wraps data keys under an RSA key of your own. */
export class RawRsaKeyring extends Keyring {
  readonly keyNamespace: string
  readonly keyName: string
  readonly padding: RsaPadding

  constructor(keyNamespace: string, keyName: string, padding: RsaPadding, options: RawRsaKeyringOptions) {
    const namespace = stringOf('keyNamespace', keyNamespace)
    const name = stringOf('keyName', keyName)
    const paddingName = paddingNameOf(padding)
    const given = optionsOf(options, ['publicKeyPem', 'privateKeyPem'])
    const native = withPem('publicKeyPem', given.publicKeyPem, (publicKey) =>
      withPem('privateKeyPem', given.privateKeyPem, (privateKey) =>
        translated(() => binding.Keyring.rawRsa(namespace, name, paddingName, publicKey, privateKey)),
      ),
    )
    super({ native, answerers: nobody })
    this.keyNamespace = namespace
    this.keyName = name
    this.padding = padding
  }
}

/** Agrees on a wrapping key with an elliptic curve key pair: P-256, P-384 or P-521. Keys are PEM. */
export class RawEcdhKeyring extends Keyring {
  /** Use {@link discovery}, {@link ephemeral} or {@link static}. */
  private constructor(own: string | Bytes | undefined, peer: string | Bytes | undefined) {
    const native = withPem('the private key', own, (privateKey) =>
      withPem('the public key', peer, (publicKey) =>
        translated(() => binding.Keyring.rawEcdh(privateKey, publicKey)),
      ),
    )
    super({ native, answerers: nobody })
  }

  /** Decrypts what was encrypted to this key. */
  static discovery(privateKeyPem: string | Bytes): RawEcdhKeyring {
    return new RawEcdhKeyring(required('privateKeyPem', privateKeyPem), undefined)
  }

  /** Encrypts to the holder of the private key, with a key pair made for each message. */
  static ephemeral(recipientPublicKeyPem: string | Bytes): RawEcdhKeyring {
    return new RawEcdhKeyring(undefined, required('recipientPublicKeyPem', recipientPublicKeyPem))
  }

  /** Encrypts and decrypts between two fixed key pairs. */
  static static(senderPrivateKeyPem: string | Bytes, recipientPublicKeyPem: string | Bytes): RawEcdhKeyring {
    const own = required('senderPrivateKeyPem', senderPrivateKeyPem)
    return new RawEcdhKeyring(own, required('recipientPublicKeyPem', recipientPublicKeyPem))
  }
}

function required<T>(name: string, value: T | undefined | null): T {
  if (value === undefined || value === null) throw wrongType(`${name} must be PEM, got ${value}`)
  return value
}

/** Works with the bytes of a PEM text, which are wiped afterwards if they are a copy. */
function withPem<T>(name: string, pem: string | Bytes | undefined, work: (bytes: Uint8Array | undefined) => T): T {
  if (typeof pem !== 'string') return work(pem === undefined ? undefined : bytesOf(name, pem))
  const copy = new TextEncoder().encode(stringOf(name, pem))
  try {
    return work(copy)
  } finally {
    copy.fill(0)
  }
}

/** Which KMS client a keyring uses. */
export interface KmsConnection {
  /**
   * A `KMSClient` of `@aws-sdk/client-kms`: its credentials, Region, endpoint, retries and proxies
   * are used. Made when first needed if absent.
   */
  client?: KmsClient
  /** For the client that is made if none is given. Default: the Region of the key's ARN. */
  region?: string
  /** For the client that is made if none is given. */
  endpoint?: string
  /** Sent with every call, for grants that are less than minutes old. */
  grantTokens?: readonly string[]
}

/** Settings of a {@link KmsKeyring}. */
export interface KmsKeyringOptions extends KmsConnection {
  /** Also decrypt what was encrypted under a replica of the key in another Region. Default: no. */
  multiRegionAware?: boolean
}

/**
 * Makes, wraps and unwraps data keys under a symmetric KMS key.
 *
 * To encrypt, any form of key id will do. To decrypt it has to be the key ARN, because messages
 * name their key by it: an alias encrypts but cannot decrypt.
 */
export class KmsKeyring extends Keyring {
  /** The key, as it was given. */
  readonly keyId: string

  constructor(keyId: string, options?: KmsKeyringOptions) {
    const id = stringOf('keyId', keyId)
    const { multiRegionAware, ...given } = optionsOf(options, [...connectionOptions, 'multiRegionAware'])
    const { tokens, answerer } = connectionOf(given)
    const route = newRoute()
    const native = translated(() => binding.Keyring.kms(id, flagOf('multiRegionAware', multiRegionAware), tokens, route))
    super({ native, answerers: new Map([[route, answerer(native.region ?? undefined)]]) })
    this.keyId = id
  }
}

/** Settings of a {@link KmsDiscoveryKeyring} without a filter. */
export interface UnfilteredOptions extends KmsConnection {
  /** Look for the replica of a multi-Region key in `region`, which then has to be given. Default: no. */
  multiRegionAware?: boolean
}

/** Settings of a {@link KmsDiscoveryKeyring}. */
export interface KmsDiscoveryKeyringOptions extends UnfilteredOptions {
  /** The accounts whose keys may have encrypted a message. */
  accountIds: readonly string[]
  /** The partition of the accounts. Default: `aws`. */
  partition?: string
}

/**
 * Decrypts under whichever KMS key a message names, if it is one of these accounts'. It does not
 * encrypt.
 */
export class KmsDiscoveryKeyring extends Keyring {
  constructor(options: KmsDiscoveryKeyringOptions) {
    super(discovering(options))
  }

  /**
   * Decrypts under **anybody's** key: whoever can write a message chooses the key that opens it, in
   * an account of theirs if they like.
   */
  static unfiltered(options?: UnfilteredOptions): KmsDiscoveryKeyring {
    return new KmsDiscoveryKeyring({ ...optionsOf(options, unfilteredOptions), [UNFILTERED]: true } as never)
  }
}

const UNFILTERED = Symbol('unfiltered')
const connectionOptions = ['client', 'region', 'endpoint', 'grantTokens'] as const
const unfilteredOptions = [...connectionOptions, 'multiRegionAware'] as const

function discovering(options: KmsDiscoveryKeyringOptions & { [UNFILTERED]?: boolean }): Inside {
  const given = optionsOf(options, [...unfilteredOptions, 'accountIds', 'partition'])
  const { accountIds, partition = 'aws', multiRegionAware, ...connection } = given
  const replicas = flagOf('multiRegionAware', multiRegionAware)
  if (replicas && connection.region === undefined) {
    throw wrongType('multiRegionAware needs region: the Region to look for replicas in')
  }
  const replicasIn = replicas ? stringOf('region', connection.region) : undefined
  const { region: _, ...rest } = connection
  const { tokens, answerer } = connectionOf(replicas && connection.client !== undefined ? rest : connection)
  const route = newRoute()
  const native = translated(() =>
    options[UNFILTERED] === true
      ? binding.Keyring.kmsDiscoveryUnfiltered(replicasIn, tokens, route)
      : binding.Keyring.kmsDiscovery(stringOf('partition', partition), stringsOf('accountIds', accountIds), replicasIn, tokens, route),
  )
  return { native, answerers: new Map([[route, answerer(undefined)]]) }
}

function connectionOf({ client, region, endpoint, grantTokens = [] }: KmsConnection): {
  tokens: string[]
  answerer: (defaultRegion: string | undefined) => Answerer
} {
  if (client !== undefined && typeof client?.send !== 'function') {
    throw wrongType(`client must be a KMSClient, or have a method send, got ${kindOf(client)}`)
  }
  if (client !== undefined && (region !== undefined || endpoint !== undefined)) {
    throw wrongType('region and endpoint are for the client that is made: give them to your client')
  }
  const config = {
    region: region === undefined ? undefined : stringOf('region', region),
    endpoint: endpoint === undefined ? undefined : stringOf('endpoint', endpoint),
  }
  let made = client
  const answerer = (defaultRegion: string | undefined) =>
    kmsAnswerer(() => (made ??= makeClient({ ...config, region: config.region ?? defaultRegion })))
  return { tokens: stringsOf('grantTokens', grantTokens), answerer }
}

function flagOf(name: string, value: unknown): boolean {
  if (value !== undefined && typeof value !== 'boolean') throw wrongType(`${name} must be true or false, got ${kindOf(value)}`)
  return value ?? false
}

/** Settings of a {@link MultiKeyring}. */
export interface MultiKeyringOptions {
  /** Makes the data key. Without one, the keyring only decrypts. */
  generator?: Keyring
  /** Wrap the data key too. */
  children?: readonly Keyring[]
}

/**
 * Several keyrings as one. To encrypt, all of them have to succeed; any one of them decrypts: the
 * generator is asked first, then the children in their order.
 */
export class MultiKeyring extends Keyring {
  readonly generator: Keyring | undefined
  readonly children: readonly Keyring[]

  constructor(options: MultiKeyringOptions) {
    const { generator, children = [] } = optionsOf(options, ['generator', 'children'])
    if (!Array.isArray(children)) throw wrongType(`children must be an array, got ${kindOf(children)}`)
    const first = generator === undefined ? undefined : keyringOf('generator', generator)
    const rest = children.map((child, index) => keyringOf(`children[${index}]`, child))
    const native = translated(() => binding.Keyring.multi(first?.native, rest.map((child) => child.native)))
    const answerers = [first, ...rest].flatMap((keyring) => [...(keyring?.answerers ?? [])])
    super({ native, answerers: new Map(answerers) })
    this.generator = generator
    this.children = Object.freeze([...children])
  }
}

/** Settings of a {@link RequiredEncryptionContext}. */
export interface RequiredEncryptionContextOptions {
  /** Keys that every encryption context has to have. */
  requiredKeys: readonly string[]
}

/**
 * A keyring whose messages need these keys in their encryption context.
 *
 * The pairs are bound to the message and do not stand in it: who reads it has to give them. Only
 * for a `Client`; it cannot be part of a {@link MultiKeyring}.
 */
export class RequiredEncryptionContext {
  readonly keyring: Keyring
  readonly requiredKeys: readonly string[]

  constructor(keyring: Keyring, options: RequiredEncryptionContextOptions) {
    keyringOf('keyring', keyring)
    const { requiredKeys } = optionsOf(options, ['requiredKeys'])
    this.keyring = keyring
    this.requiredKeys = Object.freeze(stringsOf('requiredKeys', requiredKeys))
  }
}

/** The inside of a keyring that asks. */
export function routed(answerer: Answerer, make: (route: number) => binding.Keyring): Inside {
  const route = newRoute()
  return { native: translated(() => make(route)), answerers: new Map([[route, answerer]]) }
}
