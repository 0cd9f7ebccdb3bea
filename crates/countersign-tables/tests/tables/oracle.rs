//! What must be in the tables, worked out from the body by other means.

use super::contents::{Contents, Delivery, id_text};
use super::json::Json;

/// Checks that the outcomes of the delivery with this number are all there and lose nothing; how many rows there are.
///
/// The delivery's body is JSON or not, and has no encoding, form or setting that would change it.
pub(crate) fn check_packed(contents: &Contents, number: u64, delivery: &Delivery) -> usize {
    let id = id_text(number);
    let Some(elements) = elements(&delivery.body) else {
        assert_eq!(letters(contents, &id), [(0, delivery.body.as_slice())], "a whole body as a dead letter");
        assert!(rows(contents.packed.keys(), &id).is_empty());
        return 0;
    };
    let indexes = rows(contents.packed.keys(), &id);
    let mut kept = 0;
    for (index, element) in (0..).zip(&elements) {
        let key = (id.clone(), index);
        match (contents.packed.get(&key), contents.letters.get(&key)) {
            (Some(event), None) => {
                assert_eq!(event, element, "event {number}, element {index}");
                kept += 1;
            }
            (None, Some((reason, raw))) => {
                assert!(["too_deep", "too_many_digits"].contains(&&**reason), "{reason} for {element}");
                let whole = elements.len() == 1 && *raw == delivery.body;
                assert!(whole || raw == element.as_bytes(), "event {number}, element {index}");
            }
            other => panic!("event {number}, element {index}: {other:?}"),
        }
    }
    assert_eq!(indexes.len() + letters(contents, &id).len(), elements.len(), "nothing but the elements");
    kept
}

/// As [`check_packed`], for a column for each key.
pub(crate) fn check_unpacked(contents: &Contents, number: u64, delivery: &Delivery) -> usize {
    let id = id_text(number);
    let body = str::from_utf8(&delivery.body).ok().map(|text| text.strip_prefix('\u{feff}').unwrap_or(text));
    let value = body.and_then(Json::read);
    let elements = match &value {
        Some(Json::Array(elements)) if !elements.is_empty() => elements.clone(),
        Some(value @ Json::Object(_)) => vec![value.clone()],
        _ => {
            assert_eq!(letters(contents, &id), [(0, delivery.body.as_slice())], "a whole body as a dead letter");
            assert!(rows(contents.unpacked.keys(), &id).is_empty());
            return 0;
        }
    };
    let mut kept = 0;
    for (index, element) in (0..).zip(&elements) {
        let key = (id.clone(), index);
        match (contents.unpacked.get(&key), contents.letters.get(&key)) {
            (Some(row), None) => {
                assert_eq!(Some(row), element.members().as_ref(), "event {number}, element {index}");
                kept += 1;
            }
            (None, Some((reason, raw))) => {
                let is_expected = match &**reason {
                    "duplicate_key" => matches!(element, Json::Object(_)) && element.members().is_none(),
                    "not_an_object" => !matches!(element, Json::Object(_)),
                    "too_deep" | "too_many_digits" => true,
                    _ => false,
                };
                assert!(is_expected, "{reason} for {element:?}");
                let is_same = str::from_utf8(raw).ok().and_then(Json::read).as_ref() == Some(element);
                assert!(*raw == delivery.body || is_same, "event {number}, element {index}");
            }
            other => panic!("event {number}, element {index}: {other:?}"),
        }
    }
    let count = rows(contents.unpacked.keys(), &id).len() + letters(contents, &id).len();
    assert_eq!(count, elements.len(), "nothing but the elements");
    kept
}

/// The texts that rows of a packed body must have; `None` where there is nothing to make a row of.
fn elements(body: &[u8]) -> Option<Vec<String>> {
    let Ok(text) = str::from_utf8(body) else {
        return Some(vec![format!("{{\"body_base64\":\"{}\"}}", base64(body))]);
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match Json::read(text) {
        Some(Json::Array(elements)) if elements.is_empty() => None,
        Some(Json::Array(elements)) => Some(split(text, elements.len())),
        Some(_) => Some(vec![text.to_owned()]),
        None => Some(vec![quote(text)]),
    }
}

/// The texts of the elements of an array: commas outside of strings and brackets end them.
fn split(array: &str, count: usize) -> Vec<String> {
    let inner = array.trim_ascii().strip_prefix('[').unwrap().strip_suffix(']').unwrap();
    let (mut elements, mut open, mut in_string, mut is_escaped) = (vec![String::new()], 0, false, false);
    for char in inner.chars() {
        if in_string {
            in_string = is_escaped || char != '"';
            is_escaped = !is_escaped && char == '\\';
        } else {
            match char {
                '"' => in_string = true,
                '[' | '{' => open += 1,
                ']' | '}' => open -= 1,
                ',' if open == 0 => {
                    elements.push(String::new());
                    continue;
                }
                _ => {}
            }
        }
        elements.last_mut().unwrap().push(char);
    }
    assert_eq!(elements.len(), count);
    elements.iter().map(|element| element.trim_matches([' ', '\t', '\n', '\r']).to_owned()).collect()
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for char in text.chars() {
        match char {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            '\0'..='\u{1f}' => quoted.extend(format!("\\u{:04x}", u32::from(char)).chars()),
            char => quoted.push(char),
        }
    }
    quoted + "\""
}

fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let bits = group.iter().fold(0, |bits: u32, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            let is_padding = place > group.len();
            text.push(if is_padding { '=' } else { alphabet[(bits >> (18 - 6 * place) & 63) as usize] });
        }
    }
    text
}

fn letters<'c>(contents: &'c Contents, id: &str) -> Vec<(i64, &'c [u8])> {
    let of_id = contents.letters.iter().filter(|((other, _), _)| other == id);
    of_id.map(|((_, index), (_, raw))| (*index, &**raw)).collect()
}

fn rows<'k>(keys: impl Iterator<Item = &'k (String, i64)>, id: &str) -> Vec<i64> {
    keys.filter(|(other, _)| other == id).map(|(_, index)| *index).collect()
}
