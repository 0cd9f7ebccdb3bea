//! What the operator learns of a delivery: one event and one count. Nothing of it was written by a sender.

use countersign_core::Verified;

use crate::tower::endpoint::Endpoint;
use crate::tower::endpoint::resolver::ResolveError;
use crate::tower::refusal::Refusal;
use crate::tower::replay::store::StoreError;

/// Tells what was decided of a delivery, and how much of its body came.
#[cfg_attr(
    not(any(feature = "tracing", feature = "metrics")),
    expect(unused_variables, reason = "nobody wants to know")
)]
pub(crate) fn decided(endpoint: &Endpoint, verdict: Result<Verified, Refusal>, length: u64) {
    let connection = endpoint.label();
    #[cfg(feature = "metrics")]
    {
        let name = verdict.map_or_else(Refusal::name, |_| "authentic");
        metrics::counter!("countersign_deliveries_total", "connection" => connection.clone(), "verdict" => name)
            .increment(1);
        metrics::counter!("countersign_body_bytes_total", "connection" => connection.clone()).increment(length);
    }
    #[cfg(feature = "tracing")]
    match verdict {
        Ok(Verified { algorithm, secret_index, .. }) => {
            let algorithm = algorithm.map(countersign_core::Algorithm::name);
            tracing::debug!(target: "countersign", %connection, algorithm, secret_index, length, "authentic");
        }
        Err(
            refusal @ (Refusal::NotStreamable
            | Refusal::NoUrl
            | Refusal::NotIdentifiable
            | Refusal::Unnamed
            | Refusal::NotStored),
        ) => {
            tracing::error!(target: "countersign", %connection, reason = refusal.name(), length, "{refusal}");
        }
        Err(refusal) => {
            tracing::info!(target: "countersign", %connection, reason = refusal.name(), length, "{refusal}");
        }
    }
}

/// Tells that the connection of a delivery could not be looked up.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "counters have no texts"))]
pub(crate) fn unresolved(error: &ResolveError) {
    #[cfg(feature = "metrics")]
    metrics::counter!(
        "countersign_deliveries_total",
        "connection" => "unknown",
        "verdict" => Refusal::Unresolved.name()
    )
    .increment(1);
    #[cfg(feature = "tracing")]
    tracing::error!(target: "countersign", error = %error, "{}", Refusal::Unresolved);
}

/// Tells that the store of messages failed.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "counters have no texts"))]
pub(crate) fn not_stored(endpoint: &Endpoint, error: &StoreError) {
    #[cfg(feature = "tracing")]
    tracing::error!(target: "countersign", connection = endpoint.name(), error = %error, "{}", Refusal::NotStored);
}

/// Tells that a handler was glad before it had read an authentic body.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "the delivery is counted already"))]
pub(crate) fn unread(endpoint: &Endpoint) {
    #[cfg(feature = "tracing")]
    tracing::error!(target: "countersign", connection = endpoint.name(), reason = Refusal::Unread.name(), "{}", Refusal::Unread);
}
