//! A body that is kept until it is whole, and verified as its pieces come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use countersign_core::Verified;
use http_body::Body;
use pin_project_lite::pin_project;

use crate::tower::arrival::Arrival;
use crate::tower::authentic::Authentic;
use crate::tower::bodies::WholeBody;
use crate::tower::budget::Held;
use crate::tower::events;
use crate::tower::intake::Intake;
use crate::tower::mode::{Admitted, Head, Kept, Work};
use crate::tower::policy::Policy;
use crate::tower::refusal::Refusal;
use crate::tower::resolver::Found;
use crate::tower::running::Running;
use crate::tower::taken::{Taken, Taking};

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
        body: BytesMut,
        /// `None` for a scheme that needs the whole body.
        running: Option<Running>,
    },
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
                    Ok(piece) if share.add(piece.len()) => {
                        this.pieces.add(this.found, head.arrival(), piece, this.intake.expected());
                        continue;
                    }
                    Ok(_) => break Err(Refusal::Busy),
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
        events::decided(endpoint, verdict, this.intake.length());
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
    /// Takes the next piece; `expected` is how many bytes come after it at least.
    fn add(&mut self, found: &Found, arrival: Arrival<'_>, piece: Bytes, expected: u64) {
        if let Self::One(first) = self {
            let mut running = found.endpoint.begin(arrival);
            if let Some(running) = &mut running {
                running.update(first);
            }
            let expected = usize::try_from(expected.min(TRUSTED)).unwrap_or_default();
            let mut body = BytesMut::with_capacity(first.len() + piece.len() + expected);
            body.extend_from_slice(first);
            *self = Self::Many { body, running };
        }
        match self {
            Self::Many { body, running } => {
                body.extend_from_slice(&piece);
                if let Some(running) = running {
                    running.update(&piece);
                }
            }
            empty => *empty = Self::One(piece),
        }
    }

    /// The whole body and the verdict on it.
    fn judge(&mut self, found: &Found, arrival: Arrival<'_>) -> (Bytes, Result<Verified, Refusal>) {
        let (body, running) = match std::mem::replace(self, Self::None) {
            Self::None => (Bytes::new(), None),
            Self::One(body) => (body, None),
            Self::Many { body, running } => (body.freeze(), running),
        };
        let verdict = match running {
            Some(running) => running.finish(),
            None => found.endpoint.judge(arrival, &body).map_err(Refusal::from),
        };
        (body, if found.is_known { verdict } else { Err(Refusal::UnknownConnection) })
    }
}
