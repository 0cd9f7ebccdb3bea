//! Collects the chunks of a body, and verifies them as they arrive.

use bytes::Bytes;
use countersign_core::Verified;

use crate::tower::body::incremental::IncrementalVerification;
use crate::tower::body_budget::BudgetShare;
use crate::tower::endpoint::resolver::ResolvedEndpoint;
use crate::tower::refusal::Refusal;
use crate::tower::request_head::RequestHead;

/// The most bytes that are reserved because the sender announced them. Beyond that the buffer grows as the body does.
const MAX_RESERVED: u64 = 64 * 1024;

/// The chunks of a body that have arrived.
#[derive(Default)]
pub(crate) enum Chunks {
    #[default]
    None,
    /// Most bodies arrive in one chunk. It is verified at once, and never copied.
    One(Bytes),
    Many {
        body: Vec<u8>,
        /// `None` if the scheme needs the whole body.
        verification: Option<IncrementalVerification>,
    },
}

/// How many bytes arrive after a chunk.
#[derive(Clone, Copy)]
pub(crate) struct Remaining {
    /// The least, according to the head or to the server.
    pub(crate) min: u64,
    /// The most, according to the limit of the layer.
    pub(crate) max: u64,
}

impl Chunks {
    /// Adds the next chunk. Returns `false` if the budget does not have the bytes for it.
    pub(crate) fn push(
        &mut self,
        target: &ResolvedEndpoint,
        head: RequestHead<'_>,
        chunk: Bytes,
        remaining: Remaining,
        share: &mut BudgetShare,
    ) -> bool {
        let capacity = self.capacity_for(chunk.len(), remaining, share.is_limited());
        if !share.try_grow_to(capacity) {
            return false;
        }
        if let Self::One(first) = self {
            let mut verification = IncrementalVerification::begin(&target.endpoint, head);
            if let Some(verification) = &mut verification {
                verification.update(first);
            }
            let mut body = Vec::with_capacity(capacity);
            body.extend_from_slice(first);
            *self = Self::Many { body, verification };
        }
        match self {
            Self::Many { body, verification } => {
                body.reserve_exact(capacity.saturating_sub(body.len()));
                body.extend_from_slice(&chunk);
                if let Some(verification) = verification {
                    verification.update(&chunk);
                }
            }
            empty => *empty = Self::One(chunk),
        }
        true
    }

    /// How many bytes the buffer needs for `more` bytes. It doubles as it grows, but never beyond the limit of the
    /// body. If a budget counts bytes, none are reserved for an announced length: a sender could use up the budget by
    /// announcing.
    fn capacity_for(&self, more: usize, remaining: Remaining, is_counted: bool) -> usize {
        let within_limit = |bytes: u64| usize::try_from(bytes.min(remaining.max)).unwrap_or(usize::MAX);
        match self {
            Self::None => more,
            Self::One(first) if is_counted => first.len() + more,
            Self::One(first) => first.len() + more + within_limit(remaining.min.min(MAX_RESERVED)),
            Self::Many { body, .. } if body.len() + more <= body.capacity() => body.capacity(),
            Self::Many { body, .. } => {
                let needed = body.len() + more;
                needed.max(body.capacity().saturating_mul(2).min(needed.saturating_add(within_limit(u64::MAX))))
            }
        }
    }

    /// Takes the whole body, and gives the verdict on it.
    pub(crate) fn finish(
        &mut self,
        target: &ResolvedEndpoint,
        head: RequestHead<'_>,
    ) -> (Bytes, Result<Verified, Refusal>) {
        let (body, verification) = match std::mem::take(self) {
            Self::None => (Bytes::new(), None),
            Self::One(body) => (body, None),
            Self::Many { body, verification } => (body.into(), verification),
        };
        let verdict = match verification {
            Some(verification) => verification.finish(),
            None => target.endpoint.verify(head, &body).map_err(Refusal::from),
        };
        (body, if target.is_known { verdict } else { Err(Refusal::UnknownEndpoint) })
    }
}
