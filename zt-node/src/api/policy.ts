import { inspect } from 'node:util'
import * as binding from '#binding'
import type { ActionName } from './action-names.js'
import { bytesOf, integerOf, kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { type Condition, nativeCondition } from './condition.js'
import { translated } from './errors.js'

/** A policy, or its JSON: text, bytes of UTF-8, or an object. */
export type PolicySource = Policy | string | Uint8Array | object

/** Someone: `"*"`, an ARN, an account id, or an object such as `{ Service: 'sns.amazonaws.com' }`. */
export type Principal = string | PrincipalOfKind

/** One or several principals by kind, as policies write them. */
export interface PrincipalOfKind {
  AWS?: string | readonly string[]
  Service?: string | readonly string[]
  Federated?: string | readonly string[]
  CanonicalUser?: string | readonly string[]
}

declare const unchecked: unique symbol

/** An action that the compiler has not looked up: from {@link undocumented}. */
export type UndocumentedAction = string & { readonly [unchecked]: true }

/** An action by name, a pattern such as `s3:Get*`, or an {@link undocumented} one. */
export type Action = ActionName | '*' | `${string}:${string}*${string}` | `${string}:${string}?${string}` | UndocumentedAction

/** An action that the types do not know: one that is new, that AWS does not document, or that is only known when the program runs. */
export function undocumented(action: string): UndocumentedAction {
  return stringOf('action', action) as UndocumentedAction
}

let nativeStatement: (statement: Statement) => binding.Statement

/** One statement of a policy. Every method gives a new one. */
export class Statement {
  readonly #native: binding.Statement

  /** Use {@link allow} or {@link deny}. */
  private constructor(native: binding.Statement) {
    this.#native = native
  }

  /** A statement that allows. @param sid Its name. */
  static allow(sid?: string): Statement {
    return new Statement(binding.Statement.allow(sidOf(sid)))
  }

  /** A statement that denies. @param sid Its name. */
  static deny(sid?: string): Statement {
    return new Statement(binding.Statement.deny(sidOf(sid)))
  }

  /** Adds actions: the statement applies to these. Editors complete them; for names that AWS does not document see {@link undocumented}. */
  actions(...actions: Action[]): Statement {
    return new Statement(this.#native.actions(textsOf('actions', actions)))
  }

  /** Adds excepted actions: it applies to all actions but these, future ones included. */
  notActions(...actions: Action[]): Statement {
    return new Statement(this.#native.notActions(textsOf('actions', actions)))
  }

  /** Adds resources: it applies to these. */
  resources(...resources: string[]): Statement {
    return new Statement(this.#native.resources(textsOf('resources', resources)))
  }

  /** It applies to every resource: `"Resource": "*"`. */
  anyResource(): Statement {
    return this.resources('*')
  }

  /** Adds excepted resources: it applies to all resources but these. */
  notResources(...resources: string[]): Statement {
    return new Statement(this.#native.notResources(textsOf('resources', resources)))
  }

  /** Adds principals: it applies to them. Only policies of resources, roles and endpoints have any. */
  principal(...principals: Principal[]): Statement {
    const add = (native: binding.Statement, [kind, name]: KindAndName) => native.principal(kind, name)
    return new Statement(translated(() => principals.flatMap(namesOf).reduce(add, this.#native)))
  }

  /** Adds excepted principals: it applies to everyone but them. */
  notPrincipal(...principals: Principal[]): Statement {
    const add = (native: binding.Statement, [kind, name]: KindAndName) => native.notPrincipal(kind, name)
    return new Statement(translated(() => principals.flatMap(namesOf).reduce(add, this.#native)))
  }

  /** Adds conditions: it applies only when all of them hold. */
  when(...conditions: Condition[]): Statement {
    return new Statement(conditions.reduce((native, condition) => native.when(nativeCondition(condition)), this.#native))
  }

  /** The statement as it stands in a policy. */
  toJSON(): object {
    return JSON.parse(this.#native.toJson()) as object
  }

  toString(): string {
    return this.#native.toJson()
  }

  [inspect.custom](): string {
    return `Statement ${this.#native.toJson()}`
  }

  static {
    nativeStatement = (statement) => statement.#native
  }
}

/** The addon's side of a statement. */
export function statementOf(statement: unknown): binding.Statement {
  if (statement instanceof Statement) return nativeStatement(statement)
  throw wrongType(`expected a statement such as Statement.allow(...), got ${kindOf(statement)}`)
}

/** How large policies may be. */
export type SizeLimit =
  | 'managed_policy'
  | 'user_inline'
  | 'group_inline'
  | 'role_inline'
  | 'trust_policy'
  | 'session_policy'
  | 'scp'
  | 'rcp'
  | 'endpoint'
  | 'bucket_policy'
  | 'key_policy'
  | 'queue_policy'

let nativeOf: (policy: Policy) => binding.Policy

/**
 * An IAM policy document. The form of its author is kept: order, brackets around single values,
 * digits of numbers.
 */
export class Policy {
  readonly #native: binding.Policy

  /** A policy of version 2012-10-17 with these statements. */
  constructor(statements: Iterable<Statement>) {
    // The addon's own, from `parse`.
    if (statements instanceof binding.Policy) {
      this.#native = statements
      return
    }
    if (typeof (statements as Partial<Iterable<Statement>> | null)?.[Symbol.iterator] !== 'function') {
      throw wrongType(`statements must be an array of statements, got ${kindOf(statements)}`)
    }
    const natives = Array.from(statements, (statement, index) => {
      if (statement instanceof Statement) return nativeStatement(statement)
      const hint = 'Statement.allow(...); for JSON use Policy.parse'
      throw wrongType(`statements[${index}] must be a statement such as ${hint}, got ${kindOf(statement)}`)
    })
    this.#native = translated(() => new binding.Policy(natives))
  }

  /**
   * Reads a policy. Line and column of an error are those of the text; for an object, those of its
   * JSON on one line.
   */
  static parse(json: PolicySource): Policy {
    if (json instanceof Policy) return json
    return policyOf(translated(() => parsed(json)))
  }

  /**
   * The canonical form: it decides every request alike, and differs from another policy's only in meaning. Elements,
   * statements, values and operators are sorted; nothing is given twice; one value has no brackets. `Sid` and `Id` stay.
   */
  normalize(): Policy {
    return policyOf(this.#native.normalize())
  }

  /** A shorter policy that decides every request alike: what others cover is dropped, what differs in one list is merged. */
  minimize(): Policy {
    return policyOf(this.#native.minimize())
  }

  /**
   * Policies that each fit the limit, and together decide as this one does. Try {@link minimize} first. Throws a
   * {@link PolicyError} with the code `NOT_SPLITTABLE` or `TOO_LARGE` when it cannot be.
   */
  split(limit: SizeLimit): Policy[] {
    return translated(() => this.#native.split(stringOf('limit', limit))).map(policyOf)
  }

  /** The size as it counts towards the limit, in characters or bytes. */
  size(limit: SizeLimit): number {
    return translated(() => this.#native.size(stringOf('limit', limit)))
  }

  /** The document as JSON: on one line, or indented by this many spaces. */
  toJson(options?: { indent?: number }): string {
    const { indent } = optionsOf(options, ['indent'])
    return this.#native.toJson(indent === undefined ? undefined : integerOf('indent', indent, 16))
  }

  /** The document as an object, for `JSON.stringify`. Numbers are those of JavaScript; {@link toJson} keeps all digits. */
  toJSON(): object {
    return JSON.parse(this.#native.toJson()) as object
  }

  /** Whether both print alike. */
  equals(other: Policy): boolean {
    return other instanceof Policy && this.#native.equals(other.#native)
  }

  /** The document as JSON on several lines. */
  toString(): string {
    return this.#native.toJson(2)
  }

  [inspect.custom](): string {
    return `Policy ${this.#native.toJson(2)}`
  }

  static {
    nativeOf = (policy) => policy.#native
  }
}

/** A policy of the addon's. */
export function policyOf(native: binding.Policy): Policy {
  return new Policy(native as unknown as Iterable<Statement>)
}

/** The addon's side of a policy, or of its JSON. */
export function nativePolicy(name: string, source: unknown): binding.Policy {
  if (source instanceof Policy) return nativeOf(source)
  if (!isSource(source)) throw wrongType(`${name} must be a policy or its JSON, got ${kindOf(source)}`)
  return nativeOf(Policy.parse(source))
}

/** Whether this can be one policy, rather than a list of them. */
export function isSource(value: unknown): value is PolicySource {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value))
}

function parsed(json: unknown): binding.Policy {
  if (typeof json === 'string') return binding.Policy.parse(stringOf('json', json))
  if (json instanceof ArrayBuffer || ArrayBuffer.isView(json)) return binding.Policy.parseBytes(bytesOf('json', json))
  if (isSource(json)) return binding.Policy.parse(JSON.stringify(json))
  throw wrongType(`json must be a string, bytes or an object, got ${kindOf(json)}`)
}

function sidOf(sid: string | undefined): string | undefined {
  return sid === undefined ? undefined : stringOf('sid', sid)
}

function textsOf(name: string, texts: unknown[]): string[] {
  return texts.map((text, index) => {
    if (Array.isArray(text)) throw wrongType(`${name} are given one by one: use \`...\` before an array`)
    return stringOf(`${name}[${index}]`, text)
  })
}

type KindAndName = [kind: string | undefined, name: string]

/** Every principal in what a caller gave. */
export function namesOf(principal: unknown): KindAndName[] {
  if (typeof principal === 'string') return [[undefined, stringOf('principal', principal)]]
  if (typeof principal !== 'object' || principal === null || Array.isArray(principal)) {
    throw wrongType(`principal must be a string or an object such as { Service: '...' }, got ${kindOf(principal)}`)
  }
  return Object.entries(principal).flatMap(([kind, names]: [string, unknown]) => {
    if (!kinds.includes(kind)) throw wrongType(`unknown principal \`${kind}\`: expected ${kinds.join(', ')}`)
    const list: unknown[] = Array.isArray(names) ? names : [names]
    return list.map((name): KindAndName => [kind, stringOf(`principal.${kind}`, name)])
  })
}

/** The one principal that somebody is. */
export function onePrincipal(principal: unknown): binding.PrincipalName {
  const [who, ...others] = namesOf(principal)
  if (who === undefined || others.length > 0) throw wrongType('a request has exactly one principal')
  const [kind, name] = who
  return kind === undefined ? { name } : { kind, name }
}

const kinds = ['AWS', 'Service', 'Federated', 'CanonicalUser']
