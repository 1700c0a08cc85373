/**
 * Zero trust on AWS as a library.
 *
 * @packageDocumentation
 */
export { ZtError, DecryptError, EncryptError, KeyringError, KmsError, PolicyError } from './api/errors.js'
export type { PolicyErrorInit, ZtErrorInit } from './api/errors.js'

export { Policy, Statement, undocumented } from './api/policy.js'
export type { Action, PolicySource, Principal, PrincipalOfKind, SizeLimit, UndocumentedAction } from './api/policy.js'
export type { ActionName } from './api/action-names.js'
export * as catalog from './api/catalog.js'
export { Condition } from './api/condition.js'
export * as keys from './api/keys.js'
export type { Instant, OneOrMany } from './api/key-types.js'
export type { Numeric } from './api/values.js'
export { Decision, Evaluator, JointDecision, Request, UNKNOWN, choices, evaluate } from './api/evaluate.js'
export type {
  Choice,
  Context,
  ContextItem,
  ContextValue,
  NamedPolicy,
  Outcome,
  Policies,
  Reason,
  RequestInit,
} from './api/evaluate.js'
export { AccessMatrix } from './api/matrix.js'
export type { AccessMatrixInit, MatrixEntry, MatrixPrincipal } from './api/matrix.js'
export { Finding, Suggestion, rules, validate } from './api/validate.js'
export type { Kind, Rule, Severity, ValidateOptions } from './api/validate.js'
export { Equivalence, equivalent } from './api/rewrite.js'
export * as guardrails from './api/guardrails.js'

export { AlgorithmSuite, CommitmentPolicy, RsaPadding } from './api/suites.js'
export type { AlgorithmSuiteName, Backend } from './api/suites.js'
export {
  Keyring,
  KmsDiscoveryKeyring,
  KmsKeyring,
  MultiKeyring,
  RawAesKeyring,
  RawEcdhKeyring,
  RawRsaKeyring,
  RequiredEncryptionContext,
} from './api/keyrings.js'
export type {
  KmsConnection,
  KmsDiscoveryKeyringOptions,
  KmsKeyringOptions,
  MultiKeyringOptions,
  RawRsaKeyringOptions,
  RequiredEncryptionContextOptions,
  UnfilteredOptions,
} from './api/keyrings.js'
export { LocalKeyring } from './api/local.js'
export type { LocalKeyringOptions, LocalKeyringSyncOptions } from './api/local.js'
export { HierarchicalKeyring, StaticBranchKeys } from './api/branch-keys.js'
export type { BranchKeySupplier, HierarchicalKeyringOptions } from './api/branch-keys.js'
export { DecryptionMaterials, EncryptionMaterials } from './api/materials.js'
export type { WrappedDataKey } from './api/materials.js'
export type { KmsClient } from './api/kms.js'
export { DataKeyCache } from './api/cache.js'
export type { CacheStats, DataKeyCacheOptions } from './api/cache.js'
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
  SyncOptions,
} from './api/client.js'
export type { DecryptStream, EncryptStream } from './api/streams.js'
export { inspect } from './api/inspect.js'
export type { EncryptedDataKey, MessageInfo } from './api/inspect.js'
export type { Bytes, EncryptionContext } from './api/arguments.js'
export * as testing from './api/testing.js'
