//! Reads a table and its dead letters with nothing but SQL.

use std::collections::BTreeMap;

use countersign_tables::Format;
use rusqlite::Connection;
use rusqlite::types::Value;

use super::contents::Contents;
use super::json::{Decimal, Json};

/// Reads a table and its dead letters as a person with the documentation would.
pub(crate) fn read(reader: &Connection, table: &str, format: Format) -> Contents {
    let mut contents = Contents::default();
    let sql = format!("SELECT _id, _index, reason, raw FROM {table}__dead_letters");
    let mut statement = reader.prepare(&sql).unwrap();
    let letters = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)))).unwrap();
    contents.letters = letters.collect::<Result<_, _>>().unwrap();
    if format == Format::Packed {
        let mut statement = reader.prepare(&format!("SELECT _id, _index, event FROM {table}")).unwrap();
        let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        contents.packed = rows.collect::<Result<_, _>>().unwrap();
        return contents;
    }
    let mut statement =
        reader.prepare(r#"SELECT "name", "key", "kind" FROM _countersign_columns WHERE "table" = ?1"#).unwrap();
    let plan: BTreeMap<String, (Option<String>, String)> = statement
        .query_map([table], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?))))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut statement = reader.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let mut members = BTreeMap::new();
        for (place, name) in names.iter().enumerate() {
            let value: Value = row.get(place).unwrap();
            let Some((key, kind)) = plan.get(name) else { continue };
            let value = match (&**kind, value) {
                (_, Value::Null) => continue,
                ("plain", Value::Text(text)) => Json::text(&text),
                ("plain", Value::Integer(integer)) => Json::Number(Decimal::read(&integer.to_string())),
                ("plain", Value::Real(double)) => Json::Number(Decimal::read(&format!("{double:?}"))),
                ("bool", Value::Integer(bit @ (0 | 1))) => Json::Bool(bit == 1),
                ("json", Value::Text(text)) => Json::read(&text).expect(&text),
                ("number", Value::Text(digits)) => Json::Number(Decimal::read(&digits)),
                (kind, value) => panic!("{value:?} in the column {name} of the kind {kind}"),
            };
            let found = match key {
                Some(key) => BTreeMap::from([(key.encode_utf16().collect(), value)]),
                None => value.members().expect("_extra is an object without nulls"),
            };
            for (key, value) in found {
                assert_eq!(members.insert(key, value), None, "two values of one key, the second one in {name}");
            }
        }
        contents.unpacked.insert((row.get("_id").unwrap(), row.get("_index").unwrap()), members);
    }
    contents
}
