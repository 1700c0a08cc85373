import { randomBytes } from 'node:crypto'
import * as binding from '#binding'
import { kindOf, optionsOf, secondsOf, stringOf, wrongType } from './arguments.js'
import { type Condition, nativeCondition } from './condition.js'
import { translated } from './errors.js'
import type { Instant } from './key-types.js'
import { type Plan, nativePlan, planOf } from './plan.js'
import { type PolicySource, nativePolicy } from './policy.js'
import { instantTextOf } from './values.js'

/** What a {@link TemporaryAccess} is made of. */
export interface TemporaryAccessInit {
  /** The ARN of a user or role. */
  principalArn: string
  /** What it may do. */
  policy: PolicySource
  /** How long: a minute to a year. */
  durationSeconds: number
  /** The first instant of the access. Default: when the plan is made. */
  startsAt?: Instant
  /** The ARN of a policy that the role can never exceed. Default: none; then {@link Plan.escalations} says what that means. */
  permissionsBoundary?: string
  /** More conditions, both for assuming the role and for each Allow. */
  conditions?: readonly Condition[]
  /** For third parties only, whose account is another one; it is no secret. */
  externalId?: string
  /** The account of the role. Default: the principal's. */
  accountId?: string
  /**
   * The role that EventBridge Scheduler may assume to delete the policy at the end and the role five minutes later, and a Region.
   * Default: none; the role stays, without rights, until it is swept.
   */
  scheduledDeletion?: { roleArn: string; region: string }
}

/** What {@link TemporaryAccess.plan} takes. */
export interface GrantPlanOptions {
  /** When the access starts, unless it says so itself. Default: now. */
  now?: Instant
  /** Names the plan and the role. Default: `grant-` and 128 random bits. */
  planId?: string
  /** The instant after which the plan must not be run. Default: the end of the access. */
  notAfter?: Instant
}

/**
 * Permissions for one user or role, for a time. The end is a date on every Allow, an explicit Deny of everything after it, and a
 * date in the trust policy: nothing has to run for the access to end.
 *
 * ```js
 * const plan = new TemporaryAccess({ principalArn: alice, policy: read, durationSeconds: 3600 }).plan()
 * console.log(String(plan))
 * const { outputs } = await new Runner().run(plan, { journal: 'grant.jsonl' })
 * ```
 */
export class TemporaryAccess {
  readonly #native: binding.TemporaryGrant

  constructor(init: TemporaryAccessInit) {
    const given = optionsOf(init, accessOptions)
    const principal = stringOf('principalArn', given.principalArn)
    const policy = nativePolicy('policy', given.policy)
    const seconds = secondsOf('durationSeconds', given.durationSeconds)
    const conditions: unknown = given.conditions ?? []
    if (!Array.isArray(conditions)) throw wrongType(`conditions must be an array, got ${kindOf(conditions)}`)
    const settings: binding.GrantSettings = {}
    if (given.startsAt !== undefined) settings.startsAt = instantTextOf('startsAt', given.startsAt)
    if (given.permissionsBoundary !== undefined) {
      settings.permissionsBoundary = stringOf('permissionsBoundary', given.permissionsBoundary)
    }
    if (given.externalId !== undefined) settings.externalId = stringOf('externalId', given.externalId)
    if (given.accountId !== undefined) settings.accountId = stringOf('accountId', given.accountId)
    if (given.scheduledDeletion !== undefined) {
      const { roleArn, region } = optionsOf(given.scheduledDeletion, ['roleArn', 'region'])
      settings.scheduledDeletion = {
        roleArn: stringOf('scheduledDeletion.roleArn', roleArn),
        region: stringOf('scheduledDeletion.region', region),
      }
    }
    const natives = conditions.map(nativeCondition)
    this.#native = translated(() => new binding.TemporaryGrant(principal, policy, seconds, natives, settings))
  }

  /** The plan that gives the access. Its outputs are `role_arn`, `role_name`, `expires_at` and, for third parties, `external_id`. */
  plan(options?: GrantPlanOptions): Plan {
    const { now = new Date(), planId, notAfter } = optionsOf(options, ['now', 'planId', 'notAfter'])
    const start = instantTextOf('now', now)
    const id = planId === undefined ? undefined : stringOf('planId', planId)
    const end = notAfter === undefined ? undefined : instantTextOf('notAfter', notAfter)
    return planOf(translated(() => this.#native.plan(start, randomBytes(16), id, end)))
  }
}

const accessOptions = [
  'principalArn',
  'policy',
  'durationSeconds',
  'startsAt',
  'permissionsBoundary',
  'conditions',
  'externalId',
  'accountId',
  'scheduledDeletion',
] as const

/** A grant that a plan has made: the account and the name of its role. */
export class Grant {
  readonly #native: binding.Grant

  constructor(accountId: string, role: string) {
    const [account, name] = [stringOf('accountId', accountId), stringOf('role', role)]
    this.#native = translated(() => new binding.Grant(account, name))
  }

  /** The grant that a plan of {@link TemporaryAccess} makes; `undefined` for other plans. */
  static of(plan: Plan): Grant | undefined {
    const native = binding.Grant.of(nativePlan(plan))
    return native === null || native === undefined ? undefined : new Grant(native.accountId, native.role)
  }

  /** The account of the role. */
  get accountId(): string {
    return this.#native.accountId
  }

  /** The name of the role. */
  get role(): string {
    return this.#native.role
  }

  /** The plan that ends the access now, with the sessions that have been given out. */
  revoke(): Plan {
    return planOf(translated(() => this.#native.revoke()))
  }
}
