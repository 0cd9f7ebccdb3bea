//! Dead letters are listed, and tried again.

use countersignd::sync::dead_letters::Page;
use countersignd::sync::retry::Retried;
use countersignd::why::table::DeadLetter;
use uuid::Uuid;

use crate::world::{DAY, World};

async fn list(world: &World, after: Option<(Uuid, u32)>, limit: usize) -> Vec<DeadLetter> {
    let page = Page { after, limit: Some(limit) };
    world.running().syncer.dead_letters("one", page).await.unwrap().unwrap()
}

fn retried(became_rows: u64, remain: u64, not_archived: u64) -> Retried {
    let dead_letters = became_rows + remain + not_archived;
    Retried { dead_letters, became_rows, remain, not_archived, without: Vec::new(), unreadable: Vec::new() }
}

/// The bytes of dead letters, in an order.
fn bytes(world: &World) -> Vec<Vec<u8>> {
    let mut letters = world.dead_letters("one");
    letters.sort();
    letters
}

#[tokio::test]
async fn they_are_listed_page_by_page() {
    let world = World::new(&[("one", "")]);
    assert_eq!(world.running().syncer.dead_letters("one", Page::default()).await.unwrap(), None);
    for number in 0..5 {
        world.deliver("one", format!("[{number}, {{}}, text{number}]").as_bytes()).await;
        world.deliver("one", format!("[{number}, {{}}, 1]").as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    let all = list(&world, None, 1000).await;
    assert_eq!(all.len(), 15);
    let keys: Vec<_> = all.iter().map(|letter| (letter.id.clone(), letter.index)).collect();
    assert!(keys.is_sorted() && keys.iter().any(|(_, index)| *index == 2));
    assert!(all.iter().all(|letter| letter.bytes > 0 && !letter.reason.is_empty() && !letter.detail.is_empty()));
    let (mut paged, mut after) = (Vec::new(), None);
    loop {
        let page = list(&world, after, 4).await;
        let Some(last) = page.last() else { break };
        after = Some((last.id.parse().unwrap(), last.index));
        paged.extend(page);
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn what_can_be_a_row_now_becomes_one() {
    let mut world = World::new(&[("one", r#""schema_policy": "freeze""#)]);
    world.deliver("one", br#"{"n": 1}"#).await;
    world.sync("one").await.unwrap();
    world.restart(|_| {});
    for body in [&br#"{"n": 2, "new": 1}"#[..], br#"{"n": 2, "new": 1}"#, br#"[{"n": 3}, {"other": 4}]"#, b"text"] {
        world.deliver("one", body).await;
    }
    world.sync("one").await.unwrap();
    let before = (world.content("one"), bytes(&world));
    assert_eq!((before.0.len(), before.1.len()), (2, 4));
    // Nothing is another way: they stay as they are.
    for _ in 0..2 {
        assert_eq!(world.retry("one", Vec::new()).await, retried(0, 4, 0));
        assert_eq!((world.content("one"), bytes(&world)), before);
    }

    world.restart(|world| world.configure(&[("one", "")]));
    assert_eq!(world.retry("one", Vec::new()).await, retried(3, 1, 0));
    assert_eq!((world.rows("one").len(), bytes(&world)), (5, vec![b"text".to_vec()]));
    let after = (world.content("one"), bytes(&world));
    assert_eq!(world.retry("one", Vec::new()).await, retried(0, 1, 0));
    assert_eq!((world.content("one"), bytes(&world)), after);
    // A sync and a resync change nothing either.
    world.sync("one").await.unwrap();
    world.resync("one", None).await.unwrap();
    assert_eq!((world.content("one"), bytes(&world)), after);
}

#[tokio::test]
async fn those_of_some_events_alone_are_tried() {
    let mut world = World::new(&[("one", r#""schema_policy": "freeze""#)]);
    world.deliver("one", br#"{"n": 1}"#).await;
    world.sync("one").await.unwrap();
    for number in 0..3 {
        world.deliver("one", format!(r#"{{"new": {number}}}"#).as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    let letters = list(&world, None, 10).await;
    world.restart(|world| world.configure(&[("one", "")]));
    let unknown = Uuid::from_u128(7);
    let retried = world.retry("one", vec![letters[1].id.parse().unwrap(), unknown]).await;
    assert_eq!((retried.dead_letters, retried.became_rows, &retried.without[..]), (1, 1, &[unknown][..]));
    assert_eq!(list(&world, None, 10).await, [letters[0].clone(), letters[2].clone()]);
    assert_eq!(world.rows("one").len(), 2);
    let nothing = world.retry("one", vec![unknown]).await;
    assert_eq!((nothing.dead_letters, nothing.without.len()), (0, 1));
}

#[tokio::test]
async fn rows_that_the_destination_refused_come_when_it_takes_them() {
    let world = World::new(&[("one", "")]);
    world.deliver("one", br#"{"n": 1}"#).await;
    world.sync("one").await.unwrap();
    world.execute("CREATE TRIGGER no BEFORE INSERT ON one WHEN new.n > 1 BEGIN SELECT RAISE(ABORT, 'too much'); END");
    for number in 0..4 {
        world.deliver("one", format!(r#"{{"n": {number}}}"#).as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    let letters = list(&world, None, 10).await;
    assert!(letters.len() == 2 && letters[0].detail.contains("too much"), "{letters:?}");
    assert_eq!(world.retry("one", Vec::new()).await, retried(0, 2, 0));
    world.execute("DROP TRIGGER no");
    assert_eq!(world.retry("one", Vec::new()).await, retried(2, 0, 0));
    assert_eq!((world.rows("one").len(), bytes(&world).len()), (5, 0));
}

#[tokio::test]
async fn those_whose_event_is_no_longer_archived_stay() {
    let mut world = World::new(&[("one", r#""schema_policy": "freeze""#)]);
    world.deliver("one", br#"{"n": 1}"#).await;
    world.sync("one").await.unwrap();
    world.deliver("one", br#"{"old": 1}"#).await;
    world.sync("one").await.unwrap();
    world.advance(40 * DAY);
    world.deliver("one", br#"{"young": 1}"#).await;
    world.sync("one").await.unwrap();
    world.restart(|world| world.configure(&[("one", "")]));
    assert_eq!(world.retry("one", Vec::new()).await, retried(1, 0, 1));
    assert_eq!(bytes(&world), [br#"{"old": 1}"#.to_vec()]);
}
