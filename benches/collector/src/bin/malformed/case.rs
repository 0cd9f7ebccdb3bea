//! One case: what is sent over one TCP connection, in which pieces, and how it ends. It follows from seed and number alone.

use std::time::Duration;

use countersign::{Algorithm, Encoding, Message, Secret, Signer};

use crate::body::{self, Framing};
use crate::random::Random;

/// What is sent over one TCP connection.
pub(crate) struct Case {
    /// The pieces, and how long is waited before each.
    pub(crate) pieces: Vec<(Duration, Vec<u8>)>,
    pub(crate) end: End,
    /// Whether there is a request in it that may be accepted.
    pub(crate) is_signed: bool,
}

/// What the sender does when all is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It shuts its side down, and waits until the server closes.
    ShutDown,
    /// It waits until the server closes.
    Wait,
    /// It goes away at once.
    Leave,
}

impl Case {
    pub(crate) fn new(seed: u64, number: u64, path: &str, secret: &str) -> Self {
        let random = &mut Random::new(seed, number);
        let (mut bytes, mut is_signed) = (Vec::new(), false);
        let requests = if random.percent(15) { 2 + random.below(8) } else { 1 };
        for _ in 0..requests {
            is_signed |= request(random, path, secret, &mut bytes);
        }
        if random.percent(15) {
            mutate(random, &mut bytes);
        }
        if random.percent(15) {
            bytes.truncate(random.below(bytes.len() + 1));
        }
        let end = match random.below(100) {
            0..70 => End::ShutDown,
            70..75 => End::Wait,
            _ => End::Leave,
        };
        Self { pieces: pieces(random, &bytes), end, is_signed }
    }
}

/// Appends a request; whether it was signed.
fn request(random: &mut Random, endpoint: &str, secret: &str, bytes: &mut Vec<u8>) -> bool {
    let is_signed = random.percent(40);
    let body = body::content(random);
    // What is well in one place reaches further than what is wrong everywhere.
    let method = if random.percent(80) { b"POST".to_vec() } else { method(random) };
    let path = if random.percent(85) { endpoint.as_bytes().to_vec() } else { path(random, endpoint) };
    let version = if random.percent(93) { "HTTP/1.1" } else { random.one_of(VERSIONS) };
    let ending = if random.percent(97) { "\r\n" } else { random.one_of(&["\n", "\r", "\n\r", "", "\r\n\r\n"]) };
    let space = if random.percent(97) { " " } else { random.one_of(&["  ", "\t", "", "\x0b"]) };
    bytes.extend(
        [&method[..], space.as_bytes(), &path, space.as_bytes(), version.as_bytes(), ending.as_bytes()].concat(),
    );
    let mut lines: Vec<Vec<u8>> = Vec::new();
    if random.percent(90) {
        lines.push(b"Host: fuzz".to_vec());
    }
    let framing = if random.percent(55) { Framing::Length(body.len()) } else { body::framing(random, body.len()) };
    lines.extend(framing.lines());
    if is_signed {
        let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(secret)).expect("a signer");
        let headers = signer.headers(&Message::new(&body)).expect("SHA_256 signs any body");
        lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}").into_bytes()));
    }
    let more = match random.below(100) {
        0..3 => 200,
        3..50 => random.below(6),
        _ => 0,
    };
    for _ in 0..more {
        let line = header(random);
        lines.insert(random.below(lines.len() + 1), line);
    }
    for line in lines {
        bytes.extend_from_slice(&line);
        bytes.extend_from_slice(ending.as_bytes());
    }
    bytes.extend_from_slice(ending.as_bytes());
    bytes.extend(framing.body(random, &body));
    is_signed
}

const VERSIONS: &[&str] =
    &["HTTP/1.0", "HTTP/0.9", "HTTP/2.0", "HTTP/1.10", "http/1.1", "HTTP/1.1 ", "", "HTTP/9", "ICY/1.1"];
const METHODS: &[&str] = &[
    "GET", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE", "PATCH", "PRI", "post", "P\0ST", "", "PO ST", "{}",
    "\u{e9}",
];

fn method(random: &mut Random) -> Vec<u8> {
    match random.below(20) {
        0 => vec![b'M'; 1 << random.below(17)],
        1 => {
            let length = random.below(20);
            random.bytes(length)
        }
        _ => random.one_of(METHODS).as_bytes().to_vec(),
    }
}

fn path(random: &mut Random, endpoint: &str) -> Vec<u8> {
    let query = format!("{endpoint}?a=%zz&&=&b=\u{e9}#fragment");
    let absolute = format!("http://fuzz:99999{endpoint}");
    let dotted = format!("/./x/../{endpoint}//%2e%2e/");
    let upper = endpoint.to_uppercase();
    let slash = format!("{endpoint}/");
    let cut = &endpoint[..random.below(endpoint.len())];
    let unknown = "/webhooks/00000000-0000-4000-8000-000000000000";
    match random.below(20) {
        0 => [endpoint.as_bytes(), b"?", &vec![b'q'; 1 << random.below(18)]].concat(),
        1 => [b"/", &vec![b'/'; 1 << random.below(18)][..]].concat(),
        2 => {
            let length = random.below(40);
            [b"/", &random.bytes(length)[..]].concat()
        }
        _ => random
            .one_of(&[
                &*query, &*absolute, &*dotted, &*upper, &*slash, cut, unknown, "*", "", "fuzz:80", "/\0", "/%00%ff",
                "/readyz",
            ])
            .as_bytes()
            .to_vec(),
    }
}

const HEADERS: &[&str] = &[
    "Expect: 100-continue",
    "Expect: something",
    "Connection: close",
    "Connection: upgrade, keep-alive, close",
    "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    "Upgrade: websocket\r\nSec-WebSocket-Key: x",
    "Content-Type: ",
    "Content-Type: multipart/form-data; boundary=\"",
    "Content-Encoding: gzip, br, \u{e9}",
    "X-Fivetran-Hmac-Sign:",
    "X-Fivetran-Hmac-Sign: zz",
    "X-Fivetran-Hmac-Sign: 00, 00",
    "Host: ",
    "Host: a, b",
    "Trailer: X-Fivetran-Hmac-Sign",
    "TE: trailers, deflate;q=99999999999",
    "Content-Length : 5",
    " folded: line",
    "X: first\r\n second\r\n\tthird",
    ": no name",
    "no colon",
    "X:",
    "Cookie: a=b; ;;; =",
    "Range: bytes=-1",
    "Forwarded: for=\"[::\"",
];

fn header(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => [b"X-Long: ", &vec![b'v'; 1 << random.below(18)][..]].concat(),
        1 => [&vec![b'N'; 1 << random.below(17)][..], b": v"].concat(),
        2 => {
            let (name, value) = (random.below(12), random.below(40));
            [&random.bytes(name)[..], b": ", &random.bytes(value)].concat()
        }
        3 => {
            let length = random.below(60);
            [b"X-Fivetran-Hmac-Sign: ", &random.bytes(length)[..]].concat()
        }
        _ => random.one_of(HEADERS).as_bytes().to_vec(),
    }
}

/// Changes some bytes.
fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..=random.below(6) {
        let place = random.below(bytes.len() + 1);
        match random.below(4) {
            0 if place < bytes.len() => bytes[place] = random.number().to_le_bytes()[0],
            1 if place < bytes.len() => _ = bytes.remove(place),
            2 => bytes.insert(place, random.one_of(&[&b'\0', &b'\r', &b'\n', &b' ', &b':', &0x80, &0xff]).to_owned()),
            _ => {
                let until = (place + random.below(64)).min(bytes.len());
                let repeated = bytes[place..until].to_vec();
                bytes.splice(place..place, repeated);
            }
        }
    }
}

/// Cuts what is sent into pieces.
fn pieces(random: &mut Random, bytes: &[u8]) -> Vec<(Duration, Vec<u8>)> {
    let number = if random.percent(50) { 1 } else { 1 + random.below(8) };
    let mut cuts: Vec<usize> = (1..number).map(|_| random.below(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    let pieces = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
    pieces.map(|piece| (Duration::from_millis(random.below(20) as u64), piece.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_follows_from_seed_and_number_alone() {
        let case = |seed, number| Case::new(seed, number, "/webhooks/x", "secret").pieces;
        for number in 0..2000 {
            assert_eq!(case(7, number), case(7, number));
        }
        assert_ne!(case(7, 1), case(8, 1));
        assert_ne!(case(7, 1), case(7, 2));
    }
}
