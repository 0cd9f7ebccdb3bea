//! What a sender hears of a delivery that was refused: one status and one text for all reasons that are its own fault.

use std::time::Duration;

use ::http::header::{CONNECTION, CONTENT_TYPE};
use ::http::{HeaderValue, Response, StatusCode, Version};
use bytes::Bytes;
use countersign_core::Rejection;

use crate::tower::bodies::AnswerBody;
use crate::tower::refusal::Refusal;

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

/// The answers of one layer, made once.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    pub(super) rejected: RejectedStatus,
    too_large: Bytes,
    timed_out: Bytes,
}

impl Answers {
    pub(super) fn new(rejected: RejectedStatus, limit: u64, timeout: Option<Duration>) -> Self {
        let seconds = timeout.unwrap_or_default().as_secs_f64();
        Self {
            rejected,
            too_large: format!("the body is larger than {limit} bytes\n").into(),
            timed_out: format!("the body took longer than {seconds} seconds\n").into(),
        }
    }

    /// The answer to a delivery that was refused.
    pub(super) fn to<B>(&self, refusal: Refusal, version: Version) -> Response<AnswerBody<B>> {
        let (status, text, is_read) = match refusal {
            Refusal::Rejected(Rejection::BodyTooLarge) => {
                (StatusCode::PAYLOAD_TOO_LARGE, self.too_large.clone(), false)
            }
            Refusal::TimedOut => (StatusCode::REQUEST_TIMEOUT, self.timed_out.clone(), false),
            Refusal::Aborted => (StatusCode::BAD_REQUEST, Bytes::from_static(b"the body is not whole\n"), false),
            Refusal::Unresolved => (StatusCode::SERVICE_UNAVAILABLE, Bytes::from_static(b"try again later\n"), false),
            Refusal::NotStreamable | Refusal::Unread => {
                (StatusCode::INTERNAL_SERVER_ERROR, Bytes::from_static(b"internal error\n"), false)
            }
            Refusal::Rejected(_) | Refusal::UnknownConnection => {
                (self.rejected.code(), Bytes::from_static(b"not accepted\n"), true)
            }
        };
        let mut response = Response::new(AnswerBody::refused(text));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        // What is left of the body is not waited for. HTTP/2 ends the stream by itself and knows no such header.
        if !is_read && version < Version::HTTP_2 {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}
