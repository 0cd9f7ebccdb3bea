//! `why` goes down to row and dead letter.

use countersign_tables::{Sqlite, text};
use countersignd::metadata::Metadata;
use countersignd::sync::find::outcome;

use crate::world::World;

#[tokio::test]
async fn what_became_of_an_event_is_said() {
    let mut world = World::new(&[("one", r#""sync_format": "Unpacked", "id_from": "json:/id""#)]);
    world.deliver("one", br#"{"id": "row"}"#).await;
    world.deliver("one", br#"{"id": "dead", "a": 1, "a": 2}"#).await;
    let found = &world.why("row").await[0].outcome;
    assert_eq!((found.is_committed, found.table.as_deref()), (Some(false), None));
    // Nothing was made by looking.
    assert_eq!(std::fs::read_dir(world.warehouse()).unwrap().count(), 0);

    world.sync("one").await.unwrap();
    world.deliver("one", br#"{"id": "row"}"#).await;
    world.deliver("one", br#"{"id": "later"}"#).await;
    for at in [0, 1] {
        let found = &world.why("row").await[at];
        assert_eq!(found.is_repetition, at == 1);
        assert_eq!((found.outcome.is_committed, &found.outcome.rows[..]), (Some(true), &[0][..]));
        assert!(found.to_string().contains("table        s.one, _index 0\n"), "{found}");
    }
    let found = &world.why("dead").await[0];
    let letter = &found.outcome.dead_letters[0];
    assert_eq!((found.outcome.is_committed, &found.outcome.rows[..]), (Some(true), &[][..]));
    assert_eq!((&*letter.id, letter.index, letter.bytes), (&*found.id.to_string(), 0, 30));
    assert_eq!((&*letter.reason, letter.detail.is_empty()), ("duplicate_key", false));
    let shown = found.to_string();
    assert!(shown.contains("dead letter  s.one, _index 0, 30 bytes: duplicate_key: "), "{shown}");
    let later = &world.why("later").await[0];
    assert_eq!(later.outcome.is_committed, Some(false));
    assert!(later.to_string().contains("not in s.one yet"), "{later}");

    // When no process runs, the same is said; unless another one has the file.
    let row = world.why("row").await.remove(0);
    let mut held = Sqlite::new(world.warehouse());
    let look =
        |world: &World, destination: &mut Sqlite| outcome(&Metadata::open(world.data()).unwrap(), destination, &row);
    let failed = look(&world, &mut held);
    assert!(failed.is_committed.is_none() && failed.failure.unwrap().contains("another process"));
    let mut said = None;
    world.restart(|world| said = Some(look(world, &mut Sqlite::new(world.warehouse()))));
    assert_eq!(said, Some(row.outcome));
    assert_eq!(text::uuid(row.id.as_bytes()), row.id.to_string());

    // A table that was dropped has nothing, and stays dropped.
    world.execute("DROP TABLE one");
    assert_eq!(world.why("row").await[0].outcome.is_committed, Some(false));
    assert!(!world.has_table("one"));
}
