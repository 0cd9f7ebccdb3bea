//! The routes for operators: probes, metrics, and what is known of one event.

mod stream;
mod verbs;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::alarms::{self, Found, Reading, Watch};
use crate::alerts::Alerts;
use crate::alerts::silence::Silence;
use crate::api::openapi;
use crate::collect::Collector;
use crate::error_chain::chain;
use crate::inbox::trouble;
use crate::sync::Syncer;
use crate::why;

/// The archive is listed every so many times that it is looked for alarms: every five minutes.
const STORE_EVERY: u32 = 30;

/// What the routes for operators need.
#[expect(missing_debug_implementations, reason = "it holds the connections")]
pub struct Admin {
    collector: Arc<Collector>,
    syncer: Arc<Syncer>,
    /// Whether the process is ending.
    is_draining: Arc<AtomicBool>,
    /// The bytes that the archive may have; none for half of the disk.
    store_bytes_max: Option<u64>,
}

impl Admin {
    /// The routes are those of this collector; `is_draining` says that the process is ending.
    /// The archive may have `store_bytes_max` bytes before that is an alarm, or half of the disk.
    pub fn new(
        collector: Arc<Collector>,
        syncer: Arc<Syncer>,
        is_draining: Arc<AtomicBool>,
        store_bytes_max: Option<u64>,
    ) -> Arc<Self> {
        Arc::new(Self { collector, syncer, is_draining, store_bytes_max })
    }

    /// Looks for alarms, for ever, and tells the receiver of alerts if there is one. A connection that has received nothing for `silence`
    /// is an alarm.
    pub async fn watch(self: Arc<Self>, silence: Option<Duration>, alerts: Option<Arc<Alerts>>) {
        let mut watch = Watch::default();
        self.syncer.load_broken().await;
        let mut silence = match silence {
            Some(after) => self.syncer.silence(after).await,
            None => None,
        };
        let (mut store_bytes, mut looked) = (None, 0_u32);
        loop {
            let lag = self.syncer.lag().await;
            // To list the archive takes a while, and it does not grow that fast.
            if looked.is_multiple_of(STORE_EVERY) {
                store_bytes = self.syncer.store_bytes().await;
            }
            looked = looked.wrapping_add(1);
            self.collector.metrics.set_lag(&lag, store_bytes);
            let silent = match &mut silence {
                Some(silence) => self.syncer.silent(silence).await,
                None => Vec::new(),
            };
            let Found { is_on, conditions } = watch.look(&Reading {
                unready: self.unready(),
                totals: self.collector.metrics.totals(),
                failing: self.syncer.failing(),
                foreign: self.syncer.foreign_objects(),
                broken: self.syncer.broken(),
                silent,
                lost: self.syncer.lost().await,
                silence_hours: silence.as_ref().map_or(0, Silence::hours),
                store: store_bytes.map(|bytes| (bytes, self.store_bytes_max())),
                late: lag.late,
                are_alerts_failing: alerts.as_ref().is_some_and(|alerts| alerts.is_failing()),
            });
            for (alarm, is_on) in alarms::NAMES.into_iter().zip(is_on) {
                self.collector.metrics.set_alarm(alarm, is_on);
            }
            if let Some(alerts) = &alerts {
                alerts.note(&conditions);
            }
            tokio::time::sleep(alarms::EVERY).await;
        }
    }

    /// The bytes that the archive may have.
    fn store_bytes_max(&self) -> u64 {
        self.store_bytes_max.unwrap_or_else(|| self.collector.inbox.health().space.total / 2)
    }

    /// Why no traffic should come.
    fn unready(&self) -> Vec<&'static str> {
        let health = self.collector.inbox.health();
        let reasons = [
            (self.is_draining.load(Ordering::Relaxed), "the process is ending"),
            (health.is_superseded, "another process goes on with the inbox: end one of the two"),
            (!health.is_writable && !health.is_superseded, trouble::cause(health.last_failure)),
            (
                health.is_low_on_space(),
                "the disk of the inbox has less than a tenth and less than 2 GiB free, or less than its next file of 64 MiB needs",
            ),
        ];
        reasons.into_iter().filter(|(is_so, _)| *is_so).map(|(_, reason)| reason).collect()
    }
}

/// The routes that an operator's network may reach.
pub fn routes(admin: &Arc<Admin>) -> Router {
    Router::new()
        .route("/livez", get(|| async { "live\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/openapi.json", get(|| async { Json(openapi::document()) }))
        .with_state(Arc::clone(admin))
}

/// The routes of the socket in the data folder, which only its owner can open.
pub fn control_routes(admin: &Arc<Admin>) -> Router {
    let verbs = verbs::routes()
        .route("/why/{id}", get(why))
        .route("/sync/{id}", post(sync))
        .route("/check-archive", post(check_archive));
    routes(admin).merge(verbs.with_state(Arc::clone(admin)))
}

async fn ready(State(admin): State<Arc<Admin>>) -> Response {
    match &admin.unready()[..] {
        [] => "ready\n".into_response(),
        reasons => (StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {}\n", reasons.join("; "))).into_response(),
    }
}

async fn metrics(State(admin): State<Arc<Admin>>) -> Response {
    let text = admin.collector.metrics.text(&admin.collector.inbox.health());
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

async fn why(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Response {
    let failed = |message: String| (StatusCode::INTERNAL_SERVER_ERROR, format!("{message}\n")).into_response();
    let (of_inbox, by) = (Arc::clone(&admin), id.clone());
    // It reads files.
    let found = tokio::task::spawn_blocking(move || why::find(&*of_inbox.collector.inbox, &by)).await;
    let search = match found {
        Ok(Ok(search)) => search,
        Ok(Err(error)) => return failed(chain(&error)),
        Err(_) => return failed("the search has failed".to_owned()),
    };
    match admin.syncer.find(search, &id).await {
        Ok(search) => Json(search).into_response(),
        Err(error) => failed(chain(&error)),
    }
}

async fn sync(State(admin): State<Arc<Admin>>, Path(id): Path<String>) -> Response {
    let connection = match verbs::connection(&admin, &id).await {
        Ok(connection) => connection,
        Err(refusal) => return refusal.into_response(),
    };
    match admin.syncer.sync(&connection).await {
        Ok(synced) => Json(synced).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", chain(&error))).into_response(),
    }
}

async fn check_archive(State(admin): State<Arc<Admin>>) -> Response {
    match admin.syncer.check_archive().await {
        Ok(comparison) => Json(comparison).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{}\n", chain(&error))).into_response(),
    }
}
