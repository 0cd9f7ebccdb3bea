//! Objects as they are in buckets of customers are read as those of the own store are.

use countersignd::archive::encoding::Encoding;
use countersignd::archive::object::compress_as;

use crate::world::World;

#[tokio::test]
async fn objects_in_gzip_are_read_wherever_others_are() {
    let mut world = World::new(&[("one", r#""id_from": "json:/n""#)]);
    let copy = world.copy_metadata();
    for n in 0..20 {
        world.deliver("one", format!(r#"{{"n": {n}}}"#).as_bytes()).await;
        if n % 5 == 4 {
            world.running().archiver.close("one").await.unwrap();
        }
    }
    // Half of the objects become what they would be in a bucket; the registry learns of all from the store.
    for (key, lines) in world.lines("one").into_iter().step_by(2) {
        world.lose(&key);
        let of_bucket = key.replace(Encoding::Zstd.suffix(), Encoding::Gzip.suffix());
        world.store().plant(&of_bucket, compress_as(Encoding::Gzip, &lines).unwrap().into());
    }
    world.restart(|world| world.restore_metadata(&copy));
    let comparison = world.running().syncer.check_archive().await.unwrap();
    assert_eq!((comparison.objects, comparison.entered.len()), (4, 4), "{comparison:?}");
    assert_eq!(
        comparison.entered.iter().filter(|key| key.ends_with(Encoding::Gzip.suffix())).count(),
        2,
        "{comparison:?}"
    );

    world.sync("one").await.unwrap();
    let rows = world.content("one");
    assert_eq!(rows.len(), 20);
    let resynced = world.resync("one", None).await.unwrap();
    assert_eq!((resynced.rewritten.objects, resynced.rewritten.rows, resynced.unreadable.len()), (4, 20, 0));
    assert_eq!(world.rows("one").len(), 20);
    let verified = world.reverify("one", None).await;
    assert_eq!((verified.events, verified.authentic), (20, 20));
    for n in ["0", "7", "19"] {
        assert_eq!(world.why(n).await[0].outcome.is_committed, Some(true), "{n}");
    }
    // One that is damaged is told.
    let (key, _) = world.lines("one").into_iter().find(|(key, _)| key.ends_with(Encoding::Gzip.suffix())).unwrap();
    let mut object = world.store().objects()[&key].to_vec();
    let middle = object.len() / 2;
    object[middle] ^= 1;
    world.store().plant(&key, object.into());
    assert_eq!(world.reverify("one", None).await.unreadable, [key]);
}
