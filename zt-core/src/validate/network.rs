//! Conditions on the network, the Region, and what callers say about themselves.

use super::context::{Checker, Test, View, shown};
use super::rules;
use crate::literal;
use crate::policy::Comparison;
use crate::rewrite::cover;

pub(super) fn check(checker: &mut Checker<'_>, view: &View<'_>) {
    let tests = view.tests();
    for test in &tests {
        match test.comparison() {
            Some(Comparison::NotIpAddress) if !view.allows() => check_deny(checker, view, test),
            Some(Comparison::IpAddress) if view.allows() => check_allow(checker, view, test),
            Some(
                Comparison::StringNotEquals
                | Comparison::StringNotLike
                | Comparison::StringNotEqualsIgnoreCase,
            ) if !view.allows() && test.is_key("aws:RequestedRegion") => {
                check_region(checker, view, test);
            }
            _ => {}
        }
        let forgeable = test.is_key("aws:Referer") || test.is_key("aws:UserAgent");
        if forgeable && view.allows() && test.comparison().is_some_and(|own| !own.is_negated()) {
            let message = format!("any caller can send any {}", shown(test.key));
            checker.find(&rules::FORGEABLE_KEY, test.at(), message);
        }
    }
}

/// Whether something in the statement speaks for requests through VPC endpoints.
fn knows_endpoints(view: &View<'_>) -> bool {
    view.tests_key(&[
        "aws:SourceVpc",
        "aws:SourceVpce",
        "aws:SourceVpcArn",
        "aws:VpcSourceIp",
        "aws:VpceAccount",
        "aws:VpceOrgID",
        "aws:VpceOrgPaths",
    ])
}

fn check_deny(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>) {
    let families = families(test);
    if families == (true, false) {
        let message =
            format!("every IPv6 address is outside: {} lists IPv4 ranges only", shown(test.key));
        checker.find(&rules::IPV4_ONLY_DENY, test.at(), message);
    }
    if !test.is_key("aws:SourceIp") {
        return;
    }
    let only_if_there = view.tests().iter().any(|other| {
        other.is_key("aws:SourceIp")
            && other.comparison() == Some(Comparison::Null)
            && other.values.iter().all(|value| value.text().eq_ignore_ascii_case("false"))
    });
    if !knows_endpoints(view) && !only_if_there {
        let message = "requests through VPC endpoints have no `aws:SourceIp` and are all denied";
        checker.find(&rules::SOURCE_IP_MISSES_ENDPOINTS, test.at(), message);
    }
    // A service principal of the policy, or a service on somebody's behalf.
    if !view.tests_key(&[
        "aws:ViaAWSService",
        "aws:PrincipalIsAWSService",
        "aws:CalledVia",
        "aws:CalledViaFirst",
        "aws:CalledViaLast",
    ]) {
        let message = "services that call on the caller's behalf are denied";
        checker.find(&rules::SOURCE_IP_BREAKS_SERVICES, test.at(), message);
    }
}

fn check_allow(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>) {
    if !test.is_key("aws:SourceIp") {
        return;
    }
    if !knows_endpoints(view) && checker.kind.grants() {
        let message = "requests through VPC endpoints have no `aws:SourceIp` and are not allowed";
        checker.find(&rules::SOURCE_IP_MISSES_ENDPOINTS, test.at(), message);
    }
    let has_deny = checker.policy.statements().iter().any(|statement| {
        statement.effect() == crate::policy::Effect::Deny
            && statement.condition_element().is_some_and(|all| {
                all.iter().any(|(operator, key, _)| {
                    key.eq_ignore_ascii_case("aws:SourceIp")
                        && operator.comparison() == Some(Comparison::NotIpAddress)
                })
            })
    });
    if !has_deny && checker.kind == super::Kind::Identity {
        let message = "stops nobody whom another policy allows: what must hold always is a Deny";
        checker.find(&rules::ALLOW_IS_NO_GUARDRAIL, test.at(), message);
    }
}

/// Whether there are IPv4 and IPv6 ranges.
fn families(test: &Test<'_>) -> (bool, bool) {
    let ranges: Vec<ipnet::IpNet> =
        test.values.iter().filter_map(|value| literal::ip_range(&value.text())).collect();
    let has = |wanted: fn(&ipnet::IpNet) -> bool| ranges.iter().any(wanted);
    (
        has(|range| matches!(range, ipnet::IpNet::V4(_))),
        has(|range| matches!(range, ipnet::IpNet::V6(_))),
    )
}

fn check_region(checker: &mut Checker<'_>, view: &View<'_>, test: &Test<'_>) {
    const GLOBAL: [&str; 3] =
        ["iam:GetRole", "organizations:DescribeOrganization", "route53:ListHostedZones"];
    let in_list = test.values.iter().any(|value| value.text() == "us-east-1");
    if in_list {
        return;
    }
    let hits = match (view.statement.action_element(), view.statement.not_action_element()) {
        // Whoever names services means them; whoever denies all of several has not thought of these.
        (Some(list), _) => list
            .iter()
            .any(|action| GLOBAL.iter().all(|global| cover::action_covers(action.as_str(), global)))
            .then_some("iam:GetRole"),
        (None, Some(list)) => GLOBAL.into_iter().find(|global| {
            !list.iter().any(|action| cover::action_covers(action.as_str(), global))
        }),
        (None, None) => None,
    };
    if let Some((service, _)) = hits.and_then(|action| action.split_once(':')) {
        let message = format!(
            "{} and other global services are called in us-east-1 and denied",
            shown(service)
        );
        checker.find(&rules::REGION_DENY_GLOBAL, test.at(), message);
    }
}
