//! A body that is kept until it is whole, and verified as its pieces come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use countersign_core::Verified;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::tower::body::bodies::WholeBody;
use crate::tower::body::incremental::Running;
use crate::tower::body::limited::Intake;
use crate::tower::body::mode::{Admitted, Head, Kept, Work};
use crate::tower::body_budget::Held;
use crate::tower::config::Policy;
use crate::tower::endpoint::resolver::Found;
use crate::tower::extensions::authentic::Authentic;
use crate::tower::refusal::Refusal;
use crate::tower::replay::reservation::{Taken, Taking};
use crate::tower::request_head::Arrival;
use crate::tower::telemetry;

/// Room that is made for a body on its own word alone; beyond that it grows as the body does.
const TRUSTED: u64 = 64 * 1024;

pin_project! {
    pub struct Gathering<B> {
        found: Found,
        #[pin]
        intake: Intake<B>,
        pieces: Pieces,
        held: Option<Held>,
        // A body that is authentic, while it is looked up whether it came before.
        taking: Option<(Bytes, Verified, Taking)>,
    }
}

enum Pieces {
    None,
    /// Most bodies come in one piece. They are verified in one go, and never copied.
    One(Bytes),
    Many {
        body: Vec<u8>,
        /// `None` for a scheme that needs the whole body.
        running: Option<Running>,
    },
}

/// How many bytes come after a piece: at least, as far as is known, and at most.
#[derive(Clone, Copy)]
struct Coming {
    expected: u64,
    room: u64,
}

impl<B: Body> Work<B> for Gathering<B> {
    const PASSES: bool = false;
    type Given = WholeBody;
    type Kept = Handed;

    fn new(found: Found, intake: Intake<B>) -> Self {
        Self { found, intake, pieces: Pieces::None, held: None, taking: None }
    }

    fn poll(self: Pin<&mut Self>, head: &mut Head<'_>, cx: &mut Context<'_>) -> Poll<Admitted<WholeBody, Self::Kept>> {
        let mut this = self.project();
        let share = this.held.get_or_insert_with(|| head.policy.budget.hold());
        let admitted = loop {
            if let Some((body, verified, taking)) = this.taking {
                let taken = ready!(Pin::new(taking).poll(cx));
                break taken.map(|taken| (std::mem::take(body), *verified, Some(taken)));
            }
            if !this.intake.is_at_end()
                && let Some(piece) = ready!(this.intake.as_mut().poll_next(cx))
            {
                match piece {
                    Ok(piece) => {
                        let coming = Coming { expected: this.intake.expected(), room: this.intake.room() };
                        if !this.pieces.add(this.found, head.arrival(), piece, coming, share) {
                            break Err(Refusal::Busy);
                        }
                        continue;
                    }
                    Err(refusal) => break Err(refusal),
                }
            }
            let (body, verdict) = this.pieces.judge(this.found, head.arrival());
            match verdict.and_then(|verified| Ok((verified, begin_taking(this.found, head, &body)?))) {
                Ok((verified, Some(taking))) => *this.taking = Some((body, verified, taking)),
                Ok((verified, None)) => break Ok((body, verified, None)),
                Err(refusal) => break Err(refusal),
            }
        };
        let endpoint = &this.found.endpoint;
        let verdict = admitted.as_ref().map(|(_, verified, _)| *verified).map_err(|refusal| *refusal);
        telemetry::decided(endpoint, verdict, this.intake.length());
        let (body, verified, taken) = admitted?;
        head.parts.extensions.insert(verified);
        head.parts.extensions.insert(Authentic::new(verified, endpoint.clone(), body.clone()));
        Poll::Ready(Ok((WholeBody::new(body), Handed { taken, _held: this.held.take() })))
    }
}

/// Begins to look up whether an authentic message came before, if anybody wants to know.
fn begin_taking(found: &Found, head: &Head<'_>, body: &[u8]) -> Result<Option<Taking>, Refusal> {
    let Some(replays) = head.policy.replays.as_ref().filter(|_| !found.endpoint.is_repeatable()) else {
        return Ok(None);
    };
    let identity = found.endpoint.identify(head.arrival(), body);
    let Policy { unanswered, store_timeout, .. } = *head.policy;
    replays.take(&found.endpoint, identity, head.now, unanswered, store_timeout).map(Some)
}

/// What is kept of a delivery while the handler has it.
#[expect(missing_debug_implementations, reason = "nobody gets to see it")]
pub struct Handed {
    taken: Option<Taken>,
    _held: Option<Held>,
}

impl Kept for Handed {
    fn entered(&mut self, is_in: bool) {
        if let Some(taken) = &mut self.taken {
            taken.entered(is_in);
        }
    }

    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        if let Some(taken) = &mut self.taken {
            ready!(taken.poll_settle(is_success, cx));
            self.taken = None;
        }
        Poll::Ready(Ok(()))
    }
}

impl Pieces {
    /// Takes the next piece. `false` if `share` has no room for what is held then.
    fn add(&mut self, found: &Found, arrival: Arrival<'_>, piece: Bytes, coming: Coming, share: &mut Held) -> bool {
        let capacity = self.capacity_for(piece.len(), coming, share.is_bounded());
        if !share.raise(capacity) {
            return false;
        }
        if let Self::One(first) = self {
            let mut running = found.endpoint.begin(arrival);
            if let Some(running) = &mut running {
                running.update(first);
            }
            let mut body = Vec::with_capacity(capacity);
            body.extend_from_slice(first);
            *self = Self::Many { body, running };
        }
        match self {
            Self::Many { body, running } => {
                body.reserve_exact(capacity.saturating_sub(body.len()));
                body.extend_from_slice(&piece);
                if let Some(running) = running {
                    running.update(&piece);
                }
            }
            empty => *empty = Self::One(piece),
        }
        true
    }

    /// How many bytes are held once `more` have come. It grows by doubling, but never beyond what the body may come to. Where
    /// bytes are counted nothing is reserved on the word of a sender, who could claim them by announcing a length.
    fn capacity_for(&self, more: usize, coming: Coming, is_counted: bool) -> usize {
        let most = |bytes: u64| usize::try_from(bytes.min(coming.room)).unwrap_or(usize::MAX);
        match self {
            Self::None => more,
            Self::One(first) if is_counted => first.len() + more,
            Self::One(first) => first.len() + more + most(coming.expected.min(TRUSTED)),
            Self::Many { body, .. } if body.len() + more <= body.capacity() => body.capacity(),
            Self::Many { body, .. } => {
                let needed = body.len() + more;
                needed.max(body.capacity().saturating_mul(2).min(needed.saturating_add(most(u64::MAX))))
            }
        }
    }

    /// The whole body and the verdict on it.
    fn judge(&mut self, found: &Found, arrival: Arrival<'_>) -> (Bytes, Result<Verified, Refusal>) {
        let (body, running) = match std::mem::replace(self, Self::None) {
            Self::None => (Bytes::new(), None),
            Self::One(body) => (body, None),
            Self::Many { body, running } => (body.into(), running),
        };
        let verdict = match running {
            Some(running) => running.finish(),
            None => found.endpoint.judge(arrival, &body).map_err(Refusal::from),
        };
        (body, if found.is_known { verdict } else { Err(Refusal::UnknownConnection) })
    }
}
