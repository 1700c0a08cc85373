import type * as binding from '#binding'
import { type Bytes, bytesOf, contextOf, optionsOf, stringOf } from './arguments.js'
import { translated } from './errors.js'
import type { EncryptedDataKey } from './inspect.js'
import { type AlgorithmSuite, suiteOf } from './suites.js'

/** A data key that a keyring of yours has wrapped. */
export interface WrappedDataKey {
  /** Who wrapped it. Must not begin with `aws-kms`. */
  providerId: string
  /** Under which key. */
  providerInfo: Bytes
  /** The wrapped data key. */
  ciphertext: Bytes
}

/** What a keyring is given to encrypt with. Of use until its `onEncrypt` is done. */
export class EncryptionMaterials {
  readonly #native: binding.EncryptionMaterials
  readonly #copies: Uint8Array[] = []

  /** @internal */
  constructor(native: binding.EncryptionMaterials) {
    this.#native = native
  }

  get algorithmSuite(): AlgorithmSuite {
    return suiteOf(translated(() => this.#native.algorithmSuite))
  }

  /** What a wrap has to bind. */
  get encryptionContext(): Record<string, string> {
    return contextOf(translated(() => this.#native.encryptionContext))
  }

  /** The encryption context as bytes that are the same in every language: what to bind a wrap to. */
  get serializedContext(): Buffer {
    return translated(() => this.#native.serializedContext)
  }

  /** The wrapped data keys so far. */
  get encryptedDataKeys(): readonly EncryptedDataKey[] {
    return translated(() => this.#native.encryptedDataKeys)
  }

  /** A copy of the data key, if another keyring has made it. Wiped when `onEncrypt` is done. */
  get dataKey(): Uint8Array | undefined {
    return this.#kept(translated(() => this.#native.dataKey()) ?? undefined)
  }

  /** A copy of the data key, which is made if there is none. Wiped when `onEncrypt` is done. */
  dataKeyOrGenerate(): Uint8Array {
    return this.#kept(translated(() => this.#native.dataKeyOrGenerate()))
  }

  /** Sets the data key, where a key service makes it. It is copied; wipe yours. */
  setDataKey(dataKey: Bytes): void {
    const bytes = bytesOf('dataKey', dataKey)
    translated(() => this.#native.setDataKey(bytes))
  }

  /** Adds the data key as this keyring wrapped it. */
  addEncryptedDataKey(wrapped: WrappedDataKey): void {
    const given = optionsOf(wrapped, ['providerId', 'providerInfo', 'ciphertext'])
    const id = stringOf('providerId', given.providerId)
    const info = bytesOf('providerInfo', given.providerInfo)
    const ciphertext = bytesOf('ciphertext', given.ciphertext)
    translated(() => this.#native.addEncryptedDataKey(id, info, ciphertext))
  }

  /** @internal */
  static wipe(materials: EncryptionMaterials): void {
    for (const copy of materials.#copies) copy.fill(0)
  }

  #kept<T extends Uint8Array | undefined>(copy: T): T {
    if (copy !== undefined) this.#copies.push(copy)
    return copy
  }
}

/** What a keyring is given to decrypt with. Nothing in it is authenticated yet. */
export class DecryptionMaterials {
  readonly #native: binding.DecryptionMaterials

  /** @internal */
  constructor(native: binding.DecryptionMaterials) {
    this.#native = native
  }

  get algorithmSuite(): AlgorithmSuite {
    return suiteOf(translated(() => this.#native.algorithmSuite))
  }

  /** What the wrap is bound to. */
  get encryptionContext(): Record<string, string> {
    return contextOf(translated(() => this.#native.encryptionContext))
  }

  /** The encryption context as bytes that are the same in every language. */
  get serializedContext(): Buffer {
    return translated(() => this.#native.serializedContext)
  }

  /** The wrapped data keys of the message. */
  get encryptedDataKeys(): readonly EncryptedDataKey[] {
    return translated(() => this.#native.encryptedDataKeys)
  }
}
