//! The least privilege of a segmentation's plan, decided by our own evaluator over every request that a run makes.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use zt_core::evaluate::{Evaluator, Request};
use zt_core::network::{Endpoint, Segmentation, SegmentationBuilder, Traffic};
use zt_core::plan::{End, Phase, Plan, Run};
use zt_core::policy::Policy;

use crate::account::{ACCOUNT, Account, REGION};
use crate::driver::{Driver, Kill, roll_back};

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

/// Every request of a run, and of its undoing, interrupted wherever it can be.
fn all(plan: &Plan, phase: Phase) -> Vec<Request> {
    let mut found = Vec::new();
    let mut known = BTreeSet::new();
    if phase != Phase::Undo {
        let mut going = Run::start(plan, ACCOUNT, REGION).unwrap();
        watched(&mut Account::default(), &mut String::new(), &mut going, None, |request| {
            keep(&mut found, &mut known, request);
        });
    }
    if phase == Phase::Run {
        return found;
    }
    for kill in 0.. {
        let (mut account, mut journal) = (Account::default(), String::new());
        let mut going = Run::start(plan, ACCOUNT, REGION).unwrap();
        let at = Some((kill, Kill::Inside));
        let end = watched(&mut account, &mut journal, &mut going, at, |_| {});
        let mut back = roll_back(plan, &mut journal);
        watched(&mut account, &mut journal, &mut back, None, |request| {
            keep(&mut found, &mut known, request);
        });
        if end.is_some() {
            break;
        }
    }
    found
}

fn keep(found: &mut Vec<Request>, known: &mut BTreeSet<String>, request: Request) {
    if known.insert(format!("{request:?}")) {
        found.push(request);
    }
}

/// Drives a run and shows what AWS decides about its calls.
fn watched(
    account: &mut Account,
    journal: &mut String,
    run: &mut Run,
    kill: Option<(usize, Kill)>,
    mut show: impl FnMut(Request),
) -> Option<End> {
    let mut driver = Driver::new(account, journal);
    driver.kill = kill;
    driver.fault = Box::new(|_, call, account| {
        let input = call.input(|_| None).unwrap();
        requests(call.service(), call.operation(), &input, account).into_iter().for_each(&mut show);
        None
    });
    driver.drive(run)
}

fn evaluator(policy: &Policy) -> Evaluator {
    Evaluator::builder().identity([policy]).build().unwrap()
}

fn allows(policy: &Policy, request: &Request) -> bool {
    evaluator(policy).evaluate(request).is_allowed()
}

fn every_request_is_allowed_and_no_statement_can_be_dropped(plan: &Plan) {
    for phase in [Phase::Run, Phase::Undo, Phase::Both] {
        let required = plan.required_policy(ACCOUNT, REGION, phase).unwrap();
        let requests = all(plan, phase);
        assert!(requests.len() > 20);
        let with_all = evaluator(required.policy());
        for request in &requests {
            let (action, resource) = (request.action(), request.resource());
            assert!(with_all.evaluate(request).is_allowed(), "{phase:?}: {action} {resource}");
        }
        let statements = required.policy().statements();
        for dropped in 0..statements.len() {
            let mut rest = statements.to_vec();
            let only = evaluator(&Policy::new([rest.remove(dropped)]).unwrap());
            let rest = evaluator(&Policy::new(rest).unwrap());
            let served: Vec<&Request> =
                requests.iter().filter(|request| only.evaluate(request).is_allowed()).collect();
            let sid = statements[dropped].sid();
            assert!(!served.is_empty(), "{phase:?}: {sid:?}");
            // What it serves is served by nothing else.
            for request in served {
                let (action, resource) = (request.action(), request.resource());
                assert!(
                    !rest.evaluate(request).is_allowed(),
                    "{phase:?}: {sid:?} {action} {resource}"
                );
            }
        }
        for (statement, steps) in required.statements() {
            assert!(!steps.is_empty(), "{phase:?}: {:?}", statement.sid());
        }
    }
}

#[test]
fn for_the_standard_every_request_is_allowed_and_no_statement_can_be_dropped() {
    let plan = Segmentation::standard("shop").unwrap().plan("shop-1", ACCOUNT, REGION, None);
    every_request_is_allowed_and_no_statement_can_be_dropped(&plan.unwrap());
}

#[test]
fn with_every_kind_of_step_every_request_is_allowed_and_no_statement_can_be_dropped() {
    every_request_is_allowed_and_no_statement_can_be_dropped(&plan());
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
