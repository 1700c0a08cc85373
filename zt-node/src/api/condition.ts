import * as binding from '#binding'
import { kindOf, stringOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import { textsOf } from './values.js'

let nativeOf: (condition: Condition) => binding.Condition
let wrap: (native: binding.Condition) => Condition

/** One test of a condition block. The typed {@link keys} make those whose operator fits the key. */
export class Condition {
  readonly #native: binding.Condition

  /** For operators and keys that this package does not know. */
  constructor(operator: string, key: string, values: unknown) {
    const [op, name] = [stringOf('operator', operator), stringOf('key', key)]
    this.#native =
      values instanceof binding.Condition ? values : new binding.Condition(op, name, textsOf('values', values))
  }

  /** The operator as policies write it: `BoolIfExists`. */
  get operator(): string {
    return this.#native.operator
  }

  get key(): string {
    return this.#native.key
  }

  get values(): string[] {
    return this.#native.values
  }

  toString(): string {
    return `${this.operator} ${this.key} ${JSON.stringify(this.values)}`
  }

  static {
    nativeOf = (condition) => condition.#native
    wrap = (native) => new Condition('', '', native)
  }
}

/** The addon's side of a condition. */
export function nativeCondition(condition: unknown): binding.Condition {
  if (condition instanceof Condition) return nativeOf(condition)
  throw wrongType(`expected a condition such as keys.aws.secureTransport.is(true), got ${kindOf(condition)}`)
}

/** A comparison that fits its key. */
export function compared(key: binding.Key, method: string, values: string[]): Condition {
  return wrap(translated(() => binding.Condition.compare(key, method, values)))
}

/** A test for presence. */
export function presence(key: binding.Key, present: boolean): Condition {
  return wrap(translated(() => binding.Condition.presence(key, present)))
}
