//! Algorithm suites and commitment policies, by their names.

use napi::{Error, Result, Status};
use napi_derive::napi;

/// An algorithm suite.
#[napi(object)]
#[derive(Debug)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// The number that messages hold.
    pub id: u16,
    /// Length of the data key in bytes.
    pub data_key_length: u32,
    /// Whether messages commit to their key.
    pub commits: bool,
    /// Whether messages are signed.
    pub signs: bool,
}

/// Every suite of the message format.
#[napi]
#[must_use]
pub fn algorithm_suites() -> Vec<Suite> {
    let suites = zt_crypto::AlgorithmSuite::ALL.into_iter();
    suites
        .map(|suite| Suite {
            name: suite.name().to_owned(),
            id: suite.id(),
            data_key_length: u32::try_from(suite.data_key_len()).unwrap_or(u32::MAX),
            commits: suite.commits(),
            signs: suite.signs(),
        })
        .collect()
}

/// The name of every commitment policy.
#[napi]
#[must_use]
pub fn commitment_policies() -> Vec<String> {
    let policies = zt_crypto::CommitmentPolicy::ALL.into_iter();
    policies.map(|policy| policy.name().to_owned()).collect()
}

/// The name of every backend that this build has.
#[napi]
#[must_use]
pub fn backends() -> Vec<String> {
    zt_crypto::Backend::ALL.iter().map(|backend| backend.name().to_owned()).collect()
}

pub(crate) fn suite(name: &str) -> Result<zt_crypto::AlgorithmSuite> {
    zt_crypto::AlgorithmSuite::from_name(name)
        .ok_or_else(|| Error::new(Status::InvalidArg, format!("no algorithm suite `{name}`")))
}

pub(crate) fn policy(name: &str) -> Result<zt_crypto::CommitmentPolicy> {
    zt_crypto::CommitmentPolicy::from_name(name)
        .ok_or_else(|| Error::new(Status::InvalidArg, format!("no commitment policy `{name}`")))
}

pub(crate) fn backend(name: &str) -> Result<zt_crypto::Backend> {
    zt_crypto::Backend::from_name(name)
        .ok_or_else(|| Error::new(Status::InvalidArg, format!("no backend `{name}`")))
}
