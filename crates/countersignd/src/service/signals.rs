//! The signals that end the service, or make it read its files again.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::{error, info};

use crate::collect::Collector;
use crate::error_chain::chain;
use crate::server::tls::Tls;

/// The signals that the service hears. They are taken before anything else, so that none ends the process by its default.
pub(super) struct Signals {
    hangup: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Reads connections and certificate again at each SIGHUP, until SIGTERM or SIGINT.
    pub(super) async fn wait_for_end(mut self, collector: &Collector, tls: Option<&Tls>) {
        loop {
            tokio::select! {
                _ = self.hangup.recv() => reload(collector, tls).await,
                _ = self.terminate.recv() => return,
                _ = self.interrupt.recv() => return,
            }
        }
    }
}

/// Reads connections and certificate again. What is wrong stays as it is.
async fn reload(collector: &Collector, tls: Option<&Tls>) {
    match collector.connections.reload() {
        Ok(()) => info!(connections = collector.connections.count(), "the connections were read again"),
        Err(error) => error!("the connections stay as they are: {}", chain(&error)),
    }
    if let Some(tls) = tls {
        match tls.reload().await {
            Ok(()) => info!("the certificate was read again"),
            Err(error) => error!("the certificate stays as it is: {error}"),
        }
    }
}
