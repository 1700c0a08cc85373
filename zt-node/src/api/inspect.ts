import * as binding from '#binding'
import { type Bytes, bytesOf, contextOf } from './arguments.js'
import { translated } from './errors.js'
import { type AlgorithmSuite, suiteOf } from './suites.js'

/** What a message says of itself. Anybody can write a header: **nothing in it is authenticated**. */
export interface MessageInfo {
  /** A reminder: never decide by this whether to trust a message. */
  readonly authenticated: false
  readonly algorithmSuite: AlgorithmSuite
  /** The version of the message format: 1 or 2. */
  readonly version: number
  /** Unique, not secret. */
  readonly messageId: Buffer
  readonly encryptionContext: Record<string, string>
  readonly encryptedDataKeys: readonly EncryptedDataKey[]
  /** Plaintext in a frame, in bytes; `undefined` when the body is one block. */
  readonly frameLength: number | undefined
  /** Length of the header in bytes. */
  readonly headerLength: number
}

/** A wrapped data key. */
export interface EncryptedDataKey {
  /** The key's name: the key ARN for KMS, else `namespace/name`. */
  readonly keyName: string
  readonly providerId: string
  readonly providerInfo: Buffer
  readonly ciphertext: Buffer
}

/** Reads the header of a message. Needs no key, and the start of the message is enough. */
export function inspect(message: Bytes): MessageInfo {
  const bytes = bytesOf('message', message, "Buffer.from(text, 'base64')")
  const info = translated(() => binding.inspect(bytes))
  return {
    authenticated: false,
    algorithmSuite: suiteOf(info.algorithmSuite),
    version: info.version,
    messageId: info.messageId,
    encryptionContext: contextOf(info.encryptionContext),
    encryptedDataKeys: info.encryptedDataKeys,
    frameLength: info.frameLength,
    headerLength: info.headerLength,
  }
}
