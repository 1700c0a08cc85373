import { inspect } from 'node:util'
import * as binding from '#binding'
import { type Bytes, kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { type PolicySource, type Principal, isSource, namesOf, nativePolicy } from './policy.js'
import { textOf } from './values.js'

/** A context value that is not known: it may be anything, or absent. */
export const UNKNOWN: unique symbol = Symbol('zt.UNKNOWN')

/** One value of a condition key. */
export type ContextItem = string | boolean | number | bigint | Date | Bytes

/** What a request has for a condition key. A key that is not given is known to be absent. */
export type ContextValue = ContextItem | readonly ContextItem[] | typeof UNKNOWN

/** What a {@link Request} is made of. */
export interface RequestInit {
  /** One: an ARN, an account id, `"*"` (anonymous), `{ Service: ... }`, `{ Federated: ... }` or `{ CanonicalUser: ... }`. */
  principal: Principal
  /** Such as `s3:GetObject`. */
  action: string
  /** An ARN, or `"*"` for actions that know no resources. */
  resource: string
  /** The account that owns the resource, where the ARN does not tell (Amazon S3). Default: the one in the ARN, or else the principal's. */
  resourceAccount?: string
  /** The ARN of the role of a session: needed when the role has a path. */
  roleArn?: string
  /** Condition keys and their values. Case of the names does not matter. */
  context?: Readonly<Record<string, ContextValue>>
}

/**
 * Who wants to do what, on which resource, under which circumstances.
 *
 * These keys follow from the principal and the resource unless they are given: `aws:PrincipalArn`,
 * `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`,
 * `aws:PrincipalServiceName` and `aws:ResourceAccount`.
 */
// The addon's own object: many requests are decided without unwrapping each.
export class Request extends binding.Request {
  constructor(init: RequestInit) {
    const { principal, action, resource, resourceAccount, roleArn, context } = optionsOf(init, requestOptions)
    const [who, ...others] = namesOf(principal)
    if (who === undefined || others.length > 0) throw wrongType('a request has exactly one principal')
    const pairs: (string | string[] | null)[] = []
    for (const [name, value] of Object.entries(contextOf(context))) {
      pairs.push(stringOf('a key of context', name), contextValue(name, value))
    }
    super(
      who[0],
      who[1],
      stringOf('action', action),
      stringOf('resource', resource),
      resourceAccount === undefined ? undefined : stringOf('resourceAccount', resourceAccount),
      roleArn === undefined ? undefined : stringOf('roleArn', roleArn),
      pairs,
    )
  }

  override toString(): string {
    return `${this.action} on ${this.resource}`
  }

  [inspect.custom](): string {
    return `Request { action: ${inspect(this.action)}, resource: ${inspect(this.resource)} }`
  }
}

const requestOptions = ['principal', 'action', 'resource', 'resourceAccount', 'roleArn', 'context'] as const

function contextOf(context: unknown): object {
  if (context === undefined) return {}
  if (typeof context !== 'object' || context === null || Array.isArray(context) || context instanceof Map) {
    throw wrongType(`context must be an object, got ${kindOf(context)}`)
  }
  return context
}

function contextValue(name: string, value: unknown): string | string[] | null {
  // What most values are: no name is made for an error that there is not.
  if (typeof value === 'string' && value.isWellFormed()) return value
  if (value === UNKNOWN) return null
  const place = `context[${JSON.stringify(name)}]`
  if (value === undefined || value === null) {
    throw wrongType(`${place} is ${value}: leave the key out when it is absent, or use UNKNOWN`)
  }
  if (Array.isArray(value)) return value.map((item, index) => textOf(`${place}[${index}]`, item))
  return textOf(place, value)
}

/** All the policies that apply to a request. */
export interface Policies {
  /** Attached to the principal: a user's own and those of its groups, or a role's. */
  identity?: PolicySource | readonly PolicySource[]
  /** The policy of the resource: a bucket policy, a key policy, the trust policy of a role. */
  resource?: PolicySource
  /** Service control policies, level by level: root, each OU, account. Every level must allow. */
  scps?: readonly (readonly PolicySource[])[]
  /** Resource control policies, level by level. */
  rcps?: readonly (readonly PolicySource[])[]
  /** Permissions boundaries. Each must allow. */
  boundaries?: PolicySource | readonly PolicySource[]
  /** Session policies. One of them must allow. */
  session?: PolicySource | readonly PolicySource[]
  /** The policy of the VPC endpoint that the request comes through. */
  endpoint?: PolicySource
}

/** Policies compiled once, requests decided often. */
export class Evaluator {
  readonly #native: binding.Evaluator

  constructor(policies: Policies = {}) {
    const given = optionsOf(policies, policyOptions)
    const [identity, boundaries, session] = [list('identity', given.identity), list('boundaries', given.boundaries), list('session', given.session)]
    const [scps, rcps] = [levels('scps', given.scps), levels('rcps', given.rcps)]
    const [resource, endpoint] = [one('resource', given.resource), one('endpoint', given.endpoint)]
    this.#native = translated(() => new binding.Evaluator(identity, resource, scps, rcps, boundaries, session, endpoint))
  }

  /** Decides a request. */
  evaluate(request: Request): Decision {
    if (!(request instanceof Request)) throw notARequest('request', request)
    const all = this.#native.evaluate(request)
    return new Decision(all, 0, all.outcome(0) as number)
  }

  /** Decides many requests: one answer each, in their order. */
  evaluateMany(requests: Iterable<Request>): Decision[] {
    const list = Array.isArray(requests) ? (requests as Request[]) : Array.from(requests)
    list.forEach((request, index) => {
      if (!(request instanceof Request)) throw notARequest(`requests[${index}]`, request)
    })
    const all = this.#native.evaluateMany(list)
    return Array.from(all.outcomes(), (outcome, index) => new Decision(all, index, outcome))
  }
}

/** Decides one request. For many under the same policies, make an {@link Evaluator} once. */
export function evaluate(request: Request, policies: Policies): Decision {
  return new Evaluator(policies).evaluate(request)
}

/** The answer to a request. `unknown`: it depends on context values that are not known. */
export type Outcome = 'allowed' | 'explicit_deny' | 'implicit_deny' | 'unknown'

const outcomes = binding.outcomes() as Outcome[]

/** One reason of a decision. */
export interface Reason {
  readonly policyType: 'identity' | 'resource' | 'scp' | 'rcp' | 'boundary' | 'session' | 'endpoint'
  /** The policy: its `Id` in backticks, or `#1` for the first of its type; `undefined` for a whole type. */
  readonly policy: string | undefined
  /** The statement: its `Sid`, or `#1` for the first; `undefined` for a whole type. */
  readonly statement: string | undefined
  readonly effect: 'Allow' | 'Deny' | undefined
  /** The reason as a sentence. */
  readonly text: string
}

/** What was decided about a request, and why. The reasons are worked out when they are asked for. */
export class Decision {
  readonly #all: binding.Decisions
  readonly #at: number
  #explanation: binding.Explanation | undefined
  readonly outcome: Outcome

  /** @internal */
  constructor(all: binding.Decisions, at: number, outcome: number) {
    this.#all = all
    this.#at = at
    this.outcome = outcomes[outcome] as Outcome
  }

  /** Whether the request is allowed. `unknown` is not allowed. */
  get allowed(): boolean {
    return this.outcome === 'allowed'
  }

  /** What decided: statements that deny, or allow, or nearly did. */
  get reasons(): readonly Reason[] {
    return this.#explain().reasons.map(({ policyType, policy, statement, effect, text }) => ({
      policyType: policyType as Reason['policyType'],
      policy,
      statement,
      effect: effect as Reason['effect'],
      text,
    }))
  }

  /** The keys whose values would decide. Empty unless the outcome is `unknown`. */
  get unknownKeys(): readonly string[] {
    return [...this.#explain().unknownKeys]
  }

  /** The decision in a sentence. */
  toString(): string {
    return this.#explain().sentence
  }

  toJSON(): object {
    const { outcome, allowed, reasons, unknownKeys } = this
    return { outcome, allowed, reasons, unknownKeys }
  }

  [inspect.custom](): string {
    return `Decision { outcome: '${this.outcome}', text: ${inspect(this.toString())} }`
  }

  #explain(): binding.Explanation {
    return (this.#explanation ??= this.#all.explain(this.#at))
  }
}

const policyOptions = ['identity', 'resource', 'scps', 'rcps', 'boundaries', 'session', 'endpoint'] as const

function one(name: string, source: unknown): binding.Policy | undefined {
  return source === undefined ? undefined : nativePolicy(name, source)
}

function list(name: string, sources: unknown): binding.Policy[] {
  if (sources === undefined) return []
  if (isSource(sources)) return [nativePolicy(name, sources)]
  if (!Array.isArray(sources)) throw wrongType(`${name} must be an array of policies, got ${kindOf(sources)}`)
  return sources.map((source, index) => nativePolicy(`${name}[${index}]`, source))
}

function levels(name: string, given: unknown): binding.Policy[][] {
  if (given === undefined) return []
  if (!Array.isArray(given)) throw notLevels(name)
  return given.map((level: unknown, index) => {
    if (!Array.isArray(level)) throw notLevels(name)
    return list(`${name}[${index}]`, level)
  })
}

function notLevels(name: string): TypeError {
  return wrongType(`${name} must be an array of levels, each an array of policies: root, OUs, account`)
}

function notARequest(name: string, value: unknown): TypeError {
  return wrongType(`${name} must be a Request, got ${kindOf(value)}`)
}
