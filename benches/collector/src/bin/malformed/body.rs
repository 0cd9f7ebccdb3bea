//! Bodies, and how a request says where they end, rightly or not.

use crate::random::Random;

pub(crate) fn content(random: &mut Random) -> Vec<u8> {
    match random.below(10) {
        0 => Vec::new(),
        1 => random.bytes(1 << 10),
        2 => vec![b'x'; 1 << random.below(18)],
        _ => format!("{{\"id\":\"{}\",\"text\":\"x\"}}", random.number()).into_bytes(),
    }
}

/// How a request says where its body ends.
pub(crate) enum Framing {
    Length(usize),
    /// These lines, whatever the body.
    Lines(Vec<Vec<u8>>),
    /// Chunked, well or broken in one of some ways.
    Chunked {
        lines: Vec<Vec<u8>>,
        fault: usize,
    },
}

/// How many ways there are in which chunks are broken; more are not.
const FAULTS: usize = 14;

pub(crate) fn framing(random: &mut Random, length: usize) -> Framing {
    let line = |text: &str| text.as_bytes().to_vec();
    if random.percent(50) {
        let encodings = [
            "chunked",
            "CHUNKED",
            "gzip, chunked",
            "chunked, chunked",
            "identity",
            "chunked;q=1",
            "\x0bchunked",
            "xchunked",
        ];
        let encoding = if random.percent(70) { "chunked" } else { encodings[random.below(encodings.len())] };
        let mut lines = vec![format!("Transfer-Encoding: {encoding}").into_bytes()];
        if random.percent(15) {
            lines.push(format!("Content-Length: {length}").into_bytes());
        }
        return Framing::Chunked { lines, fault: random.below(FAULTS + 6) };
    }
    let more = length + 1 + random.below(1 << 10);
    let less = random.below(length + 1);
    Framing::Lines(match random.below(12) {
        0 => Vec::new(),
        1 => vec![format!("Content-Length: {more}").into_bytes()],
        2 => vec![format!("Content-Length: {less}").into_bytes()],
        3 => vec![format!("Content-Length: {length}").into_bytes(), format!("Content-Length: {more}").into_bytes()],
        4 => vec![format!("Content-Length: {length}, {length}").into_bytes()],
        5 => vec![format!("Content-Length: +{length}").into_bytes()],
        6 => vec![line("Content-Length: -1")],
        7 => vec![line("Content-Length: 18446744073709551615")],
        8 => vec![line("Content-Length: 99999999999999999999999")],
        9 => vec![format!("Content-Length: 0x{length:x}").into_bytes()],
        10 => vec![line("Content-Length: ")],
        _ => vec![line("Content-Length: 50000000")],
    })
}

impl Framing {
    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Length(length) => vec![format!("Content-Length: {length}").into_bytes()],
            Self::Lines(lines) | Self::Chunked { lines, .. } => lines.clone(),
        }
    }

    /// The body as it is sent.
    pub(crate) fn body(&self, random: &mut Random, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Length(_) | Self::Lines(_) => body.to_vec(),
            Self::Chunked { fault, .. } => chunks(random, body, *fault),
        }
    }
}

/// A body in chunks, broken in one way, or in none.
fn chunks(random: &mut Random, body: &[u8], fault: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let size = 1 + random.below(body.len() + 1);
    for chunk in body.chunks(size) {
        let length = chunk.len();
        let head = match fault {
            0 => format!("{:x}", length + 1),
            1 => format!("{:x}", length - 1),
            2 => format!("{length:x};{}", "e".repeat(1 << random.below(17))),
            3 => format!("{length:x} ; a=\"\r\n\""),
            4 => format!("0x{length:x}"),
            5 => format!("-{length:x}"),
            6 => "ffffffffffffffff".to_owned(),
            7 => format!("{}{length:x}", "0".repeat(1 << random.below(12))),
            8 => "fffffffffffffffffffff".to_owned(),
            9 => String::new(),
            _ => format!("{length:x}"),
        };
        bytes.extend([head.as_bytes(), b"\r\n", chunk, if fault == 10 { b"" } else { &b"\r\n"[..] }].concat());
    }
    bytes.extend_from_slice(match fault {
        11 => b"",
        12 => b"0\r\n",
        13 => b"0\r\nX-Fivetran-Hmac-Sign: 00\r\n: no name\r\n\r\n",
        14 => b"0\r\nX-Trailer: value\r\n\r\n",
        _ => b"0\r\n\r\n",
    });
    bytes
}
