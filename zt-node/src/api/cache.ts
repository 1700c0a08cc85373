/** Data keys that serve for several messages. */
import * as binding from '#binding'
import { integerOf, optionsOf, secondsOf } from './arguments.js'
import { translated } from './errors.js'

/** Limits of a {@link DataKeyCache}. */
export interface DataKeyCacheOptions {
  /** How many data keys are kept; the least recently used goes first. Default 1,000. */
  maxEntries?: number
  /**
   * How long a data key is used, in seconds, and so **how long a revoked key still works**.
   * Default 300.
   */
  maxAgeSeconds?: number
  /** How many messages are encrypted under a data key. Default 2^32, and no more than that. */
  maxMessages?: number
  /** How many bytes of plaintext are. Default 2^63 - 1. A longer message has a key of its own. */
  maxBytes?: number
}

/** What a {@link DataKeyCache} did since it was made. Every look-up is a hit, a miss or a refresh. */
export interface CacheStats {
  /** Look-ups that found a data key, or had waited for one. */
  readonly hits: number
  /** Look-ups that had a data key made or unwrapped. */
  readonly misses: number
  /** Look-ups that had a data key replaced before its time was over. */
  readonly refreshes: number
  /** Messages that could not be cached: without key derivation, of unknown length, or over a limit. */
  readonly bypassed: number
  /** Calls to KMS that hits would have cost without the cache. */
  readonly kmsCallsSaved: number
  /** Data keys held at that moment. */
  readonly entries: number
}

/** The addon's half of a cache. @internal */
export let nativeCache: (cache: DataKeyCache) => binding.DataKeyCache

const cacheOptions = ['maxEntries', 'maxAgeSeconds', 'maxMessages', 'maxBytes'] as const

/**
 * Keeps data keys, so that a client asks KMS once for many messages.
 *
 * To encrypt, messages with the same encryption context share a data key until a limit is reached;
 * to decrypt, those with the same encrypted data keys and context cost one call. For each key at
 * most one request is in flight, however many calls want it: the others wait, without keeping the
 * event loop; a request that takes over 10 seconds is made anew by one of them. Shortly before its
 * age is over a key in use is replaced by one call, while the others use what is there. Streams and
 * files, whose length is not known, have data keys of their own.
 *
 * Clients may share a cache and its limits; each sees only its own entries. Data keys are wiped
 * when evicted.
 *
 * ```js
 * const cache = new DataKeyCache({ maxAgeSeconds: 60 })
 * const client = new Client(new KmsKeyring(keyArn), { cache })
 * cache.stats.kmsCallsSaved
 * ```
 */
export class DataKeyCache {
  readonly #native: binding.DataKeyCache

  constructor(options?: DataKeyCacheOptions) {
    const given = optionsOf(options, cacheOptions)
    const { maxEntries, maxAgeSeconds, maxMessages, maxBytes } = given
    const limits: binding.CacheLimits = {}
    if (maxEntries !== undefined) limits.maxEntries = integerOf('maxEntries', maxEntries, 2 ** 32 - 1)
    if (maxAgeSeconds !== undefined) limits.maxAgeSeconds = secondsOf('maxAgeSeconds', maxAgeSeconds)
    if (maxMessages !== undefined) {
      limits.maxMessages = integerOf('maxMessages', maxMessages, Number.MAX_SAFE_INTEGER)
    }
    if (maxBytes !== undefined) limits.maxBytes = integerOf('maxBytes', maxBytes, Number.MAX_SAFE_INTEGER)
    this.#native = translated(() => new binding.DataKeyCache(limits))
  }

  /** What the cache did so far. */
  get stats(): CacheStats {
    return this.#native.stats()
  }

  /** Wipes all data keys, as when somebody's access has been revoked. */
  clear(): void {
    this.#native.clear()
  }

  static {
    nativeCache = (cache) => cache.#native
  }
}
