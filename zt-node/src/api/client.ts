import { fileURLToPath } from 'node:url'
import * as binding from '#binding'
import {
  type Bytes,
  type EncryptionContext,
  bytesOf,
  contextOf,
  integerOf,
  kindOf,
  optionsOf,
  pairsOf,
  signalOf,
  stringOf,
  wrongType,
} from './arguments.js'
import { translated, translatedAsync } from './errors.js'
import { DataKeyCache, nativeCache } from './cache.js'
import { type Answerers, abortable, carry, carrySync } from './exchange.js'
import { type Keyring, RequiredEncryptionContext, keyringOf } from './keyrings.js'
import { DecryptStream, EncryptStream, INLINE } from './streams.js'
import {
  type AlgorithmSuite,
  type AlgorithmSuiteName,
  type Backend,
  type CommitmentPolicy,
  backendNameOf,
  policyNameOf,
  suiteNameOf,
  suiteOf,
  suiteWithId,
} from './suites.js'

/** Settings of a {@link Client}; every one has a default that is good for most. */
export interface ClientOptions {
  /** The suite to encrypt with. Default: that of the policy, `AES_256_GCM_HKDF_SHA512_COMMIT_KEY`, or `AES_256_GCM_HKDF_SHA256` where it forbids commitment. */
  algorithmSuite?: AlgorithmSuite | AlgorithmSuiteName
  /** Which suites to write and read. Default `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`. */
  commitmentPolicy?: CommitmentPolicy
  /** Plaintext in a frame, in bytes. Default 4,096. */
  frameLength?: number
  /** The most encrypted data keys of a message. Default: the format's limit. */
  maxEncryptedDataKeys?: number
  /** Keeps data keys for several messages. Default: none are kept. */
  cache?: DataKeyCache
  /**
   * The most threads that work on one message. Default: as many as the process may use. Messages
   * below a mebibyte have one.
   */
  threads?: number
  /** The library that does the AES-GCM of messages. Default: the fastest on this CPU. */
  backend?: Backend
}

/** Options of most calls. */
export interface CallOptions {
  /** Bound to the message. To decrypt: every pair has to be the message's. */
  encryptionContext?: EncryptionContext
  /** Ends the call early. */
  signal?: AbortSignal
}

/** Options of calls that do not wait. */
export type SyncOptions = Omit<CallOptions, 'signal'>

/** Options of streams. */
export type StreamOptions = CallOptions

/** Called with the bytes read so far, and with how many there are where that is known. */
export type OnProgress = (done: number, total: number | undefined) => void

/** Options of calls that work on files. */
export interface FileOptions extends CallOptions {
  onProgress?: OnProgress
}

/** A message that was opened. */
export interface Decrypted {
  plaintext: Buffer
  /** The message's encryption context, authenticated. */
  encryptionContext: Record<string, string>
  /** The suite that the message was written with. */
  algorithmSuite: AlgorithmSuite
}

/** A file that was encrypted. */
export interface EncryptedFile {
  /** Length of the plaintext in bytes. */
  plaintextLength: number
}

/** A file that was decrypted. */
export type DecryptedFile = Omit<Decrypted, 'plaintext'>

/**
 * Encrypts and decrypts messages under a keyring.
 *
 * ```js
 * const client = new Client(new KmsKeyring(keyArn))
 * const message = await client.encrypt(Buffer.from('secret'), { encryptionContext: { tenant: 'a' } })
 * const { plaintext } = await client.decrypt(message, { encryptionContext: { tenant: 'a' } })
 * ```
 */
export class Client {
  readonly #native: binding.Client
  readonly #answerers: Answerers

  constructor(keyring: Keyring | RequiredEncryptionContext, options?: ClientOptions) {
    const required = keyring instanceof RequiredEncryptionContext ? keyring : undefined
    const { native, answerers } = keyringOf('keyring', required?.keyring ?? keyring)
    const settings = settingsOf(options)
    if (required !== undefined) settings.requiredKeys = [...required.requiredKeys]
    const cache = cacheOf(options)
    this.#native = translated(() => new binding.Client(native, settings, cache))
    this.#answerers = answerers
  }

  /** Seals `data` into a message. */
  async encrypt(data: Bytes, options?: CallOptions): Promise<Buffer> {
    const plaintext = bytesOf('data', data)
    const { context, signal } = callOf(options, callOptions)
    const inline = plaintext.byteLength <= INLINE
    const sealing = translated(() =>
      inline ? this.#native.encryptNow(plaintext, context) : this.#native.beginEncrypt(context, plaintext.byteLength),
    )
    if (Buffer.isBuffer(sealing)) return sealing
    return translatedAsync(async () => {
      // A copy, because the caller may change the bytes while we wait.
      sealing.hold(plaintext)
      await carry(sealing, this.#answerers, signal)
      return abortable(sealing.seal(), signal)
    })
  }

  /**
   * Opens a message. Every pair of `encryptionContext` is checked: against the header where it is
   * stored there, through the header's authentication where it is not.
   */
  async decrypt(message: Bytes, options?: CallOptions): Promise<Decrypted> {
    const bytes = bytesOf('message', message, "Buffer.from(text, 'base64')")
    const { context, signal } = callOf(options, callOptions)
    const inline = bytes.byteLength <= INLINE
    const room = roomFor(inline ? bytes : undefined)
    const opening = translated(() =>
      inline ? this.#native.decryptNow(bytes, room, context) : this.#native.beginDecrypt(bytes, context),
    )
    if (typeof opening === 'string') return openedIn(room, opening)
    if (!(opening instanceof binding.Opening)) return decrypted(opening)
    const opened = await translatedAsync(async () => {
      opening.hold(bytes)
      await carry(opening, this.#answerers, signal)
      return abortable(opening.open(), signal)
    })
    return decrypted(opened)
  }

  /** {@link encrypt} at once, for keyrings that need no network. Keeps the event loop waiting. */
  encryptSync(data: Bytes, options?: SyncOptions): Buffer {
    const plaintext = bytesOf('data', data)
    const { context } = callOf(options, syncOptions)
    return translated(() => {
      const sealing = this.#native.encryptNow(plaintext, context)
      if (Buffer.isBuffer(sealing)) return sealing
      carrySync(sealing, this.#answerers, 'encrypt')
      return sealing.sealNow(plaintext)
    })
  }

  /** {@link decrypt} at once, for keyrings that need no network. Keeps the event loop waiting. */
  decryptSync(message: Bytes, options?: SyncOptions): Decrypted {
    const bytes = bytesOf('message', message, "Buffer.from(text, 'base64')")
    const { context } = callOf(options, syncOptions)
    const room = roomFor(bytes)
    const opened = translated(() => {
      const opening = this.#native.decryptNow(bytes, room, context)
      if (!(opening instanceof binding.Opening)) return opening
      carrySync(opening, this.#answerers, 'decrypt')
      return opening.openNow(bytes)
    })
    return typeof opened === 'string' ? openedIn(room, opened) : decrypted(opened)
  }

  /** A stream that takes plaintext and gives a message. */
  createEncryptStream(options?: StreamOptions): EncryptStream {
    const { context, signal } = callOf(options, callOptions)
    return new EncryptStream(() => this.#native.beginEncrypt(context), this.#answerers, signal)
  }

  /**
   * A stream that takes a message and gives plaintext, frame by frame as each is authentic. Only
   * its end says that the message was whole: act on the plaintext then, not before.
   */
  createDecryptStream(options?: StreamOptions): DecryptStream {
    const { context, signal } = callOf(options, callOptions)
    const opens = {
      headerReader: () => this.#native.headerReader(),
      begin: (reader: binding.HeaderReader) => this.#native.beginDecryptStream(reader, context),
    }
    return new DecryptStream(opens, this.#answerers, signal)
  }

  /**
   * Seals a file into a file, which appears under its name when it is whole and not before.
   * `source` and `destination` may be the same.
   */
  async encryptFile(source: string | URL, destination: string | URL, options?: FileOptions): Promise<EncryptedFile> {
    const [from, to] = [pathOf('source', source), pathOf('destination', destination)]
    const { context, signal, onProgress } = callOf(options, fileOptions)
    return translatedAsync(async () => {
      const sealing = this.#native.beginEncrypt(context)
      await carry(sealing, this.#answerers, signal)
      const plaintextLength = await runJob(signal, onProgress, (job, report) => job.seal(sealing, from, to, report))
      return { plaintextLength }
    })
  }

  /**
   * Opens a message in a file into a file, which appears under its name when all of it is
   * authentic and not before. `source` and `destination` may be the same.
   */
  async decryptFile(source: string | URL, destination: string | URL, options?: FileOptions): Promise<DecryptedFile> {
    const [from, to] = [pathOf('source', source), pathOf('destination', destination)]
    const { context, signal, onProgress } = callOf(options, fileOptions)
    return translatedAsync(async () => {
      const file = await this.#native.openFile(from)
      const opening = this.#native.beginDecryptFile(file, context)
      await carry(opening, this.#answerers, signal)
      return facts(await runJob(signal, onProgress, (job, report) => job.open(opening, file, to, report)))
    })
  }
}

const clientOptions = [
  'algorithmSuite',
  'commitmentPolicy',
  'frameLength',
  'maxEncryptedDataKeys',
  'cache',
  'threads',
  'backend',
] as const
const syncOptions = ['encryptionContext'] as const
const callOptions = ['encryptionContext', 'signal'] as const
const fileOptions = ['encryptionContext', 'signal', 'onProgress'] as const

function settingsOf(options: ClientOptions | undefined): binding.ClientOptions {
  const given = optionsOf(options, clientOptions)
  const { algorithmSuite, commitmentPolicy, frameLength, maxEncryptedDataKeys, threads, backend } = given
  const settings: binding.ClientOptions = {}
  if (algorithmSuite !== undefined) settings.algorithmSuite = suiteNameOf(algorithmSuite)
  if (commitmentPolicy !== undefined) settings.commitmentPolicy = policyNameOf(commitmentPolicy)
  if (frameLength !== undefined) settings.frameLength = integerOf('frameLength', frameLength, 2 ** 32 - 1)
  if (maxEncryptedDataKeys !== undefined) {
    settings.maxEncryptedDataKeys = integerOf('maxEncryptedDataKeys', maxEncryptedDataKeys, 65_535)
  }
  if (threads !== undefined) settings.threads = integerOf('threads', threads, 2 ** 32 - 1, 1)
  if (backend !== undefined) settings.backend = backendNameOf(backend)
  return settings
}

function cacheOf(options: ClientOptions | undefined): binding.DataKeyCache | undefined {
  const cache = options?.cache
  if (cache === undefined) return undefined
  if (!(cache instanceof DataKeyCache)) throw wrongType(`cache must be a DataKeyCache, got ${kindOf(cache)}`)
  return nativeCache(cache)
}

function callOf(options: FileOptions | undefined, known: readonly (keyof FileOptions)[]) {
  const { encryptionContext, signal, onProgress } = optionsOf(options, known)
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw wrongType('onProgress must be a function')
  }
  return { context: pairsOf(encryptionContext), signal: signalOf(signal), onProgress }
}

function pathOf(name: string, path: string | URL): string {
  return path instanceof URL ? fileURLToPath(path) : stringOf(name, path)
}

function facts({ encryptionContext, algorithmSuite }: binding.OpenedFile): DecryptedFile {
  return { encryptionContext: contextOf(encryptionContext), algorithmSuite: suiteOf(algorithmSuite) }
}

function decrypted(opened: binding.Opened): Decrypted {
  const { plaintext, encryptionContext, algorithmSuite } = opened
  return { plaintext, encryptionContext: contextOf(encryptionContext), algorithmSuite: suiteWithId(algorithmSuite) }
}

const none = Buffer.alloc(0)

/** Where plaintext goes: of Node's pool when it is short. */
function roomFor(message: Uint8Array | undefined): Buffer {
  return message === undefined ? none : Buffer.allocUnsafe(message.byteLength)
}

/** What the addon says of plaintext that it put into `room`: its length, the suite, and the context. */
function openedIn(room: Buffer, said: string): Decrypted {
  const facts = said.split('\0')
  const plaintext = room.subarray(0, Number(facts[0]))
  return { plaintext, encryptionContext: contextOf(facts, 2), algorithmSuite: suiteWithId(Number(facts[1])) }
}

type Report = (done: number, total: number | null) => void

/** Runs work on files, which stops when the signal or the callback says so. */
async function runJob<T>(
  signal: AbortSignal | undefined,
  onProgress: OnProgress | undefined,
  start: (job: binding.FileJob, report: Report | undefined) => Promise<T>,
): Promise<T> {
  const job = new binding.FileJob()
  const stop = () => job.stop()
  let last = 0
  let thrown: { error: unknown } | undefined
  let over = false
  const report: Report = (done, total) => {
    if (over || thrown !== undefined) return
    last = done
    try {
      onProgress?.(done, total ?? undefined)
    } catch (error) {
      thrown = { error }
      stop()
    }
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    signal?.throwIfAborted()
    const result = await start(job, onProgress && report)
    // Reports come over a queue of their own: the last ones may be late.
    if (job.done > last) report(job.done, job.total)
    if (thrown === undefined) return result
  } catch (error) {
    if (thrown === undefined) {
      signal?.throwIfAborted()
      throw error
    }
  } finally {
    over = true
    signal?.removeEventListener('abort', stop)
  }
  // The callback's own error. If it came with the last report, the file is whole.
  throw (thrown as { error: unknown }).error
}
