// Decisions, and why.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import test from 'node:test'
import { Decision, Evaluator, Policy, PolicyError, Request, Statement, UNKNOWN, evaluate, keys } from 'zt-node'
import { conditionalAccess, requireMfa } from '../support/article.mjs'

const alice = 'arn:aws:iam::111122223333:user/alice'
const allowAll = Statement.allow('All').actions('*').anyResource()
const everything = new Policy([allowAll])
const get = (context, rest = {}) => new Request({ principal: alice, action: 's3:GetObject', resource: 'arn:aws:s3:::sensitive-data/a', context, ...rest })
const type = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })

test('MFA enforcement', () => {
  const identity = [everything, requireMfa]
  const decide = (context, rest) => evaluate(get(context, rest), { identity })
  assert.equal(decide({ 'aws:MultiFactorAuthPresent': true }).outcome, 'allowed')
  assert.equal(decide({ 'aws:MultiFactorAuthPresent': false }).outcome, 'explicit_deny')
  assert.equal(decide({ 'AWS:multifactorauthpresent': 'false' }).outcome, 'explicit_deny', 'case does not matter')
  const absent = decide({})
  assert.equal(absent.outcome, 'explicit_deny')
  assert.equal(absent.allowed, false)
  assert.equal(absent.reasons.length, 1)
  const [reason] = absent.reasons
  assert.deepEqual({ ...reason, text: '' }, { policyType: 'identity', policy: '#2', statement: 'DenyAllExceptMFAAuthenticated', effect: 'Deny', text: '', choices: [] })
  assert.match(reason.text, /`aws:MultiFactorAuthPresent` is absent/)
  assert.ok(`${absent}`.startsWith('denied: '))
  assert.equal(decide({}, { action: 'iam:CreateVirtualMFADevice', resource: '*' }).outcome, 'allowed')
  assert.equal(evaluate(get({}), { identity: [requireMfa] }).outcome, 'explicit_deny')
})

test('conditional access', () => {
  const good = {
    'aws:SourceIp': '203.0.113.7',
    'aws:CurrentTime': new Date('2025-06-01T00:00:00Z'),
    'aws:RequestedRegion': 'us-east-1',
    'aws:SecureTransport': true,
    'aws:MultiFactorAuthPresent': true,
  }
  const decide = (change) => evaluate(get({ ...good, ...change }), { identity: conditionalAccess })
  assert.equal(decide({}).outcome, 'allowed')
  const outside = {
    'aws:SourceIp': '192.0.2.1',
    'aws:CurrentTime': '2024-12-31T23:59:59Z',
    'aws:RequestedRegion': 'eu-west-1',
    'aws:SecureTransport': false,
    'aws:MultiFactorAuthPresent': 'false',
  }
  for (const [key, value] of Object.entries(outside)) {
    const decision = decide({ [key]: value })
    assert.equal(decision.outcome, 'implicit_deny', key)
    assert.match(`${decision}`, new RegExp(`\`${key}\` is \`${value}\``))
    const { [key]: _, ...rest } = good
    assert.equal(evaluate(get(rest), { identity: conditionalAccess }).outcome, 'implicit_deny', `${key} absent`)
    const unknown = decide({ [key]: UNKNOWN })
    assert.equal(unknown.outcome, 'unknown')
    assert.equal(unknown.allowed, false)
    assert.deepEqual(unknown.unknownKeys, [key])
  }
  assert.equal(decide({ 'aws:CurrentTime': new Date('2026-01-01T00:00:00Z') }).outcome, 'implicit_deny')
  // What is not known does not matter when something known already decides.
  assert.deepEqual(decide({ 'aws:SecureTransport': false, 'aws:SourceIp': UNKNOWN }).unknownKeys, [])
})

test('values of every kind', () => {
  const policy = new Policy([
    allowAll.when(
      keys.aws.tagKeys.forAllValues().isIn(['team', 'stage']),
      keys.aws.multiFactorAuthAge.lessThan(3600),
      new keys.BinaryKey('x:bytes').is(Buffer.from('hi')),
      keys.aws.principalAccount.is('111122223333'),
    ),
  ])
  const decide = (context) => evaluate(get(context), { identity: [policy] }).outcome
  assert.equal(decide({ 'aws:TagKeys': ['team'], 'aws:MultiFactorAuthAge': 60, 'x:bytes': Buffer.from('hi') }), 'allowed')
  assert.equal(decide({ 'aws:TagKeys': ['team', 'x'], 'aws:MultiFactorAuthAge': 60n, 'x:bytes': new Uint8Array([104, 105]) }), 'implicit_deny')
  assert.equal(decide({ 'aws:TagKeys': ['team'], 'aws:MultiFactorAuthAge': 3600.5, 'x:bytes': Buffer.from('hi') }), 'implicit_deny')
})

test('principals of every kind, roles with a path, accounts of buckets', () => {
  const resource = new Policy([Statement.allow('Service').actions('s3:*').resources('arn:aws:s3:::b/*').principal({ Service: 'sns.amazonaws.com' })])
  const ask = (init) => evaluate(new Request({ action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', ...init }), { resource }).outcome
  assert.equal(ask({ principal: { Service: 'sns.amazonaws.com' } }), 'allowed')
  assert.equal(ask({ principal: { Service: 'sqs.amazonaws.com' } }), 'implicit_deny')
  assert.equal(ask({ principal: '*' }), 'implicit_deny')
  assert.equal(ask({ principal: '111122223333', resourceAccount: '444455556666' }), 'implicit_deny')
  const path = new Policy([allowAll.when(keys.aws.principalArn.is('arn:aws:iam::111122223333:role/team/app'))])
  const session = { principal: 'arn:aws:sts::111122223333:assumed-role/app/me', action: 's3:GetObject', resource: 'arn:aws:s3:::b/k' }
  assert.equal(evaluate(new Request(session), { identity: [path] }).outcome, 'implicit_deny')
  assert.equal(evaluate(new Request({ ...session, roleArn: 'arn:aws:iam::111122223333:role/team/app' }), { identity: [path] }).outcome, 'allowed')
})

test('every type of policy has its say', () => {
  const nothing = new Policy([Statement.allow().actions('sqs:*').anyResource()])
  const decide = (policies) => evaluate(get({}), { identity: [everything], ...policies })
  assert.equal(decide({ scps: [[everything], [everything, nothing]], rcps: [], boundaries: [everything], session: everything }).outcome, 'allowed')
  for (const [policyType, policies] of Object.entries({
    scp: { scps: [[everything], [nothing]] },
    boundary: { boundaries: [everything, nothing] },
    session: { session: [nothing] },
    endpoint: { endpoint: nothing },
  })) {
    const decision = decide(policies)
    assert.equal(decision.outcome, 'implicit_deny', policyType)
    assert.equal(decision.reasons[0].policyType, policyType)
    assert.equal(decision.reasons[0].policy, undefined)
  }
  const rcp = new Policy([Statement.deny('NoS3').actions('s3:*').anyResource().principal('*')])
  assert.deepEqual(decide({ rcps: [[rcp]] }).reasons.map(({ policyType, effect }) => [policyType, effect]), [['rcp', 'Deny']])
})

test('an evaluator decides many, in their order', () => {
  const evaluator = new Evaluator({ identity: [everything, requireMfa] })
  const requests = Array.from({ length: 1000 }, (_, index) => get({ 'aws:MultiFactorAuthPresent': index % 3 === 0 }))
  const decisions = evaluator.evaluateMany(requests)
  assert.equal(decisions.length, 1000)
  decisions.forEach((decision, index) => {
    assert.ok(decision instanceof Decision)
    assert.equal(decision.allowed, index % 3 === 0)
    assert.equal(decision.outcome, evaluator.evaluate(requests[index]).outcome)
  })
  assert.equal(`${decisions[1]}`, `${evaluator.evaluate(requests[1])}`)
  assert.deepEqual(evaluator.evaluateMany(new Set(requests.slice(0, 2))).map(({ outcome }) => outcome), ['allowed', 'explicit_deny'])
  assert.deepEqual(evaluator.evaluateMany([]), [])
  assert.equal(new Evaluator().evaluate(get({})).outcome, 'implicit_deny')
})

test('decisions print and serialise', () => {
  const decision = evaluate(get({}), { identity: [everything] })
  assert.deepEqual(JSON.parse(JSON.stringify(decision)), {
    outcome: 'allowed',
    allowed: true,
    text: 'allowed: identity policy #1, statement `All` allows `s3:GetObject`',
    reasons: [{ policyType: 'identity', policy: '#1', statement: 'All', effect: 'Allow', text: 'identity policy #1, statement `All` allows `s3:GetObject`', choices: [] }],
    unknownKeys: [],
  })
  assert.match(inspect(decision), /allowed/)
  assert.equal(inspect(get({})), "Request { action: 's3:GetObject', resource: 'arn:aws:s3:::sensitive-data/a' }")
})

test('wrong arguments are TypeErrors that say what to do', () => {
  assert.throws(() => get({ 'aws:SourceIp': undefined }), type(/leave the key out.*UNKNOWN/))
  assert.throws(() => get({ 'aws:SourceIp': null }), type(/leave the key out/))
  assert.throws(() => get({ 'aws:SourceIp': {} }), type(/context\["aws:SourceIp"\] must be/))
  assert.throws(() => get([]), type(/context must be an object/))
  assert.throws(() => get({}, { ressource: 'x' }), type(/unknown option `ressource`/))
  assert.throws(() => get({}, { principal: { Service: ['a', 'b'] } }), type(/exactly one principal/))
  assert.throws(() => get({}, { principal: undefined }), type(/principal must be/))
  assert.throws(() => evaluate({}, {}), type(/request must be a Request/))
  assert.throws(() => evaluate(get({}), { scp: [] }), type(/unknown option `scp`/))
  assert.throws(() => evaluate(get({}), { scps: [everything] }), type(/array of levels/))
  assert.throws(() => evaluate(get({}), { scps: [[undefined]] }), type(/scps\[0\]\[0\] must be a policy/))
  assert.throws(() => evaluate(get({}), { identity: [undefined] }), type(/identity\[0\] must be a policy/))
  assert.throws(() => evaluate(get({}), { resource: [everything] }), type(/resource must be a policy/))
  assert.throws(() => new Evaluator().evaluateMany([get({}), {}]), type(/requests\[1\] must be a Request/))
  assert.throws(() => evaluate(get({}), { identity: '{"Statement": 1}' }), (error) => error instanceof PolicyError && error.pointer === '/Statement')
})
