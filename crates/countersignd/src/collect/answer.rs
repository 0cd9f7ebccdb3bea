//! The answers to senders: a text that is known, or made at once, so no body is boxed.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// An answer to a sender.
pub(super) type Answer = Response<Full<Bytes>>;

/// An answer of this text, which ends with a line break.
pub(super) fn text(status: StatusCode, text: &'static str) -> Answer {
    of(status, HeaderValue::from_static("text/plain; charset=utf-8"), Bytes::from_static(text.as_bytes()))
}

/// The answer to a delivery that was accepted: `{"id":"…"}`.
pub(super) fn accepted(id: Uuid) -> Answer {
    const START: &[u8] = br#"{"id":""#;
    const END: &[u8] = br#""}"#;
    let mut json = Vec::with_capacity(START.len() + Hyphenated::LENGTH + END.len());
    json.extend_from_slice(START);
    json.extend_from_slice(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()).as_bytes());
    json.extend_from_slice(END);
    of(StatusCode::OK, HeaderValue::from_static("application/json"), json.into())
}

fn of(status: StatusCode, content_type: HeaderValue, body: Bytes) -> Answer {
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, content_type);
    answer
}

#[cfg(test)]
mod tests {
    use http_body::Body as _;
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn what_was_accepted_is_answered_with_its_id_as_json() {
        let id = Uuid::from_u128(0x8b02_eccc_51bf_8118_8b69_f824_26ed_4fb6);
        let answer = accepted(id);
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
        assert_eq!(answer.body().size_hint().exact(), Some(45));
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, r#"{"id":"8b02eccc-51bf-8118-8b69-f82426ed4fb6"}"#);
        let found: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(found["id"], id.to_string());
    }
}
