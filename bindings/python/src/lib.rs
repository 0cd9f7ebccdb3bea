//! The Python package `countersign_webhooks`. `python/countersign_webhooks/_native.pyi` describes its Python interface.

mod arrow;
mod batch;
mod bytes;
mod configuration;
mod delivery;
mod delivery_id;
mod errors;
mod explanation;
mod handshake;
mod headers;
mod moment;
mod replay;
mod secret;
mod signer;
mod stream;
mod text;
mod verdict;
mod verifier;
mod whole;

use pyo3::prelude::*;
use pyo3::types::PyDict;

// Reading a `bytearray` in place is sound because of the GIL, so a free-threaded interpreter enables it again.
#[pymodule(gil_used = true)]
mod _native {
    #[pymodule_export]
    use super::arrow::Codes;
    #[pymodule_export]
    use super::delivery_id::{_delivery_id, DeliveryId};
    #[pymodule_export]
    use super::explanation::Explanation;
    #[pymodule_export]
    use super::handshake::Handshake;
    #[pymodule_export]
    use super::replay::{ReplayMemory, Ticket};
    #[pymodule_export]
    use super::secret::Secret;
    #[pymodule_export]
    use super::signer::Signer;
    #[pymodule_export]
    use super::stream::Stream;
    #[pymodule_export]
    use super::verdict::{_rejection, _verified, Rejection, Verified};
    #[pymodule_export]
    use super::verifier::Verifier;

    #[pymodule_export]
    use super::presets;

    use super::{Bound, PyModule, PyModuleMethods, PyResult, verdict};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))?;
        verdict::prepare(module.py())
    }
}

/// The schemes of all presets by their names, each as a `dict` that `Verifier.from_scheme` accepts. Other names of presets,
/// such as `whatsapp` for `meta`, are not in it: ask a verifier what it does (`signs_body_alone`, `signs_url`).
#[pyfunction]
fn presets(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let (presets, loads) = (PyDict::new(py), py.import("json")?.getattr("loads")?);
    for preset in countersign::presets() {
        presets.set_item(preset.name(), loads.call1((preset.json(),))?)?;
    }
    Ok(presets)
}
