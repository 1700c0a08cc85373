//! The names that other people's code depends on, each called as the design says.
#![cfg(test)]

use zt_core::policy::{Policy, Statement, keys::aws};
use zt_core::{
    action, catalog,
    evaluate::{Evaluator, Outcome, Request},
    guardrails,
    validate::{Kind, ValidateOptions, validate},
};

#[test]
fn every_name_is_there() {
    let policy = Policy::builder()
        .statement(
            Statement::deny("DenyAllExceptMFAAuthenticated")
                .not_actions([action!("iam:CreateVirtualMFADevice")])
                .any_resource()
                .when(aws::multi_factor_auth_present().if_exists().is(false)),
        )
        .build()
        .unwrap();
    let request = Request::new("arn:aws:iam::111122223333:user/alice", "s3:GetObject", "*");
    let evaluator = Evaluator::builder().identity([&policy]).build().unwrap();
    let decision = evaluator.evaluate(&request);
    // Exhaustive on purpose.
    match decision.outcome() {
        Outcome::ExplicitDeny => assert!(!decision.is_allowed()),
        Outcome::Allowed | Outcome::ImplicitDeny | Outcome::Unknown => panic!("{decision}"),
    }
    assert!(decision.unknown_keys().is_empty());
    let reason = &decision.reasons()[0];
    assert_eq!(reason.policy_type().name(), "identity");
    assert_eq!(
        (reason.policy(), reason.statement()),
        (Some("#1"), Some("DenyAllExceptMFAAuthenticated"))
    );
    assert_eq!(reason.effect().map(|effect| effect.to_string()).as_deref(), Some("Deny"));
    assert!(decision.to_string().ends_with(reason.text()));
    assert_eq!(evaluator.evaluate_many([&request, &request]).len(), 2);

    for kind in Kind::ALL {
        for finding in validate(&policy, *kind, &ValidateOptions::default()) {
            let _ = (
                finding.code(),
                finding.severity(),
                finding.pointer(),
                finding.message(),
                finding.suggestion(),
            );
        }
    }

    let end = "2027-01-01T00:00:00Z".parse::<zt_core::policy::keys::DateTime>().unwrap();
    guardrails::require_mfa().build().unwrap();
    guardrails::restrict_access().require_tls(true).deny().unwrap();
    guardrails::kms_key_policy("111122223333")
        .administrators(["arn:aws:iam::111122223333:role/Admin"])
        .build()
        .unwrap();
    guardrails::temporary_access(policy, end).build().unwrap();

    assert!(catalog::services().any(|service| service.prefix() == "s3"));
    assert!(catalog::action("s3:GetObject").is_some());
    assert!(!catalog::expand("s3:Get*").is_empty());
    assert!(catalog::condition_key("aws:SourceIp").is_some());
}
