//! The plan of a segmentation, run against a model of an account.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use ipnet::IpNet;
use serde_json::Value as Json;
use zt_core::network::{
    ClientPorts, Endpoint, FlowLogs, Interface, Network, Segmentation, SegmentationBuilder, Tier,
    Traffic,
};
use zt_core::plan::{Again, Plan, Run, Status, Step};

use crate::account::{ACCOUNT, Account, REGION, same};
use crate::driver::{Driver, run};

fn large() -> Segmentation {
    SegmentationBuilder::standard("shop")
        .zones(["a", "b", "c"])
        .nat(true)
        .tier(Tier::new("batch").client_ports(ClientPorts::Linux))
        .endpoint(Endpoint::gateway("s3"))
        .endpoint(Endpoint::interface("kms"))
        .endpoint(Endpoint::interface("ecr.dkr"))
        .range("office", "203.0.113.0/24".parse().unwrap())
        .allow("office", "web", Traffic::tcp(8443))
        .allow("app", "s3", Traffic::tcp(443))
        .allow("app", "kms", Traffic::tcp(443))
        .allow("batch", "ecr.dkr", Traffic::tcp(443))
        .allow("batch", "internet", Traffic::tcp(443))
        .allow("app", "web", Traffic::icmp_echo())
        .allow("batch", "batch", Traffic::udp(7946))
        .tag("cost-centre", "4711")
        .build()
        .unwrap()
}

fn plan(shop: &Segmentation) -> Plan {
    shop.plan("shop-1", ACCOUNT, REGION, None).unwrap()
}

fn ran(shop: &Segmentation) -> Account {
    let mut account = Account::default();
    let end = run(&plan(shop), &mut account, &mut String::new());
    assert_eq!(end.status(), Status::Finished, "{end:?}");
    account
}

/// Puts interfaces into what was made: two of each tier in each of its subnets, and one of each endpoint.
fn populate(shop: &Segmentation, network: &mut Network) {
    for subnet in network.subnets.clone() {
        let IpNet::V4(range) = subnet.ranges[0] else { panic!() };
        let placed =
            shop.layout().subnets().iter().find(|placed| placed.range() == range).unwrap().clone();
        let tier = shop.tiers().iter().find(|tier| tier.name() == placed.tier());
        let groups: Vec<String> = match placed.tier() {
            "endpoints" => network
                .groups
                .iter()
                .filter(|group| group.name.starts_with("shop-endpoint-"))
                .map(|group| group.id.clone())
                .collect(),
            name => network
                .groups
                .iter()
                .filter(|group| group.name == format!("shop-{name}"))
                .map(|group| group.id.clone())
                .collect(),
        };
        for (number, group) in (10_u32..).zip(groups.iter().chain(&groups)) {
            network.interfaces.push(Interface {
                id: format!("eni-{}-{number}", subnet.id),
                name: placed.tier().to_owned(),
                subnet: subnet.id.clone(),
                addresses: vec![IpAddr::V4(Ipv4Addr::from(u32::from(range.network()) + number))],
                public: tier.is_some_and(Tier::is_public),
                groups: vec![group.clone()],
                client_ports: if placed.tier() == "batch" {
                    ClientPorts::Linux
                } else {
                    ClientPorts::Any
                },
            });
        }
    }
}

#[test]
fn what_is_made_keeps_to_what_is_declared() {
    for shop in [Segmentation::standard("shop").unwrap(), large()] {
        let account = ran(&shop);
        let mut observed = account.observed();
        populate(&shop, &mut observed);
        let violations = shop.check(observed.clone()).unwrap();
        assert!(violations.is_empty(), "{violations:?}");
        // Opened by hand, it is a violation.
        let db = observed.groups.iter().position(|group| group.name == "shop-db").unwrap();
        let open = observed.groups[db].ingress[0].clone();
        let app = observed.groups.iter().position(|group| group.name == "shop-app").unwrap();
        let id = observed.groups[db].id.clone();
        observed.groups[app].egress.push(zt_core::network::GroupRule {
            traffic: Traffic::tcp(22),
            peer: zt_core::network::RulePeer::Group(id),
            ..open.clone()
        });
        observed.groups[db]
            .ingress
            .push(zt_core::network::GroupRule { traffic: Traffic::tcp(22), ..open });
        assert!(!shop.check(observed).unwrap().is_empty());
    }
}

#[test]
fn nothing_is_open_at_any_point_that_is_not_declared() {
    let shop = large();
    let plan = plan(&shop);
    // The account before each call, and the call before it.
    let mut states: Vec<(String, Account)> = Vec::new();
    let mut last = String::new();
    let (mut account, mut journal) = (Account::default(), String::new());
    let mut going = Run::start(&plan, ACCOUNT, REGION).unwrap();
    let mut driver = Driver::new(&mut account, &mut journal);
    driver.fault = Box::new(|_, request, account| {
        if states.last().is_none_or(|(_, known)| !same(known, account)) {
            states.push((last.clone(), account.clone()));
        }
        last = request.operation().to_owned();
        None
    });
    assert_eq!(driver.drive(&mut going).unwrap().status(), Status::Finished);
    drop(driver);
    assert!(states.len() > 60, "{}", states.len());
    for (last, account) in states.iter().skip(1) {
        let mut observed = account.observed();
        populate(&shop, &mut observed);
        let open: Vec<String> = shop
            .check(observed)
            .unwrap()
            .iter()
            .filter(|violation| violation.kind() != zt_core::network::ViolationKind::Blocked)
            .map(ToString::to_string)
            .collect();
        // A new group lets everything out until the next step: it is of nobody yet, and nothing lets anybody in.
        assert!(open.is_empty() || last == "CreateSecurityGroup", "{last}: {open:?}");
    }
}

#[test]
fn everything_that_is_made_has_tags() {
    let plan = plan(&large());
    for step in plan.steps().iter().filter(|step| step.call().service() == "ec2") {
        let call = step.call();
        let makes = call.operation().starts_with("Create")
            || call.operation() == "AllocateAddress"
            || call.operation().starts_with("Authorize");
        if makes && !matches!(call.operation(), "CreateNetworkAclEntry" | "CreateRoute") {
            let tags = call.input()["TagSpecifications"].to_string();
            for tag in [
                "zt:plan=shop-1",
                "zt:app=shop",
                "cost-centre=4711",
                &format!("zt:step={}", step.id()),
            ] {
                assert!(tags.contains(tag), "{}: {tags}", step.id());
            }
        }
    }
}

#[test]
fn what_costs_money_says_so() {
    let costs = |shop: &Segmentation| -> Vec<String> {
        plan(shop)
            .steps()
            .iter()
            .filter(|step| step.cost().is_some())
            .map(|step| step.id().to_owned())
            .collect()
    };
    assert_eq!(costs(&Segmentation::standard("shop").unwrap()), ["flow-logs"]);
    assert_eq!(
        costs(&large()),
        [
            "flow-logs",
            "nat-a-address",
            "nat-a",
            "nat-b-address",
            "nat-b",
            "nat-c-address",
            "nat-c",
            "endpoint-kms",
            "endpoint-ecr-dkr"
        ],
    );
}

#[test]
fn flow_logs_can_go_to_a_bucket_or_through_a_role_that_is_there() {
    let steps = |logs: FlowLogs| -> Vec<String> {
        let shop = SegmentationBuilder::standard("shop").flow_logs(logs).build().unwrap();
        let plan = plan(&shop);
        plan.steps()
            .iter()
            .map(|step| step.id().to_owned())
            .filter(|id| id.starts_with("flow") || id.starts_with("log"))
            .collect()
    };
    assert_eq!(
        steps(FlowLogs::DEFAULT),
        ["log-group", "log-group-retention", "flow-log-role", "flow-log-role-policy", "flow-logs"]
    );
    assert_eq!(steps(FlowLogs::Bucket("arn:aws:s3:::logs/vpc/".into())), ["flow-logs"]);
    let role_arn = Some("arn:aws:iam::111122223333:role/Logs".into());
    assert_eq!(
        steps(FlowLogs::CloudWatch { retention_days: 30, role_arn }),
        ["log-group", "log-group-retention", "flow-logs"]
    );
}

#[test]
fn a_zone_is_a_letter_a_name_or_an_id() {
    let zone = |zone: &str| {
        let shop = SegmentationBuilder::standard("shop").zones([zone]).build().unwrap();
        shop.plan("shop-1", ACCOUNT, REGION, None).map(|plan| {
            let input = plan.step(&format!("subnet-web-{zone}")).unwrap().call().input().clone();
            ["AvailabilityZone", "AvailabilityZoneId"]
                .map(|member| input.get(member).map(ToString::to_string))
        })
    };
    assert_eq!(zone("a").unwrap(), [Some("eu-central-1a".into()), None]);
    assert_eq!(zone("eu-central-1c").unwrap(), [Some("eu-central-1c".into()), None]);
    assert_eq!(zone("euc1-az1").unwrap(), [None, Some("euc1-az1".into())]);
    assert!(zone("us-east-1a").unwrap_err().to_string().contains("zones of eu-central-1"));
}

#[test]
fn a_thousand_steps_are_a_plan() {
    let mut builder = SegmentationBuilder::new("shop")
        .cidr("10.0.0.0/16")
        .zones(["a", "b", "c"])
        .subnet_prefix(26);
    for number in 0..46 {
        builder = builder.tier(Tier::new(format!("tier-{number}")));
        if number > 0 {
            let before = format!("tier-{}", number - 1);
            builder = builder.allow(before, format!("tier-{number}"), Traffic::tcp(8080));
        }
    }
    let shop = builder.build().unwrap();
    let started = Instant::now();
    let plan = plan(&shop);
    let built = started.elapsed();
    let text = plan.to_text();
    println!(
        "{} steps: built in {built:?}, printed in all {:?}",
        plan.steps().len(),
        started.elapsed()
    );
    assert!(plan.steps().len() > 1000);
    let last = plan.steps().last().unwrap();
    assert!(text.contains(&format!("\n{}. {}: ", plan.steps().len(), last.id())));
}

#[test]
fn the_plan_reads_back_and_has_one_digest() {
    let plan = plan(&large());
    assert_eq!(plan.to_json().parse::<Plan>().unwrap(), plan);
    assert_eq!(plan.digest(), self::plan(&large()).digest());
    assert!(
        Segmentation::standard("shop")
            .unwrap()
            .plan(&"x".repeat(60), ACCOUNT, REGION, None)
            .is_err()
    );
}

/// Mistakes of the article that only a plan can show.
mod article {
    use super::*;

    fn inputs(operation: &str) -> Vec<Json> {
        let plan: Json = serde_json::from_str(&plan(&large()).to_json()).unwrap();
        let steps = plan["steps"].as_array().unwrap().iter();
        steps
            .map(|step| &step["call"])
            .filter(|call| call["operation"] == operation)
            .map(|call| call["input"].clone())
            .collect()
    }

    #[test]
    fn the_article_puts_cidr_ip_inside_a_permission() {
        for permission in inputs("AuthorizeSecurityGroupIngress")
            .iter()
            .flat_map(|input| input["IpPermissions"].as_array().unwrap())
        {
            assert!(
                permission.get("CidrIp").is_none()
                    && permission.get("SourceSecurityGroupId").is_none()
            );
            let peers = ["IpRanges", "UserIdGroupPairs", "PrefixListIds"]
                .iter()
                .filter(|member| permission.get(**member).is_some());
            assert_eq!(peers.count(), 1, "{permission}");
        }
    }

    #[test]
    fn the_article_names_a_group_where_an_id_is_asked_for() {
        let pairs = inputs("AuthorizeSecurityGroupIngress");
        let pairs = pairs
            .iter()
            .flat_map(|input| input["IpPermissions"].as_array().unwrap())
            .filter_map(|it| it.get("UserIdGroupPairs"));
        for pair in pairs {
            assert!(pair[0]["GroupId"]["$ref"].as_str().unwrap().ends_with(".GroupId"), "{pair}");
        }
    }

    #[test]
    fn the_article_makes_a_vpc_for_every_tier() {
        assert_eq!(inputs("CreateVpc").len(), 1);
        for input in inputs("CreateSecurityGroup") {
            assert_eq!(input["VpcId"]["$ref"], "vpc.Vpc.VpcId");
        }
    }

    #[test]
    fn the_article_leaves_new_groups_with_all_egress() {
        let (groups, revoked) =
            (inputs("CreateSecurityGroup").len(), inputs("RevokeSecurityGroupEgress").len());
        assert_eq!(revoked, groups + 1); // and the VPC's own
    }

    #[test]
    fn the_article_leaves_the_default_group_and_acl_open() {
        let account = ran(&Segmentation::standard("shop").unwrap());
        let network = account.observed();
        let own = network.groups.iter().find(|group| group.name == "default").unwrap();
        assert!(own.ingress.is_empty() && own.egress.is_empty());
        let acl = network.acls.iter().find(|acl| acl.name.is_empty()).unwrap();
        assert!(acl.entries.iter().all(|entry| !entry.allow));
    }

    #[test]
    fn the_article_has_no_flow_logs() {
        let logs = inputs("CreateFlowLogs");
        assert_eq!((logs.len(), logs[0]["TrafficType"].as_str()), (1, Some("ALL")));
        // Before there is anything whose traffic could go unseen.
        let plan = plan(&large());
        let position = |id: &str| plan.steps().iter().position(|step| step.id() == id).unwrap();
        assert!(
            position("flow-logs") < position("subnet-web-a")
                && position("flow-logs") < position("group-web")
        );
    }

    #[test]
    fn the_article_leaves_the_vpc_behind_when_the_group_fails() {
        let plan = plan(&large());
        let undone =
            |step: &&Step| step.undo_call().is_none() && !matches!(step.again(), Again::Read);
        for step in plan.steps().iter().filter(undone) {
            let with = step.undone_with_step().unwrap_or_else(|| panic!("{}", step.id()));
            assert!(plan.step(with).unwrap().undo_call().is_some());
        }
    }

    #[test]
    fn the_article_makes_rules_before_the_groups_they_name() {
        let plan = plan(&large());
        let operations: Vec<&str> =
            plan.steps().iter().map(|step| step.call().operation()).collect();
        let last_group = operations.iter().rposition(|it| *it == "CreateSecurityGroup").unwrap();
        let first_rule = operations.iter().position(|it| it.starts_with("Authorize")).unwrap();
        assert!(last_group < first_rule);
    }
}
