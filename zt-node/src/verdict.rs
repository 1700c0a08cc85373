//! Whether a request comes from where, when and what it should.

use std::cell::Cell;
use std::time::Duration;

use napi::bindgen_prelude::Uint8Array;
use napi::{Error, Result};
use napi_derive::napi;
use zt_core::access::{self, AccessPolicyBuilder, Posture};

use crate::error::{access_policy_failure, value_failure};
use crate::values::timestamp;

/// Hours of days of the week in a time zone.
#[napi]
#[derive(Debug)]
pub struct TimeWindow(access::TimeWindow);

#[napi]
impl TimeWindow {
    /// # Errors
    /// When a day, a time or the zone is none.
    #[napi(constructor)]
    pub fn new(days: Vec<String>, start: String, end: String, zone: String) -> Result<Self> {
        let days = days.iter().map(String::as_str);
        let window = access::TimeWindow::parse(days, &start, &end, &zone);
        window.map(Self).map_err(|error| access_policy_failure(&error))
    }
}

/// What is checked.
#[napi(object)]
#[derive(Debug)]
pub struct AccessSettings {
    /// Ranges of addresses.
    pub networks: Vec<String>,
    /// VPC endpoints.
    pub vpc_endpoints: Vec<String>,
    /// The greatest age of a signed claim, in seconds.
    pub signed_posture: Option<f64>,
    /// Whether what the caller says of the device counts.
    pub asserted_posture: bool,
    /// The greatest score of the behaviour.
    pub behavior_at_most: Option<f64>,
}

/// What is known of a request.
#[napi(object)]
pub struct AccessFacts {
    /// The address of the connection.
    pub source_ip: Option<String>,
    /// The VPC endpoint.
    pub vpc_endpoint: Option<String>,
    /// The device.
    pub device_id: Option<String>,
    /// When.
    pub timestamp: Option<String>,
    /// Who.
    pub user_id: Option<String>,
    /// How unusual the behaviour is.
    pub behavior_score: Option<f64>,
    /// What the caller says of the device.
    pub asserted: Option<bool>,
    /// What a management service says of the device.
    pub claim: Option<Uint8Array>,
    /// Whether the signature over it is that service's, as the caller's function said.
    pub verified: bool,
}

impl std::fmt::Debug for AccessFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AccessFacts").finish_non_exhaustive()
    }
}

/// Checks the context of requests.
#[napi]
#[derive(Debug)]
pub struct AccessPolicy(access::AccessPolicy);

thread_local! {
    /// What the caller's function has said of the signature in hand.
    static VERIFIED: Cell<bool> = const { Cell::new(false) };
}

#[napi]
impl AccessPolicy {
    /// # Errors
    /// When there is no check, or a parameter cannot be one.
    #[napi(constructor)]
    pub fn new(settings: AccessSettings, windows: Vec<&TimeWindow>) -> Result<Self> {
        let networks = settings.networks.iter().map(|range| range.parse());
        let networks = networks.collect::<std::result::Result<Vec<_>, _>>();
        let mut policy = access::AccessPolicy::builder()
            .networks(networks.map_err(|error| value_failure(&error))?)
            .vpc_endpoints(settings.vpc_endpoints);
        if settings.asserted_posture {
            policy = policy.asserted_posture();
        }
        if let Some(seconds) = settings.signed_posture {
            let most = Duration::try_from_secs_f64(seconds)
                .map_err(|error| Error::from_reason(error.to_string()))?;
            policy = policy.signed_posture(|_: &[u8], _: &[u8]| VERIFIED.get(), most);
        }
        let windows = windows.into_iter().map(|window| window.0.clone());
        policy = windows.fold(policy, AccessPolicyBuilder::window);
        if let Some(score) = settings.behavior_at_most {
            policy = policy.behavior_at_most(score);
        }
        policy.build().map(Self).map_err(|error| access_policy_failure(&error))
    }

    /// Makes every check.
    ///
    /// # Errors
    /// When the instant is none.
    #[napi]
    pub fn check(&self, facts: AccessFacts) -> Result<AccessVerdict> {
        let posture = match (facts.asserted, facts.claim) {
            (_, Some(claim)) => {
                Some(Posture::Signed { claim: claim.to_vec(), signature: Vec::new() })
            }
            (Some(compliant), None) => Some(Posture::Asserted { compliant }),
            (None, None) => None,
        };
        let context = access::AccessContext {
            source_ip: facts.source_ip,
            vpc_endpoint: facts.vpc_endpoint,
            device_id: facts.device_id,
            posture,
            timestamp: facts.timestamp.as_deref().map(timestamp).transpose()?,
            user_id: facts.user_id,
            behavior_score: facts.behavior_score,
        };
        VERIFIED.set(facts.verified);
        let verdict = self.0.check(&context);
        VERIFIED.set(false);
        Ok(AccessVerdict::new(&verdict))
    }
}

/// What all the checks said.
#[napi(object)]
#[derive(Debug)]
pub struct AccessVerdict {
    /// Whether every check passed.
    pub allowed: bool,
    /// Every check.
    pub checks: Vec<AccessCheck>,
    /// A line for each.
    pub text: String,
}

/// What one check said.
#[napi(object)]
#[derive(Debug)]
pub struct AccessCheck {
    /// What was checked.
    pub name: String,
    /// Whether it passed.
    pub passed: bool,
    /// Why.
    pub reason: String,
}

impl AccessVerdict {
    fn new(verdict: &access::AccessVerdict) -> Self {
        let checks = verdict.checks().iter().map(|check| AccessCheck {
            name: check.name().to_owned(),
            passed: check.passed(),
            reason: check.reason().to_owned(),
        });
        Self { allowed: verdict.is_allowed(), checks: checks.collect(), text: verdict.to_string() }
    }
}
