//! A store of messages outside of this process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::http::StatusCode;
use countersign::tower::{Outcome, ReplayStore, StoreFuture, Unanswered, VerifyLayer};
use countersign::{Identity, Repeated, Ticket};

use crate::support::{Client, deliver, named_endpoint, post, recording_app, serve, signature};

/// The row of a message.
struct Row {
    /// The number of the ticket. It identifies one reservation of the message, so no other row ever gets it.
    number: u64,
    /// When the message was reserved, and when it arrived last.
    taken: SystemTime,
    latest: SystemTime,
    is_handled: bool,
}

/// A store like a database table: each call takes time, and can fail.
#[derive(Clone, Default)]
struct Table {
    rows: Arc<Mutex<HashMap<(String, Identity), Row>>>,
    last_number: Arc<AtomicU64>,
    is_down: Arc<AtomicBool>,
    /// The time from writing a row until the store answers.
    confirms_after: Duration,
    /// The time that a settlement takes.
    settles_after: Duration,
}

impl Table {
    async fn ask(&self) -> Result<(), countersign::tower::StoreError> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        if self.is_down.load(Ordering::SeqCst) { Err("the database is down".into()) } else { Ok(()) }
    }

    /// Atomic: under one lock here, one statement or transaction in a database.
    fn insert(&self, key: (String, Identity), now: SystemTime, window: Duration) -> Result<Ticket, Repeated> {
        let mut rows = self.rows.lock().unwrap();
        if let Some(row) = rows.get_mut(&key) {
            // The window of a handled message starts when it arrived last, that of another when it was reserved.
            let since = if row.is_handled { row.latest } else { row.taken };
            if now.duration_since(since).is_ok_and(|age| age <= window) || now < since {
                row.latest = row.latest.max(now);
                return Err(if row.is_handled { Repeated::Handled } else { Repeated::InProgress });
            }
        }
        // Not derived from the rows of the table: they get fewer, and numbers would repeat.
        let number = self.last_number.fetch_add(1, Ordering::Relaxed) + 1;
        let identity = key.1;
        rows.insert(key, Row { number, taken: now, latest: now, is_handled: false });
        Ok(Ticket::new(identity, number))
    }

    /// `UPDATE` or `DELETE … WHERE key = … AND number = …`: a late ticket does nothing to a later reservation.
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

    /// Waits until the store has forgotten all messages.
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
        endpoint: &str,
        identity: Identity,
        now: SystemTime,
        window: Duration,
    ) -> StoreFuture<Result<Ticket, Repeated>> {
        let (table, key) = (self.clone(), (endpoint.to_owned(), identity));
        StoreFuture::later(async move {
            table.ask().await?;
            let answer = table.insert(key, now, window);
            tokio::time::sleep(table.confirms_after).await;
            Ok(answer)
        })
    }

    fn settle(&self, endpoint: &str, ticket: Ticket, outcome: Outcome) -> StoreFuture<()> {
        let (table, key) = (self.clone(), (endpoint.to_owned(), ticket.identity()));
        StoreFuture::later(async move {
            table.ask().await?;
            tokio::time::sleep(table.settles_after).await;
            table.note(key, ticket.number(), outcome);
            Ok(())
        })
    }
}

fn layer(table: &Table) -> VerifyLayer {
    VerifyLayer::new(named_endpoint()).unwrap().deduplicate(table.clone(), Duration::from_secs(60)).unwrap()
}

#[tokio::test]
async fn two_services_share_a_store() {
    let table = Table::default();
    let (request, mut taken) = (post(b"one", &signature(b"one")), 0);
    for expected in ["taken\n", "taken before\n"] {
        let (app, records) = recording_app();
        let address = serve(app.layer(layer(&table))).await;
        assert_eq!(deliver(address, &request).await.body, expected);
        taken += records.all().len();
    }
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn the_handler_is_not_called_while_the_store_is_down() {
    let table = Table::default();
    let (app, records) = recording_app();
    let address = serve(app.layer(layer(&table))).await;
    table.is_down.store(true, Ordering::SeqCst);
    let request = post(b"one", &signature(b"one"));
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(records.all().is_empty());
    table.is_down.store(false, Ordering::SeqCst);
    assert_eq!(deliver(address, &request).await.body, "taken\n");
}

/// The store records a failure before the response is sent, and even if the sender has closed the TCP connection.
#[tokio::test]
async fn a_message_is_forgotten_after_a_failure() {
    let table = Table::default();
    let app = Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR);
    let address = serve(app.layer(layer(&table))).await;
    assert_eq!(deliver(address, post(b"one", &signature(b"one"))).await.status, 500);
    assert_eq!(table.len(), 0);
    let app = Router::new().fallback(std::future::pending::<()>);
    let address = serve(app.layer(layer(&table).unanswered(Unanswered::Forget))).await;
    let mut client = Client::connect(address).await;
    assert!(!client.send(post(b"one", &signature(b"one"))).await.responds_within(Duration::from_millis(100)).await);
    assert_eq!(table.len(), 1);
    drop(client);
    table.is_empty_soon().await;
}

/// The sender closes the TCP connection after the store has written the row, and before the layer has the ticket.
#[tokio::test]
async fn closing_while_the_store_answers_loses_no_message() {
    let table = Table { confirms_after: Duration::from_millis(300), ..Table::default() };
    let request = post(b"one", &signature(b"one"));
    let (app, records) = recording_app();
    let address = serve(app.layer(layer(&table))).await;
    let mut client = Client::connect(address).await;
    assert!(!client.send(&request).await.responds_within(Duration::from_millis(100)).await);
    assert_eq!(table.len(), 1);
    drop(client);
    table.is_empty_soon().await;
    assert_eq!(deliver(address, &request).await.body, "taken\n");
    assert_eq!(records.all().len(), 1);
}

/// The layer does not wait longer than the timeout. A message that the store reserves after that is released.
#[tokio::test]
async fn the_layer_does_not_wait_for_a_store_that_hangs() {
    let request = post(b"one", &signature(b"one"));
    let (app, records) = recording_app();
    let table = Table { confirms_after: Duration::from_millis(400), ..Table::default() };
    let slow = layer(&table).store_timeout(Duration::from_millis(100));
    let address = serve(app.clone().layer(slow)).await;
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert_eq!((table.len(), records.all().len()), (1, 0));
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

/// The rules of `ReplayStore`, for this store and the one in memory.
#[tokio::test]
async fn stores_follow_the_rules() {
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
        // A late ticket does nothing to the second reservation.
        for outcome in [Outcome::Failed, Outcome::Handled] {
            settle(first, outcome).await;
            assert_eq!(take(2).await, Err(Repeated::InProgress));
        }
        settle(second, Outcome::Handled).await;
        // A repetition renews the window.
        for seconds in [305, 605, 1206] {
            assert_eq!(take(seconds).await, Err(Repeated::Handled), "{seconds}");
        }
        assert!(take(1808).await.is_ok());
    }
}
