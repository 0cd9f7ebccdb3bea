//! The events of one object, all verified together.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::records::UnixMicros;
use countersign::{Batch, Delivery, Rejection, Verified, Verifier};

use super::tally::Tally;
use crate::archive::error::ArchiveError;
use crate::archive::line::{ArchivedEvent, ShortNote};
use crate::archive::registry::Object;
use crate::archive::stores::Stores;
use crate::background;
use crate::connections::Connection;
use crate::sync::load::{get, read_blocks};

/// How long before its receipt an event may have been judged: when its head had arrived, and its body had not.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Verifies the events of an object that were received from `since` on.
pub(super) async fn verify(
    stores: &Stores,
    connection: &Arc<Connection>,
    object: &Object,
    since: i64,
) -> Result<Tally, ArchiveError> {
    let found = get(stores, object).await?;
    let (connection, object) = (Arc::clone(connection), object.clone());
    let verified = background::run(move || {
        let (mut all, mut count) = (Tally::default(), 0);
        read_blocks(&found, &object, |lines| {
            // As many as of the block before.
            let mut events = Vec::with_capacity(count);
            for event in ArchivedEvent::read_block(lines) {
                let event = event?;
                if event.received_at >= since {
                    events.push(event);
                }
            }
            count = events.len();
            all.add(tally(&events, &connection)?);
            Ok(())
        })?;
        Ok(all)
    });
    verified.await.map_err(|_| ArchiveError::Ending)?
}

/// An event that was signed.
struct Signed<'a> {
    event: &'a ArchivedEvent<'a>,
    note: ShortNote<'a>,
    /// The URL that its sender signed.
    url: Cow<'a, str>,
    /// When it was received.
    at: SystemTime,
}

fn tally(events: &[ArchivedEvent<'_>], connection: &Connection) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut signed = Vec::with_capacity(events.len());
    for event in events {
        let note = event.short_note()?;
        if note.algorithm.is_none() {
            tally.count_not_verifiable();
            continue;
        }
        let method = event.record.method.as_deref().unwrap_or_default();
        let url = connection.signed_url(method, event.record.url.as_deref().unwrap_or_default());
        let at = UnixMicros::new(event.received_at).to_system_time().ok_or("received_at is out of range")?;
        signed.push(Signed { event, note, url, at });
    }
    let verifier = connection.endpoint.verifier();
    let mut verdicts = vec![Err(Rejection::MissingSignature); signed.len()];
    // A token of now does not speak for a signature of then.
    if verifier.signs() {
        let deliveries: Vec<_> = signed
            .iter()
            .map(|signed| (verifier, Delivery { url: &signed.url, ..signed.event.record.delivery() }, signed.at))
            .collect();
        Batch::new().verify(&deliveries, &mut verdicts);
        for (signed, verdict) in signed.iter().zip(&mut verdicts) {
            if verdict.is_err() {
                *verdict = again(verifier, signed, *verdict);
            }
        }
    }
    if let Some(past) = &connection.past_verifier {
        for (signed, verdict) in signed.iter().zip(&mut verdicts).filter(|(_, verdict)| verdict.is_err()) {
            *verdict = again(past, signed, *verdict).or(*verdict);
        }
    }
    for (signed, verdict) in signed.iter().zip(verdicts) {
        tally.count(signed.event, signed.note, verdict);
    }
    Ok(tally)
}

/// Judges an event again that is authentic perhaps as it was when it came: with headers that JSON cannot hold, or before it was old.
fn again(
    verifier: &Verifier,
    signed: &Signed<'_>,
    verdict: Result<Verified, Rejection>,
) -> Result<Verified, Rejection> {
    let Signed { event, url, at, .. } = signed;
    let record = &event.record;
    let mut headers: Vec<(&str, Cow<'_, [u8]>)> =
        record.headers.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value.as_bytes()))).collect();
    for (place, value) in event.note().map(|note| note.header_bytes).unwrap_or_default() {
        if let (Some((_, header)), Ok(value)) = (headers.get_mut(place), STANDARD.decode(value)) {
            *header = Cow::Owned(value);
        }
    }
    let Delivery { method, body, .. } = record.delivery();
    let delivery = Delivery { method, url, headers: &headers[..], body };
    match verifier.verify(&delivery, *at) {
        Err(Rejection::Expired) => verifier.verify(&delivery, *at - BODY_TIME).or(verdict),
        other => other,
    }
}
