/** Bytes, in any of the ways in which JavaScript holds them. */
export type Bytes = ArrayBufferView | ArrayBuffer

/**
 * Names and values that are stored in the open and authenticated with the message. Not secret.
 */
export type EncryptionContext = Readonly<Record<string, string>>

/**
 * A context as the addon takes it, keys and values in turn, with NUL between them: an object would lose the key
 * `__proto__`. A list when one of them holds a NUL.
 */
export type Pairs = string | string[]

/** A `TypeError` with the code that Node's own have. */
export function wrongType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_ARG_TYPE' })
}

/** The bytes of an argument, not copied unless another thread could change them meanwhile. */
export function bytesOf(name: string, value: unknown, hint = "Buffer.from(text, 'utf8')"): Uint8Array {
  if (typeof value === 'string') {
    throw wrongType(`${name} must be bytes, got a string: use ${hint}`)
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value)
  if (!ArrayBuffer.isView(value)) {
    throw wrongType(`${name} must be a Buffer, a Uint8Array or another view of bytes, got ${kindOf(value)}`)
  }
  const view = value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  return view.buffer instanceof ArrayBuffer ? view : Uint8Array.from(view)
}

/** A string that survives on its way to UTF-8. */
export function stringOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw wrongType(`${name} must be a string, got ${kindOf(value)}`)
  if (!value.isWellFormed()) throw wrongType(`${name} must not hold half of a surrogate pair`)
  return value
}

/** A whole number that fits the addon's type. */
export function integerOf(name: string, value: unknown, most: number, least = 0): number {
  if (typeof value !== 'number') throw wrongType(`${name} must be a number, got ${kindOf(value)}`)
  if (!Number.isInteger(value) || value < least || value > most) {
    const error = new RangeError(`${name} must be a whole number from ${least} to ${most}, got ${value}`)
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' })
  }
  return value
}

/** A list of strings. */
export function stringsOf(name: string, value: unknown): string[] {
  if (!Array.isArray(value)) throw wrongType(`${name} must be an array of strings, got ${kindOf(value)}`)
  return value.map((text, index) => stringOf(`${name}[${index}]`, text))
}

/** A positive number of seconds. */
export function secondsOf(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(`${name} must be a number, got ${kindOf(value)}`)
  if (!Number.isFinite(value) || value < 0) {
    const error = new RangeError(`${name} must be a positive number of seconds, got ${value}`)
    throw Object.assign(error, { code: 'ERR_OUT_OF_RANGE' })
  }
  return value
}

/** Options, none of which is unknown: a context that is dropped because of a typo protects nothing. */
export function optionsOf<T extends object>(value: T | undefined, known: readonly (keyof T & string)[]): Partial<T> {
  if (value === undefined || value === null) return {}
  if (typeof value !== 'object') throw wrongType(`options must be an object, got ${kindOf(value)}`)
  for (const key of Object.keys(value)) {
    if (!(known as readonly string[]).includes(key)) {
      throw wrongType(`unknown option \`${key}\`: expected ${known.join(', ')}`)
    }
  }
  return value
}

/** The pairs of an encryption context. */
export function pairsOf(context: EncryptionContext | undefined): Pairs {
  if (context === undefined) return ''
  if (typeof context !== 'object' || context === null || Array.isArray(context) || context instanceof Map) {
    throw wrongType(`encryptionContext must be an object of strings, got ${kindOf(context)}`)
  }
  let pairs = ''
  let nul = false
  for (const key of Object.keys(context)) {
    const value = context[key]
    // The names are made only when something is wrong: this runs for every message.
    if (typeof value !== 'string') stringOf(`encryptionContext[${JSON.stringify(key)}]`, value)
    nul ||= key.includes('\0') || (value as string).includes('\0')
    pairs += pairs === '' ? `${key}\0${value}` : `\0${key}\0${value}`
  }
  if (!pairs.isWellFormed()) {
    for (const [key, value] of Object.entries(context)) {
      stringOf(`the key ${JSON.stringify(key)} of encryptionContext`, key)
      stringOf(`encryptionContext[${JSON.stringify(key)}]`, value)
    }
  }
  return nul ? Object.entries(context).flat() : pairs
}

/** The encryption context of pairs; those of a list may begin further on. */
export function contextOf(pairs: Pairs, start = 0): Record<string, string> {
  const context: Record<string, string> = {}
  if (pairs === '') return context
  const list = typeof pairs === 'string' ? pairs.split('\0') : pairs
  for (let at = start; at + 1 < list.length; at += 2) {
    const [key, value] = [list[at] as string, list[at + 1] as string]
    if (key === '__proto__') Object.defineProperty(context, key, { value, configurable: true, enumerable: true, writable: true })
    else context[key] = value
  }
  return context
}

/** A signal, which has not been aborted yet. */
export function signalOf(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw wrongType(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
  signal?.throwIfAborted()
  return signal
}

/** What a value is, for an error message: never the value itself. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  return `an instance of ${value.constructor?.name || 'Object'}`
}
