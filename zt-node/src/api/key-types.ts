/** Condition keys that know their type, and so offer only the operators that fit it. */
import type * as binding from '#binding'
import { type Bytes, stringOf } from './arguments.js'
import { Condition, compared, presence } from './condition.js'
import { type Numeric, textsOf } from './values.js'

/** One value, or several of which one has to match. */
export type OneOrMany<T> = T | readonly T[]

/** An instant: a `Date`, or a text such as `2025-01-31T12:00:00Z`. */
export type Instant = Date | string

type Kind = 'Str' | 'Num' | 'Date' | 'Bool' | 'Ip' | 'Arn' | 'Binary'

/** How a key is compared, beyond its operator. */
interface Mode {
  readonly multivalued?: boolean
  readonly setOperator?: 'any' | 'all'
  readonly ifExists?: boolean
}

const modes = new WeakMap<Key, Mode>()

abstract class Key {
  /** The name, such as `aws:SourceIp`. */
  readonly name: string
  /** @internal */
  protected abstract readonly kind: Kind

  constructor(name: string) {
    this.name = stringOf('name', name)
  }

  /** The comparison also holds when the request does not have the key: `...IfExists`. */
  ifExists(): this {
    return moded(this, { ...modes.get(this), ifExists: true })
  }

  /** Holds when the request does not have the key: `Null: true`. */
  isAbsent(): Condition {
    return presence(this.native(), false)
  }

  /** Holds when the request has the key: `Null: false`. */
  isPresent(): Condition {
    return presence(this.native(), true)
  }

  /** @internal */
  protected compare(method: string, values: unknown): Condition {
    return compared(this.native(), method, textsOf(`the value of ${this.name}`, values))
  }

  private native(): binding.Key {
    return { multivalued: false, ifExists: false, ...modes.get(this), name: this.name, kind: this.kind }
  }
}

/** The same key, to be compared in another way. */
function moded<K extends Key>(key: K, mode: Mode): K {
  const copy = new (key.constructor as new (name: string) => K)(key.name)
  modes.set(copy, mode)
  return copy
}

/** A key that is a text. */
export class TextKey extends Key {
  protected readonly kind = 'Str'

  /** `StringEquals`: one of these texts. Case matters, `*` is itself. */
  is(values: OneOrMany<string>): Condition {
    return this.compare('is', values)
  }

  /** `StringNotEquals`: none of these texts. Also holds when the key is absent. */
  isNot(values: OneOrMany<string>): Condition {
    return this.compare('is_not', values)
  }

  /** The same as {@link is}; reads better with several values. */
  isIn(values: OneOrMany<string>): Condition {
    return this.compare('is_in', values)
  }

  /** The same as {@link isNot}; reads better with several values. */
  isNotIn(values: OneOrMany<string>): Condition {
    return this.compare('is_not_in', values)
  }

  /** `StringEqualsIgnoreCase`. */
  isIgnoringCase(values: OneOrMany<string>): Condition {
    return this.compare('is_ignoring_case', values)
  }

  /** `StringNotEqualsIgnoreCase`. Also holds when the key is absent. */
  isNotIgnoringCase(values: OneOrMany<string>): Condition {
    return this.compare('is_not_ignoring_case', values)
  }

  /** `StringLike`: `*` is any run of characters and `?` exactly one. */
  isLike(values: OneOrMany<string>): Condition {
    return this.compare('is_like', values)
  }

  /** `StringNotLike`. Also holds when the key is absent. */
  isNotLike(values: OneOrMany<string>): Condition {
    return this.compare('is_not_like', values)
  }
}

/** A key that is a number. */
export class NumericKey extends Key {
  protected readonly kind = 'Num'

  /** `NumericEquals`. */
  is(values: OneOrMany<Numeric>): Condition {
    return this.compare('is', values)
  }

  /** `NumericNotEquals`. Also holds when the key is absent. */
  isNot(values: OneOrMany<Numeric>): Condition {
    return this.compare('is_not', values)
  }

  /** The same as {@link is}; reads better with several values. */
  isIn(values: OneOrMany<Numeric>): Condition {
    return this.compare('is_in', values)
  }

  /** The same as {@link isNot}; reads better with several values. */
  isNotIn(values: OneOrMany<Numeric>): Condition {
    return this.compare('is_not_in', values)
  }

  /** `NumericLessThan`. */
  lessThan(value: Numeric): Condition {
    return this.compare('less_than', value)
  }

  /** `NumericLessThanEquals`. */
  atMost(value: Numeric): Condition {
    return this.compare('at_most', value)
  }

  /** `NumericGreaterThan`. */
  greaterThan(value: Numeric): Condition {
    return this.compare('greater_than', value)
  }

  /** `NumericGreaterThanEquals`. */
  atLeast(value: Numeric): Condition {
    return this.compare('at_least', value)
  }
}

/** A key that is an instant. */
export class DateKey extends Key {
  protected readonly kind = 'Date'

  /** `DateEquals`. */
  is(values: OneOrMany<Instant>): Condition {
    return this.compare('is', values)
  }

  /** `DateNotEquals`. Also holds when the key is absent. */
  isNot(values: OneOrMany<Instant>): Condition {
    return this.compare('is_not', values)
  }

  /** `DateLessThan`. */
  before(value: Instant): Condition {
    return this.compare('before', value)
  }

  /** `DateLessThanEquals`. */
  atOrBefore(value: Instant): Condition {
    return this.compare('at_or_before', value)
  }

  /** `DateGreaterThan`. */
  after(value: Instant): Condition {
    return this.compare('after', value)
  }

  /** `DateGreaterThanEquals`. */
  atOrAfter(value: Instant): Condition {
    return this.compare('at_or_after', value)
  }
}

/** A key that is true or false. */
export class BoolKey extends Key {
  protected readonly kind = 'Bool'

  /** `Bool`. A Deny on `false` usually wants {@link ifExists}: long-term credentials lack the key. */
  is(value: boolean): Condition {
    return this.compare('is', value)
  }
}

/** A key that is an address. */
export class IpKey extends Key {
  protected readonly kind = 'Ip'

  /** `IpAddress`. An IPv4 range contains no IPv6 address, and the other way round. */
  isIn(ranges: OneOrMany<string>): Condition {
    return this.compare('is_in', ranges)
  }

  /** `NotIpAddress`. Also holds when the key is absent, as behind a VPC endpoint. */
  isNotIn(ranges: OneOrMany<string>): Condition {
    return this.compare('is_not_in', ranges)
  }
}

/** A key that is an ARN. */
export class ArnKey extends Key {
  protected readonly kind = 'Arn'

  /** `ArnEquals`: the same as {@link isLike}. */
  is(values: OneOrMany<string>): Condition {
    return this.compare('is', values)
  }

  /** `ArnNotEquals`. Also holds when the key is absent. */
  isNot(values: OneOrMany<string>): Condition {
    return this.compare('is_not', values)
  }

  /** The same as {@link is}; reads better with several values. */
  isIn(values: OneOrMany<string>): Condition {
    return this.compare('is_in', values)
  }

  /** The same as {@link isNot}; reads better with several values. */
  isNotIn(values: OneOrMany<string>): Condition {
    return this.compare('is_not_in', values)
  }

  /** `ArnLike`: each of the six parts for itself. */
  isLike(values: OneOrMany<string>): Condition {
    return this.compare('is_like', values)
  }

  /** `ArnNotLike`. Also holds when the key is absent. */
  isNotLike(values: OneOrMany<string>): Condition {
    return this.compare('is_not_like', values)
  }
}

/** A key that is bytes. */
export class BinaryKey extends Key {
  protected readonly kind = 'Binary'

  /** `BinaryEquals`. */
  is(value: Bytes): Condition {
    return this.compare('is', value)
  }
}

/** A key with any number of values: say first how they are compared. */
export class MultivaluedKey<K extends Key> {
  readonly #key: K

  /** @param type The type of each value, such as `keys.TextKey`. */
  constructor(name: string, type: new (name: string) => K) {
    this.#key = moded(new type(name), { multivalued: true })
  }

  /** The name, such as `aws:TagKeys`. */
  get name(): string {
    return this.#key.name
  }

  /** `ForAnyValue`: at least one value must match. False when there is none. */
  forAnyValue(): K {
    return moded(this.#key, { multivalued: true, setOperator: 'any' })
  }

  /** `ForAllValues`: every value must match. **True when there is none.** */
  forAllValues(): K {
    return moded(this.#key, { multivalued: true, setOperator: 'all' })
  }

  /** `Null: true`. */
  isAbsent(): Condition {
    return this.#key.isAbsent()
  }

  /** `Null: false`. */
  isPresent(): Condition {
    return this.#key.isPresent()
  }
}

/** Keys with a part that is up to you, often the name of a tag. */
export function tagged<K extends Key>(prefix: string, type: new (name: string) => K, suffix = ''): (tag: string) => K {
  return (tag) => new type(prefix + stringOf('tag', tag) + suffix)
}

/** Keys with any number of values and a part that is up to you. */
export function multiTagged<K extends Key>(
  prefix: string,
  type: new (name: string) => K,
): (tag: string) => MultivaluedKey<K> {
  return (tag) => new MultivaluedKey(prefix + stringOf('tag', tag), type)
}
