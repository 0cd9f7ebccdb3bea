//! `Verifier::delivery_id`: where the id of a delivery is found, what is no id, and whether the MAC covers it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::{Duration, UNIX_EPOCH};

use countersign::{
    ConfigErrorKind, Delivery, DeliveryId, Identity, Message, Repeated, ReplayMemory, Scheme, Secret, Signer, Verifier,
};

/// A scheme with these parts, in JSON.
fn scheme(parts: &str) -> Result<Scheme, countersign::ConfigError> {
    Scheme::from_json(&format!(
        r#"{{"signature": {{"header": "X-Sign"}}, "algorithm": "SHA_256", "encoding": "BASE64", {parts}}}"#
    ))
}

fn verifier(parts: &str) -> Verifier {
    scheme(parts).unwrap_or_else(|error| panic!("{error}")).verifier(Secret::new("a secret")).unwrap()
}

/// The text of an id, with a mark if the MAC covers it.
fn shown(id: Option<DeliveryId>) -> String {
    id.map_or_else(String::new, |id| format!("{}{}", id.text, if id.is_signed { " signed" } else { "" }))
}

#[track_caller]
fn check(parts: &str, url: &str, headers: &[(&str, &str)], body: &str, expected: &str) {
    let delivery = Delivery { method: "POST", url, headers, body: body.as_bytes() };
    assert_eq!(shown(verifier(parts).delivery_id(&delivery)), expected, "{parts} {url} {headers:?} {body}");
}

#[test]
fn a_header() {
    let parts = r#""id_from": "header:X-Id""#;
    check(parts, "", &[("x-id", " 7a \t")], "", "7a");
    for headers in [&[][..], &[("X-Id", "")], &[("X-Id", " ")], &[("X-Id", "1"), ("x-id", "1")], &[("X-Id", "a\u{7}")]]
    {
        check(parts, "", headers, "", "");
    }
    check(r#""signed": "{header:X-ID}.{body}", "id_from": "header:X-Id""#, "", &[("X-Id", "7")], "", "7 signed");
    check(r#""signed": "{id}.{body}", "id": {"from": "header:X-Id"}"#, "", &[("X-Id", "7")], "", "7 signed");
    let other = r#""signed": "{id}.{body}", "id": {"from": "header:X-Id"}, "id_from": "header:X-Other""#;
    check(other, "", &[("X-Id", "7"), ("X-Other", "8")], "", "8");
    check(r#""signed": "{body}""#, "", &[("X-Id", "7")], "", "");
}

#[test]
fn a_json_body() {
    let parts = r#""id_from": "json:/event/id""#;
    check(parts, "", &[], r#"{"event": {"id": "evt_1"}}"#, "evt_1 signed");
    check(parts, "", &[], r#"{"event": {"id": 17}}"#, "17 signed");
    for body in ["", "{}", r#"{"event": {"id": "1", "id": "1"}}"#, r#"{"event": {"id": "1"}, "event": {}}"#, "[1]"] {
        check(parts, "", &[], body, "");
    }
    check(parts, "", &[("Content-Encoding", "gzip")], r#"{"event": {"id": "evt_1"}}"#, "");
    check(parts, "", &[("content-encoding", "Identity")], r#"{"event": {"id": "evt_1"}}"#, "evt_1 signed");
}

#[test]
fn a_query_and_a_form() {
    let query = r#""id_from": "query:id""#;
    check(query, "https://example.com/hook?a=1&i%64=x%2By+z#id=2", &[], "", "x+y z");
    for url in ["", "/hook", "/hook?", "/hook?id", "/hook?id=", "/hook?id=1&id=1", "/hook?id=%ff", "/hook#?id=1"] {
        check(query, url, &[], "", "");
    }
    check(r#""signed": "{url}\n{body}", "id_from": "query:id""#, "/hook?id=1", &[], "", "1 signed");
    let (form, kind) =
        (r#""id_from": "form:id""#, ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"));
    check(form, "", &[kind], "a=1&id=7", "7 signed");
    check(form, "", &[], "a=1&id=7", "");
    check(form, "", &[kind], "id=7&id=7", "");
}

/// Where the scheme reads its id from the URL or the body, the core reads it from a header that no delivery can have.
#[test]
fn the_id_of_a_scheme_is_found_where_the_scheme_reads_it() {
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    for (place, url, body) in [
        ("query:id", "/hook?id=7", "{}"),
        ("json:/id", "/hook", r#"{"id": 7}"#),
        ("form:id", "/hook", "a=1&id=7"),
        ("header:X-Id", "/hook", "{}"),
    ] {
        let parts = format!(r#""signed": "{{id}}.{{body}}", "id": {{"from": "{place}"}}"#);
        let headers = [form, ("X-Id", "7"), ("~0", "8"), ("~1", "8")];
        check(&parts, url, &headers[usize::from(place != "form:id")..], body, "7 signed");
        assert_eq!(scheme(&parts).unwrap().delivery_id_places()[0].text, place);
    }
    let xml = r#""signed": "{id}.{body}", "id": {"from": "xml:id"}"#;
    check(xml, "", &[("~0", "8"), ("~1", "8")], "<a><id>7</id></a>", "");
}

/// Only the places whose values the signed text holds.
#[test]
fn a_composition_says_what_it_signs() {
    let (url, form) = ("/hook?id=7&b=2", ("Content-Type", "application/x-www-form-urlencoded"));
    let query = |signed: &str, expected: &str| {
        check(&format!(r#""signed": "{signed}", "id_from": "query:id""#), url, &[], "{}", expected);
    };
    query("{url}\\n{lower:method}.{body}", "7 signed");
    query("{target}\\n{body}", "7 signed");
    query("{query} {sha256:body}", "7 signed");
    query("{query:id}|{method}{url}{body}", "7 signed");
    // A URL may contain what stands beside it, so the end of its last parameter could be the start of the body.
    query("{url}.{lower:method}.{body}", "7");
    query("{target}.{body}", "7");
    query("{method}{target}{body}", "7");
    query("{url}{body}", "7");
    query("{query:id}.{body}", "7 signed");
    query("{path}\\n{body}", "7");
    query("{query:b}.{body}", "7");
    query("{lower:query:id}.{body}", "7");
    query("{lower:url}\\n{body}", "7");
    let header = r#""signed": "{sha256:header:X-Id}.{body}", "id_from": "header:X-Id""#;
    check(header, "", &[("X-Id", "7")], "", "7 signed");
    for (except, expected) in [("hash", "7 signed"), ("id", "7")] {
        let fields = format!(
            r#""signed": "{{fields}}", "fields": {{"from": "form", "except": ["{except}"], "pair": "=", "join": "&"}},
               "id_from": "form:id""#
        );
        check(&fields, "", &[form], "id=7&hash=1", expected);
    }
}

/// One signature fits each pair, and their ids differ.
#[test]
fn what_can_be_cut_in_two_ways_signs_no_id() {
    type Sent<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let fields = |more: &str| {
        format!(
            r#""signed": "{{fields}}", "fields": {{"from": "form", "except": [], "join": ""{more}}}, "ambiguous": true,
               "id_from": "form:id""#
        )
    };
    let header = r#""signed": "{header:X-Id}{body}", "ambiguous": true, "id_from": "header:X-Id""#;
    let url = r#""signed": "{url}{body}", "id_from": "query:id""#;
    let target = r#""signed": "{target}{body}", "id_from": "query:id""#;
    let in_form = r#""signed": "{url}{body}", "id_from": "form:id""#;
    let pairs: &[(&str, Sent<'_>, Sent<'_>)] = &[
        (&fields(r#", "pair": """#), ("", &[form], "a=1&iden=evt_2", ""), ("", &[form], "a=1&id=enevt_2", "enevt_2")),
        (&fields(""), ("", &[form], "a=1&id=evt_1", "evt_1"), ("", &[form], "a=1e&id=vt_1", "vt_1")),
        (header, ("", &[("X-Id", "12")], "3 text", "12"), ("", &[("X-Id", "123")], " text", "123")),
        (url, ("/?id=123", &[], "456 text", "123"), ("/?id=12", &[], "3456 text", "12")),
        (target, ("/?id=123", &[], "456 text", "123"), ("/?id=123456", &[], " text", "123456")),
        (in_form, ("/?a=1&id=9", &[form], "x=2", ""), ("/?a=1&", &[form], "id=9x=2", "9x=2")),
    ];
    for (parts, genuine, forged) in pairs {
        let signer = scheme(parts).unwrap().signer(Secret::new("a secret")).unwrap();
        let (url, headers, body, _) = *genuine;
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let message = Message { method: "POST", url, headers: &headers, ..Message::new(body.as_bytes()) };
        let signature = signer.signature(&message).unwrap();
        for (url, headers, body, id) in [*genuine, *forged] {
            let headers: Vec<_> = headers.iter().copied().chain([("X-Sign", &signature[..])]).collect();
            let delivery = Delivery { method: "POST", url, headers: &headers[..], body: body.as_bytes() };
            let verifier = verifier(parts);
            assert!(verifier.verify(&delivery, UNIX_EPOCH).is_ok(), "{parts}: {url} {body}");
            assert_eq!(shown(verifier.delivery_id(&delivery)), id, "{parts}: {url} {body}");
        }
    }
}

#[test]
fn the_first_place_that_has_one_counts() {
    let parts = r#""id_from": ["header:X-Retry-Id", "json:/id", "query:id"]"#;
    check(parts, "/?id=q", &[("X-Retry-Id", "h")], r#"{"id": "j"}"#, "h");
    check(parts, "/?id=q", &[], r#"{"id": "j"}"#, "j signed");
    check(parts, "/?id=q", &[], r#"{"id": null}"#, "q");
    // What can be read in two ways is not passed over: the next place could be anyone's.
    check(parts, "/?id=q", &[], r#"{"id": "j", "id": "k"}"#, "");
}

#[test]
fn joined_places() {
    let parts = r#""id_from": [["json:/reference", "json:/code", "header:X-Try"]]"#;
    check(parts, "", &[("X-Try", "1")], r#"{"reference": "a:b%", "code": 7}"#, "a%3Ab%25:7:1");
    check(parts, "", &[], r#"{"reference": "a", "code": 7}"#, "");
    check(r#""id_from": [["json:/a", "json:/b"]]"#, "", &[], r#"{"a": "1", "b": "2"}"#, "1:2 signed");
    // No two pairs of values make one id.
    let text = |a: &str, b: &str| {
        let body = format!(r#"{{"a": "{a}", "b": "{b}"}}"#);
        let delivery = Delivery { method: "", url: "", headers: &[] as &[(&str, &str)], body: body.as_bytes() };
        shown(verifier(r#""id_from": [["json:/a", "json:/b"]]"#).delivery_id(&delivery))
    };
    let values = ["a", ":", "%", "%3A", "a:", ":a", "::", "%25"];
    let mut seen = std::collections::HashSet::new();
    for (a, b) in values.iter().flat_map(|a| values.iter().map(move |b| (a, b))) {
        assert!(seen.insert(text(a, b)), "{a} {b}");
    }
}

/// For people who choose a preset, and for documents.
#[test]
fn a_scheme_says_where_its_ids_are() {
    let places = |parts: &str| -> Vec<(String, bool)> {
        scheme(parts).unwrap().delivery_id_places().into_iter().map(|place| (place.text, place.is_signed)).collect()
    };
    let some = |text: &str, is_signed| (text.to_owned(), is_signed);
    assert_eq!(places(r#""id_from": "json:/a~1b~0c/""#), [some("json:/a~1b~0c/", true)]);
    assert_eq!(
        places(
            r#""signed": "{url}{body}", "id_from": [["query:a", "form:b"], ["json:/c", "header:X-Id"], "header:X-Id"]"#
        ),
        [some("query:a + form:b", false), some("json:/c + header:X-Id", false), some("header:X-Id", false)]
    );
    assert_eq!(places(r#""signed": "{id}.{body}", "id": {"from": "header:X-Id"}"#), [some("header:X-Id", true)]);
    assert_eq!(places(r#""signed": "{body}""#), []);
    // Whatever form its secret has.
    for preset in countersign::presets() {
        let found = Scheme::preset(preset.name()).unwrap().delivery_id_places();
        assert_eq!(found.is_empty(), preset.delivery_id.source.is_none(), "{}", preset.name());
    }
    let none = r#"{"auth_method": "NONE", "id_from": "json:/id"}"#;
    let found = countersign::Connection::from_json(none).unwrap().scheme().unwrap().delivery_id_places();
    assert_eq!((&*found[0].text, found[0].is_signed), ("json:/id", false));
}

/// The table of senders, which a script makes, marks what is not signed.
#[test]
fn the_table_of_senders_says_the_same() {
    let table = include_str!("../guide/senders.md");
    for preset in countersign::presets() {
        let row = table.lines().find(|line| line.starts_with(&format!("| `{}` |", preset.name()))).unwrap();
        let scheme = Scheme::preset(preset.name()).unwrap();
        let shown = |place: countersign::DeliveryIdPlace| {
            format!("`{}`{}", place.text.replace(" + ", "` + `"), if place.is_signed { "" } else { " *" })
        };
        let places: Vec<_> = scheme.delivery_id_places().into_iter().map(shown).collect();
        let seconds = scheme.answer_within().map_or_else(String::new, |seconds| format!("{seconds} s"));
        assert!(row.contains(&format!("| {} | {seconds} |", places.join(", else "))), "{row}");
    }
}

#[test]
fn what_is_not_a_place_is_an_error() {
    for (value, says) in [
        (r#""X-Id""#, "allowed are header:NAME"),
        (r#""header:X Id""#, "name of a header"),
        (r#""json:id""#, "begins with a slash"),
        (r#""json:/a~2""#, "~0"),
        (r#""query:""#, "empty"),
        ("[]", "1 to 8"),
        (r#"[["header:A"]]"#, "2 to 8"),
        ("5", "expected a list"),
    ] {
        let error = scheme(&format!(r#""id_from": {value}"#)).unwrap_err();
        assert_eq!(error.kind(), ConfigErrorKind::InvalidConfig);
        assert!(error.to_string().contains(says), "{value}: {error}");
        assert!(error.field().is_some_and(|field| field.starts_with("id_from")), "{value}: {error}");
    }
    let error = scheme(r#""answer_within": 0"#).unwrap_err();
    assert!(error.to_string().contains("at least 1"), "{error}");
    assert_eq!(scheme(r#""answer_within": 5"#).unwrap().answer_within(), Some(5));
}

#[test]
fn a_token_has_ids_too() {
    let scheme = Scheme::from_json(r#"{"token": {"header": "X-Token"}, "id_from": "json:/id", "answer_within": 10}"#);
    let verifier = scheme.unwrap().verifier(Secret::new("a token")).unwrap();
    let headers: [(&str, &str); 0] = [];
    let delivery = Delivery { method: "", url: "", headers: &headers, body: br#"{"id": 3}"# };
    assert_eq!(shown(verifier.delivery_id(&delivery)), "3");
}

/// The MAC of Adyen covers a part of the body; those of the others leave open where a value ends.
#[test]
fn functions_say_what_they_sign() {
    let is_signed = |preset: &str, place: &str, headers: &[(&str, &str)], body: &str| {
        let secret = if preset == "adyen" { "00ff" } else { "a secret" };
        let json = format!(r#"{{"scheme": "{preset}", "auth_secret": "{secret}", "id_from": "{place}"}}"#);
        let verifier = Verifier::from_connection(&json).unwrap();
        verifier.delivery_id(&Delivery { method: "", url: "", headers, body: body.as_bytes() }).unwrap().is_signed
    };
    let item = r#"{"notificationItems": [{"NotificationRequestItem": {"pspReference": "1", "reason": "2"}}]}"#;
    assert!(is_signed("adyen", "json:/notificationItems/0/NotificationRequestItem/pspReference", &[], item));
    assert!(!is_signed("adyen", "json:/notificationItems/0/NotificationRequestItem/reason", &[], item));
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    assert!(!is_signed("twilio", "form:MessageSid", &form, "MessageSid=SM1"));
    assert!(!is_signed("mandrill", "form:id", &form, "id=1"));
}

/// Stripe signs a retry with a new timestamp and no id of its own: to a verifier it is another message. Its delivery id is that
/// of the event.
#[test]
fn a_retry_that_is_signed_anew_is_known_by_its_delivery_id() {
    let secret = || Secret::new("whsec_a secret");
    let (signer, stripe) = (Signer::preset("stripe", secret()).unwrap(), Verifier::preset("stripe", secret()).unwrap());
    let attempt = |seconds, body: &'static [u8]| {
        let at = UNIX_EPOCH + Duration::from_secs(seconds);
        let headers = signer.headers(&Message { now: at, ..Message::new(body) }).unwrap();
        let delivery = Delivery { method: "POST", url: "", headers: &headers[..], body };
        stripe.verify(&delivery, at).unwrap();
        (
            stripe.identify(&delivery).unwrap(),
            Identity::of_delivery_id(&stripe.delivery_id(&delivery).unwrap().text),
            at,
        )
    };
    let first = attempt(1_000_000, br#"{"id": "evt_1"}"#);
    let retry = attempt(1_003_600, br#"{"id": "evt_1"}"#);
    let other = attempt(1_003_600, br#"{"id": "evt_2"}"#);
    assert_ne!(first.0, retry.0);
    assert_eq!(first.1, retry.1);
    assert_ne!(retry.1, other.1);

    let memory = ReplayMemory::new(10).unwrap();
    let take = |(_, identity, at)| memory.take(identity, at, Duration::from_secs(4 * 24 * 3600));
    assert!(memory.finish(&take(first).unwrap()));
    assert_eq!(take(retry).unwrap_err(), Repeated::Handled);
    let ticket = take(other).unwrap();
    assert_eq!(take(other).unwrap_err(), Repeated::InProgress);
    assert!(memory.forget(&ticket));
    assert!(take(other).is_ok());
}

/// A memory may hold both: an attacker who chooses a delivery id cannot name another message's signed id or signed text.
#[test]
fn a_delivery_id_is_never_the_identity_of_a_signed_id_or_text() {
    let identity = |parts, headers: &[(&str, &str)], body: &str| {
        verifier(parts).identify(&Delivery { method: "POST", url: "", headers, body: body.as_bytes() }).unwrap()
    };
    let by_id = identity(
        r#""signed": "{id}.{body}", "id": {"from": "header:X-Id"}"#,
        &[("X-Id", "7"), ("X-Sign", "rKkPfPXxAbcdrKkPfPXxAbcdrKkPfPXxAbcdrKkPfPU=")],
        "",
    );
    let by_text = identity(r#""signed": "{body}""#, &[("X-Sign", "rKkPfPXxAbcdrKkPfPXxAbcdrKkPfPXxAbcdrKkPfPU=")], "7");
    let by_delivery_id = Identity::of_delivery_id("7");
    assert_ne!(by_id, by_delivery_id);
    assert_ne!(by_text, by_delivery_id);
    let digits = const_hex::encode(by_delivery_id.as_bytes());
    assert_eq!(digits, "7ef00cc342b02d7ac71ad780db009e88a04359a7ec9625157935fcd51d949d0c");

    // Both together: another id or another text is another message.
    let both = by_text.with_delivery_id("7");
    assert_eq!(both, by_text.with_delivery_id("7"));
    for other in [by_text, by_delivery_id, by_text.with_delivery_id("8"), by_id.with_delivery_id("7")] {
        assert_ne!(both, other);
    }
    // Of Python: sha256(b"message and id\0" + bytes(32) + b"7").
    let digits = const_hex::encode(Identity::from_bytes([0; 32]).with_delivery_id("7").as_bytes());
    assert_eq!(digits, "8218f64a1821f2653041942afccfc4795b0941348a6c2d41d9f654377d36a3d7");
}
