/**
 * Ready policies for what every account needs, with parameters that are checked.
 *
 * Each is a {@link Policy} and has `limits`: sentences that say what it does not cover. Read them before relying on one.
 *
 * ```js
 * const mfa = guardrails.requireMfa()
 * evaluate(request, { identity: [mfa] }).outcome // 'explicit_deny'
 * mfa.limits // ["Whoever holds a person's long-term access key, ...", ...]
 * ```
 */
import * as binding from '#binding'
import { type EncryptionContext, integerOf, kindOf, optionsOf, stringOf, stringsOf, wrongType } from './arguments.js'
import type { Condition } from './condition.js'
import { nativeCondition } from './condition.js'
import { translated } from './errors.js'
import type { Instant } from './key-types.js'
import { Policy, type PolicySource, type Principal, type Statement, namesOf, nativePolicy, statementOf } from './policy.js'
import { instantTextOf } from './values.js'

export * as trust from './trust.js'

/** A ready policy, and what it does not cover. */
export class Guardrail extends Policy {
  /** What the policy does not cover, in sentences. */
  readonly limits: readonly string[]

  /** @internal */
  constructor(native: binding.Guardrail) {
    super(native.policy() as unknown as Iterable<Statement>)
    this.limits = native.limits()
  }
}

/** Parameters of {@link requireMfa}. */
export interface RequireMfaOptions {
  /** The partition of the ARNs. Default: `aws`. */
  partition?: string
  /** Whether a person may change their own password before they have a second factor. Default: no, because whoever stole a password may too. */
  passwordChange?: boolean
  /** How many seconds a second factor counts. Default: as long as the session lives. */
  maxAgeSeconds?: number
}

/**
 * Denies everything without a second factor, except what a person needs to enrol their own. For groups of IAM users.
 *
 * IAM User Guide, *Allows MFA-authenticated IAM users to manage their own MFA device*; tightened so that what is exempt from the
 * second factor is exempt on the caller's own user only.
 */
export function requireMfa(options?: RequireMfaOptions): Guardrail {
  const given = optionsOf(options, ['partition', 'passwordChange', 'maxAgeSeconds'])
  const settings: binding.RequireMfaSettings = {}
  if (given.partition !== undefined) settings.partition = stringOf('partition', given.partition)
  if (given.passwordChange !== undefined) settings.passwordChange = booleanOf('passwordChange', given.passwordChange)
  if (given.maxAgeSeconds !== undefined) settings.maxAge = integerOf('maxAgeSeconds', given.maxAgeSeconds, 0xffff_ffff)
  return new Guardrail(translated(() => binding.requireMfa(settings)))
}

/** Parameters of {@link restrictAccess}. */
export interface RestrictAccessOptions {
  /** The actions. Default: all. An Allow needs them; a Deny of some actions leaves all others alone. */
  actions?: readonly string[]
  /** The resources. Default: all. */
  resources?: readonly string[]
  /** Makes it the policy of a resource, for these principals. Default: none. */
  principals?: readonly Principal[]
  /** Address ranges that requests may come from over the internet. Give IPv6 ranges as well where callers have IPv6. */
  sourceIps?: readonly string[]
  /** VPC endpoints (`vpce-...`) that requests may come through. */
  sourceVpces?: readonly string[]
  /** VPCs (`vpc-...`) that requests may come through, by any of their endpoints. */
  sourceVpcs?: readonly string[]
  /** Whether services that call on the caller's behalf are exempt from the network conditions. Default: yes. */
  viaAwsServices?: boolean
  /** Organisations (`o-...`) that callers must belong to. AWS services themselves are exempt. */
  principalOrgs?: readonly string[]
  /** Organisations (`o-...`) that resources must belong to. */
  resourceOrgs?: readonly string[]
  /** Regions whose endpoints may be called. A Deny for all actions exempts {@link GLOBAL_SERVICES}. */
  regions?: readonly string[]
  /** More actions that a Deny by Region exempts. Default: none. */
  exemptFromRegions?: readonly string[]
  /** The first instant of access. Default: none. */
  notBefore?: Instant
  /** The instant at which access ends: there is none from then on. Default: none. */
  notAfter?: Instant
  /** Whether requests must come over TLS. Default: no. */
  requireTls?: boolean
  /** Whether callers must have proved a second factor. Default: no. */
  requireMfa?: boolean
}

/** Conditional access: what must be true of a request, as an Allow and as its Deny twin. */
export function restrictAccess(options: RestrictAccessOptions): RestrictAccess {
  return new RestrictAccess(options)
}

/**
 * Conditional access. An Allow with conditions stops nobody whom another policy allows. `deny` does: it denies whatever `allow`
 * would not allow for want of a condition, whoever allows it.
 */
export class RestrictAccess {
  readonly #native: binding.RestrictAccess

  constructor(options: RestrictAccessOptions) {
    const given = optionsOf(options, restrictOptions)
    const settings: binding.RestrictAccessSettings = {
      actions: listOf('actions', given.actions),
      resources: listOf('resources', given.resources),
      principals: principalsOf(given.principals),
      sourceIps: listOf('sourceIps', given.sourceIps),
      sourceVpces: listOf('sourceVpces', given.sourceVpces),
      sourceVpcs: listOf('sourceVpcs', given.sourceVpcs),
      principalOrgs: listOf('principalOrgs', given.principalOrgs),
      resourceOrgs: listOf('resourceOrgs', given.resourceOrgs),
      regions: listOf('regions', given.regions),
      exemptFromRegions: listOf('exemptFromRegions', given.exemptFromRegions),
    }
    if (given.viaAwsServices !== undefined) settings.viaAwsServices = booleanOf('viaAwsServices', given.viaAwsServices)
    if (given.notBefore !== undefined) settings.notBefore = instantTextOf('notBefore', given.notBefore)
    if (given.notAfter !== undefined) settings.notAfter = instantTextOf('notAfter', given.notAfter)
    if (given.requireTls !== undefined) settings.requireTls = booleanOf('requireTls', given.requireTls)
    if (given.requireMfa !== undefined) settings.requireMfa = booleanOf('requireMfa', given.requireMfa)
    this.#native = translated(() => new binding.RestrictAccess(settings))
  }

  /** The policy that allows, when every condition holds: one statement for each way in. */
  allow(): Guardrail {
    return new Guardrail(translated(() => this.#native.allow()))
  }

  /** The policy that denies, when any condition does not hold: one statement for each condition. */
  deny(): Guardrail {
    return new Guardrail(translated(() => this.#native.deny()))
  }

  /** What the policies do not cover, in sentences. */
  get limits(): readonly string[] {
    return this.#native.limits()
  }
}

/** Parameters of {@link kmsKeyPolicy}. */
export interface KmsKeyPolicyOptions {
  /** ARNs of users and roles that manage the key: {@link KEY_ADMINISTRATION}. At least one. */
  administrators: readonly string[]
  /** ARNs of users and roles that encrypt and decrypt by calling KMS themselves: {@link KEY_USE}. Of any account. */
  users?: readonly string[]
  /** ARNs of users and roles that use the key only through `services`, and let those make grants. */
  serviceUsers?: readonly string[]
  /** Such as `s3.eu-central-1.amazonaws.com`. */
  services?: readonly string[]
  /** What using the key means. Default: `encryption`. */
  keyUse?: 'encryption' | 'signing' | 'authentication' | 'agreement'
  /** Pairs that `users` must name when they encrypt and decrypt. Default: none. */
  encryptionContext?: EncryptionContext
  /** Whether administrators make replicas of the key in other Regions. Default: no. */
  multiRegion?: boolean
  /** The partition of the account. Default: `aws`. */
  partition?: string
  /** Statements of one's own. Nothing checks here what they undo. */
  statements?: readonly Statement[]
  /** Whether deleting or disabling the key, and changing its policy, takes a second factor. Default: no. */
  requireMfaToDestroy?: boolean
}

/** The policy of a KMS key that keeps administering and using apart, even for principals whose own policies allow `kms:*`. */
export function kmsKeyPolicy(accountId: string, options: KmsKeyPolicyOptions): Guardrail {
  const given = optionsOf(options, kmsOptions)
  const settings: binding.KmsKeyPolicySettings = {
    accountId: stringOf('accountId', accountId),
    administrators: listOf('administrators', given.administrators),
    users: listOf('users', given.users),
    serviceUsers: listOf('serviceUsers', given.serviceUsers),
    services: listOf('services', given.services),
    encryptionContext: pairsOf(given.encryptionContext ?? {}),
  }
  if (given.keyUse !== undefined) settings.keyUse = stringOf('keyUse', given.keyUse)
  if (given.multiRegion !== undefined) settings.multiRegion = booleanOf('multiRegion', given.multiRegion)
  if (given.partition !== undefined) settings.partition = stringOf('partition', given.partition)
  if (given.requireMfaToDestroy !== undefined) {
    settings.requireMfaToDestroy = booleanOf('requireMfaToDestroy', given.requireMfaToDestroy)
  }
  const statements: unknown = given.statements ?? []
  if (!Array.isArray(statements)) throw wrongType(`statements must be an array, got ${kindOf(statements)}`)
  const natives = statements.map(statementOf)
  return new Guardrail(translated(() => binding.kmsKeyPolicy(settings, natives)))
}

/** Parameters of {@link temporaryAccess}. */
export interface TemporaryAccessOptions {
  /** The instant at which access ends. */
  notAfter: Instant
  /** The first instant of access. Default: at once. */
  notBefore?: Instant
}

/**
 * The permissions of a policy until an instant, and nothing from then on. Nothing has to run for that. Refuses permissions whose
 * effects would stay: {@link OUTLIVING_ACTIONS} by a wildcard, and `NotAction`.
 */
export function temporaryAccess(permissions: PolicySource, options: TemporaryAccessOptions): TemporaryAccess {
  const { notAfter, notBefore } = optionsOf(options, ['notAfter', 'notBefore'])
  const [end, start] = [instantTextOf('notAfter', notAfter), notBefore === undefined ? undefined : instantTextOf('notBefore', notBefore)]
  const native = nativePolicy('permissions', permissions)
  const access = translated(() => new binding.TemporaryAccess(native, end, start))
  return new TemporaryAccess(access, translated(() => access.build()))
}

/** Permissions that end. */
export class TemporaryAccess extends Guardrail {
  readonly #access: binding.TemporaryAccess

  /** @internal */
  constructor(access: binding.TemporaryAccess, policy: binding.Guardrail) {
    super(policy)
    this.#access = access
  }

  /** The trust policy of a role for this access: this user or role may assume it until the same instant. */
  trust(principalArn: string, options?: TemporaryTrustOptions): Guardrail {
    const { settings, when } = trustSettings(optionsOf(options, ['requireMfa', 'requireSourceIdentity', 'when']))
    return new Guardrail(translated(() => this.#access.trust(stringOf('principalArn', principalArn), settings, when)))
  }
}

/** What the trust policy of {@link TemporaryAccess} takes. */
export type TemporaryTrustOptions = Pick<TrustOptions, 'requireMfa' | 'requireSourceIdentity' | 'when'>

/** What every kind of trust policy takes. */
export interface TrustOptions {
  /** The resource that a service acts for, exactly or as a pattern. */
  sourceArn?: string
  /** Only callers who proved a second factor, which sessions of roles cannot. Default: anybody named. */
  requireMfa?: boolean
  /** Callers must say who they are (`sts:SourceIdentity`), which follows the session into CloudTrail. Default: no. */
  requireSourceIdentity?: boolean
  /** The first instant at which the role can be assumed. Default: at once. */
  notBefore?: Instant
  /** The instant from which the role cannot be assumed any more. Default: never. */
  notAfter?: Instant
  /** More conditions. */
  when?: readonly Condition[]
}

/** What managing a key takes, without using it. */
export const KEY_ADMINISTRATION: readonly string[] = Object.freeze(binding.keyAdministration())

/** What encrypting and decrypting with a key takes. */
export const KEY_USE: readonly string[] = Object.freeze(binding.keyUse())

/** Actions whose endpoints are in one Region: a Deny by Region for all actions exempts them. */
export const GLOBAL_SERVICES: readonly string[] = Object.freeze(binding.globalServices())

/** Actions whose effects stay when access has ended. */
export const OUTLIVING_ACTIONS: readonly string[] = Object.freeze(binding.outlivingActions())

/** @internal */
export function trustSettings(given: TrustOptions): { settings: binding.TrustSettings; when: binding.Condition[] } {
  const settings: binding.TrustSettings = {
    requireMfa: given.requireMfa === undefined ? false : booleanOf('requireMfa', given.requireMfa),
    requireSourceIdentity:
      given.requireSourceIdentity === undefined ? false : booleanOf('requireSourceIdentity', given.requireSourceIdentity),
  }
  if (given.sourceArn !== undefined) settings.sourceArn = stringOf('sourceArn', given.sourceArn)
  if (given.notBefore !== undefined) settings.notBefore = instantTextOf('notBefore', given.notBefore)
  if (given.notAfter !== undefined) settings.notAfter = instantTextOf('notAfter', given.notAfter)
  const when: unknown = given.when ?? []
  if (!Array.isArray(when)) throw wrongType(`when must be an array of conditions, got ${kindOf(when)}`)
  return { settings, when: when.map(nativeCondition) }
}

const kmsOptions = [
  'administrators',
  'users',
  'serviceUsers',
  'services',
  'keyUse',
  'encryptionContext',
  'multiRegion',
  'partition',
  'requireMfaToDestroy',
  'statements',
] as const

const restrictOptions = [
  'actions',
  'resources',
  'principals',
  'sourceIps',
  'sourceVpces',
  'sourceVpcs',
  'viaAwsServices',
  'principalOrgs',
  'resourceOrgs',
  'regions',
  'exemptFromRegions',
  'notBefore',
  'notAfter',
  'requireTls',
  'requireMfa',
] as const

function listOf(name: string, values: unknown): string[] {
  return values === undefined ? [] : stringsOf(name, values)
}

function principalsOf(values: unknown): binding.PrincipalName[] {
  if (values === undefined) return []
  if (!Array.isArray(values)) throw wrongType(`principals must be an array, got ${kindOf(values)}`)
  return values.flatMap(namesOf).map(([kind, name]) => (kind === undefined ? { name } : { kind, name }))
}

/** Keys and values in turn. */
function pairsOf(context: unknown): string[] {
  if (typeof context !== 'object' || context === null || Array.isArray(context)) {
    throw wrongType(`encryptionContext must be an object of strings, got ${kindOf(context)}`)
  }
  return Object.entries(context).flatMap(([key, value]: [string, unknown]) => [
    stringOf('a key of encryptionContext', key),
    stringOf(`encryptionContext[${JSON.stringify(key)}]`, value),
  ])
}

function booleanOf(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongType(`${name} must be a boolean, got ${kindOf(value)}`)
  return value
}
