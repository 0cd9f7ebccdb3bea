//! What a sender hears of a delivery that was refused: one status and one text for all reasons that are its own fault.

use std::time::Duration;

use ::http::header::{CONNECTION, CONTENT_TYPE, RETRY_AFTER};
use ::http::{HeaderValue, Response, StatusCode, Version};
use bytes::Bytes;
use countersign_core::Rejection;

use crate::tower::body::bodies::AnswerBody;
use crate::tower::refusal::Refusal;

const LATER: Bytes = Bytes::from_static(b"try again later\n");
const INTERNAL: Bytes = Bytes::from_static(b"internal error\n");

/// The status of a delivery that is not authentic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RejectedStatus {
    /// 400 Bad Request.
    BadRequest,
    /// 401 Unauthorized, without a `WWW-Authenticate`: there is nothing that a person could log in with.
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

/// The answer to an authentic delivery whose message was taken before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RepeatedAnswer {
    /// 200 if the message was handled, so that its sender does not try again: it may have missed the first answer. 409 while
    /// nobody knows what becomes of it, so that its sender does try again.
    #[default]
    Success,
    /// The answer to a delivery that is not authentic. Senders whose answer got lost will then try until they give up.
    Rejected,
}

/// The answers of one layer, made once.
#[derive(Clone, Debug)]
pub(crate) struct Answers {
    rejected: RejectedStatus,
    repeated: RepeatedAnswer,
    too_large: Bytes,
    timed_out: Bytes,
}

impl Answers {
    pub(crate) fn new(
        rejected: RejectedStatus,
        repeated: RepeatedAnswer,
        limit: u64,
        timeout: Option<Duration>,
    ) -> Self {
        let seconds = timeout.unwrap_or_default().as_secs_f64();
        Self {
            rejected,
            repeated,
            too_large: format!("the body is larger than {limit} bytes\n").into(),
            timed_out: format!("the body took longer than {seconds} seconds\n").into(),
        }
    }

    /// The answer to a delivery that was refused.
    pub(crate) fn to<B>(&self, refusal: Refusal, version: Version) -> Response<AnswerBody<B>> {
        let (status, text, is_read) = match refusal {
            Refusal::OverLimit => (StatusCode::PAYLOAD_TOO_LARGE, self.too_large.clone(), false),
            Refusal::TimedOut => (StatusCode::REQUEST_TIMEOUT, self.timed_out.clone(), false),
            Refusal::Aborted => (StatusCode::BAD_REQUEST, Bytes::from_static(b"the body is not whole\n"), false),
            Refusal::Unresolved | Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, LATER, false),
            Refusal::NotStored => (StatusCode::SERVICE_UNAVAILABLE, LATER, true),
            Refusal::NotStreamable | Refusal::NoUrl | Refusal::NotIdentifiable | Refusal::Unnamed => {
                (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL, false)
            }
            Refusal::Unread => (StatusCode::INTERNAL_SERVER_ERROR, INTERNAL, true),
            Refusal::Rejected(Rejection::Replayed) if self.repeated == RepeatedAnswer::Success => {
                (StatusCode::OK, Bytes::from_static(b"taken before\n"), true)
            }
            // As draft-ietf-httpapi-idempotency-key-header has it, section 2.7.
            Refusal::InProgress if self.repeated == RepeatedAnswer::Success => {
                (StatusCode::CONFLICT, Bytes::from_static(b"still being handled\n"), true)
            }
            Refusal::Rejected(_) | Refusal::UnknownConnection | Refusal::InProgress => {
                (self.rejected.code(), Bytes::from_static(b"not accepted\n"), true)
            }
        };
        let mut response = Response::new(AnswerBody::refused(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if matches!(refusal, Refusal::Busy) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        // What is left of the body is not waited for. HTTP/2 ends the stream by itself and knows no such header.
        if !is_read && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
