//! The events of objects that were just put are those that are read from the store, and are kept within their room.

use std::sync::Arc;

use countersign_inbox::disk::sim::{Faults as DiskFaults, SimDisk};
use countersign_inbox::{Event, EventLog, Inbox, Settings};
use countersignd::archive::archiver::{Archiver, Limits};
use countersignd::archive::error::ArchiveError;
use countersignd::archive::events::{ObjectEvents, PutEvents};
use countersignd::archive::stores::Stores;
use countersignd::clock::Clock;
use countersignd::head;
use countersignd::metadata::Metadata;
use countersignd::sync::load::Events;
use countersignd::verdict::StoredVerdict;

use crate::store::SimStore;

type Header<'a> = (&'a str, &'a [u8]);

/// An archive of events of every sort.
struct Archive {
    archiver: Archiver,
    inbox: Arc<dyn EventLog>,
    metadata: Arc<Metadata>,
    stores: Arc<Stores>,
    store: SimStore,
    _folder: tempfile::TempDir,
}

impl Archive {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::open(folder.path()).unwrap());
        let (inbox, _) = Inbox::open(SimDisk::new(1, DiskFaults::default()), &Settings::default()).unwrap();
        let inbox: Arc<dyn EventLog> = Arc::new(inbox);
        let (store, limits) = (SimStore::new(1), Limits { object_bytes: 100_000, ..Limits::default() });
        let own = Arc::new(store.clone());
        let archiver =
            Archiver::open(Arc::clone(&inbox), own.clone(), Arc::clone(&metadata), Clock::system(), limits).unwrap();
        let archive = Self { archiver, inbox, metadata, stores: Stores::only(own), store, _folder: folder };
        archive.receive().await;
        archive
    }

    async fn receive(&self) {
        let text: Header<'_> = ("content-type", b"text/plain");
        let headers: [&[Header<'_>]; 6] = [
            &[],
            &[text],
            &[("content-encoding", b"gzip"), text, ("x", b"\"\\\n")],
            &[("Content-Type", b"a/b"), text],
            // No text.
            &[("x", b"\xff\x00"), ("content-type", b"\xfe\"")],
            &[("content-type", b"")],
        ];
        let bodies = [
            b"".to_vec(),
            br#"{"a": "\u0000 \"quoted\"", "b": [1, 2]}"#.to_vec(),
            "é\u{2028}\u{7f}\t\r\n".into(),
            b"\x00\x01\xff".to_vec(),
            vec![b'x'; 1000],
            vec![b'"'; 300_000],
        ];
        let mut number: u128 = 0;
        for headers in headers {
            for body in &bodies {
                for (method, url) in [("POST", "/webhooks/1?a=b"), ("GET", "/webhooks/1?a=%41&b=\u{e9}"), ("GET", "/")]
                {
                    number += 1;
                    let verdict = StoredVerdict { algorithm: None, secret_index: Some(1), configuration: 7 };
                    let event = Event {
                        connection: if number.is_multiple_of(10) { "other" } else { "one" },
                        id: (number << 90 | number).to_be_bytes(),
                        received_at: [1_700_000_000_000_001, -1, i64::MAX][usize::try_from(number % 3).unwrap()],
                        verdict: &verdict.encode(),
                        head: &head::encode(method, url, Some("an \"id\""), headers.iter().copied()),
                        body,
                    };
                    self.inbox.append(&event).await.unwrap();
                }
            }
        }
    }

    /// What is read of all objects, each event as text.
    async fn read(&self, put: &mut PutEvents) -> Result<Vec<String>, ArchiveError> {
        let log = self.inbox.log();
        let objects = self.metadata.objects("one", log, 0).unwrap();
        assert!(objects.len() > 5, "{}", objects.len());
        let events = Events::read(&self.stores, &objects, put, |_, _| true).await?;
        assert_eq!(events.last_seq, objects.last().unwrap().bounds.last_seq);
        let events = events.events();
        assert_eq!(events.len() as u64, objects.iter().map(|object| object.lines).sum::<u64>());
        Ok(events.iter().map(|event| format!("{event:?}")).collect())
    }
}

#[tokio::test]
async fn what_was_put_is_what_is_read() {
    let archive = Archive::new().await;
    let mut put = archive.archiver.close_and_keep("one", PutEvents::with_room(64 << 20)).await.unwrap();
    // The store is not asked for what is kept, and each is taken once.
    archive.store.set_dead(Some(""));
    let kept = archive.read(&mut put).await.unwrap();
    assert!(archive.read(&mut put).await.is_err());
    archive.store.set_dead(None);
    let read = archive.read(&mut put).await.unwrap();
    assert_eq!(kept.len(), 98);
    for (kept, read) in kept.iter().zip(&read) {
        assert!(kept == read, "{kept:.300}\n{read:.300}");
    }
}

#[tokio::test]
async fn those_of_other_lines_are_not_taken() {
    let archive = Archive::new().await;
    let mut put = archive.archiver.close_and_keep("one", PutEvents::with_room(64 << 20)).await.unwrap();
    let mut object = archive.metadata.objects("one", archive.inbox.log(), 0).unwrap().remove(0);
    object.digest[0] ^= 1;
    assert!(put.take(&object).is_none());
}

#[tokio::test]
async fn what_there_is_no_room_for_is_read_from_the_store() {
    for room in [0, 1 << 20] {
        let archive = Archive::new().await;
        let put = archive.archiver.close_and_keep("one", PutEvents::with_room(room)).await.unwrap();
        let all = archive.metadata.objects("one", archive.inbox.log(), 0).unwrap();
        let mut all_put = put;
        let kept: Vec<_> = all.iter().filter_map(|object| all_put.take(object)).collect();
        let bytes: usize = kept.iter().map(ObjectEvents::bytes).sum();
        assert!(kept.len() < all.len() && bytes <= room && kept.is_empty() == (room == 0), "{room}: {bytes}");
        assert_eq!(archive.read(&mut all_put).await.unwrap().len(), 98, "{room}");
    }
}
