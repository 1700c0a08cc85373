//! Sections 2.1 and 2.3 of the article: its two policies, and what they decide.

use std::fmt::Write as _;

use anyhow::Context;
use serde_json::{Value, json};
use zt_core::action;
use zt_core::evaluate::{Decision, Evaluator, Request};
use zt_core::policy::keys::{DateTime, IpRange, aws};
use zt_core::policy::{Policy, Statement};

/// Requests that differ in one thing each, and what one policy decides about them.
pub(crate) struct Table {
    title: &'static str,
    rows: Vec<Row>,
}

struct Row {
    /// What is particular about the request.
    case: String,
    decision: Decision,
}

/// The tables of both policies.
pub(crate) fn tables() -> anyhow::Result<[Table; 2]> {
    Ok([
        table(
            "2.1  deny everything without MFA, but for what it takes to set it up",
            // The article's policy only denies; something else has to allow.
            &[&everything()?, &require_mfa()?],
            requests_with_mfa_or_without(),
        )?,
        table(
            "2.3  allow from two networks, in two Regions, in 2025, with TLS and MFA",
            &[&conditional_access()?],
            requests_for_sensitive_data(),
        )?,
    ])
}

impl Table {
    /// The table as text.
    pub(crate) fn to_text(&self) -> String {
        let width = |cell: fn(&Row) -> usize| self.rows.iter().map(cell).max().unwrap_or_default();
        let case = width(|row| row.case.len());
        let outcome = width(|row| row.decision.outcome().name().len());
        let mut text = format!("{}\n\n", self.title);
        for row in &self.rows {
            // Writing to memory cannot fail.
            let _ = writeln!(
                text,
                "  {:case$}  {:outcome$}  {}",
                row.case,
                row.decision.outcome().name(),
                row.why()
            );
        }
        text.push('\n');
        text
    }

    /// The table as one JSON object a line.
    pub(crate) fn to_json_lines(&self) -> String {
        self.to_json().map(|row| format!("{row}\n")).collect()
    }

    fn to_json(&self) -> impl Iterator<Item = Value> {
        self.rows.iter().map(|row| {
            json!({
                "section": self.title.split_whitespace().next(),
                "case": row.case,
                "action": row.decision.request().action(),
                "outcome": row.decision.outcome().name(),
                "why": row.why(),
            })
        })
    }
}

impl Row {
    /// The decision's sentence without the verdict, which has a column of its own.
    fn why(&self) -> String {
        let sentence = self.decision.to_string();
        sentence.split_once(": ").map_or(sentence.clone(), |(_, why)| why.to_owned())
    }
}

fn table(
    title: &'static str,
    policies: &[&Policy],
    requests: Vec<(String, Request)>,
) -> anyhow::Result<Table> {
    let evaluator = Evaluator::builder().identity(policies.iter().copied()).build()?;
    let rows = requests
        .into_iter()
        .map(|(case, request)| Row { case, decision: evaluator.evaluate(&request) })
        .collect();
    Ok(Table { title, rows })
}

fn everything() -> anyhow::Result<Policy> {
    Ok(Policy::new([Statement::allow("AllowEverything").actions(["*"]).any_resource()])?)
}

/// Section 2.1.
fn require_mfa() -> anyhow::Result<Policy> {
    Ok(Policy::new([Statement::deny("DenyAllExceptMFAAuthenticated")
        .not_actions(WITHOUT_MFA)
        .any_resource()
        .when(aws::multi_factor_auth_present().if_exists().is(false))])?)
}

const WITHOUT_MFA: [zt_core::policy::Action; 7] = [
    action!("iam:CreateVirtualMFADevice"),
    action!("iam:EnableMFADevice"),
    action!("iam:GetUser"),
    action!("iam:ListMFADevices"),
    action!("iam:ListVirtualMFADevices"),
    action!("iam:ResyncMFADevice"),
    action!("sts:GetSessionToken"),
];

/// Section 2.3.
fn conditional_access() -> anyhow::Result<Policy> {
    let offices: [IpRange; 2] = ["203.0.113.0/24".parse()?, "198.51.100.0/24".parse()?];
    let (start, end): (DateTime, DateTime) =
        ("2025-01-01T00:00:00Z".parse()?, "2025-12-31T23:59:59Z".parse()?);
    Policy::new([Statement::allow("SensitiveData")
        .actions(["s3:GetObject", "s3:PutObject"])
        .resources(["arn:aws:s3:::sensitive-data/*"])
        .when(aws::source_ip().is_in(offices))
        .when(aws::current_time().after(start))
        .when(aws::current_time().before(end))
        .when(aws::requested_region().is_in(["us-east-1", "us-west-2"]))
        .when(aws::secure_transport().is(true))
        .when(aws::multi_factor_auth_present().is(true))])
    .context("the policy of section 2.3")
}

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn requests_with_mfa_or_without() -> Vec<(String, Request)> {
    let request = |action: &str| Request::new(ALICE, action, "*");
    let key = "aws:MultiFactorAuthPresent";
    let mut requests = vec![
        ("s3:GetObject, with MFA".to_owned(), request("s3:GetObject").with(key, true)),
        ("s3:GetObject, without MFA".to_owned(), request("s3:GetObject").with(key, false)),
        ("s3:GetObject, with long-term keys (no MFA key)".to_owned(), request("s3:GetObject")),
    ];
    for exempt in WITHOUT_MFA {
        let action = exempt.as_str();
        requests.push((format!("{action}, without MFA"), request(action).with(key, false)));
    }
    requests
}

fn requests_for_sensitive_data() -> Vec<(String, Request)> {
    const GOOD: [(&str, &str); 5] = [
        ("aws:SourceIp", "203.0.113.7"),
        ("aws:CurrentTime", "2025-06-01T12:00:00Z"),
        ("aws:RequestedRegion", "us-east-1"),
        ("aws:SecureTransport", "true"),
        ("aws:MultiFactorAuthPresent", "true"),
    ];
    let on = |action: &str, resource: &str| Request::new(ALICE, action, resource);
    let report = "arn:aws:s3:::sensitive-data/report.csv";
    let good = || on("s3:GetObject", report).with_all(GOOD);
    let but = |key: &str, value: &str| good().with(key, value);
    let without = |absent: &str| {
        on("s3:GetObject", report).with_all(GOOD.into_iter().filter(|(key, _)| *key != absent))
    };
    let time = "aws:CurrentTime";
    [
        ("everything as asked", good()),
        ("s3:PutObject", on("s3:PutObject", report).with_all(GOOD)),
        ("s3:DeleteObject", on("s3:DeleteObject", report).with_all(GOOD)),
        ("another bucket", on("s3:GetObject", "arn:aws:s3:::other/report.csv").with_all(GOOD)),
        ("from the other network", but("aws:SourceIp", "198.51.100.9")),
        ("from elsewhere", but("aws:SourceIp", "192.0.2.7")),
        ("from an IPv6 address", but("aws:SourceIp", "2001:db8::7")),
        (
            "through a VPC endpoint",
            without("aws:SourceIp")
                .with("aws:VpcSourceIp", "10.0.0.7")
                .with("aws:SourceVpce", "vpce-1"),
        ),
        ("before the dates", but(time, "2024-12-31T23:59:59Z")),
        ("in the first second", but(time, "2025-01-01T00:00:00Z")),
        ("one second later", but(time, "2025-01-01T00:00:01Z")),
        ("after the dates", but(time, "2026-01-01T00:00:00Z")),
        ("in the other Region", but("aws:RequestedRegion", "us-west-2")),
        ("in another Region", but("aws:RequestedRegion", "eu-west-1")),
        ("without TLS", but("aws:SecureTransport", "false")),
        ("without MFA", but("aws:MultiFactorAuthPresent", "false")),
        ("with long-term keys (no MFA key)", without("aws:MultiFactorAuthPresent")),
    ]
    .map(|(case, request)| (case.to_owned(), request))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcomes(at: usize) -> Vec<&'static str> {
        let table = &tables().unwrap()[at];
        table.rows.iter().map(|row| row.decision.outcome().name()).collect()
    }

    #[test]
    fn mfa_is_required_but_for_seven_actions() {
        let mut expected = vec!["allowed", "explicit_deny", "explicit_deny"];
        expected.extend(["allowed"; 7]);
        assert_eq!(outcomes(0), expected);
    }

    #[test]
    fn one_wrong_fact_is_enough() {
        let (yes, no) = ("allowed", "implicit_deny");
        assert_eq!(
            outcomes(1),
            [yes, yes, no, no, yes, no, no, no, no, no, yes, no, yes, no, no, no, no]
        );
    }

    #[test]
    fn every_row_says_why() {
        for table in tables().unwrap() {
            for row in table.to_json() {
                assert!(row["why"].as_str().unwrap().len() > 20, "{row}");
            }
            assert_eq!(table.to_text().trim().lines().count(), table.rows.len() + 2);
        }
    }
}
