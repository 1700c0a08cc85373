import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as binding from '#binding'
import { kindOf, optionsOf, stringOf, wrongType } from './arguments.js'
import { RunError, translated } from './errors.js'
import { JournalFile } from './journal.js'
import type { Instant } from './key-types.js'
import { type Plan, nativePlan } from './plan.js'
import { type SdkClient, type SdkConfig, isNotSent, sdkClient, sdkCommand, serviceCode } from './sdk.js'
import * as sweep from './sweep.js'

/** What a {@link Runner} is made of. */
export interface RunnerOptions {
  /** What every client of the AWS SDK is made with: `region`, `credentials`, `endpoint`... Default: the environment and the profile. */
  config?: SdkConfig
  /** The account that the credentials must be for. They must be for the plan's in any case. */
  accountId?: string
  /** Called before every call. What it throws stops the run, which can be resumed or rolled back. */
  onStep?: (progress: Progress) => void
}

/** A call that is about to be made. */
export interface Progress {
  /** The id of the step. */
  readonly step: string
  /** The number of the step, from 1. */
  readonly number: number
  /** How many steps there are. */
  readonly total: number
  /** The service: `iam`. */
  readonly service: string
  /** The operation: `CreateRole`. */
  readonly operation: string
}

/** What a dry run takes. */
export interface DryRunOptions {
  /** The values of the plan's secrets, by name. */
  secrets?: Readonly<Record<string, string>>
  /** Stops the run after the call in hand: it ends as `cancelled`, and can be resumed or rolled back. */
  signal?: AbortSignal
}

/** What a run takes. */
export interface RunOptions extends DryRunOptions {
  /** The file of the journal. */
  journal: string | URL
}

/** How a run ended. */
export interface Run {
  /** `failed` in a {@link RunError} only. */
  readonly status: 'finished' | 'rolled_back' | 'cancelled' | 'failed'
  /** The outputs of the plan that are known. */
  readonly outputs: Readonly<Record<string, unknown>>
  /** The step that failed. */
  readonly step: string | undefined
  /** The call that failed: `iam PutRolePolicy`. */
  readonly call: string | undefined
  /** Why: the service's own code, or a phrase. */
  readonly serviceCode: string | undefined
  /** Steps that this run has done, or may have, and that are not undone. */
  readonly remains: readonly string[]
  /** Of a dry run: what it says of each step. */
  readonly drift: readonly Drift[]
}

/** What a dry run says of a step. */
export interface Drift {
  /** The id of the step. */
  readonly step: string
  /** `different`: a run would stop there. */
  readonly state: 'done' | 'missing' | 'different' | 'unknown'
  /** The place that is different, or why it is unknown. */
  readonly note: string | undefined
}

/**
 * Runs plans with the AWS SDK for JavaScript v3, whose clients are loaded as plans need them.
 *
 * The journal is a file of one JSON line before and after each call, each on disk before the run goes on; only its owner can read
 * it, and it holds no secrets. A run that stops at any point is resumed or rolled back from it, also by `zt.aws.Runner` of Python.
 *
 * ```js
 * const runner = new Runner({ config: { region: 'eu-central-1' }, onStep: ({ number, total, step }) => console.log(`${number}/${total} ${step}`) })
 * const run = await runner.run(plan, { journal: 'grant.jsonl' })
 * await runner.rollBack(plan, { journal: 'grant.jsonl' })
 * ```
 */
export class Runner {
  readonly #config: SdkConfig
  readonly #accountId: string | undefined
  readonly #onStep: ((progress: Progress) => void) | undefined
  readonly #clients = new Map<string, SdkClient>()
  #found: Promise<string | undefined> | undefined

  constructor(options?: RunnerOptions) {
    const { config = {}, accountId, onStep } = optionsOf(options, ['config', 'accountId', 'onStep'])
    if (typeof config !== 'object' || config === null) throw wrongType(`config must be an object, got ${kindOf(config)}`)
    if (onStep !== undefined && typeof onStep !== 'function') throw wrongType(`onStep must be a function, got ${kindOf(onStep)}`)
    this.#config = config
    this.#accountId = accountId === undefined ? undefined : stringOf('accountId', accountId)
    this.#onStep = onStep
  }

  /**
   * Runs a plan, with a new journal.
   *
   * Rejects with a {@link RunError} when it failed, whose `run` says where and what remains, or when the account or the Region is
   * not the plan's; with `EEXIST` when there is a journal: resume, roll back, or take another name.
   */
  async run(plan: Plan, options: RunOptions): Promise<Run> {
    const { native, path, secrets, signal } = given(plan, options)
    const place = await this.#place()
    const machine = translated(() => binding.PlanRun.start(native, ...place))
    checkSecrets(plan, secrets)
    return using(await JournalFile.create(path), (journal) => this.#drive(machine, journal, secrets, signal))
  }

  /** Goes on with a run. Steps that were in hand are looked for, and not done twice. */
  async resume(plan: Plan, options: RunOptions): Promise<Run> {
    return this.#again(plan, options, 'resume')
  }

  /** Undoes a run, the last step first: what it made, not what it found. */
  async rollBack(plan: Plan, options: RunOptions): Promise<Run> {
    return this.#again(plan, options, 'rollBack')
  }

  /** Looks how far the account is from the plan, by reads alone: `drift`. */
  async dryRun(plan: Plan, options?: DryRunOptions): Promise<Run> {
    const native = nativePlan(plan)
    const { secrets = {}, signal } = optionsOf(options, ['secrets', 'signal'])
    const place = await this.#place()
    const machine = translated(() => binding.PlanRun.dryRun(native, ...place))
    checkSecrets(plan, secrets)
    return this.#drive(machine, undefined, secrets, checkSignal(signal))
  }

  /**
   * The plan that removes the roles of grants that have ended by `now`, or `undefined` when there are none. They are found by path
   * and tag, by reads alone. Read the plan, then run it. At most 1,000 roles are looked at: run it and sweep again.
   */
  async sweep(options?: { now?: Instant }): Promise<Plan | undefined> {
    const { now = new Date() } = optionsOf(options, ['now'])
    const [account, region] = await this.#place()
    const read = async (plan: Plan) => {
      const machine = translated(() => binding.PlanRun.start(nativePlan(plan), account, region))
      return (await this.#drive(machine, undefined, {}, undefined)).outputs
    }
    const look = sweep.look(account, (await read(sweep.list(account)))['roles'])
    return look === undefined ? undefined : sweep.remove(account, Object.values(await read(look)), { now })
  }

  async #again(plan: Plan, options: RunOptions, verb: 'resume' | 'rollBack'): Promise<Run> {
    const { native, path, secrets, signal } = given(plan, options)
    const place = await this.#place()
    return using(await JournalFile.open(path), async (journal) => {
      const machine = translated(() => binding.PlanRun[verb](native, journal.text, ...place))
      checkSecrets(plan, secrets)
      await journal.cut(machine.whole)
      return this.#drive(machine, journal, secrets, signal)
    })
  }

  /** The account and the Region of the credentials. */
  async #place(): Promise<[account: string, region: string]> {
    const region = await this.#region()
    const answer = await this.#client('sts', region).send(sdkCommand('sts', 'GetCallerIdentity', {}))
    const account = String((answer as { Account?: unknown }).Account)
    if (this.#accountId !== undefined && this.#accountId !== account) {
      const message = `account: expected ${this.#accountId}, found \`${account}\``
      throw new RunError(message, { code: 'OTHER_ACCOUNT_OR_REGION' })
    }
    return [account, region ?? '']
  }

  /** As the SDK finds it. */
  #region(): Promise<string | undefined> {
    return (this.#found ??= this.#find())
  }

  async #find(): Promise<string | undefined> {
    const { region } = sdkClient('sts', this.#config, undefined).config
    try {
      return typeof region === 'function' ? await region() : region
    } catch (error) {
      if (isNotSent(error)) return undefined
      throw error
    }
  }

  #client(service: string, region: string | undefined): SdkClient {
    const key = `${service} ${region}`
    let client = this.#clients.get(key)
    if (client === undefined) {
      // IAM and STS are where no Region is asked for.
      client = sdkClient(service, this.#config, region ?? 'us-east-1')
      this.#clients.set(key, client)
    }
    return client
  }

  async #drive(
    machine: binding.PlanRun,
    journal: JournalFile | undefined,
    secrets: Readonly<Record<string, string>>,
    signal: AbortSignal | undefined,
  ): Promise<Run> {
    const region = await this.#region()
    let cause: unknown
    const cancel = () => machine.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    if (signal?.aborted) cancel()
    try {
      for (;;) {
        const todo = machine.next(Date.now())
        if (todo.line !== undefined) await journal?.append(todo.line)
        else if (todo.call !== undefined) cause = await this.#call(machine, todo.call, secrets, region)
        else if (todo.seconds !== undefined) await pause(todo.seconds, signal)
        else return ended(todo.end as binding.RunEnd, machine, cause)
      }
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  /** Makes a call, and gives what it threw. */
  async #call(
    machine: binding.PlanRun,
    { step, number, total, service, operation }: binding.RunCall,
    secrets: Readonly<Record<string, string>>,
    region: string | undefined,
  ): Promise<unknown> {
    this.#onStep?.({ step, number, total, service, operation })
    const client = this.#client(service, region)
    const command = sdkCommand(service, operation, JSON.parse(machine.input({ ...secrets })) as object)
    let answer: object
    try {
      answer = await client.send(command)
    } catch (error) {
      if (isNotSent(error)) throw error
      const code = serviceCode(error)
      if (code === undefined) machine.lost((error as { name?: string }).name ?? 'Error')
      else machine.refused(code)
      return error
    }
    machine.answer(JSON.stringify(answer, plain))
    return undefined
  }
}

/** What JSON does not have, as plans have it. */
function plain(key: string, value: unknown): unknown {
  if (key === '$metadata') return undefined
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

function ended(end: binding.RunEnd, machine: binding.PlanRun, cause: unknown): Run {
  const { status, step, call, serviceCode, remains, drift, text } = end
  const run: Run = {
    status: status as Run['status'],
    outputs: JSON.parse(machine.outputs()) as Record<string, unknown>,
    step,
    call,
    serviceCode,
    remains,
    drift: drift.map(({ step, state, note }) => ({ step, state: state as Drift['state'], note })),
  }
  if (status === 'failed') throw new RunError(text, { code: 'RUN_FAILED', run, cause })
  return run
}

async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(Math.ceil(seconds * 1000), undefined, { signal })
  } catch (error) {
    if (!signal?.aborted) throw error
  }
}

async function using<T>(journal: JournalFile, work: (journal: JournalFile) => Promise<T>): Promise<T> {
  try {
    return await work(journal)
  } finally {
    await journal.close()
  }
}

function given(plan: Plan, options: RunOptions) {
  const native = nativePlan(plan)
  const { journal, secrets = {}, signal } = optionsOf(options, ['journal', 'secrets', 'signal'])
  if (journal === undefined) throw wrongType('journal must be the path of a file, got undefined')
  const path = journal instanceof URL ? fileURLToPath(journal) : stringOf('journal', journal)
  return { native, path, secrets, signal: checkSignal(signal) }
}

function checkSignal(signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && typeof signal?.throwIfAborted !== 'function') {
    throw wrongType(`signal must be an AbortSignal, got ${kindOf(signal)}`)
  }
  return signal
}

function checkSecrets(plan: Plan, secrets: Readonly<Record<string, string>>): void {
  const missing = plan.secrets.find((name) => !Object.hasOwn(secrets, name))
  if (missing !== undefined) throw new RunError(`secrets: expected \`${missing}\`, found none`, { code: 'MISSING_SECRET' })
  for (const [name, value] of Object.entries(secrets)) stringOf(`secrets.${name}`, value)
}
