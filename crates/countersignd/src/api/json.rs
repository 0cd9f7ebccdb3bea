//! JSON of requests: objects in which no field stands twice.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Reads an object.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn object(text: &[u8]) -> Result<Map<String, Value>, String> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    match value {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err("The body must be a JSON object".to_owned()),
        Err(error) => Err(format!("The body is no valid JSON: {error}")),
    }
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is none"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(Strict)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(Strict)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the field {name:?} stands twice; leave one out")));
            }
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_stands_twice_is_refused_wherever_it_is() {
        assert_eq!(object(br#"{"a": [1, {"b": null}], "c": 1.5}"#).unwrap()["a"], serde_json::json!([1, {"b": null}]));
        for text in [r#"{"a": 1, "a": 1}"#, r#"{"x": {"a": 1, "a": 2}}"#, r#"{"x": [{"a": 1, "\u0061": 2}]}"#] {
            let message = object(text.as_bytes()).unwrap_err();
            assert!(message.contains("\"a\" stands twice"), "{message}");
        }
        for (text, part) in
            [("[]", "a JSON object"), ("{", "no valid JSON"), ("{} {}", "no valid JSON"), ("", "no valid JSON")]
        {
            assert!(object(text.as_bytes()).unwrap_err().contains(part), "{text}");
        }
        assert!(object("[".repeat(100_000).as_bytes()).is_err());
    }
}
