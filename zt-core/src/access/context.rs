//! Whether a request comes from where, when and what it should.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::error::AccessError;
use crate::policy::IpRange;

/// What is known of a request. What is not known is `None`, and a check that needs it fails.
#[derive(Clone, Debug, Default)]
pub struct AccessContext {
    /// The address that the connection came from: not what a proxy's header says.
    pub source_ip: Option<String>,
    /// The VPC endpoint that the request came through, `vpce-...`: such a request has no public address.
    pub vpc_endpoint: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// What is said of the device.
    pub posture: Option<Posture>,
    /// When the request was made.
    pub timestamp: Option<Timestamp>,
    /// Who made it.
    pub user_id: Option<String>,
    /// How unusual the user's behaviour is, 0 (as always) to 1. None while there is too little to tell from.
    pub behavior_score: Option<f64>,
}

/// What is said of a device, and by whom.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Posture {
    /// The caller says so; nobody has verified it.
    Asserted {
        /// Whether the device is as it should be.
        compliant: bool,
    },
    /// A management service has signed it: JSON with `device_id`, `user_id`, `compliant` and `issued_at`.
    Signed {
        /// The bytes that are signed.
        claim: Vec<u8>,
        /// The signature over them.
        signature: Vec<u8>,
    },
}

/// Verifies signatures of posture claims, with a library and a key of the caller's.
pub trait VerifyPosture: Send + Sync {
    /// Whether the signature over the claim is the management service's.
    fn verify(&self, claim: &[u8], signature: &[u8]) -> bool;
}

impl<F: Fn(&[u8], &[u8]) -> bool + Send + Sync> VerifyPosture for F {
    fn verify(&self, claim: &[u8], signature: &[u8]) -> bool {
        self(claim, signature)
    }
}

/// Checks the context of requests. Every check is made, each says why, and what is not known fails.
///
/// ```
/// use zt_core::access::{AccessContext, AccessPolicy};
///
/// let policy = AccessPolicy::builder().networks(["203.0.113.0/24".parse()?]).behavior_at_most(0.5).build()?;
/// let mut context = AccessContext { source_ip: Some("203.0.113.7".to_owned()), ..AccessContext::default() };
/// let verdict = policy.check(&context);
/// assert!(!verdict.is_allowed());
/// assert_eq!(verdict.checks()[1].reason(), "the behaviour has no score yet");
/// context.behavior_score = Some(0.1);
/// assert!(policy.check(&context).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct AccessPolicy {
    rules: Vec<Rule>,
}

/// Parameters of [`AccessPolicy`].
#[derive(Default)]
pub struct AccessPolicyBuilder {
    networks: Vec<IpRange>,
    endpoints: Vec<String>,
    device: Option<Rule>,
    windows: Vec<TimeWindow>,
    behavior: Option<f64>,
}

enum Rule {
    Network { networks: Vec<IpRange>, endpoints: Vec<String> },
    Device { verifier: Option<Box<dyn VerifyPosture>>, most: Duration },
    Time(Vec<TimeWindow>),
    Behavior(f64),
}

/// Hours of days of the week in a time zone.
#[derive(Clone, Debug)]
pub struct TimeWindow {
    days: Vec<Weekday>,
    from: Time,
    to: Time,
    zone: TimeZone,
}

impl TimeWindow {
    /// From a time of these days to another, the second excluded, in a zone. When the second is not after the first, the window
    /// ends on the next day.
    ///
    /// Clocks decide, not durations: when they are set forward, an hour of the window is missing; when they are set back, it
    /// comes twice.
    pub fn new(
        days: impl IntoIterator<Item = Weekday>,
        from: Time,
        to: Time,
        zone: TimeZone,
    ) -> Self {
        Self { days: days.into_iter().collect(), from, to, zone }
    }

    fn has(&self, instant: Timestamp) -> bool {
        let local = self.zone.to_datetime(instant);
        let (time, today) = (local.time(), local.weekday());
        let is_on = |day: Weekday| self.days.contains(&day);
        if self.from < self.to {
            return is_on(today) && self.from <= time && time < self.to;
        }
        (is_on(today) && self.from <= time) || (is_on(today.previous()) && time < self.to)
    }
}

impl AccessPolicy {
    /// Starts a policy without checks.
    #[must_use]
    pub fn builder() -> AccessPolicyBuilder {
        AccessPolicyBuilder::default()
    }

    /// Makes every check.
    #[must_use]
    pub fn check(&self, context: &AccessContext) -> AccessVerdict {
        let checks = self.rules.iter().map(|rule| match rule {
            Rule::Network { networks, endpoints } => network(networks, endpoints, context),
            Rule::Device { verifier, most } => device(verifier.as_deref(), *most, context),
            Rule::Time(windows) => time(windows, context),
            Rule::Behavior(most) => behavior(*most, context),
        });
        AccessVerdict { checks: checks.collect() }
    }
}

impl fmt::Debug for AccessPolicyBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessPolicyBuilder").finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessPolicy").field("checks", &self.rules.len()).finish_non_exhaustive()
    }
}

impl AccessPolicyBuilder {
    /// The address must be in one of these ranges. Default: not checked.
    #[must_use]
    pub fn networks(mut self, ranges: impl IntoIterator<Item = IpRange>) -> Self {
        self.networks.extend(ranges);
        self
    }

    /// Or the request came through one of these VPC endpoints. Default: none.
    #[must_use]
    pub fn vpc_endpoints<E: Into<String>>(mut self, ids: impl IntoIterator<Item = E>) -> Self {
        self.endpoints.extend(ids.into_iter().map(Into::into));
        self
    }

    /// The device must be compliant by a claim about it and the user, signed, and not older than this. Default: not checked.
    #[must_use]
    pub fn signed_posture(
        mut self,
        verifier: impl VerifyPosture + 'static,
        max_age: Duration,
    ) -> Self {
        self.device = Some(Rule::Device { verifier: Some(Box::new(verifier)), most: max_age });
        self
    }

    /// The device must be compliant, by whatever the caller says of it. The verdict labels it so.
    #[must_use]
    pub fn asserted_posture(mut self) -> Self {
        self.device = Some(Rule::Device { verifier: None, most: Duration::MAX });
        self
    }

    /// The time must be in this window, or another one. Default: not checked.
    #[must_use]
    pub fn window(mut self, window: TimeWindow) -> Self {
        self.windows.push(window);
        self
    }

    /// The behaviour's score must not be above this, 0 to 1. Default: not checked.
    #[must_use]
    pub fn behavior_at_most(mut self, score: f64) -> Self {
        self.behavior = Some(score);
        self
    }

    /// The policy.
    ///
    /// # Errors
    ///
    /// When there is no check, when a window has no day, when the score is not 0 to 1.
    pub fn build(self) -> Result<AccessPolicy, AccessError> {
        if let Some(window) = self.windows.iter().find(|window| window.days.is_empty()) {
            let found = format!("{} to {}", window.from, window.to);
            return Err(AccessError::invalid("time window", "at least one day", found));
        }
        if let Some(score) = self.behavior.filter(|score| !(0.0..=1.0).contains(score)) {
            return Err(AccessError::invalid("behaviour score", "0 to 1", score.to_string()));
        }
        let mut rules = Vec::new();
        if !self.networks.is_empty() || !self.endpoints.is_empty() {
            rules.push(Rule::Network { networks: self.networks, endpoints: self.endpoints });
        }
        rules.extend(self.device);
        if !self.windows.is_empty() {
            rules.push(Rule::Time(self.windows));
        }
        rules.extend(self.behavior.map(Rule::Behavior));
        if rules.is_empty() {
            return Err(AccessError::invalid("access policy", "at least one check", "none"));
        }
        Ok(AccessPolicy { rules })
    }
}

/// What all the checks said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessVerdict {
    checks: Vec<AccessCheck>,
}

impl AccessVerdict {
    /// Whether every check passed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(AccessCheck::passed)
    }

    /// Every check that was made.
    #[must_use]
    pub fn checks(&self) -> &[AccessCheck] {
        &self.checks
    }
}

/// What one check said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessCheck {
    name: &'static str,
    passed: bool,
    reason: String,
}

impl AccessCheck {
    /// `network`, `device`, `time` or `behavior`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.name
    }

    /// Whether it passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// Why, as a phrase.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    fn new(name: &'static str, passed: bool, reason: impl Into<String>) -> Self {
        Self { name, passed, reason: reason.into() }
    }
}

fn network(networks: &[IpRange], endpoints: &[String], context: &AccessContext) -> AccessCheck {
    let check = |passed, reason: String| AccessCheck::new("network", passed, reason);
    if let Some(endpoint) = &context.vpc_endpoint
        && endpoints.contains(endpoint)
    {
        return check(true, format!("it came through `{endpoint}`"));
    }
    let Some(text) = &context.source_ip else {
        return check(false, "the address is not known".to_owned());
    };
    let Ok(address) = text.parse::<IpAddr>() else {
        return check(false, format!("`{text}` is no address"));
    };
    // An IPv4 address as an IPv6 socket sees it is that IPv4 address.
    let address = address.to_canonical();
    match networks.iter().find(|range| range.contains(address)) {
        Some(range) => check(true, format!("`{address}` is in {range}")),
        None => check(false, format!("`{address}` is in no network that is allowed")),
    }
}

/// What a management service signs.
#[derive(Deserialize)]
struct Claim {
    device_id: String,
    user_id: String,
    compliant: bool,
    issued_at: String,
}

/// How much later than ours the clock of the management service may be.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

fn device(
    verifier: Option<&dyn VerifyPosture>,
    most: Duration,
    context: &AccessContext,
) -> AccessCheck {
    let check = |passed, reason: &str| AccessCheck::new("device", passed, reason);
    let (verifier, claim, signature) = match (verifier, &context.posture) {
        (_, None) => return check(false, "nothing is said of the device"),
        (None, Some(Posture::Asserted { compliant: true })) => {
            return check(
                true,
                "the caller asserts that the device is compliant; nobody verified it",
            );
        }
        (None, Some(Posture::Asserted { compliant: false })) => {
            return check(false, "the caller asserts that the device is not compliant");
        }
        (Some(_), Some(Posture::Asserted { .. })) => {
            return check(false, "what is said of the device is only asserted by the caller");
        }
        (None, Some(Posture::Signed { .. })) => {
            return check(false, "there is nothing to verify the claim about the device with");
        }
        (Some(verifier), Some(Posture::Signed { claim, signature })) => {
            (verifier, claim, signature)
        }
    };
    if !verifier.verify(claim, signature) {
        return check(false, "the claim about the device is not signed by the management service");
    }
    let Ok(claim) = serde_json::from_slice::<Claim>(claim) else {
        return check(false, "the claim about the device cannot be read");
    };
    if context.device_id.as_deref() != Some(claim.device_id.as_str()) {
        return check(false, "the claim is about another device");
    }
    if context.user_id.as_deref() != Some(claim.user_id.as_str()) {
        return check(false, "the claim is about another user");
    }
    let (Some(now), Ok(issued)) = (context.timestamp, claim.issued_at.parse::<Timestamp>()) else {
        return check(false, "the age of the claim about the device is not known");
    };
    let age = now.duration_since(issued);
    if age < -SKEW {
        return check(false, "the claim about the device is from the future");
    }
    if age > SignedDuration::try_from(most).unwrap_or(SignedDuration::MAX) {
        return check(false, "the claim about the device is too old");
    }
    if !claim.compliant {
        return check(false, "the device is not compliant");
    }
    check(true, "the device is compliant by a verified claim")
}

fn time(windows: &[TimeWindow], context: &AccessContext) -> AccessCheck {
    let Some(now) = context.timestamp else {
        return AccessCheck::new("time", false, "the time is not known");
    };
    match windows.iter().find(|window| window.has(now)) {
        Some(window) => {
            let local = window.zone.to_datetime(now);
            AccessCheck::new("time", true, format!("{local} is in the window"))
        }
        None => AccessCheck::new("time", false, format!("{now} is in no window")),
    }
}

fn behavior(most: f64, context: &AccessContext) -> AccessCheck {
    let check = |passed, reason: String| AccessCheck::new("behavior", passed, reason);
    match context.behavior_score {
        None => check(false, "the behaviour has no score yet".to_owned()),
        Some(score) if !(0.0..=1.0).contains(&score) => {
            check(false, format!("{score} is no score, 0 to 1"))
        }
        Some(score) if score <= most => check(true, format!("the score {score} is at most {most}")),
        Some(score) => check(false, format!("the score {score} is above {most}")),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;

    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        Some(text.parse().unwrap())
    }

    fn window(from: Time, to: Time) -> AccessPolicy {
        let days = [Weekday::Monday, Weekday::Sunday];
        // Central Europe, as POSIX writes it: clocks are set on the last Sundays of March and October.
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        AccessPolicy::builder().window(TimeWindow::new(days, from, to, zone)).build().unwrap()
    }

    fn allows(policy: &AccessPolicy, instant: &str) -> bool {
        let context = AccessContext { timestamp: at(instant), ..AccessContext::default() };
        policy.check(&context).is_allowed()
    }

    #[test]
    fn what_is_missing_fails_closed_with_a_reason_for_every_check() {
        let policy = AccessPolicy::builder()
            .networks(["10.0.0.0/8".parse().unwrap()])
            .signed_posture(|_: &[u8], _: &[u8]| true, Duration::from_secs(60))
            .window(TimeWindow::new(
                [Weekday::Monday],
                time(9, 0, 0, 0),
                time(17, 0, 0, 0),
                TimeZone::UTC,
            ))
            .behavior_at_most(0.5)
            .build()
            .unwrap();
        let verdict = policy.check(&AccessContext::default());
        assert!(!verdict.is_allowed());
        let reasons: Vec<_> = verdict
            .checks()
            .iter()
            .map(|check| (check.name(), check.passed(), check.reason()))
            .collect();
        assert_eq!(
            reasons,
            [
                ("network", false, "the address is not known"),
                ("device", false, "nothing is said of the device"),
                ("time", false, "the time is not known"),
                ("behavior", false, "the behaviour has no score yet"),
            ]
        );
        assert!(AccessPolicy::builder().build().is_err());
        assert!(AccessPolicy::builder().behavior_at_most(f64::NAN).build().is_err());
    }

    #[test]
    fn addresses_are_those_of_the_connection() {
        let policy = AccessPolicy::builder()
            .networks(["203.0.113.0/24".parse().unwrap(), "2001:db8::/32".parse().unwrap()])
            .vpc_endpoints(["vpce-1"])
            .build()
            .unwrap();
        let check = |ip: &str, endpoint: Option<&str>| {
            let context = AccessContext {
                source_ip: Some(ip.to_owned()),
                vpc_endpoint: endpoint.map(str::to_owned),
                ..AccessContext::default()
            };
            policy.check(&context).is_allowed()
        };
        for ip in ["203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1"] {
            assert!(check(ip, None), "{ip}");
        }
        for ip in ["203.0.114.1", "::1", "203.0.113.7, 10.0.0.1", "", "2001:db9::1"] {
            assert!(!check(ip, None), "{ip}");
        }
        assert!(check("10.0.0.1", Some("vpce-1")));
        assert!(!check("10.0.0.1", Some("vpce-2")));
    }

    #[test]
    fn windows_know_zones_nights_and_summer_time() {
        let day = window(time(9, 0, 0, 0), time(17, 0, 0, 0));
        // Winter: 08:00 UTC is 09:00; summer: 07:00 UTC is.
        assert!(allows(&day, "2026-01-05T08:00:00Z") && !allows(&day, "2026-01-05T07:59:59Z"));
        assert!(allows(&day, "2026-07-06T07:00:00Z") && !allows(&day, "2026-07-06T15:00:00Z"));
        assert!(!allows(&day, "2026-01-06T10:00:00Z"), "a Tuesday");
        let night = window(time(22, 0, 0, 0), time(6, 0, 0, 0));
        assert!(allows(&night, "2026-01-05T21:00:00Z"), "Monday, 22:00");
        assert!(allows(&night, "2026-01-06T04:59:59Z"), "Tuesday, before 06:00");
        assert!(!allows(&night, "2026-01-06T21:00:00Z"), "Tuesday, 22:00");
        // 02:30 on the Sunday on which clocks are set back comes twice, and both times count.
        let twice = window(time(2, 0, 0, 0), time(3, 0, 0, 0));
        assert!(allows(&twice, "2026-10-25T00:30:00Z") && allows(&twice, "2026-10-25T01:30:00Z"));
        // On the one on which they are set forward it does not come.
        assert!(!allows(&twice, "2026-03-29T00:59:59Z") && !allows(&twice, "2026-03-29T01:00:00Z"));
    }

    #[test]
    fn posture_is_a_verified_claim_with_an_age() {
        let claim = |device: &str, compliant: bool| {
            format!(
                r#"{{"device_id":"{device}","user_id":"alice","compliant":{compliant},"issued_at":"2026-06-01T12:00:00Z"}}"#
            )
        };
        let verifier = |_: &[u8], signature: &[u8]| signature == b"signed";
        let policy = AccessPolicy::builder()
            .signed_posture(verifier, Duration::from_secs(3600))
            .build()
            .unwrap();
        let reason = |claim: String, signature: &str, now: &str| {
            let posture = Posture::Signed {
                claim: claim.into_bytes(),
                signature: signature.as_bytes().to_vec(),
            };
            let context = AccessContext {
                device_id: Some("laptop".to_owned()),
                user_id: Some("alice".to_owned()),
                posture: Some(posture),
                timestamp: at(now),
                ..AccessContext::default()
            };
            policy.check(&context).checks().first().unwrap().reason().to_owned()
        };
        let noon = "2026-06-01T12:30:00Z";
        let good = "the device is compliant by a verified claim";
        assert_eq!(reason(claim("laptop", true), "signed", noon), good);
        assert_eq!(reason(claim("laptop", true), "signed", "2026-06-01T13:00:00Z"), good);
        let cases = [
            (claim("laptop", true), "forged", noon, "not signed"),
            (claim("phone", true), "signed", noon, "another device"),
            (claim("laptop", true).replace("alice", "bob"), "signed", noon, "another user"),
            (claim("laptop", false), "signed", noon, "not compliant"),
            (claim("laptop", true), "signed", "2026-06-01T13:00:01Z", "too old"),
            (claim("laptop", true), "signed", "2026-06-01T11:58:59Z", "from the future"),
            ("{}".to_owned(), "signed", noon, "cannot be read"),
        ];
        for (claim, signature, now, expected) in cases {
            let found = reason(claim, signature, now);
            assert!(found.contains(expected), "{expected}: {found}");
        }
        let asserted = |policy: &AccessPolicy| {
            let posture = Some(Posture::Asserted { compliant: true });
            let verdict = policy.check(&AccessContext { posture, ..AccessContext::default() });
            (verdict.is_allowed(), verdict.checks().first().unwrap().reason().to_owned())
        };
        assert!(!asserted(&policy).0);
        let (allowed, reason) =
            asserted(&AccessPolicy::builder().asserted_posture().build().unwrap());
        assert!(allowed && reason.ends_with("nobody verified it"), "{reason}");
    }
}
