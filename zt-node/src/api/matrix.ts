import { inspect } from 'node:util'
import * as binding from '#binding'
import { kindOf, optionsOf, stringOf, stringsOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { type Context, Decision, Evaluator, type Outcome, contextPairs, nativeEvaluator, requestOf } from './evaluate.js'
import { type Principal, onePrincipal } from './policy.js'

/** Somebody in a matrix. */
export interface MatrixPrincipal {
  /** The name in the table. */
  name: string
  /** Who it is. */
  principal: Principal
  /** The policies that apply to it. */
  evaluator: Evaluator
}

/** What an {@link AccessMatrix} is made of. */
export interface AccessMatrixInit {
  principals: readonly MatrixPrincipal[]
  actions: readonly string[]
  resources: readonly string[]
  /** The accounts of resources whose ARN does not tell. */
  resourceAccounts?: Readonly<Record<string, string>>
  /** Condition keys of every request. */
  context?: Context
}

/** One cell of an {@link AccessMatrix}, as data. */
export interface MatrixEntry {
  readonly principal: string
  readonly action: string
  readonly resource: string
  readonly outcome: Outcome
}

/**
 * Principals × actions × resources, each decided: `String(matrix)` is a table for reading, `JSON.stringify(matrix)` data.
 *
 * ```js
 * const matrix = new AccessMatrix({
 *   principals: [{ name: 'alice', principal: 'arn:aws:iam::111122223333:user/alice', evaluator }],
 *   actions: ['s3:GetObject', 's3:PutObject'],
 *   resources: ['arn:aws:s3:::data/a'],
 * })
 * ```
 */
export class AccessMatrix {
  /** The names of the principals. */
  readonly principals: readonly string[]
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly #native: binding.AccessMatrix
  readonly #evaluators: readonly binding.Evaluator[]
  readonly #outcomes: Uint8Array

  constructor(init: AccessMatrixInit) {
    const { principals, actions, resources, resourceAccounts, context } = optionsOf(init, matrixOptions)
    if (!Array.isArray(principals)) throw wrongType(`principals must be an array, got ${kindOf(principals)}`)
    const people = principals as readonly MatrixPrincipal[]
    this.principals = people.map(({ name }, index) => stringOf(`principals[${index}].name`, name))
    this.actions = stringsOf('actions', actions)
    this.resources = stringsOf('resources', resources)
    this.#evaluators = people.map(({ evaluator }) => nativeEvaluator(evaluator))
    const accounts = new Map(Object.entries(resourceAccounts ?? {}))
    const who = people.map(({ principal }) => onePrincipal(principal))
    const accountOf = (resource: string) => stringOf('resourceAccounts', accounts.get(resource) ?? '')
    this.#native = translated(
      () =>
        new binding.AccessMatrix(
          [...this.principals],
          who,
          [...this.#evaluators],
          [...this.actions],
          [...this.resources],
          this.resources.map(accountOf),
          contextPairs(context),
        ),
    )
    this.#outcomes = this.#native.outcomes()
  }

  /** The decision for a principal, an action and a resource, each by its place from 0; `undefined` when there is none. */
  decision(principal: number, action: number, resource: number): Decision | undefined {
    const inside = (at: number, list: readonly string[]) => Number.isInteger(at) && at >= 0 && at < list.length
    if (!inside(principal, this.principals) || !inside(action, this.actions) || !inside(resource, this.resources)) return undefined
    return this.#at((principal * this.resources.length + resource) * this.actions.length + action)
  }

  /** Every decision with the name of its principal: by principal, then resource, then action. */
  *entries(): Generator<[principal: string, decision: Decision]> {
    for (let at = 0; at < this.#outcomes.length; at++) {
      yield [this.principals[this.#principal(at)] as string, this.#at(at)]
    }
  }

  /** The table as Markdown: a row for each principal and resource, a column for each action. */
  toMarkdown(): string {
    return this.#native.markdown()
  }

  /** The table for reading. `-` is an implicit denial. */
  toString(): string {
    return this.#native.text()
  }

  toJSON(): { principals: readonly string[]; actions: readonly string[]; resources: readonly string[]; entries: MatrixEntry[] } {
    const { principals, actions, resources } = this
    const entries = Array.from(this.entries(), ([principal, decision]) => {
      const { action, resource } = decision.request
      return { principal, action, resource, outcome: decision.outcome }
    })
    return { principals, actions, resources, entries }
  }

  [inspect.custom](): string {
    return `AccessMatrix\n${this.#native.text()}`
  }

  #principal(at: number): number {
    return Math.floor(at / (this.resources.length * this.actions.length))
  }

  #at(at: number): Decision {
    const evaluator = this.#evaluators[this.#principal(at)] as binding.Evaluator
    return new Decision(evaluator, requestOf(this.#native.request(at)), this.#outcomes[at] as number)
  }
}

const matrixOptions = ['principals', 'actions', 'resources', 'resourceAccounts', 'context'] as const
