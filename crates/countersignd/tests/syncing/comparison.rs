//! After a start with an older registry the buckets are compared with it, again and again if they cannot be read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::buckets::bucket;
use crate::world::World;

/// How many objects are registered.
fn registered(world: &World) -> i64 {
    let metadata = rusqlite::Connection::open(world.data().join("metadata.db")).unwrap();
    metadata.query_row("SELECT count(*) FROM objects", [], |row| row.get(0)).unwrap()
}

/// The registry does not even know of the bucket.
#[tokio::test]
async fn a_bucket_that_cannot_be_read_at_the_start_is_compared_until_it_can() {
    let mut world = World::new(&[("one", ""), ("two", "")]);
    let copy = world.copy_metadata();
    for id in ["one", "two"] {
        world.named.set(id, bucket(id));
        for number in 0..2 {
            world.deliver(id, format!(r#"{{"n": {number}}}"#).as_bytes()).await;
            world.sync(id).await.unwrap();
        }
    }
    world.restart(|world| {
        world.restore_metadata(&copy);
        world.remove_warehouse();
    });
    assert_eq!(registered(&world), 0);
    let theirs = world.named.store("s3://one");
    theirs.set_dead(Some(""));
    let syncer = Arc::clone(&world.running().syncer);
    let comparing = tokio::spawn(syncer.enter_missing(Duration::from_millis(5)));
    // The bucket is not listed; then it is, and gives no object.
    for dead in ["", "connection=one/date="] {
        theirs.set_dead(Some(dead));
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(!comparing.is_finished());
        assert_eq!(registered(&world), 2, "the other bucket is compared");
    }
    theirs.set_dead(None);
    let began = Instant::now();
    while !comparing.is_finished() {
        assert!(began.elapsed() < Duration::from_secs(20), "it is not compared again");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(registered(&world), 4);
    for id in ["one", "two"] {
        world.sync(id).await.unwrap();
        assert_eq!(world.rows(id).len(), 2);
    }
}
