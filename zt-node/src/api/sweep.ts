/**
 * Roles of grants that have ended, found by their path and their tag, and removed: three plans, of which two only look.
 * {@link Runner.sweep} runs the two that look.
 *
 * @packageDocumentation
 */
import * as binding from '#binding'
import { stringOf } from './arguments.js'
import { translated } from './errors.js'
import type { Instant } from './key-types.js'
import { type Plan, planOf } from './plan.js'
import { instantTextOf } from './values.js'

/** The plan that lists the roles that grants have made: outputs `roles`, and `is_truncated` when there are more than 1,000. */
export function list(accountId: string): Plan {
  return planOf(translated(() => binding.sweepList(stringOf('accountId', accountId))))
}

/** The plan that reads the tags of listed roles, the output `roles` of {@link list}; `undefined` when there are none to read. */
export function look(accountId: string, roles: unknown): Plan | undefined {
  const account = stringOf('accountId', accountId)
  return planOrNone(translated(() => binding.sweepLook(account, JSON.stringify(roles) ?? 'null')))
}

/** The plan that removes roles whose access has ended, from the outputs of {@link look}; `undefined` when there are none. */
export function remove(accountId: string, roles: readonly unknown[], options?: { now?: Instant }): Plan | undefined {
  const [account, now] = [stringOf('accountId', accountId), instantTextOf('now', options?.now ?? new Date())]
  return planOrNone(translated(() => binding.sweepRemove(account, JSON.stringify(roles), now)))
}

function planOrNone(native: binding.Plan | null | undefined): Plan | undefined {
  return native === null || native === undefined ? undefined : planOf(native)
}
