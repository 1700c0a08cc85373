import type * as binding from '#binding'
import { contextOf } from './arguments.js'
import { KeyringError } from './errors.js'
import { type Answer, type Answerer, synchronous } from './exchange.js'

/**
 * A KMS client of the AWS SDK for JavaScript v3, or anything that answers `GenerateDataKeyCommand`,
 * `EncryptCommand` and `DecryptCommand` as it does.
 */
export interface KmsClient {
  // The SDK's own type has an overload a command; only an open one admits it and a stand-in.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  send(command: any, options?: any): Promise<any>
}

/** Carries questions to KMS; `connect` gives the client. */
export function kmsAnswerer(connect: () => KmsClient): Answerer {
  return {
    waits: 'this keyring asks AWS KMS',
    answer(call, signal) {
      // Before anything is sent.
      if (signal === synchronous) throw synchronous.reason
      return send(call, connect(), signal)
    },
    failure(thrown) {
      if (thrown instanceof KeyringError) throw thrown
      const error = describe(thrown)
      const { name = '', message = '' } = error
      return [kindOfFailure(error), name, message || name]
    },
  }
}

async function send(call: binding.KmsCall, client: KmsClient, signal: AbortSignal | undefined): Promise<Answer> {
  try {
    return await client.send(commandFor(call, client), { abortSignal: signal })
  } finally {
    call.plaintext?.fill(0)
  }
}

function commandFor(call: binding.KmsCall, client: KmsClient): unknown {
  const common = {
    KeyId: call.keyId,
    EncryptionContext: call.encryptionContext.length > 0 ? contextOf(call.encryptionContext) : undefined,
    GrantTokens: call.grantTokens.length > 0 ? call.grantTokens : undefined,
  }
  const { GenerateDataKeyCommand, EncryptCommand, DecryptCommand } = commandsFor(client)
  switch (call.operation) {
    case 'GenerateDataKey':
      return new GenerateDataKeyCommand({ ...common, NumberOfBytes: call.numberOfBytes })
    case 'Encrypt':
      return new EncryptCommand({ ...common, Plaintext: call.plaintext })
    case 'Decrypt':
      return new DecryptCommand({ ...common, CiphertextBlob: call.ciphertextBlob })
    default:
      throw new Error(`no KMS operation ${call.operation}`)
  }
}

/** Whether KMS said no, was not reached or not asked, or something answered that is not KMS. */
function kindOfFailure({ name = '', message = '', $fault, $metadata, $response }: SdkError): binding.KmsFailure {
  // The SDK's names for credentials and tokens that cannot be had; a Region that is missing has no name.
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError' || message === 'Region is missing') return 'NotSent'
  if ($fault !== undefined || name.endsWith('Exception')) return 'Refused'
  // An answer that the SDK could not read: a proxy's page. It may be over soon when it is a 5xx.
  if ($response !== undefined) return ($response.statusCode ?? 0) >= 500 ? 'Unreachable' : 'WrongAnswer'
  return $metadata?.httpStatusCode === undefined ? 'Unreachable' : 'Refused'
}

/** What the SDK puts on its errors: `$fault` on those of the service, `$response` where one came. */
interface SdkError {
  name?: string
  message?: string
  $fault?: unknown
  $metadata?: { httpStatusCode?: number }
  $response?: { statusCode?: number }
}

function describe(thrown: unknown): SdkError {
  // A connection that fails for IPv4 and IPv6 is one error with two inside, and no message.
  if (thrown instanceof AggregateError && thrown.message === '') {
    const messages = thrown.errors.map((error: unknown) => describe(error).message)
    return { name: thrown.name, message: messages.join(', ') }
  }
  return typeof thrown === 'object' && thrown !== null ? (thrown as SdkError) : { message: String(thrown) }
}

type Command = new (input: object) => unknown

interface Sdk {
  GenerateDataKeyCommand: Command
  EncryptCommand: Command
  DecryptCommand: Command
  KMSClient: new (config: object) => KmsClient
}

/** A client of the SDK's, for keyrings that were given none. */
export function makeClient(config: { region?: string | undefined; endpoint?: string | undefined }): KmsClient {
  const { KMSClient } = loadSdk()
  return new KMSClient({ ...(config.region && { region: config.region }), ...(config.endpoint && { endpoint: config.endpoint }) })
}

/** The SDK's commands; for a stand-in where there is no SDK, objects that look like them. */
function commandsFor(client: KmsClient): Omit<Sdk, 'KMSClient'> {
  const isStandIn = !('middlewareStack' in client)
  try {
    return loadSdk()
  } catch (error) {
    if (isStandIn) return { GenerateDataKeyCommand, EncryptCommand, DecryptCommand }
    throw error
  }
}

class PlainCommand {
  constructor(readonly input: object) {}
}
class GenerateDataKeyCommand extends PlainCommand {}
class EncryptCommand extends PlainCommand {}
class DecryptCommand extends PlainCommand {}

function loadSdk(): Sdk {
  try {
    // When it is used and not before: most programs that need it have loaded it already.
    return require('@aws-sdk/client-kms') as Sdk
  } catch (cause) {
    const message = 'KMS needs the package `@aws-sdk/client-kms`: npm install @aws-sdk/client-kms'
    throw new KeyringError(message, { code: 'MISSING_PACKAGE', cause })
  }
}
