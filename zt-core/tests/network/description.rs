//! Descriptions: what is refused and how, and what is built.

use std::ops::RangeInclusive;

use zt_core::network::{
    ClientPorts, Endpoint, ExtraRule, FlowLogs, NetworkError, Segmentation, SegmentationBuilder,
    Tier, Traffic, ViolationKind,
};

fn base() -> SegmentationBuilder {
    Segmentation::builder("shop", "10.20.0.0/16")
        .tier(Tier::new("web").public())
        .tier(Tier::new("app"))
        .tier(Tier::new("db"))
        .allow("internet", "web", Traffic::tcp(443))
        .allow("web", "app", Traffic::tcp(8080))
        .allow("app", "db", Traffic::tcp(5432))
}

fn refused(description: SegmentationBuilder) -> String {
    description.build().unwrap_err().to_string()
}

#[test]
fn a_wrong_description_says_where_what_and_how() {
    let cases: Vec<(SegmentationBuilder, &str)> = vec![
        (
            base().allow("web", "ap", Traffic::tcp(1)),
            "flow web -> ap: expected to whom: internet, web, app, db, found `ap`: add a tier, an endpoint or a range of this name",
        ),
        (
            base().allow("internet", "db", Traffic::tcp(443)),
            "flow internet -> db: expected a public tier, found `db`: put a public tier with a load balancer in between, or make it public",
        ),
        (
            base().allow("internet", "web", Traffic::tcp(20..=25)),
            "flow internet -> web: expected no port of administration or of a database open to everybody (port 22 is SSH), found `tcp 20-25`: name the range that needs it, or reach it through Session Manager",
        ),
        (
            base().allow("internet", "web", Traffic::ALL),
            "flow internet -> web: expected ports of tcp or udp: everything to everybody is no segmentation, found `all`",
        ),
        (
            base().allow("app", "internet", Traffic::tcp(443)),
            "flow app -> internet: expected a way to the internet, found `none`: ask for NAT gateways, which cost money, or give `app` VPC endpoints for what it needs",
        ),
        (
            base().allow("web", "app", Traffic::tcp(RangeInclusive::new(9, 8))),
            "flow web -> app: expected a range of ports whose last is not before its first, found `9-8`",
        ),
        (base().tier(Tier::new("app")), "tier: expected a name that no tier has, found `app`"),
        (
            base().tier(Tier::new("internet")),
            "tier: expected a name that is not ours: internet, endpoints, nat, default, anybody, endpoint-*, found `internet`",
        ),
        (
            base().tier(Tier::new("App")),
            "tier: expected 1 to 24 lower-case letters, digits and hyphens, from a letter on, found `App`",
        ),
        (base().zones(["a", "a"]), "zones: expected every zone only once, found `a`"),
        (base().zones(Vec::<String>::new()), "zones: expected 1 to 6, found `0`"),
        (
            base().cidr("10.0.0.0/8"),
            "cidr: expected an IPv4 range of /16 to /28 such as 10.20.0.0/16, with no bits set past the prefix, found `10.0.0.0/8`",
        ),
        (base().subnet_prefix(29), "subnet prefix: expected a prefix from 16 to 28, found `29`"),
        (base().zone_slots(3), "zone slots: expected 1, 2, 4 or 8, and at least 2, found `3`"),
        (
            base().cidr("10.0.0.0/25"),
            "cidr: expected room for 3 tiers of 4 subnets of /28 (endpoints and NAT gateways count as tiers), found `10.0.0.0/25`: take a shorter prefix for the VPC, a longer subnet prefix, or fewer zone slots",
        ),
        (
            base().endpoint(Endpoint::gateway("kms")),
            "endpoint kms: expected s3 or dynamodb, found `kms`: other services have interface endpoints",
        ),
        (
            base().endpoint(Endpoint::interface("kms")),
            "endpoint kms: expected a flow to it, found none: allow a tier to reach `kms`, or leave the endpoint out",
        ),
        (
            base().range("office", "10.8.0.0/16".parse().unwrap()),
            "range office: expected public addresses, with no bits set past the prefix, found `10.8.0.0/16`: the VPC has no way to private addresses, and everybody is `internet`",
        ),
        (
            base().flow_logs(FlowLogs::CloudWatch { retention_days: 10, role_arn: None }),
            "flow logs: expected days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653, found `10`",
        ),
        (
            base().tag("aws:x", "y"),
            "tag: expected a key of 1 to 128 characters that is not Name and does not begin with aws: or zt:, and a value of at most 256, found `aws:x=y`",
        ),
        (
            Segmentation::builder("sg", "10.0.0.0/16").tier(Tier::new("web")),
            "app: expected another name than `sg`: names of security groups cannot begin with `sg-`, found `sg`",
        ),
        (
            Segmentation::builder("shop", "10.0.0.0/16"),
            "tiers: expected at least one tier, found none",
        ),
    ];
    for (description, message) in cases {
        assert_eq!(refused(description), message);
    }
}

#[test]
fn what_overlaps_is_refused_with_what_is_free() {
    let message = refused(base().avoid("the data centre", "10.16.0.0/12".parse().unwrap()));
    assert!(message.starts_with("cidr: expected a range that does not overlap 10.16.0.0/12 of `the data centre`, found `10.20.0.0/16`: "), "{message}");
    let free = message.rsplit(": ").next().unwrap().strip_suffix(" is free").unwrap();
    assert!(
        base().cidr(free).avoid("the data centre", "10.16.0.0/12".parse().unwrap()).build().is_ok()
    );
}

#[test]
fn a_rule_that_opens_what_no_flow_declares_is_named() {
    let range = "10.0.0.0/8".parse().unwrap();
    let description = base()
        .rule(ExtraRule::egress("web", Traffic::tcp(22), range, "ssh out"))
        .rule(ExtraRule::ingress("db", Traffic::tcp(22), range, "ssh in"));
    let error = description.build().unwrap_err();
    let NetworkError::Violated(_) = &error else { panic!("{error}") };
    let violation =
        error.violations().iter().find(|it| (it.from(), it.to()) == ("web", "db")).unwrap();
    assert_eq!(violation.kind(), ViolationKind::OpenButForAcl);
    assert_eq!(violation.traffic().to_string(), "tcp 22");
    assert_eq!(
        violation.to_string(),
        "web but for a network ACL reaches db on tcp 22, which is not declared: opened by egress rule `ssh out`: tcp 22, 10.0.0.0/8 \
         of group `shop-web` and ingress rule `ssh in`: tcp 22, 10.0.0.0/8 of group `shop-db`: declare the flow or remove the rule",
    );
    // One half alone opens the way to whoever else is in the VPC.
    for rule in [
        ExtraRule::egress("web", Traffic::tcp(22), range, "ssh out"),
        ExtraRule::ingress("db", Traffic::tcp(22), range, "ssh in"),
        ExtraRule::ingress(
            "db",
            Traffic::tcp(5432),
            "10.20.8.7/32".parse().unwrap(),
            "one address",
        ),
    ] {
        let error = base().rule(rule).build().unwrap_err();
        assert!(!error.violations().is_empty(), "{error}");
        assert!(
            error.violations().iter().all(|it| it.from() != "internet" && it.to() != "internet"),
            "{error}"
        );
    }
    // To everybody: also the internet.
    let rule = ExtraRule::ingress("web", Traffic::tcp(22), "0.0.0.0/0".parse().unwrap(), "ssh");
    let error = base().rule(rule).build().unwrap_err();
    assert!(
        error.violations().iter().any(|it| it.from() == "internet" && it.to() == "web"),
        "{error}"
    );
    // A rule that only says again what is declared is no violation.
    let rule =
        ExtraRule::ingress("web", Traffic::tcp(443), "203.0.113.0/24".parse().unwrap(), "again");
    assert!(base().rule(rule).build().is_ok());
}

#[test]
fn endpoints_ranges_and_nat_work_and_nothing_else() {
    let shop = base()
        .zones(["a", "b", "c"])
        .nat(true)
        .range("office", "203.0.113.0/24".parse().unwrap())
        .endpoint(Endpoint::gateway("s3"))
        .endpoint(Endpoint::interface("kms"))
        .allow("app", "s3", Traffic::tcp(443))
        .allow("app", "kms", Traffic::tcp(443))
        .allow("db", "internet", Traffic::tcp(443))
        .allow("office", "web", Traffic::tcp(22))
        .build()
        .unwrap();
    let works = |from: &str, to: &str| shop.reachable(from, to).unwrap().works().to_string();
    assert_eq!(works("app", "s3"), "tcp 443");
    assert_eq!(works("app", "kms"), "tcp 443");
    assert_eq!(works("db", "internet"), "tcp 443");
    assert_eq!(works("office", "web"), "tcp 22, 443"); // what is for everybody is for the office, too
    for (from, to) in [
        ("web", "s3"),
        ("web", "kms"),
        ("app", "internet"),
        ("kms", "app"),
        ("internet", "app"),
        ("web", "office"),
        ("web", "web"),
    ] {
        let reach = shop.reachable(from, to).unwrap();
        assert!(!reach.is_reachable(), "{reach}");
    }
    let text = shop.explain("db", "internet", Traffic::tcp(443)).unwrap().to_string();
    assert!(text.contains("NAT gateway `shop-nat-a` carries it"), "{text}");
    let text = shop.explain("app", "s3", Traffic::tcp(443)).unwrap().to_string();
    assert!(text.contains("gateway endpoint `s3` carries it"), "{text}");
    assert_eq!(
        shop.reachable("app", "internet").unwrap().to_string(),
        "app does not reach internet: route table `shop-app` has no route to 0.0.0.0",
    );
    assert!(
        shop.reachable("app", "nobody")
            .unwrap_err()
            .to_string()
            .contains("one of internet, web, app, db, s3, kms, office")
    );
}

#[test]
fn members_of_a_tier_talk_only_where_it_is_declared() {
    let apart = base().build().unwrap();
    assert!(!apart.reachable("app", "app").unwrap().is_reachable());
    let together = base().allow("app", "app", Traffic::tcp(7946)).build().unwrap();
    assert_eq!(together.reachable("app", "app").unwrap().works().to_string(), "tcp 7946");
}

#[test]
fn acls_let_answers_through_to_the_ports_that_clients_use() {
    let shop = Segmentation::builder("shop", "10.20.0.0/16")
        .tier(Tier::new("app").client_ports(ClientPorts::Linux))
        .tier(Tier::new("db"))
        .allow("app", "db", Traffic::tcp(5432))
        .build()
        .unwrap();
    let acl = shop.network().acls.iter().find(|acl| acl.id == "db").unwrap();
    let entries: Vec<String> = acl
        .entries
        .iter()
        .map(|it| {
            format!(
                "{} {} {} {} {}",
                it.number,
                if it.egress { "out" } else { "in" },
                it.allow,
                it.traffic,
                it.range
            )
        })
        .collect();
    assert_eq!(
        entries,
        ["100 in true tcp 5432 10.20.0.0/19", "100 out true tcp 32768-61000 10.20.0.0/19"]
    );
}

#[test]
fn an_observed_network_is_compared_with_the_description() {
    let shop = base().build().unwrap();
    let mut observed = shop.network().clone();
    assert!(shop.check(observed.clone()).unwrap().is_empty());
    // Somebody deletes a rule: what is declared does not work any more.
    let app = observed.groups.iter_mut().find(|group| group.id == "app").unwrap();
    app.ingress.clear();
    let violations = shop.check(observed.clone()).unwrap();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].kind(), ViolationKind::Blocked);
    assert_eq!(
        violations[0].to_string(),
        "tcp 8080 from web to app is declared and stopped: no ingress rule of group `shop-app` allows it"
    );
    // An instance of the tier gets a second group that lets it out.
    let mut observed = shop.network().clone();
    observed
        .interfaces
        .iter_mut()
        .find(|it| it.name == "web")
        .unwrap()
        .groups
        .push("anybody".into());
    let violations = shop.check(observed).unwrap();
    assert!(
        violations.iter().any(|it| it.to_string().contains("of group `any other group`")),
        "{violations:?}"
    );
}
