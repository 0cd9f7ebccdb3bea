//! A disk that refuses a read once: the event is in the table in the end, once, and no alarm is left.

use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::Faults;

use crate::world::{HOUR, World};

/// The files that tell of a loss.
fn notes(world: &World) -> Vec<String> {
    let files = world.disk().list().unwrap();
    let is_note = |file: &String| [".lost", ".corrupt"].iter().any(|end| file.strip_suffix(end).is_some());
    files.into_iter().filter(is_note).collect()
}

/// The segments, and where in the last one a body stands.
fn place(world: &World, body: &str) -> (String, std::ops::Range<usize>) {
    let files = world.disk().list().unwrap();
    let found = files.into_iter().filter(|file| file.strip_suffix(".segment").is_some()).find_map(|file| {
        let content = world.disk().content(&file).unwrap();
        let at = content.windows(body.len()).position(|bytes| bytes == body.as_bytes())?;
        Some((file, at..at + 1))
    });
    found.unwrap()
}

/// A world with three events, each in blocks of its own, the second of which cannot be read.
async fn world() -> World {
    let world = World::new(&[("one", r#""id_from": "json:/id""#)]);
    for number in 1..=3 {
        world.deliver("one", body(number).as_bytes()).await;
    }
    let (file, bytes) = place(&world, &body(2));
    world.disk().break_sectors(&file, bytes);
    world
}

fn body(number: u32) -> String {
    format!(r#"{{"id": "evt_{number}"}}"#)
}

/// How often each event is in the archive.
fn archived(world: &World) -> Vec<usize> {
    let lines: Vec<u8> = world.lines("one").into_iter().flat_map(|(_, lines)| lines).collect();
    let lines = String::from_utf8(lines).unwrap();
    (1..=3).map(|number| lines.matches(&format!("\"sender_id\":\"evt_{number}\"")).count()).collect()
}

/// The archiver comes to it, before or after it is seen that the event can be read.
#[tokio::test]
async fn an_event_that_was_read_in_time_is_no_alarm() {
    for is_archived_first in [false, true] {
        let world = world().await;
        world.sync("one").await.unwrap_err();
        assert_eq!((world.losses(), notes(&world).len()), (0, 1));
        world.running().syncer.take_recovered().await.unwrap();
        assert_eq!(notes(&world).len(), 1, "it still cannot be read");
        world.disk().mend_sectors();
        if is_archived_first {
            world.sync("one").await.unwrap();
            assert_eq!(archived(&world), [1, 1, 1]);
        }
        world.running().syncer.take_recovered().await.unwrap();
        assert_eq!(notes(&world), Vec::<String>::new());
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), archived(&world)), (3, vec![1, 1, 1]));
    }
}

/// It was passed over, and its segment may have been set aside meanwhile, or the process have ended.
#[tokio::test]
async fn an_event_that_was_passed_over_comes_back_once() {
    for (ends, is_repeated) in [(false, false), (true, false), (false, true)] {
        let mut world = world().await;
        world.sync("one").await.unwrap_err();
        world.advance(HOUR + 1);
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), world.losses()), (2, 1));
        if is_repeated {
            // Its sender has no answer, and sends it again.
            world.deliver("one", body(2).as_bytes()).await;
        }
        if ends {
            world.restart(|_| {});
            // What was released is released again.
            world.sync("one").await.unwrap();
        }
        world.running().syncer.take_recovered().await.unwrap();
        assert_eq!((world.rows("one").len(), world.losses(), notes(&world).is_empty()), (2, 1, false));
        world.disk().mend_sectors();
        for _ in 0..2 {
            world.running().syncer.take_recovered().await.unwrap();
        }
        assert_eq!((world.losses(), notes(&world)), (0, vec![]));
        world.sync("one").await.unwrap();
        assert_eq!(world.rows("one").len(), 3);
        assert_eq!(archived(&world), [1, 1 + usize::from(is_repeated), 1]);
        // All of it survives the next start, which finds no loss either.
        world.restart(|_| {});
        world.running().syncer.take_recovered().await.unwrap();
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), world.losses(), notes(&world)), (3, 0, vec![]));
    }
}

/// Nothing is known of a file that cannot be opened: the loss is one of all its events.
#[tokio::test]
async fn a_file_that_was_passed_over_comes_back_once() {
    let world = world().await;
    world.disk().mend_sectors();
    let faults = Faults { open_fails: 1000, ..Faults::default() };
    world.disk().set_faults(faults);
    world.sync("one").await.unwrap_err();
    world.advance(HOUR + 1);
    world.sync("one").await.unwrap();
    assert_eq!(world.losses(), 1);
    world.disk().set_faults(Faults::default());
    world.running().syncer.take_recovered().await.unwrap();
    assert_eq!((world.losses(), notes(&world)), (0, vec![]));
    world.sync("one").await.unwrap();
    assert_eq!((world.rows("one").len(), archived(&world)), (3, vec![1, 1, 1]));
}

/// Lets the registry refuse entries, or takes them again.
fn set_refused(world: &World, is_refused: bool) {
    let metadata = rusqlite::Connection::open(world.data().join("metadata.db")).unwrap();
    let (refuse, take) = (
        "CREATE TRIGGER refuse BEFORE INSERT ON objects BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "DROP TRIGGER refuse",
    );
    metadata.execute_batch(if is_refused { refuse } else { take }).unwrap();
}

/// An object was put without the event, or with it, and was not registered; and the next try finds the event, or finds it no more.
#[tokio::test]
async fn an_object_that_was_put_with_one_event_fewer_or_more_is_ours() {
    for is_found_again in [true, false] {
        let mut world = world().await;
        if !is_found_again {
            world.disk().mend_sectors();
        }
        let before = if is_found_again { 2 } else { 3 };
        if is_found_again {
            world.sync("one").await.unwrap_err();
            world.advance(HOUR + 1);
        }
        set_refused(&world, true);
        let error = world.sync("one").await.unwrap_err();
        assert!(countersignd::error_chain::chain(&error).contains("refused"), "{error:?}");
        assert_eq!(archived(&world).iter().sum::<usize>(), before, "it is put");
        set_refused(&world, false);
        if is_found_again {
            world.disk().mend_sectors();
        } else {
            let (file, bytes) = place(&world, &body(2));
            world.disk().break_sectors(&file, bytes);
            world.sync("one").await.unwrap_err();
            world.advance(HOUR + 1);
        }
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), world.losses()), (before, 1));
        world.disk().mend_sectors();
        for _ in 0..2 {
            world.running().syncer.take_recovered().await.unwrap();
        }
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), archived(&world)), (3, vec![1, 1, 1]), "{is_found_again}");
        assert_eq!((world.losses(), notes(&world)), (0, vec![]));
        // So it is for the next process.
        world.restart(|_| {});
        world.sync("one").await.unwrap();
        assert_eq!((world.rows("one").len(), archived(&world)), (3, vec![1, 1, 1]));
    }
}

/// An object with one event fewer is not ours if that event was never passed over, and neither is one with another line for an event.
#[tokio::test]
async fn an_object_with_other_events_stays_foreign() {
    for is_shorter in [true, false] {
        let world = world().await;
        world.disk().mend_sectors();
        set_refused(&world, true);
        world.sync("one").await.unwrap_err();
        set_refused(&world, false);
        let (key, lines) = world.lines("one").remove(0);
        let lines = String::from_utf8(lines).unwrap();
        let others = if is_shorter {
            lines.split_inclusive('\n').take(2).collect::<String>()
        } else {
            lines.replace("evt_3", "evt_4")
        };
        assert_ne!(others, lines);
        world.alter(&key, others.as_bytes(), false);
        for _ in 0..2 {
            let error = countersignd::error_chain::chain(&world.sync("one").await.unwrap_err());
            assert!(error.contains(&key) && error.contains("other events"), "{error}");
        }
        assert_eq!(world.running().archiver.foreign_objects(), [key]);
    }
}

/// A loss that is one stays an alarm.
#[tokio::test]
async fn an_event_that_is_damaged_stays_lost() {
    let world = world().await;
    world.disk().mend_sectors();
    let (file, bytes) = place(&world, &body(2));
    world.disk().change_bit(&file, bytes.start as u64 * 8);
    world.sync("one").await.unwrap();
    for _ in 0..2 {
        world.running().syncer.take_recovered().await.unwrap();
    }
    assert_eq!((world.rows("one").len(), world.losses(), notes(&world).is_empty()), (2, 1, false));
}
