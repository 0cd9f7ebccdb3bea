//! Reads times: seconds since 1970, or a `datetime` with a time zone.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDateTime, PyFloat, PyInt, PyTzInfoAccess};

use crate::bytes::kind;

/// The end of the year 9999. Numbers of seconds beyond it are taken for milliseconds, which are beyond it since 1978.
const LATEST: u64 = 253_402_300_800;

/// The given time, or now.
///
/// # Errors
/// As [`read`].
#[inline]
pub(crate) fn or_now(moment: Option<&Bound<'_, PyAny>>) -> PyResult<SystemTime> {
    moment.map_or_else(|| Ok(SystemTime::now()), |moment| read(moment, "now"))
}

/// # Errors
/// `TypeError` for other types; `ValueError` for a `datetime` without a time zone, for times out of range and for numbers
/// that look like milliseconds. `name` is that of the argument.
pub(crate) fn read(moment: &Bound<'_, PyAny>, name: &str) -> PyResult<SystemTime> {
    let out_of_range = || PyValueError::new_err(format!("{name} is out of range; give seconds since 1970"));
    if let Ok(seconds) = moment.cast::<PyInt>()
        && !moment.is_instance_of::<PyBool>()
    {
        let seconds: i64 = seconds.extract().map_err(|_| out_of_range())?;
        if u64::try_from(seconds).is_ok_and(|seconds| seconds > LATEST) {
            return Err(milliseconds(name));
        }
        return since(seconds < 0, Duration::from_secs(seconds.unsigned_abs())).ok_or_else(out_of_range);
    }
    let seconds = if let Ok(seconds) = moment.cast::<PyFloat>() {
        seconds.value()
    } else if let Ok(datetime) = moment.cast::<PyDateTime>() {
        if datetime.get_tzinfo().is_none() {
            return Err(PyValueError::new_err(format!(
                "{name} has no time zone; make it with datetime.now(timezone.utc), or give seconds since 1970"
            )));
        }
        datetime.call_method0("timestamp")?.extract()?
    } else {
        return Err(PyTypeError::new_err(format!(
            "{name} must be seconds since 1970 or a datetime with a time zone, not {}",
            kind(moment)
        )));
    };
    let apart = Duration::try_from_secs_f64(seconds.abs()).map_err(|_| out_of_range())?;
    // A `datetime` may be a day beyond it, in a time zone west of Greenwich.
    if moment.is_instance_of::<PyFloat>() && seconds > 0.0 && apart.as_secs() > LATEST {
        return Err(milliseconds(name));
    }
    // A float in this century is off by less than half a microsecond; a `datetime` counts in microseconds.
    let microseconds = Duration::from_micros(u64::from(apart.subsec_nanos().saturating_add(500) / 1000));
    let apart = Duration::from_secs(apart.as_secs()).checked_add(microseconds);
    apart.and_then(|apart| since(seconds < 0.0, apart)).ok_or_else(out_of_range)
}

#[cold]
fn milliseconds(name: &str) -> PyErr {
    PyValueError::new_err(format!(
        "{name} looks like milliseconds (as seconds it would be after the year 9999); give seconds since 1970"
    ))
}

fn since(is_before: bool, apart: Duration) -> Option<SystemTime> {
    if is_before { UNIX_EPOCH.checked_sub(apart) } else { UNIX_EPOCH.checked_add(apart) }
}
