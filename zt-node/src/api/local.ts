import * as binding from '#binding'
import { fileURLToPath } from 'node:url'
import { type Bytes, bytesOf, kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { translated, translatedAsync } from './errors.js'
import { Keyring } from './keyrings.js'

/** Settings of {@link LocalKeyring.openSync}. */
export interface LocalKeyringSyncOptions {
  /** Encrypts the file, through Argon2id. Its bytes, or a function that gives them when needed. */
  passphrase?: Bytes | (() => Bytes)
  /** Make the file, with one key, when there is none. Default: no. */
  create?: boolean
}

/** Settings of {@link LocalKeyring.open}. */
export interface LocalKeyringOptions {
  /** Encrypts the file, through Argon2id. Its bytes, or a function that gives them when needed. */
  passphrase?: Bytes | (() => Bytes | Promise<Bytes>)
  /** Make the file, with one key, when there is none. Default: no. */
  create?: boolean
}

/** Wraps data keys under keys in a file: needs no account and no network. */
export class LocalKeyring extends Keyring {
  readonly #native: binding.LocalKeyFile
  /** The key file. */
  readonly path: string

  private constructor(native: binding.LocalKeyFile, path: string) {
    super({ native: native.keyring(), answerers: new Map() })
    this.#native = native
    this.path = path
  }

  /** Opens a key file, in the background: deriving a key from a passphrase is slow on purpose. */
  static async open(path: string | URL, options?: LocalKeyringOptions): Promise<LocalKeyring> {
    const { file, passphrase, create } = given(path, options)
    const bytes = passphraseOf(typeof passphrase === 'function' ? await passphrase() : passphrase)
    return new LocalKeyring(await translatedAsync(() => binding.LocalKeyFile.open(file, bytes, create)), file)
  }

  /** The same at once. Keeps the event loop waiting. */
  static openSync(path: string | URL, options?: LocalKeyringSyncOptions): LocalKeyring {
    const { file, passphrase, create } = given(path, options)
    const bytes = passphraseOf(typeof passphrase === 'function' ? passphrase() : passphrase)
    return new LocalKeyring(translated(() => binding.LocalKeyFile.openNow(file, bytes, create)), file)
  }

  /** Adds a key, which encrypts from now on; older ones still decrypt. Gives its id. */
  async rotate(): Promise<string> {
    return translatedAsync(() => this.#native.rotate())
  }

  /** The id of the key that encrypts. */
  get activeKeyId(): string {
    return this.#native.activeKeyId
  }

  /** The ids of all keys in the file. */
  get keyIds(): string[] {
    return this.#native.keyIds
  }
}

function given(path: string | URL, options: LocalKeyringOptions | undefined) {
  const { passphrase, create = false } = optionsOf(options, ['passphrase', 'create'])
  if (typeof create !== 'boolean') throw wrongType(`create must be true or false, got ${kindOf(create)}`)
  return { file: path instanceof URL ? fileURLToPath(path) : stringOf('path', path), passphrase, create }
}

function passphraseOf(passphrase: unknown): Uint8Array | undefined {
  return passphrase === undefined ? undefined : bytesOf('passphrase', passphrase)
}
