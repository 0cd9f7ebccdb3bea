//! For each preset: its verifier accepts what its signer makes, and each altered part has its own rejection.

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

/// A delivery as its sender made it. The tests alter parts of it.
#[derive(Clone)]
struct SentDelivery {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    now: SystemTime,
}

impl SentDelivery {
    fn verify(&self, verifier: &Verifier) -> Result<Verified, Rejection> {
        let delivery = Delivery { method: &self.method, url: &self.url, headers: &self.headers[..], body: &self.body };
        let verdict = verifier.verify(&delivery, self.now);
        if let Ok(streaming) = verifier.streaming() {
            let streamed = streaming.begin(&delivery.head(), self.now).and_then(|mut stream| {
                self.body.chunks(13).for_each(|chunk| stream.update(chunk));
                stream.finish()
            });
            assert_eq!(streamed, verdict, "in pieces");
            for cut in [0, 1, self.body.len() / 2, self.body.len()].map(|cut| cut.min(self.body.len())) {
                let mut stream = match streaming.begin_identified(&delivery.head(), self.now) {
                    Ok(stream) => stream,
                    Err(rejection) => {
                        assert_eq!(Err(rejection), verdict, "identified");
                        break;
                    }
                };
                stream.update(&self.body[..cut]);
                stream.update(&self.body[cut..]);
                let whole = verdict.map(|verified| (verified, verifier.identify(&delivery)));
                assert_eq!(stream.finish(), whole, "identified, cut at {cut}");
            }
        }
        verdict
    }

    fn header(&mut self, name: &str) -> Option<&mut String> {
        self.headers.iter_mut().find(|line| line.0.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn without(mut self, name: &str) -> Self {
        self.headers.retain(|line| !line.0.eq_ignore_ascii_case(name));
        self
    }

    fn with_repeated(mut self, name: &str) -> Self {
        let line = self.headers.iter().find(|line| line.0.eq_ignore_ascii_case(name)).unwrap().clone();
        self.headers.push(line);
        self
    }
}

struct Case {
    preset: &'static Preset,
    scheme: Scheme,
    /// The scheme of the core; `None` for a token.
    hmac: Option<HmacScheme<String>>,
    function: Option<&'static str>,
}

impl Case {
    fn new(preset: &'static Preset) -> Self {
        let scheme = Scheme::from_json(preset.json()).unwrap();
        let hmac = match scheme.core() {
            CoreScheme::Hmac(hmac) => Some(hmac.clone()),
            _ => None,
        };
        let mut functions = ["twilio", "mandrill", "hubspot", "contentful", "adyen"].into_iter();
        let function = functions.find(|name| preset.json().contains(&format!("\"function\": \"{name}\"")));
        Self { preset, scheme, hmac, function }
    }

    /// A secret in the form that the preset requires.
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

    /// A body in the format of this sender, which contains `text`.
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

    /// The headers that the preset needs and its signer does not make.
    fn extra_headers(&self) -> Vec<(String, String)> {
        let headers: &[(&str, &str)] = match (self.function, self.preset.name()) {
            (Some("twilio" | "mandrill"), _) => &[("Content-Type", "application/x-www-form-urlencoded")],
            (Some("contentful"), _) => {
                &[("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp")]
            }
            (_, "lark") => &[("X-Lark-Request-Nonce", "17")],
            (_, "scalr") => &[("Date", "Thu 25 Feb 2021 15:02:10 UTC")],
            _ => &[],
        };
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn send(&self, signer: &Signer, text: &str) -> SentDelivery {
        let (headers, body, now) = (self.extra_headers(), self.body(text), UNIX_EPOCH + NOW);
        let lines: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let (method, url) = ("POST", "https://example.com/hooks?a=1");
        let message = Message { method, url, headers: &lines, body: &body, id: "msg_1", now };
        let signed_headers = signer.headers(&message).unwrap_or_else(|error| panic!("{}: {error}", self.preset.name()));
        let mut sent = SentDelivery { method: method.to_owned(), url: url.to_owned(), headers, body, now };
        if self.function == Some("adyen") {
            // This sender writes the signature into the body.
            let data = format!(r#"{{"additionalData":{{"hmacSignature":"{}"}},"pspReference""#, signed_headers[0].1);
            let body = String::from_utf8(sent.body).unwrap().replace(r#"{"pspReference""#, &data);
            sent.body = body.into_bytes();
        } else {
            sent.headers.extend(signed_headers);
        }
        sent
    }

    /// Whether the signature is a part of a token. The vectors have its faults.
    fn is_jwt(&self) -> bool {
        self.preset.json().contains("\"format\": \"jwt\"")
    }

    fn signature_header(&self) -> String {
        self.scheme.headers().next().unwrap().to_owned()
    }

    fn signs(&self, placeholder: &str) -> bool {
        self.hmac.as_ref().is_some_and(|hmac| hmac.template().contains(placeholder))
    }
}

/// The presets that sign, except for those that sign values of the URL or of the body, whose deliveries are vectors.
fn signing_cases() -> impl Iterator<Item = Case> {
    let is_special = |case: &Case| (!case.scheme.is_hmac() || case.is_jwt()) && case.scheme.covers_body();
    let is_composed = move |case: &Case| !case.scheme.is_core_alone() && case.function.is_none() && !is_special(case);
    presets().iter().map(Case::new).filter(move |case| case.hmac.is_some() && !is_composed(case))
}

#[test]
fn there_are_presets_with_signatures_and_with_tokens() {
    assert!(signing_cases().count() >= 70);
    let is_plain = |case: &Case| case.hmac.is_none() && case.scheme.is_core_alone();
    let tokens: Vec<_> = presets().iter().map(Case::new).filter(is_plain).collect();
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
    fn signed_deliveries_are_accepted_and_altered_ones_are_rejected(
        // With a blank, it is no token: a sender with a handshake can get one signed, so that is refused as a body.
        text in " \\PC{1,300}",
        key in proptest::collection::vec(any::<u8>(), 8..80),
        position in any::<prop::sample::Index>(),
    ) {
        for case in signing_cases() {
            let name = case.preset.name();
            let signer = case.scheme.signer(case.secret(&key)).unwrap();
            let verifier = case.scheme.verifier([case.secret(b"another key"), case.secret(&key)]).unwrap();
            let sent = case.send(&signer, &text);
            let verified = sent.verify(&verifier);
            prop_assert_eq!(verified.map(|verified| verified.secret_index), Ok(Some(1)), "{}", name);

            // The body: another byte, one more.
            let mut altered = sent.clone();
            let index = match case.function {
                // Only some fields are signed; the altered byte is in one of them.
                Some("adyen") => String::from_utf8_lossy(&sent.body).find("pspReference").unwrap() + 15,
                Some("twilio" | "mandrill") => 2,
                _ => position.index(sent.body.len()),
            };
            altered.body[index] ^= 1;
            prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: body", name);
            if case.function != Some("adyen") {
                let mut longer = sent.clone();
                longer.body.push(b'x');
                prop_assert_eq!(longer.verify(&verifier), Err(Rejection::Mismatch), "{}: longer body", name);
            }

            // The secret.
            let other_verifier = case.scheme.verifier(case.secret(b"another key")).unwrap();
            prop_assert_eq!(sent.verify(&other_verifier), Err(Rejection::Mismatch), "{}: secret", name);

            // The URL and the method.
            if case.signs("{url}") {
                let altered = SentDelivery { url: sent.url.replace("a=1", "a=2"), ..sent.clone() };
                prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: url", name);
                let missing = SentDelivery { url: String::new(), ..sent.clone() };
                prop_assert_eq!(missing.verify(&verifier), Err(Rejection::MissingPart), "{}: no url", name);
            }
            if case.signs("{method}") {
                let altered = SentDelivery { method: "PUT".to_owned(), ..sent.clone() };
                prop_assert_eq!(altered.verify(&verifier), Err(Rejection::Mismatch), "{}: method", name);
            }
        }
    }
}

/// Another time, id, URL and method change the signature, unless the body alone is signed.
#[test]
fn a_verifier_knows_whether_the_body_alone_is_signed() {
    let mut alone = 0;
    // What a token signs is in the token, whatever the scheme says of it.
    for case in signing_cases().filter(|case| !case.is_jwt()) {
        let name = case.preset.name();
        let signer = case.scheme.signer(case.secret(b"a key of some length")).unwrap();
        let verifier = case.scheme.verifier(case.secret(b"a key of some length")).unwrap();
        let (body, first) = (case.body("x"), case.extra_headers());
        let second: Vec<_> = first
            .iter()
            .map(|(name, value)| (name.clone(), value.replace("17", "18").replace(":10 UTC", ":11 UTC")))
            .collect();
        let sign = |method, url, id, seconds, headers: &[(String, String)]| {
            let lines: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
            let now = UNIX_EPOCH + NOW + Duration::from_secs(seconds);
            let headers = signer.headers(&Message { method, url, headers: &lines, body: &body, id, now }).unwrap();
            let signature = case.signature_header();
            headers.into_iter().find(|(name, _)| *name == signature).map(|(_, value)| value)
        };
        let is_equal = sign("POST", "https://example.com/hooks?a=1", "msg_1", 0, &first)
            == sign("PUT", "https://example.com/hooks?a=2", "msg_2", 1, &second);
        assert_eq!(verifier.signs_body_alone(), is_equal, "{name}");
        alone += usize::from(is_equal);
    }
    assert!(alone >= 80, "{alone}");
    // Those that sign values of the URL or of the body, and other names of presets.
    for (name, expected) in [
        ("billplz", true),
        ("facebook", true),
        ("hubspot-v1", true),
        ("nowpayments", true),
        ("payos", true),
        ("phonepe", true),
        ("whatsapp", true),
        ("zalopay", true),
        ("clerk", false),
        ("gitlab-token", false),
        ("messagebird", false),
        ("netlify", false),
        ("shopify-app-proxy", false),
        ("telegram", false),
        ("vnpay", false),
    ] {
        let verifier = Verifier::preset(name, Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")).unwrap();
        assert_eq!(verifier.signs_body_alone(), expected, "{name}");
    }
    for (signed, expected) in [
        ("v0:{body}", true),
        ("{{{body}}}", true),
        ("{secret}{body}", true),
        ("{sha256:body}", true),
        ("{body}{secret}{header:X-Topic}", false),
        ("{header:~0}.{body}", false),
        ("{query:a}.{body}", false),
        ("{json:/a}.{sha256:body}", true),
        ("{sha256:method}.{body}", false),
        ("{target}.{body}", false),
    ] {
        let json = format!(
            r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{signed}"}}"#
        );
        let verifier = Scheme::from_json(&json).and_then(|scheme| scheme.verifier(Secret::new("secret")));
        let verifier = verifier.unwrap_or_else(|error| panic!("{signed}: {error}"));
        assert_eq!(verifier.signs_body_alone(), expected, "{signed}");
    }
    assert!(!Verifier::token(Secret::new("token")).unwrap().signs_body_alone());
    assert!(!Verifier::from_connection(r#"{"auth_method": "NONE"}"#).unwrap().signs_body_alone());
}

/// Replaces the last character but one, without padding, by another of the same alphabet.
fn alter(value: &mut String) {
    let index = value.trim_end_matches('=').len() - 2;
    let replacement = if &value[index..=index] == "0" { "1" } else { "0" };
    value.replace_range(index..=index, replacement);
}

#[test]
fn each_altered_part_has_its_rejection() {
    for case in signing_cases().filter(|case| !case.is_jwt()) {
        let (name, header) = (case.preset.name(), case.signature_header());
        let signer = case.scheme.signer(case.secret(b"a key of some length")).unwrap();
        let verifier = case.scheme.verifier(case.secret(b"a key of some length")).unwrap();
        let sent = case.send(&signer, r#"{"order": 1001}"#);
        let check = |what: &str, sent: SentDelivery, expected: Rejection| {
            assert_eq!(sent.verify(&verifier).err(), Some(expected), "{name}: {what}");
        };
        if case.function == Some("adyen") {
            continue;
        }
        check("no signature", sent.clone().without(&header), Rejection::MissingSignature);
        check("two signature lines", sent.clone().with_repeated(&header), Rejection::RepeatedSignature);
        let with = |change: &dyn Fn(&mut String)| {
            let mut altered = sent.clone();
            change(altered.header(&header).unwrap());
            altered
        };
        check("altered signature", with(&alter), Rejection::Mismatch);
        check("empty signature", with(&String::clear), Rejection::MalformedSignature);
        check("long signature", with(&|value| *value = "x".repeat(4097)), Rejection::MalformedSignature);
        let hmac = case.hmac.as_ref().unwrap();
        let too_short = if hmac.encoding == Encoding::HexaDecimal { "abcd" } else { "YWJj" };
        let malformed = if hmac.encoding == Encoding::HexaDecimal { "xy" } else { "****" };
        let with_encoded = |text: &str| {
            let (separator, text) = (",", text.to_owned());
            with(&move |value| {
                // The text before the signature stays.
                let prefix = match &hmac.format {
                    Format::Bare => "",
                    Format::Labelled | Format::Prefixed { .. } => &value[..=value.find(['=', ' ']).unwrap()],
                    Format::List { version, .. } => &format!("{version}{separator}"),
                    Format::Pairs { key, mark, .. } => {
                        &value[..=value.rfind(&format!("{key}{}", char::from(*mark))).unwrap() + key.len()]
                    }
                    Format::Positional { separator, .. } => &value[..=value.rfind(char::from(*separator)).unwrap()],
                };
                *value = format!("{prefix}{text}");
            })
        };
        check("short signature", with_encoded(too_short), Rejection::WrongLength);
        check("other alphabet", with_encoded(malformed), Rejection::MalformedEncoding);

        let Some(rule) = &hmac.timestamp else { continue };
        let with_timestamp = |text: &str| match &rule.from {
            Source::Header(name) => {
                let mut altered = sent.clone();
                *altered.header(name).unwrap() = text.to_owned();
                altered
            }
            Source::Signature(_) => with(&|value| {
                let valid = match rule.unit {
                    TimeUnit::Seconds => "1614265330",
                    _ => "1614265330000",
                };
                assert!(value.contains(valid), "{name}");
                *value = value.replace(valid, text);
            }),
        };
        for text in ["-9223372036854775808", "+1", " 1", "1.5", "1e9", "", "0x10", &"9".repeat(40)] {
            // An empty positional field does not match the format.
            let expected = match hmac.format {
                Format::Positional { .. } if text.is_empty() => Rejection::MalformedSignature,
                // Spaces around a positional field are trimmed, so it is another timestamp.
                Format::Positional { .. } if text == " 1" => Rejection::Mismatch,
                // One field more: of two signatures one is malformed, and the other is for another timestamp.
                Format::Positional { separator, .. } if text.contains(char::from(separator)) => Rejection::Mismatch,
                _ => Rejection::MalformedTimestamp,
            };
            check(&format!("timestamp {text:?}"), with_timestamp(text), expected);
        }
        let another = match rule.unit {
            TimeUnit::Seconds => "1614265331",
            TimeUnit::Milliseconds => "1614265331000",
            TimeUnit::Rfc3339 => "2021-02-25T15:02:11Z",
            TimeUnit::Utc => "2021-02-25T15:02:11",
        };
        check("another timestamp", with_timestamp(another), Rejection::Mismatch);
        if let Source::Header(name) = &rule.from {
            check("no timestamp", sent.clone().without(name), Rejection::MissingTimestamp);
            check("two timestamps", sent.clone().with_repeated(name), Rejection::RepeatedSignature);
        }
        if let Some(tolerance) = rule.tolerance {
            let received_after = |seconds: i64| SentDelivery { now: shift(sent.now, seconds), ..sent.clone() };
            let (past, future) = (i64::from(tolerance.past), i64::from(tolerance.future));
            for limit in [past, -future] {
                assert!(received_after(limit).verify(&verifier).is_ok(), "{name}: at the limit");
            }
            check("too old", received_after(past + 1), Rejection::Expired);
            check("too new", received_after(-future - 1), Rejection::FromFuture);
            // Authenticity comes first: a forged delivery is not called expired.
            let mut forged = received_after(past + 1);
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

fn shift(time: SystemTime, seconds: i64) -> SystemTime {
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 { time - distance } else { time + distance }
}
