import { inspect } from 'node:util'
import * as binding from '#binding'
import { optionsOf, stringOf } from './arguments.js'
import { translated } from './errors.js'
import type { Instant } from './key-types.js'
import { type Policy, type PolicySource, type SizeLimit, nativePolicy, policyOf } from './policy.js'
import { instantTextOf } from './values.js'

/** What a policy is attached to, which decides what its grammar allows. */
export type Kind = 'identity' | 'resource' | 'trust' | 'scp' | 'rcp' | 'boundary' | 'session' | 'endpoint'

/** How bad a finding is. `error`: AWS refuses the policy, or a part of it can never do what it says. */
export type Severity = 'error' | 'security warning' | 'warning' | 'suggestion'

/** What {@link validate} takes into account beside the policy. */
export interface ValidateOptions {
  /** What the policy is attached to. Default: `identity`. */
  kind?: Kind
  /** The time to compare dates with. Default: none, and then no date is in the past. */
  now?: Instant
  /** The account that the policy is in: its own principals are not strangers. Default: not known. */
  accountId?: string
  /** The limit on the size. Default: that of the kind. */
  sizeLimit?: SizeLimit
}

/** A rule of {@link validate}, with why it is one. */
export interface Rule {
  /** What findings are told apart by; it does not change between versions. */
  readonly code: string
  /** How bad its findings are; in kinds of policies where AWS is less strict, one may be less so. */
  readonly severity: Severity
  /** What it finds, as a phrase. */
  readonly title: string
  /** Why that is worth finding. */
  readonly why: string
  /** Where that is written, by name. */
  readonly source: string
}

/**
 * Checks a policy against every rule that its kind has. Findings come in the order of the document.
 *
 * ```js
 * const [finding] = validate(Policy.parse(text), { kind: 'scp', now: new Date() })
 * const mended = finding?.suggestion?.apply(policy)
 * ```
 */
export function validate(policy: PolicySource, options?: ValidateOptions): Finding[] {
  const { kind, now, accountId, sizeLimit } = optionsOf(options, ['kind', 'now', 'accountId', 'sizeLimit'])
  const settings: binding.ValidateSettings = {}
  if (now !== undefined) settings.now = instantTextOf('now', now)
  if (accountId !== undefined) settings.accountId = stringOf('accountId', accountId)
  if (sizeLimit !== undefined) settings.sizeLimit = stringOf('sizeLimit', sizeLimit)
  const native = nativePolicy('policy', policy)
  const found = translated(() => binding.validate(native, kind === undefined ? 'identity' : stringOf('kind', kind), settings))
  return found.list().map((facts, at) => new Finding(found, at, facts))
}

/** Every rule. */
export function rules(): Rule[] {
  return binding.rules() as Rule[]
}

/** One thing that a rule found in a policy. */
export class Finding {
  /** The rule's code: `unknown-action`. */
  readonly code: string
  readonly severity: Severity
  /** Where: a JSON pointer (RFC 6901) into the policy. */
  readonly pointer: string
  /** What, in a sentence. */
  readonly message: string
  /** An edit that mends it, where there is one that is surely meant. */
  readonly suggestion: Suggestion | undefined
  readonly #text: string

  /** @internal */
  constructor(all: binding.Findings, at: number, { code, severity, pointer, message, text, suggestion }: binding.Finding) {
    this.code = code
    this.severity = severity as Severity
    this.pointer = pointer
    this.message = message
    this.suggestion = suggestion && new Suggestion(all, at, suggestion)
    this.#text = text
  }

  /** The rule, with why it is one. */
  get rule(): Rule {
    return byCode(this.code)
  }

  /** A line for people. */
  toString(): string {
    return this.#text
  }

  [inspect.custom](): string {
    return `Finding ${this.#text}`
  }
}

/** An edit at a place of a policy. */
export class Suggestion {
  /** Where, as a JSON pointer. */
  readonly pointer: string
  /** What to do there. */
  readonly action: 'replace' | 'remove' | 'rename' | 'move_to' | 'insert' | 'append'
  /** The name or operator that is put there, where one is. */
  readonly name: string | undefined
  /** The value that is put there, where one is. */
  readonly value: unknown
  /** The edit as a phrase. */
  readonly text: string
  readonly #all: binding.Findings
  readonly #at: number

  /** @internal */
  constructor(all: binding.Findings, at: number, { pointer, action, name, value, text }: binding.Suggestion) {
    this.pointer = pointer
    this.action = action as Suggestion['action']
    this.name = name
    this.value = value === undefined ? undefined : (JSON.parse(value) as unknown)
    this.text = text
    this.#all = all
    this.#at = at
  }

  /**
   * The policy with the edit made; everything else keeps its order and form. Throws a {@link PolicyError} with the code
   * `NO_SUCH_PLACE` when the edit is of another policy.
   */
  apply(policy: PolicySource): Policy {
    const native = nativePolicy('policy', policy)
    return policyOf(translated(() => this.#all.apply(this.#at, native)))
  }

  toString(): string {
    return this.text
  }
}

let table: Map<string, Rule> | undefined

function byCode(code: string): Rule {
  table ??= new Map(rules().map((rule) => [rule.code, rule]))
  return table.get(code) as Rule
}
