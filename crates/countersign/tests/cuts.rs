//! One way to cut: no two accepted deliveries have the same signed text, for all presets and for random templates. A cut is
//! the division of a signed text into the parts of the template. Presets whose sender makes several cuts possible are
//! listed, each with two deliveries for one signature.
//!
//! `COUNTERSIGN_CUTS` sets the number of other cuts to try; the default is some thousands. Ten million take minutes:
//! `COUNTERSIGN_CUTS=10000000 cargo test --release -p countersign --test cuts`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/cut.rs"]
mod cut;

use std::time::{Duration, SystemTime};

use countersign::{Delivery, Message, Rejection, Scheme, Secret, Signer, presets};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, TestRunner};

#[test]
fn no_signed_text_has_a_second_cut() {
    let count: usize = std::env::var("COUNTERSIGN_CUTS").map_or(4_000, |count| count.parse().unwrap());
    let mut runner = TestRunner::new(Config::default());
    let (mut cuts, mut runs, mut accepted, mut signed) = (0, 0, 0, 0);
    while cuts < count {
        let data = vec(any::<u8>(), 20..120).new_tree(&mut runner).unwrap().current();
        let result = std::panic::catch_unwind(|| cut::run(&data)).unwrap_or_else(|_| panic!("{data:?}"));
        cuts += result.cuts;
        runs += 1;
        accepted += usize::from(result.accepted);
        signed += usize::from(result.signed);
    }
    println!("{runs} schemes and presets, {accepted} accepted; {signed} deliveries signed; {cuts} other cuts rejected");
    assert!(accepted * 5 > runs && signed * 10 > runs, "{runs} {accepted} {signed}");
}

/// The attack that the rule prevents, on every preset that signs id, timestamp and body, joined by full stops.
#[test]
fn a_delivery_is_not_replayed_with_its_timestamp_inside_the_id() {
    let signs = |json: &str| json.contains("{id}.{timestamp}.{body}");
    let names: Vec<_> = presets().iter().filter(|preset| signs(preset.json())).map(countersign::Preset::name).collect();
    assert_eq!(names, ["gitlab", "lithic", "openai", "polar", "standard-webhooks", "svix"]);
    for name in names {
        let secret = || Secret::new("whsec_YSBzZWNyZXQgb2YgdXN1YWwgbGVuZ3Ro");
        let verifier = Scheme::preset(name).unwrap().verifier(secret()).unwrap();
        let time = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let body = br#"{"comment":"x.1701000000.{\"to\":1}"}"#;
        let message = Message { id: "msg_1", now: time(1_700_000_000), ..Message::new(body) };
        let signer = Signer::preset(name, secret()).unwrap();
        let mut headers = signer.headers(&message).unwrap();
        let verify = |headers: &[(String, String)], body: &[u8], now| {
            verifier.verify(&Delivery { method: "POST", url: "", headers, body }, now).map(|_| ())
        };
        assert_eq!(verify(&headers, body, time(1_700_000_000)), Ok(()), "{name}");
        for (header, value) in &mut headers {
            match () {
                () if header.ends_with("-id") => *value = r#"msg_1.1700000000.{"comment":"x"#.to_owned(),
                () if header.ends_with("-timestamp") => *value = "1701000000".to_owned(),
                () => {}
            }
        }
        let verdict = verify(&headers, br#"{\"to\":1}"}"#, time(1_701_000_000));
        assert_eq!(verdict, Err(Rejection::MissingPart), "{name}");
        // The signer refuses such an id, too.
        assert!(signer.headers(&Message { id: "msg.1", ..message }).is_err(), "{name}");
    }
}

/// If the URL touches the body, an attacker can move text between the query and the body. Therefore the receiver must know
/// the query, and the notes of these presets say so.
#[test]
fn an_unknown_query_makes_a_second_cut_possible() {
    const ENDPOINT: &str = "https://example.com/card";
    // The second half is for presets that sign the URL after the body.
    const URL: &str = "https://example.com/card?userId=1&to=https://example.com/card";
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const LIST: (&str, &str) = ("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let mut found = Vec::new();
    // Those that sign values of the URL or of the body have vectors of their own.
    let is_composed = |preset: &countersign::Preset| {
        let scheme = Scheme::preset(preset.name()).unwrap();
        cut::is_composed(&scheme) && scheme.is_hmac()
    };
    for preset in presets().iter().filter(|preset| preset.json().contains("{url}") && !is_composed(preset)) {
        let secret = || Secret::new("44782def547aaa06c910c43932b1eb0c");
        let scheme = Scheme::preset(preset.name()).unwrap();
        let (verifier, signer) = (scheme.verifier(secret()).unwrap(), scheme.signer(secret()).unwrap());
        let message = Message { method: "GET", url: URL, now, ..Message::new(b"") };
        let other_headers = [FORM, LIST];
        let lines = other_headers.map(|(name, value)| (name, value.as_bytes()));
        let mut headers = signer.headers(&Message { headers: &lines, ..message }).unwrap();
        headers.extend(other_headers.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let is_accepted = |url: &str, body: &str| {
            let delivery = Delivery { method: "GET", url, headers: &headers[..], body: body.as_bytes() };
            url.split('?').next() == Some(ENDPOINT) && verifier.verify(&delivery, now).is_ok()
        };
        assert!(is_accepted(URL, ""), "{}", preset.name());
        let mut cuts = (1..URL.len()).map(|index| URL.split_at(index));
        if cuts.any(|(front, end)| is_accepted(front, end) || is_accepted(end, front)) {
            assert!(preset.note.as_ref().is_some_and(|note| note.contains("query")), "{}", preset.name());
            found.push(preset.name());
        }
    }
    assert_eq!(found, cut::QUERY_TOUCHES_BODY);
}

/// Each preset on the list accepts two deliveries with one signature. Its note describes them.
#[test]
fn ambiguous_presets_accept_two_deliveries_with_one_signature() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    let notification = |more: &str, signature: &str| {
        format!(
            r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"1",{more}"additionalData":{{"hmacSignature":"{signature}"}}}}}}]}}"#
        )
    };
    for name in cut::AMBIGUOUS {
        let secret = || Secret::new("44782def547aaa06c910c43932b1eb0c");
        let scheme = Scheme::preset(name).unwrap();
        let (verifier, signer) = (scheme.verifier(secret()).unwrap(), scheme.signer(secret()).unwrap());
        let signature = |body: &[u8]| {
            let headers: [(&str, &[u8]); 1] = [(FORM.0, FORM.1.as_bytes())];
            signer.signature(&Message { url: "https://example.com/", headers: &headers, ..Message::new(body) }).unwrap()
        };
        let (valid, bodies) = if name == "adyen" {
            let valid = signature(notification("", "").as_bytes());
            (valid.clone(), [notification("", &valid), notification(r#""reason":"anything","#, &valid)])
        } else {
            (signature(b"ab=c"), ["ab=c".to_owned(), "a=bc".to_owned()])
        };
        for body in bodies {
            let headers = [FORM, (verifier.header(), &valid)];
            let delivery =
                Delivery { method: "POST", url: "https://example.com/", headers: &headers, body: body.as_bytes() };
            assert!(verifier.verify(&delivery, SystemTime::UNIX_EPOCH).is_ok(), "{name}: {body}");
        }
    }
    let declared: Vec<_> = presets().iter().filter(|preset| preset.ambiguous).map(countersign::Preset::name).collect();
    let (composed, others): (Vec<_>, Vec<_>) =
        declared.into_iter().partition(|name| cut::is_composed(&Scheme::preset(name).unwrap()));
    assert_eq!(others, cut::AMBIGUOUS);
    // The two deliveries of these are vectors with one signature.
    let vectors = countersign_vectors::all();
    for name in composed {
        let has = |id: &str| {
            let id = format!("preset-{name}-{id}");
            vectors.iter().any(|(_, vector)| vector.id == id && vector.expect == "authentic")
        };
        assert!(has("ambiguous") && (has("accept") || has("ambiguous-other")), "{name}");
    }
}
