/** What {@link ZtError} is made of. */
export interface ZtErrorInit {
  code: string
  retryable?: boolean
  cause?: unknown
}

/**
 * Every error of this package, but for a wrong type of argument, which is a `TypeError`.
 *
 * `code` is stable and the same in Rust and in Python; `message` is for people.
 */
export class ZtError extends Error {
  /** A stable name for programs, such as `NOT_AUTHENTIC`. */
  readonly code: string
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean

  constructor(message: string, { code, retryable = false, ...options }: ZtErrorInit) {
    super(message, options)
    this.code = code
    this.retryable = retryable
  }

  static {
    nameOf(this, 'ZtError')
  }
}

/** The message could not be opened. */
export class DecryptError extends ZtError {
  static {
    nameOf(this, 'DecryptError')
  }
}

/** The request to encrypt cannot be met: the caller has to change it. */
export class EncryptError extends ZtError {
  static {
    nameOf(this, 'EncryptError')
  }
}

/** A keyring cannot be used as it was set up. */
export class KeyringError extends ZtError {
  static {
    nameOf(this, 'KeyringError')
  }
}

/** KMS refused, answered wrongly, or could not be reached. `cause` is what its client threw. */
export class KmsError extends ZtError {
  /** KMS's own error code, such as `AccessDeniedException`, when KMS answered with one. */
  readonly serviceCode: string | undefined

  constructor(message: string, { serviceCode, ...init }: ZtErrorInit & { serviceCode?: string | null }) {
    super(message, init)
    this.serviceCode = serviceCode ?? undefined
  }

  static {
    nameOf(this, 'KmsError')
  }
}

/** What a {@link PolicyError} is made of. */
export interface PolicyErrorInit extends ZtErrorInit {
  pointer?: string | null
  line?: number | null
  column?: number | null
  expected?: string | null
  found?: string | null
  suggestion?: string | null
}

/** A policy, or a value in one, cannot be read, built or evaluated. It says where and what was expected. */
export class PolicyError extends ZtError {
  /** The place as a JSON pointer, such as `/Statement/0/Effect`; `undefined` when the text is not JSON. */
  readonly pointer: string | undefined
  /** The line, from 1; `undefined` when the policy was not read from text. */
  readonly line: number | undefined
  /** The column in characters, from 1; `undefined` when the policy was not read from text. */
  readonly column: number | undefined
  /** What was expected there, as a phrase. */
  readonly expected: string | undefined
  /** What was found instead, as a phrase. */
  readonly found: string | undefined
  /** A name that was probably meant, where one is close enough. */
  readonly suggestion: string | undefined

  constructor(message: string, { pointer, line, column, expected, found, suggestion, ...init }: PolicyErrorInit) {
    super(message, init)
    this.pointer = pointer ?? undefined
    this.line = line ?? undefined
    this.column = column ?? undefined
    this.expected = expected ?? undefined
    this.found = found ?? undefined
    this.suggestion = suggestion ?? undefined
  }

  static {
    nameOf(this, 'PolicyError')
  }
}

// On the prototype, as the language's own errors have it: not a property that prints.
function nameOf(constructor: { prototype: Error }, name: string): void {
  Object.defineProperty(constructor.prototype, 'name', { value: name, configurable: true, writable: true })
}

const families = { ZtError, DecryptError, EncryptError, KeyringError, KmsError, PolicyError }

/** Calls into the addon, and throws what it throws as a {@link ZtError}. */
export function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw fromAddon(error)
  }
}

/** The same for promises. */
export async function translatedAsync<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fromAddon(error)
  }
}

/** The addon puts what programs need as JSON into the message of the error's cause. */
export function fromAddon(error: unknown, cause?: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ZtError || !(error.cause instanceof Error)) {
    return error
  }
  const known = factsOf(error.cause.message)
  if (known === undefined) return error
  const { family, ...facts } = known
  return new families[family](error.message, cause === undefined ? facts : { ...facts, cause })
}

interface Facts {
  family: keyof typeof families
  code: string
  retryable?: boolean
  serviceCode?: string | null
}

function factsOf(text: string): Facts | undefined {
  try {
    return JSON.parse(text) as Facts
  } catch {
    return undefined
  }
}
