import { inspect } from 'node:util'
import * as binding from '#binding'
import { bytesOf, kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { Policy, policyOf } from './policy.js'

/** Which calls of a plan a policy is for: running it, undoing it, or both. */
export type Phase = 'run' | 'undo' | 'both'

/** One call of a {@link Plan}. */
export interface Step {
  readonly id: string
  /** Why the call is made. */
  readonly reason: string
  /** The service, as SDKs name its client: `iam`. */
  readonly service: string
  /** The operation: `CreateRole`. */
  readonly operation: string
  /** The input in the API's own member names. References and secrets are as in the plan's JSON. */
  readonly input: Readonly<Record<string, unknown>>
  /** Why it cannot be undone, when it cannot. */
  readonly irreversible: string | undefined
  /** What it costs, when it costs money. */
  readonly costs: string | undefined
  /** Whom it cuts off, when it does. */
  readonly cutsOff: string | undefined
}

let nativeOf: (plan: Plan) => binding.Plan
let wrap: (native: binding.Plan) => Plan

/**
 * Calls of AWS APIs as data: read by people, then run by a {@link Runner}. Made by a building block such as
 * {@link TemporaryAccess}, or read back from JSON; checked both times. It never changes.
 */
export class Plan {
  readonly #native: binding.Plan
  /** Names the plan, and what it makes. */
  readonly id: string
  /** What it is for. */
  readonly title: string
  /** The account that it runs in. */
  readonly account: string
  /** The Region that it runs in; `aws-global` for a plan that calls only IAM and STS. */
  readonly region: string
  /** The instant after which it must not be run. */
  readonly notAfter: Date | undefined
  /** The names of the secrets that a run is given. */
  readonly secrets: readonly string[]
  /** SHA-256 of the plan: its journals hold it. */
  readonly digest: string

  private constructor(native: binding.Plan) {
    const { id, title, account, region, notAfter, secrets, digest } = native.facts()
    this.#native = native
    this.id = id
    this.title = title
    this.account = account
    this.region = region
    this.notAfter = notAfter === undefined ? undefined : new Date(notAfter)
    this.secrets = secrets
    this.digest = digest
  }

  /** Reads a plan from JSON (text, bytes of UTF-8, or an object), and checks it again. */
  static fromJson(json: string | Uint8Array | object): Plan {
    return new Plan(translated(() => binding.Plan.fromJson(textOf(json))))
  }

  /** The JSON Schema (2020-12) of plans. */
  static jsonSchema(): object {
    return JSON.parse(binding.planSchema()) as object
  }

  /** The calls, in order. */
  get steps(): Step[] {
    return this.#native.steps().map(({ id, reason, service, operation, input, irreversible, costs, cutsOff }) => ({
      id,
      reason,
      service,
      operation,
      input: JSON.parse(input) as Record<string, unknown>,
      irreversible,
      costs,
      cutsOff,
    }))
  }

  /** What is different in this plan from an earlier one, a line each; empty when nothing is. */
  changesSince(earlier: Plan): string {
    return this.#native.changesSince(nativePlan(earlier))
  }

  /** The least privilege under which exactly this plan can run, be undone, or both. Default: run. */
  requiredPolicy(accountId: string, region: string, options?: { phase?: Phase }): Policy {
    return policyOf(translated(() => this.#native.requiredPolicy(...place(accountId, region, options))))
  }

  /**
   * How somebody with the required policy could get more permissions than it says, as sentences; empty when there is no way that
   * is looked for.
   */
  escalations(accountId: string, region: string, options?: { phase?: Phase }): string[] {
    return translated(() => this.#native.escalations(...place(accountId, region, options)))
  }

  /** The plan as JSON. */
  toJson(): string {
    return this.#native.toJson()
  }

  /** The plan as an object, for `JSON.stringify`. */
  toJSON(): object {
    return JSON.parse(this.#native.toJson()) as object
  }

  /** The plan as a Mermaid flowchart. */
  toMermaid(): string {
    return this.#native.mermaid()
  }

  /** Whether both are the same. */
  equals(other: Plan): boolean {
    return other instanceof Plan && this.#native.equals(other.#native)
  }

  /** The plan for whoever decides whether it runs. */
  toString(): string {
    return this.#native.text()
  }

  [inspect.custom](): string {
    return `Plan { id: ${inspect(this.id)}, steps: ${this.#native.steps().length} }`
  }

  static {
    nativeOf = (plan) => plan.#native
    wrap = (native) => new Plan(native)
  }
}

/** A plan of the addon's. */
export function planOf(native: binding.Plan): Plan {
  return wrap(native)
}

/** The addon's side of a plan. */
export function nativePlan(plan: unknown): binding.Plan {
  if (plan instanceof Plan) return nativeOf(plan)
  throw wrongType(`plan must be a Plan, got ${kindOf(plan)}`)
}

function place(accountId: string, region: string, options: { phase?: Phase } | undefined): [string, string, string] {
  const { phase = 'run' } = optionsOf(options, ['phase'])
  return [stringOf('accountId', accountId), stringOf('region', region), stringOf('phase', phase)]
}

function textOf(json: unknown): string {
  if (typeof json === 'string') return stringOf('json', json)
  if (json instanceof ArrayBuffer || ArrayBuffer.isView(json)) {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytesOf('json', json))
  }
  if (typeof json === 'object' && json !== null) return JSON.stringify(json)
  throw wrongType(`json must be a string, bytes or an object, got ${kindOf(json)}`)
}
