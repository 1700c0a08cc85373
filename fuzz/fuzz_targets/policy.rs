//! Policies and requests: no text panics, what is printed is what was read, and deciding ends.
//!
//! The input is a policy, and after a zero byte, one a line: principal, action, resource, and
//! context entries as `key=value`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zt_core::evaluate::{Evaluator, Request};
use zt_core::policy::Policy;

fuzz_target!(|data: &[u8]| {
    let (policy, request) = match data.iter().position(|byte| *byte == 0) {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (data, &b""[..]),
    };
    let Ok(policy) = Policy::parse_bytes(policy) else { return };
    let printed = policy.to_json();
    let again = Policy::parse(&printed).expect("what we print we read");
    assert_eq!(again, policy, "{printed}");
    assert_eq!(again.to_json(), printed);

    let request = String::from_utf8_lossy(request);
    let mut lines = request.lines();
    let mut next = |default| lines.next().filter(|line| !line.is_empty()).unwrap_or(default);
    let principal = next("arn:aws:iam::111122223333:user/alice").to_owned();
    let action = next("s3:GetObject").to_owned();
    let resource = next("arn:aws:s3:::bucket/key").to_owned();
    let mut request = Request::new(principal.as_str(), action.as_str(), resource.as_str());
    for (key, value) in lines.filter_map(|line| line.split_once('=')) {
        request = request.with(key, value);
    }
    for builder in [
        Evaluator::builder().identity([&policy]),
        Evaluator::builder().resource(Some(&policy)),
        Evaluator::builder().identity([&policy]).boundaries([&policy]).scps([[&policy]]),
    ] {
        if let Ok(evaluator) = builder.build() {
            let decision = evaluator.evaluate(&request);
            // The same answer for the same question, and words for it.
            assert_eq!(decision.to_string(), evaluator.evaluate(&request).to_string());
        }
    }
});
