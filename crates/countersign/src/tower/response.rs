//! The responses to refused requests. All reasons that are the sender's fault have one status and one text.

use std::pin::Pin;
use std::task::{Context, Poll};

use ::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use ::http::{HeaderName, HeaderValue, Response, StatusCode, Version};
use bytes::Bytes;
use countersign_core::Rejection;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use crate::handshake::Handshake;
use crate::tower::pace::Pace;
use crate::tower::refusal::Refusal;

const TRY_AGAIN: Bytes = Bytes::from_static(b"try again later\n");
const INTERNAL_ERROR: Bytes = Bytes::from_static(b"internal error\n");

/// The status of the response to a delivery that is not authentic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectedStatus {
    /// 400 Bad Request.
    BadRequest,
    /// 401 Unauthorized, without `WWW-Authenticate`: a sender of webhooks cannot log in.
    #[default]
    Unauthorized,
    /// 403 Forbidden.
    Forbidden,
}

impl RejectedStatus {
    fn code(self) -> StatusCode {
        match self {
            Self::BadRequest => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

/// The response to an authentic delivery whose message arrived before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepeatedAnswer {
    /// 200 if the message was handled, so that the sender, which may have missed the first response, does not repeat it
    /// again. 409 if its handler has not answered, so that the sender does repeat it.
    #[default]
    Success,
    /// The response to a delivery that is not authentic. A sender that missed the first response repeats the message
    /// until it gives up.
    Rejected,
}

/// Makes the responses of one layer. The texts are formatted once.
#[derive(Clone, Debug)]
pub(crate) struct Responses {
    rejected_status: RejectedStatus,
    repeated_answer: RepeatedAnswer,
    too_slow: Bytes,
    timed_out: Bytes,
}

impl Responses {
    pub(crate) fn new(rejected_status: RejectedStatus, repeated_answer: RepeatedAnswer, pace: Pace) -> Self {
        let seconds = pace.timeout.unwrap_or_default().as_secs_f64();
        let rate = pace.least_rate.map_or(0, |rate| rate.bytes_per_second);
        Self {
            rejected_status,
            repeated_answer,
            too_slow: format!("the body arrived at less than {rate} bytes a second\n").into(),
            timed_out: format!("the body took longer than {seconds} seconds\n").into(),
        }
    }

    /// The answer to a handshake.
    pub(crate) fn for_handshake<B>(handshake: Handshake) -> Response<ResponseBody<B>> {
        let mut response = Response::new(ResponseBody::text(handshake.body.into()));
        *response.status_mut() = StatusCode::from_u16(handshake.status).unwrap_or(StatusCode::OK);
        for (name, value) in handshake.headers {
            // The scheme's own texts and a token are what a header can carry.
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }

    /// The response to a request that was refused. `version` is that of the request, and `limit` what its body might have
    /// had.
    pub(crate) fn for_refusal<B>(&self, refusal: Refusal, version: Version, limit: u64) -> Response<ResponseBody<B>> {
        let (status, text, is_body_read) = match refusal {
            Refusal::OverLimit => {
                (StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {limit} bytes\n").into(), false)
            }
            Refusal::OverOuterLimit => {
                (StatusCode::PAYLOAD_TOO_LARGE, Bytes::from_static(b"the body is too large\n"), false)
            }
            Refusal::TooSlow => (StatusCode::REQUEST_TIMEOUT, self.too_slow.clone(), false),
            Refusal::TimedOut => (StatusCode::REQUEST_TIMEOUT, self.timed_out.clone(), false),
            Refusal::Aborted => (StatusCode::BAD_REQUEST, Bytes::from_static(b"the body is not whole\n"), false),
            Refusal::Unresolved | Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, TRY_AGAIN, false),
            Refusal::NotStored => (StatusCode::SERVICE_UNAVAILABLE, TRY_AGAIN, true),
            Refusal::NotStreamable | Refusal::NoUrl | Refusal::NotIdentifiable | Refusal::Unnamed => {
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR, false)
            }
            Refusal::Handshake => (StatusCode::OK, Bytes::new(), true),
            Refusal::Unread => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL_ERROR, true),
            Refusal::Rejected(Rejection::Replayed) if self.repeated_answer == RepeatedAnswer::Success => {
                (StatusCode::OK, Bytes::from_static(b"taken before\n"), true)
            }
            // As in draft-ietf-httpapi-idempotency-key-header, section 2.7.
            Refusal::InProgress if self.repeated_answer == RepeatedAnswer::Success => {
                (StatusCode::CONFLICT, Bytes::from_static(b"still being handled\n"), true)
            }
            Refusal::Rejected(_) | Refusal::UnknownEndpoint | Refusal::InProgress => {
                (self.rejected_status.code(), Bytes::from_static(b"not accepted\n"), true)
            }
        };
        let mut response = Response::new(ResponseBody::text(text));
        *response.status_mut() = status;
        // For layers around this one: the server does not send it.
        response.extensions_mut().insert(refusal);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if matches!(refusal, Refusal::Busy) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // Nobody reads the rest of the body. HTTP/2 ends the stream itself and does not allow this header.
        if !is_body_read && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

pin_project! {
    /// The body of a response: that of the handler, or the text for a request that was refused.
    #[derive(Debug)]
    pub struct ResponseBody<B> {
        #[pin]
        source: Source<B>,
    }
}

pin_project! {
    #[project = SourceProjection]
    #[derive(Debug)]
    enum Source<B> {
        Handler { #[pin] body: B },
        // `None` after the text was read.
        Text { text: Option<Bytes> },
    }
}

impl<B> ResponseBody<B> {
    pub(crate) fn handler(body: B) -> Self {
        Self { source: Source::Handler { body } }
    }

    fn text(text: Bytes) -> Self {
        Self { source: Source::Text { text: Some(text) } }
    }
}

/// The body of a handler that has none. Layers around `VerifyLayer` that answer by themselves ask for it, such as
/// `TimeoutLayer` and `CorsLayer` of `tower-http`.
impl<B: Default> Default for ResponseBody<B> {
    fn default() -> Self {
        Self::handler(B::default())
    }
}

impl<B: Body<Data = Bytes>> Body for ResponseBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        match self.project().source.project() {
            SourceProjection::Handler { body } => body.poll_frame(cx),
            SourceProjection::Text { text } => Poll::Ready(text.take().map(|text| Ok(Frame::data(text)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.source {
            Source::Handler { body } => body.is_end_stream(),
            Source::Text { text } => text.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.source {
            Source::Handler { body } => body.size_hint(),
            Source::Text { text } => SizeHint::with_exact(text.as_ref().map_or(0, |text| text.len() as u64)),
        }
    }
}
