//! Claims, for the senders whose signed text is made by a function: whatever is sent, nothing panics and no stranger's
//! signature is taken. What the preset's signer signs its verifier takes, for as long as nothing that counts is changed.
//! What is signed is what the few lines below make of the message, in the way of the senders' own pages.

use std::time::{Duration, SystemTime};

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Algorithm, Delivery, Message, Rejection, Scheme, Secret};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::setting::of;

/// Hex as well as text, since Adyen's secrets are hex.
const SECRET: &[u8] = b"44782def547aaa06c910c43932b1eb0c";
const NOW: u64 = 1_614_265_330;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    #[arbitrary(with = of(&["twilio", "mandrill", "hubspot", "contentful", "adyen"]))]
    preset: &'static str,
    #[arbitrary(with = of(&["POST", "GET", ""]))]
    method: &'static str,
    url: Vec<Piece<'a>>,
    headers: Vec<(Name, Line<'a>)>,
    body: Body<'a>,
    /// How often the body is repeated.
    times: u8,
    /// What a stranger sends as the signature.
    stranger: &'a [u8],
}

#[derive(Arbitrary, Debug)]
enum Piece<'a> {
    Known(#[arbitrary(with = of(&PIECES))] &'static str),
    /// The parameter of Twilio that holds the digest of the body.
    Digest,
    Any(&'a str),
}

const PIECES: [&str; 24] = [
    "https://example.com",
    "http://",
    "HTTPS://",
    ":443",
    ":80",
    ":",
    "/in",
    "?",
    "&",
    "=",
    "a=1",
    "b=2",
    "%3A",
    "%3a",
    "%2F",
    "%25",
    "%",
    "+",
    "#",
    "@",
    "[::1]",
    "\u{e9}",
    "bodySHA256=",
    "//",
];

#[derive(Arbitrary, Debug)]
struct Name(
    #[arbitrary(with = of(&["Content-Type", "x-contentful-signed-headers", "X-Contentful-Timestamp", "a", "X-B", "", "\u{e9}"]))]
     &'static str,
);

#[derive(Arbitrary, Debug)]
enum Line<'a> {
    Known(#[arbitrary(with = of(&LINES))] &'static str),
    Any(&'a [u8]),
}

const LINES: [&str; 9] = [
    "application/x-www-form-urlencoded",
    "Application/X-WWW-Form-Urlencoded ; charset=utf-8",
    "application/json",
    "x-contentful-signed-headers,x-contentful-timestamp",
    "a, X-Contentful-Signed-Headers,x-b,x-contentful-timestamp",
    "x-contentful-timestamp,a,x-contentful-signed-headers",
    "x-contentful-timestamp,,a",
    " ",
    "1\n2",
];

#[derive(Arbitrary, Debug)]
enum Body<'a> {
    Any(&'a [u8]),
    Form(Vec<Piece<'a>>),
    /// An item of Adyen, or nearly.
    Item {
        fields: Vec<(Field<'a>, Content<'a>)>,
        items: u8,
        cut: Option<u8>,
    },
}

#[derive(Arbitrary, Debug)]
enum Field<'a> {
    Known(#[arbitrary(with = of(&FIELDS))] &'static str),
    Any(&'a str),
}

const FIELDS: [&str; 9] = [
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    "merchantReference",
    "eventCode",
    "success",
    "PspReference",
    "additionalData",
    "amount",
];

#[derive(Arbitrary, Debug)]
enum Content<'a> {
    Text(&'a str),
    Number(i64),
    Fraction(i16),
    Truth(bool),
    Nothing,
    Amount(&'a str, &'a str),
    List,
}

impl Content<'_> {
    fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => json!(number),
            Self::Fraction(eighths) => json!(f64::from(*eighths) / 8.0),
            Self::Truth(truth) => json!(truth),
            Self::Nothing => Value::Null,
            Self::Amount(value, currency) => json!({"value": value, "currency": currency}),
            Self::List => json!([1, {}]),
        }
    }
}

impl Body<'_> {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Any(bytes) => bytes.to_vec(),
            Self::Form(pieces) => text(pieces, b"").into_bytes(),
            Self::Item { fields, items, cut } => {
                let named = |(field, content): &(Field<'_>, Content<'_>)| {
                    let (Field::Known(name) | Field::Any(name)) = field;
                    format!("{}:{}", json!(name), content.value())
                };
                let fields: Vec<String> = fields.iter().map(named).collect();
                let item = format!(r#"{{"NotificationRequestItem":{{{}}}}}"#, fields.join(","));
                let items = vec![item; usize::from(*items % 8 == 7) + 1].join(",");
                let mut text = format!(r#"{{"live":"false","notificationItems":[{items}]}}"#).into_bytes();
                if let Some(cut) = cut {
                    text.truncate(usize::from(*cut));
                }
                text
            }
        }
    }
}

fn text(pieces: &[Piece<'_>], body: &[u8]) -> String {
    let piece = |piece: &Piece<'_>| match piece {
        Piece::Known(text) => (*text).to_owned(),
        Piece::Any(text) => (*text).to_owned(),
        Piece::Digest => format!("&bodySHA256={}", hex::encode(Sha256::digest(body))),
    };
    pieces.iter().map(piece).collect()
}

/// Signs, verifies and forges the message that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let (preset, method) = (input.preset, input.method);
    let body = input.body.bytes().repeat(1 + usize::from(input.times) % 16);
    let url = text(&input.url, &body);
    let own: Vec<(&str, &[u8])> = input
        .headers
        .iter()
        .map(|(name, line)| match line {
            Line::Known(text) => (name.0, text.as_bytes()),
            Line::Any(bytes) => (name.0, *bytes),
        })
        .collect();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let scheme = Scheme::preset(preset).expect("it ships");
    let verifier = scheme.verifier(Secret::new(SECRET)).expect("the secret suits all of them");
    let signer = scheme.signer(Secret::new(SECRET)).expect("as above");
    let verify = |headers: &[(&str, &[u8])], url: &str, body: &[u8]| {
        verifier.verify(&Delivery { method, url, headers, body }, now)
    };

    // 1. A stranger.
    let lines = [&own[..], &[(verifier.header(), input.stranger)]].concat();
    let verdict = verify(&lines, &url, &body);
    assert!(verdict.is_err(), "a stranger's signature is taken: {input:?}");
    assert!(verify(&own, &url, &body).is_err(), "no signature is taken: {input:?}");
    let verdict = verdict.map_or_else(Rejection::code, |_| 0);

    // 2. The sender.
    let message = Message { method, url: &url, headers: &own, body: &body, id: "", now };
    let Ok(mut added) = signer.headers(&message) else { return Some(verdict) };
    let (name, signature) = added.pop().expect("the signature's");
    if preset == "adyen" {
        // In other texts numbers may be written as the reader below would not print them.
        if !matches!(input.body, Body::Item { .. }) {
            return Some(verdict);
        }
        let expected = adyen(&body).expect("it was signed");
        // Its secret is hexadecimal.
        let secret = hex::decode(SECRET).expect("hex");
        assert_eq!(signature, made(Algorithm::Sha256, &secret, &expected), "{input:?}");
        let signed = |changed: bool| {
            let mut whole: Value = serde_json::from_slice(&body).expect("it was signed");
            let item = &mut whole["notificationItems"][0]["NotificationRequestItem"];
            if item["additionalData"].is_null() {
                item["additionalData"] = json!({});
            }
            item["additionalData"]["hmacSignature"] = json!(signature);
            if changed {
                item["success"] = json!("nobody says this");
            }
            whole.to_string().into_bytes()
        };
        assert_eq!(code(verify(&own, &url, &signed(false))), 0, "{input:?}");
        assert_eq!(code(verify(&own, &url, &signed(true))), Rejection::Mismatch.code(), "{input:?}");
        return Some(0);
    }

    let replaced =
        |name: &str| added.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)) || *name == *verifier.header();
    let mut lines: Vec<(&str, &[u8])> = own.iter().filter(|(name, _)| !replaced(name)).copied().collect();
    lines.extend(added.iter().map(|(name, value)| (name.as_str(), value.as_bytes())));
    let is_form = single(&lines, "content-type").is_some_and(|line| {
        let kind = line.split(|&byte| byte == b';').next().unwrap_or_default();
        kind.trim_ascii().eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    });
    let expected = match preset {
        "twilio" => {
            Some((Algorithm::Sha1, [url.as_bytes(), &if is_form { form(&body, true) } else { vec![] }].concat()))
        }
        "mandrill" => Some((Algorithm::Sha1, [url.as_bytes(), &form(&body, false)].concat())),
        "hubspot" => {
            let stamp = (NOW * 1000).to_string();
            Some((Algorithm::Sha256, [method.as_bytes(), &unescaped(&url), &body, stamp.as_bytes()].concat()))
        }
        _ => None,
    };
    if let Some((algorithm, text)) = expected {
        assert_eq!(signature, made(algorithm, SECRET, &text), "{}: {input:?}", text.escape_ascii());
    }
    lines.push((&name, signature.as_bytes()));
    assert_eq!(code(verify(&lines, &url, &body)), 0, "{input:?}");

    // 3. A parameter more, or a byte.
    let more = if is_form || preset == "mandrill" { &b"&nobody-sends-this=1"[..] } else { b" " };
    if !body.windows(5).any(|text| text == b"nobod") {
        assert!(verify(&lines, &url, &[&body, more].concat()).is_err(), "a changed body is taken: {input:?}");
    }
    if !body.is_empty() && preset != "twilio" && preset != "mandrill" {
        let mut other = body.clone();
        other[0] ^= 1;
        assert_eq!(code(verify(&lines, &url, &other)), Rejection::Mismatch.code(), "{input:?}");
    }
    Some(0)
}

fn code(verdict: Result<countersign::Verified, Rejection>) -> u8 {
    verdict.map_or_else(Rejection::code, |_| 0)
}

/// The signature in base64.
fn made(algorithm: Algorithm, secret: &[u8], text: &[u8]) -> String {
    STANDARD.encode(crate::tag(algorithm, secret, text))
}

fn single<'a>(lines: &[(&str, &'a [u8])], name: &str) -> Option<&'a [u8]> {
    lines.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
}

/// Names and values of a form, sorted. Twilio sorts the values too, and each counts once.
fn form(body: &[u8], values: bool) -> Vec<u8> {
    let mut pairs: Vec<(Vec<u8>, Vec<u8>)> = body
        .split(|&byte| byte == b'&')
        .filter(|text| !text.is_empty())
        .map(|text| match text.iter().position(|&byte| byte == b'=') {
            Some(at) => (decoded(&text[..at], b""), decoded(&text[at + 1..], b"")),
            None => (decoded(text, b""), Vec::new()),
        })
        .collect();
    if values {
        pairs.sort();
        pairs.dedup();
    } else {
        pairs.sort_by(|one, other| one.0.cmp(&other.0));
    }
    pairs.into_iter().flat_map(|(name, value)| [name, value].concat()).collect()
}

/// Without the escapes of the characters in `only`, or of all; then `+` is a blank too.
fn decoded(text: &[u8], only: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let escape = text.get(at + 1..at + 3).and_then(|digits| hex::decode(digits).ok());
        match (text[at], escape.as_deref()) {
            (b'%', Some([byte])) if only.is_empty() || only.contains(byte) => {
                decoded.push(*byte);
                at += 3;
                continue;
            }
            (b'+', _) if only.is_empty() => decoded.push(b' '),
            (byte, _) => decoded.push(byte),
        }
        at += 1;
    }
    decoded
}

fn unescaped(url: &str) -> Vec<u8> {
    decoded(url.as_bytes(), b":/?@!$'()*,;")
}

/// What Adyen signs, by a JSON reader that keeps nothing of how things were written.
fn adyen(body: &[u8]) -> Option<Vec<u8>> {
    let whole: Value = serde_json::from_slice(body).ok()?;
    let item = &whole["notificationItems"][0]["NotificationRequestItem"];
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let (value, currency) = (&item["amount"]["value"], &item["amount"]["currency"]);
    let field = |name: &str| text(&item[name]);
    let fields = [
        field("pspReference"),
        field("originalReference"),
        field("merchantAccountCode"),
        field("merchantReference"),
        text(value),
        text(currency),
        field("eventCode"),
        field("success"),
    ];
    Some(fields.join(":").into_bytes())
}
