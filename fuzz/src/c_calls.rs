//! Claims: whatever C calls in whatever order, each call answers as the Rust library does about the same things, or 64 where it
//! is given nothing to work with. Nothing is used after it was freed, and nothing is left behind: AddressSanitizer, under which
//! the fuzzer runs, sees to that.

mod requests;

use std::ptr::{null, null_mut};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arbitrary::{Arbitrary, Unstructured};
use countersign::{
    Algorithm, ConfigError, Delivery, Encoding, MAX_SECRETS, Rejection, Secret, Stream, Verified, Verifier,
};
use countersign_ffi as c;

use crate::setting::{of, perhaps};
use requests::Request;

const SECRETS: [&str; 4] = ["secret", "", "whsec_c2VjcmV0", " blank "];
const PRESETS: [&str; 12] = [
    "github",
    "stripe",
    "standard-webhooks",
    "twilio",
    "adyen",
    "gitlab-token",
    "nobody",
    "slack",
    "dropbox",
    "twitter",
    "asana",
    "trello",
];
const CONNECTIONS: [&str; 4] = [
    r#"{"auth_method": "HMAC", "auth_secret": "secret", "algorithm": "INFER_FROM_HEADER", "signature_encoding": "HEXA_DECIMAL"}"#,
    r#"{"auth_method": "NONE"}"#,
    r#"{"auth_method": "TOKEN_BASED", "auth_secret": "secret"}"#,
    r#"{"auth_method": "HMAC"#,
];
const NAMES: [&str; 13] = [
    "X-Fivetran-Hmac-Sign",
    "Authorization",
    "X-Hub-Signature-256",
    "Stripe-Signature",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "x-gitlab-token",
    "X Y",
    "X-Slack-Signature",
    "X-Slack-Request-Timestamp",
    "X-Hook-Secret",
    "X-GitHub-Delivery",
];
/// Within the tolerance of what `Line::Stamped` and `Line::Slack` say.
const NOW: i64 = 1_700_000_000;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    calls: Vec<Call<'a>>,
}

/// Slots are counted on from the first when they end.
#[derive(Arbitrary, Debug)]
enum Call<'a> {
    Make(u8, Made),
    InHeader(u8, u8, Name),
    Header(u8),
    FreeVerifier(u8),
    VerifySignature(u8, Line<'a>, &'a [u8]),
    Verify(u8, Vec<(Name, Line<'a>)>, &'a [u8], bool),
    Batch(Vec<(u8, Line<'a>, &'a [u8])>),
    Begin(u8, u8, Vec<(Name, Line<'a>)>),
    Update(u8, &'a [u8]),
    Finish(u8),
    FreeStream(u8),
    Sign(u8, &'a [u8]),
    DeliveryId(u8, Request<'a>),
    Handshake(u8, Request<'a>),
}

#[derive(Arbitrary, Debug)]
enum Made {
    Hmac(#[arbitrary(with = perhaps(&Algorithm::ALL))] Option<Algorithm>, u8, Vec<Text>),
    Token(Vec<Text>),
    Preset(#[arbitrary(with = of(&PRESETS))] &'static str, Vec<Text>),
    Connection(#[arbitrary(with = of(&CONNECTIONS))] &'static str),
}

#[derive(Arbitrary, Debug)]
struct Text(#[arbitrary(with = of(&SECRETS))] &'static str);

#[derive(Arbitrary, Debug)]
struct Name(#[arbitrary(with = of(&NAMES))] &'static str);

/// A header value: the right signature of the body by one secret, or anything.
#[derive(Arbitrary, Debug)]
enum Line<'a> {
    Right(#[arbitrary(with = of(&Algorithm::ALL))] Algorithm),
    Stamped,
    Slack,
    Now,
    Token,
    Any(&'a [u8]),
}

impl Line<'_> {
    fn text(&self, body: &[u8]) -> Vec<u8> {
        match self {
            Self::Right(algorithm) => hex::encode(crate::tag(*algorithm, b"secret", body)).into_bytes(),
            Self::Stamped => {
                let signed = [NOW.to_string().as_bytes(), b".", body].concat();
                format!("t={NOW},v1={}", hex::encode(crate::tag(Algorithm::Sha256, b"secret", &signed))).into_bytes()
            }
            Self::Slack => {
                let signed = [b"v0:", NOW.to_string().as_bytes(), b":", body].concat();
                format!("v0={}", hex::encode(crate::tag(Algorithm::Sha256, b"secret", &signed))).into_bytes()
            }
            Self::Now => NOW.to_string().into_bytes(),
            Self::Token => b"secret".to_vec(),
            Self::Any(bytes) => bytes.to_vec(),
        }
    }
}

/// What C holds, each beside what Rust holds of the same kind.
#[derive(Default)]
struct Held {
    verifiers: [Option<(*mut c::VerifierHandle, Verifier)>; 3],
    /// A stream that is finished is still held.
    streams: [Option<(*mut c::StreamHandle, Option<Stream>)>; 3],
}

impl Drop for Held {
    fn drop(&mut self) {
        // SAFETY: each handle is alive, and freed once.
        unsafe {
            self.verifiers.iter().flatten().for_each(|(handle, _)| c::countersign_verifier_free(*handle));
            self.streams.iter().flatten().for_each(|(handle, _)| c::countersign_stream_free(*handle));
        }
    }
}

/// Makes the calls that `data` describes. Tells the number that the last one has answered.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let mut held = Held::default();
    // Something to begin with, so that streams are made and used up by short inputs too.
    for (slot, json) in (0..).zip(&CONNECTIONS[..3]) {
        let (status, handle, made) = Made::Connection(json).make();
        assert_eq!((status as u32, held.keep(slot, handle, made)), (0, 0));
    }
    let mut last = None;
    for call in input.calls.iter().take(40) {
        let (answered, expected) = held.call(call);
        assert_eq!(answered as u32, u32::from(expected), "{call:?} in {input:?}");
        last = Some(expected);
    }
    last
}

fn number(verdict: Result<Verified, Rejection>) -> u8 {
    verdict.map_or_else(Rejection::code, |_| 0)
}

impl Held {
    fn verifier(&self, slot: u8) -> (*const c::VerifierHandle, Option<&Verifier>) {
        let held = self.verifiers[usize::from(slot) % 3].as_ref();
        (held.map_or(null(), |held| held.0.cast_const()), held.map(|held| &held.1))
    }

    fn keep(&mut self, slot: u8, handle: *mut c::VerifierHandle, made: Result<Verifier, ConfigError>) -> u8 {
        self.free_verifier(slot);
        assert_eq!(handle.is_null(), made.is_err());
        let number = made.as_ref().map_or_else(|error| error.kind().code(), |_| 0);
        self.verifiers[usize::from(slot) % 3] = made.ok().map(|made| (handle, made));
        number
    }

    fn free_verifier(&mut self, slot: u8) {
        let held = self.verifiers[usize::from(slot) % 3].take();
        // SAFETY: the handle is alive or NULL, and freed once.
        unsafe { c::countersign_verifier_free(held.map_or(null_mut(), |held| held.0)) }
    }

    /// What C answers, and what is right.
    fn call(&mut self, call: &Call<'_>) -> (c::Status, u8) {
        match call {
            Call::Make(slot, made) => {
                let (status, handle, twin) = made.make();
                (status, self.keep(*slot, handle, twin))
            }
            Call::InHeader(from, to, name) => {
                let (handle, twin) = self.verifier(*from);
                let mut another = null_mut();
                // SAFETY: the verifier is alive or NULL; the name is there; there is room for a handle.
                let status = unsafe {
                    let (text, length) = (name.0.as_ptr().cast(), name.0.len());
                    c::countersign_verifier_in_header(handle, text, length, &raw mut another, null_mut())
                };
                match twin.cloned().map(|twin| twin.in_header(name.0)) {
                    Some(twin) => (status, self.keep(*to, another, twin)),
                    None => (status, 64),
                }
            }
            Call::Header(slot) => self.header(*slot),
            Call::FreeVerifier(slot) => {
                self.free_verifier(*slot);
                (c::Status::Authentic, 0)
            }
            Call::VerifySignature(slot, line, body) => {
                let (handle, twin) = self.verifier(*slot);
                // Schemes with a tolerance would look at the clock, which moves.
                if twin.is_some_and(is_timed) {
                    return (c::Status::Authentic, 0);
                }
                let line = line.text(body);
                // SAFETY: the verifier is alive or NULL, and the bytes are there.
                let status = unsafe {
                    let (signature, text) = (line.as_ptr().cast(), body.as_ptr().cast());
                    c::countersign_verify_signature(handle, signature, line.len(), text, body.len(), null_mut())
                };
                (status, twin.map_or(64, |twin| number(twin.verify_signature(&line, body))))
            }
            Call::Verify(slot, lines, body, is_null) => self.verify(*slot, lines, body, *is_null),
            Call::Batch(items) => self.batch(items),
            Call::Begin(verifier, stream, lines) => self.begin(*verifier, *stream, lines),
            Call::Update(slot, chunk) => {
                let held = self.streams[usize::from(*slot) % 3].as_mut();
                let handle = held.as_ref().map_or(null_mut(), |held| held.0);
                // SAFETY: the stream is alive or NULL, and the bytes are there.
                let status = unsafe { c::countersign_stream_update(handle, chunk.as_ptr().cast(), chunk.len()) };
                let twin = held.and_then(|held| held.1.as_mut());
                (
                    status,
                    twin.map_or(64, |twin| {
                        twin.update(chunk);
                        0
                    }),
                )
            }
            Call::Finish(slot) => {
                let held = self.streams[usize::from(*slot) % 3].as_mut();
                let handle = held.as_ref().map_or(null_mut(), |held| held.0);
                // SAFETY: the stream is alive or NULL.
                let status = unsafe { c::countersign_stream_finish(handle, null_mut()) };
                let twin = held.and_then(|held| held.1.take());
                (status, twin.map_or(64, |twin| number(twin.finish())))
            }
            Call::FreeStream(slot) => {
                self.free_stream(*slot);
                (c::Status::Authentic, 0)
            }
            Call::Sign(secret, body) => sign(SECRETS[usize::from(*secret) % SECRETS.len()], body),
            Call::DeliveryId(slot, request) => {
                let (handle, twin) = self.verifier(*slot);
                (request.delivery_id(handle, twin), if twin.is_some() { 0 } else { 64 })
            }
            Call::Handshake(slot, request) => {
                let (handle, twin) = self.verifier(*slot);
                (request.handshake(handle, twin), if twin.is_some() { 0 } else { 64 })
            }
        }
    }

    fn free_stream(&mut self, slot: u8) {
        let held = self.streams[usize::from(slot) % 3].take();
        // SAFETY: the handle is alive or NULL, and freed once.
        unsafe { c::countersign_stream_free(held.map_or(null_mut(), |held| held.0)) }
    }

    /// Asks for the name of the header, with too little room and with enough.
    fn header(&self, slot: u8) -> (c::Status, u8) {
        let (handle, twin) = self.verifier(slot);
        let mut status = c::Status::Internal;
        for room in [0, 4, 64] {
            let mut bytes = vec![0_u8; room];
            let mut text = c::Text { data: bytes.as_mut_ptr().cast(), capacity: room, length: 0 };
            // SAFETY: the verifier is alive or NULL, and there is as much room as is said.
            status = unsafe { c::countersign_verifier_header(handle, &raw mut text) };
            if let Some(twin) = twin {
                let name = twin.header();
                assert_eq!(text.length, name.len());
                let fits = name.len().min(room.saturating_sub(1));
                assert_eq!(&bytes[..fits], &name.as_bytes()[..fits]);
                assert!(room == 0 || bytes[fits] == 0);
            }
        }
        (status, if twin.is_some() { 0 } else { 64 })
    }

    fn verify(&self, slot: u8, lines: &[(Name, Line<'_>)], body: &[u8], is_null: bool) -> (c::Status, u8) {
        let (handle, twin) = self.verifier(slot);
        let values: Vec<_> = lines.iter().map(|(_, line)| line.text(body)).collect();
        let headers = headers(lines, &values);
        let mut delivery = delivery(&headers, body);
        let must_fail = is_null && !body.is_empty();
        if is_null {
            delivery.body = null();
        }
        let mut verdict = UNTOUCHED;
        // SAFETY: the verifier is alive or NULL; all that the delivery leads to is there, or NULL.
        let status = unsafe { c::countersign_verify(handle, &raw const delivery, NOW * 1000, &raw mut verdict) };
        assert_eq!(verdict.status, status);
        if must_fail {
            return (status, 64);
        }
        let Some(twin) = twin else { return (status, 64) };
        let pairs: Vec<_> = lines.iter().zip(&values).map(|((name, _), value)| (name.0, &value[..])).collect();
        let expected = twin.verify(&Delivery { method: "POST", url: URL, headers: &pairs[..], body }, now());
        let index = expected.ok().and_then(|verified| verified.secret_index).map(u32::from);
        assert_eq!(verdict.secret_index, index.unwrap_or(c::COUNTERSIGN_NO_SECRET));
        (status, number(expected))
    }

    fn batch(&self, items: &[(u8, Line<'_>, &[u8])]) -> (c::Status, u8) {
        let lines: Vec<_> = items.iter().map(|(_, line, body)| line.text(body)).collect();
        let held: Vec<_> = items.iter().map(|(slot, ..)| self.verifier(*slot)).collect();
        if held.iter().any(|(_, twin)| twin.is_some_and(is_timed)) {
            return (c::Status::Authentic, 0);
        }
        let asked: Vec<_> = held
            .iter()
            .zip(&lines)
            .zip(items)
            .map(|(((handle, _), line), (_, _, body))| c::SignedBody {
                verifier: *handle,
                signature: line.as_ptr().cast(),
                signature_length: line.len(),
                body: body.as_ptr().cast(),
                body_length: body.len(),
            })
            .collect();
        let mut verdicts = vec![UNTOUCHED; items.len()];
        // SAFETY: the items are there, their verifiers are alive or NULL, and there is room for the verdicts.
        let status = unsafe { c::countersign_verify_batch(asked.as_ptr(), asked.len(), verdicts.as_mut_ptr()) };
        let mut first = 0;
        for (((_, twin), line), ((_, _, body), verdict)) in held.iter().zip(&lines).zip(items.iter().zip(&verdicts)) {
            let expected = twin.map_or(64, |twin| number(twin.verify_signature(line, body)));
            assert_eq!(verdict.status as u32, u32::from(expected));
            first = if first == 0 { expected } else { first };
        }
        (status, first)
    }

    fn begin(&mut self, verifier: u8, slot: u8, lines: &[(Name, Line<'_>)]) -> (c::Status, u8) {
        let values: Vec<_> = lines.iter().map(|(_, line)| line.text(b"")).collect();
        let headers = headers(lines, &values);
        let delivery = delivery(&headers, b"");
        let (handle, twin) = self.verifier(verifier);
        let mut stream = null_mut();
        // SAFETY: the verifier is alive or NULL; all that the delivery leads to is there; there is room for a handle.
        let status = unsafe { c::countersign_stream_begin(handle, &raw const delivery, NOW * 1000, &raw mut stream) };
        let pairs: Vec<_> = lines.iter().zip(&values).map(|((name, _), value)| (name.0, &value[..])).collect();
        let head = Delivery { method: "POST", url: URL, headers: &pairs[..], body: b"" };
        let begun = twin.ok_or(64).and_then(|twin| {
            let streaming = twin.streaming().map_err(|error| error.kind().code())?;
            streaming.begin(&head.head(), now()).map_err(Rejection::code)
        });
        assert_eq!(stream.is_null(), begun.is_err());
        self.free_stream(slot);
        let number = begun.as_ref().map_or_else(|number| *number, |_| 0);
        self.streams[usize::from(slot) % 3] = begun.ok().map(|begun| (stream, Some(begun)));
        (status, number)
    }
}

const URL: &str = "https://example.com/in";
const UNTOUCHED: c::Verdict =
    c::Verdict { status: c::Status::Unsupported, algorithm: c::Algorithm::None, secret_index: 7, covers_body: 7 };

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW.unsigned_abs())
}

/// Whether the presets that are used here look at the time.
fn is_timed(verifier: &Verifier) -> bool {
    ["Stripe-Signature", "webhook-signature"].contains(&verifier.header()) || verifier.streaming().is_err()
}

fn headers(lines: &[(Name, Line<'_>)], values: &[Vec<u8>]) -> Vec<c::Header> {
    let line = |((name, _), value): (&(Name, Line<'_>), &Vec<u8>)| c::Header {
        name: name.0.as_ptr().cast(),
        name_length: name.0.len(),
        value: value.as_ptr().cast(),
        value_length: value.len(),
    };
    lines.iter().zip(values).map(line).collect()
}

fn delivery(headers: &[c::Header], body: &[u8]) -> c::Delivery {
    c::Delivery {
        method: c"POST".as_ptr(),
        method_length: 4,
        url: URL.as_ptr().cast(),
        url_length: URL.len(),
        headers: headers.as_ptr(),
        header_count: headers.len(),
        body: body.as_ptr().cast(),
        body_length: body.len(),
    }
}

fn secrets(texts: &[Text]) -> (Vec<c::Secret>, Vec<Secret>) {
    let of_c = |text: &Text| c::Secret {
        data: text.0.as_ptr().cast(),
        length: text.0.len(),
        not_before_ms: 0,
        not_after_ms: 0,
        bounds: 0,
    };
    // C refuses too many before it looks at any; of these every preset takes each.
    let is_read = texts.len() <= MAX_SECRETS;
    let of_rust = |text: &Text| if is_read { Secret::new(text.0) } else { Secret::new("ab".repeat(32)) };
    (texts.iter().map(of_c).collect(), texts.iter().map(of_rust).collect())
}

impl Made {
    fn make(&self) -> (c::Status, *mut c::VerifierHandle, Result<Verifier, ConfigError>) {
        let mut made = null_mut();
        let to = &raw mut made;
        // SAFETY: secrets and texts are there during the calls, and there is room for a handle.
        let (status, twin) = unsafe {
            match self {
                Self::Hmac(algorithm, encoding, texts) => {
                    let (of_c, of_rust) = secrets(texts);
                    let at = usize::from(*encoding) % Encoding::ALL.len();
                    let number = algorithm.map_or(c::Algorithm::InferFromHeader, c::Algorithm::from) as u32;
                    let encodings = [c::Encoding::Base64, c::Encoding::HexaDecimal, c::Encoding::Base64Url];
                    let rust = [Encoding::Base64, Encoding::HexaDecimal, Encoding::Base64Url][at];
                    let status = c::countersign_verifier_hmac(
                        number,
                        encodings[at] as u32,
                        of_c.as_ptr(),
                        of_c.len(),
                        to,
                        null_mut(),
                    );
                    (
                        status,
                        match algorithm {
                            Some(algorithm) => Verifier::hmac(*algorithm, rust, of_rust),
                            None => Verifier::infer(rust, of_rust),
                        },
                    )
                }
                Self::Token(texts) => {
                    let (of_c, of_rust) = secrets(texts);
                    let status = c::countersign_verifier_token(of_c.as_ptr(), of_c.len(), to, null_mut());
                    (status, Verifier::token(of_rust))
                }
                Self::Preset(name, texts) => {
                    let (of_c, of_rust) = secrets(texts);
                    let status = c::countersign_verifier_preset(
                        name.as_ptr().cast(),
                        name.len(),
                        of_c.as_ptr(),
                        of_c.len(),
                        null(),
                        to,
                        null_mut(),
                    );
                    (status, Verifier::preset(name, of_rust))
                }
                Self::Connection(json) => {
                    let status = c::countersign_verifier_connection(json.as_ptr().cast(), json.len(), to, null_mut());
                    (status, Verifier::from_connection(json))
                }
            }
        };
        (status, made, twin)
    }
}

/// Signs, and looks at the lines that come out.
fn sign(secret: &str, body: &[u8]) -> (c::Status, u8) {
    let (mut signer, mut lines) = (null_mut(), null_mut());
    let bytes =
        c::Secret { data: secret.as_ptr().cast(), length: secret.len(), not_before_ms: 0, not_after_ms: 0, bounds: 0 };
    // SAFETY: all that is handed over is there during the calls; each handle is freed once.
    unsafe {
        let status = c::countersign_signer_hmac(
            c::Algorithm::Sha_256 as u32,
            c::Encoding::HexaDecimal as u32,
            bytes.data,
            bytes.length,
            &raw mut signer,
            null_mut(),
        );
        if secret.is_empty() {
            return (status, 65);
        }
        let message = delivery(&[], body);
        let status = c::countersign_sign(signer, &raw const message, null(), 0, NOW * 1000, &raw mut lines, null_mut());
        assert_eq!(c::countersign_headers_count(lines), 1);
        let mut line = c::Header { name: null(), name_length: 0, value: null(), value_length: 0 };
        c::countersign_headers_get(lines, 0, &raw mut line);
        let value = std::slice::from_raw_parts(line.value.cast::<u8>(), line.value_length);
        assert_eq!(value, hex::encode(crate::tag(Algorithm::Sha256, secret.as_bytes(), body)).as_bytes());
        c::countersign_headers_free(lines);
        c::countersign_signer_free(signer);
        (status, 0)
    }
}
