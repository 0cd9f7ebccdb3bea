//! Request bodies, brought into the form in which they are stored.

use serde_json::{Map, Value};

use crate::api::answer::Refusal;
use crate::connections::secrets;

/// Fields that concern one request alone. They are checked, and not stored.
pub(super) const OF_ONE_REQUEST: [&str; 3] = ["trust_certificates", "trust_fingerprints", "run_setup_tests"];

/// Objects in which a field that is null counts as none.
const OBJECTS: [&str; 3] = ["config", "connect_card_config", "destination_configuration"];

/// Texts of `config` that count as none if they are empty, since some clients send them so.
const TEXTS: [&str; 5] = ["auth_header_key", "gcs_bucket", "s3_bucket", "s3_role_arn", "blob_sas_url"];

/// Takes out what counts as none: fields that are null, and some that are empty.
pub(super) fn take_empty_out(request: &mut Map<String, Value>) {
    request.retain(|_, value| !value.is_null());
    for name in OBJECTS {
        if let Some(Value::Object(object)) = request.get_mut(name) {
            object.retain(|_, value| !value.is_null());
        }
    }
    if let Some(Value::Object(config)) = request.get_mut("config") {
        config.retain(|name, value| !(value == "" && TEXTS.contains(&name.as_str())));
    }
}

/// A mask is no secret, unless one is stored in its place.
pub(super) fn refuse_masks(request: &mut Map<String, Value>, stored: &Map<String, Value>) -> Result<(), Refusal> {
    let Some(Value::Object(config)) = request.get_mut("config") else { return Ok(()) };
    secrets::unmask(config, stored).map_err(|field| {
        Refusal::invalid(format!("{field}: {} stands for a secret that is stored, and none is", secrets::MASK))
    })
}
