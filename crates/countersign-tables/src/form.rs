//! Forms and queries: `application/x-www-form-urlencoded`, as the URL Standard reads it.

use std::borrow::Cow;
use std::collections::HashMap;

use percent_encoding::percent_decode;

use crate::dead_letter::{KEYS_MAX, Reason, Unfit};
use crate::json::push_quoted;

/// The fields by name in the order of their first places; a name that is repeated has several values.
#[derive(Debug)]
pub(crate) struct Form {
    fields: Vec<(String, Vec<String>)>,
}

/// Whether Content-Type says that the body is a form; parameters do not matter.
pub(crate) fn is_form(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or("").split(';').next().unwrap_or("").trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

impl Form {
    /// Reads a form. Every text is one, but a field that is not UTF-8 once its escapes are undone cannot be text.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Unfit> {
        let pairs = || body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty());
        let count = pairs().count();
        if count > KEYS_MAX {
            return Err(Unfit::new(
                Reason::TooManyKeys,
                format!("the form has {count} fields; {KEYS_MAX} are allowed"),
            ));
        }
        let mut fields: Vec<(String, Vec<String>)> = Vec::new();
        let mut places = HashMap::new();
        for pair in pairs() {
            let split = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..split])?;
            let value = decode(pair.get(split + 1..).unwrap_or(b""))?;
            let place = *places.entry(name).or_insert_with_key(|name| {
                fields.push((name.clone(), Vec::new()));
                fields.len() - 1
            });
            fields[place].1.push(value);
        }
        Ok(Self { fields })
    }

    /// The value of a field that stands there once.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        match self.fields.iter().find(|(field, _)| field == name) {
            Some((_, values)) if values.len() == 1 => values.first().map(String::as_str),
            _ => None,
        }
    }

    /// An object of the fields: text, or an array of texts where a name is repeated.
    pub(crate) fn to_json(&self) -> String {
        let mut json = String::from("{");
        for (place, (name, values)) in self.fields.iter().enumerate() {
            if place > 0 {
                json.push(',');
            }
            push_quoted(&mut json, name);
            json.push(':');
            if let [value] = &values[..] {
                push_quoted(&mut json, value);
                continue;
            }
            for (place, value) in values.iter().enumerate() {
                json.push(if place == 0 { '[' } else { ',' });
                push_quoted(&mut json, value);
            }
            json.push(']');
        }
        json.push('}');
        json
    }
}

fn decode(part: &[u8]) -> Result<String, Unfit> {
    let spaced: Cow<'_, [u8]> = if part.contains(&b'+') {
        part.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect::<Vec<_>>().into()
    } else {
        part.into()
    };
    String::from_utf8(percent_decode(&spaced).collect())
        .map_err(|_| Unfit::new(Reason::InvalidUtf8, "a field of the form is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_an_object() {
        for (form, json) in [
            ("", "{}"),
            ("&&", "{}"),
            ("a=1&b=two+words&c=%C3%A9%22", r#"{"a":"1","b":"two words","c":"é\""}"#),
            ("a=1&b=2&a=3&a=", r#"{"a":["1","3",""],"b":"2"}"#),
            ("a&b=&=c&=", r#"{"a":"","b":"","":["c",""]}"#),
            ("a=b=c&%zz=%4", r#"{"a":"b=c","%zz":"%4"}"#),
            ("a%3D=1&%61=2&a=3", r#"{"a=":"1","a":["2","3"]}"#),
            ("a=%00", r#"{"a":"\u0000"}"#),
        ] {
            assert_eq!(Form::parse(form.as_bytes()).unwrap().to_json(), json, "{form}");
        }
        for form in [&b"a=%ff"[..], b"\xff=a", b"a=%ed%a0%80"] {
            assert_eq!(Form::parse(form).unwrap_err().reason, Reason::InvalidUtf8);
        }
    }

    #[test]
    fn fields_have_a_bound() {
        let form = "a&".repeat(KEYS_MAX);
        assert!(Form::parse(form.as_bytes()).is_ok());
        assert_eq!(Form::parse((form + "a").as_bytes()).unwrap_err().reason, Reason::TooManyKeys);
    }

    #[test]
    fn forms_are_known_by_content_type() {
        for yes in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ; charset=UTF-8"] {
            assert!(is_form(Some(yes)));
        }
        for no in [
            None,
            Some(""),
            Some("application/json"),
            Some("multipart/form-data"),
            Some("x; application/x-www-form-urlencoded"),
        ] {
            assert!(!is_form(no));
        }
    }
}
