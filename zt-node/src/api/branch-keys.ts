import * as binding from '#binding'
import { type Bytes, type EncryptionContext, bytesOf, contextOf, kindOf, optionsOf, secondsOf, stringOf, wrongType } from './arguments.js'
import { branchKeyAnswerer } from './custom.js'
import { translated } from './errors.js'
import { Keyring, routed } from './keyrings.js'

let nativeOf: (keys: StaticBranchKeys) => binding.StaticBranchKeys

/** Branch keys in memory, for tests: by branch key id, the version (a UUID) and its 32 bytes. */
export class StaticBranchKeys {
  readonly #native = new binding.StaticBranchKeys()

  constructor(keys: Readonly<Record<string, readonly [version: string, key: Bytes]>> = {}) {
    if (typeof keys !== 'object' || keys === null) throw wrongType(`keys must be an object, got ${kindOf(keys)}`)
    for (const [id, entry] of Object.entries(keys)) {
      if (!Array.isArray(entry)) throw wrongType(`keys[${JSON.stringify(id)}] must be [version, key], got ${kindOf(entry)}`)
      this.insert(id, entry[0], entry[1])
    }
  }

  /** Adds a version of a branch key, which encrypts from now on. Older ones still decrypt. */
  insert(branchKeyId: string, version: string, key: Bytes): void {
    const [id, uuid, bytes] = [stringOf('branchKeyId', branchKeyId), stringOf('version', version), bytesOf('key', key)]
    translated(() => this.#native.insert(id, uuid, bytes))
  }

  static {
    nativeOf = (keys) => keys.#native
  }
}

/** Names the branch key of an encryption context, such as one for each tenant. */
export type BranchKeySupplier = (encryptionContext: EncryptionContext) => string | Promise<string>

/** Settings of a {@link HierarchicalKeyring}. */
export interface HierarchicalKeyringOptions {
  /** How long a branch key is used before the store is asked again: so long a revoked one still works. */
  ttlSeconds: number
}

/** Wraps data keys under branch keys, so that one call to a key service serves many messages. */
export class HierarchicalKeyring extends Keyring {
  /**
   * @param branchKeyId One for all messages, or a function of the encryption context, which is not
   *   authenticated yet when a message is opened.
   */
  constructor(branchKeys: StaticBranchKeys, branchKeyId: string | BranchKeySupplier, options: HierarchicalKeyringOptions) {
    if (!(branchKeys instanceof StaticBranchKeys)) {
      throw wrongType(`branchKeys must be StaticBranchKeys, got ${kindOf(branchKeys)}`)
    }
    const store = nativeOf(branchKeys)
    const ttl = secondsOf('ttlSeconds', optionsOf(options, ['ttlSeconds']).ttlSeconds)
    if (typeof branchKeyId !== 'function') {
      const id = stringOf('branchKeyId', branchKeyId)
      super({ native: translated(() => binding.Keyring.hierarchical(store, id, ttl)), answerers: new Map() })
      return
    }
    const answerer = branchKeyAnswerer((pairs) => branchKeyId(contextOf(pairs)))
    super(routed(answerer, (route) => binding.Keyring.hierarchicalByContext(store, route, ttl)))
  }
}
