//! Log events and counters for the operator. They contain nothing that a sender wrote, except the name by which a resolver
//! that failed has looked for an endpoint, with escapes.

use std::error::Error;
use std::fmt::Display;

use countersign_core::Verified;

use crate::tower::endpoint::Endpoint;
use crate::tower::refusal::Refusal;

/// Logs and counts the decision on a delivery. `length` is the number of bytes of its body that arrived, and `error` why the
/// store of messages failed.
#[cfg_attr(
    not(any(feature = "tracing", feature = "metrics")),
    expect(unused_variables, reason = "there is neither a log nor a counter")
)]
pub(crate) fn record_decision(
    endpoint: &Endpoint,
    verdict: Result<Verified, Refusal>,
    length: u64,
    error: Option<&(dyn Error + Send + Sync)>,
) {
    let label = endpoint.label();
    #[cfg(feature = "metrics")]
    {
        describe_counters();
        let name = verdict.map_or_else(Refusal::name, |_| "authentic");
        metrics::counter!("countersign_deliveries_total", "endpoint" => label.clone(), "verdict" => name).increment(1);
        metrics::counter!("countersign_body_bytes_total", "endpoint" => label.clone()).increment(length);
    }
    #[cfg(not(feature = "tracing"))]
    let _ = error;
    #[cfg(feature = "tracing")]
    match verdict {
        Ok(Verified { algorithm, secret_index, .. }) => {
            let algorithm = algorithm.map(countersign_core::Algorithm::name);
            tracing::debug!(target: "countersign", endpoint = %label, algorithm, secret_index, length, "authentic");
        }
        Err(
            refusal @ (Refusal::NotStreamable
            | Refusal::NoUrl
            | Refusal::NotIdentifiable
            | Refusal::Unnamed
            | Refusal::NotStored),
        ) => {
            let error = error.map(tracing::field::display);
            tracing::error!(target: "countersign", endpoint = %label, reason = refusal.name(), length, error, "{refusal}");
        }
        Err(refusal) => {
            tracing::info!(target: "countersign", endpoint = %label, reason = refusal.name(), length, "{refusal}");
        }
    }
}

/// Logs, once for each endpoint, that nothing of its deliveries is checked.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no log"))]
pub(crate) fn record_unchecked(endpoint: &Endpoint) {
    let is_first = endpoint.is_first_unchecked();
    #[cfg(feature = "tracing")]
    if is_first {
        tracing::warn!(
            target: "countersign",
            endpoint = %endpoint.label(),
            "auth_method is NONE, so nothing is checked and every delivery counts as authentic"
        );
    }
}

/// Logs and counts that the resolver failed, took too long or panicked, when it looked for an endpoint by `name`. A counter has
/// no label for each name, since anyone can make up names.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "counters have no texts"))]
pub(crate) fn record_resolver_failure(name: Option<&str>, error: &dyn Display) {
    #[cfg(feature = "metrics")]
    {
        describe_counters();
        metrics::counter!(
            "countersign_deliveries_total",
            "endpoint" => "unknown",
            "verdict" => Refusal::Unresolved.name()
        )
        .increment(1);
    }
    #[cfg(feature = "tracing")]
    {
        // A sender can have written the name.
        let endpoint = name.map_or_else(|| "unknown".to_owned(), |name| format!("{name:?}"));
        let reason = Refusal::Unresolved.name();
        // Nothing of the body was read.
        tracing::error!(
            target: "countersign",
            %endpoint,
            reason,
            length = 0_u64,
            error = %error,
            "{}",
            Refusal::Unresolved
        );
    }
}

/// Logs that the store of messages failed or took too long after the delivery was decided and counted: when the outcome of a
/// message was to be noted, or a message to be released whose sender is gone.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "counters have no texts"))]
pub(crate) fn record_store_failure(endpoint: &Endpoint, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        target: "countersign",
        endpoint = %endpoint.label(),
        reason = Refusal::NotStored.name(),
        error = %error,
        "{}",
        Refusal::NotStored
    );
}

/// Logs and counts that a handler was dropped before it answered, and its message stays reserved. The delivery itself was
/// counted as authentic.
#[cfg_attr(
    not(any(feature = "tracing", feature = "metrics")),
    expect(unused_variables, reason = "there is neither a log nor a counter")
)]
pub(crate) fn record_unanswered(endpoint: &Endpoint) {
    let label = endpoint.label();
    #[cfg(feature = "metrics")]
    {
        describe_counters();
        metrics::counter!("countersign_unanswered_total", "endpoint" => label.clone()).increment(1);
    }
    #[cfg(feature = "tracing")]
    tracing::warn!(
        target: "countersign",
        endpoint = %label,
        "the handler was dropped before it answered, and its message stays reserved: it may be lost"
    );
}

/// Logs that a handler answered with success before it had read an authentic body.
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "the delivery is counted already"))]
pub(crate) fn record_unread_body(endpoint: &Endpoint) {
    #[cfg(feature = "tracing")]
    tracing::error!(target: "countersign", endpoint = %endpoint.label(), reason = Refusal::Unread.name(), "{}", Refusal::Unread);
}

/// Logs that an extractor of axum found no verified body.
#[cfg(feature = "axum")]
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "there is no log"))]
pub(crate) fn record_missing_layer(extractor: &str) {
    #[cfg(feature = "tracing")]
    tracing::error!(
        target: "countersign",
        "{extractor} found no verified body; put a VerifyLayer without pass_through in front of the handler"
    );
}

/// Logs and counts that the body of an authentic delivery is not the JSON that the handler expects. The delivery itself was
/// counted as authentic. The texts of `error` are not logged: they repeat parts of the body.
#[cfg(feature = "axum")]
#[cfg_attr(not(feature = "tracing"), expect(unused_variables, reason = "counters have no texts"))]
pub(crate) fn record_unexpected_json(endpoint: &Endpoint, error: &serde_json::Error, length: usize, is_encoded: bool) {
    let label = endpoint.label();
    #[cfg(feature = "metrics")]
    {
        describe_counters();
        metrics::counter!("countersign_unexpected_json_total", "endpoint" => label.clone()).increment(1);
    }
    #[cfg(feature = "tracing")]
    {
        let reason = match error.classify() {
            _ if is_encoded => "encoded",
            serde_json::error::Category::Data => "unexpected_json",
            _ => "not_json",
        };
        tracing::warn!(
            target: "countersign",
            endpoint = %label,
            reason,
            length,
            line = error.line(),
            column = error.column(),
            "an authentic delivery is answered with 400, since its body is not the JSON that VerifiedJson expects: it may be lost"
        );
    }
}

/// Gives the recorder the unit and the help text of each counter. This happens with the first count, and not when a
/// layer is built: until then a service may not have installed its recorder.
#[cfg(feature = "metrics")]
fn describe_counters() {
    static DESCRIBE: std::sync::Once = std::sync::Once::new();
    DESCRIBE.call_once(|| {
        metrics::describe_counter!(
            "countersign_deliveries_total",
            metrics::Unit::Count,
            "Webhook deliveries, by endpoint and verdict."
        );
        metrics::describe_counter!(
            "countersign_body_bytes_total",
            metrics::Unit::Bytes,
            "Bytes of the bodies of webhook deliveries, by endpoint."
        );
        #[cfg(feature = "axum")]
        metrics::describe_counter!(
            "countersign_unexpected_json_total",
            metrics::Unit::Count,
            "Authentic webhook deliveries whose body is not the JSON that the handler expects, by endpoint."
        );
        metrics::describe_counter!(
            "countersign_unanswered_total",
            metrics::Unit::Count,
            "Webhook deliveries whose handler was dropped before it answered, and whose message stays reserved, by endpoint."
        );
    });
}
