//! What is secret in a request body: it is taken out before the body is stored, and never returned.

use serde_json::{Map, Value};

/// What stands in the place of a secret.
pub const MASK: &str = "******";

/// The fields of `config` that are secret.
pub const FIELDS: [&str; 4] = ["auth_secret", "secrets", "blob_sas_url", "s3_role_arn"];

/// Takes the secrets out of a request body, and leaves [`MASK`] in the place of each. Returns them, in the shape that they had in
/// `config`.
pub fn take(request: &mut Map<String, Value>) -> Map<String, Value> {
    let mut secrets = Map::new();
    let Some(Value::Object(config)) = request.get_mut("config") else { return secrets };
    for name in FIELDS {
        if let Some(value) = config.get_mut(name) {
            let masked = masked(value);
            secrets.insert(name.to_owned(), std::mem::replace(value, masked));
        }
    }
    secrets
}

/// The texts of all secrets by which a sender authenticates itself.
pub fn texts(request: &Map<String, Value>) -> Vec<String> {
    let config = request.get("config");
    let listed = config.and_then(|config| config.get("secrets")).and_then(Value::as_array).into_iter().flatten();
    let secrets = config.and_then(|config| config.get("auth_secret")).into_iter().chain(listed);
    let texts = secrets.filter_map(|one| one.get("secret").unwrap_or(one).as_str());
    texts.map(str::to_owned).collect()
}

/// Puts secrets into the places from which [`take`] has taken them.
pub fn put_back(request: &mut Map<String, Value>, secrets: Map<String, Value>) {
    if let Some(Value::Object(config)) = request.get_mut("config") {
        config.extend(secrets);
    }
}

/// Puts what is stored into the places of a changed `config` in which [`MASK`] stands.
///
/// # Errors
/// The field with a mask for which nothing is stored.
pub fn unmask(config: &mut Map<String, Value>, stored: &Map<String, Value>) -> Result<(), String> {
    for name in FIELDS {
        match (config.get_mut(name), stored.get(name)) {
            (Some(Value::Array(list)), before) => {
                let before: &[Value] = if let Some(Value::Array(before)) = before { before } else { &[] };
                for (place, one) in list.iter_mut().enumerate() {
                    unmask_one(one, before.get(place)).map_err(|()| format!("config.{name}[{place}]"))?;
                }
            }
            (Some(one), before) => unmask_one(one, before).map_err(|()| format!("config.{name}"))?,
            (None, _) => {}
        }
    }
    Ok(())
}

/// Puts a stored secret into a place in which [`MASK`] stands: of a text, or of the text in an object.
fn unmask_one(one: &mut Value, before: Option<&Value>) -> Result<(), ()> {
    let text = match &mut *one {
        Value::Object(object) => object.get_mut("secret"),
        text => Some(text),
    };
    let Some(text) = text.filter(|text| *text == MASK) else { return Ok(()) };
    let before = match before {
        Some(Value::Object(before)) => before.get("secret"),
        before => before,
    };
    *text = before.filter(|before| before.is_string()).ok_or(())?.clone();
    Ok(())
}

/// A secret, or a list of secrets, with masks in place of the texts. The times of a secret are none.
fn masked(value: &Value) -> Value {
    match value {
        Value::Array(list) => list.iter().map(masked).collect(),
        Value::Object(object) => {
            let fields = object.iter().map(|(name, value)| {
                let value = if name == "secret" { MASK.into() } else { value.clone() };
                (name.clone(), value)
            });
            Value::Object(fields.collect())
        }
        _ => MASK.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { panic!("{value}") };
        object
    }

    #[test]
    fn secrets_are_taken_and_put_back() {
        let whole =
            object(json!({"group_id": "g", "config": {"table": "t", "auth_secret": "one", "blob_sas_url": "four",
            "secrets": ["two", {"secret": "three", "not_after": 7}]}}));
        let mut request = whole.clone();
        let secrets = take(&mut request);
        let masked = json!({"group_id": "g", "config": {"table": "t", "auth_secret": MASK, "blob_sas_url": MASK,
            "secrets": [MASK, {"secret": MASK, "not_after": 7}]}});
        assert_eq!(Value::Object(request.clone()), masked);
        assert_eq!((secrets.len(), texts(&whole)), (3, ["one", "two", "three"].map(str::to_owned).to_vec()));
        put_back(&mut request, secrets);
        assert_eq!(request, whole);
        assert_eq!(take(&mut object(json!({"config": {"table": "t"}}))).len(), 0);
    }

    #[test]
    fn a_mask_leaves_what_is_stored() {
        let stored = object(json!({"auth_secret": "one", "secrets": ["two", {"secret": "three", "not_after": 7}]}));
        let unmasked = |config: Value| {
            let mut config = object(config);
            unmask(&mut config, &stored).map(|()| Value::Object(config))
        };
        let changed = json!({"auth_secret": MASK, "secrets": ["new", {"secret": MASK, "not_after": 9}]});
        let expected = json!({"auth_secret": "one", "secrets": ["new", {"secret": "three", "not_after": 9}]});
        assert_eq!(unmasked(changed), Ok(expected));
        assert_eq!(unmasked(json!({"auth_secret": "new"})), Ok(json!({"auth_secret": "new"})));
        assert_eq!(unmasked(json!({"secrets": ["a", "b", MASK]})), Err("config.secrets[2]".to_owned()));
        assert_eq!(unmasked(json!({"blob_sas_url": MASK})), Err("config.blob_sas_url".to_owned()));
    }
}
