//! Explanations of rejected deliveries: each broken delivery of the test vectors has one fault, which must be named.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "support/scheme.rs"]
mod scheme;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Algorithm, Cause, Connection, Delivery, Encoding, Explanation, Message, Scheme, Secret};
use countersign_vectors::{Broken, broken};

fn explain(case: &Broken) -> Explanation {
    let (scheme, secrets) = scheme::scheme(&case.verifier).unwrap();
    let headers = case.delivery.headers();
    let delivery = scheme::delivery(&case.delivery, &headers);
    scheme.explain(secrets, &delivery, scheme::received(case.delivery.received_at)).unwrap()
}

/// The true cause comes first in at least 95 of 100 deliveries, and the rejection is always the right one. With two mistakes,
/// both must be named.
#[test]
fn the_true_cause_of_a_broken_delivery_comes_first() {
    let (corpus, mut faults, mut found) = (broken(), Vec::new(), Vec::new());
    for case in &corpus {
        let explanation = explain(case);
        let rejection = match &explanation {
            Explanation::Found { rejection, .. } | Explanation::Unexplained { rejection, .. } => rejection.name(),
            _ => "authentic",
        };
        assert_eq!(rejection, case.expect, "{}: {}", case.id, case.comment);
        let cause = explanation.cause().map_or("unexplained", Cause::name);
        let also = explanation.also().map(Cause::name);
        if (cause, also) == (case.cause.as_str(), case.also.as_deref()) {
            found.push((cause, also));
        } else {
            faults.push(format!(
                "{}: {}\n  found {cause} {also:?}, not {} {:?}\n  {explanation}",
                case.id, case.comment, case.cause, case.also
            ));
        }
    }
    assert!(20 * faults.len() <= corpus.len(), "{} faults of {}:\n{}", faults.len(), corpus.len(), faults.join("\n"));
    assert!(corpus.len() >= 240, "only {} broken deliveries", corpus.len());
    // These causes have their own tests.
    let is_elsewhere = |cause: &Cause| {
        matches!(cause, Cause::SecretNotValid | Cause::MissingPart | Cause::BodyLength | Cause::HeaderForm)
    };
    for cause in Cause::all().filter(|cause| !is_elsewhere(cause)) {
        assert!(found.contains(&(cause.name(), None)), "{cause} is found nowhere:\n{}", faults.join("\n"));
    }
    assert!(found.iter().filter(|(_, also)| also.is_some()).count() >= 15, "{}", faults.join("\n"));
    let advice: Vec<String> =
        corpus.iter().filter(|case| case.cause != "unexplained").map(|case| explain(case).to_string()).collect();
    for text in advice {
        assert!(!text.contains("  ") && text.ends_with('.') && !text.contains(".."), "{text}");
    }
}

/// An explanation contains nothing that helps to forge a signature: no secret, no signature, no long piece of either.
#[test]
fn no_explanation_shows_a_secret_or_a_signature() {
    for case in broken() {
        let explanation = format!("{0} {0:?}", explain(&case));
        let words = explanation.split(|c: char| !c.is_ascii_alphanumeric());
        let long =
            words.filter(|word| word.len() >= 20 && word.contains(|c: char| c.is_ascii_digit())).collect::<Vec<_>>();
        assert!(long.is_empty(), "{}: {long:?} in {explanation}", case.id);
        for secret in case.verifier.scheme_secrets() {
            let text = String::from_utf8_lossy(secret.bytes).into_owned();
            assert!(text.trim().len() < 6 || !explanation.contains(text.trim()), "{}: {explanation}", case.id);
        }
    }
}

fn as_slices(headers: &[(String, String)]) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

#[test]
fn a_secret_outside_its_validity_is_named() {
    let now = SystemTime::now();
    let (day, github) = (Duration::from_secs(86_400), Scheme::preset("github").unwrap());
    let headers = github.signer(Secret::new("old")).unwrap().headers(&Message::new(b"body")).unwrap();
    let headers = as_slices(&headers);
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    let explain = |old: Secret| github.explain([Secret::new("new"), old], &delivery, now).unwrap();
    assert_eq!(explain(Secret::new("old").not_after(now - day)).cause(), Some(Cause::SecretNotValid));
    assert_eq!(explain(Secret::new("old").not_before(now + day)).cause(), Some(Cause::SecretNotValid));
    assert!(matches!(explain(Secret::new("old").not_after(now + day)), Explanation::Authentic(_)));
}

/// Most often a header is missing because something else was looked for than the sender sends.
#[test]
fn a_missing_signature_names_where_it_was_looked_for() {
    for (preset, place) in [
        ("github", "the header X-Hub-Signature-256"),
        ("gitlab-token", "the header X-Gitlab-Token"),
        ("box", "the headers BOX-SIGNATURE-PRIMARY and BOX-SIGNATURE-SECONDARY"),
        ("docusign", "the headers X-DocuSign-Signature-1, X-DocuSign-Signature-2 and 8 more"),
        ("adyen", "the field additionalData.hmacSignature of the body"),
    ] {
        let scheme = Scheme::preset(preset).unwrap();
        assert_eq!(scheme.signature_place(), place);
        let body = br#"{"notificationItems": [{"NotificationRequestItem": {"success": "true"}}]}"#;
        let delivery = Delivery { method: "POST", url: "/", headers: &[][..], body };
        let explanation = scheme.explain(Secret::new("aa"), &delivery, SystemTime::now()).unwrap().to_string();
        let start =
            format!("The delivery carries no signature that could be compared: it was looked for in {place}, and ");
        assert!(explanation.starts_with(&start), "{explanation}");
    }
    assert_eq!(Connection::from_json(r#"{"auth_method": "NONE"}"#).unwrap().scheme().unwrap().signature_place(), "");
}

/// An operator explains a delivery long after it arrived, so its age is the cause only if there is no other fault.
#[test]
fn age_is_the_cause_only_if_there_is_no_other() {
    let stripe = Scheme::preset("stripe").unwrap();
    let message = Message { now: UNIX_EPOCH, ..Message::new(b"{}") };
    let headers = stripe.signer(Secret::new("secret")).unwrap().headers(&message).unwrap();
    let headers = as_slices(&headers);
    let explain = |body: &[u8]| {
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        stripe.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap().cause()
    };
    assert_eq!(explain(b"{}"), Some(Cause::ClockOff));
    assert_eq!(explain(b"{}\n"), Some(Cause::BodyNewlineAdded));
}

/// The text before a signature may be another signature, or the secret; neither may be shown as a prefix.
#[test]
fn neither_a_doubled_signature_nor_a_secret_is_shown_as_a_prefix() {
    let with_encodings = |algorithm| Encoding::ALL.map(|encoding| (algorithm, encoding));
    for (algorithm, encoding) in Algorithm::ALL.into_iter().flat_map(with_encodings) {
        let json =
            format!(r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "{algorithm}", "encoding": "{encoding}"}}"#);
        let scheme = Scheme::from_json(&json).unwrap();
        let valid = scheme.signer(Secret::new("hunter2")).unwrap().signature(&Message::new(b"body")).unwrap();
        for value in
            [format!("{valid}{valid}"), format!("{valid},{valid}"), format!("hunter2:{valid}"), format!("a={valid}")]
        {
            let headers = [("X-Sign", value.as_bytes())];
            let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
            let explanation = scheme.explain(Secret::new("hunter2"), &delivery, SystemTime::now()).unwrap();
            let text = format!("{explanation} {explanation:?}");
            assert!(!text.contains("hunter2") && !text.contains(valid.trim_end_matches('=')), "{text}");
            if value.starts_with("hunter2") {
                let advice = "Text that is not shown here, since it could be a secret or a part of a signature, stands in front of \
                              the signature, which the scheme does not expect. Set signature.format to prefixed and \
                              signature.prefix to what the sender writes there.";
                assert!(text.contains(advice), "{text}");
            }
        }
    }
}

/// A scheme with a token has no other field than `token.header`, and is refused with one.
#[test]
fn what_is_advised_of_a_token_is_possible() {
    let scheme = Scheme::preset("gitlab-token").unwrap();
    let advice = |secret: &str, name: &str, value: &str| {
        let headers = [(name, value.as_bytes())];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
        let explanation = scheme.explain(Secret::new(secret), &delivery, SystemTime::now()).unwrap();
        (explanation.cause().unwrap().name(), explanation.to_string())
    };
    let (cause, text) = advice("a token", "X-Token", "a token");
    assert_eq!(cause, "wrong_header");
    let expected = "The token is in the header \"X-Token\", not in X-Gitlab-Token. Set token.header (auth_header_key in a \
                    connection) to \"X-Token\".";
    assert!(text.contains(expected), "{text}");
    for (secret, sent, expected) in [
        ("aHVudGVyMg==", "hunter2", "secret_is_base64"),
        ("whsec_hunter2", "hunter2", "secret_whsec"),
        ("hunter2\n", "hunter2", "secret_whitespace"),
        ("user:hunter2", "Basic dXNlcjpodW50ZXIy", "secret_is_base64"),
        ("hunter2", "Bearer hunter2", "extra_prefix"),
    ] {
        let (cause, text) = advice(secret, "X-Gitlab-Token", sent);
        assert_eq!(cause, expected, "{text}");
        for field in ["signature.", "Set secret", "set secret"] {
            assert!(!text.contains(field), "{cause}: {text}");
        }
    }
}

/// The causes that an explanation skips, and its text, for a delivery from GitHub that no cause explains.
fn skipped_causes(headers: &[(&str, &[u8])], body: &[u8]) -> (Vec<Cause>, String) {
    let value = format!("sha256={}", "0".repeat(64));
    let signed = [headers, &[("X-Hub-Signature-256", value.as_bytes())]].concat();
    let delivery = Delivery { method: "POST", url: "/", headers: &signed[..], body };
    let github = Scheme::preset("github").unwrap();
    let explanation = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let text = explanation.to_string();
    let Explanation::Unexplained { passed_over, .. } = explanation else { panic!("{explanation:?}") };
    (passed_over, text)
}

/// A sender chooses the body and must not choose how long an explanation takes. The explanation names the skipped causes.
#[test]
fn causes_that_are_too_expensive_are_skipped_and_named() {
    let (causes, text) = skipped_causes(&[], br#"{"a": [1, 2]}"#);
    assert!(causes.is_empty() && !text.contains("passed over"), "{text}");

    // Many fields, each of which is short.
    let form = "=&".repeat(10_000);
    let (causes, _) = skipped_causes(&[], form.as_bytes());
    assert!(causes.contains(&Cause::BodyFormReencoded), "{causes:?}");
    let fields: Vec<String> = (0..60).map(|i| format!("\"{i}\":\"x\"")).collect();
    let (causes, _) = skipped_causes(&[], format!("{{{}}}", fields.join(",")).as_bytes());
    assert_eq!(causes, [Cause::BodyJsonString]);

    // 20 KB; each indented form of it has 4 MB.
    let nested = "[".repeat(100) + &"1,".repeat(10_000) + "1" + &"]".repeat(100);
    let (causes, text) = skipped_causes(&[], nested.as_bytes());
    assert_eq!(causes, [Cause::BodyReserialised]);
    assert!(
        text.starts_with("None of 44 usual mistakes ")
            && text.contains("passed over, or not tried in every way: body_reserialised."),
        "{text}"
    );

    let (causes, _) = skipped_causes(&[], "a=b&".repeat(1_000).as_bytes());
    assert_eq!(causes, [Cause::BodyFormField]);
    let names: Vec<String> = (0..1_000).map(|i| format!("X-{i}")).collect();
    let headers: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"value"[..])).collect();
    assert_eq!(skipped_causes(&headers, b"{\"a\":1}").0, [Cause::WrongHeader]);
}

fn cause_and_advice(explanation: &Explanation) -> (Option<Cause>, String) {
    (explanation.cause(), explanation.to_string())
}

/// Several senders sign in the way of `github-legacy`, which must be named first for the preset `github`.
#[test]
fn the_preset_of_the_same_sender_comes_first() {
    let signer = Scheme::preset("github-legacy").unwrap().signer_with(Secret::new("secret"), Algorithm::Sha1).unwrap();
    let value = signer.signature(&Message::new(b"{}")).unwrap();
    let headers = [("X-Hub-Signature", value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
    for (preset, expected) in [("github", "github-legacy"), ("stripe", "bitbucket")] {
        let scheme = Scheme::preset(preset).unwrap();
        let explanation = scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
        let (cause, advice) = cause_and_advice(&explanation);
        assert_eq!(cause, Some(Cause::AnotherPreset));
        assert!(advice.contains(&format!("Use the preset {expected},")), "{preset}: {advice}");
        assert!(advice.contains("another sender that signs alike (") && advice.contains("jira"), "{preset}: {advice}");
    }
}

/// Compression cannot be tried. It is recognised by the first bytes of the body or by the header Content-Encoding.
#[test]
fn compression_is_named_if_nothing_else_explains_the_rejection() {
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
    // A cause that was tried and matches is certain, so it comes first.
    assert_eq!(explain(b"gzip", b"{}\n").0, Some(Cause::BodyNewlineAdded));
    assert_eq!(explain(b"identity", b"other").0, None);
    assert_eq!(explain(b" ", b"other").0, None);
}

#[test]
fn a_missing_part_is_named() {
    let square = Scheme::preset("square").unwrap();
    let value = "A".repeat(43) + "=";
    let headers = [("x-square-hmacsha256-signature", value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: b"{}" };
    let explanation = square.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let (cause, advice) = cause_and_advice(&explanation);
    assert_eq!(cause, Some(Cause::MissingPart), "{advice}");
    assert!(advice.contains("without: the URL as the sender calls it. Give all of the delivery"), "{advice}");
}

/// Nothing was compared, so it is the header that is described, and neither secret nor body.
#[test]
fn a_header_of_another_form_is_described() {
    let whole = "ab".repeat(32);
    let base64 = "A".repeat(43) + "=";
    for (preset, name, value, parts) in [
        ("github", "X-Hub-Signature-256", String::new(), &["X-Hub-Signature-256 is empty."][..]),
        ("github", "X-Hub-Signature-256", "é".repeat(2049), &["has 4098 bytes, and at most 4096 are accepted"]),
        (
            "github",
            "X-Hub-Signature-256",
            format!("sha256={}g", &whole[1..]),
            &[
                "holds a signature of 64 characters, of which number 64 is 'g', which HEXA_DECIMAL does not have",
                "Expected is \"sha256=…\", where the signature is hexadecimal digits, 64 for SHA_256.",
            ],
        ),
        (
            "github",
            "X-Hub-Signature-256",
            format!("sha256={}", &whole[1..]),
            &["63 characters, which is an odd number"],
        ),
        ("github", "X-Hub-Signature-256", format!("sha256={}é", &whole[2..]), &["of which number 63 is not ASCII"]),
        ("github", "X-Hub-Signature-256", format!("sha256={whole}00"), &["66 characters, all of them hexadecimal"]),
        (
            "github",
            "X-Hub-Signature-256",
            "a: b=c".to_owned(),
            &["holds 6 characters of the form \"…: …=…\". Expected"],
        ),
        (
            "shopify",
            "X-Shopify-Hmac-Sha256",
            base64.replace("AA=", "A=="),
            &["44 characters, 2 of them padding at the end", "BASE64 with its padding, characters: 44 for SHA_256"],
        ),
        ("shopify", "X-Shopify-Hmac-Sha256", base64.replacen('A', "_", 1), &["number 1 is '_', which BASE64 does not"]),
        (
            "stripe",
            "Stripe-Signature",
            format!("t=1760000000;v1={whole}"),
            &["of the form \"…=…;…=…\". Expected is \"t=…,v1=…\","],
        ),
        (
            "stripe",
            "Stripe-Signature",
            format!("t=1760000000,v1={whole}x"),
            &["65 characters, of which number 65 is 'x'"],
        ),
        (
            "stripe",
            "Stripe-Signature",
            format!("t=soon,v1={whole}"),
            &[
                "The value t of the signature's header holds 4 characters, not all of which are digits.",
                "Expected is seconds since 1970",
            ],
        ),
        ("standard-webhooks", "webhook-signature", format!("v2,{base64}"), &["Expected is \"v1,…\", where"]),
    ] {
        let headers =
            [(name, value.as_bytes()), ("webhook-id", &b"msg_1"[..]), ("webhook-timestamp", &b"1760000000"[..])];
        let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: b"{}" };
        let scheme = Scheme::preset(preset).unwrap();
        let explanation = scheme.explain(Secret::new("whsec_c2VjcmV0"), &delivery, SystemTime::now()).unwrap();
        let (cause, advice) = cause_and_advice(&explanation);
        assert_eq!(cause, Some(Cause::HeaderForm), "{preset}: {value}: {advice}");
        for part in parts.iter().chain(&["Nothing was compared, so this says nothing about secret and body."]) {
            assert!(advice.contains(part), "{part}\nis not in\n{advice}");
        }
        assert!(!advice.contains(&whole[..20]) && !advice.contains(&base64[..20]), "{advice}");
    }
}

#[test]
fn a_header_that_is_there_twice_is_named() {
    let standard = Scheme::preset("standard-webhooks").unwrap();
    let value = format!("v1,{}=", "A".repeat(43));
    let headers = [
        ("webhook-id", &b"msg_1"[..]),
        ("Webhook-Id", b"msg_2"),
        ("webhook-timestamp", b"1760000000"),
        ("webhook-signature", value.as_bytes()),
    ];
    let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: b"{}" };
    let explanation = standard.explain(Secret::new("whsec_c2VjcmV0"), &delivery, SystemTime::now()).unwrap();
    let (cause, advice) = cause_and_advice(&explanation);
    assert_eq!(cause, Some(Cause::HeaderForm), "{advice}");
    assert!(advice.starts_with("The header webhook-id is there 2 times"), "{advice}");
}

#[test]
fn an_algorithm_that_is_not_accepted_is_explained() {
    let connection = Connection::from_json(
        r#"{"auth_method": "HMAC", "auth_secret": "secret", "signature_encoding": "HEXA_DECIMAL",
            "algorithm": "SHA_256"}"#,
    );
    let scheme = connection.unwrap().scheme().unwrap();
    let value = format!("sha1={}", "ab".repeat(20));
    let headers = [("X-Fivetran-Hmac-Sign", value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body: b"{}" };
    let (cause, advice) =
        cause_and_advice(&scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap());
    assert_eq!(cause, Some(Cause::HeaderForm), "{advice}");
    assert!(advice.contains("accepted here (SHA_256), and do"), "{advice}");
}

/// What a framework has read is not there any more.
#[test]
fn a_body_shorter_than_it_was_sent_is_named() {
    let github = Scheme::preset("github").unwrap();
    let value = github.signer(Secret::new("secret")).unwrap().signature(&Message::new(b"{}")).unwrap();
    let explain = |length: &[u8], body: &[u8]| {
        let headers = [("X-Hub-Signature-256", value.as_bytes()), ("content-length", length)];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
        cause_and_advice(&github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap())
    };
    let (cause, advice) = explain(b"2", b"");
    assert!(cause == Some(Cause::BodyLength) && advice.contains("has 2 bytes, and it is empty."), "{advice}");
    let (cause, advice) = explain(b" 2", b"{\"a\"");
    assert!(cause == Some(Cause::BodyLength) && advice.contains("has 2 bytes, and it has 4."), "{advice}");
    // A cause that was tried and matches is certain, so it comes first.
    assert_eq!(explain(b"2", b"{}\n").0, Some(Cause::BodyNewlineAdded));
    for length in [&b"5"[..], b"", b"five", b"\xff", b"99999999999999999999"] {
        assert_eq!(explain(length, b"other").0, None);
    }
}

/// A form with too many parameters is refused before anything is compared, so neither secret nor body can be blamed.
#[test]
fn a_delivery_that_was_not_compared_blames_neither_secret_nor_body() {
    let twilio = Scheme::preset("twilio").unwrap();
    let body = "a=1&".repeat(1_001);
    let headers = [
        ("X-Twilio-Signature", &b"AAAAAAAAAAAAAAAAAAAAAAAAAAA="[..]),
        ("Content-Type", b"application/x-www-form-urlencoded"),
    ];
    let delivery = Delivery { method: "POST", url: "https://h.example/", headers: &headers[..], body: body.as_bytes() };
    let explanation = twilio.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let text = explanation.to_string();
    assert!(explanation.cause().is_none() && text.contains("nothing was compared"), "{text}");
    assert!(!text.contains("another one than the sender's"), "{text}");
}

/// Supabase shows its secrets as `v1,whsec_…`.
#[test]
fn a_version_in_front_of_a_secret_is_named() {
    let standard = Scheme::preset("standard-webhooks").unwrap();
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let now = UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    let message = Message { id: "msg_1", now, ..Message::new(b"{}\n") };
    let headers = standard.signer(Secret::new(secret)).unwrap().headers(&message).unwrap();
    let headers = as_slices(&headers);
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}\n" };
    let explanation = standard.explain(Secret::new(format!("v1,{secret}")), &delivery, now).unwrap();
    assert_eq!(explanation.cause(), Some(Cause::SecretWhsec), "{explanation}");
}

/// The cause and the advice for GitHub's scheme, or another one, with this header.
fn of_header(scheme: &Scheme, name: &str, value: &str) -> (Option<Cause>, String) {
    let headers = [(name, value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
    cause_and_advice(&scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap())
}

/// What is really different is said: the case of letters, or how a name is spelt.
#[test]
fn names_in_another_spelling_are_named_as_such() {
    let github = Scheme::preset("github").unwrap();
    let value = github.signer(Secret::new("secret")).unwrap().signature(&Message::new(b"{}")).unwrap();
    let (cause, advice) = of_header(&github, "X-Hub-Signature-256", &value.replace("sha256", "SHA256"));
    assert_eq!(cause, Some(Cause::ExtraPrefix));
    assert!(
        advice.contains("where \"sha256=\" is expected: the two differ in capital and small letters alone"),
        "{advice}"
    );
    let (_, advice) = of_header(&github, "X-Hub-Signature-256", &value.replace("sha256", "sha-256"));
    assert!(advice.contains("where \"sha256=\" is expected. Set"), "{advice}");
    for name in ["X_Hub_Signature_256", "HTTP_X_HUB_SIGNATURE_256", "x-hub-signature256"] {
        let (cause, advice) = of_header(&github, name, &value);
        assert_eq!(cause, Some(Cause::WrongHeader));
        assert!(advice.contains("which is X-Hub-Signature-256 in another spelling"), "{advice}");
    }
    let (_, advice) = of_header(&github, "X-Signature-256", &value);
    assert!(advice.contains("not in X-Hub-Signature-256. Set signature.header"), "{advice}");

    let stripe = Scheme::preset("stripe").unwrap();
    let value = stripe.signer(Secret::new("secret")).unwrap().signature(&Message::new(b"{}")).unwrap();
    for (from, to, names, setting) in [
        ("v1=", "V1=", "\"V1\" for \"v1\", which differ in capital", "Set signature.key to \"V1\"."),
        ("v1=", "v0=", "\"v0\" for \"v1\".", "Set signature.key to \"v0\"."),
        ("t=", "T=", "\"T\" for \"t\", which differ in capital", "Set timestamp.from to signature:T,"),
    ] {
        let (cause, advice) = of_header(&stripe, "Stripe-Signature", &value.replace(from, to));
        assert_eq!(cause, Some(Cause::WrongFormat), "{advice}");
        assert!(advice.contains(names) && advice.contains(setting) && !advice.contains("separator"), "{advice}");
    }
}

/// Texts with the method, the path, a hash of the body or a timestamp, and those of other senders.
#[test]
fn what_real_senders_sign_is_found() {
    let plain = r#"{"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL"}"#;
    let url = "https://hooks.example.com/in/7?shop=1";
    for (signed, also) in [
        (r"{method}\n{path}\n{body}", ""),
        (r"{method}\n{target}\n{body}", ""),
        ("{path}{body}", ""),
        ("{method}{path}{sha256:body}", ""),
        ("hmacsha256={body}", ""),
        ("{sha256:body}", ""),
        ("{timestamp}.{sha256:body}", "timestamp"),
        (r"{timestamp}\n{method}\n{path}\n{body}", "timestamp"),
        (r"{method}\n{target}\n{timestamp}\n{sha256:body}", "timestamp"),
        ("[{timestamp};{body}]", "timestamp"),
    ] {
        let rule = if also.is_empty() { "" } else { r#", "timestamp": {"from": "header:X-Time", "unit": "s"}"# };
        let json = format!("{}, \"signed\": \"{signed}\"{rule}}}", plain.strip_suffix('}').unwrap());
        let message = Message { method: "POST", url, now: SystemTime::now(), ..Message::new(b"{\"a\":1}") };
        let signer = Scheme::from_json(&json).unwrap().signer(Secret::new("secret")).unwrap();
        let headers = signer.headers(&message).unwrap();
        let headers = as_slices(&headers);
        let delivery = Delivery { method: "POST", url, headers: &headers[..], body: b"{\"a\":1}" };
        let explanation =
            Scheme::from_json(plain).unwrap().explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
        let (cause, advice) = cause_and_advice(&explanation);
        assert!(matches!(cause, Some(Cause::WrongTemplate | Cause::TimestampSigned)), "{signed}: {advice}");
        assert!(advice.contains(&signed.replace(r"\n", r"\\n")) || advice.contains(signed), "{signed}: {advice}");
        assert!(advice.contains("timestamp to {\"from\": \"header:X-Time\"") != also.is_empty(), "{advice}");
    }
}
