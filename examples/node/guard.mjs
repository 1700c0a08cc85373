import { AccessMatrix, Evaluator, Policy, Statement, guardrails, undocumented, validate } from 'zt-node'

const typo = undocumented('s3:GetObjct') // the compiler would have found it
let policy = new Policy([Statement.allow('Reports').actions(typo, 's3:PutObject').resources('arn:aws:s3:::reports/*')])
for (const finding of validate(policy)) {
  console.log(String(finding))
  policy = finding.suggestion?.apply(policy) ?? policy
}

const office = guardrails.restrictAccess({ actions: ['s3:PutObject'], sourceIps: ['203.0.113.0/24'] })
const deny = office.deny()
console.log(`does not cover: ${office.limits[2]}`)

const principal = 'arn:aws:iam::111122223333:user/alice'
const matrix = new AccessMatrix({
  principals: [
    { name: 'alice', principal, evaluator: new Evaluator({ identity: [policy] }) },
    { name: 'alice, guarded', principal, evaluator: new Evaluator({ identity: [policy, deny] }) },
  ],
  actions: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'],
  resources: ['arn:aws:s3:::reports/q1'],
  context: { 'aws:SourceIp': '198.51.100.7' },
})
process.stdout.write(String(matrix))
