//! The law, as a property: what is read back equals what was sent, up to key order, white space, absent = null and the decimal
//! value of numbers; `event` byte for byte.

use countersign_tables::{Format, Naming, Table};
use proptest::prelude::*;

use crate::contents::Delivery;
use crate::oracle::{check_packed, check_unpacked};
use crate::warehouse::Warehouse;

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|integer| integer.to_string()),
        (-3i64..3).prop_map(|off| (i128::from(i64::MAX) + i128::from(off)).to_string()),
        (-3i64..3).prop_map(|off| (i128::from(i64::MIN) + i128::from(off)).to_string()),
        (-3i64..3).prop_map(|off| ((1i64 << 53) + off).to_string()),
        any::<f64>().prop_filter("finite", |double| double.is_finite()).prop_map(|double| format!("{double:e}")),
        any::<f64>().prop_filter("finite", |double| double.is_finite()).prop_map(|double| format!("{double:?}")),
        "-?(0|[1-9][0-9]{0,24})(\\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?",
        "-?[1-9][0-9]{900,1010}",
        Just("-0".to_owned()),
        Just("1e400".to_owned()),
        Just("-0.0e-9999999999999999999999999999999999999999".to_owned()),
    ]
}

/// A string with its quotes: any text, escapes of any sort, lone surrogates.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z ]{0,6}".boxed(),
        2 => any::<char>().prop_filter("needs an escape", |char| !matches!(char, '\0'..='\u{1f}' | '"' | '\\')).prop_map(String::from).boxed(),
        2 => "\\\\[\"\\\\/bfnrt]".boxed(),
        2 => any::<u16>().prop_map(|unit| format!("\\u{unit:04x}")).boxed(),
        1 => (0xd7fe_u16..0xe002).prop_map(|unit| format!("\\u{unit:04X}")).boxed(),
        1 => Just("\\u0000".to_owned()).boxed(),
    ];
    prop::collection::vec(piece, 0..5).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

/// Few keys, so that they meet again with other kinds, in other case and twice; and some that no other has.
fn key() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec!["a", "A", "b", "userId", "user_id", "\\u0061", "", "_id", "event", "a__bool", "é", "_extra", "a\\u0000", "\\ud800"])
            .prop_map(|key| format!("\"{key}\"")),
        1 => string(),
    ]
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "", " ", "\n", "\t \r\n"])
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        number(),
        string(),
        string()
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let part =
            (space(), inner, space()).prop_map(|(before, value, behind)| format!("{before}{value}{behind}")).boxed();
        let member = (space(), key(), space(), part.clone())
            .prop_map(|(before, key, behind, value)| format!("{before}{key}{behind}:{value}"));
        prop_oneof![
            1 => prop::collection::vec(part, 0..6).prop_map(|parts| format!("[{}]", parts.join(","))),
            4 => prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(","))),
        ]
    })
}

/// JSON, JSON with one byte changed, and anything.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => (space(), json(), space()).prop_map(|(before, json, behind)| format!("{before}{json}{behind}").into_bytes()),
        2 => (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(json, place, byte)| {
            let mut bytes = json.into_bytes();
            let place = place.index(bytes.len());
            bytes[place] = byte;
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => Just(b"\xef\xbb\xbf{\"a\":1}".to_vec()),
    ]
}

fn naming() -> impl Strategy<Value = Naming> {
    prop_oneof![Just(Naming::Fivetran), Just(Naming::Source)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost(loads in prop::collection::vec(prop::collection::vec(body(), 1..12), 1..3), naming in naming()) {
        for format in [Format::Packed, Format::Unpacked] {
            let mut warehouse = Warehouse::new(&Table { naming, ..Table::new("webhooks", "events", format) });
            let loads: Vec<Vec<Delivery>> = loads.iter().map(|load| load.iter().map(|body| Delivery::new(body.clone())).collect()).collect();
            let mut rows = 0;
            for load in &loads {
                rows += warehouse.load(load).rows;
            }
            let contents = warehouse.contents();
            let check = if format == Format::Packed { check_packed } else { check_unpacked };
            let found: usize = (1..).zip(loads.iter().flatten()).map(|(number, delivery)| check(&contents, number, delivery)).sum();
            prop_assert_eq!(found as u64, rows);
        }
    }
}

/// `COUNTERSIGN_CASES` makes a longer run.
fn cases() -> u32 {
    std::env::var("COUNTERSIGN_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(150)
}
