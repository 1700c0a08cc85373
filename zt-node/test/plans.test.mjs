// Plans, temporary access and the runner, against an emulated account.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, beforeEach, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CreateAccessKeyCommand, CreateRoleCommand, CreateUserCommand, GetRoleCommand, IAMClient, ListRolePoliciesCommand, PutRolePolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { Grant, Plan, PlanError, Request, RunError, Runner, TemporaryAccess, evaluate, sweep } from 'zt-node'
import { ACCOUNT, ALICE, OBJECT, READ, SCHEDULED, account, settings, tell } from '../support/account.mjs'
import { freePort, startMoto } from '../support/moto.mjs'

let moto
let folder
before(async () => {
  moto = await startMoto()
  folder = mkdtempSync(join(tmpdir(), 'zt-plans-'))
})
after(async () => {
  rmSync(folder, { recursive: true })
  await moto.stop()
})
beforeEach(() => tell(moto.endpoint, 'reset'))

let number = 0
const fresh = () => join(folder, `${number++}.jsonl`)
const grant = (more) => new TemporaryAccess({ principalArn: ALICE, policy: READ, durationSeconds: 3600, ...more }).plan()
const runner = (more) => new Runner({ config: settings(moto.endpoint), ...more })
const state = () => account(moto.endpoint)
const iam = () => new IAMClient(settings(moto.endpoint))
const hour = 3_600_000

function fails(code, pattern) {
  return (error) => {
    assert.ok(error instanceof RunError, `${error}`)
    assert.equal(error.code, code)
    assert.match(error.message, pattern)
    return true
  }
}

test('a grant runs, again, and is undone', async () => {
  const seen = []
  const run = runner({ accountId: ACCOUNT, onStep: (progress) => seen.push(progress) })
  const [plan, journal] = [grant(), fresh()]
  assert.deepEqual((await run.dryRun(plan)).drift.map(({ state }) => state), ['missing', 'missing'])
  assert.deepEqual(await state(), {})
  const { status, outputs } = await run.run(plan, { journal })
  assert.equal(status, 'finished')
  assert.match(outputs.role_arn, /^arn:aws:iam::123456789012:role\/zt\/temporary\/zt-grant-/)
  const made = await state()
  assert.deepEqual(Object.keys(made).map((name) => name.split(' ')[0]), ['role', 'policy'])
  const { step, total, service, operation } = seen.at(-1)
  assert.deepEqual([step, seen.at(-1).number, total, service, operation], ['policy', 2, 2, 'iam', 'PutRolePolicy'])
  if (process.platform !== 'win32') assert.equal(statSync(journal).mode & 0o777, 0o600)
  assert.deepEqual((await run.dryRun(plan)).drift.map(({ state }) => state), ['done', 'done'])

  const other = fresh()
  assert.deepEqual((await run.run(plan, { journal: other })).outputs, outputs)
  assert.equal((await run.rollBack(plan, { journal: other })).status, 'rolled_back')
  assert.deepEqual(await state(), made, 'what a run found is not its own')

  assert.equal((await run.resume(plan, { journal })).status, 'finished')
  assert.equal((await run.rollBack(plan, { journal })).status, 'rolled_back')
  assert.deepEqual(await state(), {})
  await assert.rejects(run.run(plan, { journal }), { code: 'EEXIST' })
})

test('another account, Region, plan or journal is refused', async () => {
  const other = new TemporaryAccess({ principalArn: 'arn:aws:iam::444455556666:user/bob', policy: READ, durationSeconds: 3600 }).plan()
  const journal = fresh()
  await assert.rejects(runner().run(other, { journal }), fails('OTHER_ACCOUNT_OR_REGION', /account: expected 444455556666/))
  await assert.rejects(runner({ accountId: '444455556666' }).run(grant(), { journal }), fails('OTHER_ACCOUNT_OR_REGION', /account: expected/))
  const west = grant({ scheduledDeletion: { ...SCHEDULED, region: 'us-west-2' } })
  await assert.rejects(runner().run(west, { journal }), fails('OTHER_ACCOUNT_OR_REGION', /region: expected us-west-2, found `eu-central-1`/))
  assert.ok(!existsSync(journal))
  const plan = grant()
  await runner().run(plan, { journal })
  await assert.rejects(runner().rollBack(grant(), { journal }), fails('OTHER_PLAN', /expected the journal of plan/))
  const text = readFileSync(journal, 'utf8')
  const lines = text.split('\n')
  writeFileSync(journal, [...lines.slice(0, 2), ...lines.slice(3)].join('\n'))
  await assert.rejects(runner().resume(plan, { journal }), fails('DAMAGED_JOURNAL', /line 3 is damaged/))
  writeFileSync(journal, 'dear journal')
  await assert.rejects(runner().resume(plan, { journal }), fails('DAMAGED_JOURNAL', /it is no line of a journal/))
  assert.equal(readFileSync(journal, 'utf8'), 'dear journal')
  await assert.rejects(runner().resume(plan, { journal: fresh() }), { code: 'ENOENT' })
})

test('an AbortSignal leaves a run that resumes or is rolled back', async () => {
  for (let at = 1; at <= 6; at++) {
    for (const back of [false, true]) {
      const [plan, journal, stop] = [grant(), fresh(), new AbortController()]
      let calls = 0
      const stopping = runner({ onStep: () => ++calls === at && stop.abort() })
      const { status } = await stopping.run(plan, { journal, signal: stop.signal })
      assert.equal(status, at < 5 ? 'cancelled' : 'finished')
      if (!back) {
        assert.equal((await runner().resume(plan, { journal })).status, 'finished')
        assert.equal(Object.keys(await state()).length, 2)
      }
      assert.equal((await runner().rollBack(plan, { journal })).status, 'rolled_back')
      assert.deepEqual(await state(), {})
    }
  }
})

test('a signal ends a wait, and what onStep throws ends a run', async (t) => {
  const port = await faulty(t, () => refusal('Throttling'))
  const stop = new AbortController()
  const journal = fresh()
  let calls = 0
  // The eighth failure would end it, after half a minute.
  const waiting = new Runner({ config: settings(port), onStep: () => ++calls === 4 && stop.abort() })
  const plan = grant()
  assert.equal((await waiting.run(plan, { journal, signal: stop.signal })).status, 'cancelled')
  const broken = runner({
    onStep: () => {
      throw new Error('the screen is gone')
    },
  })
  await assert.rejects(broken.resume(plan, { journal }), /the screen is gone/)
  assert.equal((await runner().resume(plan, { journal })).status, 'finished')
})

const refusal = (code) => [400, `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`]

/** A server before the emulator: what `fault` gives of the nth call is answered instead, or after it took effect. */
async function faulty(t, fault) {
  let count = 0
  const server = createServer(async (asked, answer) => {
    const body = Buffer.concat(await asked.toArray())
    const onward = async () => {
      const { host: _, 'content-length': __, connection: ___, 'transfer-encoding': ____, expect: _____, ...headers } = asked.headers
      const given = await fetch(moto.endpoint + asked.url, { method: asked.method, headers, body: body.length > 0 ? body : undefined })
      return [given.status, Buffer.from(await given.arrayBuffer()), given.headers.get('content-type')]
    }
    const isIdentity = body.includes('Action=GetCallerIdentity')
    const instead = isIdentity ? undefined : await fault(++count, onward, body.toString())
    if (instead === 'silence') return
    if (instead === 'hang up') return answer.destroy()
    const [status, text, type] = instead ?? (await onward())
    answer.writeHead(status, { 'content-type': type ?? 'text/xml' }).end(text)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${server.address().port}`
}

test('a fault at any call is overcome', { concurrency: true }, async (t) => {
  const faults = {
    throttled: async () => refusal('Throttling'),
    'a broken service': async () => [503, '<html></html>'],
    'a broken service, after it took effect': async (onward) => {
      await onward()
      return [500, '']
    },
    'an answer that cannot be read, after it took effect': async (onward) => {
      await onward()
      return [200, 'garbage']
    },
    'no connection': async () => 'hang up',
    'no connection, after it took effect': async (onward) => {
      await onward()
      return 'hang up'
    },
    'no answer, after it took effect': async (onward) => {
      await onward()
      return 'silence'
    },
  }
  await Promise.all(
    Object.entries(faults).map(([name, fault]) =>
      t.test(name, async (t) => {
        for (let at = 1; at <= 5; at++) {
          let happened = false
          const endpoint = await faulty(t, (count, onward) => {
            if (count !== at) return undefined
            happened = true
            return fault(onward)
          })
          const handler = { requestTimeout: 2000, socketTimeout: 2000, throwOnRequestTimeout: true }
          const run = new Runner({ config: settings(endpoint, { requestHandler: handler }) })
          const [plan, journal] = [grant(), fresh()]
          const { status, outputs } = await run.run(plan, { journal })
          assert.ok(happened)
          assert.equal(status, 'finished', `${at}`)
          // Others come and go meanwhile.
          const role = { RoleName: outputs.role_name }
          assert.deepEqual((await iam().send(new ListRolePoliciesCommand(role))).PolicyNames, ['access'])
          assert.equal((await run.rollBack(plan, { journal })).status, 'rolled_back')
          await assert.rejects(iam().send(new GetRoleCommand(role)), { name: 'NoSuchEntityException' })
        }
      }),
    ),
  )
})

test('a failure says where and what remains', async (t) => {
  const endpoint = await faulty(t, (_, __, body) => (body.includes('Action=PutRolePolicy') ? refusal('AccessDenied') : undefined))
  const [plan, journal] = [grant(), fresh()]
  await assert.rejects(new Runner({ config: settings(endpoint) }).run(plan, { journal }), (error) => {
    assert.ok(error instanceof RunError)
    assert.equal(error.message, 'the run failed at step `policy`, iam PutRolePolicy: AccessDenied; of it remain or may remain: role, policy')
    assert.deepEqual([error.code, error.run.serviceCode, error.run.call, error.run.remains], ['RUN_FAILED', 'AccessDenied', 'iam PutRolePolicy', ['role', 'policy']])
    assert.equal(error.cause.name, 'AccessDenied')
    return true
  })
  assert.equal((await runner().rollBack(plan, { journal })).status, 'rolled_back')
  assert.deepEqual(await state(), {})
})

test('killed anywhere, a run ends equal or as before', { skip: process.platform === 'win32' && 'no SIGKILL' }, async (t) => {
  const plan = grant({ scheduledDeletion: SCHEDULED })
  const file = join(folder, 'killed.json')
  writeFileSync(file, plan.toJson())
  const whole = fresh()
  await runner().run(plan, { journal: whole })
  const made = await state()
  assert.equal(Object.keys(made).length, 4)
  await runner().rollBack(plan, { journal: whole })
  const child = fileURLToPath(new URL('../support/run-child.mjs', import.meta.url))
  const isKilled = async (verb, journal, at, how) => {
    const run = spawn(process.execPath, ['--no-warnings', child, file, journal, moto.endpoint, verb, String(at), how], { stdio: 'inherit' })
    const [code, signal] = await once(run, 'exit')
    assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`)
    return signal === 'SIGKILL'
  }
  for (const how of ['before a call', 'inside a call', 'inside a line']) {
    await t.test(how, async () => {
      let at = 1
      for (let killed = true; killed; at++) {
        const journal = fresh()
        killed = await isKilled('run', journal, at, how)
        // Every other one is rolled back at once; resumed ones are, too, in the end.
        if (at % 2 === 0) {
          assert.equal((await runner().resume(plan, { journal })).status, 'finished')
          assert.deepEqual(await state(), made, `${how} ${at}`)
        }
        assert.equal((await runner().rollBack(plan, { journal })).status, 'rolled_back')
        assert.deepEqual(await state(), {}, `${how} ${at}`)
      }
      assert.ok(at > 8, `${at}`)
    })
  }
})

test('exactly the required actions are needed', async () => {
  // The emulator compares names of actions only, and does not check tags and PassRole. Its refusals for the scheduler are XML,
  // of which the SDK reads the status.
  const plan = grant({ scheduledDeletion: SCHEDULED })
  await iam().send(new CreateUserCommand({ UserName: 'operator' }))
  const { AccessKey } = await iam().send(new CreateAccessKeyCommand({ UserName: 'operator' }))
  const credentials = { accessKeyId: AccessKey.AccessKeyId, secretAccessKey: AccessKey.SecretAccessKey }
  const needed = (phase) => plan.requiredPolicy(ACCOUNT, 'eu-central-1', { phase }).toJSON().Statement.flatMap(({ Action }) => Action)
  const operator = async (actions) => {
    await tell(moto.endpoint, 'reset-auth', '1000000')
    const Statement = [{ Effect: 'Allow', Action: [...actions, 'sts:GetCallerIdentity'], Resource: '*' }]
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement })
    await iam().send(new PutUserPolicyCommand({ UserName: 'operator', PolicyName: 'plan', PolicyDocument }))
    await tell(moto.endpoint, 'reset-auth', '0')
    return runner({ config: settings(moto.endpoint, { credentials }) })
  }
  const unchecked = ['iam:TagRole', 'iam:PassRole']
  const [run, undo] = [needed('run'), needed('undo')]
  try {
    const journal = fresh()
    assert.equal((await (await operator(run)).run(plan, { journal })).status, 'finished')
    assert.equal((await (await operator(undo)).rollBack(plan, { journal })).status, 'rolled_back')
    for (const action of run.filter((action) => !unchecked.includes(action))) {
      const journal = fresh()
      const without = await operator(run.filter((other) => other !== action))
      await assert.rejects(without.run(plan, { journal }), fails('RUN_FAILED', /AccessDenied|403/), action)
      assert.equal((await (await operator(undo)).rollBack(plan, { journal })).status, 'rolled_back')
    }
  } finally {
    await tell(moto.endpoint, 'reset-auth', '1000000')
  }
  assert.deepEqual(await state(), {})
})

test('a dry run reports drift', async () => {
  const [plan, journal] = [grant(), fresh()]
  const { outputs } = await runner().run(plan, { journal })
  await iam().send(new PutRolePolicyCommand({ RoleName: outputs.role_name, PolicyName: 'access', PolicyDocument: READ.toJson() }))
  const changed = await state()
  assert.deepEqual((await runner().dryRun(plan)).drift, [
    { step: 'role', state: 'done', note: undefined },
    { step: 'policy', state: 'different', note: 'PolicyDocument' },
  ])
  await assert.rejects(runner().run(plan, { journal: fresh() }), fails('RUN_FAILED', /somebody else's is there: PolicyDocument is otherwise/))
  assert.deepEqual(await state(), changed)
})

test('a journal holds no secrets, and is one run\'s at a time', async () => {
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: ALICE }, Action: 'sts:AssumeRole' }] }
  const role = { RoleName: 'audit' }
  const call = (operation, input) => ({ service: 'iam', operation, input })
  const plan = Plan.fromJson({
    format: 'zt-plan-1',
    id: 'audit',
    title: 'a role for the audit',
    account: ACCOUNT,
    region: 'aws-global',
    steps: [
      {
        id: 'role',
        reason: 'make the role',
        call: call('CreateRole', { ...role, AssumeRolePolicyDocument: JSON.stringify(trust), Description: { $secret: 'word' } }),
        again: { found: { read: call('GetRole', role), expect: [{ path: 'Role.RoleName', is: 'audit' }], outputs: [{ path: 'Role', at: 'Role' }] } },
        undo: call('DeleteRole', role),
      },
    ],
    outputs: { arn: { $ref: 'role.Role.Arn' } },
  })
  assert.deepEqual(plan.secrets, ['word'])
  const journal = fresh()
  await assert.rejects(runner().run(plan, { journal }), fails('MISSING_SECRET', /expected `word`, found none/))
  assert.ok(!existsSync(journal))
  const intruding = []
  const watched = runner({ onStep: () => intruding.push(runner().rollBack(plan, { journal, secrets: { word: '' } }).catch((error) => error)) })
  const { outputs } = await watched.run(plan, { journal, secrets: { word: 'swordfish' } })
  assert.deepEqual(outputs, { arn: `arn:aws:iam::${ACCOUNT}:role/audit` })
  assert.ok(intruding.length > 0)
  const [first] = await Promise.all(intruding)
  assert.ok(fails('JOURNAL_IN_USE', /in use/)(first) && first.retryable)
  const { Role } = await iam().send(new GetRoleCommand(role))
  assert.equal(Role.Description, 'swordfish')
  assert.ok(!(readFileSync(journal, 'utf8') + plan.toJson() + String(plan)).includes('swordfish'))
})

test('a hundred grants at once do not collide', async () => {
  const access = new TemporaryAccess({ principalArn: ALICE, policy: READ, durationSeconds: 3600 })
  const now = new Date()
  const plans = Array.from({ length: 100 }, () => access.plan({ now }))
  const run = runner()
  const runs = await Promise.all(plans.map((plan) => run.run(plan, { journal: join(folder, `${plan.id}.jsonl`) })))
  const names = runs.map(({ outputs }) => outputs.role_name)
  assert.equal(new Set(names).size, 100)
  assert.equal(Object.keys(await state()).length, 200)
  await run.rollBack(plans[0], { journal: join(folder, `${plans[0].id}.jsonl`) })
  const left = new Set(Object.keys(await state()).map((name) => name.split(' ')[1]))
  assert.deepEqual([...left].sort(), names.slice(1).sort())
})

/** What the documents in the account say: of assuming the role, and of a session reading. */
async function decide(role, now) {
  const found = await state()
  const trust = JSON.parse(decodeURIComponent(found[`role ${role}`].AssumeRolePolicyDocument))
  const identity = Object.entries(found).flatMap(([name, document]) => (name.startsWith(`policy ${role} `) ? [document] : []))
  const arn = `arn:aws:iam::${ACCOUNT}:role/zt/temporary/${role}`
  const context = { 'aws:CurrentTime': now }
  const assume = new Request({ principal: ALICE, action: 'sts:AssumeRole', resource: arn, context })
  const principal = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/alice`
  const use = new Request({ principal, action: 's3:GetObject', resource: OBJECT, roleArn: arn, context })
  return [evaluate(assume, { resource: trust }).allowed, evaluate(use, { identity }).outcome]
}

test('a grant past its end allows nothing', async () => {
  const start = Date.now() + hour
  const plan = grant({ startsAt: new Date(start) })
  const { outputs } = await runner().run(plan, { journal: fresh() })
  const at = (milliseconds) => decide(outputs.role_name, new Date(milliseconds))
  assert.deepEqual(await at(start + 1000), [true, 'allowed'])
  assert.deepEqual(await at(start + hour - 2000), [true, 'allowed'])
  assert.deepEqual(await at(start + hour), [false, 'explicit_deny'])
  assert.deepEqual(await at(start + 9 * hour), [false, 'explicit_deny'])
  assert.ok(!(await at(start - 2000)).some((said) => said === true || said === 'allowed'))
})

test('a revoked session is denied', async () => {
  const plan = grant()
  const { outputs } = await runner().run(plan, { journal: fresh() })
  const made = Grant.of(plan)
  assert.deepEqual([made.accountId, made.role], [ACCOUNT, outputs.role_name])
  assert.equal(Grant.of(made.revoke()), undefined)
  assert.deepEqual(await decide(made.role, new Date()), [true, 'allowed'])
  const [journal, stop] = [fresh(), new AbortController()]
  const stopping = runner({ onStep: ({ step }) => step === 'deny' && stop.abort() })
  assert.equal((await stopping.run(made.revoke(), { journal, signal: stop.signal })).status, 'cancelled')
  assert.deepEqual(await decide(made.role, new Date()), [false, 'explicit_deny'])
  assert.equal((await runner().resume(made.revoke(), { journal })).status, 'finished')
  assert.deepEqual(await state(), {})
  assert.throws(() => new Grant(ACCOUNT, 'admin'), (error) => error instanceof PlanError && error.code === 'INVALID_ACCESS')
})

test('a sweep removes what has ended and nothing else', async () => {
  const run = runner()
  assert.equal(await run.sweep(), undefined)
  await iam().send(new CreateRoleCommand({ RoleName: 'zt-theirs', Path: '/zt/temporary/', AssumeRolePolicyDocument: '{}' }))
  await run.run(grant({ durationSeconds: 36_000 }), { journal: fresh() })
  const stays = await state()
  for (let count = 0; count < 2; count++) await run.run(grant(), { journal: fresh() })
  const all = await state()
  assert.equal(await run.sweep(), undefined)
  const removal = await run.sweep({ now: new Date(Date.now() + 2 * hour) })
  assert.deepEqual(await state(), all, 'a sweep only looks')
  assert.ok(!String(removal).includes('zt-theirs'))
  assert.equal((await run.run(removal, { journal: fresh() })).status, 'finished')
  assert.deepEqual(await state(), stays)
  assert.throws(() => sweep.look(ACCOUNT, 'roles'), PlanError)
})

test('a plan approved too late does nothing', async () => {
  const plan = new TemporaryAccess({ principalArn: ALICE, policy: READ, durationSeconds: 300 }).plan({ now: new Date(Date.now() - hour) })
  await assert.rejects(runner().run(plan, { journal: fresh() }), fails('RUN_FAILED', /must not be run any more/))
  assert.deepEqual(await state(), {})
})

test('without credentials nothing is begun', async () => {
  const none = new Runner({
    config: settings(`http://127.0.0.1:${await freePort()}`, {
      credentials: async () => {
        throw Object.assign(new Error('no credentials'), { name: 'CredentialsProviderError' })
      },
    }),
  })
  const journal = fresh()
  await assert.rejects(none.run(grant(), { journal }), /no credentials/)
  assert.ok(!existsSync(journal))
})
