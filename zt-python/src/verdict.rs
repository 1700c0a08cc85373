//! Whether a request comes from where, when and what it should.

use std::cell::Cell;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use zt_core::access;

use crate::error::access_policy_error;
use crate::keyring::Seconds;
use crate::values::{each, range, strings, value_of};

/// Checks the context of requests: every check is made, each says why, and what is not known fails.
#[pyclass(frozen, module = "zt.access")]
pub(crate) struct AccessPolicy {
    policy: access::AccessPolicy,
    verify: Option<Py<PyAny>>,
}

thread_local! {
    /// What the caller's function has said of the signature in hand.
    static VERIFIED: Cell<bool> = const { Cell::new(false) };
}

#[pymethods]
impl AccessPolicy {
    #[new]
    #[pyo3(signature = (
        *, networks=None, vpc_endpoints=None, signed_posture=None, asserted_posture=false, windows=None,
        behavior_at_most=None,
    ))]
    fn new(
        networks: Option<&Bound<'_, PyAny>>,
        vpc_endpoints: Option<&Bound<'_, PyAny>>,
        signed_posture: Option<(Py<PyAny>, Seconds)>,
        asserted_posture: bool,
        windows: Option<&Bound<'_, PyAny>>,
        behavior_at_most: Option<f64>,
    ) -> PyResult<Self> {
        let mut policy = access::AccessPolicy::builder()
            .networks(each("networks", networks, range)?)
            .vpc_endpoints(strings("vpc_endpoints", vpc_endpoints)?);
        if asserted_posture {
            policy = policy.asserted_posture();
        }
        let mut verify = None;
        if let Some((function, Seconds(most))) = signed_posture {
            policy = policy.signed_posture(|_: &[u8], _: &[u8]| VERIFIED.get(), most);
            verify = Some(function);
        }
        let windows =
            each("windows", windows, |window| Ok(window.cast::<TimeWindow>()?.get().0.clone()))?;
        policy = windows.into_iter().fold(policy, access::AccessPolicyBuilder::window);
        if let Some(score) = behavior_at_most {
            policy = policy.behavior_at_most(score);
        }
        let policy = policy.build().map_err(access_policy_error)?;
        Ok(Self { policy, verify })
    }

    /// Makes every check.
    fn check(&self, py: Python<'_>, context: &AccessContext) -> PyResult<AccessVerdict> {
        let verified = match (&self.verify, &context.0.posture) {
            (Some(verify), Some(access::Posture::Signed { claim, signature })) => {
                verify.call1(py, (claim.as_slice(), signature.as_slice()))?.extract(py)?
            }
            _ => false,
        };
        VERIFIED.set(verified);
        let verdict = self.policy.check(&context.0);
        VERIFIED.set(false);
        Ok(AccessVerdict(verdict))
    }
}

/// What is known of a request.
#[pyclass(frozen, module = "zt.access")]
pub(crate) struct AccessContext(access::AccessContext);

#[pymethods]
impl AccessContext {
    #[new]
    #[pyo3(signature = (
        source_ip=None, device_id=None, timestamp=None, user_id=None, *, vpc_endpoint=None, posture=None,
        behavior_score=None,
    ))]
    fn new(
        source_ip: Option<&Bound<'_, PyAny>>,
        device_id: Option<String>,
        timestamp: Option<&Bound<'_, PyAny>>,
        user_id: Option<String>,
        vpc_endpoint: Option<String>,
        posture: Option<PyRef<'_, Posture>>,
        behavior_score: Option<f64>,
    ) -> PyResult<Self> {
        Ok(Self(access::AccessContext {
            source_ip: source_ip.map(value_of).transpose()?,
            vpc_endpoint,
            device_id,
            posture: posture.map(|posture| posture.0.clone()),
            timestamp: timestamp.map(crate::values::timestamp).transpose()?,
            user_id,
            behavior_score,
        }))
    }

    fn __repr__(&self) -> String {
        format!("{:?}", self.0)
    }
}

/// What is said of a device, and by whom.
#[pyclass(frozen, module = "zt.access")]
pub(crate) struct Posture(access::Posture);

#[pymethods]
impl Posture {
    /// The caller says so; nobody has verified it.
    #[staticmethod]
    fn asserted(compliant: bool) -> Self {
        Self(access::Posture::Asserted { compliant })
    }

    /// A management service has signed it.
    #[staticmethod]
    fn signed(claim: Vec<u8>, signature: Vec<u8>) -> Self {
        Self(access::Posture::Signed { claim, signature })
    }
}

/// Hours of days of the week in a time zone.
#[pyclass(frozen, module = "zt.access")]
pub(crate) struct TimeWindow(access::TimeWindow);

#[pymethods]
impl TimeWindow {
    #[new]
    fn new(
        days: &Bound<'_, PyAny>,
        start: &Bound<'_, PyAny>,
        end: &Bound<'_, PyAny>,
        zone: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        let days = strings("days", Some(days))?;
        let days = days.iter().map(String::as_str);
        // A `ZoneInfo` prints as its key.
        let zone = zone.str()?.to_str()?.to_owned();
        access::TimeWindow::parse(days, &time(start)?, &time(end)?, &zone)
            .map(Self)
            .map_err(access_policy_error)
    }
}

/// A `datetime.time` without a zone, or its text.
fn time(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    match value.getattr_opt("isoformat")? {
        Some(text) => text.call0()?.extract(),
        None => {
            let found = value.get_type().to_string();
            Err(PyTypeError::new_err(format!("expected time or str, not {found}")))
        }
    }
}

/// What all the checks said.
#[pyclass(frozen, eq, module = "zt.access")]
#[derive(PartialEq)]
pub(crate) struct AccessVerdict(access::AccessVerdict);

#[pymethods]
impl AccessVerdict {
    #[getter]
    fn allowed(&self) -> bool {
        self.0.is_allowed()
    }

    #[getter]
    fn checks(&self) -> Vec<AccessCheck> {
        self.0.checks().iter().cloned().map(AccessCheck).collect()
    }

    fn __bool__(&self) -> PyResult<bool> {
        Err(PyTypeError::new_err("a verdict is no bool: ask verdict.allowed"))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

/// What one check said.
#[pyclass(frozen, eq, module = "zt.access")]
#[derive(PartialEq)]
pub(crate) struct AccessCheck(access::AccessCheck);

#[pymethods]
impl AccessCheck {
    #[getter]
    fn name(&self) -> &str {
        self.0.name()
    }

    #[getter]
    fn passed(&self) -> bool {
        self.0.passed()
    }

    #[getter]
    fn reason(&self) -> &str {
        self.0.reason()
    }

    fn __repr__(&self) -> String {
        format!("<AccessCheck {}>", self.0)
    }
}
