//! A record that is written is read as it was, whatever is in it, and its line has the one form that is documented.

use countersign::records::{Extension, Record, Records, Text, UnixMicros};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn written(record: &Record<'_>) -> String {
    let mut line = Vec::new();
    record.write_line(&mut line).unwrap();
    String::from_utf8(line).unwrap()
}

/// Each line has the form in which the same record is written, or what is wrong with it.
#[test]
fn vectors() {
    let lines: Vec<serde_json::Value> = serde_json::from_str(countersign_vectors::RECORDS).unwrap();
    assert!(lines.len() >= 20);
    for entry in &lines {
        let text = |name: &str| entry[name].as_str();
        let (comment, line) = (text("comment").unwrap(), text("line").unwrap());
        match (Record::read(line.as_bytes()), text("written"), text("error")) {
            (Ok(record), Some(expected), None) => {
                assert_eq!(written(&record), format!("{expected}\n"), "{comment}");
                assert_eq!(Record::read(expected.as_bytes()).as_ref(), Ok(&record), "{comment}");
                let received_at = record.received_at.map(UnixMicros::get);
                assert_eq!(received_at, entry["received_at_microseconds"].as_i64(), "{comment}");
            }
            (Err(error), None, Some(expected)) => assert_eq!(error.to_string(), expected, "{comment}"),
            other => panic!("{comment}: {other:?}"),
        }
    }
}

/// Texts with everything that is escaped, or might be.
fn text() -> impl Strategy<Value = Text<'static>> {
    let piece = prop_oneof![
        any::<char>().prop_map(String::from),
        "[a-zA-Z0-9 ]{0,8}",
        "[\\x00-\\x1f\"\\\\/\\x7f\u{2028}\u{feff}😀]",
    ];
    vec(piece, 0..6).prop_map(|pieces| pieces.concat().into())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![text().prop_map(|text| text.as_bytes().to_vec()), vec(any::<u8>(), 0..64)]
}

fn extension() -> impl Strategy<Value = Extension<'static>> {
    let name = "[a-z]{0,4}";
    (name, text(), any::<f64>()).prop_map(|(name, text, number)| {
        let object = serde_json::json!({ name: [{ "text": text.as_str() }, number, null] });
        Extension::new(&object.to_string()).unwrap().into_owned()
    })
}

prop_compose! {
    fn record()(
        id in option::of(text()),
        connection in option::of(text()),
        method in option::of(text()),
        url in option::of(text()),
        headers in vec((text(), text()), 0..4),
        body in body(),
        received_at in option::of(prop_oneof![i64::MIN..=UnixMicros::MAX.get(), -2_000_000_i64..2_000_000]),
        extension in option::of(extension()),
    ) -> Record<'static> {
        let mut record = Record::new(headers, body);
        record.id = id;
        record.connection = connection;
        record.method = method;
        record.url = url;
        record.received_at = received_at.map(UnixMicros::new);
        record.extension = extension;
        record
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(records in vec(record(), 1..5)) {
        let lines: String = records.iter().map(written).collect();
        prop_assert_eq!(lines.lines().count(), records.len());
        let read: Vec<_> = Records::new(lines.as_bytes(), 1).collect();
        prop_assert_eq!(read.len(), records.len());
        for ((number, read), (wanted, record)) in read.iter().zip((1..).zip(&records)) {
            prop_assert_eq!(*number, wanted);
            prop_assert_eq!(read.as_ref(), Ok(record));
        }
        // And it is JSON for everyone else, with the same body in one of the two fields.
        for (line, record) in lines.lines().zip(&records) {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(body) = value["body"].as_str() {
                prop_assert_eq!(body.as_bytes(), &*record.body);
                prop_assert!(serde_json::to_string(body).unwrap().len() <= 2 * body.len() + 2);
            } else {
                prop_assert!(value["body_base64"].is_string());
            }
        }
    }
}

/// What no reader takes is not written either.
#[test]
fn moments_after_the_year_9999_are_not_written() {
    let mut record = Record::new(Vec::new(), &b""[..]);
    record.received_at = Some(UnixMicros::MAX);
    assert_eq!(Record::read(written(&record).as_bytes()), Ok(record.clone()));
    record.received_at = Some(UnixMicros::new(UnixMicros::MAX.get() + 1));
    let error = record.write_line(std::io::sink()).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn debug_shows_no_header_no_url_and_no_body() {
    let mut record = Record::new(vec![("Authorization".into(), "do-not-show".into())], &b"do-not-show"[..]);
    record.url = Some("https://example.com/?token=do-not-show".into());
    let shown = format!("{record:?}") + &format!("{:?}", Records::new(written(&record).as_bytes(), 1));
    assert!(!shown.contains("do-not-show"), "{shown}");
}
