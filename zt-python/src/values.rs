//! Python's values on their way to the texts that IAM compares, and data on its way back.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyString};
use serde::Serialize;
use zt_core::policy::IpRange;
use zt_core::policy::keys::{DateTime, texts};

use crate::error::{parameter_error, value_error};

/// The text that IAM compares.
pub(crate) fn value_of(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    if let Ok(value) = value.cast::<PyBool>() {
        return Ok(value.is_true().to_string());
    }
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok(texts::bytes(bytes.as_bytes()));
    }
    // datetime, but not date: only an instant can be compared.
    if value.hasattr("isoformat")? && value.hasattr("tzinfo")? {
        return texts::instant(microseconds(value)?).map_err(value_error);
    }
    if value.is_instance_of::<PyInt>() {
        let plain = value.py().get_type::<PyInt>().call1((value,))?.str()?;
        return texts::number(plain.to_str()?).map_err(value_error);
    }
    if value.is_instance_of::<PyFloat>() {
        return texts::number(value.repr()?.to_str()?).map_err(value_error);
    }
    let decimal = value.py().import("decimal")?.getattr("Decimal")?;
    if value.is_instance(&decimal)? {
        return texts::number(value.str()?.to_str()?).map_err(value_error);
    }
    // ipaddress's addresses and networks.
    if value.get_type().getattr("__module__")?.extract::<String>()? == "ipaddress" {
        return Ok(value.str()?.to_string());
    }
    let found = value.get_type().to_string();
    let expected = "str, bool, int, float, Decimal, bytes, datetime or an address";
    Err(PyTypeError::new_err(format!("expected {expected}, not {found}")))
}

/// Since 1970.
fn microseconds(value: &Bound<'_, PyAny>) -> PyResult<i64> {
    if value.getattr("tzinfo")?.is_none() {
        let message = "datetime has no time zone: use datetime.now(timezone.utc) or the like";
        return Err(PyValueError::new_err(message));
    }
    let datetime = value.py().import("datetime")?;
    let utc = datetime.getattr("timezone")?.getattr("utc")?;
    let zero = datetime.getattr("datetime")?.call_method1("fromtimestamp", (0, utc))?;
    let since = value.call_method1("__sub__", (zero,))?;
    let part = |name: &str| since.getattr(name)?.extract::<i64>();
    Ok((part("days")? * 86_400 + part("seconds")?) * 1_000_000 + part("microseconds")?)
}

/// An instant, from a datetime with a time zone or its text.
pub(crate) fn instant(value: &Bound<'_, PyAny>) -> PyResult<DateTime> {
    if !value.is_instance_of::<PyString>() && !value.hasattr("tzinfo")? {
        let found = value.get_type().to_string();
        return Err(PyTypeError::new_err(format!("expected datetime or str, not {found}")));
    }
    value_of(value)?.parse().map_err(|error| parameter_error(&error))
}

/// A range of addresses, from text or from `ipaddress`.
pub(crate) fn range(value: &Bound<'_, PyAny>) -> PyResult<IpRange> {
    value_of(value)?.parse().map_err(|error| parameter_error(&error))
}

/// Each of several, but not the letters of one text.
pub(crate) fn each<T>(
    name: &str,
    values: Option<&Bound<'_, PyAny>>,
    convert: impl Fn(&Bound<'_, PyAny>) -> PyResult<T>,
) -> PyResult<Vec<T>> {
    let Some(values) = values else { return Ok(Vec::new()) };
    if values.is_instance_of::<PyString>() || values.is_instance_of::<PyDict>() {
        let found = values.get_type().name()?;
        return Err(PyTypeError::new_err(format!("{name} is a list, not {found}")));
    }
    values.try_iter()?.map(|value| convert(&value?)).collect()
}

/// Several texts.
pub(crate) fn strings(name: &str, values: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<String>> {
    each(name, values, |value| value.extract())
}

/// As dicts and lists.
pub(crate) fn plain<'py>(py: Python<'py>, value: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    let json =
        serde_json::to_string(value).map_err(|error| PyValueError::new_err(error.to_string()))?;
    py.import("json")?.call_method1("loads", (json,))
}
