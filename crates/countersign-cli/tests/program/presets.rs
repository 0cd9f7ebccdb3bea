//! `presets`, and that whatever it prints signs and verifies.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Preset, Scheme, presets, unsupported};

use crate::support::{Done, Folder, SECRET, run};

const FORM: &str = "a=1&b=2";
const URL: &str = "https://example.com/hook?c=3";
/// What some senders sign besides, or look at.
const HEADERS: [&str; 3] = [
    "Content-Type: application/x-www-form-urlencoded",
    "Date: Thu, 09 Oct 2025 09:00:00 GMT",
    "x-contentful-signed-headers: x-contentful-signed-headers,x-contentful-timestamp,date",
];

fn adyen(signature: &str, value: u32) -> String {
    format!(
        r#"{{"notificationItems":[{{"NotificationRequestItem":{{"additionalData":{{{signature}}},"pspReference":"7914",
        "amount":{{"value":{value},"currency":"EUR"}},"eventCode":"AUTHORISATION","success":"true"}}}}]}}"#
    )
}

/// The secret in the form that the scheme asks for.
fn secret(preset: &Preset) -> String {
    let scheme: serde_json::Value = serde_json::from_str(preset.json()).unwrap();
    match scheme["secret"].as_str() {
        Some("BASE64") => format!("whsec_{}", STANDARD.encode(SECRET)),
        Some("HEXA_DECIMAL") => {
            let digits = SECRET.bytes().flat_map(|byte| [byte >> 4, byte & 15]);
            digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
        }
        _ => SECRET.to_owned(),
    }
}

/// Signs or verifies a body, with all that any sender could sign, and checks that no form of the secret is shown.
fn with(command: &str, source: [&str; 4], body: &str, more: &[&str]) -> Done {
    let first = [command, "--url", URL, "--body", body];
    let headers = HEADERS.iter().flat_map(|line| ["--header", line]);
    let done = run(first.into_iter().chain(source).chain(headers).chain(more.iter().copied()));
    let secret = std::fs::read_to_string(source[3]).unwrap();
    assert!(
        !done.out.contains(&secret) && !done.err.contains(&secret),
        "a secret was shown: {} {}",
        done.out,
        done.err
    );
    done
}

#[test]
fn what_is_printed_is_a_scheme_that_verifies_what_it_signs() {
    // What senders sign of the URL and of the body must be there; their deliveries are vectors.
    let is_composed = |preset: &&Preset| {
        !Scheme::preset(preset.name()).unwrap().is_core_alone() && !preset.json().contains("\"function\"")
    };
    for preset in presets().iter().filter(|preset| !is_composed(preset)) {
        let folder = Folder::new();
        let name = preset.name();
        let printed = run(["presets", name]);
        assert_eq!(printed.code, 0);
        assert!(printed.out.starts_with("{\n  \"name\": ") && printed.out.ends_with("\n}\n"), "{}", printed.out);
        let (scheme, secret) = (folder.file("scheme.json", &printed.out), folder.file("secret", secret(preset)));
        let source = ["--scheme", &scheme, "--secret-file", &secret];
        let by_name = ["--preset", name, "--secret-file", &secret];

        let (good, bad, header);
        if preset.json().contains("\"token\"") {
            let token = Scheme::preset(name).unwrap().headers().next().unwrap().to_owned();
            let body = folder.file("body", FORM);
            let done = with("sign", source, &body, &[]);
            assert_eq!((done.code, done.out.as_str()), (2, ""));
            assert!(done.line().contains("only HMAC makes a signature"), "{}", done.err);
            (good, bad, header) = (body.clone(), body, format!("{token}: {SECRET}"));
        } else if name == "adyen" {
            let done = with("sign", source, &folder.file("unsigned", adyen("", 1130)), &[]);
            let signature = done.out.trim_end().strip_prefix("additionalData.hmacSignature: ").unwrap();
            let signature = format!("\"hmacSignature\":\"{signature}\"");
            good = folder.file("good", adyen(&signature, 1130));
            (bad, header) = (folder.file("bad", adyen(&signature, 1131)), "X-None: 0".to_owned());
        } else {
            (good, bad) = (folder.file("good", FORM), folder.file("bad", "a=1&b=3"));
            let done = with("sign", source, &good, &["--id", "msg_1"]);
            assert_eq!((done.code, done.err.as_str()), (0, ""), "{name}");
            header = done.out;
        }
        for source in [source, by_name] {
            let headers = folder.file("headers", &header);
            let done = with("verify", source, &good, &["--header-file", &headers]);
            assert_eq!((done.code, done.err.as_str()), (0, ""), "{name}: {} {header}", done.out);
            let header = if good == bad { header.replace("secret", "other") } else { header.clone() };
            let headers = folder.file("headers", &header);
            let done = with("verify", source, &bad, &["--header-file", &headers]);
            assert_eq!(done.code, 1, "{name}");
            assert!(done.out.starts_with("✘ mismatch "), "{name}: {} {}", done.out, done.err);
        }
    }
}

#[test]
fn all_are_listed_with_their_headers_and_how_sure_they_are() {
    let done = run(["presets"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    // The titles that are cut are those that have no room in 80 columns.
    let has_title = |line: &str, title: &str| {
        let mut whole = line.splitn(2, '…');
        let before = whole.next().unwrap();
        line.contains(title) || (whole.next().is_some() && title.starts_with(before[21..].trim_start()))
    };
    for preset in presets() {
        let start = format!("{} {} ", if preset.confirmed { '✔' } else { '?' }, preset.name());
        let line = done.out.lines().find(|line| line.starts_with(&start)).unwrap();
        let header = Scheme::preset(preset.name()).unwrap().headers().next().unwrap().to_owned();
        assert!(has_title(line, &preset.title) && line.contains(&header), "{line}");
    }
    for known in unsupported() {
        let start = format!("✘ {} ", known.name);
        let line = done.out.lines().find(|line| line.starts_with(&start)).unwrap();
        assert!(has_title(line, &known.title), "{line}");
    }
    let wide = done.out.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None);
    let confirmed = presets().iter().filter(|preset| preset.confirmed).count();
    let count = format!("\n{} presets: {confirmed} confirmed ✔, ", presets().len());
    assert!(done.out.contains(&count), "{}", done.out);
    assert!(run(["presets", "--color", "always"]).out.contains("\u{1b}[32m✔\u{1b}[0m stripe "));
}

#[test]
fn what_a_person_should_know_goes_to_standard_error() {
    let done = run(["presets", "stripe"]);
    assert!(done.err.starts_with("Stripe: confirmed, "), "{}", done.err);
    assert!(done.err.contains("it is not base64") && done.err.contains("https://docs.stripe.com/"), "{}", done.err);
    assert!(done.err.contains("\nDelivery id: json:/id, in what is signed (unconfirmed)\n"), "{}", done.err);
    assert!(done.err.contains("https://docs.stripe.com/webhooks#handle-duplicate-events\n"), "{}", done.err);
    assert!(!done.err.contains("Answer within"), "{}", done.err);
    let done = run(["presets", "shopify"]);
    let places =
        "header:X-Shopify-Event-Id + header:X-Shopify-Topic, not signed; else header:X-Shopify-Webhook-Id, not signed";
    assert!(done.err.contains(&format!("\nDelivery id: {places}\n")), "{}", done.err);
    assert!(done.err.contains("\nAnswer within: 5 s\nhttps://shopify.dev/"), "{}", done.err);
    let done = run(["presets", "zoom"]);
    assert!(done.err.contains("\nDelivery id: none\nevent, event_ts and payload, no id"), "{}", done.err);
    // Which these are changes as they get confirmed.
    let unconfirmed = presets().iter().find(|preset| !preset.confirmed).unwrap();
    let done = run(["presets", unconfirmed.name()]);
    assert!(done.err.contains(": unconfirmed, taken from public catalogues alone"), "{}", done.err);
}

#[test]
fn another_name_finds_the_same_preset() {
    for (alias, name) in [("whatsapp", "meta"), ("clerk", "svix")] {
        let (by_alias, by_name) = (run(["presets", alias]), run(["presets", name]));
        assert_eq!((by_alias.code, &by_alias.out, &by_alias.err), (0, &by_name.out, &by_name.err));
        assert!(by_alias.err.contains("\nAlso called ") && by_alias.err.contains(alias), "{}", by_alias.err);
        let json: serde_json::Value = serde_json::from_str(&run(["presets", alias, "--json"]).out).unwrap();
        assert!(json["name"] == name && json["aliases"].as_array().unwrap().contains(&alias.into()), "{json}");
    }
}

#[test]
fn how_old_a_delivery_may_be_and_what_is_one_message() {
    for (name, says) in [
        (
            "stripe",
            "\nTolerance: 300 s\nA repeated message: known to a replay memory by its whole signed text with the timestamp, \
             not by the delivery id: a retry that is signed anew is another message\nDelivery id: json:/id, in what is signed",
        ),
        ("standard-webhooks", "\nTolerance: 300 s\nA repeated message: known to a replay memory by its signed id, "),
        ("zoom", "\nTolerance: none: an old delivery is accepted, until you set a tolerance: --tolerance, "),
        ("github", "\nTolerance: none: an old delivery is accepted, since no timestamp is signed"),
        (
            "github",
            "\nA repeated message: known to a replay memory by its whole signed text, not by the delivery id: two ",
        ),
    ] {
        let done = run(["presets", name]);
        assert!(done.err.contains(says), "{}", done.err);
    }
    let all: serde_json::Value = serde_json::from_str(&run(["presets", "--json"]).out).unwrap();
    for preset in all["presets"].as_array().unwrap() {
        let name = preset["name"].as_str().unwrap();
        let scheme = Scheme::preset(name).unwrap();
        let expected = scheme.tolerance().map(|both| serde_json::json!({"past": both.past, "future": both.future}));
        assert_eq!(preset["tolerance"], serde_json::json!(expected), "{name}");
        let note = preset["tolerance_note"].as_str();
        assert_eq!(note.is_none(), scheme.tolerance().is_some(), "{name}");
        // A tolerance can be set if, and only if, the note says so.
        if let Some(note) = note {
            let can_be_set = scheme.with_tolerance(countersign::Tolerance::both(300)).is_ok();
            assert_eq!(note.contains("until you set a tolerance"), can_be_set, "{name}: {note}");
        }
        let (signed, is_token) = (preset["scheme"]["signed"].as_str(), preset["scheme"]["token"].is_object());
        let identity = match signed {
            _ if is_token => serde_json::Value::Null,
            Some(signed) if signed.contains("{id}") => "id".into(),
            _ => "signed text".into(),
        };
        assert_eq!(preset["message_identity"], identity, "{name}");
    }
}

#[test]
fn the_handshake_is_told_with_its_answer_and_its_page() {
    for (name, says) in [
        (
            "zoom",
            "\nHandshake: POST, signed like an event, json:/event is endpoint.url_validation, the challenge at \
             json:/payload/plainToken\nAnswered with: 200, the JSON \
             {\"plainToken\": \"{challenge}\", \"encryptedToken\": \"{hmac}\"}, where {hmac} is the HMAC of the challenge in \
             HEXA_DECIMAL\nhttps://github.com/zoom/",
        ),
        (
            "dropbox",
            "\nHandshake: GET, the challenge at query:challenge\nAnswered with: 200, X-Content-Type-Options: nosniff, the \
             text {challenge}\nhttps://www.dropbox.com/",
        ),
        ("trello", "\nHandshake: HEAD\nAnswered with: 200, no body\nhttps://developer.atlassian.com/"),
        (
            "asana",
            "\nHandshake: POST, no header:X-Hook-Signature, the challenge at header:X-Hook-Secret\nAnswered with: 200, \
             X-Hook-Secret: {challenge}, no body\nThe challenge is the secret with which this sender signs from then on. ",
        ),
    ] {
        let done = run(["presets", name]);
        assert!(done.err.contains(says), "{}", done.err);
        assert_eq!(done.err.contains("The challenge is the secret"), name == "asana", "{}", done.err);
    }
    for preset in presets() {
        let done = run(["presets", preset.name()]);
        assert_eq!(done.err.contains("\nHandshake: "), preset.handshake_source.is_some(), "{}", done.err);
        let source = preset.handshake_source.as_deref().unwrap_or_default();
        assert!(done.err.contains(source), "{}", done.err);
    }
}

#[test]
fn machines_get_all_of_it() {
    let done = run(["presets", "--json"]);
    assert_eq!((done.code, done.err.as_str(), done.out.lines().count()), (0, "", 1));
    let all: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(all["presets"].as_array().unwrap().len(), presets().len());
    assert_eq!(all["unsupported"].as_array().unwrap().len(), unsupported().len());
    assert!(all["unsupported"][0]["reason"].is_string());
    let done = run(["presets", "stripe", "--json"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let one: serde_json::Value = serde_json::from_str(&done.out).unwrap();
    assert!(all["presets"].as_array().unwrap().contains(&one));
    assert_eq!((&one["title"], &one["confirmed"]), (&"Stripe".into(), &true.into()));
    assert_eq!(one["scheme"]["signature"]["header"], "Stripe-Signature");
    assert_eq!(one["delivery_id"]["places"], serde_json::json!([{"text": "json:/id", "is_signed": true}]));
    assert_eq!((&one["delivery_id"]["confirmed"], &one["answer_source"]), (&false.into(), &serde_json::Value::Null));
    assert_eq!(one["handshake_source"], serde_json::Value::Null);
    let okta = all["presets"].as_array().unwrap().iter().find(|preset| preset["name"] == "okta").unwrap();
    assert!(okta["handshake_source"].as_str().unwrap().starts_with("https://developer.okta.com/"));
    assert_eq!(okta["scheme"]["handshake"]["method"], "GET");
}

#[test]
fn names_that_are_none_are_answered_with_a_reason() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", ""), folder.file("secret", SECRET));
    for (name, reason) in [
        (
            "strpe",
            "no preset is called \"strpe\"; did you mean \"stripe\"? If not, for a sender without a preset, write a scheme \
             (crates/countersign/guide/new_sender.md in the repository shows how); PRESETS.md there lists all names, as \
             countersign presets does",
        ),
        (
            "Stripe",
            "no preset is called \"Stripe\"; did you mean \"stripe\"? If not, for a sender without a preset, write a scheme \
             (crates/countersign/guide/new_sender.md in the repository shows how); PRESETS.md there lists all names, as \
             countersign presets does",
        ),
        ("discord", "Discord: Discord signs with Ed25519"),
    ] {
        for json in [&[][..], &["--json"]] {
            let done = run(["presets", name].iter().chain(json));
            assert_eq!((done.code, done.out.as_str()), (2, ""));
            assert!(done.line().starts_with(&format!("countersign: {reason}")), "{}", done.err);
        }
        for command in ["verify", "sign"] {
            let done = run([command, "--preset", name, "--body", &body, "--secret-file", &secret]);
            assert_eq!((done.code, done.out.as_str()), (2, ""));
            assert!(done.line().starts_with(&format!("countersign: --preset: {reason}")), "{}", done.err);
        }
    }
}
