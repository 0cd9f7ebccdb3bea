//! A body that is kept until it is whole, and verified as its pieces come.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use countersign_core::{Rejection, Verified};
use http_body::Body;

use crate::tower::arrival::Arrival;
use crate::tower::authentic::Authentic;
use crate::tower::events;
use crate::tower::intake::Intake;
use crate::tower::refusal::Refusal;
use crate::tower::resolver::Found;
use crate::tower::running::Running;
use crate::tower::taken::Taken;

/// Room that is made for a body on its own word alone; beyond that it grows as the body does.
const TRUSTED: u64 = 64 * 1024;

pub(super) struct Gathering {
    found: Found,
    pieces: Pieces,
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

/// An authentic delivery, and its place in the memory of a guard.
pub(super) type Gathered = (Authentic, Option<Taken>);

impl Gathering {
    pub(super) fn new(found: Found) -> Self {
        Self { found, pieces: Pieces::None }
    }

    /// Ready when it is known whether the delivery is authentic.
    pub(super) fn poll<B: Body>(
        &mut self,
        mut intake: Pin<&mut Intake<B>>,
        arrival: Arrival<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Gathered, Refusal>> {
        while !intake.is_at_end() {
            match ready!(intake.as_mut().poll_next(cx)) {
                Some(Ok(piece)) => self.add(arrival, piece, intake.expected()),
                None => break,
                Some(Err(refusal)) => {
                    self.decided(Err(refusal), intake.length());
                    return Poll::Ready(Err(refusal));
                }
            }
        }
        let (body, verdict) = self.judge(arrival);
        let verdict = match verdict {
            _ if !self.found.is_known => Err(Refusal::UnknownConnection),
            Err(rejection) => Err(rejection.into()),
            Ok(verified) => self.take(arrival, &body).map(|taken| (verified, taken)).map_err(Refusal::from),
        };
        self.decided(verdict.as_ref().map(|(verified, _)| *verified).map_err(|refusal| *refusal), intake.length());
        Poll::Ready(verdict.map(|(verified, taken)| {
            (Authentic::new(verified, self.found.endpoint.clone(), body), taken)
        }))
    }

    /// Takes the next piece; `expected` is how many bytes come after it at least.
    fn add(&mut self, arrival: Arrival<'_>, piece: Bytes, expected: u64) {
        if let Pieces::One(first) = &self.pieces {
            let mut running = self.found.endpoint.begin(arrival);
            if let Some(running) = &mut running {
                running.update(first);
            }
            let expected = usize::try_from(expected.min(TRUSTED)).unwrap_or_default();
            let mut body = BytesMut::with_capacity(first.len() + piece.len() + expected);
            body.extend_from_slice(first);
            self.pieces = Pieces::Many { body, running };
        }
        match &mut self.pieces {
            Pieces::Many { body, running } => {
                body.extend_from_slice(&piece);
                if let Some(running) = running {
                    running.update(&piece);
                }
            }
            empty => *empty = Pieces::One(piece),
        }
    }

    /// The whole body and the verdict on it.
    fn judge(&mut self, arrival: Arrival<'_>) -> (Bytes, Result<Verified, Rejection>) {
        let (body, running) = match std::mem::replace(&mut self.pieces, Pieces::None) {
            Pieces::None => (Bytes::new(), None),
            Pieces::One(body) => (body, None),
            Pieces::Many { body, running } => (body.freeze(), running),
        };
        let verdict = match running {
            Some(running) => running.finish(),
            None => self.found.endpoint.judge(arrival, &body),
        };
        (body, verdict)
    }

    fn take(&self, arrival: Arrival<'_>, body: &[u8]) -> Result<Option<Taken>, Rejection> {
        let endpoint = &self.found.endpoint;
        endpoint.take(endpoint.identify(arrival, body), arrival.now)
    }

    fn decided(&self, verdict: Result<Verified, Refusal>, length: u64) {
        events::decided(&self.found.endpoint, verdict, length);
    }
}
