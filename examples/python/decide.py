from zt.policy import Evaluator, Policy, Request, Statement, keys

read = Statement.allow("Read").actions("s3:GetObject").resources("*")
mfa = Statement.deny("DenyWithoutMfa").actions("*").resources("*")
mfa = mfa.when(keys.aws.multi_factor_auth_present.if_exists().is_(False))
evaluator = Evaluator(identity=[Policy([read, mfa])])

alice = "arn:aws:iam::111122223333:user/alice"
for context in {}, {"aws:MultiFactorAuthPresent": True}:
    print(evaluator.evaluate(Request(alice, "s3:GetObject", "arn:aws:s3:::bucket/key", context=context)))
