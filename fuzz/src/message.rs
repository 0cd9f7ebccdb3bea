//! Claims, for messages that list what is signed: whatever is sent, nothing panics and no stranger's signature is taken.
//! With the sender's own tag, a message is taken exactly if it says what the few lines below want of it. These make the
//! signed text from the parts of the message, while the library finds the parts in its headers.

use std::time::{Duration, SystemTime};

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use countersign::{Algorithm, Delivery, Rejection, Scheme, Secret};
use sha2::{Digest as _, Sha256};

use crate::setting::of;

const SECRET: &[u8] = b"the secret of the sender";
const NOW: u64 = 1_760_000_000;
const URL: &str = "https://Example.com:443/in?a=1";

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    kind: Kind,
    parts: Vec<Part<'a>>,
    #[arbitrary(with = of(&PARAMETERS))]
    parameters: &'static str,
    /// The value of the header `x-a`, if there is one.
    header: Option<&'a [u8]>,
    body: &'a [u8],
    /// Whether the digest is that of another body.
    wrong_digest: bool,
    /// What is sent as the signature in place of the sender's own.
    stranger: Option<&'a [u8]>,
    /// What is written into the header with the list, and where.
    edit: Option<(u8, u8)>,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Kind {
    Rfc9421,
    Cavage,
    Jwt,
}

/// A line of the signed text, or a claim of a token.
#[derive(Arbitrary, Debug)]
enum Part<'a> {
    Method,
    Target,
    Digest,
    Header,
    Absent,
    Any(&'a str),
}

const PARAMETERS: [&str; 8] = [
    ";created=1760000000",
    ";created=1760000000;alg=\"hmac-sha256\"",
    ";created=1760000000;alg=\"hmac-sha512\"",
    ";created=1760000000;alg=\"none\"",
    ";created=1759999000",
    ";created=1760000000;expires=1760000000",
    ";created=soon",
    "",
];

/// The message as it is sent, and whether it must be taken.
struct Sent {
    headers: Vec<(&'static str, Vec<u8>)>,
    /// The header with the list and the tag behind it.
    list: usize,
    is_right: bool,
}

fn tag(text: &[u8]) -> Vec<u8> {
    crate::tag(Algorithm::Sha256, SECRET, text)
}

/// Signs and forges the message that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let scheme = Scheme::from_json(match input.kind {
        Kind::Rfc9421 => {
            r#"{"signature": {"header": "Signature", "format": "rfc9421", "components": ["content-digest"]}, "algorithm": "SHA_256",
                "timestamp": {"from": "signature:created", "unit": "s", "tolerance": 300}}"#
        }
        Kind::Cavage => {
            r#"{"signature": {"header": "Signature", "format": "draft-cavage", "components": ["digest"]}, "algorithm": "SHA_256"}"#
        }
        Kind::Jwt => {
            r#"{"signature": {"header": "Signature", "format": "jwt",
                              "body_hash": {"claim": "h", "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL"}},
                "algorithm": "SHA_256", "timestamp": {"from": "signature:iat", "unit": "s", "tolerance": 300}}"#
        }
    });
    let verifier = scheme.expect("well-formed").verifier(Secret::new(SECRET)).expect("the secret suits it");
    let mut sent = match input.kind {
        Kind::Rfc9421 => rfc9421(&input),
        Kind::Cavage => cavage(&input),
        Kind::Jwt => jwt(&input),
    };
    if let Some((place, byte)) = input.edit {
        let list = &mut sent.headers[sent.list].1;
        let place = usize::from(place) % (list.len() + 1);
        match list.get_mut(place) {
            Some(old) if *old != byte => *old = byte,
            Some(_) => return None,
            None => list.push(byte),
        }
    }
    let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (*name, &value[..])).collect();
    let delivery = Delivery { method: "POST", url: URL, headers: &headers[..], body: input.body };
    let verdict = verifier.verify(&delivery, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)).map(|_| 0);
    if input.stranger.is_some() {
        assert!(verdict.is_err(), "a stranger's signature is taken: {input:?}");
    } else if input.edit.is_some() {
        // What is free is the label, blanks, and what nobody reads: the right body and digest are needed all the same.
        assert!(verdict.is_err() || !input.wrong_digest, "another body is taken: {input:?}");
    } else {
        assert_eq!(verdict.is_ok(), sent.is_right, "{verdict:?}: {input:?}");
    }
    let longer = [input.body, b"x"].concat();
    let other = Delivery { body: &longer, ..delivery };
    let taken = verifier.verify(&other, SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)).is_ok();
    assert!(!taken || input.wrong_digest, "a longer body is taken: {input:?}");
    Some(verdict.unwrap_or_else(Rejection::code))
}

/// The hash of the body, or of a body with one byte more.
fn hash(input: &Input<'_>) -> Vec<u8> {
    let more = if input.wrong_digest { &b"x"[..] } else { b"" };
    Sha256::digest([input.body, more].concat()).to_vec()
}

/// The value of `x-a` as it is signed, if it can be.
fn header<'a>(input: &Input<'a>) -> Option<&'a [u8]> {
    let value = input.header?;
    let value = &value[value.iter().take_while(|byte| b" \t".contains(byte)).count()..];
    let value = &value[..value.len() - value.iter().rev().take_while(|byte| b" \t".contains(byte)).count()];
    let is_line = value.iter().all(|&byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    (is_line && value.len() <= 4096).then_some(value)
}

fn own_headers(input: &Input<'_>) -> Vec<(&'static str, Vec<u8>)> {
    input.header.map(|value| ("X-A", value.to_vec())).into_iter().collect()
}

fn signature(input: &Input<'_>, text: &[u8]) -> Vec<u8> {
    match input.stranger {
        Some(stranger) => stranger.to_vec(),
        None => STANDARD.encode(tag(text)).into_bytes(),
    }
}

/// Names and values of the lines, and whether all can be signed.
fn lines(input: &Input<'_>, digest: &str, digest_name: &str) -> (Vec<(String, Vec<u8>)>, bool) {
    let mut is_right = true;
    let mut lines: Vec<(String, Vec<u8>)> = Vec::new();
    for part in &input.parts {
        let (name, value) = match (part, input.kind) {
            (Part::Method, Kind::Rfc9421) => ("@method", Some(b"POST".to_vec())),
            (Part::Method, _) => ("(request-target)", Some(b"post /in?a=1".to_vec())),
            (Part::Target, Kind::Rfc9421) => ("@authority", Some(b"example.com".to_vec())),
            (Part::Target, _) => ("@request-target", Some(b"post /in?a=1".to_vec())),
            (Part::Digest, _) => (digest_name, Some(digest.as_bytes().to_vec())),
            (Part::Header, _) => ("x-a", header(input).map(<[u8]>::to_vec)),
            (Part::Absent, _) => ("x-absent", None),
            (Part::Any(text), _) => (*text, None),
        };
        is_right &= value.is_some() && lines.iter().all(|(other, _)| other != name);
        lines.push((name.to_owned(), value.unwrap_or_default()));
    }
    is_right &= lines.iter().any(|(name, _)| name == digest_name) && lines.len() <= 32 && !input.wrong_digest;
    (lines, is_right)
}

fn rfc9421(input: &Input<'_>) -> Sent {
    let digest = format!("sha-256=:{}:", STANDARD.encode(hash(input)));
    let (lines, mut is_right) = lines(input, &digest, "content-digest");
    let names: Vec<String> = lines.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    let list = format!("({}){}", names.join(" "), input.parameters);
    let mut text = Vec::new();
    for (name, (_, value)) in names.iter().zip(&lines) {
        text.extend_from_slice(&[name.as_bytes(), b": ", value, b"\n"].concat());
    }
    text.extend_from_slice(format!("\"@signature-params\": {list}").as_bytes());
    is_right &= PARAMETERS[..2].contains(&input.parameters) && list.len() < 4000;
    let value = [b"s=:", &signature(input, &text)[..], b":"].concat();
    let mut headers = own_headers(input);
    headers.extend([
        ("Content-Digest", digest.into_bytes()),
        ("Signature", value),
        ("Signature-Input", format!("s={list}").into_bytes()),
    ]);
    Sent { list: headers.len() - 1, headers, is_right: is_right && input.stranger.is_none() }
}

fn cavage(input: &Input<'_>) -> Sent {
    let digest = format!("SHA-256={}", STANDARD.encode(hash(input)));
    let (lines, mut is_right) = lines(input, &digest, "digest");
    let names: Vec<&str> = lines.iter().map(|(name, _)| name.as_str()).collect();
    let text: Vec<Vec<u8>> = lines.iter().map(|(name, value)| [name.as_bytes(), b": ", value].concat()).collect();
    let text = text.join(&b'\n');
    let names = names.join(" ");
    is_right &= names.len() < 3000;
    let front = format!("keyId=\"k\",algorithm=\"hmac-sha256\",headers=\"{names}\",signature=\"");
    let value = [front.as_bytes(), &signature(input, &text)[..], b"\""].concat();
    let mut headers = own_headers(input);
    headers.extend([("Digest", digest.into_bytes()), ("Signature", value)]);
    Sent { list: headers.len() - 1, headers, is_right: is_right && input.stranger.is_none() }
}

fn jwt(input: &Input<'_>) -> Sent {
    let mut claims = vec![format!("\"iat\":{NOW}")];
    let mut is_right = !input.wrong_digest;
    let (mut hashes, mut names) = (0, vec!["iat".to_owned()]);
    for part in &input.parts {
        let (name, value) = match part {
            Part::Digest => ("h".to_owned(), format!("\"{}\"", hex::encode(hash(input)))),
            Part::Method => ("exp".to_owned(), (NOW + 1).to_string()),
            Part::Target => ("nbf".to_owned(), format!("{NOW}.0")),
            Part::Header => ("jti".to_owned(), "[[{}]]".to_owned()),
            Part::Absent => ("exp".to_owned(), "null".to_owned()),
            Part::Any(text) => ((*text).to_owned(), "1".to_owned()),
        };
        hashes += usize::from(matches!(part, Part::Digest));
        is_right &= !names.contains(&name)
            && !matches!(part, Part::Absent)
            && !(matches!(part, Part::Any("h" | "exp" | "nbf")));
        claims.push(format!("{}:{value}", serde_json::Value::from(name.as_str())));
        names.push(name);
    }
    is_right &= hashes == 1 && names.len() <= 64;
    let algorithm = match PARAMETERS.iter().position(|text| *text == input.parameters) {
        Some(2) => "HS512",
        Some(3) => "none",
        _ => "HS256",
    };
    is_right &= algorithm == "HS256";
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    let signed =
        format!("{}.{}", encode(format!("{{\"alg\":\"{algorithm}\"}}")), encode(format!("{{{}}}", claims.join(","))));
    let tag = match input.stranger {
        Some(stranger) => stranger.to_vec(),
        None => URL_SAFE_NO_PAD.encode(tag(signed.as_bytes())).into_bytes(),
    };
    is_right &= signed.len() < 4000;
    let mut headers = own_headers(input);
    headers.push(("Signature", [signed.as_bytes(), b".", &tag].concat()));
    Sent { list: headers.len() - 1, headers, is_right: is_right && input.stranger.is_none() }
}
