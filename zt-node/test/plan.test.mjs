// Plans as data, grants as plans, and the checks of a request's context: without an account.
import assert from 'node:assert/strict'
import test from 'node:test'
import { inspect } from 'node:util'
import { AccessContext, AccessPolicy, Plan, PlanError, Policy, PolicyError, Runner, Statement, TemporaryAccess, TimeWindow, keys } from 'zt-node'

const ACCOUNT = '111122223333'
const ALICE = `arn:aws:iam::${ACCOUNT}:user/alice`
const read = new Policy([Statement.allow('Read').actions('s3:GetObject').resources('arn:aws:s3:::reports/*')])
const now = new Date('2026-06-01T12:00:00Z')
const access = new TemporaryAccess({ principalArn: ALICE, policy: read, durationSeconds: 3600 })

test('plans are read back', () => {
  const plan = access.plan({ now, planId: 'june' })
  assert.ok(Plan.fromJson(plan.toJson()).equals(plan) && Plan.fromJson(plan.toJSON()).equals(plan))
  assert.ok(Plan.fromJson(Buffer.from(JSON.stringify(plan))).equals(plan))
  const { id, account, region, notAfter, secrets } = plan
  assert.deepEqual([id, account, region, notAfter, secrets], ['june', ACCOUNT, 'aws-global', new Date('2026-06-01T13:00:00Z'), []])
  assert.deepEqual(plan.steps.map(({ id }) => id), ['role', 'policy'])
  assert.equal(plan.steps[0].input.RoleName, 'zt-june')
  assert.match(String(plan), /2026-06-01T13:00:00Z/)
  assert.match(plan.toMermaid(), /^flowchart TD/)
  assert.equal(inspect(plan), "Plan { id: 'june', steps: 2 }")
  assert.equal(Plan.jsonSchema().title, 'zt-plan-1')
  const later = access.plan({ now: new Date('2026-06-02T12:00:00Z'), planId: 'june' })
  assert.match(later.changesSince(plan), /~ role: call.input.Tags\[1\].Value/)
  assert.equal(plan.changesSince(plan), '')
  assert.notEqual(access.plan({ now }).id, access.plan({ now }).id)
  assert.throws(
    () => Plan.fromJson(plan.toJson().replaceAll('PutRolePolicy', 'PutRolesPolicy')),
    (error) => error instanceof PlanError && error.code === 'INVALID_PLAN' && error.step === 'policy' && error.suggestion === 'PutRolePolicy',
  )
  assert.throws(() => Plan.fromJson(7), TypeError)
})

test('a plan knows its least privilege', () => {
  const plan = access.plan({ now, planId: 'june' })
  const policy = plan.requiredPolicy(ACCOUNT, 'eu-central-1', { phase: 'both' })
  assert.ok(policy instanceof Policy && policy.toJson().includes('iam:CreateRole'))
  assert.ok(plan.escalations(ACCOUNT, 'eu-central-1').length > 0)
  assert.throws(() => plan.requiredPolicy('444455556666', 'eu-central-1'), PlanError)
  assert.throws(() => plan.requiredPolicy(ACCOUNT, 'eu-central-1', { phase: 'undone' }), /expected one of run, undo, both, found `undone`/)
})

test('a grant holds what it was made of', () => {
  const partner = new TemporaryAccess({
    principalArn: 'arn:aws:iam::444455556666:role/support',
    policy: read,
    durationSeconds: 3600,
    startsAt: '2026-06-01T13:00:00Z',
    permissionsBoundary: `arn:aws:iam::${ACCOUNT}:policy/boundary`,
    conditions: [keys.aws.sourceIp.isIn('203.0.113.0/24')],
    externalId: '7f3c9a52',
    accountId: ACCOUNT,
    scheduledDeletion: { roleArn: `arn:aws:iam::${ACCOUNT}:role/cleaner`, region: 'eu-central-1' },
  })
  const plan = partner.plan({ now, notAfter: new Date('2026-06-01T12:10:00Z') })
  assert.deepEqual(plan.steps.map(({ id }) => id), ['end-policy', 'end-role', 'role', 'policy'])
  assert.deepEqual([plan.account, plan.region, plan.notAfter], [ACCOUNT, 'eu-central-1', new Date('2026-06-01T12:10:00Z')])
  for (const part of ['7f3c9a52', '203.0.113.0/24', 'policy/boundary', '2026-06-01T14:00:00Z']) assert.ok(plan.toJson().includes(part), part)
  const refused = (more, pattern) => assert.throws(() => new TemporaryAccess({ principalArn: ALICE, policy: read, durationSeconds: 3600, ...more }).plan({ now }), pattern)
  refused({ externalId: '7f3c9a52' }, /external id: expected none/)
  refused({ durationSeconds: 59 }, /duration: expected 60 s to 31536000 s/)
  refused({ durationSeconds: -1 }, RangeError)
  refused({ startsAt: '2026-06-01T11:00:00Z' }, /starts at: expected an instant that is not past/)
  refused({ principalArn: 'alice' }, PlanError)
  refused({ policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'iam:*', Resource: '*' }] } }, PlanError)
  refused({ duration: 3600 }, /unknown option `duration`/)
  assert.throws(() => new Runner({ session: {} }), /unknown option `session`/)
})

test('the context of a request is checked', () => {
  const signed = []
  const policy = new AccessPolicy({
    networks: ['203.0.113.0/24'],
    signedPosture: {
      verify: (claim, signature) => {
        signed.push(claim)
        return Buffer.from(signature).equals(Buffer.from('good'))
      },
      maxAgeSeconds: 300,
    },
    windows: [new TimeWindow({ days: ['mon', 'sunday'], start: '22:00', end: '04:00', zone: 'Europe/Berlin' })],
    behaviorAtMost: 0.5,
  })
  const instant = new Date('2026-06-01T21:30:00Z')
  const claim = { device_id: 'd', user_id: 'u', compliant: true, issued_at: instant.toISOString() }
  const context = (changes = {}, signature = 'good') => ({
    sourceIp: '203.0.113.7',
    deviceId: 'd',
    timestamp: instant,
    userId: 'u',
    posture: { claim: Buffer.from(JSON.stringify({ ...claim, ...changes })), signature: Buffer.from(signature) },
    behaviorScore: 0.1,
  })
  const verdict = policy.check(new AccessContext(context()))
  assert.ok(verdict.allowed)
  assert.deepEqual(verdict.checks.map(({ name, passed }) => [name, passed]), [['network', true], ['device', true], ['time', true], ['behavior', true]])
  assert.match(String(verdict), /^allowed\n- network passed: /)
  assert.equal(signed.length, 1)
  for (const [denied, why] of [
    [context({}, 'bad'), /not signed by the management service/],
    [context({ device_id: 'e' }), /about another device/],
    [context({ user_id: 'e' }), /about another user/],
    [context({ compliant: false }), /is not compliant/],
    [context({ issued_at: '2026-06-01T21:24:00Z' }), /too old/],
    [context({ issued_at: '2026-06-01T21:36:00Z' }), /from the future/],
    [{ posture: { compliant: true } }, /only asserted by the caller/],
  ]) {
    const { allowed, checks } = policy.check(denied)
    assert.ok(!allowed)
    assert.match(checks[1].reason, why)
  }
  assert.deepEqual(policy.check({}).checks.map(({ passed }) => passed), [false, false, false, false])
  // A promise is no answer.
  const late = new AccessPolicy({ signedPosture: { verify: async () => true, maxAgeSeconds: 300 } })
  assert.throws(() => late.check(context()), /must be a boolean, got an instance of Promise/)
  const asserted = new AccessPolicy({ assertedPosture: true }).check({ posture: { compliant: true } })
  assert.ok(asserted.allowed && /nobody verified it/.test(asserted.checks[0].reason))
  assert.throws(() => new AccessPolicy({}), (error) => error instanceof PolicyError && error.code === 'INVALID_ACCESS' && /at least one check/.test(error.message))
  assert.throws(() => new TimeWindow({ days: ['mon'], start: '09:00', end: '17:00', zone: 'Mars' }), /such as Europe\/Berlin, found `Mars`/)
  assert.throws(() => policy.check({ sourceIP: '203.0.113.7' }), /unknown option `sourceIP`/)
})
