//! A store of messages that is not in this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::StatusCode;
use countersign::tower::{Outcome, ReplayStore, StoreFuture, Unanswered, VerifyLayer};
use countersign::{Identity, Repeated, Ticket};

use crate::support::{Wire, deliver, hub, noting, post, serve, signature};

/// What stands in the table of a message.
struct Row {
    /// That of the ticket. It says which taking of the message this is, so no other row ever gets it.
    number: u64,
    /// When the message was taken, and when it came last.
    taken: SystemTime,
    latest: SystemTime,
    is_handled: bool,
}

/// As a table would be: each call takes its time, and may fail.
#[derive(Clone, Default)]
struct Table {
    rows: Arc<Mutex<HashMap<(String, Identity), Row>>>,
    last_number: Arc<AtomicU64>,
    is_down: Arc<AtomicBool>,
    /// How long it takes from writing down a message until that is confirmed.
    confirms_after: Duration,
    /// How long it takes to note what became of one.
    settles_after: Duration,
}

impl Table {
    async fn ask(&self) -> Result<(), countersign::tower::StoreError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if self.is_down.load(Ordering::SeqCst) { Err("the database is down".into()) } else { Ok(()) }
    }

    /// One step: under one lock here, one statement or transaction in a database.
    fn insert(&self, key: (String, Identity), now: SystemTime, window: Duration) -> Result<Ticket, Repeated> {
        let mut rows = self.rows.lock().unwrap();
        if let Some(row) = rows.get_mut(&key) {
            // What was handled counts from the last time that it came, what was not from the first.
            let since = if row.is_handled { row.latest } else { row.taken };
            if now.duration_since(since).is_ok_and(|age| age <= window) || now < since {
                row.latest = row.latest.max(now);
                return Err(if row.is_handled { Repeated::Handled } else { Repeated::InProgress });
            }
        }
        // Never derived from what is in the table: that shrinks, and numbers would come again.
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        let identity = key.1;
        rows.insert(key, Row { number, taken: now, latest: now, is_handled: false });
        Ok(Ticket::new(identity, number))
    }

    /// `UPDATE` or `DELETE … WHERE key = … AND number = …`: a ticket that comes late does nothing to a later taking.
    fn note(&self, key: (String, Identity), number: u64, outcome: Outcome) {
        if let Entry::Occupied(mut row) = self.rows.lock().unwrap().entry(key)
            && row.get().number == number
        {
            match outcome {
                Outcome::Handled => row.get_mut().is_handled = true,
                _ => drop(row.remove()),
            }
        }
    }

    /// Waits until nothing is remembered.
    async fn is_empty_soon(&self) {
        for _ in 0..100 {
            if self.len() == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the message is still remembered");
    }

    fn len(&self) -> usize {
        self.rows.lock().unwrap().len()
    }
}

impl ReplayStore for Table {
    fn take(
        &self,
        connection: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> StoreFuture<Result<Ticket, Repeated>> {
        let (table, key) = (self.clone(), (connection.to_owned(), identity));
        StoreFuture::later(async move {
            table.ask().await?;
            let answer = table.insert(key, now, window);
            tokio::time::sleep(table.confirms_after).await;
            Ok(answer)
        })
    }

    fn settle(&self, connection: &str, ticket: Ticket, outcome: Outcome) -> StoreFuture<()> {
        let (table, key) = (self.clone(), (connection.to_owned(), ticket.identity()));
        StoreFuture::later(async move {
            table.ask().await?;
            tokio::time::sleep(table.settles_after).await;
            table.note(key, ticket.number(), outcome);
            Ok(())
        })
    }
}

fn layer(table: &Table) -> VerifyLayer {
    VerifyLayer::new(hub()).unwrap().deduplicate(table.clone(), Duration::from_secs(60)).unwrap()
}

#[tokio::test]
async fn two_services_share_it() {
    let table = Table::default();
    let (request, mut taken) = (post(b"one", &signature(b"one")), 0);
    for expected in ["taken\n", "taken before\n"] {
        let (app, notes) = noting();
        let address = serve(app.layer(layer(&table))).await;
        assert_eq!(deliver(address, &request).await.body, expected);
        taken += notes.all().len();
    }
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn a_store_that_is_down_lets_nothing_through() {
    let table = Table::default();
    let (app, notes) = noting();
    let address = serve(app.layer(layer(&table))).await;
    table.is_down.store(true, Ordering::SeqCst);
    let request = post(b"one", &signature(b"one"));
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(notes.all().is_empty());
    table.is_down.store(false, Ordering::SeqCst);
    assert_eq!(deliver(address, &request).await.body, "taken\n");
}

/// A failure is known before the sender hears of it, and a sender that is gone does not keep it from being known.
#[tokio::test]
async fn failures_are_forgotten_there() {
    let table = Table::default();
    let app = Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR);
    let address = serve(app.layer(layer(&table))).await;
    assert_eq!(deliver(address, post(b"one", &signature(b"one"))).await.status, 500);
    assert_eq!(table.len(), 0);
    let app = Router::new().fallback(std::future::pending::<()>);
    let address = serve(app.layer(layer(&table).unanswered(Unanswered::Forget))).await;
    let mut wire = Wire::connect(address).await;
    assert!(!wire.send(post(b"one", &signature(b"one"))).await.hears_within(Duration::from_millis(100)).await);
    assert_eq!(table.len(), 1);
    drop(wire);
    table.is_empty_soon().await;
}

/// The store has written the message down and not yet said so when the sender hangs up: no ticket ever came.
#[tokio::test]
async fn to_hang_up_while_the_store_answers_loses_no_message() {
    let table = Table { confirms_after: Duration::from_millis(300), ..Table::default() };
    let request = post(b"one", &signature(b"one"));
    let (app, notes) = noting();
    let address = serve(app.layer(layer(&table))).await;
    let mut wire = Wire::connect(address).await;
    assert!(!wire.send(&request).await.hears_within(Duration::from_millis(100)).await);
    assert_eq!(table.len(), 1);
    drop(wire);
    table.is_empty_soon().await;
    assert_eq!(deliver(address, &request).await.body, "taken\n");
    assert_eq!(notes.all().len(), 1);
}

/// Nobody waits for a store longer than the time-out; what it took nevertheless is given back.
#[tokio::test]
async fn a_store_that_hangs_is_not_waited_for() {
    let request = post(b"one", &signature(b"one"));
    let (app, notes) = noting();
    let table = Table { confirms_after: Duration::from_millis(400), ..Table::default() };
    let slow = layer(&table).store_timeout(Duration::from_millis(100));
    let address = serve(app.clone().layer(slow)).await;
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert_eq!((table.len(), notes.all().len()), (1, 0));
    table.is_empty_soon().await;
    let table = Table { settles_after: Duration::from_millis(400), ..Table::default() };
    let address = serve(app.layer(layer(&table).store_timeout(Duration::from_millis(100)))).await;
    let begun = std::time::Instant::now();
    assert_eq!(deliver(address, &request).await.body, "taken\n");
    assert!(begun.elapsed() < Duration::from_millis(350));
    assert_eq!(deliver(address, &request).await.status, 409);
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(deliver(address, &request).await.body, "taken before\n");
}

/// What the trait demands of a store, of this one and of that in memory.
#[tokio::test]
async fn stores_keep_their_rules() {
    let (identity, window) = (Identity::from_bytes([1; 32]), Duration::from_secs(601));
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
    let stores: [Box<dyn ReplayStore>; 2] =
        [Box::new(Table::default()), Box::new(countersign::ReplayMemories::new(10).unwrap())];
    for store in stores {
        let take = async |seconds| store.take("shop", identity, at(seconds), window).await.unwrap();
        let settle = async |ticket, outcome| store.settle("shop", ticket, outcome).await.unwrap();
        let first = take(0).await.unwrap();
        settle(first, Outcome::Failed).await;
        let second = take(1).await.unwrap();
        assert_ne!(first.number(), second.number());
        // A late ticket does nothing to the second taking.
        for outcome in [Outcome::Failed, Outcome::Handled] {
            settle(first, outcome).await;
            assert_eq!(take(2).await, Err(Repeated::InProgress));
        }
        settle(second, Outcome::Handled).await;
        // A repetition renews it.
        for seconds in [305, 605, 1206] {
            assert_eq!(take(seconds).await, Err(Repeated::Handled), "{seconds}");
        }
        assert!(take(1808).await.is_ok());
    }
}
