// Programs as people write them. `npm run types` checks that they compile.
import { KMSClient } from '@aws-sdk/client-kms'
import { createReadStream } from 'node:fs'
import {
  AlgorithmSuite,
  Client,
  CommitmentPolicy,
  DecryptError,
  type Decrypted,
  type Keyring,
  KmsError,
  KmsKeyring,
  MultiKeyring,
  RawAesKeyring,
  ZtError,
  inspect,
  testing,
} from 'zt-node'

const keyring: Keyring = new KmsKeyring('alias/a', { client: new KMSClient({}), grantTokens: ['t'] })
new KmsKeyring('alias/a')
new KmsKeyring('alias/a', { region: 'eu-west-1', endpoint: 'http://127.0.0.1:5000' })
new KmsKeyring(new testing.InMemoryKms().createKey(), { client: new testing.InMemoryKms() })
const both = new MultiKeyring({ generator: keyring, children: [new RawAesKeyring('n', 'k', new Uint8Array(32))] })

const client = new Client(both, {
  algorithmSuite: AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
  commitmentPolicy: CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT,
  frameLength: 4096,
  maxEncryptedDataKeys: 3,
})
new Client(keyring, { algorithmSuite: 'AES_256_GCM_HKDF_SHA256', commitmentPolicy: 'FORBID_ENCRYPT_ALLOW_DECRYPT' })

const message: Buffer = await client.encrypt(Buffer.from('x'), { encryptionContext: { tenant: 'a' } })
const opened: Decrypted = await client.decrypt(message, { signal: AbortSignal.timeout(1000) })
const id: number = opened.algorithmSuite.id
const tenant: string | undefined = opened.encryptionContext['tenant']
const sync: Buffer = client.decryptSync(client.encryptSync(new ArrayBuffer(1))).plaintext
createReadStream('a').pipe(client.createEncryptStream()).pipe(client.createDecryptStream())
await client.encryptFile('a', new URL('file:///b'), { onProgress: (done: number, total) => total ?? done })

try {
  inspect(message).encryptedDataKeys.map(({ keyName }) => keyName.length)
} catch (error) {
  if (error instanceof KmsError) error.serviceCode?.startsWith('Access')
  if (error instanceof DecryptError || error instanceof ZtError) error.code.length
}

export { id, sync, tenant }

// Policies.
import {
  Condition,
  type ContextValue,
  type Decision,
  Evaluator,
  HierarchicalKeyring,
  KmsDiscoveryKeyring,
  LocalKeyring,
  type Outcome,
  Policy,
  PolicyError,
  RawEcdhKeyring,
  RawRsaKeyring,
  type Reason,
  Request,
  RequiredEncryptionContext,
  RsaPadding,
  Statement,
  StaticBranchKeys,
  UNKNOWN,
  type EncryptionMaterials,
  type DecryptionMaterials,
  evaluate,
  catalog,
  keys,
  undocumented,
  type ActionName,
} from 'zt-node'
import { Keyring as Base } from 'zt-node'

const policy = new Policy([
  Statement.deny('DenyAllExceptMFAAuthenticated')
    .notActions('iam:CreateVirtualMFADevice')
    .resources('*')
    .when(keys.aws.multiFactorAuthPresent.ifExists().is(false)),
  Statement.allow()
    .actions('s3:*', 's3:GetObject', 'ec2:Describe*', undocumented('s3:BrandNew'))
    .actions(...catalog.expand('s3:Get*'), ...catalog.shrink(['s3:GetObject']))
    .anyResource()
    .principal('*', { Service: ['a.amazonaws.com'] })
    .when(
      keys.aws.sourceIp.isIn(['203.0.113.0/24', '198.51.100.0/24']),
      keys.aws.currentTime.after(new Date()),
      keys.aws.currentTime.before('2026-01-01T00:00:00Z'),
      keys.aws.multiFactorAuthAge.lessThan(3600),
      keys.aws.multiFactorAuthAge.is([1, 2n]),
      keys.aws.principalTag('team').is('a'),
      keys.aws.tagKeys.forAllValues().isIn(['a']),
      keys.aws.tagKeys.forAnyValue().ifExists().isLike('a*'),
      new keys.BinaryKey('x:y').is(Buffer.alloc(1)),
      new keys.MultivaluedKey('x:y', keys.NumericKey).forAnyValue().atMost(1),
      new Condition('StringEquals', 'x:y', ['z']),
    ),
])
const json: string = policy.toJson({ indent: 2 }) + policy.toJson()
Policy.parse(json).equals(Policy.parse(Buffer.from(json)))
Policy.parse({ Version: '2012-10-17', Statement: [] }).toJSON()
const context: Record<string, ContextValue> = { a: UNKNOWN, b: true, c: 1, d: ['x', 'y'], e: new Date(), f: Buffer.alloc(1) }
const request = new Request({ principal: { Service: 'x' }, action: 'a:b', resource: '*', resourceAccount: '1', roleArn: 'r', context })
const decision: Decision = evaluate(request, { identity: policy, scps: [[policy, json]], resource: {}, session: [policy] })
const outcome: Outcome = decision.outcome
const reasons: readonly Reason[] = decision.reasons
const decisions: Decision[] = new Evaluator({ identity: [policy] }).evaluateMany([request])
try {
  Policy.parse('')
} catch (error) {
  if (error instanceof PolicyError) error.pointer?.startsWith(`/Statement/${(error.line ?? 0) + (error.column ?? 0)}`)
}

// More keyrings.
new RawRsaKeyring('n', 'k', RsaPadding.OAEP_SHA256, { publicKeyPem: 'pem', privateKeyPem: Buffer.alloc(1) })
new RawRsaKeyring('n', 'k', 'PKCS1', { privateKeyPem: 'pem' })
RawEcdhKeyring.static('a', 'b')
const branchKeys = new StaticBranchKeys({ id: ['uuid', Buffer.alloc(32)] })
new HierarchicalKeyring(branchKeys, async ({ tenant }) => tenant ?? '', { ttlSeconds: 60 })
new KmsDiscoveryKeyring({ accountIds: ['111122223333'] })
const local: LocalKeyring = await LocalKeyring.open('keys', { create: true, passphrase: async () => Buffer.alloc(1) })
new Client(new RequiredEncryptionContext(local, { requiredKeys: ['tenant'] }))
class Mine extends Base {
  override async onEncrypt(materials: EncryptionMaterials): Promise<void> {
    const ciphertext = materials.dataKeyOrGenerate().slice()
    materials.addEncryptedDataKey({ providerId: 'mine', providerInfo: Buffer.alloc(0), ciphertext })
  }
  override onDecrypt(materials: DecryptionMaterials): Uint8Array | undefined {
    return materials.encryptedDataKeys.find(({ providerId }) => providerId === 'mine')?.ciphertext
  }
}
new MultiKeyring({ children: [new Mine()] })

export { decisions, outcome, reasons }

const name: ActionName = 's3:GetObject'
const level: string | undefined = catalog.action(name)?.accessLevel
keys.s3.maxKeys.atMost(10)
keys.s3.existingObjectTag('stage').is('test')
keys.events.metadata('a').forAnyValue().isLike('b*')

export { level }

// Checking, guarding, rewriting.
import {
  AccessMatrix,
  type Choice,
  Equivalence,
  Finding,
  JointDecision,
  type MatrixEntry,
  type Rule,
  Suggestion,
  choices,
  equivalent,
  guardrails,
  rules,
  validate,
} from 'zt-node'

const found: Finding[] = validate(policy, { kind: 'scp', now: new Date(), accountId: '111122223333', sizeLimit: 'scp' })
const suggestion: Suggestion | undefined = found[0]?.suggestion
const mended: Policy | undefined = suggestion?.apply(policy)
const severity: 'error' | 'security warning' | 'warning' | 'suggestion' | undefined = found[0]?.severity
const table: Rule[] = rules()
const open: readonly Choice[] = [...choices(), ...decision.choices, ...(reasons[0]?.choices ?? [])]
const same: Equivalence = equivalent(policy, policy.normalize().minimize())
same.witness?.toJSON()
const parts: Policy[] = policy.split('managed_policy')
const mfa: Policy = guardrails.requireMfa({ maxAgeSeconds: 3600 })
const limits: readonly string[] = guardrails.restrictAccess({ actions: ['s3:Get*'], requireTls: true, notAfter: new Date() }).deny().limits
guardrails.kmsKeyPolicy('111122223333', { administrators: ['arn'], serviceUsers: ['arn'], services: ['s3.eu-west-1.amazonaws.com'] }).toJson()
guardrails.temporaryAccess(mfa, { notAfter: '2026-01-01T00:00:00Z' }).trust('arn', { when: [keys.aws.sourceIp.isIn('10.0.0.0/8')] })
guardrails.trust.oidc('arn', 'audience', ['subject'], { notAfter: new Date() }).equals(mfa)
const evaluator = new Evaluator({ identity: [{ name: 'mine', policy }, json], scps: [[{ name: 'p-1', policy: json }]], boundaries: policy })
const joint: JointDecision = evaluator.evaluateAll(request.withContext({ a: UNKNOWN }).forEach(['a', 'b']))
const failed: readonly Decision[] = joint.failed
const matrix = new AccessMatrix({ principals: [{ name: 'a', principal: { Service: 'a' }, evaluator }], actions: ['a:b'], resources: ['*'] })
const cells: MatrixEntry[] = matrix.toJSON().entries

export { cells, failed, limits, mended, open, parts, severity, table }
