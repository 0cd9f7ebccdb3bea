//! The text of a connection: which fields are this service's, and which are left to `countersign`.

use std::borrow::Cow;
use std::fmt;

use countersign::connection::{Connection, IdleField};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::event_id::Dedupe;

/// One connection, as its text states it.
pub(super) struct Entry {
    pub(super) id: String,
    pub(super) endpoint: Uuid,
    /// Whether it was made through the API, where it may have fields without effect, and be incomplete.
    pub(super) is_of_api: bool,
    pub(super) dedupe: Dedupe,
    pub(super) keep_headers: Vec<String>,
    pub(super) max_body_bytes: Option<u64>,
    pub(super) rate_limit: Option<u32>,
    pub(super) cors_origins: Vec<String>,
    pub(super) url_query: Option<String>,
    pub(super) unwrap: Option<String>,
    pub(super) schema_policy: Option<SchemaPolicy>,
    pub(super) ndjson: bool,
    pub(super) keep_past_secrets: bool,
    /// The request body without the fields above.
    pub(super) request: String,
}

/// `schema_policy`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SchemaPolicy {
    Evolve,
    Freeze,
}

/// The texts of the connections.
pub(super) fn entries(text: &str) -> Result<Vec<&RawValue>, String> {
    serde_json::from_str(text).map_err(|error| format!("the file must hold an array of connections: {error}"))
}

impl Entry {
    /// What `countersign` reads of it, and which fields have no effect. In a file, such a field is an error.
    pub(super) fn configured(&self) -> Result<(Connection, Vec<IdleField>), String> {
        if self.is_of_api {
            return Connection::for_service(&self.request).map_err(|error| super::in_field(&error));
        }
        let connection = Connection::for_service_file(&self.request).map_err(|error| error.to_string())?;
        Ok((connection, Vec::new()))
    }

    pub(super) fn read(entry: &RawValue) -> Result<Self, String> {
        let mut fields: Fields<'_> = serde_json::from_str(entry.get()).map_err(|error| error.to_string())?;
        let id: String =
            fields.take("id")?.ok_or("\"id\" is missing: the connection's id, such as \"speedy_otter\"")?;
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
        if !(1..=64).contains(&id.len()) || !id.bytes().all(is_allowed) {
            return Err("\"id\" may have 1 to 64 letters, digits and \"_-.\"".to_owned());
        }
        let advice = "a random UUID (version 4), which makes the URL that senders call; uuidgen makes one";
        let endpoint: String = fields.take("endpoint")?.ok_or_else(|| format!("\"endpoint\" is missing: {advice}"))?;
        let endpoint = Uuid::parse_str(&endpoint).ok().filter(|uuid| uuid.get_version_num() == 4);
        let endpoint = endpoint.ok_or_else(|| format!("\"endpoint\" must be {advice}"))?;
        Self::of(id, endpoint, false, fields)
    }

    /// A connection of the API: its request body has neither id nor endpoint.
    pub(super) fn of_request(id: String, endpoint: Uuid, request: &str) -> Result<Self, String> {
        Self::of(id, endpoint, true, serde_json::from_str(request).map_err(|error| error.to_string())?)
    }

    fn of(id: String, endpoint: Uuid, is_of_api: bool, mut fields: Fields<'_>) -> Result<Self, String> {
        let mut this = Self {
            id,
            endpoint,
            is_of_api,
            dedupe: Dedupe::default(),
            keep_headers: Vec::new(),
            max_body_bytes: None,
            rate_limit: None,
            cors_origins: Vec::new(),
            url_query: None,
            unwrap: None,
            schema_policy: None,
            ndjson: false,
            keep_past_secrets: false,
            request: String::new(),
        };
        if let Some((_, config)) = fields.0.iter_mut().find(|(name, _)| name == "config")
            && let Ok(mut inner) = serde_json::from_str::<Fields<'_>>(config.get())
        {
            this.dedupe = inner.take("dedupe")?.unwrap_or_default();
            this.keep_headers = inner.take("keep_headers")?.unwrap_or_default();
            this.max_body_bytes = inner.take("max_body_bytes")?;
            this.rate_limit = inner.take("rate_limit")?;
            this.cors_origins = inner.take("cors_origins")?.unwrap_or_default();
            this.url_query = inner.take("url_query")?;
            this.unwrap = inner.take("unwrap")?;
            this.schema_policy = inner.take("schema_policy")?;
            this.ndjson = inner.take("ndjson")?.unwrap_or(false);
            this.keep_past_secrets = inner.take("keep_past_secrets")?.unwrap_or(false);
            if this.keep_past_secrets && !is_of_api {
                return Err("\"keep_past_secrets\": a file has no past; it is for connections of the API".to_owned());
            }
            *config = RawValue::from_string(inner.text()).map(Cow::Owned).map_err(|error| error.to_string())?;
        }
        this.request = fields.text();
        Ok(this)
    }
}

/// The fields of an object, in their order, with the texts of their values.
struct Fields<'a>(Vec<(String, Cow<'a, RawValue>)>);

impl Fields<'_> {
    /// Takes a field out.
    fn take<T: for<'de> Deserialize<'de>>(&mut self, name: &str) -> Result<Option<T>, String> {
        let places: Vec<_> =
            self.0.iter().enumerate().filter(|(_, (other, _))| other == name).map(|(at, _)| at).collect();
        match places[..] {
            [] => Ok(None),
            [at] => {
                let (_, value) = self.0.remove(at);
                serde_json::from_str(value.get()).map(Some).map_err(|error| {
                    // The place is counted in the value, which says nothing to whoever reads this.
                    let error = error.to_string();
                    format!("{name:?}: {}", error.split(" at line ").next().unwrap_or_default())
                })
            }
            _ => Err(format!("{name:?} stands there twice")),
        }
    }

    /// The object with what was not taken out. Repeated fields are left to whoever reads it.
    fn text(&self) -> String {
        let fields =
            self.0.iter().map(|(name, value)| format!("{}:{}", serde_json::Value::from(name.as_str()), value.get()));
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, Cow<'de, RawValue>)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(name) = map.next_key::<String>()? {
                    if fields.len() == 1000 {
                        return Err(A::Error::custom("more than 1,000 fields"));
                    }
                    fields.push((name, Cow::Borrowed(map.next_value::<&'de RawValue>()?)));
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Collect).map(Fields)
    }
}
