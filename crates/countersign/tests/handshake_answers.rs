//! No answer to a handshake, of any preset, holds what would be the signature of an event, under any preset with that key.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Delivery, Handshake, Message, Preset, Scheme, Secret, Signer, Verifier, presets};
use proptest::prelude::*;
use serde_json::{Map, Value};

const KEY: &str = "a secret that both sides know";
const SECONDS: u64 = 1_614_265_330;
const URL: &str = "https://hooks.example.com/";

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(SECONDS)
}

/// A preset's scheme as JSON, and what signs and verifies by it. All have the same key.
struct Sender {
    name: &'static str,
    json: Value,
    verifier: Verifier,
    /// `None` for a token.
    signer: Option<Signer>,
}

static SENDERS: LazyLock<Vec<Sender>> = LazyLock::new(|| presets().iter().map(Sender::new).collect());

impl Sender {
    fn new(preset: &'static Preset) -> Self {
        let json: Value = serde_json::from_str(preset.json()).unwrap();
        let secret = || {
            Secret::new(match json["secret"].as_str() {
                Some("BASE64") => STANDARD.encode(KEY),
                Some("HEXA_DECIMAL") => const_hex::encode(KEY),
                _ => KEY.to_owned(),
            })
        };
        let scheme = Scheme::preset(preset.name()).unwrap();
        let (verifier, signer) = (scheme.verifier(secret()).unwrap(), scheme.signer(secret()).ok());
        Self { name: preset.name(), verifier, signer, json }
    }

    /// The value of the signature header for a body; `None` if this sender signs no such body.
    fn signature(&self, body: &str) -> Option<String> {
        self.signer.as_ref()?.signature(&message(body)).ok()
    }

    /// The answer to a request with this challenge; `None` if the preset has no handshake, or answers nothing.
    fn answer(&self, challenge: &str) -> Option<Handshake> {
        let rule = self.json.get("handshake")?;
        let mut request = Request::default();
        for (place, value) in rule["where"].as_object().into_iter().flatten() {
            if let Some(value) = value.as_str() {
                request.put(place, value);
            }
        }
        if let Some(place) = rule["challenge"].as_str() {
            request.put(place, challenge);
        }
        let body = request.body();
        let mut headers = request.headers;
        if rule["signed"] == true {
            headers.extend(self.signer.as_ref()?.headers(&message(&body)).ok()?);
        }
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let url = format!("{URL}?{}", request.query.join("&"));
        let method = rule["method"].as_str().unwrap();
        self.verifier.handshake(&Delivery { method, url: &url, headers: &headers[..], body: body.as_bytes() }, now())
    }
}

fn message(body: &str) -> Message<'_> {
    Message { id: "msg_1", method: "POST", url: URL, now: now(), ..Message::new(body.as_bytes()) }
}

/// A request that has a value at each of some places.
#[derive(Default)]
struct Request {
    query: Vec<String>,
    headers: Vec<(String, String)>,
    form: Vec<String>,
    json: Map<String, Value>,
}

impl Request {
    fn put(&mut self, place: &str, value: &str) {
        let escaped = || value.bytes().fold(String::new(), |escaped, byte| format!("{escaped}%{byte:02x}"));
        match place.split_once(':').unwrap() {
            ("query", name) => self.query.push(format!("{name}={}", escaped())),
            ("form", name) => {
                self.headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
                self.form.push(format!("{name}={}", escaped()));
            }
            ("header", name) => self.headers.push((name.to_owned(), value.to_owned())),
            ("json", pointer) => {
                let names: Vec<_> = pointer[1..].split('/').collect();
                let (last, parents) = names.split_last().unwrap();
                let mut object = &mut self.json;
                for name in parents {
                    let child = object.entry(*name).or_insert_with(|| Value::Object(Map::new()));
                    object = child.as_object_mut().unwrap();
                }
                object.insert((*last).to_owned(), value.into());
            }
            _ => unreachable!("{place}"),
        }
    }

    fn body(&self) -> String {
        if self.json.is_empty() { self.form.join("&") } else { Value::Object(self.json.clone()).to_string() }
    }
}

/// Whether a body could be an event of some sender: a JSON object or array, or a form.
fn is_event(text: &str) -> bool {
    let json = serde_json::from_str::<Value>(text).is_ok_and(|json| json.is_object() || json.is_array());
    json || text.split('&').any(|pair| pair.contains('='))
}

/// All in an answer that is long enough to be a MAC: in its headers and its body, with and without what stands before `=`.
fn words(answer: &Handshake) -> Vec<&str> {
    let texts = answer.headers.iter().map(|(_, value)| value.as_str()).chain([answer.body.as_str()]);
    let words = texts.flat_map(|text| text.split(['"', '{', '}', ':', ',', ' ', '\n']));
    let both = words.flat_map(|word| [word, word.split_once('=').map_or("", |(_, behind)| behind)]);
    both.map(|word| word.trim_end_matches('=')).filter(|word| word.len() >= 22).collect()
}

/// Texts in which a body is what a sender signs, or a part of it.
fn challenges() -> impl Strategy<Value = String> {
    let event = r#"\{\}|\[\]|a=b|payload=|\{"a":1\}|1e5|true|a"#;
    prop_oneof![
        "[A-Za-z0-9._~+/-]{1,40}",
        r#"[\[\]{}":,=&a-z0-9% ]{0,30}"#,
        event,
        (
            prop_oneof!["hmacsha256=", "v0:1614265330:", "1614265330\\.", "msg_1\\.1614265330\\.", "1614265330", "v0="],
            event
        )
            .prop_map(|(before, body)| before + &body),
    ]
}

#[test]
fn every_handshake_answers_a_token() {
    let answering: Vec<_> = SENDERS.iter().filter(|sender| sender.json.get("handshake").is_some()).collect();
    assert!(answering.len() >= 15, "{}", answering.len());
    for sender in answering {
        assert!(sender.answer("challenge-string").is_some(), "{}", sender.name);
    }
}

/// Otherwise the property below would hold of any answer.
#[test]
fn an_answer_does_hold_the_mac_of_a_token() {
    let sender = |name: &str| SENDERS.iter().find(|sender| sender.name == name).unwrap();
    for (name, same) in [("twitter", "shopify"), ("zoom", "github"), ("linkedin", "github")] {
        let answer = sender(name).answer("challenge-string").unwrap();
        let signature = sender(same).signature("challenge-string").unwrap();
        assert!(words(&answer).iter().any(|word| signature.contains(word)), "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_answer_is_the_signature_of_an_event(challenge in challenges()) {
        let answers: Vec<_> =
            SENDERS.iter().filter_map(|sender| Some((sender.name, sender.answer(&challenge)?))).collect();
        let words: Vec<_> = answers.iter().flat_map(|(name, answer)| words(answer).into_iter().map(move |word| (name, word))).collect();
        // What an answer signs is the challenge, so a body that it is a signature of is the challenge or a part of it.
        let parts = challenge.char_indices().flat_map(|(at, _)| [&challenge[at..], &challenge[..at]]);
        for body in parts.filter(|body| is_event(body) || *body == challenge) {
            for sender in SENDERS.iter() {
                let Some(signature) = sender.signature(body) else { continue };
                for (answering, word) in words.iter().filter(|(_, word)| signature.contains(word)) {
                    prop_assert!(!is_event(body), "{answering} signs {body} for {}: {word}", sender.name);
                    // A sender's own answers are no signature of any body.
                    let verdict = sender.verifier.verify_signature(signature.as_bytes(), body.as_bytes());
                    prop_assert!(sender.name != **answering || verdict.is_err(), "{answering} signs {body} for itself");
                }
            }
        }
    }
}
