//! Plans, and the state machine that runs them.

use std::collections::HashMap;

use jiff::Timestamp;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyString};
use zt_core::plan::{self, Drift, End, Failure, Journal, Next, Phase, RequiredPolicy};

use crate::error::{journal_error, plan_error, unknown};
use crate::policy::Policy;
use crate::values::timestamp;

/// Calls of AWS APIs as data: checked, printed, run by `zt.aws.Runner`. It never changes.
#[pyclass(frozen, eq, module = "zt.plan")]
#[derive(Eq, PartialEq)]
pub(crate) struct Plan(pub(crate) plan::Plan);

#[pymethods]
impl Plan {
    /// Reads a plan from JSON, str, bytes or dict, and checks it again.
    #[staticmethod]
    fn from_json(json: &Bound<'_, PyAny>) -> PyResult<Self> {
        let text: String = if json.is_instance_of::<PyString>() {
            json.extract()?
        } else if let Ok(bytes) = json.cast::<PyBytes>() {
            let text = std::str::from_utf8(bytes.as_bytes());
            text.map_err(|error| PyValueError::new_err(error.to_string()))?.to_owned()
        } else if json.is_instance_of::<PyDict>() {
            json.py().import("json")?.call_method1("dumps", (json,))?.extract()?
        } else {
            let found = json.get_type().name()?;
            return Err(PyTypeError::new_err(format!("expected str, bytes or dict, not {found}")));
        };
        plan::Plan::from_json(&text).map(Self).map_err(plan_error)
    }

    /// The JSON Schema of plans, as dicts and lists.
    #[staticmethod]
    fn json_schema(py: Python<'_>) -> PyResult<Bound<'_, PyAny>> {
        loads(py, plan::JSON_SCHEMA)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.0.to_json())
    }

    fn to_text(&self) -> String {
        self.0.to_text()
    }

    fn to_mermaid(&self) -> String {
        self.0.to_mermaid()
    }

    /// What is different in this plan from an earlier one, a line each.
    fn changes_since(&self, earlier: &Self) -> String {
        self.0.changes_since(&earlier.0).to_string()
    }

    /// The least privilege for the calls of a phase: run, undo or both.
    #[pyo3(signature = (account_id, region, *, phase="run"))]
    fn required_policy(&self, account_id: &str, region: &str, phase: &str) -> PyResult<Policy> {
        Ok(Policy(self.required(account_id, region, phase)?.policy().clone()))
    }

    /// How somebody with the required policy could get more than it says, in sentences.
    #[pyo3(signature = (account_id, region, *, phase="run"))]
    fn escalations(&self, account_id: &str, region: &str, phase: &str) -> PyResult<Vec<String>> {
        Ok(self.required(account_id, region, phase)?.escalations().to_vec())
    }

    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    #[getter]
    fn title(&self) -> &str {
        self.0.title()
    }

    #[getter]
    fn account(&self) -> &str {
        self.0.account()
    }

    #[getter]
    fn region(&self) -> &str {
        self.0.region()
    }

    #[getter]
    fn not_after<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.0.not_after().map(|instant| datetime(py, instant)).transpose()
    }

    #[getter]
    fn secrets(&self) -> Vec<&str> {
        self.0.secrets()
    }

    #[getter]
    fn digest(&self) -> String {
        self.0.digest()
    }

    #[getter]
    fn steps(&self) -> Vec<Step> {
        self.0.steps().iter().cloned().map(Step).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_text()
    }

    fn __repr__(&self) -> String {
        format!("<Plan {}: {} steps>", self.0.id(), self.0.steps().len())
    }
}

impl Plan {
    fn required(&self, account_id: &str, region: &str, phase: &str) -> PyResult<RequiredPolicy> {
        let phase = Phase::from_name(phase)
            .ok_or_else(|| unknown("phase", phase, Phase::ALL.map(Phase::name)))?;
        self.0.required_policy(account_id, region, phase).map_err(plan_error)
    }
}

/// One call of a plan, with why it is made and how it is undone.
#[pyclass(frozen, module = "zt.plan")]
pub(crate) struct Step(plan::Step);

#[pymethods]
impl Step {
    #[getter]
    fn id(&self) -> &str {
        self.0.id()
    }

    #[getter]
    fn reason(&self) -> &str {
        self.0.reason()
    }

    #[getter]
    fn service(&self) -> &str {
        self.0.call().service()
    }

    #[getter]
    fn operation(&self) -> &str {
        self.0.call().operation()
    }

    /// References and secrets are as in the plan's JSON.
    #[getter]
    fn input<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &self.0.call().input_json())
    }

    #[getter]
    fn irreversible(&self) -> Option<&str> {
        self.0.why_irreversible()
    }

    #[getter]
    fn costs(&self) -> Option<&str> {
        self.0.cost()
    }

    #[getter]
    fn cuts_off(&self) -> Option<&str> {
        self.0.who_is_cut_off()
    }

    fn __repr__(&self) -> String {
        format!("<Step {}: {} {}>", self.0.id(), self.service(), self.operation())
    }
}

/// The state machine of a run. `zt.aws.Runner` drives it.
#[pyclass(module = "zt.plan")]
pub(crate) struct PlanRun(plan::Run);

#[pymethods]
impl PlanRun {
    #[staticmethod]
    fn start(plan: &Plan, account: &str, region: &str) -> PyResult<Self> {
        plan::Run::start(&plan.0, account, region).map(Self).map_err(journal_error)
    }

    #[staticmethod]
    fn dry_run(plan: &Plan, account: &str, region: &str) -> PyResult<Self> {
        plan::Run::dry_run(&plan.0, account, region).map(Self).map_err(journal_error)
    }

    /// The run, and how many bytes of the journal are whole lines.
    #[staticmethod]
    fn resume(plan: &Plan, journal: &str, account: &str, region: &str) -> PyResult<(Self, usize)> {
        let journal = Journal::read(journal).map_err(journal_error)?;
        let run = plan::Run::resume(&plan.0, &journal, account, region).map_err(journal_error)?;
        Ok((Self(run), journal.whole_bytes()))
    }

    /// As `resume`, to undo.
    #[staticmethod]
    fn roll_back(
        plan: &Plan,
        journal: &str,
        account: &str,
        region: &str,
    ) -> PyResult<(Self, usize)> {
        let journal = Journal::read(journal).map_err(journal_error)?;
        let run = plan::Run::roll_back(&plan.0, &journal, account, region);
        Ok((Self(run.map_err(journal_error)?), journal.whole_bytes()))
    }

    /// What to do now: a line to write, a call to make, seconds to wait, or the end.
    fn next<'py>(
        &mut self,
        py: Python<'py>,
        now: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.0.next(timestamp(now)?) {
            Next::Write(line) => Ok(PyString::new(py, &line).into_any()),
            Next::Call(request) => Ok(Bound::new(py, PlanRequest(request))?.into_any()),
            Next::Sleep(time) => Ok(time.as_secs_f64().into_pyobject(py)?.into_any()),
            Next::End(end) => Ok(Bound::new(py, RunEnd(end))?.into_any()),
        }
    }

    /// The answer to the call in hand, as JSON.
    fn answer(&mut self, json: &str) -> PyResult<()> {
        let answer = serde_json::from_str(json);
        let answer = answer.map_err(|_| Failure::Unknown("the answer is no JSON".to_owned()));
        self.0.answer(answer);
        Ok(())
    }

    /// The service answered with an error of this code.
    fn refused(&mut self, code: String) {
        self.0.answer(Err(Failure::Refused(code)));
    }

    /// Nobody knows whether the call took effect.
    fn lost(&mut self, why: String) {
        self.0.answer(Err(Failure::Unknown(why)));
    }

    fn cancel(&mut self) {
        self.0.cancel();
    }

    /// The outputs of the plan that are known by now.
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        loads(py, &serde_json::json!(self.0.outputs()).to_string())
    }
}

/// A call to make.
#[pyclass(frozen, module = "zt.plan")]
pub(crate) struct PlanRequest(plan::Request);

#[pymethods]
impl PlanRequest {
    #[getter]
    fn step(&self) -> &str {
        self.0.step()
    }

    /// The number of the step, from 1, and how many there are.
    #[getter]
    fn progress(&self) -> (usize, usize) {
        self.0.progress()
    }

    #[getter]
    fn service(&self) -> &str {
        self.0.service()
    }

    #[getter]
    fn operation(&self) -> &str {
        self.0.operation()
    }

    /// The input, with secrets filled in. It can hold secrets then: do not log it.
    fn input<'py>(
        &self,
        py: Python<'py>,
        secrets: HashMap<String, String>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let input = self.0.input(|name| secrets.get(name).cloned());
        let input = input.map_err(|name| PyValueError::new_err(format!("no secret `{name}`")))?;
        loads(py, &input.to_string())
    }
}

/// How a run ended.
#[pyclass(frozen, module = "zt.plan")]
pub(crate) struct RunEnd(End);

#[pymethods]
impl RunEnd {
    #[getter]
    fn status(&self) -> &str {
        self.0.status().name()
    }

    #[getter]
    fn step(&self) -> Option<&str> {
        self.0.step()
    }

    #[getter]
    fn call(&self) -> Option<&str> {
        self.0.call()
    }

    #[getter]
    fn service_code(&self) -> Option<&str> {
        self.0.code()
    }

    #[getter]
    fn remains(&self) -> Vec<String> {
        self.0.remains().to_vec()
    }

    /// Of a dry run: step, state, and what there is to say of it.
    #[getter]
    fn drift(&self) -> Vec<(String, &'static str, Option<String>)> {
        let drift = self.0.drift().iter();
        drift.map(|(step, drift)| (step.clone(), drift.name(), note(drift))).collect()
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}

fn note(drift: &Drift) -> Option<String> {
    match drift {
        Drift::Different(note) | Drift::Unknown(note) => Some(note.clone()),
        _ => None,
    }
}

fn loads<'py>(py: Python<'py>, json: &str) -> PyResult<Bound<'py, PyAny>> {
    py.import("json")?.call_method1("loads", (json,))
}

fn datetime(py: Python<'_>, instant: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let class = py.import("datetime")?.getattr("datetime")?;
    class.call_method1("fromisoformat", (instant.to_string(),))
}
