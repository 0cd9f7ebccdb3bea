//! Bodies of every sort, in one load each format: rows or a dead letter with the exact bytes, and never neither.

use countersign_tables::{Format, SchemaPolicy, Table};

use crate::contents::{Contents, Delivery, id_text};
use crate::corpus;
use crate::json::Json;
use crate::oracle::{check_packed, check_unpacked};
use crate::warehouse::Warehouse;

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
    let corpus = corpus::plain();
    assert!(corpus.len() > 800, "{}", corpus.len());
    let packed = check(&Table::new("webhooks", "events", Format::Packed), &corpus);
    let unpacked = check(&Table::new("webhooks", "events", Format::Unpacked), &corpus);
    // What is no array without elements, and no more than the bounds allow, is a packed row.
    assert!(packed > corpus.len() + 9_000, "{packed}");
    assert!(unpacked > 10_000 + 200, "{unpacked}");
}

#[test]
fn the_order_of_bodies_does_not_matter() {
    let mut corpus = corpus::plain();
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
            let contents = crate::read::read(&reader, "events", format);
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
    let cases = corpus::encoded();
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
