//! The calls that read a request without a verdict: the id of a delivery, and the answer to a handshake.

use std::ptr::{self, null_mut};
use std::{slice, str};

use arbitrary::Arbitrary;
use countersign::{Delivery, Verifier};
use countersign_ffi as c;

use super::{Line, NOW, Name, delivery, headers, now};
use crate::setting::of;

const METHODS: [&str; 5] = ["GET", "POST", "HEAD", "get", ""];
const URLS: [&str; 5] = [
    "/?challenge=abc%2B1%3D",
    "https://example.com/in?crc_token=abc",
    "/?challenge=a&challenge=b",
    "/?challenge=%3C",
    "",
];
const BODIES: [&str; 4] = [
    r#"{"id": "evt_1", "type": "url_verification", "challenge": "3eZbrw1a"}"#,
    r#"{"id": 17, "type": "url_verification", "challenge": "a b"}"#,
    r#"{"id": 1, "id": 1}"#,
    "",
];

#[derive(Arbitrary, Debug)]
pub(super) struct Request<'a> {
    #[arbitrary(with = of(&METHODS))]
    method: &'static str,
    #[arbitrary(with = of(&URLS))]
    url: &'static str,
    lines: Vec<(Name, Line<'a>)>,
    body: Body<'a>,
}

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Known(#[arbitrary(with = of(&BODIES))] &'static str),
    Any(&'a [u8]),
}

impl Request<'_> {
    /// Calls `f` with this request for C, and with the same for Rust.
    fn with<T>(&self, f: impl FnOnce(&c::Delivery, &Delivery<'_, [(&str, &[u8])]>) -> T) -> T {
        let body = match self.body {
            Body::Known(text) => text.as_bytes(),
            Body::Any(bytes) => bytes,
        };
        let values: Vec<_> = self.lines.iter().map(|(_, line)| line.text(body)).collect();
        let headers = headers(&self.lines, &values);
        let (method, url) = (self.method, self.url);
        let of_c = c::Delivery {
            method: method.as_ptr().cast(),
            method_length: method.len(),
            url: url.as_ptr().cast(),
            url_length: url.len(),
            ..delivery(&headers, body)
        };
        let pairs: Vec<_> = self.lines.iter().zip(&values).map(|((name, _), value)| (name.0, &value[..])).collect();
        f(&of_c, &Delivery { method, url, headers: &pairs[..], body })
    }

    /// The id in C, which must be that in Rust.
    pub(super) fn delivery_id(&self, verifier: *const c::VerifierHandle, twin: Option<&Verifier>) -> c::Status {
        self.with(|of_c, of_rust| {
            let (mut text, mut length, mut is_signed) = ([0_u8; c::COUNTERSIGN_MAX_DELIVERY_ID], 7, 7);
            // SAFETY: the verifier is alive or NULL; all that the delivery leads to is there; there is room for an id.
            let status = unsafe {
                let room = text.as_mut_ptr().cast();
                c::countersign_delivery_id(verifier, of_c, room, text.len(), &raw mut length, &raw mut is_signed)
            };
            let expected = twin.and_then(|twin| twin.delivery_id(of_rust));
            assert_eq!(str::from_utf8(&text[..length]), Ok(expected.as_ref().map_or("", |id| &id.text)));
            assert_eq!(is_signed, u32::from(expected.is_some_and(|id| id.is_signed)));
            status
        })
    }

    /// The answer to the handshake in C, which must be that in Rust.
    pub(super) fn handshake(&self, verifier: *const c::VerifierHandle, twin: Option<&Verifier>) -> c::Status {
        self.with(|of_c, of_rust| {
            let mut answer = ptr::dangling_mut();
            // SAFETY: the verifier is alive or NULL; all that the delivery leads to is there; there is room for a
            // pointer; the answer is freed once.
            unsafe {
                let status = c::countersign_handshake_new(verifier, of_c, NOW * 1000, &raw mut answer);
                assert_eq!(read(answer), twin.and_then(|twin| twin.handshake(of_rust, now())).map(known));
                c::countersign_handshake_free(answer);
                c::countersign_handshake_free(null_mut());
                status
            }
        })
    }
}

/// Status, header lines, body and secret of an answer.
type Answer = (u32, Vec<(Vec<u8>, Vec<u8>)>, Vec<u8>, Option<Vec<u8>>);

fn known(answer: countersign::Handshake) -> Answer {
    let lines = answer.headers.into_iter().map(|(name, value)| (name.into_bytes(), value.into_bytes()));
    let secret = answer.secret.map(|secret| secret.expose().to_vec());
    (u32::from(answer.status), lines.collect(), answer.body.into_bytes(), secret)
}

/// # Safety
/// `answer` is alive or NULL.
unsafe fn read(answer: *const c::Handshake) -> Option<Answer> {
    // SAFETY: that is the caller's promise; an answer leads to as many lines and bytes as it says, and to a NUL after each text.
    unsafe {
        let text = |start: *const u8, length: usize| {
            let bytes = slice::from_raw_parts(start, length + 1);
            assert_eq!(bytes[length], 0);
            bytes[..length].to_vec()
        };
        let answer = answer.as_ref()?;
        let lines = (0..answer.header_count).map(|index| {
            let line = &*answer.headers.add(index);
            (text(line.name.cast(), line.name_length), text(line.value.cast(), line.value_length))
        });
        let secret = (!answer.secret.is_null()).then(|| text(answer.secret.cast(), answer.secret_length));
        Some((answer.status, lines.collect(), text(answer.body.cast(), answer.body_length), secret))
    }
}
