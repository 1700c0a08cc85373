import { Transform, type TransformCallback } from 'node:stream'
import type * as binding from '#binding'
import { contextOf } from './arguments.js'
import { translatedAsync } from './errors.js'
import { type Answerers, carry } from './exchange.js'
import { type AlgorithmSuite, suiteOf } from './suites.js'

/** Longer chunks are worked on in the background. */
export const INLINE = 64 * 1024

type Pushes = Pick<binding.Encryptor, 'push' | 'pushLater'>

async function push(worker: Pushes, chunk: Uint8Array): Promise<Buffer> {
  return chunk.byteLength > INLINE ? worker.pushLater(chunk) : worker.push(chunk)
}

/** What the streams have in common: every step may wait, and an error ends the stream. */
abstract class MessageStream extends Transform {
  /** Aborted when the stream is destroyed, so that a request to KMS does not outlive it. */
  protected readonly gone = new AbortController()

  protected step(work: () => Promise<Buffer | undefined>, done: TransformCallback): void {
    translatedAsync(work).then(
      (out) => (out?.byteLength ? done(null, out) : done()),
      (error: Error) => done(error),
    )
  }

  /** What has the key. */
  protected abstract worker(): { discard(): void } | undefined

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.gone.abort()
    this.worker()?.discard()
    done(error)
  }
}

/** Plaintext in, message out. */
export class EncryptStream extends MessageStream {
  #encryptor: binding.Encryptor | undefined
  readonly #begin: () => binding.Sealing
  readonly #answerers: Answerers

  /** @internal */
  constructor(begin: () => binding.Sealing, answerers: Answerers, signal: AbortSignal | undefined) {
    super(signal && { signal })
    this.#begin = begin
    this.#answerers = answerers
  }

  protected override worker(): binding.Encryptor | undefined {
    return this.#encryptor
  }

  async #start(): Promise<binding.Encryptor> {
    const sealing = this.#begin()
    await carry(sealing, this.#answerers, this.gone.signal)
    return (this.#encryptor = sealing.encryptor())
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    this.step(async () => push(this.#encryptor ?? (await this.#start()), chunk), done)
  }

  override _flush(done: TransformCallback): void {
    // Without any plaintext, it is the message of an empty one.
    this.step(async () => (this.#encryptor ?? (await this.#start())).finish(), done)
  }
}

/** What a stream that decrypts needs of its client. */
interface Opens {
  headerReader(): binding.HeaderReader
  begin(reader: binding.HeaderReader): binding.Opening
}

/**
 * Message in, plaintext out.
 *
 * Each frame comes out once it is authentic. Whether the message was **whole** is known at the
 * stream's end: until then, what came out may be cut short. The stream fails if it was.
 */
export class DecryptStream extends MessageStream {
  readonly #opens: Opens
  readonly #reader: binding.HeaderReader
  readonly #answerers: Answerers
  #decryptor: binding.Decryptor | undefined

  /** @internal */
  constructor(opens: Opens, answerers: Answerers, signal: AbortSignal | undefined) {
    super(signal && { signal })
    this.#opens = opens
    this.#reader = opens.headerReader()
    this.#answerers = answerers
  }

  /** The encryption context, authenticated. `undefined` until plaintext comes out. */
  get encryptionContext(): Record<string, string> | undefined {
    return this.#decryptor && contextOf(this.#decryptor.encryptionContext)
  }

  /** The suite that the message was written with. `undefined` until plaintext comes out. */
  get algorithmSuite(): AlgorithmSuite | undefined {
    return this.#decryptor && suiteOf(this.#decryptor.algorithmSuite)
  }

  protected override worker(): binding.Decryptor | undefined {
    return this.#decryptor
  }

  async #start(chunk: Uint8Array): Promise<Buffer | undefined> {
    if (!this.#reader.push(chunk)) return undefined
    const opening = this.#opens.begin(this.#reader)
    await carry(opening, this.#answerers, this.gone.signal)
    this.#decryptor = opening.decryptor()
    return this.#decryptor.start()
  }

  override _transform(chunk: Uint8Array, _encoding: string, done: TransformCallback): void {
    this.step(async () => (this.#decryptor ? push(this.#decryptor, chunk) : this.#start(chunk)), done)
  }

  override _flush(done: TransformCallback): void {
    this.step(async () => {
      ;(this.#decryptor ?? this.#reader).finish()
      return undefined
    }, done)
  }
}
