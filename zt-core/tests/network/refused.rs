//! What AWS would refuse of a network is refused when its plan is made or read: a plan of the standard segmentation, with one
//! thing changed.

use serde_json::{Value as Json, json};
use zt_core::network::Segmentation;
use zt_core::plan::Plan;

use crate::account::{ACCOUNT, REGION};

fn plan() -> Json {
    let shop = Segmentation::standard("shop").unwrap();
    let plan = shop.plan("shop-1", ACCOUNT, REGION, None).unwrap();
    serde_json::from_str(&plan.to_json()).unwrap()
}

fn step<'a>(plan: &'a mut Json, id: &str) -> &'a mut Json {
    let steps = plan["steps"].as_array_mut().unwrap();
    steps.iter_mut().find(|step| step["id"] == id).unwrap_or_else(|| panic!("{id}"))
}

/// The plan with a member of a step's input set; `null` takes it away.
fn changed(id: &str, member: &str, value: Json) -> Result<Plan, String> {
    let mut plan = plan();
    let input = step(&mut plan, id).pointer_mut("/call/input").unwrap();
    let (parent, name) = member.rsplit_once('/').unwrap();
    let parent = input.pointer_mut(parent).unwrap();
    if value.is_null() {
        parent.as_object_mut().unwrap().remove(name).unwrap();
    } else {
        parent[name] = value;
    }
    plan.to_string().parse::<Plan>().map_err(|error| error.to_string())
}

fn refused(id: &str, member: &str, value: Json) -> String {
    changed(id, member, value).unwrap_err()
}

#[test]
fn what_aws_would_refuse() {
    let table = [
        ("vpc", "/CidrBlock", json!("10.0.0.0/8"), "an IPv4 network of /16 to /28"),
        ("vpc", "/DryRun", json!(true), "no DryRun"),
        ("subnet-web-a", "/CidrBlock", json!("10.0.0.0/24"), "a part of the VPC's 10.195.0.0/19"),
        (
            "subnet-web-b",
            "/CidrBlock",
            json!("10.195.0.0/25"),
            "a range apart from 10.195.0.0/24, which step `subnet-web-a` takes",
        ),
        ("group-web", "/VpcId", Json::Null, "without one the group is in the default VPC"),
        ("group-web", "/GroupName", json!("default"), "which is the VPC's own group"),
        ("group-web", "/GroupName", json!("sg-web"), "a name that does not begin with sg-"),
        ("group-web", "/GroupName", json!("shop-app"), "a name that no other group of the VPC has"),
        ("group-web", "/Description", json!("größe"), "at most 255 letters"),
        ("group-web-in", "/IpPermissions/0/FromPort", json!(444), "a first and a last port"),
        ("group-web-in", "/IpPermissions/0/ToPort", json!(70_000), "a first and a last port"),
        ("group-web-in", "/IpPermissions/0/ToPort", Json::Null, "FromPort and ToPort"),
        ("group-web-in", "/IpPermissions/0/IpRanges", json!([]), "one of IpRanges"),
        (
            "group-web-in",
            "/IpPermissions/0/IpRanges/0/CidrIp",
            json!("0.0.0.0"),
            "IpPermissions[0].CidrIp: expected an IPv4 range such as 203.0.113.0/24",
        ),
        ("acl-web-in-100", "/RuleNumber", json!(40_000), "1 to 32766"),
        ("acl-web-in-100", "/PortRange", Json::Null, "a range of ports"),
        ("acl-web-in-100", "/PortRange/To", json!(70_000), "a first and a last port"),
        ("acl-web-in-100", "/CidrBlock", json!("everywhere"), "an IPv4 range"),
        ("routes-web-internet", "/DestinationCidrBlock", json!("::/0"), "an IPv4 range"),
        ("flow-logs", "/DeliverLogsPermissionArn", Json::Null, "where the logs go, and by whom"),
        ("flow-logs", "/ResourceType", json!("Vpc"), "one of VPC"),
    ];
    for (id, member, value, expected) in table {
        let found = refused(id, member, value);
        assert!(found.starts_with("step `") && found.contains(": call.input"), "{found}");
        assert!(found.contains(expected), "{id} {member}: {found}");
    }
    changed("group-web", "/Description", json!("what is before the load balancer")).unwrap();
}

#[test]
fn an_entry_with_a_number_that_is_taken() {
    let mut plan = plan();
    let twin = {
        let mut twin = step(&mut plan, "acl-web-in-100").clone();
        twin["id"] = json!("acl-web-in-again");
        twin
    };
    plan["steps"].as_array_mut().unwrap().push(twin);
    let found = plan.to_string().parse::<Plan>().unwrap_err().to_string();
    assert!(found.contains("a number that no other entry of the network ACL"), "{found}");
}

/// Emulators attach a group of one VPC to what is in another one.
#[test]
fn things_of_two_vpcs() {
    let mut plan = plan();
    let mut other = step(&mut plan, "vpc").clone();
    other["id"] = json!("other");
    let text = other.to_string().replace("\"vpc.Vpc", "\"other.Vpc");
    let mut other: Json = serde_json::from_str(&text).unwrap();
    other["call"]["input"]["CidrBlock"] = json!("10.195.0.0/19");
    let steps = plan["steps"].as_array_mut().unwrap();
    steps.insert(1, other);
    let built = plan.to_string().parse::<Plan>();
    assert!(built.is_ok(), "{built:?}");
    for (id, expected) in [
        // The article makes a VPC for every tier: then no tier's group can name another's.
        ("group-app", "something of the VPC <vpc.Vpc.VpcId>"),
        ("routes-web", "something of the VPC <other.Vpc.VpcId>"),
        ("subnet-web-a", "something of the VPC <vpc.Vpc.VpcId>"),
    ] {
        let mut plan = plan.clone();
        step(&mut plan, id)["call"]["input"]["VpcId"] = json!({ "$ref": "other.Vpc.VpcId" });
        let found = plan.to_string().parse::<Plan>().unwrap_err().to_string();
        assert!(found.contains(expected), "{id}: {found}");
    }
}

/// Mistakes of the article's network class, as plans that cannot be.
mod article {
    use super::*;

    #[test]
    fn the_article_puts_cidr_ip_inside_a_permission() {
        let found = refused("group-web-in", "/IpPermissions/0/CidrIp", json!("0.0.0.0/0"));
        assert!(
            found.contains("IpPermissions[0].CidrIp: expected a member of IpPermission"),
            "{found}"
        );
        let found = refused("group-web-in", "/CidrIp", json!("0.0.0.0/0"));
        assert!(found.contains("rules in IpPermissions, and groups by id"), "{found}");
    }

    #[test]
    fn the_article_puts_source_security_group_id_inside_a_permission() {
        let found =
            refused("group-app-in", "/IpPermissions/0/SourceSecurityGroupId", json!("sg-1"));
        assert!(found.contains("expected a member of IpPermission"), "{found}");
    }

    #[test]
    fn the_article_names_a_group_where_an_id_is_asked_for() {
        let member = "/IpPermissions/0/UserIdGroupPairs/0/GroupId";
        let found = refused("group-app-in", member, json!("web-tier-sg"));
        let expected = "UserIdGroupPairs.GroupId: expected an id such as sg-0123456789abcdef0, found `web-tier-sg`";
        assert!(found.ends_with(expected), "{found}");
        let found = refused("group-app-in", "/GroupId", json!("web-tier-sg"));
        assert!(found.contains("GroupId: expected an id such as sg-"), "{found}");
    }

    #[test]
    fn the_article_makes_rules_before_the_groups_they_name() {
        let mut plan = plan();
        let steps = plan["steps"].as_array_mut().unwrap();
        let rule = steps.iter().position(|step| step["id"] == "group-web-out").unwrap();
        let rule = steps.remove(rule);
        let group = steps.iter().position(|step| step["id"] == "group-app").unwrap();
        steps.insert(group, rule);
        let found = plan.to_string().parse::<Plan>().unwrap_err().to_string();
        assert!(found.contains("a reference to a step that has run by then"), "{found}");
    }

    #[test]
    fn the_article_leaves_the_vpc_behind_when_the_group_fails() {
        let mut plan = plan();
        step(&mut plan, "vpc").as_object_mut().unwrap().remove("undo").unwrap();
        let found = plan.to_string().parse::<Plan>().unwrap_err().to_string();
        assert!(found.contains("a call that takes it back, or why there is none"), "{found}");
    }
}
