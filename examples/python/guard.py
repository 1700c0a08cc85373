from zt.policy import AccessMatrix, Evaluator, Policy, Statement, guardrails, validate

policy = Policy([Statement.allow("Reports").actions("s3:GetObjct", "s3:PutObject").resources("arn:aws:s3:::reports/*")])
for finding in validate(policy):
    print(finding)
    if finding.suggestion:
        policy = finding.suggestion.apply(policy)

office = guardrails.restrict_access(actions=["s3:PutObject"], source_ips=["203.0.113.0/24"])
deny = office.deny()
print(f"does not cover: {office.limits[2]}")

alice = "arn:aws:iam::111122223333:user/alice"
matrix = AccessMatrix(
    [
        ("alice", alice, Evaluator(identity=[policy])),
        ("alice, guarded", alice, Evaluator(identity=[policy, deny])),
    ],
    ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
    ["arn:aws:s3:::reports/q1"],
    context={"aws:SourceIp": "198.51.100.7"},
)
print(matrix, end="")
