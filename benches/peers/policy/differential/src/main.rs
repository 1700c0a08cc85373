//! Fresh requests by seed, decided by us and by npm `@cloud-copilot/iam-simulate`; disagreements by rule.
//!
//! `npm ci && cargo run --release -- [SEED] [CASES]`. It fails when a disagreement has no rule.

mod rules;

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use fastrand::Rng;
use serde_json::{Map, Value, json};
use zt_core::evaluate::{ContextValue, Evaluator, Request};
use zt_core::policy::Policy;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let seed: u64 = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let count: usize = arguments.next().map_or(Ok(2_000), |text| text.parse())?;
    let mut random = Rng::with_seed(seed);
    let cases: Vec<Value> = (0..count).map(|_| case(&mut random)).collect();
    let answers = ask_peer(&cases)?;

    let mut disagreements = Vec::new();
    let (mut agreed, mut refused) = (0, 0);
    for (case, peer) in cases.iter().zip(answers) {
        let own = decide(case)?;
        if own == peer {
            agreed += 1;
        } else if peer.starts_with("refused: ") {
            refused += 1;
        } else {
            disagreements.push(Disagreement { case: case.clone(), own, peer });
        }
    }
    println!(
        "seed {seed}: {count} requests, {agreed} decided alike, {refused} refused by the peer"
    );
    let (by_rule, unexplained) = attribute(disagreements)?;
    for (rule, count) in &by_rule {
        println!("{count:>6}  {rule}");
    }
    println!("{:>6}  without a rule", unexplained.len());
    for Disagreement { case, own, peer } in unexplained.iter().take(5) {
        println!("  ours {own}, peer's {peer}: {case}");
    }
    if unexplained.is_empty() { Ok(()) } else { Err("disagreements without a rule".into()) }
}

struct Disagreement {
    case: Value,
    own: String,
    peer: String,
}

type Counts = BTreeMap<String, usize>;

/// Finds the rules that explain disagreements: a rule does when, the case written so that the rule does not enter, but
/// with the same meaning by the documentation, the peer decides as we do. First each rule by itself, then all of them.
fn attribute(mut open: Vec<Disagreement>) -> Result<(Counts, Vec<Disagreement>), Box<dyn Error>> {
    let mut counts = Counts::new();
    let single = rules::RULES.iter().map(std::slice::from_ref);
    for rules in single.chain([rules::RULES]) {
        let avoided: Vec<Value> = open
            .iter()
            .map(|one| rules.iter().fold(one.case.clone(), |case, rule| (rule.avoid)(case)))
            .collect();
        let answers = ask_peer(&avoided)?;
        let mut rest = Vec::new();
        for ((one, case), peer) in open.into_iter().zip(avoided).zip(answers) {
            let own = decide(&case)?;
            if own != one.own {
                return Err(
                    format!("not the same meaning: {own} and {}: {}", one.own, one.case).into()
                );
            }
            if peer == own {
                let name = match rules {
                    [only] => only.name,
                    _ => "several of these together",
                };
                *counts.entry(name.to_owned()).or_default() += 1;
            } else {
                rest.push(one);
            }
        }
        open = rest;
    }
    // What fails is no decision. It counts as the peer's failure only where no other case explains it.
    let (failed, unexplained) =
        open.into_iter().partition::<Vec<_>, _>(|one| one.peer.starts_with("failed: "));
    if !failed.is_empty() {
        counts.insert("the peer fails on the request".to_owned(), failed.len());
    }
    Ok((counts, unexplained))
}

fn ask_peer(cases: &[Value]) -> Result<Vec<String>, Box<dyn Error>> {
    let folder = env!("CARGO_MANIFEST_DIR");
    let mut peer = Command::new("node")
        .arg("peer.mjs")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut to_peer = peer.stdin.take().ok_or("no way to the peer")?;
    let from_peer = BufReader::new(peer.stdout.take().ok_or("no way from the peer")?);
    let lines: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let writer = std::thread::spawn(move || to_peer.write_all(lines.as_bytes()));
    let answers: Vec<String> = from_peer.lines().collect::<Result<_, _>>()?;
    writer.join().map_err(|_| "writing to the peer failed")??;
    if !peer.wait()?.success() || answers.len() != cases.len() {
        return Err(
            format!("the peer answered {} of {} requests", answers.len(), cases.len()).into()
        );
    }
    Ok(answers)
}

fn decide(case: &Value) -> Result<String, Box<dyn Error>> {
    let policies = |value: &Value| -> Result<Vec<Policy>, Box<dyn Error>> {
        let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
        list.iter().map(|policy| Ok(Policy::parse(&policy.to_string())?)).collect()
    };
    let one = |value: &Value| -> Result<Option<Policy>, Box<dyn Error>> {
        if value.is_null() { Ok(None) } else { Ok(Some(Policy::parse(&value.to_string())?)) }
    };
    let levels = case["scps"].as_array().map(Vec::as_slice).unwrap_or_default();
    let scps: Vec<Vec<Policy>> = levels.iter().map(policies).collect::<Result<_, _>>()?;
    let (bucket, session) = (one(&case["bucket"])?, one(&case["session"])?);
    let evaluator = Evaluator::builder()
        .identity(&policies(&case["identity"])?)
        .resource(&bucket)
        .scps(&scps)
        .boundaries(&policies(&case["boundaries"])?)
        .session(&session)
        .build()?;
    let text = |name: &str| case[name].as_str().unwrap_or_default();
    let mut request = Request::new(text("principal"), text("action"), text("resource"))
        .resource_account(text("account"));
    for (key, value) in case["context"].as_object().into_iter().flatten() {
        let value = match value {
            Value::Array(all) => ContextValue::Many(
                all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            ),
            one => ContextValue::from(one.as_str().unwrap_or_default()),
        };
        request = request.with(key, value);
    }
    Ok(evaluator.outcome(&request).name().to_owned())
}

const OWN: &str = "111122223333";
const OTHER: &str = "444455556666";
const USER: &str = "arn:aws:iam::111122223333:user/alice";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/app/s1";

/// A request with its policies.
fn case(random: &mut Rng) -> Value {
    let principal = pick(random, &[USER, USER, SESSION]);
    let mut context = Map::new();
    for (key, values) in [
        ("aws:SourceIp", &["203.0.113.7", "10.1.2.3", "2001:db8::1"][..]),
        (
            "aws:CurrentTime",
            &["2024-06-01T12:00:00Z", "2025-06-01T12:00:00Z", "2026-06-01T12:00:00Z"],
        ),
        ("aws:SecureTransport", &["true", "false"]),
        ("aws:RequestedRegion", &["us-east-1", "eu-west-1"]),
        ("aws:PrincipalTag/team", &["red", "blue", "Red", ""]),
        ("aws:SourceVpce", &["vpce-1", "vpce-2"]),
    ] {
        if random.u8(..4) > 0 {
            context.insert(key.to_owned(), json!(pick(random, values)));
        }
    }
    if principal == USER && random.u8(..4) > 0 {
        context.insert("aws:username".to_owned(), json!("alice"));
    }
    context.insert(
        "aws:PrincipalArn".to_owned(),
        json!(match principal {
            SESSION => "arn:aws:iam::111122223333:role/app",
            user => user,
        }),
    );
    if random.bool() {
        let paths: Vec<&str> = ["o-1/r-1/ou-1/", "o-1/r-1/ou-2/", "o-2/"]
            .into_iter()
            .filter(|_| random.bool())
            .collect();
        context.insert("aws:PrincipalOrgPaths".to_owned(), json!(paths));
    }
    let identity: Vec<Value> = (0..random.usize(0..3)).map(|_| policy(random, None)).collect();
    let bucket = (random.u8(..3) == 0).then(|| {
        let who = pick(random, &[USER, "arn:aws:iam::111122223333:role/app", SESSION, OWN, "*"]);
        policy(random, Some(who))
    });
    let everything = json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}});
    let scps: Vec<Vec<Value>> = (0..random.usize(0..3))
        .map(|_| vec![if random.bool() { everything.clone() } else { policy(random, None) }])
        .collect();
    let boundaries = (random.u8(..4) == 0).then(|| vec![policy(random, None)]);
    let session = (principal == SESSION && random.u8(..4) == 0).then(|| policy(random, None));
    json!({
        "principal": principal,
        "action": pick(random, &["s3:GetObject", "s3:PutObject"]),
        "resource": pick(random, &["arn:aws:s3:::bkt/alice/x", "arn:aws:s3:::bkt/red/y", "arn:aws:s3:::other/z"]),
        "account": pick(random, &[OWN, OWN, OWN, OTHER]),
        "context": context,
        "identity": identity,
        "bucket": bucket,
        "scps": scps,
        "boundaries": boundaries,
        "session": session,
    })
}

fn policy(random: &mut Rng, principal: Option<&str>) -> Value {
    let statements: Vec<Value> =
        (0..random.usize(1..4)).map(|_| statement(random, principal)).collect();
    json!({"Version": pick(random, &["2012-10-17", "2012-10-17", "2012-10-17", "2008-10-17"]), "Statement": statements})
}

fn statement(random: &mut Rng, principal: Option<&str>) -> Value {
    let mut statement = Map::new();
    let effect = if random.u8(..4) == 0 { "Deny" } else { "Allow" };
    statement.insert("Effect".to_owned(), json!(effect));
    if let Some(who) = principal {
        let who = if who == "*" { json!("*") } else { json!({"AWS": who}) };
        statement.insert("Principal".to_owned(), who);
    }
    let action = if principal.is_none() && random.u8(..6) == 0 { "NotAction" } else { "Action" };
    statement.insert(
        action.to_owned(),
        json!(pick(random, &["s3:*", "s3:GetObject", "s3:Get*", "s3:?utObject", "ec2:*"])),
    );
    let resources = [
        "arn:aws:s3:::bkt/*",
        "arn:aws:s3:::*",
        "arn:aws:s3:::bkt/${aws:username}/*",
        "arn:aws:s3:::bkt/red/?",
    ];
    statement.insert("Resource".to_owned(), json!(pick(random, &resources)));
    let mut conditions = Map::new();
    for _ in 0..random.usize(0..3) {
        let (operator, key, values) = condition(random);
        conditions
            .entry(operator)
            .or_insert_with(|| json!({}))
            .as_object_mut()
            .map(|tests| tests.insert(key, values));
    }
    if !conditions.is_empty() {
        statement.insert("Condition".to_owned(), Value::Object(conditions));
    }
    Value::Object(statement)
}

fn condition(random: &mut Rng) -> (String, String, Value) {
    let if_exists = if random.u8(..4) == 0 { "IfExists" } else { "" };
    let (operators, key, values): (&[&str], &str, &[&str]) = match random.u8(..8) {
        0 => (
            &["IpAddress", "NotIpAddress"],
            "aws:SourceIp",
            &["203.0.113.0/24", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32", "10.1.2.3"],
        ),
        1 => (
            &["DateLessThan", "DateGreaterThan", "DateEquals", "DateNotEquals"],
            "aws:CurrentTime",
            &["2025-01-01T00:00:00Z", "2025-12-31T23:59:59Z", "1735689600", "2025"],
        ),
        2 => (&["Bool"], "aws:SecureTransport", &["true", "false"]),
        3 => (
            &[
                "StringEquals",
                "StringNotEquals",
                "StringLike",
                "StringNotLike",
                "StringEqualsIgnoreCase",
            ],
            "aws:PrincipalTag/team",
            &["red", "r*", "?lue", "${aws:username}", "a${*}b", "RED"],
        ),
        4 => (
            &["StringEquals", "StringNotEquals"],
            "aws:RequestedRegion",
            &["us-east-1", "eu-west-1"],
        ),
        5 => (
            &[
                "ForAnyValue:StringLike",
                "ForAllValues:StringLike",
                "ForAnyValue:StringNotLike",
                "ForAllValues:StringNotEquals",
            ],
            "aws:PrincipalOrgPaths",
            &["o-1/*", "o-1/r-1/ou-1/", "o-2/*"],
        ),
        6 => (
            &["ArnLike", "ArnNotEquals", "ArnEquals"],
            "aws:PrincipalArn",
            &["arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:role/app"],
        ),
        _ => {
            return (
                "Null".to_owned(),
                "aws:SourceVpce".to_owned(),
                json!(pick(random, &["true", "false"])),
            );
        }
    };
    let operator = format!("{}{if_exists}", pick(random, operators));
    let mut chosen: Vec<&str> = (0..random.usize(1..3)).map(|_| pick(random, values)).collect();
    chosen.dedup();
    (operator, key.to_owned(), if let [only] = *chosen { json!(only) } else { json!(chosen) })
}

fn pick<'a>(random: &mut Rng, from: &[&'a str]) -> &'a str {
    from[random.usize(..from.len())]
}
