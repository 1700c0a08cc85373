// Policies: built, read, printed, and refused with a place.
import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import test from 'node:test'
import { Condition, Policy, PolicyError, Statement, ZtError, keys } from 'zt-node'
import { conditionalAccess, requireMfa } from '../support/article.mjs'

const everything = Statement.allow().actions('*').anyResource()
const refused = (code, rest = {}) => (error) => {
  assert.ok(error instanceof PolicyError && error instanceof ZtError, `${error}`)
  assert.equal(error.name, 'PolicyError')
  assert.equal(error.code, code)
  assert.equal(error.retryable, false)
  for (const [name, value] of Object.entries(rest)) assert.deepEqual(error[name], value, name)
  return true
}
const type = (message) => ({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE', message })

test('the policies of the article, built', () => {
  const mfa = new Policy([
    Statement.deny('DenyAllExceptMFAAuthenticated')
      .notActions('iam:CreateVirtualMFADevice', 'iam:EnableMFADevice', 'iam:GetUser', 'iam:ListMFADevices')
      .notActions('iam:ListVirtualMFADevices', 'iam:ResyncMFADevice', 'sts:GetSessionToken')
      .resources('*')
      .when(keys.aws.multiFactorAuthPresent.ifExists().is(false)),
  ])
  assert.equal(mfa.toJson({ indent: 2 }), JSON.stringify(requireMfa, undefined, 2))
  const { aws } = keys
  const conditional = new Policy([
    Statement.allow()
      .actions('s3:GetObject', 's3:PutObject')
      .resources('arn:aws:s3:::sensitive-data/*')
      .when(
        aws.sourceIp.isIn(['203.0.113.0/24', '198.51.100.0/24']),
        aws.currentTime.after(new Date('2025-01-01T00:00:00Z')),
        aws.currentTime.before('2025-12-31T23:59:59Z'),
        aws.requestedRegion.isIn(['us-east-1', 'us-west-2']),
        aws.secureTransport.is(true),
        aws.multiFactorAuthPresent.is(true),
      ),
  ])
  assert.equal(conditional.toJson({ indent: 2 }), JSON.stringify(conditionalAccess, undefined, 2))
  assert.ok(conditional.equals(Policy.parse(conditionalAccess)))
  assert.ok(!conditional.equals(mfa))
})

test('read from text, bytes and objects; printed as it was', () => {
  const text = '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"NumericEquals":{"s3:max-keys":10.50}}}}'
  for (const json of [text, Buffer.from(text), new TextEncoder().encode(text)]) {
    assert.equal(Policy.parse(json).toJson(), text)
  }
  const policy = Policy.parse(requireMfa)
  assert.deepEqual(policy.toJSON(), requireMfa)
  assert.equal(JSON.stringify({ policy }), JSON.stringify({ policy: requireMfa }))
  assert.equal(`${policy}`, JSON.stringify(requireMfa, undefined, 2))
  assert.match(inspect(policy), /DenyAllExceptMFAAuthenticated/)
  assert.equal(Policy.parse(policy), policy)
  assert.equal(policy.toJson({ indent: 0 }).includes('\n'), true)
})

test('refused with the place and what was expected', () => {
  assert.throws(
    () => Policy.parse('{\n  "Statement": {"Effect": "allow"}\n}'),
    refused('INVALID_POLICY', {
      pointer: '/Statement/Effect',
      line: 2,
      column: 27,
      expected: '"Allow" or "Deny"',
      message: 'policy line 2, column 27 (/Statement/Effect): expected "Allow" or "Deny", found "allow"',
    }),
  )
  const cases = ['', '{', '[]', 'null', '{"Statement":[{"Effect":"Allow","Effect":"Deny"}]}', '{"Statements":[]}', '\ufeff{}', `${'['.repeat(100_000)}`]
  for (const text of cases) assert.throws(() => Policy.parse(text), refused('INVALID_POLICY'), text.slice(0, 80))
  assert.throws(() => Policy.parse(Buffer.from([0x7b, 0xff])), refused('INVALID_POLICY', { pointer: undefined, line: 1 }))
  assert.throws(() => Policy.parse({ Statement: [{ Effect: 'Allow', Akshun: '*' }] }), refused('INVALID_POLICY', { pointer: '/Statement/0/Akshun' }))
  assert.throws(() => new Policy([]), refused('INVALID_POLICY', { pointer: '/Statement', line: undefined }))
  assert.throws(() => new Policy([Statement.allow().anyResource()]), refused('INVALID_POLICY', { pointer: '/Statement/0', expected: 'an action' }))
  assert.throws(() => new Policy([Statement.allow().actions('GetObject').anyResource()]), refused('INVALID_POLICY', { pointer: '/Statement/0/Action' }))
  for (const [value, message] of [[1, /a number/], [null, /null/], [undefined, /undefined/], [['{}'], /Array/]]) {
    assert.throws(() => Policy.parse(value), type(message))
  }
})

test('every truncated policy is refused', () => {
  const text = JSON.stringify(conditionalAccess)
  for (let length = 0; length < text.length; length++) {
    assert.throws(() => Policy.parse(text.slice(0, length)), refused('INVALID_POLICY'), `${length}`)
  }
})

test('statements', () => {
  const statement = Statement.allow('Trust')
    .actions('sts:AssumeRole')
    .principal('arn:aws:iam::111122223333:root', { Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'] }, { Federated: 'cognito-identity.amazonaws.com' })
  assert.deepEqual(statement.toJSON().Principal, {
    AWS: 'arn:aws:iam::111122223333:root',
    Service: ['ec2.amazonaws.com', 'lambda.amazonaws.com'],
    Federated: 'cognito-identity.amazonaws.com',
  })
  assert.deepEqual(Statement.deny().actions('s3:*').notResources('arn:aws:s3:::a/*').notPrincipal('*').toJSON(), {
    Effect: 'Deny',
    NotPrincipal: '*',
    Action: 's3:*',
    NotResource: 'arn:aws:s3:::a/*',
  })
  const before = JSON.stringify(everything)
  everything.actions('s3:*').when(keys.aws.secureTransport.is(true))
  assert.equal(JSON.stringify(everything), before, 'methods give new statements')
  assert.match(inspect(everything), /Statement.*Allow/)
})

test('wrong arguments are TypeErrors that say what to do', () => {
  assert.throws(() => everything.actions(['s3:*']), type(/use `\.\.\.` before an array/))
  assert.throws(() => everything.resources(1), type(/resources\[0\] must be a string/))
  assert.throws(() => everything.principal({ Servise: 'x' }), type(/unknown principal `Servise`/))
  assert.throws(() => everything.when({}), type(/expected a condition/))
  assert.throws(() => new Policy(everything), type(/must be an array of statements/))
  assert.throws(() => new Policy([{ Effect: 'Allow' }]), type(/statements\[0\].*Policy\.parse/))
  assert.throws(() => new Policy([everything]).toJson({ indentation: 2 }), type(/unknown option `indentation`/))
  assert.throws(() => new Policy([everything]).toJson({ indent: -1 }), { name: 'RangeError' })
  assert.throws(() => Statement.allow(1), type(/sid must be a string/))
})

test('keys of every kind', () => {
  const shown = (condition) => [condition.operator, condition.key, ...condition.values]
  const date = new Date(Date.UTC(2025, 0, 31, 12))
  const cases = [
    [keys.aws.requestedRegion.isNot('us-east-1'), 'StringNotEquals', 'aws:RequestedRegion', 'us-east-1'],
    [new keys.TextKey('s3:prefix').isLike('home/*'), 'StringLike', 's3:prefix', 'home/*'],
    [keys.aws.principalTag('team').isIgnoringCase('a'), 'StringEqualsIgnoreCase', 'aws:PrincipalTag/team', 'a'],
    [keys.aws.multiFactorAuthAge.lessThan(3600), 'NumericLessThan', 'aws:MultiFactorAuthAge', '3600'],
    [keys.aws.multiFactorAuthAge.atLeast(1e21), 'NumericGreaterThanEquals', 'aws:MultiFactorAuthAge', '1000000000000000000000'],
    [keys.aws.multiFactorAuthAge.is([-1.5e-7, 12n]), 'NumericEquals', 'aws:MultiFactorAuthAge', '-0.00000015', '12'],
    [keys.aws.tokenIssueTime.atOrAfter(date), 'DateGreaterThanEquals', 'aws:TokenIssueTime', '2025-01-31T12:00:00Z'],
    [keys.aws.currentTime.before(new Date(date.getTime() + 5)), 'DateLessThan', 'aws:CurrentTime', '2025-01-31T12:00:00.005Z'],
    [keys.aws.secureTransport.is(false), 'Bool', 'aws:SecureTransport', 'false'],
    [keys.aws.vpcSourceIp.ifExists().isNotIn('10.0.0.0/8'), 'NotIpAddressIfExists', 'aws:VpcSourceIp', '10.0.0.0/8'],
    [keys.aws.sourceArn.isLike('arn:aws:sns:*:111122223333:*'), 'ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:111122223333:*'],
    [new keys.BinaryKey('x:y').is(Buffer.from('hi')), 'BinaryEquals', 'x:y', 'aGk='],
    [keys.aws.tagKeys.forAllValues().isIn(['a', 'b']), 'ForAllValues:StringEquals', 'aws:TagKeys', 'a', 'b'],
    [keys.aws.tagKeys.forAnyValue().ifExists().is('a'), 'ForAnyValue:StringEqualsIfExists', 'aws:TagKeys', 'a'],
    [keys.aws.sourceVpce.isAbsent(), 'Null', 'aws:SourceVpce', 'true'],
    [keys.aws.tagKeys.isPresent(), 'Null', 'aws:TagKeys', 'false'],
    [new keys.MultivaluedKey('x:z', keys.NumericKey).forAnyValue().greaterThan(1), 'ForAnyValue:NumericGreaterThan', 'x:z', '1'],
    [new Condition('StringNeverHeardOf', 'x:y', ['1', true]), 'StringNeverHeardOf', 'x:y', '1', 'true'],
  ]
  for (const [condition, ...expected] of cases) assert.deepEqual(shown(condition), expected)
  assert.equal(keys.aws.sourceIp.name, 'aws:SourceIp')
  assert.equal(`${keys.aws.secureTransport.is(true)}`, 'Bool aws:SecureTransport ["true"]')
  assert.ok(Object.isFrozen(keys.aws))
})

test('values that do not fit their key', () => {
  const wrong = (expected) => refused('INVALID_VALUE', { expected, pointer: undefined })
  assert.throws(() => keys.aws.sourceIp.isIn('203.0.113.0/33'), wrong('an address range such as 203.0.113.0/24'))
  assert.throws(() => keys.aws.currentTime.before('tomorrow'), wrong('a date such as 2025-01-31T12:00:00Z'))
  assert.throws(() => keys.aws.sourceIp.isIn([]), wrong('a value for aws:SourceIp'))
  assert.throws(() => keys.aws.secureTransport.ifExists().isAbsent(), refused('INVALID_VALUE'))
  assert.throws(() => keys.aws.currentTime.before(new Date(NaN)), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => keys.aws.multiFactorAuthAge.is(Infinity), { name: 'RangeError', code: 'ERR_OUT_OF_RANGE' })
  assert.throws(() => keys.aws.sourceIp.isIn(null), type(/the value of aws:SourceIp must be/))
  assert.throws(() => new keys.TextKey('x').is('\ud800'), type(/surrogate/))
  assert.throws(() => keys.aws.principalTag(), type(/tag must be a string/))
})
