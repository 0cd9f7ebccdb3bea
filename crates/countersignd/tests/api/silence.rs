//! Connections that receive nothing for long are an alarm, also if nobody has asked for them since the start.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use countersignd::admin::Admin;
use serde_json::json;

use crate::support::SECRET;
use crate::world::{HOUR, World};

impl World {
    /// Whether there is the alarm, as the first look finds it.
    async fn is_somebody_silent(&self) -> bool {
        let metrics = &self.collector.metrics;
        // The last one that a look sets; there is no receiver, so to none.
        metrics.set_alarm("alerts_fail", true);
        let admin =
            Admin::new(Arc::clone(&self.collector), Arc::clone(&self.syncer), Arc::new(AtomicBool::new(false)), None);
        let watching = tokio::spawn(admin.watch(Some(Duration::from_secs(2 * 3600)), None));
        let is_on = |alarm: &str| {
            let text = metrics.text(&self.collector.inbox.health());
            text.contains(&format!("countersignd_alarms{{alarm=\"{alarm}\"}} 1\n"))
        };
        while is_on("alerts_fail") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        watching.abort();
        is_on("silence")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_receives_nothing_is_silent() {
    let world = World::new();
    assert!(!world.is_somebody_silent().await);
    let connection = world.create("orders", json!({})).await;
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "{}").await, 200);
    world.advance(3 * HOUR);
    // What waits in the inbox may have come before this process began.
    assert!(!world.is_somebody_silent().await);
    world.sync(&connection.id).await;
    world.advance(HOUR);
    assert!(!world.is_somebody_silent().await);
    world.advance(HOUR);
    assert!(world.is_somebody_silent().await);
    assert_eq!(world.deliver(&connection.endpoint, SECRET, "[]").await, 200);
    assert!(!world.is_somebody_silent().await);
    world.sync(&connection.id).await;
    world.advance(2 * HOUR);
    assert!(world.is_somebody_silent().await);
    assert_eq!(world.ask("DELETE", &connection.path, &json!(null)).await.status, 200);
    assert!(!world.is_somebody_silent().await);
}
