import * as binding from '#binding'
import { kindOf, wrongType } from './arguments.js'

/** The names of the algorithm suites of the message format. */
export type AlgorithmSuiteName =
  | 'AES_128_GCM_NO_KDF'
  | 'AES_192_GCM_NO_KDF'
  | 'AES_256_GCM_NO_KDF'
  | 'AES_128_GCM_HKDF_SHA256'
  | 'AES_192_GCM_HKDF_SHA256'
  | 'AES_256_GCM_HKDF_SHA256'
  | 'AES_128_GCM_HKDF_SHA256_ECDSA_P256'
  | 'AES_192_GCM_HKDF_SHA384_ECDSA_P384'
  | 'AES_256_GCM_HKDF_SHA384_ECDSA_P384'
  | 'AES_256_GCM_HKDF_SHA512_COMMIT_KEY'
  | 'AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384'

/** Which cipher, key derivation, commitment and signature a message uses. */
export interface AlgorithmSuite {
  readonly name: AlgorithmSuiteName
  /** The number that messages hold, such as `0x0478`. */
  readonly id: number
  /** Length of the data key in bytes: 16, 24 or 32. */
  readonly dataKeyLength: number
  /** Whether a message commits to the one data key that opens it. */
  readonly commits: boolean
  /** Whether messages end in a signature. */
  readonly signs: boolean
  toString(): string
}

class Suite implements AlgorithmSuite {
  readonly name: AlgorithmSuiteName
  readonly id: number
  readonly dataKeyLength: number
  readonly commits: boolean
  readonly signs: boolean

  constructor(suite: binding.Suite) {
    this.name = suite.name as AlgorithmSuiteName
    this.id = suite.id
    this.dataKeyLength = suite.dataKeyLength
    this.commits = suite.commits
    this.signs = suite.signs
    Object.freeze(this)
  }

  toString(): string {
    return this.name
  }
}

/**
 * The algorithm suites of the message format, by name.
 *
 * The default is `AES_256_GCM_HKDF_SHA512_COMMIT_KEY` (0x0478), which is not signed. AWS's SDKs
 * default to the signed 0x0578. The difference matters when those who may decrypt are not trusted
 * to write: without a signature, whoever can decrypt a message can also forge one.
 */
export const AlgorithmSuite = Object.freeze(
  Object.fromEntries(binding.algorithmSuites().map((suite) => [suite.name, new Suite(suite)])),
) as Readonly<Record<AlgorithmSuiteName, AlgorithmSuite>>

/** Which suites a client may write and read, as far as key commitment goes. */
export type CommitmentPolicy =
  | 'FORBID_ENCRYPT_ALLOW_DECRYPT'
  | 'REQUIRE_ENCRYPT_ALLOW_DECRYPT'
  | 'REQUIRE_ENCRYPT_REQUIRE_DECRYPT'

/**
 * The commitment policies. Any but `REQUIRE_ENCRYPT_REQUIRE_DECRYPT`, the default, admits messages
 * without key commitment, which two different keys may open to two different plaintexts.
 */
export const CommitmentPolicy = Object.freeze(
  Object.fromEntries(binding.commitmentPolicies().map((name) => [name, name])),
) as { readonly [Name in CommitmentPolicy]: Name }

/** How a data key is padded before RSA. */
export type RsaPadding = 'PKCS1' | 'OAEP_SHA1' | 'OAEP_SHA256' | 'OAEP_SHA384' | 'OAEP_SHA512'

/** The RSA paddings. Choose `OAEP_SHA256` unless something asks for another. */
export const RsaPadding = Object.freeze(
  Object.fromEntries(binding.rsaPaddings().map((name) => [name, name])),
) as { readonly [Name in RsaPadding]: Name }

/**
 * The library that does the AES-GCM of messages. All make the same bytes; the default is the fastest
 * on the CPU.
 */
export type Backend = 'aws-lc-rs' | 'ring'

/** The name of a backend that a caller gave. */
export function backendNameOf(value: Backend): string {
  const known = binding.backends()
  if (typeof value === 'string' && known.includes(value)) return value
  throw wrongType(`backend must be one of ${known.join(', ')}, got ${shown(value)}`)
}

/** The name of a padding that a caller gave. */
export function paddingNameOf(value: RsaPadding): string {
  if (typeof value === 'string' && Object.hasOwn(RsaPadding, value)) return value
  throw wrongType(`padding must be one of RsaPadding, got ${shown(value)}`)
}

/** The suite with this name. */
export function suiteOf(name: string): AlgorithmSuite {
  return AlgorithmSuite[name as AlgorithmSuiteName]
}

const byId = new Map(Object.values(AlgorithmSuite).map((suite) => [suite.id, suite]))

/** The suite with this id. */
export function suiteWithId(id: number): AlgorithmSuite {
  return byId.get(id) as AlgorithmSuite
}

/** The name of a suite that a caller gave: the suite, or its name. */
export function suiteNameOf(value: AlgorithmSuite | AlgorithmSuiteName): string {
  const name = typeof value === 'string' ? value : value?.name
  if (typeof name === 'string' && Object.hasOwn(AlgorithmSuite, name)) return name
  throw wrongType(`algorithmSuite must be one of AlgorithmSuite, got ${shown(value)}`)
}

/** The name of a commitment policy that a caller gave. */
export function policyNameOf(value: CommitmentPolicy): string {
  if (typeof value === 'string' && Object.hasOwn(CommitmentPolicy, value)) return value
  throw wrongType(`commitmentPolicy must be one of CommitmentPolicy, got ${shown(value)}`)
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : kindOf(value)
}
