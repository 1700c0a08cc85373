import { inspect } from 'node:util'
import * as binding from '#binding'
import { type Bytes, kindOf, optionsOf, stringOf, stringsOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { type PolicySource, type Principal, type PrincipalOfKind, isSource, nativePolicy, onePrincipal } from './policy.js'
import { textOf } from './values.js'

/** A context value that is not known: it may be anything, or absent. */
export const UNKNOWN: unique symbol = Symbol('zt.UNKNOWN')

/** One value of a condition key. */
export type ContextItem = string | boolean | number | bigint | Date | Bytes

/** What a request has for a condition key. A key that is not given is known to be absent. */
export type ContextValue = ContextItem | readonly ContextItem[] | typeof UNKNOWN

/** Condition keys and their values. Case of the names does not matter. */
export type Context = Readonly<Record<string, ContextValue>>

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
  context?: Context
}

/** The addon's class, of which only this is for users. */
const NativeRequest = binding.Request as unknown as new (...parts: ConstructorParameters<typeof binding.Request>) => {
  /** Such as `s3:GetObject`. */
  readonly action: string
  /** An ARN, or `"*"`. */
  readonly resource: string
}

/**
 * Who wants to do what, on which resource, under which circumstances.
 *
 * These keys follow from the principal and the resource unless they are given: `aws:PrincipalArn`,
 * `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalIsAWSService`,
 * `aws:PrincipalServiceName` and `aws:ResourceAccount`.
 */
// The addon's own object: many requests are decided without unwrapping each.
export class Request extends NativeRequest {
  constructor(init: RequestInit) {
    const { principal, action, resource, resourceAccount, roleArn, context } = optionsOf(init, requestOptions)
    const { kind, name } = onePrincipal(principal)
    super(
      kind,
      name,
      stringOf('action', action),
      stringOf('resource', resource),
      resourceAccount === undefined ? undefined : stringOf('resourceAccount', resourceAccount),
      roleArn === undefined ? undefined : stringOf('roleArn', roleArn),
      contextPairs(context),
    )
  }

  /** Who makes the request. */
  get principal(): string | PrincipalOfKind {
    const [kind, name] = nativeRequest(this).who() as [string, string]
    return kind === 'AWS' ? name : { [kind]: name }
  }

  /** Every condition key with its value as IAM compares it, given and derived. */
  get context(): Record<string, string | string[] | typeof UNKNOWN> {
    const [pairs, context] = [nativeRequest(this).entries(), Object.create(null) as Record<string, string | string[] | typeof UNKNOWN>]
    for (let at = 0; at + 1 < pairs.length; at += 2) context[pairs[at] as string] = pairs[at + 1] ?? UNKNOWN
    return { ...context }
  }

  /** The same request for each of several resources: what {@link Evaluator.evaluateAll} decides together. */
  forEach(resources: readonly string[]): Request[] {
    return nativeRequest(this).eachOf(stringsOf('resources', resources)).map(requestOf)
  }

  /** The same request with more condition keys; later values replace earlier ones. */
  withContext(context: Context): Request {
    return requestOf(nativeRequest(this).with(contextPairs(context)))
  }

  /** The same request with the condition keys that were given and no others: for replaying recorded requests. */
  withoutDerivedKeys(): Request {
    return requestOf(nativeRequest(this).underived())
  }

  /** The request as data. A value that is not known is `null`. */
  toJSON(): object {
    const known = Object.entries(this.context).map(([key, value]) => [key, value === UNKNOWN ? null : value])
    return { principal: this.principal, action: this.action, resource: this.resource, context: Object.fromEntries(known) as object }
  }

  override toString(): string {
    return `${this.action} on ${this.resource}`
  }

  [inspect.custom](): string {
    return `Request { action: ${inspect(this.action)}, resource: ${inspect(this.resource)} }`
  }
}

const requestOptions = ['principal', 'action', 'resource', 'resourceAccount', 'roleArn', 'context'] as const

/** A request of the addon's. */
export function requestOf(native: binding.Request): Request {
  return Object.setPrototypeOf(native, Request.prototype) as Request
}

function nativeRequest(request: Request): binding.Request {
  return request as unknown as binding.Request
}

/** Names and values in turn, as the addon takes them. */
export function contextPairs(context: unknown): (string | string[] | null)[] {
  const pairs: (string | string[] | null)[] = []
  for (const [name, value] of Object.entries(contextOf(context))) {
    pairs.push(stringOf('a key of context', name), contextValue(name, value))
  }
  return pairs
}

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

/** A policy, and the name that explanations give it. */
export interface NamedPolicy {
  name: string
  policy: PolicySource
}

/** All the policies that apply to a request. Where several go, each may have a name. */
export interface Policies {
  /** Attached to the principal: a user's own and those of its groups, or a role's. */
  identity?: PolicySource | NamedPolicy | readonly (PolicySource | NamedPolicy)[]
  /** The policy of the resource: a bucket policy, a key policy, the trust policy of a role. */
  resource?: PolicySource
  /** Service control policies, level by level: root, each OU, account. Every level must allow. */
  scps?: readonly (readonly (PolicySource | NamedPolicy)[])[]
  /** Resource control policies, level by level. */
  rcps?: readonly (readonly (PolicySource | NamedPolicy)[])[]
  /** Permissions boundaries. Each must allow. */
  boundaries?: PolicySource | NamedPolicy | readonly (PolicySource | NamedPolicy)[]
  /** Session policies. One of them must allow. */
  session?: PolicySource | NamedPolicy | readonly (PolicySource | NamedPolicy)[]
  /** The policy of the VPC endpoint that the request comes through. */
  endpoint?: PolicySource
}

let nativeOf: (evaluator: Evaluator) => binding.Evaluator

/** Policies compiled once, requests decided often. */
export class Evaluator {
  readonly #native: binding.Evaluator

  constructor(policies: Policies = {}) {
    const given = optionsOf(policies, policyOptions)
    const all = new binding.Policies()
    for (const to of ['identity', 'boundaries', 'session'] as const) list(all, to, to, given[to])
    for (const to of ['scps', 'rcps'] as const) levels(all, to, given[to])
    for (const to of ['resource', 'endpoint'] as const) {
      if (given[to] !== undefined) all.add(to, nativePolicy(to, given[to]))
    }
    this.#native = translated(() => new binding.Evaluator(all))
  }

  /** Decides a request. */
  evaluate(request: Request): Decision {
    if (!(request instanceof Request)) throw notARequest('request', request)
    return new Decision(this.#native, request, this.#native.outcome(nativeRequest(request)))
  }

  /** Decides many requests: one answer each, in their order. Reasons are worked out when they are asked for. */
  evaluateMany(requests: Iterable<Request>): Decision[] {
    const list = requestsOf(requests)
    return decisions(this.#native, list, this.#native.outcomes(list as unknown as binding.Request[]))
  }

  /** Decides an operation on several resources, such as `ec2:RunInstances`: all must be allowed. See {@link Request.forEach}. */
  evaluateAll(requests: Iterable<Request>): JointDecision {
    const list = requestsOf(requests)
    const joint = this.#native.joint(list as unknown as binding.Request[])
    return new JointDecision(joint, decisions(this.#native, list, joint.outcomes))
  }

  static {
    nativeOf = (evaluator) => evaluator.#native
  }
}

/** The addon's side of an evaluator. */
export function nativeEvaluator(evaluator: unknown): binding.Evaluator {
  if (evaluator instanceof Evaluator) return nativeOf(evaluator)
  throw wrongType(`evaluator must be an Evaluator, got ${kindOf(evaluator)}`)
}

/** Decides one request. For many under the same policies, make an {@link Evaluator} once. */
export function evaluate(request: Request, policies: Policies): Decision {
  return new Evaluator(policies).evaluate(request)
}

/** The answer to a request. `unknown`: it depends on context values that are not known. */
export type Outcome = 'allowed' | 'explicit_deny' | 'implicit_deny' | 'unknown'

const outcomes = binding.outcomes() as Outcome[]

/** A question that AWS's documentation leaves open, and the answer taken here. */
export interface Choice {
  /** The name: short, stable, for searching. */
  readonly id: string
  /** What is not documented. */
  readonly question: string
  /** What is done. */
  readonly answer: string
  /** Why that and nothing else. */
  readonly because: string
}

/** Every question that AWS's documentation leaves open, and what the evaluator does about it. */
export function choices(): Choice[] {
  return binding.choices()
}

let choicesById: Map<string, Choice> | undefined

function choicesOf(ids: readonly string[]): Choice[] {
  choicesById ??= new Map(choices().map((choice) => [choice.id, choice]))
  return ids.map((id) => choicesById?.get(id) as Choice)
}

/** One reason of a decision. */
export interface Reason {
  readonly policyType: 'identity' | 'resource' | 'scp' | 'rcp' | 'boundary' | 'session' | 'endpoint'
  /** The policy: the name that was given for it, or its `Id`, or `#1` for the first of its type; `undefined` for a whole type. */
  readonly policy: string | undefined
  /** The statement: its `Sid`, or `#1` for the first; `undefined` for a whole type. */
  readonly statement: string | undefined
  readonly effect: 'Allow' | 'Deny' | undefined
  /** The reason as a sentence. */
  readonly text: string
  /** The choices that took part: AWS's documentation leaves it open whether AWS would do the same. */
  readonly choices: readonly Choice[]
}

/** What was decided about a request, and why. The reasons are worked out when they are asked for. */
export class Decision {
  readonly #evaluator: binding.Evaluator
  #explanation: binding.Explanation | undefined
  readonly outcome: Outcome
  /** The request that was decided. */
  readonly request: Request

  /** @internal */
  constructor(evaluator: binding.Evaluator, request: Request, outcome: number) {
    this.#evaluator = evaluator
    this.outcome = outcomes[outcome] as Outcome
    this.request = request
  }

  /** Whether the request is allowed. `unknown` is not allowed. */
  get allowed(): boolean {
    return this.outcome === 'allowed'
  }

  /** What decided: statements that deny, or allow, or nearly did. */
  get reasons(): readonly Reason[] {
    return this.#explain().reasons.map(({ policyType, policy, statement, effect, text, choices }) => ({
      policyType: policyType as Reason['policyType'],
      policy,
      statement,
      effect: effect as Reason['effect'],
      text,
      choices: choicesOf(choices),
    }))
  }

  /** Where AWS's documentation leaves open what AWS would do, and it mattered. */
  get choices(): readonly Choice[] {
    return choicesOf(this.#explain().choices)
  }

  /** The keys whose values would decide. Empty unless the outcome is `unknown`. */
  get unknownKeys(): readonly string[] {
    return [...this.#explain().unknownKeys]
  }

  /** The decision in a sentence. */
  toString(): string {
    return this.#explain().sentence
  }

  /** The decision as data; choices by their id. */
  toJSON(): object {
    const reasons = this.reasons.map(({ choices, ...reason }) => ({ ...reason, choices: choices.map(({ id }) => id) }))
    return { outcome: this.outcome, allowed: this.allowed, text: this.toString(), reasons, unknownKeys: this.unknownKeys }
  }

  [inspect.custom](): string {
    return `Decision { outcome: '${this.outcome}', text: ${inspect(this.toString())} }`
  }

  #explain(): binding.Explanation {
    return (this.#explanation ??= this.#evaluator.explain(nativeRequest(this.request)))
  }
}

/** What was decided about an operation on several resources. */
export class JointDecision {
  /** `allowed` when every resource is; otherwise what the resources that failed say. */
  readonly outcome: Outcome
  /** The decision about each resource, in the order of the requests. */
  readonly decisions: readonly Decision[]
  readonly #sentence: string

  /** @internal */
  constructor({ outcome, sentence }: binding.Joint, decisions: readonly Decision[]) {
    this.outcome = outcomes[outcome] as Outcome
    this.decisions = decisions
    this.#sentence = sentence
  }

  /** Whether every resource is allowed. Without any resource, nothing is. */
  get allowed(): boolean {
    return this.outcome === 'allowed'
  }

  /** The decisions that are not `allowed`. */
  get failed(): readonly Decision[] {
    return this.decisions.filter(({ allowed }) => !allowed)
  }

  /** The sentences of the resources that failed, each with its resource. */
  toString(): string {
    return this.#sentence
  }

  /** The decision as data. */
  toJSON(): object {
    const decisions = this.decisions.map((decision) => ({ resource: decision.request.resource, ...decision.toJSON() }))
    return { outcome: this.outcome, allowed: this.allowed, text: this.#sentence, decisions }
  }

  [inspect.custom](): string {
    return `JointDecision { outcome: '${this.outcome}', text: ${inspect(this.#sentence)} }`
  }
}

function requestsOf(requests: Iterable<Request>): Request[] {
  const list = Array.isArray(requests) ? (requests as Request[]) : Array.from(requests)
  for (let at = 0; at < list.length; at++) {
    if (!(list[at] instanceof Request)) throw notARequest(`requests[${at}]`, list[at])
  }
  return list
}

function decisions(evaluator: binding.Evaluator, requests: readonly Request[], outcomes: ArrayLike<number>): Decision[] {
  const all = new Array<Decision>(requests.length)
  for (let at = 0; at < all.length; at++) all[at] = new Decision(evaluator, requests[at] as Request, outcomes[at] as number)
  return all
}

const policyOptions = ['identity', 'resource', 'scps', 'rcps', 'boundaries', 'session', 'endpoint'] as const

type Several = 'identity' | 'boundaries' | 'session' | 'scps' | 'rcps'

function list(all: binding.Policies, to: Several, name: string, sources: unknown): void {
  if (sources === undefined) return
  if (isSource(sources)) return add(all, to, name, sources)
  if (!Array.isArray(sources)) throw wrongType(`${name} must be an array of policies, got ${kindOf(sources)}`)
  sources.forEach((source, index) => add(all, to, `${name}[${index}]`, source))
}

function add(all: binding.Policies, to: Several, name: string, source: unknown): void {
  if (isNamed(source)) all.add(to, nativePolicy(`${name}.policy`, source.policy), stringOf(`${name}.name`, source.name))
  else all.add(to, nativePolicy(name, source))
}

/** No policy has these elements. */
function isNamed(source: unknown): source is NamedPolicy {
  return typeof source === 'object' && source !== null && 'name' in source && 'policy' in source
}

function levels(all: binding.Policies, to: 'scps' | 'rcps', given: unknown): void {
  if (given === undefined) return
  if (!Array.isArray(given)) throw notLevels(to)
  given.forEach((level: unknown, index) => {
    if (!Array.isArray(level)) throw notLevels(to)
    all.level(to)
    list(all, to, `${to}[${index}]`, level)
  })
}

function notLevels(name: string): TypeError {
  return wrongType(`${name} must be an array of levels, each an array of policies: root, OUs, account`)
}

function notARequest(name: string, value: unknown): TypeError {
  return wrongType(`${name} must be a Request, got ${kindOf(value)}`)
}
