//! Bodies of every sort, in one load each format: rows or a dead letter with the exact bytes, and never neither.
//!
//! The groups are those of JSONTestSuite (<https://github.com/nst/JSONTestSuite>), with inputs of our own.

use std::io::{Read as _, Write as _};

use countersign_tables::{Format, SchemaPolicy, Table};

use crate::contents::{Contents, Delivery, id_text};
use crate::json::Json;
use crate::oracle::{check_packed, check_unpacked};
use crate::warehouse::Warehouse;

/// Structure, literals and white space.
const STRUCTURE: &[&[u8]] = &[
    b"",
    b" ",
    b"\n",
    b"\0",
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b":",
    b",",
    b"*",
    b"#",
    b"a",
    b"'",
    b"[][]",
    b"[]{}",
    b"{}}",
    b"]]",
    b"[1]]",
    b"[1}",
    b"{]",
    b"{\"a\":1]",
    b"[{",
    b"[{}",
    b"[\"a\"",
    b"[\"a",
    b"[1,",
    b"[,",
    b"[,1]",
    b"[1,]",
    b"[1,,2]",
    b"[,]",
    b"[1 true]",
    b"[a",
    b"[1\n,1\n,1",
    b"[\"\",",
    b"{\"a\":",
    b"{\"a\"",
    b"{\"a",
    b"{,}",
    b"{\"a\":1,}",
    b"{\"a\":1,,}",
    b"{\"a\":1,\"b\"}",
    b"{:1}",
    b"{1:1}",
    b"{a:1}",
    b"{'a':1}",
    b"{null:null}",
    b"{\"a\" 1}",
    b"{\"a\"::1}",
    b"{\"a\":1 \"b\":2}",
    b"{\"a\":1}/**/",
    b"{\"a\":/*x*/1}",
    b"{\"a\":1}//",
    b"{\"a\":1}#",
    b"{\"a\":true} \"x\"",
    b"{\"a\":x}",
    b"nul",
    b"nulll",
    b"True",
    b"TRUE",
    b"fals",
    b"truex",
    b"true false",
    b"<null>",
    b"[<null>]",
    b"undefined",
    b"[\x0c]",
    b"[\x0b1]",
    b"\x0c{}",
    b"\xc2\xa0{}",
    b"[\xe2\x81\xa0]",
    b"\xe2\x81\xa0",
    b"\xef\xbb\xbf",
    b"\xef\xbb\xbf{}",
    b"\xef\xbb{}",
    b"\xef\xbb\xbf\xef\xbb\xbf{}",
    b" {} ",
    b"\t[ 1 ]\r\n",
    b"[]",
    b"[ ]",
    b"[\n]",
    b"{}",
    b"{ }",
    b"[[]]",
    b"[{}]",
    b"[null]",
    b"[false]",
    b"null",
    b"true",
    b"false",
    b"42",
    b"-0.1",
    b"\"text\"",
    b"\"\"",
    b"[[]   ]",
    b"[1,null,null,null,2]",
    b"[1\n,2]",
    b" [1]",
    b"[2] ",
    b"[[[[[[[[[[]]]]]]]]]]",
    b"{\"a\":[]}",
    b"{\"a\":{\"a\":{\"a\":1}}}",
    b"{\n\t\"a\" :\r\n1 }",
    b"\xff\xfe{\0}\0",
    b"\xfe\xff\0{\0}",
    b"{\0}\0",
    b"[\"\\",
    b"[\"\\u",
    b"[\xe5",
    b"{\"\xb9\":\"0\",}",
    b"{\"\xb9\":\"0\"}",
];

/// Numbers, each as the body, as an element and as a value.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "123",
    "-123",
    "0.5",
    "-0.5",
    "1e0",
    "1E1",
    "1e+2",
    "1E+2",
    "1e-2",
    "0e1",
    "0e+1",
    "0E-0",
    "1.5e10",
    "123.456e78",
    "123.456789",
    "-0.000000000000000000000000000000000000000000000000000000000000000000000000000001",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "9223372036854775809",
    "-9223372036854775807",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "9007199254740993.0",
    "100000000000000000000000",
    "1e22",
    "1e23",
    "0.1",
    "0.2",
    "0.30000000000000004",
    "0.3000000000000000444",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
    "5e-324",
    "4e-324",
    "2e-324",
    "2.2250738585072011e-308",
    "1e308",
    "1e309",
    "-1e309",
    "1e400",
    "-1e400",
    "1e-400",
    "0.4e00669999999999999999999999999999999999999999999999999969999999006",
    "1.5e+9999",
    "123123e100000",
    "-123123123123123123123123123123",
    "0e99999999999999999999999999999999999999999999",
    "1.0",
    "1.00",
    "100e-2",
    "19.90",
    // None of these is a number of JSON.
    "+1",
    "++1",
    ".5",
    "-.5",
    ".-1",
    "1.",
    "-1.",
    "2.e3",
    "2.e-3",
    "0.e1",
    "0.3e",
    "0.3e+",
    "1e",
    "1e+",
    "1eE2",
    "0e",
    "0E+",
    "1.0e-",
    "-",
    "--1",
    "+-1",
    "-01",
    "-012",
    "01",
    "012",
    "00",
    "0x42",
    "0x",
    "1a",
    "1+2",
    "1 000",
    "-a",
    "-1x",
    "- 1",
    "Inf",
    "-Inf",
    "Infinity",
    "-Infinity",
    "NaN",
    "-NaN",
    "nan",
    "1_000",
    "1,5",
    "\u{ff11}",
    "1\u{660}",
    "-0.1.2",
    "1e1.5",
];

/// Strings, each as the body, as an element, as a value and as a key.
const STRINGS: &[&[u8]] = &[
    b"\"\"",
    b"\"a\"",
    b"\" \"",
    b"\"\x7f\"",
    b"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
    b"\"\\u0060\\u012a\\u12AB\"",
    b"\"\\\\u0000\"",
    b"\"\\\\n\"",
    b"\"\\u0000\"",
    b"\"a\\u0000b\"",
    b"\"\\u0001\\u001f\"",
    b"\"\\u0022\\u005C\"",
    b"\"\\uD801\\udc37\"",
    b"\"\\ud83d\\ude39\\ud83d\\udc8d\"",
    b"\"\\uFFFF\\uDBFF\\uDFFE\"",
    b"\"\\u2028\\u200B\\u2064\\uFDD0\\uFFFE\"",
    b"\"/* x */\"",
    b"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
    b"\"\xe2\x80\xa8\xe2\x80\xa9\"",
    b"\"\xef\xbf\xbf\"",
    b"\"\xf4\x8f\xbf\xbf\"",
    b"\"\xef\xbb\xbfx\"",
    b"\"e\xcc\x81\"",
    b"\"\xe2\x80\xae\"",
    b"\"'\"",
    b"\"a;DROP TABLE events\"",
    b"\"0123456789012345678901234567890123456789012345678901234567890123456789\"",
    // Lone surrogates in escapes.
    b"\"\\ud800\"",
    b"\"\\udc00\"",
    b"\"\\uD800\\uD800x\"",
    b"\"\\uD800\\n\"",
    b"\"\\uDd1e\\uD834\"",
    b"\"\\ud800abc\"",
    b"\"\\uDADA\"",
    b"\"a\\uD888\\u1234\"",
    // None of these is a string of JSON.
    b"\"\\x00\"",
    b"\"\\a\"",
    b"\"\\'\"",
    b"\"\\0\"",
    b"\"\\007\"",
    b"\"\\u\"",
    b"\"\\u1\"",
    b"\"\\u12\"",
    b"\"\\u123\"",
    b"\"\\u00G0\"",
    b"\"\\U0041\"",
    b"\"\\\xf0\x9f\x8c\x80\"",
    b"\"\\uD800\\\"",
    b"\"\\uD800\\u\"",
    b"\"\\uD800\\u1\"",
    b"\"\\u{41}\"",
    b"\"\n\"",
    b"\"\t\"",
    b"\"\0\"",
    b"\"\x1f\"",
    b"'a'",
    b"\"\\\"",
    b"\"a",
    b"a\"",
    b"\xe2\x80\x9ca\xe2\x80\x9d",
    b"\\u0041",
    b"\"\"\"",
    // None of these is UTF-8.
    b"\"\xff\"",
    b"\"\x80\"",
    b"\"\xc3\"",
    b"\"\xe6\xa5\"",
    b"\"\xed\xa0\x80\"",
    b"\"\xc0\xaf\"",
    b"\"\xfc\x80\x80\x80\x80\x80\"",
    b"\"\xf4\x90\x80\x80\"",
    b"\"\\u\xe5\"",
];

/// Objects.
const OBJECTS: &[&str] = &[
    r#"{"a":"b"}"#,
    r#"{"a":"b","c":"d"}"#,
    r#"{"a":1,"a":2}"#,
    r#"{"a":1,"a":1}"#,
    r#"{"a":1,"\u0061":2}"#,
    r#"{"a":null,"a":null}"#,
    r#"{"a":{"b":1,"b":2}}"#,
    r#"{"\ud800":1,"\uD800":2}"#,
    r#"{"\ud800":1,"\ud801":2}"#,
    r#"{"":0}"#,
    r#"{"":0," ":1,"  ":2}"#,
    r#"{"foo\u0000bar":42}"#,
    r#"{"a":1,"A":2,"á":3,"Á":4}"#,
    r#"{"min":-1.0e+28,"max":1.0e+28}"#,
    r#"{"_id":1,"_index":"x","_created":null,"_fivetran_synced":true,"_extra":[],"event":{}}"#,
    r#"{"a":null}"#,
    r#"{"a":true}"#,
    r#"{"a":"true"}"#,
    r#"{"a":1}"#,
    r#"{"a":"1"}"#,
    r#"{"a":1.5}"#,
    r#"{"a":[1]}"#,
    r#"{"a":"[1]"}"#,
    r#"{"a":{}}"#,
    r#"{"a":1e400}"#,
    r#"{"a":"1e400"}"#,
    r#"{"rowid":1,"oid":2,"_rowid_":3,"select":4,"a\"b":5,"a;b":6,"a'b":7,"[x]":8,"`y`":9,"--":10,"?1":11,":a":12}"#,
    r#"[{"a":1},{"a":"x"},{"b":2,"b":3},[],7,"s",null,{},{"a":null},true]"#,
    r#"[ {"a" : 1} , {"a":[ 1 , 2 ]} ]"#,
];

fn corpus() -> Vec<Delivery> {
    let mut bodies: Vec<Vec<u8>> = STRUCTURE.iter().map(|body| body.to_vec()).collect();
    let in_places = |value: &[u8], is_key: bool| {
        let mut places = vec![
            value.to_vec(),
            [b"[", value, b"]"].concat(),
            [b"{\"v\":", value, b"}"].concat(),
            [b"[{\"v\":", value, b"},{\"v\":0}]"].concat(),
        ];
        if is_key {
            places.push([b"{", value, b":1}"].concat());
        }
        places
    };
    bodies.extend(NUMBERS.iter().flat_map(|number| in_places(number.as_bytes(), false)));
    bodies.extend(STRINGS.iter().flat_map(|string| in_places(string, true)));
    bodies.extend(OBJECTS.iter().map(|object| object.as_bytes().to_vec()));
    let many: Vec<String> = (0..10_000).map(|number| format!("\"key {number}\":{number}")).collect();
    bodies.push(format!("{{{}}}", many.join(",")).into_bytes());
    bodies.push(format!("{{\"{}\":1,\"{}\":2}}", "k".repeat(1024), "k".repeat(1025)).into_bytes());
    bodies.push(format!("[{}]", vec!["{}"; 10_000].join(",")).into_bytes());
    for digits in [1_000, 1_001] {
        bodies.push(format!("{{\"v\":{}}}", "7".repeat(digits)).into_bytes());
        bodies.push(format!("[{{\"v\":[0.{}]}},{{\"v\":1}}]", "7".repeat(digits - 1)).into_bytes());
    }
    for depth in [511, 512] {
        bodies.push(format!("{{\"v\":{}1{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes());
    }
    bodies.push("[".repeat(300).into_bytes());
    bodies.push("[{\"\":".repeat(200).into_bytes());
    bodies.into_iter().map(Delivery::new).collect()
}

/// Loads all and checks each; how many rows there are.
fn check(table: &Table, deliveries: &[Delivery]) -> usize {
    let mut warehouse = Warehouse::new(table);
    let committed = warehouse.load(deliveries);
    let contents = warehouse.contents();
    let check = if table.format == Format::Packed { check_packed } else { check_unpacked };
    let rows = (1..).zip(deliveries).map(|(number, delivery)| check(&contents, number, delivery)).sum();
    assert_eq!(committed.rows, rows as u64);
    assert_eq!(committed.dead_letters, contents.letters.len() as u64);
    rows
}

#[test]
fn every_body_is_there_afterwards() {
    let corpus = corpus();
    assert!(corpus.len() > 800, "{}", corpus.len());
    let packed = check(&Table::new("webhooks", "events", Format::Packed), &corpus);
    let unpacked = check(&Table::new("webhooks", "events", Format::Unpacked), &corpus);
    // What is no array without elements, and no more than the bounds allow, is a packed row.
    assert!(packed > corpus.len() + 9_000, "{packed}");
    assert!(unpacked > 10_000 + 200, "{unpacked}");
}

#[test]
fn the_order_of_bodies_does_not_matter() {
    let mut corpus = corpus();
    corpus.reverse();
    check(&Table::new("webhooks", "events", Format::Unpacked), &corpus);
    let table =
        Table { naming: countersign_tables::Naming::Source, ..Table::new("webhooks", "events", Format::Unpacked) };
    check(&table, &corpus);
}

#[test]
fn the_check_is_awake() {
    let delivery = Delivery::new(r#"[{"a":1,"b":"x"},{"a":0.1}]"#);
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(std::slice::from_ref(&delivery));
        let check = if format == Format::Packed { check_packed } else { check_unpacked };
        assert_eq!(check(&warehouse.contents(), 1, &delivery), 2);
        let column = if format == Format::Packed { ("event", "'{\"a\":1, \"b\":\"x\"}'") } else { ("a", "'1'") };
        let wrongs = [
            format!("UPDATE events SET {} = {} WHERE _index = 0", column.0, column.1),
            "DELETE FROM events WHERE _index = 1".to_owned(),
            "UPDATE events SET _index = 2 WHERE _index = 1".to_owned(),
            "CREATE TEMP TABLE copy AS SELECT * FROM events WHERE _index = 0; UPDATE copy SET _index = 7;
                INSERT INTO events SELECT * FROM copy"
                .to_owned(),
            "INSERT INTO events__dead_letters SELECT _id, 0, '', 'not_json', '', x'', '' FROM events".to_owned()
                + " WHERE _index = 0",
        ];
        for wrong in wrongs {
            let reader = warehouse.reader();
            reader.execute_batch("BEGIN").unwrap();
            reader.execute_batch(&wrong).unwrap_or_else(|error| panic!("{wrong}: {error}"));
            let contents = crate::warehouse::read(&reader, format);
            let verdict = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(&contents, 1, &delivery)));
            assert!(verdict.is_err(), "not noticed: {wrong}");
        }
    }
}

/// Too deep for a reader that recurses.
#[test]
fn depth_and_width_have_bounds() {
    let digits = |digits: usize| Delivery::new(format!("{{\"v\":-{}e5}}", "7".repeat(digits - 1)));
    let deep = |depth: usize| Delivery::new(format!("{{\"v\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1)));
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&[deep(512), digits(1_000), deep(513), digits(1_001)]);
        let letters: Vec<_> = warehouse.contents().letters.into_iter().map(|(key, letter)| (key.0, letter.0)).collect();
        let mut expected = vec![(id_text(3), "too_deep".to_owned()), (id_text(4), "too_many_digits".to_owned())];
        expected.sort();
        assert_eq!(letters, expected);
    }

    let deep = |depth: usize| format!("{{\"v\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
    let deliveries = [
        Delivery::new(deep(512)),
        Delivery::new(deep(100_000)),
        Delivery::new(format!("[{},{{\"v\":1}}]", deep(600))),
        Delivery::new("[".repeat(1_000_000)),
        Delivery::new(format!("[{}]", vec!["{}"; 10_001].join(","))),
        Delivery::new(format!(
            "{{{}}}",
            (0..100_001).map(|key| format!("\"{key}\":null")).collect::<Vec<_>>().join(",")
        )),
    ];
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&deliveries);
        let contents = warehouse.contents();
        let reason = |number, index| contents.letters.get(&(id_text(number), index)).map(|(reason, _)| &**reason);
        let raw = |number, index| contents.letters.get(&(id_text(number), index)).map(|(_, raw)| &**raw);
        for (number, delivery) in (1..=2).zip(&deliveries) {
            assert_eq!(reason(number, 0), Some("too_deep"));
            assert_eq!(raw(number, 0), Some(&*delivery.body));
        }
        assert_eq!((reason(3, 0), raw(3, 0)), (Some("too_deep"), Some(deep(600).as_bytes())));
        assert_eq!(reason(5, 0), Some("too_many_rows"));
        assert_eq!(raw(5, 0), Some(&*deliveries[4].body));
        if format == Format::Packed {
            assert_eq!(contents.packed[&(id_text(3), 1)], "{\"v\":1}");
            assert_eq!(contents.packed[&(id_text(4), 0)].len(), 1_000_002);
            assert_eq!(contents.packed[&(id_text(6), 0)].as_bytes(), deliveries[5].body);
        } else {
            assert!(contents.unpacked.contains_key(&(id_text(3), 1)));
            assert_eq!(reason(4, 0), Some("not_json"));
            assert_eq!(reason(6, 0), Some("too_many_keys"));
        }
    }
}

#[test]
fn encodings_forms_and_queries_are_undone() {
    let json = br#"{"a":1}"#;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(json).unwrap();
    let gzip = gzip.finish().unwrap();
    let bomb = zstd::encode_all(std::io::repeat(b' ').take(65 << 20), 1).unwrap();
    let form = Some("application/x-www-form-urlencoded; charset=utf-8");
    let encoded = |encoding, body: &[u8]| Delivery { content_encoding: Some(encoding), ..Delivery::new(body) };
    let multipart = b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n";
    // A body, its row in each format, and the reason where there is none.
    let cases: Vec<(Delivery, Option<&str>, Result<&str, &str>)> = vec![
        (encoded("gzip", &gzip), Some(r#"{"a":1}"#), Ok(r#"{"a":1}"#)),
        (encoded("gzip", json), None, Err("not_decodable")),
        (encoded("gzip, gzip", &gzip), None, Err("unknown_encoding")),
        (encoded("zstd", &bomb), None, Err("too_large")),
        (
            Delivery { content_type: form, ..Delivery::new("a=1&b=x+y&a=2") },
            Some(r#"{"a":["1","2"],"b":"x y"}"#),
            Ok(r#"{"a":["1","2"],"b":"x y"}"#),
        ),
        (Delivery { content_type: form, ..Delivery::new("") }, Some("{}"), Ok("{}")),
        (
            Delivery { content_type: form, ..Delivery::new("a=%ff") },
            Some(r#"{"body_base64":"YT0lZmY="}"#),
            Err("invalid_utf8"),
        ),
        (Delivery { content_type: form, ..Delivery::new(" {\"a\": 2}") }, Some(" {\"a\": 2}"), Ok("{\"a\":2}")),
        (
            Delivery { is_query: true, content_encoding: Some("gzip"), ..Delivery::new("challenge=a%20b") },
            Some(r#"{"challenge":"a b"}"#),
            Ok(r#"{"challenge":"a b"}"#),
        ),
        (Delivery { is_query: true, ..Delivery::new("") }, Some("{}"), Ok("{}")),
        (
            Delivery { content_type: Some("multipart/form-data; boundary=x"), ..Delivery::new(multipart) },
            Some(r#""--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n""#),
            Err("not_json"),
        ),
        (Delivery::new("<xml/>"), Some("\"<xml/>\""), Err("not_json")),
        (Delivery::new(b"\x00\xff\x10"), Some(r#"{"body_base64":"AP8Q"}"#), Err("invalid_utf8")),
    ];
    let deliveries: Vec<Delivery> = cases.iter().map(|(delivery, ..)| delivery.clone()).collect();
    for format in [Format::Packed, Format::Unpacked] {
        let mut warehouse = Warehouse::of(format);
        warehouse.load(&deliveries);
        let contents = warehouse.contents();
        for (number, (delivery, packed, unpacked)) in (1..).zip(&cases) {
            let key = (id_text(number), 0);
            let reason = contents.letters.get(&key).map(|(reason, raw)| {
                assert_eq!(*raw, delivery.body, "event {number}");
                &**reason
            });
            if format == Format::Packed {
                assert_eq!(contents.packed.get(&key).map(|event| &**event), *packed, "event {number}");
                assert_eq!(reason.is_some(), packed.is_none());
            } else {
                assert_eq!(reason, unpacked.err(), "event {number}");
                let row = unpacked.ok().map(|json| Json::read(json).unwrap().members().unwrap());
                assert_eq!(contents.unpacked.get(&key), row.as_ref(), "event {number}");
            }
        }
    }
}

#[test]
fn lines_are_elements() {
    let body = "{\"a\":1}\r\n\n [1, 2]\n{\"a\":\nx\r\n{\"a\":2}";
    let deliveries =
        [Delivery::new(body), Delivery::new(""), Delivery::new("\n \n"), Delivery::new("{}\n".repeat(10_001))];
    let load = |format| {
        let mut warehouse = Warehouse::new(&Table { ndjson: true, ..Table::new("webhooks", "events", format) });
        warehouse.load(&deliveries);
        warehouse.contents()
    };
    let packed = load(Format::Packed);
    let events: Vec<&str> = (0..5).map(|index| &*packed.packed[&(id_text(1), index)]).collect();
    assert_eq!(events, ["{\"a\":1}", "[1, 2]", "\"{\\\"a\\\":\"", "\"x\"", "{\"a\":2}"]);
    assert_eq!(packed.packed[&(id_text(2), 0)], "\"\"");
    assert_eq!(packed.packed[&(id_text(3), 0)], "\"\\n \\n\"");
    assert_eq!(packed.letters[&(id_text(4), 0)].0, "too_many_rows");
    assert_eq!(packed.packed.len(), 7);

    let unpacked = load(Format::Unpacked);
    let reason = |contents: &Contents, index| {
        contents.letters.get(&(id_text(1), index)).map(|(reason, raw)| (reason.clone(), raw.clone()))
    };
    assert_eq!(reason(&unpacked, 0), None);
    assert_eq!(reason(&unpacked, 1), Some(("not_an_object".to_owned(), b" [1, 2]".to_vec())));
    assert_eq!(reason(&unpacked, 2), Some(("not_json".to_owned(), b"{\"a\":".to_vec())));
    assert_eq!(reason(&unpacked, 3), Some(("not_json".to_owned(), b"x\r".to_vec())));
    assert!(unpacked.unpacked.contains_key(&(id_text(1), 4)));
    assert_eq!(unpacked.letters[&(id_text(2), 0)].0, "not_json");
}

#[test]
fn a_frozen_schema_takes_no_new_column() {
    let mut warehouse = Warehouse::new(&Table {
        schema_policy: SchemaPolicy::Freeze,
        ..Table::new("webhooks", "events", Format::Unpacked)
    });
    // A table without columns takes those of its first load.
    warehouse.load(&[Delivery::new(r#"{"a":1}"#), Delivery::new(r#"{"b":true}"#)]);
    let columns = warehouse.state.plan.columns().to_vec();
    let committed = warehouse.load(&[
        Delivery::new(r#"{"a":"x","b":false,"c":null}"#),
        Delivery::new(r#"[{"a":2},{"c":1},{"b":1},{"\ud800":1}]"#),
    ]);
    assert_eq!((committed.rows, committed.dead_letters, committed.columns), (2, 3, 0));
    assert_eq!(warehouse.state.plan.columns(), columns);
    let contents = warehouse.contents();
    for (index, raw) in [(1, &br#"{"c":1}"#[..]), (2, br#"{"b":1}"#), (3, br#"{"\ud800":1}"#)] {
        assert_eq!(contents.letters[&(id_text(4), index)], ("schema_frozen".to_owned(), raw.to_vec()));
    }
}

#[test]
fn each_value_has_a_type_and_each_column_one_kind() {
    let mut warehouse = Warehouse::of(Format::Unpacked);
    warehouse.load(&[
        Delivery::new(r#"{"v":"007","w":"a\u0000b","x":null}"#),
        Delivery::new(r#"{"v":7,"w":"\ud800"}"#),
        Delivery::new(r#"{"v":7.0}"#),
        Delivery::new(r#"{"v":true}"#),
        Delivery::new(r#"{"v":[1, 2]}"#),
        Delivery::new(r#"{"v":12345678901234567890123.5,"w":"text"}"#),
    ]);
    let reader = warehouse.reader();
    let mut found = Vec::new();
    for column in ["v", "v__bool", "v__json", "v__number", "w", "w__plain"] {
        let sql = format!("SELECT {column}, typeof({column}) FROM events WHERE {column} IS NOT NULL ORDER BY _created");
        let mut statement = reader.prepare(&sql).unwrap();
        let values =
            statement.query_map([], |row| Ok(format!("{column} {:?} {}", row.get_ref(0)?, row.get::<_, String>(1)?)));
        found.extend(values.unwrap().map(Result::unwrap));
    }
    let text = |column: &str, text: &str| format!("{column} Text({:?}) text", text.as_bytes());
    assert_eq!(
        found,
        [
            text("v", "007"),
            "v Integer(7) integer".to_owned(),
            "v Real(7.0) real".to_owned(),
            "v__bool Integer(1) integer".to_owned(),
            text("v__json", "[1, 2]"),
            text("v__number", "12345678901234567890123.5"),
            text("w", r#""a\u0000b""#),
            text("w", r#""\ud800""#),
            text("w__plain", "text"),
        ]
    );
    // Nothing but null makes no column.
    let columns: Vec<&str> = warehouse.state.plan.columns().iter().map(|column| &*column.name).collect();
    assert_eq!(columns, ["v", "w", "v__bool", "v__json", "v__number", "w__plain"]);
}
