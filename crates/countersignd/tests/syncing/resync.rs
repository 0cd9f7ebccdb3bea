//! Resync makes anew what the archive holds, and touches nothing else.

use std::time::Duration;

use countersignd::sync::SyncError;
use countersignd::sync::resync::Resync;

use crate::world::{DAY, HOUR, World};

/// A world in which a connection has events of three logs, an hour apart, some of which repeat or contradict another or are dead letters.
pub(crate) async fn three_logs() -> World {
    let mut world = World::new(&[("one", r#""id_from": "json:/id""#)]);
    for log in 0..3 {
        for body in [
            format!(r#"{{"id": "{log}", "n": {log}}}"#),
            // The same event in each log, and twice in it.
            r#"{"id": "all"}"#.to_owned(),
            r#"{"id": "all"}"#.to_owned(),
            format!(r#"[{{"id": "{log}", "a": 1}}, {{"b": 2}}, 3]"#),
            format!(r#"{{"id": "dead {log}", "a": 1, "a": 2}}"#),
        ] {
            world.deliver("one", body.as_bytes()).await;
        }
        world.sync("one").await.unwrap();
        world.advance(HOUR);
        world.restart(|_| {});
    }
    world
}

#[tokio::test]
async fn what_was_altered_is_as_it_was() {
    let world = three_logs().await;
    let (all, letters) = (world.content("one"), world.dead_letters("one"));
    // Nothing was altered: nothing is another.
    let resynced = world.resync("one", None).await.unwrap();
    let done = resynced.rewritten;
    assert_eq!((done.objects, done.of_objects, done.events, resynced.sync.events), (3, 3, 15, 0), "{done:?}");
    assert_eq!((world.content("one"), world.dead_letters("one")), (all.clone(), letters.clone()));

    for damage in [
        "UPDATE one SET id = 'altered'",
        "DELETE FROM one",
        "DELETE FROM one__dead_letters",
        "UPDATE one__dead_letters SET raw = x'00'",
        "ALTER TABLE one DROP COLUMN n",
        "DROP TABLE one",
        "DROP TABLE one__dead_letters",
    ] {
        world.execute(damage);
        world.resync("one", None).await.unwrap();
        let mut found = world.content("one");
        found.iter_mut().zip(&all).filter(|(found, one)| found.len() == one.len()).for_each(|(found, one)| {
            // A column that was dropped comes back at another place.
            let sorted = |row: &str| {
                let mut cells: Vec<_> = row.split(", ").collect();
                cells.sort_unstable();
                cells.join(", ")
            };
            if sorted(found) == sorted(one) {
                found.clone_from(one);
            }
        });
        assert_eq!(found, all, "{damage}");
        assert_eq!(world.dead_letters("one"), letters, "{damage}");
    }
}

#[tokio::test]
async fn rows_whose_event_is_no_longer_archived_stay() {
    let world = three_logs().await;
    let all = world.rows("one");
    // The archive keeps a month; a fourth log is younger.
    world.advance(40 * DAY);
    world.deliver("one", br#"{"id": "young"}"#).await;
    world.sync("one").await.unwrap();
    assert_eq!(world.objects(), 1);
    world.execute("UPDATE one SET id = 'altered'");
    let resynced = world.resync("one", None).await.unwrap();
    assert_eq!((resynced.rewritten.events, resynced.rewritten.rows), (1, 1));
    let content = world.content("one");
    assert_eq!(content.len(), all.len() + 1);
    assert_eq!(content.iter().filter(|row| row.contains("altered")).count(), all.len());
}

#[tokio::test]
async fn since_spares_what_is_older() {
    let world = three_logs().await;
    let all = world.content("one");
    world.execute("UPDATE one SET id = 'altered'");
    let since = Some(world.now() - 2 * HOUR);
    let resynced = world.resync("one", since).await.unwrap();
    assert_eq!((resynced.rewritten.objects, resynced.rewritten.events), (3, 10));
    // Those of the first log, which the event of all logs is of.
    let content = world.content("one");
    assert_eq!(content.iter().filter(|row| row.contains("altered")).count(), 4);
    world.resync("one", Some(0)).await.unwrap();
    assert_eq!(world.content("one"), all);
}

#[tokio::test]
async fn another_configuration_counts_for_old_events_too() {
    let mut world = World::new(&[("one", r#""sync_format": "Unpacked""#)]);
    for number in 0..3 {
        world.deliver("one", format!(r#"{{"payload": {{"n": {number}}}, "meta": 1}}"#).as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    world.restart(|world| world.configure(&[("one", r#""sync_format": "Unpacked", "unwrap": "payload""#)]));
    world.sync("one").await.unwrap();
    assert!(!world.content("one")[0].contains("n: "));
    world.resync("one", None).await.unwrap();
    let content = world.content("one");
    assert_eq!(content.len(), 3);
    assert!(content.iter().all(|row| row.contains("n: Integer") && row.contains("payload: Null")), "{content:?}");
}

#[tokio::test]
async fn what_is_not_synced_yet_is_there_once() {
    let world = three_logs().await;
    world.deliver("one", br#"{"id": "new"}"#).await;
    world.deliver("one", br#"{"id": "new"}"#).await;
    world.deliver("one", b"[]").await;
    let rows = world.rows("one").len();
    let resynced = world.resync("one", None).await.unwrap();
    assert_eq!((resynced.rewritten.events, resynced.sync.events, resynced.sync.rows), (18, 3, 0));
    assert_eq!((world.rows("one").len(), world.dead_letters("one").len()), (rows + 1, 7));
    // Before the first sync as well.
    let first = World::new(&[("one", "")]);
    first.deliver("one", br#"{"n": 1}"#).await;
    first.resync("one", None).await.unwrap();
    assert_eq!(first.rows("one").len(), 1);
    let nothing = World::new(&[("one", "")]);
    assert_eq!(nothing.resync("one", None).await.unwrap().rewritten.of_objects, 0);
}

#[tokio::test]
async fn an_interruption_loses_nothing() {
    let world = three_logs().await;
    let (all, letters) = (world.content("one"), world.dead_letters("one"));
    let connection = world.connection("one");
    for stop_at in 0..5 {
        let (stop, mut stopped) = tokio::sync::mpsc::unbounded_channel();
        let resync = world.running().syncer.resync(&connection, Resync::default(), |far| {
            if far.objects == stop_at {
                let _ = stop.send(());
            }
        });
        // Whoever has asked hangs up then.
        tokio::select! {
            biased;
            _ = stopped.recv() => {}
            done = resync => drop(done),
        }
        assert_eq!(world.rows("one").len(), all.len(), "{stop_at}");
    }
    world.resync("one", None).await.unwrap();
    assert_eq!((world.content("one"), world.dead_letters("one")), (all, letters));
}

#[tokio::test]
async fn one_at_a_time_writes_a_table() {
    let world = three_logs().await;
    let connection = world.connection("one");
    let all = world.content("one");
    let syncer = &world.running().syncer;
    let mut refused = 0;
    let resync = syncer.resync(&connection, Resync::default(), |_| {});
    let others = async {
        for _ in 0..50 {
            refused += usize::from(matches!(syncer.sync(&connection).await, Err(SyncError::Running)));
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
    };
    let (resynced, ()) = tokio::join!(resync, others);
    resynced.unwrap();
    assert!(refused > 0);
    assert_eq!(world.content("one"), all);
}

/// Objects that somebody has removed or damaged: the others are read, and these are named.
#[tokio::test]
async fn an_object_that_cannot_be_read_holds_up_no_other() {
    let world = three_logs().await;
    let all = world.content("one");
    // Two more of the last log, so that one load has several objects.
    for number in 0..3 {
        world.deliver("one", format!(r#"{{"id": "more {number}"}}"#).as_bytes()).await;
        world.sync("one").await.unwrap();
    }
    let lines = world.lines("one");
    assert_eq!(lines.len(), 6);
    let (gone, damaged) = (&lines[4].0, &lines[0].0);
    world.lose(gone);
    world.alter(damaged, b"{}\n", false);
    world.execute("UPDATE one SET id = 'altered'");
    let resynced = world.resync("one", None).await.unwrap();
    assert_eq!(resynced.unreadable, [damaged.clone(), gone.clone()]);
    assert_eq!((resynced.rewritten.objects, resynced.rewritten.of_objects), (4, 6));
    let altered = |content: &[String]| content.iter().filter(|row| row.contains("altered")).count();
    let content = world.content("one");
    // Four rows of the first log, of which one is of an event that all logs have; one row of what is gone.
    assert_eq!((content.len(), altered(&content)), (all.len() + 3, 5), "{content:?}");
    // Nothing is missing where they are back.
    world.alter(damaged, &lines[0].1, false);
    world.alter(gone, &lines[4].1, false);
    let resynced = world.resync("one", None).await.unwrap();
    assert_eq!((resynced.unreadable.len(), altered(&world.content("one"))), (0, 0));
    assert_eq!(world.content("one").len(), all.len() + 3);
}
