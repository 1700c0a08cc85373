/**
 * Zero trust on AWS as a library.
 *
 * @packageDocumentation
 */
export { ZtError, DecryptError, EncryptError, KeyringError, KmsError, PolicyError } from './api/errors.js'
export { AlgorithmSuite, CommitmentPolicy } from './api/suites.js'
export type { AlgorithmSuiteName } from './api/suites.js'
export { Keyring, KmsKeyring, MultiKeyring, RawAesKeyring } from './api/keyrings.js'
export type { KmsKeyringOptions, MultiKeyringOptions } from './api/keyrings.js'
export type { KmsClient } from './api/kms.js'
export { Client } from './api/client.js'
export type {
  CallOptions,
  ClientOptions,
  Decrypted,
  DecryptedFile,
  EncryptedFile,
  FileOptions,
  OnProgress,
  StreamOptions,
} from './api/client.js'
export type { DecryptStream, EncryptStream } from './api/streams.js'
export { inspect } from './api/inspect.js'
export type { EncryptedDataKey, MessageInfo } from './api/inspect.js'
export type { Bytes, EncryptionContext } from './api/arguments.js'
export * as testing from './api/testing.js'
