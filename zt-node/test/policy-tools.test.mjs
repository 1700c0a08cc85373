// Validation, guardrails, rewriting, joint requests and the matrix, as Node has them. What they give: `parity.test.mjs`.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import test from 'node:test'
import {
  AccessMatrix, Evaluator, JointDecision, Policy, PolicyError, Request, Statement, UNKNOWN, choices, equivalent, evaluate, guardrails,
  keys, rules, undocumented, validate,
} from 'zt-node'

const alice = 'arn:aws:iam::111122223333:user/alice'
const typo = new Policy([Statement.allow('Read').actions(undocumented('s3:GetObjct')).resources('arn:aws:s3:::b/*')])
const read = new Policy([Statement.allow('Read').actions('s3:Get*').anyResource()])
const write = new Policy([Statement.allow('Write').actions('s3:Put*').anyResource()])
const get = (context = {}) => new Request({ principal: alice, action: 's3:GetObject', resource: '*', context })
const end = new Date('2026-06-01T12:00:00Z')
const refused = (code, message) => (error) => {
  assert.ok(error instanceof PolicyError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}
const wrong = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })

test('findings', () => {
  const [finding, ...others] = validate(typo)
  assert.deepEqual(others, [])
  assert.equal(finding.rule.code, finding.code)
  assert.match(finding.rule.source, /^Service Authorization Reference/)
  assert.match(String(finding), /^warning unknown-action at \/Statement\/0\/Action: /)
  assert.match(inspect(finding), /unknown-action/)
  const { pointer, action, name, value, text } = finding.suggestion
  assert.deepEqual({ pointer, action, name, value }, { pointer: '/Statement/0/Action', action: 'replace', name: undefined, value: 's3:GetObject' })
  assert.equal(text, String(finding.suggestion))
  const mended = finding.suggestion.apply(typo)
  assert.deepEqual(validate(mended), [])
  assert.ok(mended instanceof Policy)
  const { code, severity, message } = finding
  assert.deepEqual(JSON.parse(JSON.stringify(finding)), { code, severity, pointer, message, suggestion: { pointer, action, value, text } })
  assert.throws(() => finding.suggestion.apply({ Statement: [] }), refused('NO_SUCH_PLACE', /no such place/))
  assert.throws(() => validate(typo, { kind: 'bucket' }), refused('UNKNOWN_NAME', /`bucket`: expected one of identity, resource, trust, scp/))
  assert.throws(() => validate(typo, { sizeLimit: 'tiny' }), refused('UNKNOWN_NAME', /managed_policy/))
  assert.throws(() => validate('{}'), refused('INVALID_POLICY', /expected/))
  assert.throws(() => validate(typo, { king: 'scp' }), wrong(/unknown option `king`: expected kind, now/))
  assert.throws(() => validate(7), wrong(/policy must be a policy or its JSON/))
})

test('dates are in the past when it is known what is now', () => {
  const dated = new Policy([Statement.allow().actions('s3:GetObject').resources('arn:aws:s3:::b/*').when(keys.aws.currentTime.before(end))])
  const codes = (now) => validate(dated, { now }).map(({ code }) => code)
  const later = codes(new Date('2026-06-02T12:00:00Z'))
  assert.notDeepEqual(later, [])
  assert.deepEqual(codes('2026-06-02T12:00:00Z'), later)
  assert.deepEqual(codes(new Date('2026-05-01')), [])
  assert.deepEqual(validate(dated), [])
  assert.throws(() => codes('tomorrow'), refused('INVALID_VALUE', /expected a date/))
  assert.throws(() => codes(7), wrong(/now must be a Date or a string/))
  assert.throws(() => codes(new Date(NaN)), { name: 'RangeError' })
})

test('rules', () => {
  assert.ok(rules().length >= 40)
  assert.ok(rules().every(({ why, title, source }) => why && title && source))
  assert.equal(new Set(rules().map(({ code }) => code)).size, rules().length)
})

test('a guardrail is a policy', () => {
  const mfa = guardrails.requireMfa()
  assert.ok(mfa instanceof Policy)
  assert.ok(mfa.equals(Policy.parse(mfa.toJson())))
  assert.equal(evaluate(get(), { identity: [read, { name: 'mfa', policy: mfa }] }).outcome, 'explicit_deny')
  assert.ok(mfa.limits.length > 3)
  assert.deepEqual(validate(mfa).filter(({ severity }) => severity === 'error'), [])
  assert.equal(equivalent(mfa, mfa.minimize()).equal, true)
  assert.ok(guardrails.requireMfa({ maxAgeSeconds: 3600 }).toJson().includes('3600'))
})

test('parameters that cannot be one', () => {
  const { requireMfa, restrictAccess, temporaryAccess, trust } = guardrails
  assert.throws(() => requireMfa({ maxAge: 3600 }), wrong(/unknown option `maxAge`/))
  assert.throws(() => requireMfa({ maxAgeSeconds: -1 }), { name: 'RangeError' })
  assert.throws(() => requireMfa({ passwordChange: 'yes' }), wrong(/passwordChange must be a boolean/))
  assert.throws(() => restrictAccess({ actions: 's3:GetObject' }), wrong(/actions must be an array/))
  assert.throws(() => restrictAccess({ principals: 'alice' }), wrong(/principals must be an array/))
  assert.throws(() => restrictAccess({ notAfter: 7 }), wrong(/notAfter must be a Date/))
  assert.throws(() => temporaryAccess(read, { notAfter: 'tomorrow' }), refused('INVALID_VALUE', /expected a date/))
  assert.throws(() => temporaryAccess(read, {}), wrong(/notAfter must be a Date/))
  assert.throws(() => trust.principal(alice, { when: ['aws:SourceIp'] }), wrong(/expected a condition/))
  assert.throws(() => trust.principal(alice, { until: end }), wrong(/unknown option `until`/))
  for (const action of guardrails.OUTLIVING_ACTIONS) {
    const wide = new Policy([Statement.allow().actions(undocumented(`${action.slice(0, -1)}?`)).anyResource()])
    assert.throws(() => temporaryAccess(wide, { notAfter: end }), refused('INVALID_PARAMETER', new RegExp(action)))
  }
})

test('temporary access ends', () => {
  const access = guardrails.temporaryAccess(read, { notAfter: end, notBefore: '2026-06-01T08:00:00Z' })
  const role = access.trust(alice, { when: [keys.aws.sourceIp.isIn('203.0.113.0/24')] })
  assert.ok(access.limits.length > 0 && role.limits.length > 0)
  for (const [hour, outcome] of [[7, 'explicit_deny'], [8, 'allowed'], [12, 'explicit_deny']]) {
    const context = { 'aws:CurrentTime': new Date(Date.UTC(2026, 5, 1, hour)), 'aws:SourceIp': '203.0.113.7' }
    assert.equal(evaluate(get(context), { identity: access }).outcome, outcome)
    const assume = new Request({ principal: alice, action: 'sts:AssumeRole', resource: 'arn:aws:iam::111122223333:role/r', context })
    assert.equal(evaluate(assume, { resource: role }).allowed, outcome === 'allowed')
  }
})

test('constants', () => {
  const key = guardrails.kmsKeyPolicy('111122223333', { administrators: [alice], users: ['arn:aws:iam::111122223333:role/App'] })
  const allowed = Object.fromEntries(key.toJSON().Statement.map(({ Sid, Action }) => [Sid, Action]))
  assert.deepEqual(allowed.AllowAdministration, guardrails.KEY_ADMINISTRATION)
  assert.deepEqual(allowed.AllowUse, guardrails.KEY_USE)
  const mine = Statement.deny('Mine').principal('*').actions('kms:PutKeyPolicy').anyResource()
  const extended = guardrails.kmsKeyPolicy('111122223333', { administrators: [alice], statements: [mine] })
  assert.deepEqual(extended.toJSON().Statement.at(-1), mine.toJSON())
  assert.throws(() => guardrails.kmsKeyPolicy('111122223333', { administrators: [alice], statements: [{}] }), wrong(/expected a statement/))
  const [deny] = guardrails.restrictAccess({ regions: ['eu-central-1'] }).deny().toJSON().Statement
  assert.deepEqual(deny.NotAction, guardrails.GLOBAL_SERVICES)
})

test('rewriting', () => {
  const one = (sid) => Statement.allow(sid).actions('s3:Get*', 's3:GetObject').anyResource()
  const long = new Policy([one('A'), one('B')])
  const short = long.minimize()
  assert.deepEqual(short.toJSON().Statement, [{ Sid: 'A', Effect: 'Allow', Action: 's3:Get*', Resource: '*' }])
  assert.equal(equivalent(long, short).equal, true)
  const { equal, witness } = equivalent(read, write)
  assert.equal(equal, false)
  assert.ok(witness instanceof Request)
  assert.notEqual(evaluate(witness, { identity: read }).outcome, evaluate(witness, { identity: write }).outcome)
  assert.ok(long.split('managed_policy')[0].equals(long))
  assert.throws(() => long.split('identity'), refused('UNKNOWN_NAME', /size limit `identity`/))
})

test('named policies', () => {
  const request = new Request({ principal: alice, action: 'ec2:RunInstances', resource: '*', context: { 'aws:RequestedRegion': 'eu-west-1' } })
  const everything = new Policy([Statement.allow().actions('*').anyResource()])
  const decision = evaluate(request, { identity: { name: 'admin', policy: everything }, scps: [[{ name: 'p-1', policy: read.toJson() }]] })
  assert.equal(String(decision), "denied: the organisation's policy `p-1` does not allow `ec2:RunInstances` in `eu-west-1`")
  assert.throws(() => evaluate(request, { scps: [{ name: 'p-1', policy: read }] }), wrong(/array of levels/))
  assert.throws(() => evaluate(request, { identity: [{ name: 7, policy: read }] }), wrong(/identity\[0\]\.name must be a string/))
})

test('joint decisions', () => {
  const evaluator = new Evaluator({ identity: new Policy([Statement.allow().actions('ec2:*').resources('arn:aws:ec2:::a')]) })
  const request = new Request({ principal: alice, action: 'ec2:RunInstances', resource: '*' })
  const joint = evaluator.evaluateAll(request.forEach(['arn:aws:ec2:::a', 'arn:aws:ec2:::b']))
  assert.ok(joint instanceof JointDecision)
  assert.deepEqual([joint.outcome, joint.allowed], ['implicit_deny', false])
  assert.deepEqual(joint.decisions.map(({ allowed }) => allowed), [true, false])
  assert.deepEqual(joint.failed.map((one) => one.request.resource), ['arn:aws:ec2:::b'])
  assert.match(String(joint), /^denied: 1 of 2 resources failed; on `arn:aws:ec2:::b`: /)
  assert.match(inspect(joint), /implicit_deny/)
  assert.throws(() => evaluator.evaluateAll(['x']), wrong(/requests\[0\] must be a Request/))
  assert.throws(() => request.forEach('arn:aws:ec2:::a'), wrong(/resources must be an array/))
})

test('requests are made from requests', () => {
  const request = get({ 'aws:TagKeys': ['a'] })
  const more = request.withContext({ 'aws:SecureTransport': true, 'aws:SourceIp': UNKNOWN })
  assert.ok(more instanceof Request)
  assert.equal(more.context['aws:SecureTransport'], 'true')
  assert.equal(more.context['aws:SourceIp'], UNKNOWN)
  assert.equal(more.toJSON().context['aws:SourceIp'], null)
  assert.equal(request.context['aws:PrincipalAccount'], '111122223333')
  assert.deepEqual(request.withoutDerivedKeys().context, { 'aws:TagKeys': ['a'] })
  assert.equal(request.principal, alice)
  assert.deepEqual(new Request({ principal: { Service: 'x' }, action: 'a:b', resource: '*' }).principal, { Service: 'x' })
})

test('the matrix', () => {
  const matrix = new AccessMatrix({
    principals: [
      { name: 'alice', principal: alice, evaluator: new Evaluator({ identity: read }) },
      { name: 'nobody', principal: '*', evaluator: new Evaluator() },
    ],
    actions: ['s3:GetObject', 's3:PutObject'],
    resources: ['arn:aws:s3:::b/k'],
  })
  const table =
    'principal  resource          s3:GetObject  s3:PutObject\n' +
    'alice      arn:aws:s3:::b/k  allowed       -\n' +
    'nobody     arn:aws:s3:::b/k  -             -\n'
  assert.equal(String(matrix), table)
  assert.equal(inspect(matrix), `AccessMatrix\n${table}`)
  assert.equal(matrix.decision(0, 0, 0).allowed, true)
  assert.match(String(matrix.decision(1, 1, 0)), /^denied: /)
  assert.deepEqual([...matrix.entries()].map(([name, { allowed }]) => [name, allowed]), [['alice', true], ['alice', false], ['nobody', false], ['nobody', false]])
  for (const place of [[2, 0, 0], [0, 2, 0], [0, 0, 1], [-1, 0, 0], [0.5, 0, 0]]) assert.equal(matrix.decision(...place), undefined)
  const init = { principals: [], actions: [], resources: [] }
  assert.throws(() => new AccessMatrix({ ...init, principals: [{ name: 'a', principal: '*', evaluator: {} }] }), wrong(/evaluator must be an Evaluator/))
  assert.throws(() => new AccessMatrix({ ...init, action: 'a' }), wrong(/unknown option `action`/))
  assert.throws(() => new AccessMatrix({ ...init, actions: undefined }), wrong(/actions must be an array/))
})

test('choices', () => {
  const odd = { Statement: [{ Effect: 'Deny', Action: '*', Resource: '*', Condition: { Odd: { 'a:b': 'c' } } }] }
  const decision = evaluate(get(), { identity: odd })
  const [choice, ...others] = decision.choices
  assert.deepEqual(others, [])
  assert.deepEqual(choices().find(({ id }) => id === choice.id), choice)
  assert.deepEqual(decision.reasons[0].choices, [choice])
  assert.equal(choice.id, 'unknown-operator')
  assert.ok(choice.question && choice.answer && choice.because)
  assert.equal(decision.request.action, 's3:GetObject')
})
