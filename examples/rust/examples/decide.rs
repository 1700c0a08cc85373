//! Decides a request with and without MFA, and says why.

#![expect(clippy::print_stdout, reason = "an example that shows its result")]
use zt_core::policy::{Policy, Statement, keys::aws};
use zt_core::{
    action,
    evaluate::{Evaluator, Request},
};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let read = Statement::allow("Read").actions([action!("s3:GetObject")]).any_resource();
    let mfa = Statement::deny("DenyWithoutMfa").actions(["*"]).any_resource();
    let mfa = mfa.when(aws::multi_factor_auth_present().if_exists().is(false));
    let evaluator = Evaluator::builder().identity([&Policy::new([read, mfa])?]).build()?;

    let alice = "arn:aws:iam::111122223333:user/alice";
    let request = Request::new(alice, "s3:GetObject", "arn:aws:s3:::bucket/key");
    println!("{}", evaluator.evaluate(&request));
    println!("{}", evaluator.evaluate(&request.with("aws:MultiFactorAuthPresent", true)));
    Ok(())
}
