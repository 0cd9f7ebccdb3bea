//! One way to cut: no two deliveries have the same signed text, for every preset and for schemes of any template. The presets
//! whose sender leaves no choice are listed, each with two deliveries that one signature fits.
//!
//! `COUNTERSIGN_CUTS` tells how many other cuts are looked for; some thousands without it. Ten million take minutes:
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
fn no_signed_text_can_be_cut_elsewhere() {
    let wanted: usize = std::env::var("COUNTERSIGN_CUTS").map_or(4_000, |count| count.parse().unwrap());
    let mut runner = TestRunner::new(Config::default());
    let (mut cuts, mut tried, mut accepted, mut signed) = (0, 0, 0, 0);
    while cuts < wanted {
        let data = vec(any::<u8>(), 20..120).new_tree(&mut runner).unwrap().current();
        let found = std::panic::catch_unwind(|| cut::run(&data)).unwrap_or_else(|_| panic!("{data:?}"));
        cuts += found.cuts;
        tried += 1;
        accepted += usize::from(found.accepted);
        signed += usize::from(found.signed);
    }
    println!("{tried} schemes and presets, {accepted} accepted; {signed} deliveries signed; {cuts} other cuts refused");
    assert!(accepted * 5 > tried && signed * 10 > tried, "{tried} {accepted} {signed}");
}

/// The attack that the rule is there for, on every preset that signs id, timestamp and body with full stops between.
#[test]
fn a_delivery_is_not_replayed_under_an_id_that_swallows_its_timestamp() {
    let signs = |json: &str| json.contains("{id}.{timestamp}.{body}");
    let names: Vec<_> = presets().iter().filter(|preset| signs(preset.json())).map(countersign::Preset::name).collect();
    assert_eq!(names, ["gitlab", "lithic", "openai", "standard-webhooks", "svix"]);
    for name in names {
        let secret = || Secret::new("whsec_YSBzZWNyZXQgb2YgdXN1YWwgbGVuZ3Ro");
        let verifier = Scheme::preset(name).unwrap().verifier(secret()).unwrap();
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let body = br#"{"comment":"x.1701000000.{\"to\":1}"}"#;
        let message = Message { id: "msg_1", now: at(1_700_000_000), ..Message::new(body) };
        let signer = Signer::preset(name, secret()).unwrap();
        let mut headers = signer.headers(&message).unwrap();
        let verify = |headers: &[(String, String)], body: &[u8], now| {
            verifier.verify(&Delivery { method: "POST", url: "", headers, body }, now).map(|_| ())
        };
        assert_eq!(verify(&headers, body, at(1_700_000_000)), Ok(()), "{name}");
        for (header, value) in &mut headers {
            match () {
                () if header.ends_with("-id") => *value = r#"msg_1.1700000000.{"comment":"x"#.to_owned(),
                () if header.ends_with("-timestamp") => *value = "1701000000".to_owned(),
                () => {}
            }
        }
        let verdict = verify(&headers, br#"{\"to\":1}"}"#, at(1_701_000_000));
        assert_eq!(verdict, Err(Rejection::MissingPart), "{name}");
        // Nor is such an id sent.
        assert!(signer.headers(&Message { id: "msg.1", ..message }).is_err(), "{name}");
    }
}

/// A query that is taken from the request as it came can be cut elsewhere where it touches the body. That is why the receiver
/// must know it, and why the notes of these presets say so.
#[test]
fn a_query_that_is_not_known_is_a_second_cut() {
    const ENDPOINT: &str = "https://example.com/card";
    // The second half is there for who signs the URL behind the body.
    const URL: &str = "https://example.com/card?userId=1&to=https://example.com/card";
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    const LIST: (&str, &str) = ("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let mut found = Vec::new();
    for preset in presets().iter().filter(|preset| preset.json().contains("{url}")) {
        let secret = || Secret::new("44782def547aaa06c910c43932b1eb0c");
        let scheme = Scheme::preset(preset.name()).unwrap();
        let (verifier, signer) = (scheme.verifier(secret()).unwrap(), scheme.signer(secret()).unwrap());
        let message = Message { method: "GET", url: URL, now, ..Message::new(b"") };
        let sent = [FORM, LIST];
        let lines = sent.map(|(name, value)| (name, value.as_bytes()));
        let mut headers = signer.headers(&Message { headers: &lines, ..message }).unwrap();
        headers.extend(sent.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let is_good = |url: &str, body: &str| {
            let delivery = Delivery { method: "GET", url, headers: &headers[..], body: body.as_bytes() };
            url.split('?').next() == Some(ENDPOINT) && verifier.verify(&delivery, now).is_ok()
        };
        assert!(is_good(URL, ""), "{}", preset.name());
        let mut cuts = (1..URL.len()).map(|at| URL.split_at(at));
        if cuts.any(|(front, end)| is_good(front, end) || is_good(end, front)) {
            assert!(preset.note.as_ref().is_some_and(|note| note.contains("query")), "{}", preset.name());
            found.push(preset.name());
        }
    }
    assert_eq!(found, cut::QUERY_TOUCHES);
}

/// Two deliveries of each preset on the list, with one signature. What is said of them stands in their notes.
#[test]
fn where_the_sender_leaves_no_choice() {
    const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
    let item = |more: &str, signature: &str| {
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
        let (made, bodies) = if name == "adyen" {
            let made = signature(item("", "").as_bytes());
            (made.clone(), [item("", &made), item(r#""reason":"anything","#, &made)])
        } else {
            (signature(b"ab=c"), ["ab=c".to_owned(), "a=bc".to_owned()])
        };
        for body in bodies {
            let headers = [FORM, (verifier.header(), &made)];
            let delivery =
                Delivery { method: "POST", url: "https://example.com/", headers: &headers, body: body.as_bytes() };
            assert!(verifier.verify(&delivery, SystemTime::UNIX_EPOCH).is_ok(), "{name}: {body}");
        }
    }
    let declared: Vec<_> = presets().iter().filter(|preset| preset.ambiguous).map(countersign::Preset::name).collect();
    assert_eq!(declared, cut::AMBIGUOUS);
}
