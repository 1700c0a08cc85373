import * as binding from '#binding'
import { type Bytes, bytesOf, kindOf, optionsOf, secondsOf, stringOf, stringsOf, wrongType } from './arguments.js'
import { translated } from './errors.js'
import type { Instant } from './key-types.js'
import { instantTextOf } from './values.js'

/** What an {@link AccessPolicy} checks. What is left out is not checked. */
export interface AccessPolicyInit {
  /** The address must be in one of these ranges. */
  networks?: readonly string[]
  /** Or the request came through one of these VPC endpoints. */
  vpcEndpoints?: readonly string[]
  /**
   * The device must be compliant by a claim about it and the user that is signed and not older than this. `verify` says whether
   * the signature over the claim is the management service's.
   */
  signedPosture?: { verify: (claim: Uint8Array, signature: Uint8Array) => boolean; maxAgeSeconds: number }
  /** The device must be compliant, by whatever the caller says of it; the verdict labels it so. `signedPosture` goes before. */
  assertedPosture?: boolean
  /** The time must be in one of these. */
  windows?: readonly TimeWindow[]
  /** The behaviour's score must not be above this, 0 to 1. */
  behaviorAtMost?: number
}

/** What is known of a request. What is not known is left out, and a check that needs it fails. */
export interface AccessContextInit {
  /** The address that the connection came from: not what a proxy's header says. */
  sourceIp?: string
  /** The device. */
  deviceId?: string
  /** When the request was made. */
  timestamp?: Instant
  /** Who made it. */
  userId?: string
  /** The VPC endpoint that it came through: such a request has no public address. */
  vpcEndpoint?: string
  /** What is said of the device: by the caller, or signed by a management service. */
  posture?: AssertedPosture | SignedPosture
  /** How unusual the user's behaviour is, 0 (as always) to 1. */
  behaviorScore?: number
}

/** What the caller says of the device; nobody has verified it. */
export interface AssertedPosture {
  compliant: boolean
}

/** What a management service has signed: JSON with `device_id`, `user_id`, `compliant` and `issued_at`. */
export interface SignedPosture {
  claim: Bytes
  signature: Bytes
}

/** What all the checks said. */
export interface AccessVerdict {
  /** Whether every check passed. */
  readonly allowed: boolean
  /** Every check that was made. */
  readonly checks: readonly AccessCheck[]
  /** `allowed` or `denied`, and a line for each check. */
  toString(): string
}

/** What one check said. */
export interface AccessCheck {
  readonly name: 'network' | 'device' | 'time' | 'behavior'
  readonly passed: boolean
  /** Why, as a phrase. */
  readonly reason: string
}

let nativeOf: (window: TimeWindow) => binding.TimeWindow

/**
 * Hours of days of the week in a time zone: from a time of these days to another, the second excluded. When the second is not
 * after the first, the window ends on the next day. Clocks decide, not durations: when they are set forward, an hour of the
 * window is missing; when they are set back, it comes twice.
 */
export class TimeWindow {
  readonly #native: binding.TimeWindow

  /** Days in English (`monday` or `mon`), times such as `09:00`, a zone such as `Europe/Berlin`. */
  constructor(init: { days: readonly string[]; start: string; end: string; zone: string }) {
    const { days, start, end, zone } = optionsOf(init, ['days', 'start', 'end', 'zone'])
    const [names, from, to] = [stringsOf('days', days), stringOf('start', start), stringOf('end', end)]
    const place = stringOf('zone', zone)
    this.#native = translated(() => new binding.TimeWindow(names, from, to, place))
  }

  static {
    nativeOf = (window) => window.#native
  }
}

let partsOf: (context: AccessContext) => [Omit<binding.AccessFacts, 'verified'>, Uint8Array | undefined]

/** What is known of a request, checked. {@link AccessPolicy.check} takes it, or what it is made of. */
export class AccessContext {
  readonly #facts: Omit<binding.AccessFacts, 'verified'>
  readonly #signature: Uint8Array | undefined

  constructor(init: AccessContextInit = {}) {
    const { sourceIp, deviceId, timestamp, userId, vpcEndpoint, posture, behaviorScore } = optionsOf(init, contextOptions)
    const facts: Omit<binding.AccessFacts, 'verified'> = {}
    if (sourceIp !== undefined) facts.sourceIp = stringOf('sourceIp', sourceIp)
    if (deviceId !== undefined) facts.deviceId = stringOf('deviceId', deviceId)
    if (timestamp !== undefined) facts.timestamp = instantTextOf('timestamp', timestamp)
    if (userId !== undefined) facts.userId = stringOf('userId', userId)
    if (vpcEndpoint !== undefined) facts.vpcEndpoint = stringOf('vpcEndpoint', vpcEndpoint)
    if (behaviorScore !== undefined) facts.behaviorScore = numberOf('behaviorScore', behaviorScore)
    if (posture !== undefined && 'claim' in posture) {
      const { claim, signature } = optionsOf<SignedPosture>(posture, ['claim', 'signature'])
      // Copied: what is verified is what is checked.
      facts.claim = Uint8Array.from(bytesOf('posture.claim', claim))
      this.#signature = Uint8Array.from(bytesOf('posture.signature', signature))
    } else if (posture !== undefined) {
      facts.asserted = booleanOf('posture.compliant', optionsOf<AssertedPosture>(posture, ['compliant']).compliant)
    }
    this.#facts = facts
  }

  static {
    partsOf = (context) => [context.#facts, context.#signature]
  }
}

const contextOptions = ['sourceIp', 'deviceId', 'timestamp', 'userId', 'vpcEndpoint', 'posture', 'behaviorScore'] as const

/**
 * Checks the context of requests. Every check is made, each says why, and what is not known fails.
 *
 * ```js
 * const office = new AccessPolicy({ networks: ['203.0.113.0/24'] })
 * office.check({ sourceIp: '203.0.113.7' }).allowed // true
 * ```
 */
export class AccessPolicy {
  readonly #native: binding.AccessPolicy
  readonly #verify: ((claim: Uint8Array, signature: Uint8Array) => boolean) | undefined

  constructor(init: AccessPolicyInit) {
    const given = optionsOf(init, policyOptions)
    const settings: binding.AccessSettings = {
      networks: given.networks === undefined ? [] : stringsOf('networks', given.networks),
      vpcEndpoints: given.vpcEndpoints === undefined ? [] : stringsOf('vpcEndpoints', given.vpcEndpoints),
      assertedPosture: booleanOf('assertedPosture', given.assertedPosture ?? false),
    }
    if (given.signedPosture !== undefined) {
      const { verify, maxAgeSeconds } = optionsOf(given.signedPosture, ['verify', 'maxAgeSeconds'])
      if (typeof verify !== 'function') throw wrongType(`signedPosture.verify must be a function, got ${kindOf(verify)}`)
      this.#verify = verify
      settings.signedPosture = secondsOf('signedPosture.maxAgeSeconds', maxAgeSeconds)
    }
    if (given.behaviorAtMost !== undefined) settings.behaviorAtMost = numberOf('behaviorAtMost', given.behaviorAtMost)
    const windows: unknown = given.windows ?? []
    if (!Array.isArray(windows)) throw wrongType(`windows must be an array, got ${kindOf(windows)}`)
    const natives = windows.map((window: unknown, index) => {
      if (window instanceof TimeWindow) return nativeOf(window)
      throw wrongType(`windows[${index}] must be a TimeWindow, got ${kindOf(window)}`)
    })
    this.#native = translated(() => new binding.AccessPolicy(settings, natives))
  }

  /** Makes every check. */
  check(context: AccessContext | AccessContextInit): AccessVerdict {
    const [facts, signature] = partsOf(context instanceof AccessContext ? context : new AccessContext(context))
    let verified = false
    if (this.#verify !== undefined && facts.claim !== undefined && signature !== undefined) {
      verified = booleanOf('what signedPosture.verify says', this.#verify(facts.claim.slice(), signature.slice()))
    }
    const { text, ...verdict } = translated(() => this.#native.check({ ...facts, verified }))
    // On the prototype: a verdict prints as its data.
    return Object.assign(Object.create({ toString: () => text }) as object, verdict) as AccessVerdict
  }
}

const policyOptions = ['networks', 'vpcEndpoints', 'signedPosture', 'assertedPosture', 'windows', 'behaviorAtMost'] as const

function booleanOf(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw wrongType(`${name} must be a boolean, got ${kindOf(value)}`)
  return value
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== 'number') throw wrongType(`${name} must be a number, got ${kindOf(value)}`)
  return value
}
