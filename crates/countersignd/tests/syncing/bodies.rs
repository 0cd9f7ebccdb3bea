//! Bodies of every sort, signed and sent: each is answered with 200, and is a row or a dead letter with its exact bytes after the sync.

use std::collections::HashMap;

use axum::body::{Body, to_bytes};
use countersign_tables::Format;
use http::Request;

use crate::support::signature;
use crate::tables::contents::{Contents, Delivery, Key, id_text};
use crate::tables::corpus;
use crate::tables::json::Json;
use crate::tables::oracle::{check_packed, check_unpacked};
use crate::tables::read::read;
use crate::world::{World, path};

const FORMATS: [(Format, &str); 2] = [(Format::Packed, "packed"), (Format::Unpacked, "unpacked")];

fn world() -> World {
    let open = r#""auth_method": "NONE", "sync_format""#;
    World::new(&[
        ("packed", r#""sync_format": "Packed""#),
        ("unpacked", r#""sync_format": "Unpacked""#),
        ("packed_get", &format!(r#"{open}: "Packed""#)),
        ("unpacked_get", &format!(r#"{open}: "Unpacked""#)),
    ])
}

/// Sends a delivery; the `_id` in the answer.
async fn send(world: &World, connection: &str, delivery: &Delivery) -> String {
    let target = path(connection);
    let (name, value) = signature(&delivery.body);
    let mut request = if delivery.is_query {
        Request::get(format!("{target}?{}", str::from_utf8(&delivery.body).unwrap()))
    } else {
        Request::post(target).header(name, value)
    };
    for (name, value) in [("Content-Type", delivery.content_type), ("Content-Encoding", delivery.content_encoding)] {
        if let Some(value) = value {
            request = request.header(name, value);
        }
    }
    let body = if delivery.is_query { Body::empty() } else { Body::from(delivery.body.clone()) };
    let answer = world.answer(request.body(body).unwrap()).await;
    assert_eq!(answer.status(), 200, "{connection}: {delivery:?}");
    let answer = to_bytes(answer.into_body(), 1000).await.unwrap();
    let text = str::from_utf8(&answer).unwrap();
    text.strip_prefix(r#"{"id":""#).unwrap().split_once('"').unwrap().0.to_owned()
}

/// Sends all, syncs, and reads the table, in which the event of each delivery has the id of its number.
async fn load<'d>(world: &World, connection: &str, deliveries: impl Iterator<Item = &'d Delivery>) -> Contents {
    let mut numbers = HashMap::new();
    for (number, delivery) in (1..).zip(deliveries) {
        numbers.insert(send(world, connection, delivery).await, number);
    }
    let synced = world.sync(connection).await.unwrap();
    assert_eq!((synced.events, synced.repetitions), (numbers.len() as u64, 0), "{connection}");
    let format = FORMATS.iter().find(|(_, name)| connection.starts_with(name)).unwrap().0;
    let found = read(&world.table(), connection, format);
    assert_eq!((found.packed.len() + found.unpacked.len()) as u64, synced.rows, "{connection}");
    assert_eq!(found.letters.len() as u64, synced.dead_letters, "{connection}");
    let key = |(id, index): Key| (id_text(numbers[&id]), index);
    Contents {
        packed: found.packed.into_iter().map(|(of, row)| (key(of), row)).collect(),
        unpacked: found.unpacked.into_iter().map(|(of, row)| (key(of), row)).collect(),
        letters: found.letters.into_iter().map(|(of, letter)| (key(of), letter)).collect(),
    }
}

#[tokio::test]
async fn every_body_that_is_sent_is_there_afterwards() {
    let world = world();
    let corpus = corpus::plain();
    for (format, connection) in FORMATS {
        let contents = load(&world, connection, corpus.iter()).await;
        let check = if format == Format::Packed { check_packed } else { check_unpacked };
        let rows: usize = (1..).zip(&corpus).map(|(number, delivery)| check(&contents, number, delivery)).sum();
        // What is no array without elements, and no more than the bounds allow, is a packed row.
        let expected = if format == Format::Packed { corpus.len() + 9_000 } else { 10_000 + 200 };
        assert!(rows > expected, "{rows} rows");
    }
}

#[tokio::test]
async fn encodings_forms_and_queries_are_undone_at_the_sync() {
    let world = world();
    let (queries, bodies): (Vec<_>, Vec<_>) =
        corpus::encoded().into_iter().partition(|(delivery, ..)| delivery.is_query);
    for (format, name) in FORMATS {
        for (connection, cases) in [(name.to_owned(), &bodies), (format!("{name}_get"), &queries)] {
            let contents = load(&world, &connection, cases.iter().map(|(delivery, ..)| delivery)).await;
            for (number, (delivery, packed, unpacked)) in (1..).zip(cases) {
                let key = (id_text(number), 0);
                let reason = contents.letters.get(&key).map(|(reason, raw)| {
                    assert_eq!(*raw, delivery.body, "event {number} of {connection}");
                    &**reason
                });
                if format == Format::Packed {
                    assert_eq!(
                        contents.packed.get(&key).map(|event| &**event),
                        *packed,
                        "event {number} of {connection}"
                    );
                    assert_eq!(reason.is_some(), packed.is_none(), "event {number} of {connection}");
                } else {
                    assert_eq!(reason, unpacked.err(), "event {number} of {connection}");
                    let row = unpacked.ok().map(|json| Json::read(json).unwrap().members().unwrap());
                    assert_eq!(contents.unpacked.get(&key), row.as_ref(), "event {number} of {connection}");
                }
            }
        }
    }
}
