//! What remains if nothing explains a rejection: the URL where it is signed, and the header of another sender.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::SystemTime;

use countersign::{Cause, Delivery, Explanation, Message, Scheme, Secret};

fn as_slices(headers: &[(String, String)]) -> Vec<(&str, &[u8])> {
    headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn cause_and_advice(explanation: &Explanation) -> (Option<Cause>, String) {
    (explanation.cause(), explanation.to_string())
}

/// The cause and the advice for GitHub's scheme with this header.
fn of_header(name: &str, value: &str) -> (Option<Cause>, String) {
    let headers = [(name, value.as_bytes())];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
    let github = Scheme::preset("github").unwrap();
    cause_and_advice(&github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap())
}

/// What is said of a delivery that this preset signed for one URL, and that is explained with the right secret and another.
fn with_other_url(preset: &str, signed_for: &str, given: &str, headers: &[(&str, &[u8])]) -> (Option<Cause>, String) {
    let (scheme, body) = (Scheme::preset(preset).unwrap(), if preset == "twilio" { &b"a=b"[..] } else { b"{\"a\":1}" });
    let form: &[(&str, &[u8])] = &[("Content-Type", b"application/x-www-form-urlencoded")];
    let types = if ["twilio", "mandrill"].contains(&preset) { form } else { &[] };
    let body = if preset == "mandrill" { b"mandrill_events=%5B%5D" } else { body };
    let message =
        Message { method: "POST", url: signed_for, headers: types, now: SystemTime::now(), ..Message::new(body) };
    let signed = scheme.signer(Secret::new("a secret")).unwrap().headers(&message).unwrap();
    let signed = [&as_slices(&signed), types, headers].concat();
    let explain = |url| {
        let delivery = Delivery { method: "POST", url, headers: &signed[..], body };
        scheme.explain(Secret::new("a secret"), &delivery, SystemTime::now()).unwrap()
    };
    assert!(matches!(explain(signed_for), Explanation::Authentic(_)), "{preset}");
    cause_and_advice(&explain(given))
}

/// Secret and body are right, so neither may be named alone.
#[test]
fn the_url_remains_where_the_sender_signs_it() {
    for (preset, path) in
        [("twilio", "/sms"), ("hubspot", "/api/x"), ("square", "/api/x"), ("trello", "/api/x"), ("mandrill", "/api/x")]
    {
        let signed_for = format!("https://h.example.com{path}");
        let private = format!("http://127.0.0.1:8080{path}");
        let parts = path.matches('/').count();
        let s = if parts == 1 { "" } else { "s" };
        for (given, shape) in [
            (path, "without scheme and host, which is no whole URL.".to_owned()),
            ("https://h.example.com/x", "with https, a host, no port, a path of 1 part and no query.".to_owned()),
            (
                &private,
                format!(
                    "with http, a host of this machine or of a private network, which no sender calls from outside, the port \
                     8080, a path of {parts} part{s} and no query."
                ),
            ),
        ] {
            let (cause, advice) = with_other_url(preset, &signed_for, given, &[]);
            assert_eq!(cause, None, "{preset}: {advice}");
            let start = "None of 45 usual mistakes explains it. What remains: the URL is another one than the sender calls, or \
                         the secret is another one";
            assert!(advice.starts_with(start), "{preset}: {advice}");
            let said = format!(
                "The sender signs the URL as it calls it, and it was given {shape} Give the URL that is configured"
            );
            assert!(advice.contains(&said), "{preset}, {given}: {advice}");
        }
    }
    // A URL may hold a token.
    let (_, advice) = with_other_url(
        "square",
        "https://h.example.com/api/x?key=1",
        "https://u:hunter2@hunter2.example.com/hunter2?hunter2=hunter2",
        &[],
    );
    assert!(advice.contains("a path of 1 part and a query") && !advice.contains("hunter2"), "{advice}");
}

/// What proxies write into headers gives the URL that was signed.
#[test]
fn the_url_of_a_proxys_headers_is_tried() {
    let signed_for = "https://h.example.com/api/x";
    for (given, headers) in [
        ("/api/x", &[("Host", &b"h.example.com"[..])][..]),
        ("/api/x", &[("Forwarded", b"for=10.0.0.1;host=h.example.com;proto=https")]),
        ("http://127.0.0.1:8080/api/x", &[("X-Forwarded-Host", b"h.example.com"), ("X-Forwarded-Proto", b"https")]),
        ("https://h.example.com/x", &[("X-Forwarded-Prefix", b"/api")]),
        ("https://h.example.com/x", &[("X-Original-URI", b"/api/x")]),
        ("https://h.example.com/x", &[("X-Replaced-Path", b"/api/x")]),
        ("https://h.example.com/x", &[("X-Forwarded-Path", b"/api/x")]),
        ("/x", &[("X-Forwarded-Host", b"h.example.com"), ("X-Forwarded-Prefix", b"/api")]),
    ] {
        for preset in ["twilio", "hubspot", "square", "trello", "mandrill"] {
            let (cause, advice) = with_other_url(preset, signed_for, given, headers);
            assert_eq!(cause, Some(Cause::WrongUrl), "{preset}, {given}: {advice}");
        }
    }
}

/// Schemes that sign a part of the URL, and messages that list what they sign.
#[test]
fn a_part_of_the_url_that_is_signed_remains_too() {
    let plain = r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL", "signed": "#;
    let rfc9421 = |components: &str| {
        format!(
            r#"{{"signature": {{"header": "Signature", "format": "rfc9421", "components": {components}}}, "algorithm": "SHA_256"}}"#
        )
    };
    let whole = "the URL as it calls it, and it was given without scheme and host, which is no whole URL.";
    let part = "path or query of the URL as it calls it, and it was given with a path of 2 parts and a query.";
    for (json, expected) in [
        (format!(r#"{{{plain} "{{method}}{{target}}{{body}}"}}"#), part),
        (format!(r#"{{{plain} "{{path}}{{body}}"}}"#), part),
        (format!(r#"{{{plain} "{{query:a}}.{{body}}"}}"#), part),
        (format!(r#"{{{plain} "{{sha256:url}}.{{body}}"}}"#), whole),
        (format!(r#"{{{plain} "{{url}}{{body}}"}}"#), whole),
        (rfc9421(r#"["@method", "@path", "content-digest"]"#), part),
        (format!(r#"{{{plain} "{{method}}{{body}}"}}"#), ""),
        (rfc9421(r#"["@method", "content-digest"]"#), ""),
    ] {
        let scheme = Scheme::from_json(&json).unwrap_or_else(|error| panic!("{json}: {error}"));
        let url = "https://h.example.com/api/v1/x?a=1";
        let message = Message { method: "POST", url, now: SystemTime::now(), ..Message::new(b"{\"a\":1}") };
        let headers = scheme.signer(Secret::new("secret")).unwrap().headers(&message).unwrap();
        let headers = as_slices(&headers);
        let delivery = Delivery { method: "PUT", url: "/v2/x?a=2", headers: &headers[..], body: b"{\"a\":1}" };
        let (cause, advice) =
            cause_and_advice(&scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap());
        assert_eq!(cause, None, "{json}: {advice}");
        let names_url = advice.contains("What remains: the URL is another one than the sender calls, or the secret");
        assert_eq!(names_url, !expected.is_empty(), "{json}: {advice}");
        assert!(expected.is_empty() || advice.contains(&format!("The sender signs {expected}")), "{json}: {advice}");
    }

    let scheme = Scheme::from_json(&rfc9421(r#"["@method", "@target-uri", "content-digest"]"#)).unwrap();
    let url = "https://h.example.com/api/x";
    let message = Message { method: "POST", url, now: SystemTime::now(), ..Message::new(b"{\"a\":1}") };
    let headers = scheme.signer(Secret::new("secret")).unwrap().headers(&message).unwrap();
    let headers = as_slices(&headers);
    let explain = |url| {
        let delivery = Delivery { method: "POST", url, headers: &headers[..], body: b"{\"a\":1}" };
        cause_and_advice(&scheme.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap())
    };
    let (cause, advice) = explain("/api/x");
    assert_eq!(cause, Some(Cause::MissingPart), "{advice}");
    assert!(advice.contains("it was given without scheme and host, which is no whole URL"), "{advice}");
    assert_eq!(explain("http://h.example.com/api/x").0, Some(Cause::WrongUrl));
    let (cause, advice) = explain("https://h.example.com/x");
    assert!(cause.is_none() && advice.contains("The sender signs the URL as it calls it"), "{advice}");
}

/// What a preset signs with another secret, and goes to the endpoint of another one.
fn at_other_endpoint(sender: &str, verifier: &str) -> Option<(Option<Cause>, String)> {
    let theirs = "ffeeddccbbaa99887766554433221100";
    let message = Message {
        method: "POST",
        url: "https://h.example.com/x",
        headers: &[("Content-Type", b"application/json")],
        id: "msg_1",
        now: SystemTime::now(),
        ..Message::new(b"{}")
    };
    let headers = Scheme::preset(sender).unwrap().signer(Secret::new(theirs)).ok()?.headers(&message).ok()?;
    let headers = as_slices(&headers);
    let delivery = Delivery { method: "POST", url: message.url, headers: &headers[..], body: b"{}" };
    let scheme = Scheme::preset(verifier).unwrap();
    let explanation = scheme.explain(Secret::new("00112233445566778899aabbccddeeff"), &delivery, SystemTime::now());
    let text = format!("{explanation:?}");
    for (_, value) in &headers {
        let value = String::from_utf8_lossy(value);
        assert!(value.len() < 20 || !text.contains(&*value), "{text}");
    }
    assert!(!text.contains(theirs), "{text}");
    Some(cause_and_advice(&explanation.unwrap()))
}

/// The header shows whose delivery it is, although the secret is not known.
#[test]
fn the_header_of_another_sender_is_named() {
    for (sender, verifier, expected) in [
        ("stripe", "github", "has a header \"Stripe-Signature\", which is that of the preset stripe. See whether this"),
        ("github", "stripe", "has a header \"X-Hub-Signature-256\", which is that of the presets github and meta. See"),
        ("shopify", "github", "has a header \"X-Shopify-Hmac-Sha256\", which is that of the preset shopify. See"),
        ("svix", "github", "has a header \"svix-signature\", which is that of the preset svix. See"),
        ("shopify", "paymob", "has a header \"X-Shopify-Hmac-Sha256\", which is that of the preset shopify. See"),
        ("github-legacy", "github", "which is that of the presets github-legacy, "),
    ] {
        let (cause, advice) = at_other_endpoint(sender, verifier).unwrap_or_else(|| panic!("{sender} does not sign"));
        assert_eq!(cause, Some(Cause::AnotherPreset), "{sender} at {verifier}: {advice}");
        assert!(advice.contains(expected), "{sender} at {verifier}: {advice}");
        assert!(advice.contains("whether this is the right preset"), "{advice}");
    }
    let (cause, advice) = of_header("x-gitlab-token", "another token");
    assert_eq!(cause, Some(Cause::AnotherPreset));
    assert!(advice.contains("\"x-gitlab-token\", which is that of the preset gitlab-token. See"), "{advice}");
    let (cause, advice) = of_header("Stripe-Signature", "another form");
    assert_eq!(cause, Some(Cause::AnotherPreset));
    assert!(
        advice
            .contains("that of the preset stripe, but its value does not have the form that this preset expects. See"),
        "{advice}"
    );
    let github = Scheme::preset("github").unwrap();
    // The form says which of two senders it is.
    let base64 = "A".repeat(43) + "=";
    let headers =
        [("webhook-id", &b"msg_1"[..]), ("webhook-timestamp", b"1760000000"), ("webhook-signature", base64.as_bytes())];
    for (value, expected, other) in
        [(format!("v1,{base64}"), "standard-webhooks", "gocardless"), ("ab".repeat(32), "gocardless", "openai")]
    {
        let headers = [headers[0], headers[1], ("webhook-signature", value.as_bytes())];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
        let explanation = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
        let (cause, advice) = cause_and_advice(&explanation);
        assert_eq!(cause, Some(Cause::AnotherPreset));
        assert!(advice.contains(expected) && !advice.contains(other), "{advice}");
    }
}

/// A name that any sender may use tells no sender.
#[test]
fn a_header_that_looks_like_a_signature_is_named() {
    let hex = "ab".repeat(32);
    for name in ["X-Signature", "Authorization", "X-Webhook-Signature", "X-Acme-Hmac", "X-Acme"] {
        let (cause, advice) = of_header(name, &hex);
        assert_eq!(cause, None, "{advice}");
        let expected = format!(
            "it was looked for in the header X-Hub-Signature-256, and the header \"{name}\" looks like one, but does not fit this \
             scheme and secret. See whether this delivery is meant for this endpoint"
        );
        assert!(advice.contains(&expected) && !advice.contains("no other header"), "{advice}");
    }
    let (_, advice) = of_header("Content-Type", "application/json");
    assert!(advice.contains("and no other header looks like one. See whether the sender signs at all"), "{advice}");
}

/// GitHub's delivery with the signature in another header, behind so many other lines.
fn behind_other_lines(count: usize, others: &[(&str, &[u8])]) -> (Vec<Cause>, String) {
    let github = Scheme::preset("github").unwrap();
    let signed = github.signer(Secret::new("secret")).unwrap().headers(&Message::new(b"{}")).unwrap();
    let fillers: Vec<String> = (0..count).map(|i| format!("X-Filler-{i}")).collect();
    let mut headers = others.to_vec();
    headers.extend(fillers.iter().map(|name| (name.as_str(), &b"x"[..])));
    headers.push(("X-Acme-Signature", signed[0].1.as_bytes()));
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"{}" };
    let explanation = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    let text = explanation.to_string();
    match explanation {
        Explanation::Unexplained { passed_over, .. } => (passed_over, text),
        Explanation::Found { cause, .. } => (vec![cause], text),
        other => panic!("{other:?}"),
    }
}

/// A header that was not tried may hold the right signature, so it is not said that it does not fit.
#[test]
fn a_header_behind_too_many_lines_is_said_not_to_be_tried() {
    let (causes, text) = behind_other_lines(199, &[]);
    assert_eq!(causes, [Cause::WrongHeader]);
    assert!(text.contains("The signature is in the header \"X-Acme-Signature\""), "{text}");

    let (causes, text) = behind_other_lines(200, &[]);
    assert_eq!(causes, [Cause::WrongHeader]);
    assert!(
        text.contains(
            "and the header \"X-Acme-Signature\" looks like one, and was not tried. The delivery is too large to look for the \
             signature in every header: of 201 others, 200 were tried. Explain a smaller delivery that is rejected too. See"
        ),
        "{text}"
    );
    let wrong = "0".repeat(64);
    let (_, text) = behind_other_lines(10_000, &[("X-First-Signature", wrong.as_bytes())]);
    assert!(
        text.contains(
            "the header \"X-First-Signature\" looks like one, but does not fit this scheme and secret, and the header \
             \"X-Acme-Signature\" looks like one, and was not tried. The delivery is too large"
        ),
        "{text}"
    );

    // Nor is it said of a delivery in which none looks like one that all were tried.
    let lines = vec![("X-Filler", &b"x"[..]); 201];
    let delivery = Delivery { method: "POST", url: "/", headers: &lines[..], body: b"{}" };
    let github = Scheme::preset("github").unwrap();
    let text = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap().to_string();
    let expected = "no other header looks like one. The delivery is too large to look for the signature in every header: of 201 \
                    others, 200 were tried.";
    assert!(text.contains(expected), "{text}");
}

/// A preset's header is known wherever it stands.
#[test]
fn the_header_of_another_sender_is_named_behind_many_lines() {
    let fillers: Vec<String> = (0..1_000).map(|i| format!("X-Filler-{i}")).collect();
    let mut lines: Vec<(&str, &[u8])> = fillers.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    lines.push(("X-Gitlab-Token", b"some token"));
    let delivery = Delivery { method: "POST", url: "/", headers: &lines[..], body: b"{}" };
    let github = Scheme::preset("github").unwrap();
    let explanation = github.explain(Secret::new("secret"), &delivery, SystemTime::now()).unwrap();
    assert_eq!(explanation.cause(), Some(Cause::AnotherPreset), "{explanation}");
}

/// Where a token alone is checked, nothing is said of the body, of a URL or of a signature; where the body is not signed, nothing
/// of the body.
#[test]
fn a_body_that_is_not_compared_is_not_blamed() {
    const BODIES: [&[u8]; 8] =
        [b"", b"{}", b"[]", b"null", b"[object Object]", b"\x1f\x8b\x08", "\u{fffd}".as_bytes(), b"{\"a\":1}"];
    let connection = r#"{"auth_method": "TOKEN_BASED", "auth_secret": "tok", "auth_header_key": "X-Token"}"#;
    let of_connection = countersign::Connection::from_json(connection).unwrap().scheme().unwrap();
    let gitlab = Scheme::preset("gitlab-token").unwrap();
    for (scheme, header) in [(gitlab, "X-Gitlab-Token"), (of_connection, "X-Token")] {
        for body in BODIES {
            let headers = [(header, &b"other"[..]), ("Content-Length", b"7"), ("Content-Encoding", b"gzip")];
            let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body };
            let explanation = scheme.explain(Secret::new("tok"), &delivery, SystemTime::now()).unwrap();
            let (cause, text) = cause_and_advice(&explanation);
            assert_eq!(cause, None, "{text}");
            assert!(text.contains("What remains: the token is another one than the secret here ("), "{text}");
            assert!(text.ends_with("Nothing but the token is compared, so the body does not matter."), "{text}");
            assert!(!text.contains("raw bytes") && !text.contains("URL"), "{text}");
            let Explanation::Unexplained { tried, .. } = explanation else { panic!("{text}") };
            assert!(tried.contains(&Cause::SecretWhitespace), "{tried:?}");
            assert!(tried.iter().all(|cause| !cause.name().starts_with("body_")), "{tried:?}");
        }
    }
    // The token is in the body, and came with it.
    let delivery = Delivery { method: "POST", url: "/", headers: &[][..], body: br#"{"passcode": "other \ufffd"}"# };
    let figma = Scheme::preset("figma").unwrap();
    let (cause, text) = cause_and_advice(&figma.explain(Secret::new("tok"), &delivery, SystemTime::now()).unwrap());
    assert_eq!(cause, None, "{text}");
    assert!(text.ends_with("Nothing but the token is compared."), "{text}");
    // A token on several lines is compared with nothing, and there is no body to speak of either.
    let headers = [("X-Gitlab-Token", &b"a"[..]), ("X-Gitlab-Token", b"b")];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"" };
    let gitlab = Scheme::preset("gitlab-token").unwrap();
    let (_, text) = cause_and_advice(&gitlab.explain(Secret::new("tok"), &delivery, SystemTime::now()).unwrap());
    assert!(text.contains("says nothing about the secret.") && !text.contains("body"), "{text}");
    // Schemes that sign something, and nothing of the body.
    for (preset, url) in [("gitee", "/"), ("plivo-v2", "https://h.example.com/x"), ("mercado-pago", "/?data.id=1")] {
        for body in BODIES {
            let headers = [("x-request-id", &b"1"[..]), ("X-Plivo-Signature-V2-Nonce", b"1")];
            let message = Message { method: "POST", url, headers: &headers[..], body, now: SystemTime::now(), id: "1" };
            let signed = Scheme::preset(preset).unwrap().signer(Secret::new("a secret")).unwrap();
            let signed = signed.headers(&message).unwrap();
            let all = [&as_slices(&signed), &headers[..]].concat();
            let delivery = Delivery { method: "POST", url, headers: &all[..], body };
            let scheme = Scheme::preset(preset).unwrap();
            let explanation = scheme.explain(Secret::new("another"), &delivery, SystemTime::now()).unwrap();
            let (cause, text) = cause_and_advice(&explanation);
            assert_eq!(cause, None, "{preset}: {text}");
            assert!(text.contains("the secret is another one than the sender's ("), "{preset}: {text}");
            assert!(text.ends_with("The body does not matter: the sender does not sign it."), "{preset}: {text}");
        }
    }
}

/// Tests sign bodies such as `{}` too: then it is the secret.
#[test]
fn a_body_that_senders_hardly_sign_may_come_with_another_secret() {
    let github = Scheme::preset("github").unwrap();
    for (body, expected) in [(&b""[..], Cause::BodyEmpty), (b"{}", Cause::BodyObject)] {
        let signed = github.signer(Secret::new("a secret")).unwrap().headers(&Message::new(body)).unwrap();
        let signed = as_slices(&signed);
        let delivery = Delivery { method: "POST", url: "/", headers: &signed[..], body };
        let explanation = github.explain(Secret::new("another"), &delivery, SystemTime::now()).unwrap();
        let (cause, text) = cause_and_advice(&explanation);
        assert_eq!(cause, Some(expected), "{text}");
        assert!(text.contains("or the secret is another one than the sender's. Verify the raw bytes"), "{text}");
    }
}
