import * as binding from '#binding'
import { type Bytes, bytesOf, integerOf, kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { type Clients, type KmsClient, makeClient } from './kms.js'

/** What a client needs of a keyring, and nobody else may see. */
interface Inside {
  readonly native: binding.Keyring
  readonly clients: Clients
}

let insideOf: (keyring: Keyring) => Inside

/** Who may make, wrap and unwrap data keys. */
export abstract class Keyring {
  readonly #inside: Inside

  /** @internal */
  protected constructor(inside: Inside) {
    this.#inside = inside
  }

  static {
    insideOf = (keyring) => keyring.#inside
  }
}

/** The inside of a keyring that a caller gave. */
export function keyringOf(name: string, keyring: unknown): Inside {
  if (keyring instanceof Keyring) return insideOf(keyring)
  throw wrongType(`${name} must be a keyring such as new KmsKeyring(keyArn), got ${kindOf(keyring)}`)
}

const noClients: Clients = new Map()

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
    super({ native: translated(() => binding.Keyring.rawAes(namespace, name, key)), clients: noClients })
    this.keyNamespace = namespace
    this.keyName = name
  }
}

/** Settings of a {@link KmsKeyring}. */
export interface KmsKeyringOptions {
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

let routes = 0

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
    const { client, region, endpoint, grantTokens = [] } = optionsOf(options, [
      'client',
      'region',
      'endpoint',
      'grantTokens',
    ])
    if (client !== undefined && typeof client?.send !== 'function') {
      throw wrongType(`client must be a KMSClient, or have a method send, got ${kindOf(client)}`)
    }
    if (client !== undefined && (region !== undefined || endpoint !== undefined)) {
      throw wrongType('region and endpoint are for the client that is made: give them to your client')
    }
    if (!Array.isArray(grantTokens)) throw wrongType(`grantTokens must be an array, got ${kindOf(grantTokens)}`)
    const tokens = grantTokens.map((token, index) => stringOf(`grantTokens[${index}]`, token))
    const config = {
      region: region === undefined ? undefined : stringOf('region', region),
      endpoint: endpoint === undefined ? undefined : stringOf('endpoint', endpoint),
    }
    // The number tells apart keyrings that have the same key id, in other Regions or accounts.
    const route = integerOf('the number of KMS keyrings', ++routes, 2 ** 32 - 1)
    const native = translated(() => binding.Keyring.kms(id, tokens, route))
    let made = client
    const connect = () => (made ??= makeClient({ ...config, region: config.region ?? native.region ?? undefined }))
    super({ native, clients: new Map([[route, connect]]) })
    this.keyId = id
  }
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
    const clients = [first, ...rest].flatMap((keyring) => [...(keyring?.clients ?? [])])
    super({ native, clients: new Map(clients) })
    this.generator = generator
    this.children = Object.freeze([...children])
  }
}
