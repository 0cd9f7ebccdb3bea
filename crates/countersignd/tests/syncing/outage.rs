//! What fails for one connection changes nothing for others, however long; and nothing of it is lost.

use countersignd::sync::lag::Lag;

use crate::world::{HOUR, World};

/// Connections that nothing is wrong with; one that is paused; one whose archive is dead; one whose destination is down.
const GOOD: [&str; 2] = ["one", "two"];
const ALL: [&str; 5] = ["one", "two", "paused", "dead", "elsewhere"];

fn world() -> World {
    World::new(&ALL.map(|id| (id, "")))
}

/// The numbers in the rows of a connection, of which each is to be there once.
fn numbers(world: &World, id: &str) -> Vec<i64> {
    let schema = if id == "elsewhere" { "elsewhere" } else { "s" };
    let table = rusqlite::Connection::open(world.warehouse().join(format!("{schema}.db"))).unwrap();
    let mut rows = table.prepare(&format!("SELECT n FROM \"{id}\" ORDER BY n")).unwrap();
    let rows = rows.query_map([], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn a_day_of_outages_concerns_nobody_else() {
    let mut world = world();
    world.store().set_dead(Some("connection=dead/"));
    let file = world.warehouse().join("elsewhere.db");
    std::fs::write(&file, "no database ".repeat(1000)).unwrap();

    let mut synced_at = 0;
    for hour in 0..24_i64 {
        // Each is received, whatever becomes of it.
        for id in ALL {
            world.deliver(id, format!("{{\"n\": {hour}}}").as_bytes()).await;
        }
        let running = world.running();
        running.archiver.archive_due().await;
        running.syncer.sync_due().await;
        // Every six hours, as connections are synced that say nothing else.
        if hour % 6 == 0 {
            synced_at = hour;
        }
        for id in GOOD {
            assert_eq!(numbers(&world, id), (0..=synced_at).collect::<Vec<_>>(), "{id}, hour {hour}");
        }
        for id in ["paused", "dead"] {
            assert!(!world.has_table(id) || numbers(&world, id).is_empty(), "{id}, hour {hour}");
        }
        let mut failing = running.syncer.failing();
        failing.sort_unstable();
        assert_eq!(failing, ["dead", "elsewhere"], "hour {hour}");
        // After two periods and an hour their events are late. Who is paused waits for somebody to ask.
        let lag = running.syncer.lag().await;
        let late: &[&str] = if hour > 13 { &["dead", "elsewhere"] } else { &[] };
        assert_eq!(lag.late, late, "hour {hour}");
        assert_eq!(lag.oldest_uncommitted_seconds, u64::try_from(hour).unwrap() * 3600, "hour {hour}");
        assert!(0 < lag.unarchived_bytes && lag.unarchived_bytes < lag.uncommitted_bytes, "hour {hour}: {lag:?}");
        world.advance(HOUR);
    }
    assert_eq!(world.lines("dead").len(), 0);
    assert!(!world.lines("elsewhere").is_empty(), "an archive needs no destination");
    assert!(std::fs::read(&file).unwrap().starts_with(b"no database"), "what is not ours is not written");

    // All is mended, and the process is started again at some time.
    world.store().set_dead(None);
    std::fs::remove_file(&file).unwrap();
    for is_restarted in [false, true] {
        if is_restarted {
            world.restart(|_| {});
        }
        world.advance(6 * HOUR);
        world.running().archiver.archive_due().await;
        world.running().syncer.sync_due().await;
        for id in ["one", "two", "dead", "elsewhere"] {
            assert_eq!(numbers(&world, id), (0..24).collect::<Vec<_>>(), "{id}");
        }
        assert_eq!(world.running().syncer.failing(), [""; 0]);
    }
    world.sync("paused").await.unwrap();
    assert_eq!(numbers(&world, "paused"), (0..24).collect::<Vec<_>>());
    assert_eq!(world.running().syncer.lag().await, Lag::default(), "nothing waits");
}
