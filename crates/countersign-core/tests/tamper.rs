//! After every accepted vector: one flipped bit, of the tag or of the body, must be a mismatch, however it arrives.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/connection.rs"]
mod connection;
#[path = "support/form.rs"]
mod form;
#[path = "support/pieces.rs"]
mod pieces;

use std::collections::HashSet;
use std::ops::Range;

use connection::{Built, Connection};
use countersign_core::{Delivery, Head, Rejection, Timestamp, Verified};
use countersign_vectors::Vector;
use form::Form;
use pieces::pieces;

/// Of a body longer than four of these, only so many bytes at the front, at the back and in between are tampered with:
/// every bit of every body would take minutes and show nothing new.
const STRETCH: usize = 64;

/// Every flip is judged at once. Of so many, one is also sent in pieces, and one byte by byte, which are slow. Both
/// numbers share no factor with 8, so that each of the eight bits has its turn.
const IN_PIECES_EVERY: usize = 3;
const BYTE_BY_BYTE_EVERY: usize = 29;

/// An accepted delivery that carries an HMAC.
struct Case<'a> {
    id: &'a str,
    verifier: Built<'a>,
    headers: Vec<(&'a str, &'a [u8])>,
    /// Where the signature stands among the headers.
    line: usize,
    form: Form,
    body: &'a [u8],
    /// Whether an earlier vector has the same algorithm, tag and body: many vectors differ in their headers alone. Of
    /// such a body, one bit of each byte is flipped in place of eight.
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

    /// Demands a mismatch, by every way to ask. `count` numbers the flips of this case.
    fn expect_mismatch(&self, signature: &[u8], body: &[u8], count: usize, what: &str) {
        let demand = |way: &str, verdict: Result<Verified, Rejection>| {
            assert_eq!(verdict, Err(Rejection::Mismatch), "{}: {what} {count}, {way}", self.id);
        };
        demand("at once", self.verify(signature, body));
        if count.is_multiple_of(IN_PIECES_EVERY) {
            demand("in pieces", self.verify_in(signature, &pieces(body, count as u64)));
        }
        if count.is_multiple_of(BYTE_BY_BYTE_EVERY) {
            demand("byte by byte", self.verify_in(signature, &body.chunks(1).collect::<Vec<_>>()));
        }
    }
}

/// Runs `check` on every accepted vector with an HMAC, whose own verdict is checked first; gives their number.
fn on_accepted(check: impl Fn(&Case<'_>)) -> usize {
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
        assert!(case.verify(&case.form.with(&case.form.tag), case.body).is_ok(), "{} is not even accepted", case.id);
        check(&case);
        cases += 1;
    }
    cases
}

#[test]
fn each_bit_of_the_tag_counts() {
    let cases = on_accepted(|case| {
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
    let cases = on_accepted(|case| {
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
    on_accepted(|case| {
        let signature = case.form.with(&case.form.tag);
        // HMAC pads a message with zeros, so a zero at the end is the one that might be lost.
        for extra in [&b"\0"[..], b"\x80", b"\n", b" "] {
            case.expect_mismatch(&signature, &[case.body, extra].concat(), 0, "longer body");
            case.expect_mismatch(&signature, &[extra, case.body].concat(), 0, "shifted body");
        }
        if let [first_gone @ .., _] = case.body {
            case.expect_mismatch(&signature, first_gone, 0, "shorter body");
        }
    });
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

/// All of a short body; of a long one the front, the back, and bytes evenly spread between them.
fn bytes_to_flip(length: usize) -> Vec<usize> {
    let all: Range<usize> = 0..length;
    if length <= 4 * STRETCH {
        return all.collect();
    }
    let between = length - 2 * STRETCH;
    let spread = (0..STRETCH).map(|step| STRETCH + step * between / STRETCH);
    all.clone().take(STRETCH).chain(spread).chain(all.skip(length - STRETCH)).collect()
}
