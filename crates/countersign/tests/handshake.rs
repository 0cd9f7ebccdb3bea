//! `Verifier::handshake`: what each preset answers, to which requests, and which bodies are refused for it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{ConfigErrorKind, Delivery, Handshake, Message, Rejection, Scheme, Secret, Signer, Verifier};

const SECRET: &str = "a secret that both sides know";
const NOW: Duration = Duration::from_secs(1_614_265_330);

fn now() -> SystemTime {
    UNIX_EPOCH + NOW
}

fn preset(name: &str) -> Verifier {
    Verifier::preset(name, Secret::new(SECRET)).unwrap()
}

fn answer(verifier: &Verifier, method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Option<Handshake> {
    verifier.handshake(&Delivery { method, url, headers, body: body.as_bytes() }, now())
}

/// The headers of a request that this preset's sender signs.
fn signed(name: &str, body: &str) -> Vec<(String, String)> {
    let message = Message { id: "msg_1", now: now(), ..Message::new(body.as_bytes()) };
    Signer::preset(name, Secret::new(SECRET)).unwrap().headers(&message).unwrap()
}

#[track_caller]
fn check(answer: Option<Handshake>, headers: &[(&str, &str)], body: &str) {
    let answer = answer.unwrap();
    let found: Vec<_> = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((answer.status, &found[..], answer.body.as_str()), (200, headers, body));
}

const TEXT: (&str, &str) = ("Content-Type", "text/plain");
const JSON: (&str, &str) = ("Content-Type", "application/json");

#[test]
fn slack_and_twitch_sign_the_request() {
    let body = r#"{"token": "x", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "type": "url_verification"}"#;
    let headers = signed("slack", body);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let slack = preset("slack");
    check(answer(&slack, "POST", "", &headers, body), &[TEXT], "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P");
    assert!(answer(&slack, "POST", "", &[], body).is_none());
    assert!(answer(&slack, "GET", "", &headers, body).is_none());
    let event = body.replace("url_verification", "event_callback");
    let headers = signed("slack", &event);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert!(answer(&slack, "POST", "", &headers, &event).is_none());

    let body = r#"{"challenge": "pogchamp-kappa-360noscope-vohiyo", "subscription": {}}"#;
    let kind = ("Twitch-Eventsub-Message-Type", "webhook_callback_verification");
    let headers = signed("twitch", body);
    let mut headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.push(kind);
    let twitch = preset("twitch");
    check(answer(&twitch, "POST", "", &headers, body), &[TEXT], "pogchamp-kappa-360noscope-vohiyo");
    headers.pop();
    assert!(answer(&twitch, "POST", "", &headers, body).is_none());
    assert!(answer(&twitch, "POST", "", &[kind], body).is_none());
}

#[test]
fn texts_in_the_query_are_repeated() {
    let url = "https://example.com/hooks?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=meatyhamhock";
    check(answer(&preset("meta"), "GET", url, &[], ""), &[TEXT], "1158201444");
    assert!(answer(&preset("meta"), "POST", url, &[], "").is_none());
    assert!(answer(&preset("meta"), "GET", &url.replace("subscribe", "x"), &[], "").is_none());
    assert!(answer(&preset("meta"), "GET", &url.replace("1158201444", "<script>"), &[], "").is_none());
    let nosniff = ("X-Content-Type-Options", "nosniff");
    check(answer(&preset("dropbox"), "GET", "/?challenge=a%2Bb%3D", &[], ""), &[TEXT, nosniff], "a+b=");
    assert!(answer(&preset("dropbox"), "GET", "/?challenge=a&challenge=b", &[], "").is_none());
}

/// Expected values by Python's hmac.
#[test]
fn twitter_and_zoom_want_a_mac() {
    let expected = r#"{"response_token":"sha256=I3BXUXkStjWSTgjctNwMtubMZHD8G93qKrTimlAmEcg="}"#;
    check(answer(&preset("twitter"), "GET", "/?crc_token=challenge_string", &[], ""), &[JSON], expected);

    let body = r#"{"payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}, "event_ts": 1654503849680, "event": "endpoint.url_validation"}"#;
    let headers = signed("zoom", body);
    let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let mac = "69a05de65fb9d71f1cb3ec54e1a053dda487e22f829bf7268b0f9c18e6062cb0";
    let expected = format!(r#"{{"plainToken":"qgg8vlvZRS6UYooatFL8Aw","encryptedToken":"{mac}"}}"#);
    check(answer(&preset("zoom"), "POST", "", &headers, body), &[JSON], &expected);
    assert!(answer(&preset("zoom"), "POST", "", &[], body).is_none());
}

/// LinkedIn's expected value by Python's hmac.
#[test]
fn linkedin_nylas_okta_and_smartsheet_demand_an_answer_too() {
    let code = "890e4665-4dfe-4ab1-b689-ed553bceeed0";
    let mac = "a2e351109a801aeb714b0d3e6f4fcdfa172aca539e8ff3506d2e72387de12dd5";
    let expected = format!(r#"{{"challengeCode":"{code}","challengeResponse":"{mac}"}}"#);
    let url = format!("/?challengeCode={code}&applicationId=7");
    check(answer(&preset("linkedin"), "GET", &url, &[], ""), &[JSON], &expected);
    check(answer(&preset("nylas"), "GET", "/?challenge=bc609b38", &[], ""), &[TEXT], "bc609b38");
    let okta = [("x-okta-verification-challenge", "Me_rShK8JHsT-Pg")];
    check(answer(&preset("okta"), "GET", "", &okta, ""), &[JSON], r#"{"verification":"Me_rShK8JHsT-Pg"}"#);
    assert!(answer(&preset("okta"), "POST", "", &okta, "").is_none());
    let smartsheet = [("Smartsheet-Hook-Challenge", "d78dd1d3")];
    let headers = [JSON, ("Smartsheet-Hook-Response", "d78dd1d3")];
    let expected = r#"{"smartsheetHookResponse":"d78dd1d3"}"#;
    check(answer(&preset("smartsheet"), "POST", "", &smartsheet, r#"{"challenge": "x"}"#), &headers, expected);
}

/// What LinkedIn signs begins with `hmacsha256=`, which is in no token, so a token may be the body of an event.
#[test]
fn a_literal_that_is_in_no_token_keeps_answers_and_events_apart() {
    let linkedin = preset("linkedin");
    let signer = Signer::preset("linkedin", Secret::new(SECRET)).unwrap();
    let signature = signer.signature(&Message::new(b"challenge_string")).unwrap();
    assert!(linkedin.verify_signature(signature.as_bytes(), b"challenge_string").is_ok());
    let answered = answer(&linkedin, "GET", "/?challengeCode=challenge_string", &[], "").unwrap();
    assert!(!answered.body.contains(&signature));
    assert!(answer(&linkedin, "GET", "/?challengeCode=hmacsha256%3D%7B%7D", &[], "").is_none());
}

#[test]
fn a_secret_that_the_sender_chooses_is_handed_over() {
    let asana = answer(&preset("asana"), "POST", "", &[("X-Hook-Secret", "b537207f20cbfa02357cf448134da559")], "");
    let asana = asana.unwrap();
    assert_eq!(asana.headers, [("X-Hook-Secret".to_owned(), "b537207f20cbfa02357cf448134da559".to_owned())]);
    assert!(asana.body.is_empty() && !format!("{asana:?}").contains("b537"));
    let chosen = asana.secret.unwrap();
    assert_eq!(chosen.expose(), b"b537207f20cbfa02357cf448134da559");
    let signer = Signer::preset("asana", Secret::new("b537207f20cbfa02357cf448134da559")).unwrap();
    let verifier = Verifier::preset("asana", chosen).unwrap();
    let signature = signer.signature(&Message::new(b"{}")).unwrap();
    assert!(verifier.verify_signature(signature.as_bytes(), b"{}").is_ok());
    // An event carries a signature, and is none.
    let event = [("X-Hook-Secret", "x"), ("X-Hook-Signature", "y")];
    assert!(answer(&preset("asana"), "POST", "", &event, "").is_none());
    assert!(
        answer(&preset("notion"), "POST", "", &[], r#"{"verification_token": "secret_1"}"#).unwrap().secret.is_some()
    );
}

#[test]
fn some_senders_want_nothing_but_a_success() {
    for name in ["trello", "mandrill"] {
        check(answer(&preset(name), "HEAD", "", &[], ""), &[], "");
        assert!(answer(&preset(name), "POST", "", &[], "").is_none());
    }
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    check(answer(&preset("woocommerce"), "POST", "", &[form], "webhook_id=17"), &[], "");
    assert!(answer(&preset("woocommerce"), "POST", "", &[form], "order=17").is_none());
    assert!(answer(&preset("github"), "HEAD", "", &[], "").is_none());
}

/// Senders sign with the secret that the answer is made with, so what the answer signs must never be an event.
#[test]
fn a_body_that_a_handshake_would_sign_is_refused() {
    let twitter = preset("twitter");
    let signer = Signer::preset("twitter", Secret::new(SECRET)).unwrap();
    for body in [&b"challenge_string"[..], b"a", &[b'a'; 512]] {
        let headers = signer.headers(&Message::new(body)).unwrap();
        let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body };
        assert_eq!(twitter.verify(&delivery, now()), Err(Rejection::Mismatch));
        assert_eq!(twitter.verify_signature(headers[0].1.as_bytes(), body), Err(Rejection::Mismatch));
        let batch: Vec<_> = (0..8).map(|_| (&twitter, headers[0].1.as_bytes(), body)).collect();
        let mut verdicts = [Err(Rejection::MissingSignature); 8];
        countersign::verify_batch(&batch, &mut verdicts);
        assert_eq!(verdicts, [Err(Rejection::Mismatch); 8]);
    }
    assert!(twitter.streaming().is_err());
    for body in [&b"{}"[..], b"a b", b"", &[b'a'; 513]] {
        let signature = signer.signature(&Message::new(body)).unwrap();
        assert!(twitter.verify_signature(signature.as_bytes(), body).is_ok());
    }
}

#[test]
fn what_is_wrong_with_a_handshake_is_said() {
    for (handshake, says) in [
        (r#"{"challenge": "query:a"}"#, "method"),
        (r#"{"method": "PUT"}"#, "allowed are"),
        (r#"{"method": "POST"}"#, "every request"),
        (r#"{"method": "POST", "where": {"json:/a": "b"}, "text": "{challenge}"}"#, "needs \"challenge\""),
        (r#"{"method": "GET", "challenge": "query:a", "text": "{hmac}"}"#, "go together"),
        (r#"{"method": "GET", "challenge": "query:a", "hmac": "BASE64"}"#, "go together"),
        (r#"{"method": "GET", "challenge": "query:a", "text": "x", "json": {}}"#, "one body"),
        (r#"{"method": "GET", "challenge": "query:a", "status": 404}"#, "200 to 299"),
        (r#"{"method": "GET", "challenge": "cookie:a"}"#, "allowed are header:NAME"),
        (r#"{"method": "GET", "challenge": "query:a", "headers": {"a b": "c"}}"#, "header name"),
        (r#"{"method": "GET", "challenge": "query:a", "headers": {"A": "b\r\nC: d"}}"#, "control character"),
        (r#"{"method": "GET", "challenge": "query:a", "signed": true, "chooses_secret": true}"#, "signed"),
    ] {
        let scheme = format!(
            r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "BASE64", "handshake": {handshake}}}"#
        );
        let error = Scheme::from_json(&scheme).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidConfig);
        assert!(error.to_string().contains(says), "{handshake}: {error}");
        assert!(error.field().is_some_and(|field| field.starts_with("handshake")), "{handshake}: {error}");
    }
}

/// `1700000000.` and what follows it could be a timestamp and a body, so nobody may have such a text signed.
#[test]
fn an_unsigned_handshake_signs_no_part_of_an_event() {
    let scheme = |signed: &str, is_signed: bool, function: &str| {
        Scheme::from_json(&format!(
            r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{signed}",
                 "timestamp": {{"from": "header:X-Time", "unit": "s"}}, {function}
                 "handshake": {{"method": "GET", "challenge": "query:a", "signed": {is_signed}, "hmac": "BASE64", "text": "{{hmac}}"}}}}"#
        ))
    };
    assert!(scheme("{body}", false, "").is_ok() && scheme("{timestamp}.{body}", true, "").is_ok());
    for signed in ["{timestamp}:{body}", "v0 {body}", "{{{body}", "{body}}}", "hmacsha256={body}", "{body}é"] {
        assert!(scheme(signed, false, "").is_ok(), "{signed}");
    }
    for (signed, function) in [
        ("{timestamp}.{body}", ""),
        ("{body}{url}", ""),
        ("v1.{body}", ""),
        ("{url}{body}", r#""function": "twilio","#),
        ("{url}:{body}", r#""function": "twilio","#),
    ] {
        let error = scheme(signed, false, function).unwrap_err();
        assert_eq!(error.field(), Some("handshake"), "{error}");
    }
}

/// The answer holds a MAC, so there must be a key for one algorithm.
#[test]
fn a_mac_in_the_answer_needs_one_algorithm() {
    let handshake = r#""handshake": {"method": "GET", "challenge": "query:a", "hmac": "BASE64", "text": "{hmac}"}"#;
    let token = Scheme::from_json(&format!(r#"{{"token": {{"header": "X-Token"}}, {handshake}}}"#)).unwrap_err();
    let inferred = Scheme::from_json(&format!(
        r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "INFER_FROM_HEADER", "encoding": "BASE64", {handshake}}}"#
    ));
    let inferred = inferred.unwrap_err();
    assert!(token.to_string().contains("nothing is signed with a token"), "{token}");
    assert!(inferred.to_string().contains("one algorithm"), "{inferred}");
    assert_eq!((token.field(), inferred.field()), (Some("handshake"), Some("handshake")));
}
