// The names that other people's code depends on, each called as the design says.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as zt from 'zt-node'
import { Policy, PolicyError, Request, Statement, ZtError, evaluate, keys } from 'zt-node'

test('policies, requests and decisions', () => {
  const policy = new Policy([
    Statement.deny('DenyAllExceptMFAAuthenticated')
      .notActions('iam:CreateVirtualMFADevice', 'sts:GetSessionToken')
      .resources('*')
      .when(keys.aws.multiFactorAuthPresent.ifExists().is(false)),
  ])
  const request = new Request({ principal: 'arn:aws:iam::111122223333:user/alice', action: 's3:GetObject', resource: '*', context: { 'aws:MultiFactorAuthPresent': false } })
  const decision = evaluate(request, { identity: [policy] })
  assert.equal(decision.outcome, 'explicit_deny')
  assert.deepEqual([decision.allowed, decision.unknownKeys], [false, []])
  assert.deepEqual(Object.keys(decision.reasons[0]), ['policyType', 'policy', 'statement', 'effect', 'text', 'choices'])
  assert.deepEqual(new zt.Evaluator({ identity: [policy] }).evaluateMany([request]).map(({ outcome }) => outcome), ['explicit_deny'])
  assert.equal(new zt.Evaluator({ identity: [policy] }).evaluate(request).outcome, 'explicit_deny')
})

test('findings', () => {
  const policy = new Policy([Statement.allow().actions(zt.undocumented('s3:GetObjct')).resources('*')])
  const [finding] = zt.validate(policy, { now: new Date() })
  assert.equal(finding.code, 'unknown-action')
  assert.deepEqual([finding.severity, finding.pointer, typeof finding.message], ['warning', '/Statement/0/Action', 'string'])
  for (const kind of ['identity', 'resource', 'trust', 'scp', 'rcp', 'boundary', 'session', 'endpoint']) {
    assert.ok(Array.isArray(zt.validate(policy, { kind })), kind)
  }
})

test('guardrails', () => {
  const { requireMfa, restrictAccess, kmsKeyPolicy, temporaryAccess } = zt.guardrails
  const read = new Policy([Statement.allow().actions('s3:GetObject').resources('*')])
  const made = [
    requireMfa(),
    restrictAccess({ requireTls: true }).deny(),
    kmsKeyPolicy('111122223333', { administrators: ['arn:aws:iam::111122223333:role/Admin'] }),
    temporaryAccess(read, { notAfter: new Date('2027-01-01') }),
  ]
  for (const policy of made) assert.ok(policy instanceof Policy && policy.limits.length > 0)
})

test('the catalogue', () => {
  const { action, actions, conditionKey, expand, services } = zt.catalog
  assert.ok(services().some(({ prefix }) => prefix === 's3'))
  assert.ok(actions('s3').includes('s3:GetObject'))
  assert.equal(action('s3:GetObject').name, 's3:GetObject')
  assert.ok(expand('s3:Get*').includes('s3:GetObject'))
  assert.equal(conditionKey('aws:SourceIp').name, 'aws:SourceIp')
})

test('errors', () => {
  assert.throws(
    () => Policy.parse('{"Statement": 1}'),
    (error) => error instanceof PolicyError && error instanceof ZtError && error.code === 'INVALID_POLICY' && error.line === 1 && error.found !== undefined,
  )
})
