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
use crate::tower::events;
use crate::tower::intake::Intake;
use crate::tower::mode::{Admitted, Head, Kept, Work};
use crate::tower::refusal::Refusal;
use crate::tower::resolver::Found;
use crate::tower::running::Running;
use crate::tower::taken::Taken;

/// Room that is made for a body on its own word alone; beyond that it grows as the body does.
const TRUSTED: u64 = 64 * 1024;

pin_project! {
    pub struct Gathering<B> {
        found: Found,
        #[pin]
        intake: Intake<B>,
        pieces: Pieces,
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
    type Given = WholeBody;
    type Kept = Option<Taken>;

    fn new(found: Found, intake: Intake<B>) -> Self {
        Self { found, intake, pieces: Pieces::None }
    }

    fn poll(self: Pin<&mut Self>, head: &mut Head<'_>, cx: &mut Context<'_>) -> Poll<Admitted<WholeBody, Self::Kept>> {
        let mut this = self.project();
        let endpoint = &this.found.endpoint;
        while !this.intake.is_at_end() {
            match ready!(this.intake.as_mut().poll_next(cx)) {
                Some(Ok(piece)) => this.pieces.add(this.found, head.arrival(), piece, this.intake.expected()),
                None => break,
                Some(Err(refusal)) => {
                    events::decided(endpoint, Err(refusal), this.intake.length());
                    return Poll::Ready(Err(refusal));
                }
            }
        }
        let arrival = head.arrival();
        let (body, verdict) = this.pieces.judge(this.found, arrival);
        let taken = verdict.and_then(|_| Ok(endpoint.take(endpoint.identify(arrival, &body), arrival.now)?));
        let verdict = verdict.and_then(|verified| taken.as_ref().map(|_| verified).map_err(|refusal| *refusal));
        events::decided(endpoint, verdict, this.intake.length());
        let (verified, taken) = (verdict?, taken?);
        head.parts.extensions.insert(verified);
        head.parts.extensions.insert(Authentic::new(verified, endpoint.clone(), body.clone()));
        Poll::Ready(Ok((WholeBody::new(body), taken)))
    }
}

impl Kept for Option<Taken> {
    fn answered(self, is_success: bool) -> Result<(), Refusal> {
        if let Some(taken) = self
            && is_success
        {
            taken.keep();
        }
        Ok(())
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
