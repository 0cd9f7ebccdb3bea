//! The Python package `countersign`.

mod bytes;
mod configuration;
mod delivery;
mod errors;
mod headers;
mod moment;
mod secret;
mod text;
mod verdict;
mod verifier;

use pyo3::prelude::*;

// The soundness of reading a `bytearray` in place rests on the interpreter's lock, so an interpreter that can do without
// it has to take it.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use super::secret::Secret;
    #[pymodule_export]
    use super::verdict::{Rejection, Verified};
    #[pymodule_export]
    use super::verifier::Verifier;

    use super::{Bound, PyModule, PyModuleMethods, PyResult, verdict};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        verdict::prepare(module.py())
    }
}
