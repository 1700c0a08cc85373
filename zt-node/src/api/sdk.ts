/** The clients of the AWS SDK for JavaScript v3, loaded when a plan needs them. */
import { RunError } from './errors.js'

/** A client of the SDK's. */
export interface SdkClient {
  send(command: unknown): Promise<object>
  readonly config: { region?: string | (() => Promise<string>) }
}

/** What every client of the SDK takes: `region`, `credentials`, `endpoint`... */
export type SdkConfig = Readonly<Record<string, unknown>>

type Sdk = Record<string, (new (input: object) => SdkClient) | undefined>

/** Packages whose names are not those of the services in Python's SDK, which plans use. */
const packages: Readonly<Record<string, string>> = {
  events: 'eventbridge',
  logs: 'cloudwatch-logs',
  stepfunctions: 'sfn',
}

/** How long a call may take. */
const TIMEOUT = 60_000

/** A client for a service. It does not retry: the run does, which must know of every attempt. */
export function sdkClient(service: string, config: SdkConfig, region: string | undefined): SdkClient {
  const sdk = load(service)
  const handler = { connectionTimeout: TIMEOUT, requestTimeout: TIMEOUT, socketTimeout: TIMEOUT, throwOnRequestTimeout: true }
  const settings = { requestHandler: handler, ...config, ...(region === undefined ? {} : { region }), maxAttempts: 1 }
  const names = Object.keys(sdk).filter((name) => /^[A-Z]\w*Client$/.test(name) && !name.startsWith('__'))
  const Client = sdk[names[0] as string]
  if (Client === undefined) throw new RunError(`\`${packageOf(service)}\` has no client`, { code: 'MISSING_PACKAGE' })
  return new Client(settings)
}

/** A call of an operation. */
export function sdkCommand(service: string, operation: string, input: object): unknown {
  const Command = load(service)[`${operation}Command`]
  if (Command === undefined) {
    const message = `\`${packageOf(service)}\` has no ${operation}: npm install ${packageOf(service)}@latest`
    throw new RunError(message, { code: 'MISSING_PACKAGE' })
  }
  return new Command(input)
}

/** The error of a service; `undefined` when nobody knows whether the call took effect. */
export function serviceCode(error: unknown): string | undefined {
  const { name, Code, $fault, $metadata, $response } = error as SdkError
  const status = $response?.statusCode ?? $metadata?.httpStatusCode ?? 0
  const code = $fault === undefined ? undefined : Code ?? name
  if (code !== undefined && code !== 'Unknown') return code
  // An answer without a code, of a proxy or a load balancer: the status says what it means.
  return status >= 400 ? String(status) : undefined
}

/** Whether nothing was sent, because there are no credentials or no Region. */
export function isNotSent(error: unknown): boolean {
  const { name, message } = error as SdkError
  return name === 'CredentialsProviderError' || name === 'TokenProviderError' || message === 'Region is missing'
}

/** What is not an Error says nothing. */
interface SdkError {
  name?: string
  message?: string
  /** The code as the service wrote it, where the SDK's name for it is another: `NoSuchEntity`. */
  Code?: string
  $fault?: unknown
  $metadata?: { httpStatusCode?: number }
  /** On what the SDK could not read. */
  $response?: { statusCode?: number }
}

function packageOf(service: string): string {
  return `@aws-sdk/client-${packages[service] ?? service}`
}

function load(service: string): Sdk {
  const name = packageOf(service)
  try {
    return require(name) as Sdk
  } catch (cause) {
    if ((cause as { code?: string }).code !== 'MODULE_NOT_FOUND') throw cause
    throw new RunError(`this plan needs the package \`${name}\`: npm install ${name}`, { code: 'MISSING_PACKAGE', cause })
  }
}
