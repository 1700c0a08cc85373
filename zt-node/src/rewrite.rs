//! Whether two policies mean the same.

use napi_derive::napi;
use zt_core::rewrite;

use crate::evaluate::Request;
use crate::policy::Policy;

/// Whether two policies decide every request alike.
#[napi]
#[must_use]
pub fn equivalent(a: &Policy, b: &Policy) -> Equivalence {
    Equivalence(rewrite::equivalent(&a.0, &b.0))
}

/// What [`equivalent`] found.
#[napi]
#[derive(Debug)]
pub struct Equivalence(rewrite::Equivalence);

#[napi]
impl Equivalence {
    /// Yes, no, or not known.
    #[napi(getter)]
    #[must_use]
    pub fn equal(&self) -> Option<bool> {
        self.0.as_bool()
    }

    /// A request that they decide differently.
    #[napi]
    #[must_use]
    pub fn witness(&self) -> Option<Request> {
        match &self.0 {
            rewrite::Equivalence::Different(request) => Some(Request((**request).clone())),
            _ => None,
        }
    }
}
