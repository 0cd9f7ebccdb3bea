//! The reader held against `serde_json`, and the words of its faults.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::*;

/// The same record, read by `serde_json`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    #[serde(default, deserialize_with = "text")]
    id: Option<String>,
    #[serde(default, deserialize_with = "text", rename = "connection")]
    _connection: Option<String>,
    #[serde(default, deserialize_with = "text")]
    method: Option<String>,
    #[serde(default, deserialize_with = "text")]
    url: Option<String>,
    headers: Lines,
    #[serde(default, deserialize_with = "text")]
    body: Option<String>,
    #[serde(default, deserialize_with = "text")]
    body_base64: Option<String>,
    #[serde(default, deserialize_with = "number")]
    received_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lines {
    Object(BTreeMap<String, String>),
    List(Vec<(String, String)>),
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(deserializer).map(Some)
}

impl Reference {
    fn read(line: &[u8]) -> Option<(Self, Vec<u8>)> {
        let record: Self = serde_json::from_slice(line).ok()?;
        let body = match (&record.body, &record.body_base64) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(text)) => STANDARD.decode(text).ok()?,
            _ => return None,
        };
        Some((record, body))
    }
}

/// Both readers must agree on whether this is a delivery, and on what it says.
fn compare(line: &[u8]) -> bool {
    let (mut headers, mut body) = (Vec::new(), Vec::new());
    let shown = String::from_utf8_lossy(line);
    match (Record::read(line, &mut headers, &mut body), Reference::read(line)) {
        (Ok(record), Some((reference, reference_body))) => {
            assert_eq!(record.id.as_deref(), reference.id.as_deref(), "{shown}");
            assert_eq!(record.method.as_deref(), reference.method.as_deref(), "{shown}");
            assert_eq!(record.url.as_deref(), reference.url.as_deref(), "{shown}");
            assert_eq!(record.received_at, reference.received_at, "{shown}");
            assert_eq!(&body[..record.body_length], reference_body, "{shown}");
            let headers = headers.into_iter().map(|(name, value)| (name.0.into_owned(), value.0.into_owned()));
            match reference.headers {
                Lines::Object(lines) => assert_eq!(headers.collect::<BTreeMap<_, _>>(), lines, "{shown}"),
                Lines::List(lines) => assert_eq!(headers.collect::<Vec<_>>(), lines, "{shown}"),
            }
            true
        }
        (Err(_), None) => false,
        (ours, theirs) => panic!("{shown}: {ours:?} but serde_json has {theirs:?}"),
    }
}

const GOOD: [&str; 6] = [
    r#"{"headers":{},"body":""}"#,
    r#" { "id" : "x" , "headers" : [ [ "a" , "b" ] , ["A",""] ] , "body" : "\"\\\/\b\f\n\r\t" , "received_at" : -12 } "#,
    r#"{"id":"\u00e9\ud83d\ude00é😀","connection":"c","method":"POST","url":"/","headers":{"a":"b","a":"c"},"body_base64":"AAEC/w=="}"#,
    r#"{"received_at":0,"body":"{\"event\":\"order.created\",\"order\":{\"id\":\"ord-1\",\"total\":\"204.00\",\"customer\":\"Zoë\"}}\n","headers":{"X-Sign":"sha256=00"}}"#,
    r#"{"b\u006fdy":"escaped name","he\u0061ders":{"\u0041":"\t"},"url":"https:\/\/example.com"}"#,
    r#"{"headers":[],"body":"\u0000\u001f\u007f\u2028 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789"}"#,
];

#[test]
fn good_records_are_read_as_serde_json_reads_them() {
    for line in GOOD {
        assert!(compare(line.as_bytes()), "{line}");
    }
}

#[test]
fn damaged_records_are_taken_and_refused_as_by_serde_json() {
    const PIECES: [&str; 28] = [
        "\"",
        "\\",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        " ",
        "\t",
        "\\u",
        "\\ud83d",
        "\\ude00",
        "\u{1}",
        "0",
        "1",
        "-",
        ".",
        "e",
        "null",
        "true",
        "\"id\":\"\",",
        "\"body\":",
        "é",
        "\\\\",
        "\\\"",
        "=",
        "x",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut taken = 0;
    for _ in 0..60_000 {
        let mut line = GOOD[random(GOOD.len())].as_bytes().to_vec();
        for _ in 0..=random(3) {
            if line.is_empty() {
                break;
            }
            let place = random(line.len());
            match random(4) {
                0 => drop(line.remove(place)),
                1 => drop(line.splice(place..place, PIECES[random(PIECES.len())].bytes())),
                2 => drop(line.splice(place..=place, PIECES[random(PIECES.len())].bytes())),
                _ => line.truncate(place.max(1)),
            }
        }
        // A number that serde_json takes for a fraction.
        if !String::from_utf8_lossy(&line).contains("-0") {
            taken += usize::from(compare(&line));
        }
    }
    assert!(taken > 5_000, "only {taken} were good");
}

#[test]
fn faults_name_the_field_and_show_no_value() {
    for (line, fault) in [
        (r#"{"headers":{"a":"b"}}"#, r#"the body is missing; give "body" or "body_base64""#),
        (r#"{"body":""}"#, r#"the field "headers" is missing"#),
        (r#"{"headers":{},"body":"","body":""}"#, "body: stands twice; only one can count"),
        (
            r#"{"headers":{},"body":"","body_base64":""}"#,
            r#""body" and "body_base64" are both given; give one of them"#,
        ),
        (r#"{"headers":"tok-1","body":""}"#, "headers: found a text; expected an object, or a list of pairs"),
        (r#"{"headers":{"a":{"tok-1":1}},"body":""}"#, "headers: found an object; expected a text"),
        (
            r#"{"headers":[["a","tok-1","c"]],"body":""}"#,
            r#"headers: found a list of 3; expected pairs ["Name", "value"]"#,
        ),
        (r#"{"headers":[{"a":"tok-1"}],"body":""}"#, "headers: found an object; expected a list"),
        (r#"{"headers":{},"body":"","recieved_at":1}"#, r#"unknown field "recieved_at"; did you mean "received_at"?"#),
        (r#"{"headers":{},"body":"","tok\u001b":1}"#, r#"unknown field "tok\u{1b}""#),
        (r#"{"headers":{},"body":"","received_at":"1"}"#, "received_at: found a text; expected a whole number"),
        (r#"{"headers":{},"body":null}"#, "body: found null; expected a text"),
        (r#"{"headers":{},"body_base64":"tok-1"}"#, "body_base64: not valid base64 (standard alphabet, with padding)"),
        (r#"{"headers":{"a":"tok-1}"#, r#"headers: not valid JSON: expected '"' in column 24, but the line ends"#),
        (r#"["headers"]"#, "found a list; expected an object"),
        ("hello", "not valid JSON: expected an object in column 1"),
    ] {
        let found = Record::read(line.as_bytes(), &mut Vec::new(), &mut Vec::new()).unwrap_err().to_string();
        assert_eq!(found, fault, "{line}");
    }
    let broken = Record::read(b"{\"body\":\"\xff\"}", &mut Vec::new(), &mut Vec::new()).unwrap_err().to_string();
    assert_eq!(broken, "not UTF-8 in column 10; a body that is not UTF-8 goes into \"body_base64\"");
}
