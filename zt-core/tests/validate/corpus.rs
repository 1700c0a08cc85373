//! What the rules say about real policies.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;
use std::{env, fs};

use zt_core::validate::{Severity, ValidateOptions, rules, validate};

use super::documents::{corpus, data};

/// A file that a test keeps up to date: `ZT_UPDATE=1 cargo test` writes it anew, to be read before it is committed.
pub(crate) fn assert_up_to_date(path: &std::path::Path, text: &str) {
    if env::var_os("ZT_UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let kept = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(
        kept,
        text,
        "{}: run the tests with ZT_UPDATE=1 and read the difference",
        path.display()
    );
}

#[test]
fn errors_in_the_policies_of_aws_are_few_and_known() {
    let mut found = String::new();
    let (mut documents, mut with_errors) = (0, 0);
    for document in corpus().iter().filter(|document| document.source.starts_with("aws-managed")) {
        documents += 1;
        let errors: Vec<_> = validate(&document.policy, document.kind, &ValidateOptions::default())
            .into_iter()
            .filter(|finding| finding.severity() == Severity::Error)
            .collect();
        with_errors += usize::from(!errors.is_empty());
        for error in errors {
            writeln!(found, "{} {} {}", document.name, error.code(), error.pointer()).unwrap();
        }
    }
    assert!(documents > 1500);
    let kept = fs::read_to_string(data("managed-policy-errors.txt")).unwrap_or_default();
    let expected: String = kept
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| format!("{line}\n"))
        .collect();
    assert_eq!(found, expected);
    assert!(with_errors * 1000 <= documents * 5, "{with_errors} of {documents}");
}

#[test]
fn findings_of_untouched_documents_are_as_reported() {
    let mut by_code: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let documents = corpus();
    let start = Instant::now();
    let all: Vec<_> = documents
        .iter()
        .map(|document| validate(&document.policy, document.kind, &ValidateOptions::default()))
        .collect();
    println!("{} documents in {:?}", documents.len(), start.elapsed());
    let mut clean = 0;
    for findings in &all {
        clean += usize::from(findings.is_empty());
        let mut codes: Vec<&str> = findings.iter().map(|finding| finding.code()).collect();
        for code in &codes {
            by_code.entry(code).or_default().0 += 1;
        }
        codes.sort_unstable();
        codes.dedup();
        for code in codes {
            by_code.entry(code).or_default().1 += 1;
        }
    }
    let mut report = String::from(
        "# Findings on the 2,143 documents of the corpus as they are: code, severity, findings, documents with it.\n",
    );
    for rule in rules() {
        let (findings, documents) = by_code.get(rule.code()).copied().unwrap_or_default();
        writeln!(report, "{} | {} | {findings} | {documents}", rule.code(), rule.severity())
            .unwrap();
    }
    writeln!(report, "documents without a finding: {clean}").unwrap();
    assert_up_to_date(&data("corpus-findings.txt"), &report);
}

/// What the table cannot say.
const CHOICES: &str = "\
## Severities that are choices

- `unknown-action`, `unknown-service` and `unknown-key` are warnings. IAM saves such a policy, and AWS adds names every week: one that the
  catalogue lacks may be new. IAM Access Analyzer, whose list is never old, calls an unknown action an error.
- `policy-too-large` is an error wherever the limit is known: for every kind but `identity`, and for `identity` when the caller gives the
  limit (`ValidateOptions::size_limit`). A document does not say whether it will be managed (6,144 characters) or inline (2,048 for a
  user, 5,120 for a group, 10,240 for a role, all inline policies together), and AWS holds its own managed policies to no limit: 52 of the
  1,510 in the corpus are above 10,240. So without the limit there is `policy-too-large-to-manage` above 6,144, and `policy-too-large` as
  a warning above 10,240.
- A trust policy between 2,048 characters and 4,096, to which AWS raises the quota, is a warning; above that an error.
- A policy of IAM that is above its limit only by the white space inside its texts is a warning: AWS documents that white space does not
  count, and reports differ on whether that holds inside texts. The message has both figures.

## What is less certain

The rules follow AWS's documentation, by the source that each names. These rest, in part, on something else:

| code | what is not from AWS's documentation |
|---|---|
| `policy-too-large`, `policy-too-large-to-manage` | The limits of inline policies, of resource control policies, and of the policies of buckets (20 KiB), keys (32 KiB) and endpoints (20,480) are as practitioners and other documents quote them. Those of managed, trust, session, service control and queue policies are AWS's. |
| `unknown-partition` | The list is that of the endpoint data that AWS's SDKs carry; AWS documents `aws`, `aws-cn` and `aws-us-gov`. |
| `malformed-account` | The owners that are not numbers (`aws`, `cloudfront`, `aws-marketplace` and the like) were seen in AWS's own policies. |
| `privilege-escalation` | The list is that of published research, and of the actions of IAM that change permissions. It is not complete. |
| `malformed-action` | That IAM refuses a wildcard in the prefix of a service, and takes `*:*`, is practice. |
| `sid-characters`, `empty-sid` | Letters and digits are AWS's rule for IAM; that it holds for control policies, and that an empty `Sid` is taken, is practice. |
| `operator-spelling`, `malformed-value` | That operators and `True` are taken in any case is practice. |
| `short-arn`, `multivalued-without-set`, `year-or-seconds`, `variable-default-form`, `set-on-null` | What AWS does here is not documented, which is the reason to avoid it. |
| `host-bits` | That the bits behind the prefix are ignored is practice. |
| `deny-not-principal` | What is said about permissions boundaries is from newer documentation that was not read in full. |
| `source-ip-breaks-services` | Which services call from where is practice. |
| `rcp-allow`, `rcp-principal`, `rcp-action`, `rcp-service` | The grammar is from excerpts of newer documentation, the list of services from the catalogue. |

";

#[test]
fn the_documentation_of_the_rules_is_up_to_date() {
    let mut text = String::from(
        "# Validation rules\n\nWhat `zt_core::validate` looks for, in the order of its table. Generated from `rules()`; the test \
         `the_documentation_of_the_rules_is_up_to_date` keeps it so.\n\n\
         - **error**: AWS refuses the policy, or a part of it can never do what it says.\n\
         - **security warning**: it gives more than is wise.\n\
         - **warning**: it probably does not do what is meant.\n\
         - **suggestion**: it could be written better.\n\n\
         Codes do not change between versions. In kinds of policies where AWS is less strict, a finding can be less severe than its rule.\n\n",
    );
    text.push_str(CHOICES);
    writeln!(text, "## The rules\n").unwrap();
    writeln!(text, "| code | severity | what | why | source |\n|---|---|---|---|---|").unwrap();
    for rule in rules() {
        let cells = [rule.code(), rule.severity().name(), rule.title(), rule.why(), rule.source()];
        writeln!(
            text,
            "| `{}` | {} | {} | {} | {} |",
            cells[0], cells[1], cells[2], cells[3], cells[4]
        )
        .unwrap();
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/validation-rules.md");
    assert_up_to_date(&path, &text);
}

#[test]
fn codes_are_unique_and_explained() {
    let mut codes: Vec<&str> = rules().iter().map(|rule| rule.code()).collect();
    codes.sort_unstable();
    let count = codes.len();
    codes.dedup();
    assert_eq!(codes.len(), count);
    assert!(count >= 40);
    for rule in rules() {
        assert!(
            rule.code()
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        );
        assert!(rule.why().ends_with('.'), "{}", rule.code());
        assert!(!rule.source().is_empty() && !rule.title().is_empty());
    }
}
