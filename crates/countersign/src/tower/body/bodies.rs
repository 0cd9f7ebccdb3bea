//! The bodies that the layer makes: what the handler reads, and what the sender hears.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

/// A body that was verified as a whole. Trailers are not signed, so there are none.
#[derive(Debug, Default)]
pub struct WholeBody(Option<Bytes>);

impl WholeBody {
    pub(crate) fn new(bytes: Bytes) -> Self {
        Self(Some(bytes).filter(|bytes| !bytes.is_empty()))
    }

    /// The bytes as they came over the wire.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0.unwrap_or_default()
    }
}

impl Body for WholeBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.0.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_ref().map_or(0, |bytes| bytes.len() as u64))
    }
}

pin_project! {
    /// The body of an answer: the handler's, or the text for a delivery that was refused.
    #[derive(Debug)]
    pub struct AnswerBody<B> {
        #[pin]
        answer: Answer<B>,
    }
}

pin_project! {
    #[project = AnswerProjection]
    #[derive(Debug)]
    enum Answer<B> {
        Handler { #[pin] body: B },
        Refused { text: WholeBody },
    }
}

impl<B> AnswerBody<B> {
    pub(crate) fn handler(body: B) -> Self {
        Self { answer: Answer::Handler { body } }
    }

    pub(crate) fn refused(text: Bytes) -> Self {
        Self { answer: Answer::Refused { text: WholeBody::new(text) } }
    }
}

impl<B: Body<Data = Bytes>> Body for AnswerBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().answer.project() {
            AnswerProjection::Handler { body } => body.poll_frame(cx),
            AnswerProjection::Refused { text } => {
                Pin::new(text).poll_frame(cx).map(|frame| frame.map(|frame| frame.map_err(|never| match never {})))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.answer {
            Answer::Handler { body } => body.is_end_stream(),
            Answer::Refused { text } => text.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.answer {
            Answer::Handler { body } => body.size_hint(),
            Answer::Refused { text } => text.size_hint(),
        }
    }
}
