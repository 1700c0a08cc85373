//! The least privilege of a segmentation's plan, decided by our own evaluator over every request that a run makes.

use serde_json::Value as Json;
use zt_core::evaluate::{Evaluator, Request};
use zt_core::network::{Endpoint, Segmentation, SegmentationBuilder, Traffic};
use zt_core::plan::{Phase, Plan};
use zt_core::policy::{Policy, Statement};

use crate::account::{ACCOUNT, Account, REGION};
use crate::run::Run;

const RUNNER: &str = "arn:aws:iam::111122223333:user/runner";

fn plan() -> Plan {
    let shop: Segmentation = SegmentationBuilder::standard("shop")
        .nat(true)
        .endpoint(Endpoint::gateway("s3"))
        .endpoint(Endpoint::interface("kms"))
        .allow("app", "s3", Traffic::tcp(443))
        .allow("app", "kms", Traffic::tcp(443))
        .allow("app", "internet", Traffic::tcp(443))
        .build()
        .unwrap();
    shop.plan("shop-1", ACCOUNT, REGION, None).unwrap()
}

/// Types of EC2 resources by the beginning of their ids.
const KINDS: [(&str, &str); 10] = [
    ("vpc-", "vpc"),
    ("subnet-", "subnet"),
    ("sg-", "security-group"),
    ("acl-", "network-acl"),
    ("rtb-", "route-table"),
    ("igw-", "internet-gateway"),
    ("fl-", "vpc-flow-log"),
    ("eipalloc-", "elastic-ip"),
    ("nat-", "natgateway"),
    ("vpce-", "vpc-endpoint"),
];

fn request(action: &str, resource: &str) -> Request {
    Request::new(RUNNER, action, resource)
}

fn ec2_arn(kind: &str, id: &str) -> String {
    format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{id}")
}

fn with_tags(mut request: Request, prefix: &str, tags: &Json) -> Request {
    for tag in tags.as_array().into_iter().flatten() {
        let key = format!("{prefix}{}", tag["Key"].as_str().unwrap());
        request = request.with(&key, tag["Value"].as_str().unwrap());
    }
    request
}

/// What AWS decides about one call, written down from the Service Authorization Reference.
fn requests(service: &str, operation: &str, input: &Json, account: &Account) -> Vec<Request> {
    let action = format!("{service}:{operation}");
    match service {
        "ec2" if operation.starts_with("Describe") => vec![request(&action, "*")],
        "ec2" => {
            let mut all = Vec::new();
            let specification = &input["TagSpecifications"][0];
            if let Some(kind) = specification["ResourceType"].as_str() {
                let (arn, tags) = (ec2_arn(kind, "new"), &specification["Tags"]);
                all.push(with_tags(request(&action, &arn), "aws:RequestTag/", tags));
                let tagging = request("ec2:CreateTags", &arn).with("ec2:CreateAction", operation);
                all.push(with_tags(tagging, "aws:RequestTag/", tags));
            }
            for (member, value) in input.as_object().unwrap() {
                // The gateway of a route is not looked at.
                if operation == "CreateRoute" && member != "RouteTableId" {
                    continue;
                }
                let ids: Vec<&str> = match value {
                    Json::String(text) => vec![text],
                    Json::Array(items) => items.iter().filter_map(Json::as_str).collect(),
                    _ => Vec::new(),
                };
                for id in ids {
                    let id = match id.strip_prefix("aclassoc-") {
                        Some(_) => account
                            .things
                            .values()
                            .flat_map(|thing| {
                                thing["Associations"].as_array().into_iter().flatten()
                            })
                            .find(|it| it["NetworkAclAssociationId"] == id)
                            .and_then(|it| it["SubnetId"].as_str())
                            .unwrap(),
                        None => id,
                    };
                    if let (Some(thing), Some((_, kind))) = (
                        account.things.get(id),
                        KINDS.iter().find(|(start, _)| id.starts_with(start)),
                    ) {
                        all.push(with_tags(
                            request(&action, &ec2_arn(kind, id)),
                            "aws:ResourceTag/",
                            &thing["Tags"],
                        ));
                    }
                }
            }
            match operation {
                "CreateFlowLogs" => {
                    let role = input["DeliverLogsPermissionArn"].as_str().unwrap();
                    all.push(
                        request("iam:PassRole", role)
                            .with("iam:PassedToService", "vpc-flow-logs.amazonaws.com"),
                    );
                }
                "CreateVpcEndpoint" if input["PrivateDnsEnabled"] == true => {
                    all.push(request(
                        "route53:AssociateVPCWithHostedZone",
                        "arn:aws:route53:::hostedzone/Z1",
                    ));
                }
                _ => {}
            }
            all
        }
        "iam" => {
            let role =
                format!("arn:aws:iam::{ACCOUNT}:role/zt/{}", input["RoleName"].as_str().unwrap());
            let own = request(&action, &role);
            if operation != "CreateRole" {
                return vec![own];
            }
            let tagging = request("iam:TagRole", &role);
            [own, tagging]
                .map(|request| with_tags(request, "aws:RequestTag/", &input["Tags"]))
                .into()
        }
        "logs" if operation == "DescribeLogGroups" => {
            vec![request(&action, &format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:any"))]
        }
        "logs" => {
            let group = format!(
                "arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{}",
                input["logGroupName"].as_str().unwrap()
            );
            let tagged = |request: Request| {
                input["tags"].as_object().into_iter().flatten().fold(
                    request,
                    |request, (key, value)| {
                        request.with(format!("aws:RequestTag/{key}"), value.as_str().unwrap())
                    },
                )
            };
            let mut all = vec![
                tagged(request(&action, &group)),
                tagged(request(&action, &format!("{group}:*"))),
            ];
            if operation == "CreateLogGroup" {
                all.push(tagged(request("logs:TagResource", &group)));
            }
            all
        }
        other => panic!("{other}"),
    }
}

/// Every request of a run, and of its undoing.
fn all(plan: &Plan, phase: Phase) -> Vec<Request> {
    let (mut account, mut run) = (Account::default(), Run { keeps_calls: true, ..Run::default() });
    run.forward(plan, &mut account, usize::MAX).unwrap();
    if phase == Phase::Undo {
        run.calls.clear();
    }
    if phase != Phase::Run {
        run.back(plan, &mut account).unwrap();
    }
    run.calls
        .iter()
        .flat_map(|(service, operation, input, account)| {
            requests(service, operation, input, account)
        })
        .collect()
}

fn allows(policy: &Policy, request: &Request) -> bool {
    Evaluator::builder().identity([policy]).build().unwrap().evaluate(request).is_allowed()
}

#[test]
fn every_request_is_allowed_and_every_statement_is_needed() {
    let plan = plan();
    for phase in [Phase::Run, Phase::Undo, Phase::Both] {
        let required = plan.required_policy(ACCOUNT, REGION, phase).unwrap();
        let requests = all(&plan, phase);
        assert!(requests.len() > 20);
        for request in &requests {
            assert!(
                allows(required.policy(), request),
                "{phase:?}: {} {}",
                request.action(),
                request.resource()
            );
        }
        if phase == Phase::Undo {
            continue; // reads that tell what is left are made only after an interruption
        }
        let statements = required.policy().statements();
        for dropped in 0..statements.len() {
            let rest: Vec<Statement> = statements
                .iter()
                .enumerate()
                .filter(|(at, _)| *at != dropped)
                .map(|(_, it)| it.clone())
                .collect();
            let rest = Policy::new(rest).unwrap();
            assert!(
                requests.iter().any(|request| !allows(&rest, request)),
                "{phase:?}: {:?}",
                statements[dropped].sid()
            );
        }
    }
}

#[test]
fn what_other_plans_made_is_out_of_reach() {
    let plan = plan();
    let required = plan.required_policy(ACCOUNT, REGION, Phase::Both).unwrap();
    let of = |id: &'static str| {
        move |action: &str, kind: &str| {
            request(action, &ec2_arn(kind, "x")).with("aws:ResourceTag/zt:plan", id)
        }
    };
    for (action, kind) in [
        ("ec2:DeleteVpc", "vpc"),
        ("ec2:DeleteSecurityGroup", "security-group"),
        ("ec2:AuthorizeSecurityGroupIngress", "security-group"),
        ("ec2:DeleteSubnet", "subnet"),
        ("ec2:CreateRoute", "route-table"),
        ("ec2:ReplaceNetworkAclAssociation", "subnet"),
        ("ec2:DeleteVpcEndpoints", "vpc-endpoint"),
    ] {
        assert!(allows(required.policy(), &of("shop-1")(action, kind)), "{action}");
        assert!(!allows(required.policy(), &of("bank-1")(action, kind)), "{action}");
    }
    assert!(!allows(
        required.policy(),
        &request("ec2:CreateTags", &ec2_arn("vpc", "x")).with("aws:RequestTag/zt:plan", "shop-1")
    ));
    assert!(!allows(required.policy(), &request("ec2:CreateVpc", &ec2_arn("vpc", "x"))));
    let size = required.policy().to_json().len();
    assert!(size < 10_240, "{size} characters do not fit a role's inline policies");
}
