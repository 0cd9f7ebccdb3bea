//! Flips bits of the tag and of the body of every accepted vector. Each result must be a mismatch, at once and in
//! pieces.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/connection.rs"]
mod connection;
#[path = "support/form.rs"]
mod form;
#[path = "support/pieces.rs"]
mod pieces;

use std::collections::HashSet;
use std::ops::Range;

use connection::{Connection, VectorVerifier};
use countersign_core::{Delivery, Head, Rejection, Timestamp, Verified};
use countersign_vectors::Vector;
use form::Form;
use pieces::pieces;

/// In a body longer than four times this, only this many bytes at the start, at the end and in between are changed:
/// changing every bit of every body would take minutes and find nothing more.
const SAMPLE: usize = 64;

/// Every flip is verified at once. One in three is also sent in pieces, and one in 29 byte by byte, which is slow. Both
/// numbers are coprime to 8, so that each of the eight bits is covered.
const IN_PIECES_EVERY: usize = 3;
const BYTE_BY_BYTE_EVERY: usize = 29;

/// An accepted delivery with an HMAC.
struct Case<'a> {
    id: &'a str,
    verifier: VectorVerifier<'a>,
    headers: Vec<(&'a str, &'a [u8])>,
    /// The index of the signature header.
    line: usize,
    form: Form,
    body: &'a [u8],
    /// Whether an earlier vector has the same algorithm, tag and body: many vectors differ only in their headers. In
    /// such a body, only one bit of each byte is flipped.
    repeated: bool,
}

impl Case<'_> {
    fn verify(&self, signature: &[u8], body: &[u8]) -> Result<Verified, Rejection> {
        let headers = self.headers_with(signature);
        let delivery = Delivery { method: "POST", url: "/", headers: headers.as_slice(), body };
        self.verifier.verify(&delivery, Timestamp::from_seconds(0))
    }

    fn verify_in(&self, signature: &[u8], parts: &[&[u8]]) -> Result<Verified, Rejection> {
        let mut stream = self.verifier.streaming().unwrap().begin(
            &Head { method: "", url: "", headers: self.headers_with(signature).as_slice() },
            Timestamp::from_seconds(0),
        )?;
        for part in parts {
            stream.update(part);
        }
        stream.finish()
    }

    fn headers_with<'b>(&'b self, signature: &'b [u8]) -> Vec<(&'b str, &'b [u8])> {
        let mut headers: Vec<(&str, &[u8])> = self.headers.clone();
        headers[self.line].1 = signature;
        headers
    }

    /// Expects a mismatch from each way to verify. `count` is the number of the flip.
    fn expect_mismatch(&self, signature: &[u8], body: &[u8], count: usize, what: &str) {
        let check = |way: &str, verdict: Result<Verified, Rejection>| {
            assert_eq!(verdict, Err(Rejection::Mismatch), "{}: {what} {count}, {way}", self.id);
        };
        check("at once", self.verify(signature, body));
        if count.is_multiple_of(IN_PIECES_EVERY) {
            check("in pieces", self.verify_in(signature, &pieces(body, count as u64)));
        }
        if count.is_multiple_of(BYTE_BY_BYTE_EVERY) {
            check("byte by byte", self.verify_in(signature, &body.chunks(1).collect::<Vec<_>>()));
        }
    }
}

/// Runs `check` on every accepted vector with an HMAC, after checking its own verdict. Returns their number.
fn for_each_accepted(check: impl Fn(&Case<'_>)) -> usize {
    let vectors: Vec<Vector> = connection::vectors().map(|(_, vector)| vector).collect();
    let (mut cases, mut seen) = (0, HashSet::new());
    for vector in vectors.iter().filter(|vector| vector.expect == "authentic" && vector.algorithm.is_some()) {
        let connection = Connection::of(vector);
        let headers = vector.delivery.headers();
        let line = headers.iter().position(|(name, _)| name.eq_ignore_ascii_case(connection.header())).unwrap();
        let form = Form::of(headers[line].1, connection.encoding());
        let verifier = connection.verifier(vector.verifier.secrets()).unwrap();
        let body = vector.delivery.body();
        let repeated = !seen.insert((&vector.algorithm, form.tag.clone(), body));
        let case = Case { id: &vector.id, verifier, headers, line, form, body, repeated };
        assert!(
            case.verify(&case.form.with(&case.form.tag), case.body).is_ok(),
            "{} is not accepted unchanged",
            case.id
        );
        check(&case);
        cases += 1;
    }
    cases
}

#[test]
fn each_bit_of_the_tag_counts() {
    let cases = for_each_accepted(|case| {
        let mut tag = case.form.tag.clone();
        for bit in 0..tag.len() * 8 {
            flip(&mut tag, bit);
            case.expect_mismatch(&case.form.with(&tag), case.body, bit, "tag bit");
            flip(&mut tag, bit);
        }
    });
    assert!(cases > 1000, "only {cases} accepted vectors");
}

#[test]
fn each_bit_of_the_body_counts() {
    let cases = for_each_accepted(|case| {
        let signature = case.form.with(&case.form.tag);
        let mut body = case.body.to_vec();
        for byte in bytes_to_flip(body.len()) {
            let bits = if case.repeated { byte % 8..byte % 8 + 1 } else { 0..8 };
            for bit in bits.map(|bit| byte * 8 + bit) {
                flip(&mut body, bit);
                case.expect_mismatch(&signature, &body, bit, "body bit");
                flip(&mut body, bit);
            }
        }
    });
    assert!(cases > 1000, "only {cases} accepted vectors");
}

#[test]
fn the_length_of_the_body_counts() {
    for_each_accepted(|case| {
        let signature = case.form.with(&case.form.tag);
        // The hash pads a message with zeros, so a zero at the end could be lost.
        for extra in [&b"\0"[..], b"\x80", b"\n", b" "] {
            case.expect_mismatch(&signature, &[case.body, extra].concat(), 0, "longer body");
            case.expect_mismatch(&signature, &[extra, case.body].concat(), 0, "shifted body");
        }
        if let [without_last @ .., _] = case.body {
            case.expect_mismatch(&signature, without_last, 0, "shorter body");
        }
    });
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// All bytes of a short body; of a long one the start, the end, and bytes evenly spread between them.
fn bytes_to_flip(length: usize) -> Vec<usize> {
    let all: Range<usize> = 0..length;
    if length <= 4 * SAMPLE {
        return all.collect();
    }
    let between = length - 2 * SAMPLE;
    let spread = (0..SAMPLE).map(|step| SAMPLE + step * between / SAMPLE);
    all.clone().take(SAMPLE).chain(spread).chain(all.skip(length - SAMPLE)).collect()
}
