import * as binding from '#binding'
import { type Request, requestOf } from './evaluate.js'
import { type PolicySource, nativePolicy } from './policy.js'

/** Whether two policies decide every request alike. The answer is never a guess. */
export function equivalent(a: PolicySource, b: PolicySource): Equivalence {
  return new Equivalence(binding.equivalent(nativePolicy('a', a), nativePolicy('b', b)))
}

/** What {@link equivalent} found. */
export class Equivalence {
  /** Whether the policies mean the same; `undefined`: neither was shown. */
  readonly equal: boolean | undefined
  /** A request that they decide differently. */
  readonly witness: Request | undefined

  /** @internal */
  constructor(native: binding.Equivalence) {
    const witness = native.witness()
    this.equal = native.equal ?? undefined
    this.witness = witness ? requestOf(witness) : undefined
  }
}
