//! What AWS refuses although it fits the model of the API. Emulators mostly take it, so a test against one does not show it.

use ipnet::Ipv4Net;

use super::error::PlanError;
use super::step::Call;
use super::value::Value;
use crate::policy::Policy;

/// Checks constants of a call's input. A rule about a value that is only known when the plan runs is AWS's to check.
pub(super) fn check(place: &str, call: &Call) -> Result<(), PlanError> {
    match (call.service.as_str(), call.operation.as_str()) {
        ("iam", "CreateRole") => trust_policy(place, call, "AssumeRolePolicyDocument"),
        ("iam", "UpdateAssumeRolePolicy") => trust_policy(place, call, "PolicyDocument"),
        ("iam", "PutRolePolicy") => identity_policy(place, call, "PolicyDocument"),
        ("sts", "AssumeRole") => identity_policy(place, call, "Policy"),
        ("scheduler", "CreateSchedule") => schedule(place, call),
        ("ec2", _) => ec2(place, call),
        _ => Ok(()),
    }
}

/// IAM User Guide, *IAM and AWS STS quotas*: the most that a trust policy's quota can be raised to.
const TRUST_POLICY: usize = 4_096;
/// The same page: inline policies of a role, together, without white space.
const ROLE_POLICIES: usize = 10_240;

fn trust_policy(place: &str, call: &Call, member: &str) -> Result<(), PlanError> {
    let Some((place, policy, text)) = policy(place, call, member)? else {
        return Ok(());
    };
    for statement in policy.statements() {
        let principals = statement.principal_element();
        if principals.is_none() && statement.not_principal_element().is_none() {
            return Err(PlanError::new(
                place,
                "a trust policy: a Principal in every statement",
                None,
            ));
        }
        if statement.resource_element().is_some() || statement.not_resource_element().is_some() {
            return Err(PlanError::new(place, "a trust policy: no Resource", None));
        }
        for principal in principals.iter().flat_map(|principals| principals.to_list()) {
            if let ("AWS", id) = principal.parts()
                && !is_aws_principal(id)
            {
                let expected = "principals that are ARNs, 12 digits of an account, or *";
                return Err(PlanError::new(place, expected, id.to_owned()));
            }
        }
    }
    if text.chars().count() > TRUST_POLICY {
        let found = text.chars().count().to_string();
        return Err(PlanError::new(place, format!("at most {TRUST_POLICY} characters"), found));
    }
    Ok(())
}

fn is_aws_principal(text: &str) -> bool {
    let is_account =
        |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    text == "*"
        || is_account(text)
        || matches!(parts.as_slice(), ["arn", _, "iam" | "sts", "", account, name] if is_account(account) && !name.is_empty())
}

fn identity_policy(place: &str, call: &Call, member: &str) -> Result<(), PlanError> {
    let Some((place, policy, text)) = policy(place, call, member)? else {
        return Ok(());
    };
    for statement in policy.statements() {
        if statement.principal_element().is_some() || statement.not_principal_element().is_some() {
            return Err(PlanError::new(place, "a policy of a role: no Principal", None));
        }
        if statement.resource_element().is_none() && statement.not_resource_element().is_none() {
            return Err(PlanError::new(
                place,
                "a policy of a role: a Resource in every statement",
                None,
            ));
        }
    }
    let size = text.chars().filter(|character| !character.is_whitespace()).count();
    if size > ROLE_POLICIES {
        let expected = format!("at most {ROLE_POLICIES} characters without white space");
        return Err(PlanError::new(place, expected, size.to_string()));
    }
    Ok(())
}

fn policy<'a>(
    place: &str,
    call: &'a Call,
    member: &str,
) -> Result<Option<(String, Policy, &'a str)>, PlanError> {
    let Some(text) = call.text(member) else {
        return Ok(None);
    };
    let place = format!("{place}.{member}");
    match Policy::parse(text) {
        Ok(policy) => Ok(Some((place, policy, text))),
        Err(error) => Err(PlanError::new(place, format!("a policy ({error})"), text.to_owned())),
    }
}

/// EventBridge Scheduler User Guide, *Schedule types* and *Configuring flexible time windows*.
fn schedule(place: &str, call: &Call) -> Result<(), PlanError> {
    if let Some(text) = call.text("ScheduleExpression") {
        let inner = |kind: &str| text.strip_prefix(kind)?.strip_prefix('(')?.strip_suffix(')');
        let fits = inner("at")
            .is_some_and(|at| at.len() == 19 && at.parse::<jiff::civil::DateTime>().is_ok())
            || inner("rate").is_some_and(is_rate)
            || inner("cron").is_some_and(|cron| cron.split_whitespace().count() == 6);
        if !fits {
            let expected = "at(2026-01-31T12:00:00), rate(5 minutes) or cron(0 8 * * ? *)";
            return Err(PlanError::new(
                format!("{place}.ScheduleExpression"),
                expected,
                text.to_owned(),
            ));
        }
    }
    if let Some(Value::Object(window)) = call.input.get("FlexibleTimeWindow") {
        let has_minutes = window.contains_key("MaximumWindowInMinutes");
        let expected = match window.get("Mode") {
            Some(Value::Text(mode)) if mode == "OFF" && has_minutes => "none when the mode is OFF",
            Some(Value::Text(mode)) if mode == "FLEXIBLE" && !has_minutes => {
                "minutes when the mode is FLEXIBLE"
            }
            _ => return Ok(()),
        };
        let place = format!("{place}.FlexibleTimeWindow.MaximumWindowInMinutes");
        return Err(PlanError::new(place, expected, None));
    }
    Ok(())
}

fn is_rate(text: &str) -> bool {
    let Some((number, unit)) = text.split_once(' ') else {
        return false;
    };
    number.parse::<u32>().is_ok_and(|number| number > 0)
        && matches!(unit.trim_end_matches('s'), "minute" | "hour" | "day")
}

/// Amazon VPC User Guide, *VPC CIDR blocks* and *Subnet CIDR blocks*; EC2 API Reference.
fn ec2(place: &str, call: &Call) -> Result<(), PlanError> {
    if call.input.contains_key("DryRun") {
        let expected = "no DryRun: with it AWS does nothing and answers with an error";
        return Err(PlanError::new(format!("{place}.DryRun"), expected, None));
    }
    match call.operation.as_str() {
        "CreateVpc" | "CreateSubnet" => {
            if let Some(text) = call.text("CidrBlock") {
                let fits = text
                    .parse::<Ipv4Net>()
                    .is_ok_and(|net| net.trunc() == net && (16..=28).contains(&net.prefix_len()));
                if !fits {
                    let expected = "an IPv4 network of /16 to /28 with no bits set past the prefix";
                    return Err(PlanError::new(
                        format!("{place}.CidrBlock"),
                        expected,
                        text.to_owned(),
                    ));
                }
            }
            Ok(())
        }
        "CreateSecurityGroup" => security_group(place, call),
        "AuthorizeSecurityGroupEgress"
        | "AuthorizeSecurityGroupIngress"
        | "RevokeSecurityGroupEgress"
        | "RevokeSecurityGroupIngress" => permissions(place, call),
        "CreateNetworkAclEntry" | "ReplaceNetworkAclEntry" => acl_entry(place, call),
        "CreateFlowLogs" => flow_logs(place, call),
        "CreateVpcEndpoint" => endpoint(place, call),
        _ => Ok(()),
    }
}

/// EC2 API Reference, *CreateSecurityGroup*.
fn security_group(place: &str, call: &Call) -> Result<(), PlanError> {
    if !call.input.contains_key("VpcId") {
        let expected = "the VPC: without one the group is in the default VPC";
        return Err(PlanError::new(format!("{place}.VpcId"), expected, None));
    }
    let is_plain = |text: &str| {
        text.chars().count() <= 255
            && text.chars().all(|character| {
                character.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(character)
            })
    };
    for member in ["GroupName", "Description"] {
        if let Some(text) = call.text(member).filter(|text| !is_plain(text)) {
            let expected = "at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*";
            return Err(PlanError::new(format!("{place}.{member}"), expected, text.to_owned()));
        }
    }
    match call.text("GroupName").filter(|name| name.starts_with("sg-")) {
        Some(name) => {
            let expected = "a name that does not begin with sg-";
            Err(PlanError::new(format!("{place}.GroupName"), expected, name.to_owned()))
        }
        None => Ok(()),
    }
}

/// EC2 API Reference, *IpPermission*: in a VPC groups are named by their ids, and every rule has another side.
fn permissions(place: &str, call: &Call) -> Result<(), PlanError> {
    for member in ["CidrIp", "SourceSecurityGroupName", "GroupName"] {
        if let Some(value) = call.input.get(member) {
            let expected = "rules in IpPermissions, and groups by id";
            return Err(PlanError::new(format!("{place}.{member}"), expected, value.to_string()));
        }
    }
    let Some(Value::List(permissions)) = call.input.get("IpPermissions") else {
        return Ok(());
    };
    for (at, permission) in permissions.iter().enumerate() {
        let place = format!("{place}.IpPermissions[{at}]");
        let Value::Object(members) = permission else { continue };
        let lists = ["IpRanges", "Ipv6Ranges", "PrefixListIds", "UserIdGroupPairs"];
        let has_peer = lists.iter().any(
            |list| matches!(members.get(*list), Some(Value::List(items)) if !items.is_empty()),
        );
        if !has_peer {
            return Err(PlanError::new(place, format!("one of {}", lists.join(", ")), None));
        }
        let protocol = match members.get("IpProtocol") {
            Some(Value::Text(protocol)) => protocol.as_str(),
            Some(_) => continue,
            None => return Err(PlanError::new(place, "IpProtocol", None)),
        };
        if matches!(protocol, "tcp" | "udp" | "6" | "17")
            && !(members.contains_key("FromPort") && members.contains_key("ToPort"))
        {
            let expected = format!("FromPort and ToPort: without them {protocol} has no ports");
            return Err(PlanError::new(place, expected, None));
        }
        for pair in match members.get("UserIdGroupPairs") {
            Some(Value::List(pairs)) => pairs.as_slice(),
            _ => &[],
        } {
            if matches!(pair, Value::Object(pair) if !pair.contains_key("GroupId")) {
                let place = format!("{place}.UserIdGroupPairs");
                return Err(PlanError::new(place, "groups by GroupId", pair.to_string()));
            }
        }
    }
    Ok(())
}

/// EC2 API Reference, *CreateNetworkAclEntry*.
fn acl_entry(place: &str, call: &Call) -> Result<(), PlanError> {
    if let Some(Value::Number(number)) = call.input.get("RuleNumber")
        && !number.as_i64().is_some_and(|number| (1..=32_766).contains(&number))
    {
        let place = format!("{place}.RuleNumber");
        return Err(PlanError::new(place, "1 to 32766", number.to_string()));
    }
    match call.text("Protocol") {
        Some("6" | "17" | "tcp" | "udp") if !call.input.contains_key("PortRange") => {
            let place = format!("{place}.PortRange");
            Err(PlanError::new(place, "a range of ports for tcp and udp", None))
        }
        Some("1" | "icmp") if !call.input.contains_key("IcmpTypeCode") => {
            let place = format!("{place}.IcmpTypeCode");
            Err(PlanError::new(place, "a type and a code for icmp; -1 is any", None))
        }
        _ => Ok(()),
    }
}

/// EC2 API Reference, *CreateFlowLogs*.
fn flow_logs(place: &str, call: &Call) -> Result<(), PlanError> {
    let to_bucket = call.text("LogDestinationType") == Some("s3");
    let needed: &[&str] = if to_bucket {
        &["LogDestination"]
    } else if call.input.contains_key("LogDestination") {
        &["DeliverLogsPermissionArn"]
    } else {
        &["LogGroupName", "DeliverLogsPermissionArn"]
    };
    match needed.iter().find(|member| !call.input.contains_key(**member)) {
        Some(member) => {
            Err(PlanError::new(format!("{place}.{member}"), "where the logs go, and by whom", None))
        }
        None => Ok(()),
    }
}

/// EC2 API Reference, *CreateVpcEndpoint*.
fn endpoint(place: &str, call: &Call) -> Result<(), PlanError> {
    let (needed, why): (&[&str], &str) = match call.text("VpcEndpointType") {
        Some("Interface") => (
            &["SubnetIds", "SecurityGroupIds"],
            "subnets and security groups: without, it has none, or the VPC's own group",
        ),
        Some("Gateway") | None => (&["RouteTableIds"], "route tables: without, nothing goes to it"),
        Some(_) => return Ok(()),
    };
    match needed.iter().find(|member| !call.input.contains_key(**member)) {
        Some(member) => Err(PlanError::new(format!("{place}.{member}"), why, None)),
        None => Ok(()),
    }
}
