/** Questions that the addon asks while it makes or opens a message, and who answers them. */
import * as binding from '#binding'
import { KeyringError, ZtError, fromAddon } from './errors.js'

/** An answer, in the words of KMS. */
export interface Answer {
  KeyId?: unknown
  Plaintext?: unknown
  CiphertextBlob?: unknown
}

/** Who answers the questions of one keyring. */
export interface Answerer {
  /** Why there is no answer without waiting. */
  readonly waits: string
  answer(call: binding.KmsCall, signal: AbortSignal | undefined): Answer | Promise<Answer>
  /** What to tell the addon of a failure: kind, code and message. Throws what nobody can make good. */
  failure(thrown: unknown): [kind: binding.KmsFailure, code: string, message: string]
}

/** The answerer of each keyring, by the number that its questions carry. */
export type Answerers = ReadonlyMap<number, Answerer>

/** A message in the making that may have questions. */
type Exchange = Pick<binding.Sealing, 'request' | 'answer' | 'fail' | 'wait' | 'goOn' | 'giveUp'>

/** Answers questions until there are no more. */
export async function carry(exchange: Exchange, answerers: Answerers, signal: AbortSignal | undefined): Promise<void> {
  try {
    await answerAll(exchange, answerers, signal)
  } catch (error) {
    // Others may wait for the answer that now does not come.
    exchange.giveUp()
    throw error
  }
}

async function answerAll(exchange: Exchange, answerers: Answerers, signal: AbortSignal | undefined): Promise<void> {
  const failures = new Failures(exchange)
  for (;;) {
    const other = exchange.wait()
    if (other) {
      await abortable(orPatience(other), signal)
      exchange.goOn()
      continue
    }
    const call = exchange.request()
    if (!call) return
    const answerer = answererOf(call, answerers)
    let answer: Answer
    try {
      answer = await orAbort(answerer.answer(call, signal), signal)
    } catch (error) {
      signal?.throwIfAborted()
      failures.tell(answerer, error)
      continue
    }
    take(exchange, answer)
    signal?.throwIfAborted()
  }
}

/** An answer, unless an abort comes first; a data key that comes later is wiped. */
function orAbort(answer: Answer | Promise<Answer>, signal: AbortSignal | undefined): Answer | Promise<Answer> {
  if (signal === undefined || !(answer instanceof Promise)) return answer
  const late = answer.then((answer) => {
    if (signal.aborted) wipe(answer)
    return answer
  })
  return abortable(late, signal)
}

/** Settles with the promise, or when the request that it stands for takes too long. */
function orPatience(promise: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, binding.patience())
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

/** A promise that an abort settles at once; what it waited for ends in the background. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
    if (signal.aborted) abort()
  })
}

/** The same at once. `method` is what to call instead when an answer takes time. */
export function carrySync(exchange: Exchange, answerers: Answerers, method: string): void {
  try {
    answerAllNow(exchange, answerers, method)
  } catch (error) {
    exchange.giveUp()
    throw error
  }
}

function answerAllNow(exchange: Exchange, answerers: Answerers, method: string): void {
  // Who is waited for needs the event loop to come to an end.
  if (exchange.wait()) throw needsPromise({ waits: 'the cache waits for another call' }, method)
  const failures = new Failures(exchange)
  for (let call = exchange.request(); call; call = exchange.request()) {
    const answerer = answererOf(call, answerers)
    let answer: Answer | Promise<Answer>
    try {
      answer = answerer.answer(call, synchronous)
    } catch (error) {
      if (error === synchronous.reason) throw needsPromise(answerer, method)
      failures.tell(answerer, error)
      continue
    }
    if (answer instanceof Promise) {
      answer.catch(() => undefined)
      throw needsPromise(answerer, method)
    }
    take(exchange, answer)
  }
}

/** Given to answerers that may not wait: one that would, throws its reason. */
export const synchronous: AbortSignal = AbortSignal.abort()

function needsPromise({ waits }: Pick<Answerer, 'waits'>, method: string): KeyringError {
  const message = `${waits}, which takes a promise: use \`await client.${method}(...)\``
  return new KeyringError(message, { code: 'KEYRING_NEEDS_NETWORK' })
}

function answererOf(call: binding.KmsCall, answerers: Answerers): Answerer {
  const answerer = answerers.get(call.route)
  if (answerer === undefined) throw new Error(`nobody answers for route ${call.route}`)
  return answerer
}

function take(exchange: Exchange, answer: Answer | undefined): void {
  const { KeyId: keyId, Plaintext: plaintext, CiphertextBlob: ciphertext } = answer ?? {}
  try {
    exchange.answer(
      typeof keyId === 'string' ? keyId : undefined,
      plaintext instanceof Uint8Array ? plaintext : undefined,
      ciphertext instanceof Uint8Array ? ciphertext : undefined,
    )
  } finally {
    // The data key is Rust's now.
    wipe(answer)
  }
}

function wipe(answer: Answer | undefined): void {
  const { Plaintext: plaintext } = answer ?? {}
  if (plaintext instanceof Uint8Array) plaintext.fill(0)
}

/** Tells an exchange that there is no answer. It throws when no keyring can do without. */
class Failures {
  #custom: unknown

  constructor(readonly exchange: Exchange) {}

  tell(answerer: Answerer, thrown: unknown): void {
    const [kind, code, message] = answerer.failure(thrown)
    if (code === CUSTOM) this.#custom = thrown
    try {
      this.exchange.fail(kind, code, message)
    } catch (error) {
      const known = fromAddon(error, thrown)
      // What a keyring of the caller's threw comes back as it was.
      if (known instanceof ZtError && known.code === 'CUSTOM_KEYRING') throw this.#custom
      throw known
    }
  }
}

/** The code of failures of keyrings that callers wrote. */
export const CUSTOM = 'CustomKeyring'
