// Mistakes that the compiler has to find. `npm run types` fails when it does not.
import {
  AlgorithmSuite,
  Client,
  HierarchicalKeyring,
  KmsDiscoveryKeyring,
  KmsKeyring,
  LocalKeyring,
  MultiKeyring,
  Policy,
  RawAesKeyring,
  RawRsaKeyring,
  Request,
  RequiredEncryptionContext,
  Statement,
  StaticBranchKeys,
  evaluate,
  inspect,
  keys,
} from 'zt-node'

const keyring = new RawAesKeyring('n', 'k', new Uint8Array(32))
const client = new Client(keyring)

// @ts-expect-error: a passphrase is not a key
new RawAesKeyring('n', 'k', 'passphrase')
// @ts-expect-error: no such option
new KmsKeyring('alias/a', { endpointUrl: 'http://127.0.0.1' })
// @ts-expect-error: a client sends
new KmsKeyring('alias/a', { client: {} })
// @ts-expect-error: not a keyring
new MultiKeyring({ generator: 'alias/a' })
// @ts-expect-error: not a keyring
new Client('alias/a')
// @ts-expect-error: no such suite
new Client(keyring, { algorithmSuite: AlgorithmSuite.AES_512 })
// @ts-expect-error: no such policy
new Client(keyring, { commitmentPolicy: 'ALLOW' })
// @ts-expect-error: not a cache
new Client(keyring, { cache: {} })
// @ts-expect-error: text has no bytes until it is encoded
await client.encrypt('secret')
// @ts-expect-error: the context is an option
await client.encrypt(Buffer.alloc(1), { tenant: 'a' })
// @ts-expect-error: values are strings
await client.encrypt(Buffer.alloc(1), { encryptionContext: { tenant: 1 } })
// @ts-expect-error: what does not wait cannot be aborted
client.encryptSync(Buffer.alloc(1), { signal: AbortSignal.timeout(1) })
// @ts-expect-error: a promise
client.encrypt(Buffer.alloc(1)).length
// @ts-expect-error: what is in a header is never authenticated
const trusted: true = inspect(Buffer.alloc(1)).authenticated
// @ts-expect-error: suites do not change
AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY.id = 1

const { aws } = keys
// @ts-expect-error: an address is not a text
aws.sourceIp.isLike('203.0.113.*')
// @ts-expect-error: nor is it equal to one
aws.sourceIp.is('203.0.113.7')
// @ts-expect-error: a text is not a range
aws.requestedRegion.lessThan('us-east-1')
// @ts-expect-error: true is not a text here
aws.secureTransport.is('true')
// @ts-expect-error: there is no other operator for these
aws.secureTransport.isNot(true)
// @ts-expect-error: numbers are numbers
aws.multiFactorAuthAge.lessThan('3600')
// @ts-expect-error: numbers are not instants
aws.currentTime.before(1735689600)
// @ts-expect-error: one instant
aws.currentTime.after([new Date()])
// @ts-expect-error: bytes are not a text
new keys.BinaryKey('x:y').is('aGk=')
// @ts-expect-error: any, or all?
aws.tagKeys.isIn(['team'])
// @ts-expect-error: this key has one value
aws.requestedRegion.forAnyValue()
// @ts-expect-error: which tag?
aws.principalTag.is('a')
// @ts-expect-error: no such key
aws.sourceIpAddress
// @ts-expect-error: one by one
Statement.allow().actions(['s3:GetObject'])
// @ts-expect-error: allow or deny
new Statement()
// @ts-expect-error: a condition
Statement.allow().when({ Bool: { 'aws:SecureTransport': 'true' } })
// @ts-expect-error: no such action
Statement.allow().actions('s3:GetObjct')
// @ts-expect-error: a text that is only known when the program runs
Statement.allow().actions(process.argv[1] as string)
// @ts-expect-error: not an operator of numbers
keys.s3.maxKeys.isLike('1*')
// @ts-expect-error: no such key
keys.s3.prefx
// @ts-expect-error: JSON is parsed
new Policy([{ Effect: 'Allow' }])
// @ts-expect-error: no such kind of principal
Statement.allow().principal({ Servise: 'sns.amazonaws.com' })
const request = new Request({ principal: '*', action: 's3:GetObject', resource: '*' })
// @ts-expect-error: what is not there is left out
new Request({ principal: '*', action: 's3:GetObject', resource: '*', context: { 'aws:SourceIp': null } })
// @ts-expect-error: on what?
new Request({ principal: '*', action: 's3:GetObject' })
// @ts-expect-error: levels, each a list
evaluate(request, { scps: [Policy.parse('')] })
// @ts-expect-error: no such type of policy
evaluate(request, { scp: [] })
// @ts-expect-error: no such outcome
evaluate(request, {}).outcome === 'denied'
// @ts-expect-error: one policy, not a number of them
evaluate(request, { resource: 1 })
// @ts-expect-error: accounts have to be named
new KmsDiscoveryKeyring({})
// @ts-expect-error: no such padding
new RawRsaKeyring('n', 'k', 'OAEP', { publicKeyPem: '' })
// @ts-expect-error: how long?
new HierarchicalKeyring(new StaticBranchKeys({}), 'a', {})
// @ts-expect-error: a passphrase is bytes
await LocalKeyring.open('keys', { passphrase: 'text' })
// @ts-expect-error: only around the whole keyring
new MultiKeyring({ generator: new RequiredEncryptionContext(keyring, { requiredKeys: ['a'] }) })

import { AccessMatrix, Evaluator, guardrails, validate } from 'zt-node'

const some = Policy.parse('')
// @ts-expect-error: no such kind
validate(some, { kind: 'bucket' })
// @ts-expect-error: an option
validate(some, 'scp')
// @ts-expect-error: no such severity
validate(some)[0]?.severity === 'fatal'
// @ts-expect-error: no such limit
some.split('identity')
// @ts-expect-error: seconds
guardrails.requireMfa({ maxAge: 3600 })
// @ts-expect-error: several
guardrails.restrictAccess({ sourceIps: '10.0.0.0/8' })
// @ts-expect-error: until when?
guardrails.temporaryAccess(some, {})
// @ts-expect-error: who administers?
guardrails.kmsKeyPolicy('111122223333', {})
// @ts-expect-error: which id?
guardrails.trust.thirdParty('444455556666')
// @ts-expect-error: conditions
guardrails.trust.principal('arn', { when: ['a'] })
// @ts-expect-error: who is it?
new AccessMatrix({ principals: [{ name: 'a', evaluator: new Evaluator() }], actions: [], resources: [] })
// @ts-expect-error: one by one, or all of several resources
new Evaluator().evaluateAll(request)
// @ts-expect-error: the addon's own
request.who()

export { trusted }
