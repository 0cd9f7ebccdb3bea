//! For each preset: what its signer makes its verifier takes, and every part that is altered gets its own number.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::engine::{Format, HmacScheme, Scheme as CoreScheme, Source, TimeUnit};
use countersign::{
    ConfigErrorKind, Delivery, Encoding, Message, Preset, Rejection, Scheme, Secret, Signer, Verified, Verifier,
    presets,
};
use proptest::prelude::*;

/// 2021-02-25T15:02:10Z.
const NOW: Duration = Duration::from_secs(1_614_265_330);

/// A delivery as its sender made it, of which parts can be altered.
#[derive(Clone)]
struct Sent {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    now: SystemTime,
}

impl Sent {
    fn verify(&self, verifier: &Verifier) -> Result<Verified, Rejection> {
        let delivery = Delivery { method: &self.method, url: &self.url, headers: &self.headers[..], body: &self.body };
        let whole = verifier.verify(&delivery, self.now);
        if let Ok(streaming) = verifier.streaming() {
            let streamed = streaming.begin(&delivery.head(), self.now).and_then(|mut stream| {
                self.body.chunks(13).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            assert_eq!(streamed, whole, "in pieces");
        }
        whole
    }

    fn header(&mut self, name: &str) -> Option<&mut String> {
        self.headers.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    fn twice(mut self, name: &str) -> Self {
        let line = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).unwrap().clone();
        self.headers.push(line);
        self
    }
}

struct Case {
    preset: &'static Preset,
    scheme: Scheme,
    /// Of the core; `None` for a token.
    hmac: Option<HmacScheme<String>>,
    function: Option<&'static str>,
}

impl Case {
    fn of(preset: &'static Preset) -> Self {
        let scheme = Scheme::from_json(preset.json()).unwrap();
        let hmac = match scheme.core() {
            CoreScheme::Hmac(hmac) => Some(hmac.clone()),
            _ => None,
        };
        let mut functions = ["twilio", "mandrill", "hubspot", "contentful", "adyen"].into_iter();
        let function = functions.find(|name| preset.json().contains(&format!("\"function\": \"{name}\"")));
        Self { preset, scheme, hmac, function }
    }

    /// A secret in the form that the preset wants.
    fn secret(&self, key: &[u8]) -> Secret {
        use base64::Engine as _;
        if self.preset.json().contains("\"secret\": \"BASE64\"") {
            Secret::new(format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(key)))
        } else if self.preset.json().contains("\"secret\": \"HEXA_DECIMAL\"") {
            Secret::new(const_hex::encode(key))
        } else {
            Secret::new(format!("s{}", const_hex::encode(key)))
        }
    }

    /// The body that a sender of this kind would send, with `text` in it.
    fn body(&self, text: &str) -> Vec<u8> {
        match self.function {
            Some("twilio" | "mandrill") => format!("a={}&b=2", const_hex::encode(text)).into_bytes(),
            Some("adyen") => format!(
                r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"{}","success":"true"}}}}]}}"#,
                const_hex::encode(text)
            )
            .into_bytes(),
            _ => text.as_bytes().to_vec(),
        }
    }

    fn own_headers(&self) -> Vec<(String, String)> {
        let own: &[(&str, &str)] = match (self.function, self.preset.name()) {
            (Some("twilio" | "mandrill"), _) => &[("Content-Type", "application/x-www-form-urlencoded")],
            (Some("contentful"), _) => {
                &[("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp")]
            }
            (_, "scalr") => &[("Date", "Thu 25 Feb 2021 15:02:10 UTC")],
            _ => &[],
        };
        own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn send(&self, signer: &Signer, text: &str) -> Sent {
        let (own, body, now) = (self.own_headers(), self.body(text), UNIX_EPOCH + NOW);
        let lines: Vec<(&str, &[u8])> = own.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let (method, url) = ("POST", "https://example.com/hooks?a=1");
        let message = Message { method, url, headers: &lines, body: &body, id: "msg_1", now };
        let made = signer.headers(&message).unwrap_or_else(|error| panic!("{}: {error}", self.preset.name()));
        let mut sent = Sent { method: method.to_owned(), url: url.to_owned(), headers: own, body, now };
        if self.function == Some("adyen") {
            // This sender puts the signature into the body.
            let data = format!(r#"{{"additionalData":{{"hmacSignature":"{}"}},"pspReference""#, made[0].1);
            let body = String::from_utf8(sent.body).unwrap().replace(r#"{"pspReference""#, &data);
            sent.body = body.into_bytes();
        } else {
            sent.headers.extend(made);
        }
        sent
    }

    fn signature_header(&self) -> String {
        self.scheme.headers().next().unwrap().to_owned()
    }

    fn signs(&self, placeholder: &str) -> bool {
        self.hmac.as_ref().is_some_and(|hmac| hmac.template().contains(placeholder))
    }
}

/// The cases that sign: all but tokens.
fn signing() -> impl Iterator<Item = Case> {
    presets().iter().map(Case::of).filter(|case| case.hmac.is_some())
}

#[test]
fn presets_of_both_kinds_are_there() {
    assert!(signing().count() >= 70);
    let tokens: Vec<_> = presets().iter().map(Case::of).filter(|case| case.hmac.is_none()).collect();
    assert!(tokens.len() >= 2);
    for case in tokens {
        let verifier = case.scheme.verifier(case.secret(b"key")).unwrap();
        assert_eq!(verifier.verify_signature(b"s6b6579", b"").unwrap().secret_index, Some(0));
        assert_eq!(verifier.verify_signature(b"s6b6578", b""), Err(Rejection::Mismatch));
        assert_eq!(case.scheme.signer(case.secret(b"key")).unwrap_err().kind(), ConfigErrorKind::Unsupported);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_signed_is_taken_and_what_is_altered_is_not(
        text in "\\PC{1,300}",
        key in proptest::collection::vec(any::<u8>(), 8..80),
        place in any::<prop::sample::Index>(),
    ) {
        for case in signing() {
            let name = case.preset.name();
            let signer = case.scheme.signer(case.secret(&key)).unwrap();
            let verifier = case.scheme.verifier([case.secret(b"another key"), case.secret(&key)]).unwrap();
            let sent = case.send(&signer, &text);
            let verified = sent.verify(&verifier);
            prop_assert_eq!(verified.map(|verified| verified.secret_index), Ok(Some(1)), "{}", name);

            // The body: another byte, one more, one less.
            let mut altered = sent.clone();
            let at = match case.function {
                // Of these only some fields are signed; one of them is.
                Some("adyen") => String::from_utf8_lossy(&sent.body).find("pspReference").unwrap() + 15,
                Some("twilio" | "mandrill") => 2,
                _ => place.index(sent.body.len()),
            };
            altered.body[at] ^= 1;
            prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: body", name);
            if case.function != Some("adyen") {
                let mut longer = sent.clone();
                longer.body.push(b'x');
                prop_assert_eq!(longer.verify(&verifier), Err(Rejection::Mismatch), "{}: longer body", name);
            }

            // The secret.
            let other = case.scheme.verifier(case.secret(b"another key")).unwrap();
            prop_assert_eq!(sent.verify(&other), Err(Rejection::Mismatch), "{}: secret", name);

            // The URL and the method.
            if case.signs("{url}") {
                let altered = Sent { url: sent.url.replace("a=1", "a=2"), ..sent.clone() };
                prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: url", name);
                let missing = Sent { url: String::new(), ..sent.clone() };
                prop_assert_eq!(missing.verify(&verifier), Err(Rejection::MissingPart), "{}: no url", name);
            }
            if case.signs("{method}") {
                let altered = Sent { method: "PUT".to_owned(), ..sent.clone() };
                prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: method", name);
            }
        }
    }
}

/// The character before the last, which is no padding, becomes another of the same alphabet.
fn alter(value: &mut String) {
    let at = value.trim_end_matches('=').len() - 2;
    let other = if &value[at..=at] == "0" { "1" } else { "0" };
    value.replace_range(at..=at, other);
}

#[test]
fn each_altered_part_gets_its_number() {
    for case in signing() {
        let (name, header) = (case.preset.name(), case.signature_header());
        let signer = case.scheme.signer(case.secret(b"a key of some length")).unwrap();
        let verifier = case.scheme.verifier(case.secret(b"a key of some length")).unwrap();
        let sent = case.send(&signer, r#"{"order": 1001}"#);
        let check = |what: &str, sent: Sent, expected: Rejection| {
            assert_eq!(sent.verify(&verifier).err(), Some(expected), "{name}: {what}");
        };
        if case.function == Some("adyen") {
            continue;
        }
        check("no signature", sent.clone().without(&header), Rejection::MissingSignature);
        check("two signature lines", sent.clone().twice(&header), Rejection::RepeatedSignature);
        let with = |change: &dyn Fn(&mut String)| {
            let mut altered = sent.clone();
            change(altered.header(&header).unwrap());
            altered
        };
        check("altered signature", with(&alter), Rejection::Mismatch);
        check("empty signature", with(&String::clear), Rejection::MalformedSignature);
        check("long signature", with(&|value| *value = "x".repeat(4097)), Rejection::MalformedSignature);
        let hmac = case.hmac.as_ref().unwrap();
        let short = if hmac.encoding == Encoding::HexaDecimal { "abcd" } else { "YWJj" };
        let bad = if hmac.encoding == Encoding::HexaDecimal { "xy" } else { "****" };
        let standing_in = |text: &str| {
            let (separator, text) = (",", text.to_owned());
            with(&move |value| {
                // What stands in front of the signature stays.
                let front = match &hmac.format {
                    Format::Bare => "",
                    Format::Labelled | Format::Prefixed { .. } => &value[..=value.find(['=', ' ']).unwrap()],
                    Format::List { version, .. } => &format!("{version}{separator}"),
                    Format::Pairs { key, .. } => &value[..=value.rfind(&format!("{key}=")).unwrap() + key.len()],
                    Format::Positional { .. } => &value[..=value.rfind(',').unwrap()],
                };
                *value = format!("{front}{text}");
            })
        };
        check("short signature", standing_in(short), Rejection::WrongLength);
        check("other alphabet", standing_in(bad), Rejection::MalformedEncoding);

        let Some(rule) = &hmac.timestamp else { continue };
        let stamp = |text: &str| match &rule.from {
            Source::Header(name) => {
                let mut altered = sent.clone();
                *altered.header(name).unwrap() = text.to_owned();
                altered
            }
            Source::Signature(_) => with(&|value| {
                let own = match rule.unit {
                    TimeUnit::Seconds => "1614265330",
                    _ => "1614265330000",
                };
                assert!(value.contains(own), "{name}");
                *value = value.replace(own, text);
            }),
        };
        for text in ["-9223372036854775808", "+1", " 1", "1.5", "1e9", "", "0x10", &"9".repeat(40)] {
            // A field of fixed place that is empty does not fit the format.
            let expected = match hmac.format {
                Format::Positional { .. } if text.is_empty() => Rejection::MalformedSignature,
                // Blanks around an item of a list are trimmed, and then it is another time.
                Format::Positional { .. } if text == " 1" => Rejection::Mismatch,
                _ => Rejection::MalformedTimestamp,
            };
            check(&format!("timestamp {text:?}"), stamp(text), expected);
        }
        let other = match rule.unit {
            TimeUnit::Seconds => "1614265331",
            TimeUnit::Milliseconds => "1614265331000",
            TimeUnit::Rfc3339 => "2021-02-25T15:02:11Z",
        };
        check("another timestamp", stamp(other), Rejection::Mismatch);
        if let Source::Header(name) = &rule.from {
            check("no timestamp", sent.clone().without(name), Rejection::MissingTimestamp);
            check("two timestamps", sent.clone().twice(name), Rejection::RepeatedSignature);
        }
        if let Some(tolerance) = rule.tolerance {
            let at = |seconds: i64| Sent { now: shifted(sent.now, seconds), ..sent.clone() };
            let (past, future) = (i64::from(tolerance.past), i64::from(tolerance.future));
            assert!(at(past).verify(&verifier).is_ok() && at(-future).verify(&verifier).is_ok(), "{name}: the edges");
            check("too old", at(past + 1), Rejection::Expired);
            check("too new", at(-future - 1), Rejection::FromFuture);
            // Authenticity comes first: of a forgery it is not said that it is old.
            let mut forged = at(past + 1);
            forged.body.push(b' ');
            if case.function.is_none() {
                check("old and forged", forged, Rejection::Mismatch);
            }
        }
        if let Some(Source::Header(id)) = &hmac.id
            && case.signs("{id}")
        {
            check("no id", sent.clone().without(id), Rejection::MissingPart);
            let mut altered = sent.clone();
            altered.header(id).unwrap().push('2');
            check("another id", altered, Rejection::Mismatch);
        }
    }
}

fn shifted(moment: SystemTime, seconds: i64) -> SystemTime {
    let by = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { moment - by } else { moment + by }
}
