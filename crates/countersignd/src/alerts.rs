//! Alerts: what the [alarms](crate::alarms) say, as webhooks to one receiver of the operator's.
//!
//! They are signed as [Standard Webhooks](https://www.standardwebhooks.com) says, by the signer of `countersign`: the preset
//! `standard-webhooks` verifies them. A body is
//!
//! ```json
//! {"type": "countersignd.alarms", "timestamp": "2026-11-30T01:02:03.456789Z", "data": {"omitted": 0, "changes": [
//!   {"alarm": "silence", "state": "begun", "connection": "speedy_otter", "cause": "nothing was received for 24 hours",
//!    "at": "2026-11-30T01:02:03.456789Z", "times": 1}]}}
//! ```
//!
//! One message is on its way at a time; what changes meanwhile is in the next. A message is sent until it is answered with 2xx, after pauses
//! that grow, with the same `webhook-id`: so a receiver may get it more than once. Redirects are not followed. Nothing waits for any of
//! this, and no more than a bounded number of changes is remembered; `omitted` says how many were not. After a restart, alarms that are
//! still there are told again.

mod changes;
mod receiver;
pub mod silence;

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use countersign::{Message, Secret, Signer};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::Notify;
use tracing::{info, warn};

use crate::clock::Clock;
use crate::error_chain::chain;
use crate::{private_file, random};
pub use changes::Condition;
use changes::{Change, Changes};
pub use receiver::{Receiver, ReceiverError, Url};

/// The most changes of one message.
const MESSAGE_MAX: usize = 100;

/// How long it is waited before a message is sent again: at first, and at most. A random half is taken off, so that several services do not
/// come at once.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    /// After the first failure.
    pub first: Duration,
    /// However many came before.
    pub longest: Duration,
}

impl Default for Pauses {
    fn default() -> Self {
        Self { first: Duration::from_secs(5), longest: Duration::from_secs(600) }
    }
}

/// Tells a receiver which alarms have begun or are over.
pub struct Alerts {
    receiver: Receiver,
    signer: Signer,
    clock: Clock,
    pauses: Pauses,
    changes: Mutex<Changes>,
    changed: Notify,
    is_failing: AtomicBool,
}

impl fmt::Debug for Alerts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Alerts").field("receiver", &self.receiver).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    omitted: u64,
    changes: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    alarm: &'static str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<&'a str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    cause: &'a str,
    at: String,
    times: u32,
}

impl Alerts {
    /// Alerts to this receiver, signed with the secret in a file that not everybody may read: base64, with or without `whsec_`.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(receiver: Receiver, secret_file: &Path, clock: Clock, pauses: Pauses) -> Result<Arc<Self>, String> {
        let at = |message: &dyn fmt::Display| format!("{}: {message}", private_file::shown(secret_file));
        // A service is given such files by an access list or a group of its own.
        let secret = private_file::read(secret_file, 0o007).map_err(|error| at(&error))?;
        let signer = Signer::preset("standard-webhooks", Secret::new(secret.trim_ascii()))
            .map_err(|error| at(&format_args!("{error} (openssl rand -base64 32 makes a secret)")))?;
        Ok(Arc::new(Self {
            receiver,
            signer,
            clock,
            pauses,
            changes: Mutex::default(),
            changed: Notify::new(),
            is_failing: AtomicBool::new(false),
        }))
    }

    /// Notes what there is now. This never waits.
    pub fn note(&self, conditions: &[Condition]) {
        if self.changes().note(conditions, self.clock.unix_micros()) {
            self.changed.notify_one();
        }
    }

    /// Whether the last message could not be delivered.
    pub fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Relaxed)
    }

    /// Sends what has changed, for ever.
    pub async fn run(self: Arc<Self>) {
        loop {
            let (changes, omitted) = self.changes().take(MESSAGE_MAX);
            if changes.is_empty() && omitted == 0 {
                self.changed.notified().await;
                continue;
            }
            self.deliver(&changes, omitted).await;
        }
    }

    /// Sends a message until it is delivered.
    async fn deliver(&self, changes: &[Change], omitted: u64) {
        let id = format!("msg_{}", random::hex::<16>());
        let body = body(changes, omitted, self.clock.unix_micros());
        let mut pause = self.pauses.first;
        let mut tries = 1_u32;
        while let Err(error) = self.send(&id, &body).await {
            self.is_failing.store(true, Ordering::Relaxed);
            let wait = jittered(pause);
            warn!(tries, seconds = wait.as_secs(), "an alert was not delivered to {}: {error}", self.receiver);
            tokio::time::sleep(wait).await;
            pause = self.pauses.longest.min(pause * 2);
            tries = tries.saturating_add(1);
        }
        if self.is_failing.swap(false, Ordering::Relaxed) {
            info!(tries, "the alert was delivered to {}", self.receiver);
        }
    }

    async fn send(&self, id: &str, body: &str) -> Result<(), String> {
        let now = UNIX_EPOCH + Duration::from_micros(self.clock.unix_micros().unsigned_abs());
        let message = Message { id, now, ..Message::new(body.as_bytes()) };
        let headers = self.signer.headers(&message).map_err(|error| error.to_string())?;
        self.receiver.post(&headers, body.to_owned()).await.map_err(|error| chain(&error))
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Shown<'a> {
    fn of(change: &'a Change) -> Self {
        let Change { alarm, subject, is_on, cause, at, times } = change;
        let (state, at) = (if *is_on { "begun" } else { "over" }, moment(*at));
        Self { alarm, state, connection: subject.as_deref(), cause, at, times: *times }
    }
}

fn body(changes: &[Change], omitted: u64, now: i64) -> String {
    let body = Body {
        r#type: "countersignd.alarms",
        timestamp: moment(now),
        data: Data { omitted, changes: changes.iter().map(Shown::of).collect() },
    };
    serde_json::to_string(&body).unwrap_or_default()
}

fn moment(micros: i64) -> String {
    Timestamp::from_microsecond(micros).map(|time| time.to_string()).unwrap_or_default()
}

/// Half of it, and a random part of the other half.
fn jittered(pause: Duration) -> Duration {
    let [byte] = random::bytes();
    pause / 2 + pause / 2 * u32::from(byte) / 256
}
