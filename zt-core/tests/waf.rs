//! Web ACLs: the form that the API takes, capacity as AWS publishes it, and the article's mistakes.
#![cfg(test)]

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::{Value, json};
use zt_core::waf::*;

/// The article's web ACL, right.
fn article() -> WebAcl {
    WebAcl::new("shop", Scope::CloudFront)
        .and_then(|acl| acl.rate_limit(RateLimit::new(2_000)?))
        .and_then(WebAcl::sql_injection)
        .and_then(WebAcl::cross_site_scripting)
        .and_then(|acl| acl.geo_block(Countries::new(["KP"])?))
        .and_then(WebAcl::ip_reputation)
        .and_then(|acl| acl.bot_control(InspectionLevel::Common))
        .unwrap()
}

fn names(acl: &WebAcl) -> Vec<String> {
    acl.rules().iter().map(|rule| rule["Name"].as_str().unwrap().to_owned()).collect()
}

/// Every object in a rule, with what it is called.
fn objects<'a>(value: &'a Value, found: &mut Vec<(&'a str, &'a Value)>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            found.push((name, value));
            objects(value, found);
        }),
        Value::Array(all) => all.iter().for_each(|value| objects(value, found)),
        _ => {}
    }
}

#[test]
fn the_input_of_the_api() {
    let office = IpSet::new("office", ["203.0.113.7"]).unwrap();
    let acl = WebAcl::new("shop", Scope::regional("eu-central-1").unwrap())
        .and_then(|acl| {
            acl.block_response(CustomResponse::new(429)?.body(
                "slow",
                ContentType::PlainText,
                "slow down",
            )?)
            .never_block(office)
        })
        .and_then(|acl| {
            acl.rate_limit(
                RateLimit::new(100)?
                    .window(Window::OneMinute)
                    .forwarded_ip(ForwardedIp::header("X-Forwarded-For")?),
            )
        })
        .unwrap()
        .promote();
    let visible = |name: &str| json!({"SampledRequestsEnabled": true, "CloudWatchMetricsEnabled": true, "MetricName": name});
    assert_eq!(
        acl.create_input(|set| json!(format!("arn of {}", set.name()))),
        json!({
            "Name": "shop",
            "Scope": "REGIONAL",
            "DefaultAction": {"Allow": {}},
            "Rules": [{
                "Name": "office",
                "Priority": 0,
                "Statement": {"IPSetReferenceStatement": {"ARN": "arn of office"}},
                "Action": {"Allow": {}},
                "VisibilityConfig": visible("office"),
            }, {
                "Name": "RateLimit",
                "Priority": 1,
                "Statement": {"RateBasedStatement": {
                    "Limit": 100,
                    "EvaluationWindowSec": 60,
                    "AggregateKeyType": "FORWARDED_IP",
                    "ForwardedIPConfig": {"HeaderName": "X-Forwarded-For", "FallbackBehavior": "NO_MATCH"},
                }},
                "Action": {"Block": {"CustomResponse": {"ResponseCode": 429, "CustomResponseBodyKey": "slow"}}},
                "VisibilityConfig": visible("RateLimit"),
            }],
            "VisibilityConfig": visible("shop"),
            "CustomResponseBodies": {"slow": {"ContentType": "TEXT_PLAIN", "Content": "slow down"}},
        })
    );
    assert_eq!(
        acl.ip_sets()[0].create_input(acl.scope()),
        json!({"Name": "office", "Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": ["203.0.113.7/32"]})
    );
}

// --- the article's mistakes, and the emulators' -----------------------------------------------

#[test]
fn article_bug_managed_rule_group_with_an_action() {
    for acl in [article(), article().promote()] {
        for rule in acl.rules() {
            let group = rule["Statement"].get("ManagedRuleGroupStatement").is_some();
            assert_eq!(rule.get("OverrideAction").is_some(), group, "{rule}");
            assert_eq!(rule.get("Action").is_some(), !group, "{rule}");
        }
    }
}

#[test]
fn article_bug_cloudfront_scope_in_the_default_region() {
    assert_eq!(Scope::CloudFront.region(), "us-east-1");
    assert_eq!(Scope::regional("ap-northeast-1").unwrap().region(), "ap-northeast-1");
    for wrong in ["", "tokyo", "ap-northeast", "AP-NORTHEAST-1", "us-east-1;", "us--east-1"] {
        assert!(Scope::regional(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn article_bug_priorities_collide() {
    let priorities: BTreeSet<u64> =
        article().rules().iter().map(|rule| rule["Priority"].as_u64().unwrap()).collect();
    assert_eq!(priorities.len(), 6);
    let twice = article().rate_limit(RateLimit::new(100).unwrap());
    assert_eq!(
        twice.unwrap_err().to_string(),
        "rule `RateLimit` is there twice: give one of them another name"
    );
}

#[test]
fn article_bug_bot_control_without_an_inspection_level() {
    let targeted = WebAcl::new("a", Scope::CloudFront)
        .unwrap()
        .bot_control(InspectionLevel::Targeted)
        .unwrap();
    for (acl, level) in [(article(), "COMMON"), (targeted, "TARGETED")] {
        let rules = acl.rules();
        let bots = &rules.last().unwrap()["Statement"]["ManagedRuleGroupStatement"];
        assert_eq!(
            bots["ManagedRuleGroupConfigs"],
            json!([{"AWSManagedRulesBotControlRuleSet": {"InspectionLevel": level}}])
        );
        assert!(acl.notes().iter().any(|note| note.contains("fee")), "the cost is said");
        assert!(acl.notes().iter().any(|note| note.contains("scope it down")));
    }
    let scoped = ManagedRules::new(RuleGroup::BotControl)
        .scope_down(Statement::path_starts_with("/shop").unwrap());
    let acl = WebAcl::new("a", Scope::CloudFront).unwrap().managed(scoped).unwrap();
    assert!(!acl.notes().iter().any(|note| note.contains("scope it down")));
}

#[test]
fn article_bug_blocking_from_the_first_minute() {
    for rule in article().rules() {
        let mut found = Vec::new();
        objects(&rule, &mut found);
        assert!(!found.iter().any(|(name, _)| *name == "Block"), "{rule}");
        match rule["Statement"].get("ManagedRuleGroupStatement") {
            // Rule by rule: a count of the whole group would hide which rule matched.
            Some(group) => {
                assert_eq!(rule["OverrideAction"], json!({"None": {}}));
                let counted = group["RuleActionOverrides"].as_array().unwrap();
                assert!(
                    counted.iter().all(|one| one["ActionToUse"] == json!({"Count": {}}))
                        && counted.len() <= 100
                );
            }
            None => assert_eq!(rule["Action"], json!({"Count": {}})),
        }
    }
    // Every rule of a group is counted, those for targeted protection at that level.
    for group in RuleGroup::ALL {
        let acl = WebAcl::new("a", Scope::CloudFront).unwrap();
        let acl = acl
            .managed(ManagedRules::new(group).inspection_level(InspectionLevel::Targeted))
            .unwrap();
        let rules = acl.rules();
        let counted = rules[0]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"]
            .as_array()
            .unwrap();
        let counted: Vec<&str> = counted.iter().map(|one| one["Name"].as_str().unwrap()).collect();
        assert_eq!(counted, group.rules(), "{group:?}");
        assert!(
            counted.iter().collect::<BTreeSet<_>>().len() == counted.len() && !counted.is_empty()
        );
        let blocking = acl.promote().rules();
        assert_eq!(
            blocking[0]["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides"),
            None
        );
    }
}

#[test]
fn promotion_changes_actions_and_nothing_else() {
    let strip = |acl: &WebAcl| {
        let mut rules = acl.rules();
        for rule in &mut rules {
            rule.as_object_mut().unwrap().remove("Action");
            if let Some(group) = rule["Statement"].get_mut("ManagedRuleGroupStatement") {
                group.as_object_mut().unwrap().remove("RuleActionOverrides");
            }
        }
        rules
    };
    let (counting, blocking) = (article(), article().promote());
    assert_ne!(counting.rules(), blocking.rules());
    assert_eq!(strip(&counting), strip(&blocking));
    assert_eq!(counting.capacity(), blocking.capacity());
    // Somebody under attack does not wait.
    assert_eq!(article().block_immediately(), blocking);
}

#[test]
fn article_bug_override_of_a_rule_that_does_not_exist() {
    let acl = || {
        WebAcl::new("a", Scope::CloudFront)
            .unwrap()
            .managed(ManagedRules::new(RuleGroup::Common))
            .unwrap()
    };
    let error = acl().keep_counting(RuleGroup::Common, "SizeRestriction_Body").unwrap_err();
    assert_eq!(
        error.to_string(),
        "rule `SizeRestriction_Body` is not in AWSManagedRulesCommonRuleSet: did you mean `SizeRestrictions_BODY`?"
    );
    assert!(
        acl().keep_counting(RuleGroup::Linux, "LFI_HEADER").is_err(),
        "the web ACL has no such group"
    );
    let rules =
        acl().keep_counting(RuleGroup::Common, "SizeRestrictions_BODY").unwrap().promote().rules();
    assert_eq!(
        rules[0]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"],
        json!([{"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}])
    );
    // What AWS described is believed.
    let described = ManagedRules::new(RuleGroup::Linux).described(["LFI_NEW"]);
    let acl = WebAcl::new("a", Scope::CloudFront).unwrap().managed(described).unwrap();
    assert!(acl.clone().keep_counting(RuleGroup::Linux, "LFI_HEADER").is_err());
    assert!(acl.keep_counting(RuleGroup::Linux, "LFI_NEW").is_ok());
}

#[test]
fn article_bug_ip_set_addresses_that_are_no_ranges() {
    let set = |address: &str| IpSet::new("s", [address]);
    assert_eq!(set("192.0.2.44").unwrap().addresses(), ["192.0.2.44/32"]);
    assert_eq!(set("2001:db8::1").unwrap().addresses(), ["2001:db8::1/128"]);
    for wrong in [
        "0.0.0.0/0",
        "::/0",
        "10.0.0.7/24",
        "10.0.0.0/33",
        "10.0.0",
        "",
        "example.com",
        "10.0.0.1-10.0.0.9",
        " 10.0.0.1",
    ] {
        assert!(set(wrong).is_err(), "{wrong}");
    }
    assert!(IpSet::new("s", ["192.0.2.1", "2001:db8::1"]).is_err(), "one version in a set");
    let many =
        |count: u32| (0..count).map(|n| std::net::Ipv4Addr::from(0x0A00_0000 + n).to_string());
    assert!(IpSet::new("s", many(10_000)).is_ok());
    assert!(IpSet::new("s", many(10_001)).is_err());
    assert_eq!(IpSet::new("s", ["10.0.0.1", "10.0.0.1/32"]).unwrap().addresses().len(), 1);
}

#[test]
fn article_bug_rate_limit_behind_a_proxy() {
    assert!(
        article().notes().iter().any(|note| note.contains("behind a proxy, everybody shares one"))
    );
    for wrong in [0, 9, 2_000_000_001] {
        assert!(RateLimit::new(wrong).is_err(), "{wrong}");
    }
    for seconds in [60, 120, 300, 600] {
        assert_eq!(Window::try_from(seconds).unwrap().seconds(), seconds);
    }
    assert!(Window::try_from(90).is_err());
    assert!(RateLimit::new(10).unwrap().action(Action::Allow).is_err());
}

#[test]
fn article_bug_geo_blocking_of_no_country() {
    assert!(Countries::new(Vec::<String>::new()).is_err());
    for wrong in ["UK", "jp", "JPN", "", "J P", "ZZ"] {
        assert!(Countries::new([wrong]).is_err(), "{wrong}");
    }
    let acl = WebAcl::new("a", Scope::CloudFront)
        .unwrap()
        .geo_allow_only(Countries::new(["JP", "DE"]).unwrap())
        .unwrap();
    assert_eq!(
        acl.rules()[0]["Statement"],
        json!({"NotStatement": {"Statement": {"GeoMatchStatement": {"CountryCodes": ["JP", "DE"]}}}})
    );
}

// --- capacity ---------------------------------------------------------------------------------

/// The figures of the AWS WAF Developer Guide, copied from the page of each statement and group.
#[test]
fn capacity_is_what_aws_publishes() {
    let countries = || Statement::countries(Countries::new(["JP"]).unwrap());
    let set = || IpSet::new("s", ["192.0.2.1"]).unwrap();
    let proxy = || ForwardedIp::header("X-Forwarded-For").unwrap();
    let sql = |of, first: &[TextTransformation], sensitivity| {
        Statement::sql_injection(of, first.iter().copied(), sensitivity)
    };
    let script = |of, first: &[TextTransformation]| {
        Statement::cross_site_scripting(of, first.iter().copied())
    };
    let decode = TextTransformation::UrlDecode;
    for (statement, units) in [
        (countries(), 1),
        (Statement::countries_behind(Countries::new(["JP"]).unwrap(), proxy()), 1),
        (Statement::ip_set(set()), 1),
        (Statement::ip_set_behind(set(), proxy(), Position::First), 1),
        (Statement::ip_set_behind(set(), proxy(), Position::Any), 5),
        (Statement::label("a:b").unwrap(), 1),
        (sql(Component::QueryString, &[], Sensitivity::Low), 20),
        (sql(Component::QueryString, &[], Sensitivity::High), 30),
        (sql(Component::AllQueryArguments, &[], Sensitivity::Low), 30),
        (sql(Component::JsonBody, &[], Sensitivity::High), 60),
        (sql(Component::Body, &[decode, TextTransformation::Lowercase], Sensitivity::Low), 40),
        (script(Component::UriPath, &[]), 40),
        (script(Component::AllQueryArguments, &[decode]), 60),
        (script(Component::JsonBody, &[]), 80),
        (!countries(), 1),
        (countries().and(Statement::ip_set(set())).and(countries()), 3),
        (countries().or(script(Component::QueryString, &[])), 41),
    ] {
        assert_eq!(statement.units(), units, "{statement:?}");
    }
    assert_eq!(RateLimit::new(10).unwrap().units(), 2);
    assert_eq!(RateLimit::new(10).unwrap().scope_down(countries()).units(), 3);
    let published = [
        ("AWSManagedRulesCommonRuleSet", 700),
        ("AWSManagedRulesAdminProtectionRuleSet", 100),
        ("AWSManagedRulesKnownBadInputsRuleSet", 200),
        ("AWSManagedRulesSQLiRuleSet", 200),
        ("AWSManagedRulesLinuxRuleSet", 200),
        ("AWSManagedRulesUnixRuleSet", 100),
        ("AWSManagedRulesWindowsRuleSet", 200),
        ("AWSManagedRulesPHPRuleSet", 100),
        ("AWSManagedRulesWordPressRuleSet", 100),
        ("AWSManagedRulesAmazonIpReputationList", 25),
        ("AWSManagedRulesAnonymousIpList", 50),
        ("AWSManagedRulesBotControlRuleSet", 50),
    ];
    assert_eq!(RuleGroup::ALL.map(|group| (group.name(), group.units())), published);
}

#[test]
fn capacity_is_checked_and_shown_part_by_part() {
    let capacity = article().capacity();
    assert_eq!(capacity.total(), 408);
    assert_eq!(capacity.parts().iter().map(CapacityPart::units).sum::<u32>(), 408);
    assert!(!capacity.costs_extra());
    let all = RuleGroup::ALL
        .into_iter()
        .try_fold(WebAcl::new("all", Scope::CloudFront).unwrap(), |acl, group| {
            acl.managed(ManagedRules::new(group))
        });
    let all = all.unwrap();
    assert_eq!(all.capacity().total(), 2_025);
    assert!(all.capacity().costs_extra());
    assert!(all.notes()[0].starts_with("2025 WCU are above the 1500"), "{:?}", all.notes());
    let heavy = |name: &str| {
        let statement = Statement::cross_site_scripting(
            Component::JsonBody,
            [TextTransformation::UrlDecode; 90],
        );
        MatchRule::new(name, statement, Action::Block(None)).unwrap()
    };
    let full = all
        .rule(heavy("one"))
        .and_then(|acl| acl.rule(heavy("two")))
        .and_then(|acl| acl.rule(heavy("three")))
        .unwrap();
    assert_eq!(full.capacity().total(), 4_965);
    let error = full.rule(heavy("four")).unwrap_err().to_string();
    assert!(error.starts_with("capacity: at most 5000 WCU fit in a web ACL, found 5945: 700 AWSManagedRulesCommonRuleSet"), "{error}");
}

// --- the rest ---------------------------------------------------------------------------------

#[test]
fn never_blocked_addresses_come_first_and_what_costs_comes_last() {
    let set = |name: &str, address: &str| IpSet::new(name, [address]).unwrap();
    let acl = WebAcl::new("a", Scope::CloudFront)
        .and_then(|acl| acl.bot_control(InspectionLevel::Common))
        .and_then(WebAcl::sql_injection)
        .and_then(|acl| acl.block_ips(set("bad", "198.51.100.1")))
        .and_then(|acl| acl.never_block(set("own", "203.0.113.1")))
        .unwrap();
    assert_eq!(
        names(&acl),
        ["own", "bad", "AWSManagedRulesSQLiRuleSet", "AWSManagedRulesBotControlRuleSet"]
    );
    assert_eq!(acl.rules()[0]["Action"], json!({"Allow": {}}), "allowed even while others count");
    assert_eq!(
        acl.rules()[1]["Statement"],
        json!({"IPSetReferenceStatement": {"ARN": "${ip-set:bad}"}})
    );
    assert_eq!(acl.ip_sets().len(), 2);
    // A name stands for one set.
    assert!(
        acl.rule(
            MatchRule::new("x", Statement::ip_set(set("bad", "192.0.2.1")), Action::Count).unwrap()
        )
        .is_err()
    );
}

#[test]
fn labels_and_names() {
    let rule = |name: &str| {
        MatchRule::new(
            name,
            Statement::label("awswaf:managed:token:absent").unwrap(),
            Action::Challenge,
        )
    };
    for wrong in ["", "a b", "naïve", "All", "Default_Action", &"x".repeat(129)] {
        assert!(rule(wrong).is_err(), "{wrong}");
        assert!(
            WebAcl::new(wrong, Scope::CloudFront).is_err()
                || matches!(wrong, "All" | "Default_Action")
        );
    }
    assert!(rule("a").unwrap().label("awswaf:mine").is_err());
    assert!(Statement::label("a b").is_err() && ForwardedIp::header("X Forwarded").is_err());
    let acl = WebAcl::new("a", Scope::CloudFront)
        .unwrap()
        .rule(rule("a").unwrap().label("shop:seen").unwrap())
        .unwrap();
    assert_eq!(acl.rules()[0]["RuleLabels"], json!([{"Name": "shop:seen"}]));
    assert_eq!(acl.promote().rules()[0]["Action"], json!({"Challenge": {}}));
    assert!(ManagedRules::new(RuleGroup::IpReputation).version("Version_1.0").is_err());
    assert!(ManagedRules::new(RuleGroup::Linux).version("1 0").is_err());
    assert!(
        CustomResponse::new(429).unwrap().body("b", ContentType::Json, "x".repeat(4097)).is_err()
    );
}

fn statement() -> impl Strategy<Value = Statement> {
    let leaf = prop_oneof![
        Just(Statement::countries(Countries::new(["JP"]).unwrap())),
        Just(Statement::label("a").unwrap()),
        Just(Statement::path_starts_with("/a").unwrap()),
        Just(Statement::sql_injection(
            Component::JsonBody,
            [TextTransformation::UrlDecode],
            Sensitivity::High
        )),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|one| !one),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| a.and(b)),
            (inner.clone(), inner).prop_map(|(a, b)| a.or(b)),
        ]
    })
}

proptest! {
    /// However rules are put together: one action of the right kind, priorities from 0 up, statements with one member, lists of
    /// two or more where AWS WAF wants them, and the capacity of the parts.
    #[test]
    fn every_web_acl_is_well_formed(statements in proptest::collection::vec(statement(), 0..6), groups in proptest::sample::subsequence(RuleGroup::ALL.to_vec(), 0..5), promoted: bool) {
        let mut acl = WebAcl::new("a", Scope::CloudFront).unwrap();
        let mut units = 0;
        for (place, statement) in statements.into_iter().enumerate() {
            if units + statement.units() <= Capacity::LIMIT {
                units += statement.units();
                acl = acl.rule(MatchRule::new(format!("r{place}"), statement, Action::Block(None)).unwrap()).unwrap();
            }
        }
        for group in groups {
            if units + group.units() <= Capacity::LIMIT {
                units += group.units();
                acl = acl.managed(ManagedRules::new(group)).unwrap();
            }
        }
        if promoted {
            acl = acl.promote();
        }
        prop_assert_eq!(acl.capacity().total(), units);
        for (place, rule) in acl.rules().iter().enumerate() {
            prop_assert_eq!(&rule["Priority"], &json!(place));
            prop_assert!(rule.get("Action").is_some() != rule.get("OverrideAction").is_some());
            let mut found = Vec::new();
            objects(rule, &mut found);
            for (name, value) in found {
                match name {
                    "Statement" => prop_assert_eq!(value.as_object().unwrap().len(), 1),
                    "Statements" => prop_assert!(value.as_array().unwrap().len() >= 2),
                    _ => {}
                }
            }
        }
    }
}
