import { Evaluator, Policy, Request, Statement, keys } from 'zt-node'

const read = Statement.allow('Read').actions('s3:GetObject').resources('*')
const mfa = Statement.deny('DenyWithoutMfa').actions('*').resources('*')
  .when(keys.aws.multiFactorAuthPresent.ifExists().is(false))
const evaluator = new Evaluator({ identity: [new Policy([read, mfa])] })

const principal = 'arn:aws:iam::111122223333:user/alice'
for (const context of [{}, { 'aws:MultiFactorAuthPresent': true }]) {
  const request = new Request({ principal, action: 's3:GetObject', resource: 'arn:aws:s3:::bucket/key', context })
  console.log(String(evaluator.evaluate(request)))
}
