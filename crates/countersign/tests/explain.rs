//! Every broken delivery of the corpus is explained by the one thing that is wrong with it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Algorithm, Cause, Delivery, Encoding, Explanation, Message, Scheme, Secret};
use countersign_vectors::{Broken, broken};

/// The explanation of a broken delivery, and the rejection that the corpus expects.
fn explain(case: &Broken) -> Explanation {
    let (scheme, secrets) = scheme::scheme(&case.verifier).unwrap();
    let (headers, body) = (case.delivery.headers(), case.delivery.body());
    let delivery = Delivery {
        method: case.delivery.method.as_deref().unwrap_or(""),
        url: case.delivery.url.as_deref().unwrap_or(""),
        headers: &headers[..],
        body,
    };
    scheme.explain(secrets, &delivery, scheme::received(case.delivery.received_at)).unwrap()
}

#[test]
fn the_cause_of_every_broken_delivery_is_named() {
    let (corpus, mut faults) = (broken(), Vec::new());
    for case in &corpus {
        let explanation = explain(case);
        let rejection = match &explanation {
            Explanation::Found { rejection, .. } | Explanation::Unexplained { rejection, .. } => rejection.name(),
            _ => "authentic",
        };
        let cause = explanation.cause().map_or("unexplained", Cause::name);
        if (cause, rejection) != (case.cause.as_str(), case.expect.as_str()) {
            faults.push(format!(
                "{}: {}\n  found {cause}, {rejection}; not {}, {}\n  {explanation}",
                case.id, case.comment, case.cause, case.expect
            ));
        }
    }
    assert!(faults.is_empty(), "{} faults of {}:\n{}", faults.len(), corpus.len(), faults.join("\n"));
    assert!(corpus.len() >= 75, "only {} broken deliveries", corpus.len());
    // A secret that may not be used yet has a test of its own.
    for cause in Cause::all().filter(|cause| !matches!(cause, Cause::SecretNotValid | Cause::MissingPart)) {
        assert!(corpus.iter().any(|case| case.cause == cause.name()), "no delivery is broken by {cause}");
    }
}

/// Nothing that would help a forger is said: no secret, no signature, nor a long piece of either.
#[test]
fn no_explanation_shows_a_secret_or_a_signature() {
    for case in broken() {
        let said = format!("{0} {0:?}", explain(&case));
        let words = said.split(|c: char| !c.is_ascii_alphanumeric());
        let long =
            words.filter(|word| word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit())).collect::<Vec<_>>();
        assert!(long.is_empty(), "{}: {long:?} in {said}", case.id);
        for secret in case.verifier.scheme_secrets() {
            let text = String::from_utf8_lossy(secret.bytes).into_owned();
            assert!(text.trim().len() < 6 || !said.contains(text.trim()), "{}: {said}", case.id);
        }
    }
}

#[test]
fn a_secret_that_may_not_be_used_is_named() {
    let now = SystemTime::now();
    let (day, github) = (Duration::from_secs(86_400), Scheme::preset("github").unwrap());
    let headers = github.signer(Secret::new("old")).unwrap().headers(&Message::new(b"body")).unwrap();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    let explain = |old: Secret| github.explain([Secret::new("new"), old], &delivery, now).unwrap();
    assert_eq!(explain(Secret::new("old").not_after(now - day)).cause(), Some(Cause::SecretNotValid));
    assert_eq!(explain(Secret::new("old").not_before(now + day)).cause(), Some(Cause::SecretNotValid));
    assert!(matches!(explain(Secret::new("old").not_after(now + day)), Explanation::Authentic(_)));
}

/// An old delivery with another fault is not called old: the operator explains it when it has long arrived.
#[test]
fn age_is_not_taken_for_the_fault_where_there_is_another() {
    let stripe = Scheme::preset("stripe").unwrap();
    let message = Message { now: UNIX_EPOCH, ..Message::new(b"{}") };
    let headers = stripe.signer(Secret::new("secret")).unwrap().headers(&message).unwrap();
    let headers: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let explain = |body: &[u8]| {
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        stripe.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap().cause()
    };
    assert_eq!(explain(b"{}"), Some(Cause::ClockOff));
    assert_eq!(explain(b"{}\n"), Some(Cause::BodyNewlineAdded));
}

/// What stands in front of a signature may be another signature, or the secret.
#[test]
fn neither_a_doubled_signature_nor_a_secret_is_taken_for_a_prefix() {
    for (algorithm, encoding) in Algorithm::ALL.into_iter().flat_map(|algorithm| Encoding::ALL.map(|e| (algorithm, e)))
    {
        let json =
            format!(r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "{algorithm}", "encoding": "{encoding}"}}"#);
        let scheme = Scheme::from_json(&json).unwrap();
        let right = scheme.signer(Secret::new("hunter2")).unwrap().signature(&Message::new(b"body")).unwrap();
        for value in
            [format!("{right}{right}"), format!("{right},{right}"), format!("hunter2:{right}"), format!("a={right}")]
        {
            let headers = [("X-Sign", value.as_bytes())];
            let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
            let said = scheme.explain(Secret::new("hunter2"), &delivery, SystemTime::now()).unwrap();
            let said = format!("{said} {said:?}");
            assert!(!said.contains("hunter2") && !said.contains(right.trim_end_matches('=')), "{said}");
        }
    }
}

/// What was passed over of a delivery from GitHub that nothing explains.
fn passed_over(headers: &[(&str, &[u8])], body: &[u8]) -> (Vec<Cause>, String) {
    let value = format!("sha256={}", "0".repeat(64));
    let signed = [headers, &[("X-Hub-Signature-256", value.as_bytes())]].concat();
    let delivery = Delivery { method: "POST", url: "/", headers: &signed[..], body };
    let said = Scheme::preset("github").unwrap().explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let text = said.to_string();
    let Explanation::Unexplained { passed_over, .. } = said else { panic!("{said:?}") };
    (passed_over, text)
}

/// A sender chooses the body, so it does not choose how long an explanation takes. What is not tried is said.
#[test]
fn what_a_delivery_is_too_large_for_is_passed_over() {
    let (none, text) = passed_over(&[], br#"{"a": [1, 2]}"#);
    assert!(none.is_empty() && !text.contains("passed over"), "{text}");

    // 20 KB, of which every indented form would be 4 MB.
    let nested = "[".repeat(100) + &"1,".repeat(10_000) + "1" + &"]".repeat(100);
    let (causes, text) = passed_over(&[], nested.as_bytes());
    assert_eq!(causes, [Cause::BodyReserialised]);
    assert!(
        text.starts_with("None of 27 usual mistakes ")
            && text.contains("passed over, or not tried in every way: body_reserialised."),
        "{text}"
    );

    let (causes, _) = passed_over(&[], "a=b&".repeat(1_000).as_bytes());
    assert_eq!(causes, [Cause::BodyFormField]);
    let names: Vec<String> = (0..1_000).map(|i| format!("X-{i}")).collect();
    let headers: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"value"[..])).collect();
    assert_eq!(passed_over(&headers, b"{}").0, [Cause::WrongHeader]);
}

fn cause_and_advice(said: &Explanation) -> (Option<Cause>, String) {
    (said.cause(), said.to_string())
}

/// Several senders sign as GitHub did before; the preset of GitHub itself is named.
#[test]
fn the_preset_of_the_same_sender_comes_first() {
    let signer = Scheme::preset("github-legacy").unwrap().signer_with(Secret::new("secret"), Algorithm::Sha1).unwrap();
    let value = signer.signature(&Message::new(b"{}")).unwrap();
    let headers = [("X-Hub-Signature", value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
    for (preset, named) in [("github", "github-legacy"), ("stripe", "bitbucket")] {
        let scheme = Scheme::preset(preset).unwrap();
        let said = scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
        let (cause, advice) = cause_and_advice(&said);
        assert_eq!(cause, Some(Cause::AnotherPreset));
        assert!(advice.contains(&format!("Use the preset {named},")), "{preset}: {advice}");
    }
}

/// What cannot be tried is seen: bytes of a compressed body, or a header that says that there were some.
#[test]
fn compression_is_named_where_nothing_else_fits() {
    let github = Scheme::preset("github").unwrap();
    let value = github.signer(Secret::new("secret")).unwrap().signature(&Message::new(b"{}")).unwrap();
    let explain = |encoding: &[u8], body: &[u8]| {
        let headers = [("X-Hub-Signature-256", value.as_bytes()), ("Content-Encoding", encoding)];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        cause_and_advice(&github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap())
    };
    let (cause, advice) = explain(b"", b"\x1f\x8b\x08");
    assert!(cause == Some(Cause::BodyCompressed) && advice.contains("compressed with gzip"), "{advice}");
    let (cause, advice) = explain(b"br", b"{\"a\": 1}");
    assert!(cause == Some(Cause::BodyCompressed) && advice.contains("says \"br\""), "{advice}");
    // What fits is certain, and comes first.
    assert_eq!(explain(b"gzip", b"{}\n").0, Some(Cause::BodyNewlineAdded));
    assert_eq!(explain(b"identity", b"other").0, None);
    assert_eq!(explain(b" ", b"other").0, None);
}

#[test]
fn a_part_that_is_missing_is_named() {
    let square = Scheme::preset("square").unwrap();
    let value = "A".repeat(43) + "=";
    let headers = [("x-square-hmacsha256-signature", value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: b"{}" };
    let said = square.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let (cause, advice) = cause_and_advice(&said);
    assert_eq!(cause, Some(Cause::MissingPart), "{advice}");
    assert!(advice.contains("without: the URL as the sender calls it. Give all of the delivery"), "{advice}");
}
