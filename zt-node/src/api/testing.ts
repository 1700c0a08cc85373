/** Stand-ins for AWS, for the tests of those who use this package. `StaticBranchKeys` is one too. */
import * as binding from '#binding'
import { type EncryptionContext, integerOf, pairsOf, stringOf } from './arguments.js'
import { KmsError, fromAddon } from './errors.js'

/** The input of a KMS command, as far as it matters here. */
interface Input {
  KeyId?: string
  EncryptionContext?: EncryptionContext
  NumberOfBytes?: number
  Plaintext?: Uint8Array
  CiphertextBlob?: Uint8Array
}

/**
 * AWS KMS in memory: it makes keys, and answers `GenerateDataKeyCommand`, `EncryptCommand` and
 * `DecryptCommand` as a `KMSClient` does. **For tests only**: its ciphertexts hide nothing.
 *
 * ```js
 * const kms = new testing.InMemoryKms()
 * const keyArn = kms.createKey('eu-west-1', '111122223333')
 * const client = new Client(new KmsKeyring(keyArn, { client: kms }))
 * ```
 */
export class InMemoryKms {
  readonly #native = new binding.InMemoryKms()

  /** Makes a symmetric key, and gives back its ARN. */
  createKey(region = 'us-east-1', accountId = '111122223333'): string {
    return this.#native.createKey(stringOf('region', region), stringOf('accountId', accountId))
  }

  /** Makes a multi-Region key, and gives back its ARN. */
  createMultiRegionKey(region = 'us-east-1', accountId = '111122223333'): string {
    return this.#native.createMultiRegionKey(stringOf('region', region), stringOf('accountId', accountId))
  }

  /** Makes a replica of a multi-Region key in another Region, and gives back its ARN. */
  replicateKey(keyArn: string, region: string): string {
    return this.#native.replicateKey(stringOf('keyArn', keyArn), stringOf('region', region))
  }

  /** Makes `alias/name` stand for a key. */
  createAlias(alias: string, keyArn: string): void {
    this.#native.createAlias(stringOf('alias', alias), stringOf('keyArn', keyArn))
  }

  /** Disables a key: every call under it is refused with `DisabledException`. */
  disableKey(keyArn: string): void {
    this.#native.disableKey(stringOf('keyArn', keyArn))
  }

  /** Makes the next call fail with this KMS error code and message. */
  failNext(code: string, message = ''): void {
    this.#native.failNext(stringOf('code', code), stringOf('message', message))
  }

  /** The operations called so far, in order. */
  get calls(): string[] {
    return this.#native.calls()
  }

  /** Answers a command. */
  async send(command: { readonly input: object }): Promise<object> {
    try {
      const { keyId, plaintext, ciphertextBlob } = this.#answer(command.input)
      return { KeyId: keyId, Plaintext: plaintext, CiphertextBlob: ciphertextBlob, $metadata: { httpStatusCode: 200 } }
    } catch (error) {
      throw asException(fromAddon(error))
    }
  }

  #answer(input: Input): binding.KmsAnswer {
    const keyId = stringOf('KeyId', input.KeyId)
    const context = pairsOf(input.EncryptionContext)
    if (input.CiphertextBlob !== undefined) return this.#native.decrypt(keyId, input.CiphertextBlob, context)
    if (input.Plaintext !== undefined) return this.#native.encrypt(keyId, input.Plaintext, context)
    const length = integerOf('NumberOfBytes', input.NumberOfBytes, 1024)
    return this.#native.generateDataKey(keyId, length, context)
  }
}

/** The error as the SDK throws it. */
function asException(error: unknown): unknown {
  if (!(error instanceof KmsError) || error.serviceCode === undefined) return error
  const exception = new Error(error.message)
  return Object.assign(exception, { name: error.serviceCode, $fault: 'client', $metadata: { httpStatusCode: 400 } })
}
