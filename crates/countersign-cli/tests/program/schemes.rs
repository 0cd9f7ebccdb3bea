//! `--scheme` and `--preset`: what is signed beside the body, and senders with rules of their own.

use std::fs;

use crate::support::{Folder, OTHER, SECRET, authentic, rejected, run, run_with};

/// A sender that signs all that can be signed.
const ALL: &str = r#"{
  "signature": {"header": "X-Sign", "format": "pairs", "separator": ",", "key": "v1"},
  "algorithm": "SHA_512", "encoding": "BASE64_URL",
  "signed": "{method} {url}\n{id}.{timestamp}.{header:X-Kind}.{body}",
  "timestamp": {"from": "header:X-Time", "unit": "rfc3339", "tolerance": 60},
  "id": {"from": "header:X-Id"}
}"#;

#[test]
fn sign_prints_all_header_lines_and_verify_looks_at_each_of_them() {
    let folder = Folder::new();
    let (scheme, secret) = (folder.file("scheme.json", ALL), folder.file("secret", SECRET));
    let source = ["--scheme", &scheme, "--secret-file", &secret, "--body", "-"];
    let message = ["--method", "PUT", "--url", "https://example.com/", "--header", "X-Kind: new"];
    // X-Other is not signed, so it is not printed.
    let message = message.into_iter().chain(["--header", "X-Other: a"]);
    let now = ["--now", "2025-10-09T09:00:00Z"];
    let signed =
        run_with(["sign", "--id", "m-1"].into_iter().chain(source).chain(message.clone()).chain(now), b"hello");
    assert_eq!((signed.code, signed.err.as_str()), (0, ""));
    let lines: Vec<&str> = signed.out.lines().collect();
    assert!(matches!(lines[..], ["X-Kind: new", "X-Time: 2025-10-09T09:00:00Z", "X-Id: m-1", _]), "{}", signed.out);
    assert!(lines[3].starts_with("X-Sign: v1="), "{}", signed.out);
    let json =
        run_with(["sign", "--id", "m-1", "--json"].into_iter().chain(source).chain(message).chain(now), b"hello");
    let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
    let pairs: Vec<(&str, &str)> = lines.iter().map(|line| line.split_once(": ").unwrap()).collect();
    assert_eq!(json, serde_json::json!({ "headers": pairs }));

    let message = ["--method", "PUT", "--url", "https://example.com/"];
    let verify = |message: [&str; 4], now: &str, signed: &str, body: &[u8]| {
        let done =
            run_with(["verify", "--now", now, "--header", signed].into_iter().chain(source).chain(message), body);
        let lacks_id = "countersign: note: this sender signs the header X-Id; give --header 'X-Id: …'\n";
        assert_eq!(done.err, if done.out.contains("missing_part") { lacks_id } else { "" });
        done.out.split("  ").next().unwrap().to_owned()
    };
    let (good, signed) = ("2025-10-09T09:00:00Z", signed.out.as_str());
    assert_eq!(verify(message, good, signed, b"hello"), "✔ authentic");
    assert_eq!(verify(message, good, signed, b"Hello"), "✘ mismatch");
    assert_eq!(verify(message, "2025-10-09T09:01:01Z", signed, b"hello"), "✘ expired");
    assert_eq!(verify(message, "2025-10-09T08:58:59Z", signed, b"hello"), "✘ from_future");
    assert_eq!(verify(message, good, &signed.replace("m-1", "m-2"), b"hello"), "✘ mismatch");
    assert_eq!(verify(message, good, &signed.replace("X-Id", "X-If"), b"hello"), "✘ missing_part");
    assert_eq!(verify(message, good, &signed.replace("09:00:00Z", "09:00:01Z"), b"hello"), "✘ mismatch");
    assert_eq!(verify(message, good, &signed.replace("new", "old"), b"hello"), "✘ mismatch");
    for (place, other) in [(1, "POST"), (3, "https://example.com/?")] {
        let mut message = message;
        message[place] = other;
        assert_eq!(verify(message, good, signed, b"hello"), "✘ mismatch", "{other}");
    }
}

#[test]
fn what_is_missing_for_signing_is_named() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let (scheme, hex) = (folder.file("scheme.json", ALL), folder.file("hex", "abcd"));
    let lacks = |source: [&str; 2], more: &[&str], hint: &str| {
        let secret = if source[1] == "adyen" { &hex } else { &secret };
        let first = ["sign", "--secret-file", secret, "--body", &body];
        let done = run(first.into_iter().chain(source).chain(more.iter().copied()));
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.line().contains("what is signed is ") && done.line().ends_with(hint), "{}", done.err);
    };
    lacks(["--preset", "twitch"], &[], "must have all of it; give --id ID");
    lacks(["--preset", "square"], &[], "must have all of it; give --url URL");
    lacks(["--scheme", &scheme], &["--header", "X-Kind: a"], "must have all of it; give --url URL and --id ID");
    lacks(["--scheme", &scheme], &["--header", "X-Kind: a", "--id", "1"], "must have all of it; give --url URL");
    lacks(
        ["--scheme", &scheme],
        &["--id", "1", "--url", "https://example.com/"],
        "must have all of it; give --header 'X-Kind: …'",
    );
    lacks(["--preset", "adyen"], &[], "must have all of it; give --body FILE with the whole body");
}

#[test]
fn a_url_that_was_not_given_is_asked_for() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let source = ["--preset", "square", "--secret-file", &secret, "--body", &body];
    let header = run(["sign", "--url", "https://example.com/"].into_iter().chain(source)).out;
    let done = run(["verify", "--header", &header].into_iter().chain(source));
    assert_eq!((done.code, done.out.split("  ").next()), (1, Some("✘ missing_part")));
    assert_eq!(done.line(), "countersign: note: this sender signs the URL as the sender calls it; give --url URL");
    let done = run(["verify", "--header", &header, "--url", "https://example.com/"].into_iter().chain(source));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let done = run(["verify", "--header", &header, "--json"].into_iter().chain(source));
    assert_eq!((done.out, done.err.as_str()), (rejected(1, "1", "missing_part", 13), ""));
    // Svix signs no URL; what is wrong is its id.
    let source = ["--preset", "svix", "--secret-file", &folder.file("whsec", "whsec_YSBzZWNyZXQ="), "--body", &body];
    let lines = ["svix-id: a.b", "svix-timestamp: 1700000000", &format!("svix-signature: v1,{}=", "A".repeat(43))];
    let headers = lines.iter().flat_map(|line| ["--header", *line]);
    let done = run(["verify"].into_iter().chain(headers.clone()).chain(source));
    assert_eq!((done.code, done.out.split("  ").next(), done.err.as_str()), (1, Some("✘ missing_part"), ""));
    let done = run(["explain"].into_iter().chain(headers).chain(source));
    assert!(
        done.out.contains("holds the text that ends it") && !done.err.contains("--url"),
        "{} {}",
        done.out,
        done.err
    );
}

#[test]
fn labels_and_algorithms_are_chosen_only_where_the_scheme_leaves_it_open() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let sign = |more: &[&str]| run(["sign", "--secret-file", &secret, "--body", &body].iter().chain(more));
    let done = sign(&["--preset", "github-legacy", "--algorithm", "SHA_1"]);
    assert!(done.out.starts_with("X-Hub-Signature: sha1="), "{} {}", done.out, done.err);
    let done = run([
        "verify",
        "--preset",
        "github-legacy",
        "--secret-file",
        &secret,
        "--body",
        &body,
        "--json",
        "--header",
        &done.out,
    ]);
    assert_eq!(done.out, authentic(1, "1").replace("SHA_256", "SHA_1"));
    for (more, message) in [
        (&["--preset", "github", "--algorithm", "SHA_1"][..], "SHA_1 is not taken"),
        (
            &["--preset", "github", "--algorithm", "sha3"],
            "--algorithm: found \"sha3\"; beside --preset it is one of MD5,",
        ),
        (&["--preset", "github", "--label"], "--label has no place here"),
    ] {
        let done = sign(more);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.line().contains(message), "{}", done.err);
    }
}

#[test]
fn while_secrets_are_changed_both_are_taken() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    let secrets = [folder.file("new", SECRET), folder.file("old", OTHER), folder.file("none", "wrong")];
    let source = ["--preset", "stripe", "--body", &body];
    for (i, secret) in secrets.iter().enumerate() {
        let header = run(["sign", "--secret-file", secret].into_iter().chain(source)).out;
        let both =
            ["verify", "--json", "--header", &header, "--secret-file", &secrets[0], "--secret-file", &secrets[1]];
        let expected = match i {
            2 => rejected(1, "1", "mismatch", 8),
            _ => authentic(1, "1").replace("\"secret_index\":0", &format!("\"secret_index\":{i}")),
        };
        assert_eq!(run(both.into_iter().chain(source)).out, expected);
    }
}

#[test]
fn a_connection_with_a_scheme() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    let connection = folder
        .file("connection.json", format!(r#"{{"scheme": "paddle", "auth_secret": "{SECRET}", "tolerance": 60}}"#));
    let source = ["--connection", &connection, "--body", &body];
    let done = run(["sign", "--now", "1000"].into_iter().chain(source));
    assert!(done.out.starts_with("Paddle-Signature: ts=1000;h1="), "{} {}", done.out, done.err);
    for (now, more, code) in [("1060", &[][..], 0), ("1061", &[], 1), ("1061", &["--tolerance", "61"], 0)] {
        let verify = ["verify", "--header", &done.out, "--now", now];
        let done = run(verify.into_iter().chain(source).chain(more.iter().copied()));
        assert_eq!((done.code, done.err.as_str()), (code, ""), "{now} {}", done.out);
    }
    // A line of --signature stands for the header of the scheme.
    let value = done.out.trim_end().split_once(": ").unwrap().1;
    let done = run(["verify", "--signature", value, "--now", "1000"].into_iter().chain(source));
    assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  SHA_256, secret 0\n"));
}

#[test]
fn bodies_that_must_be_whole_are_read_from_a_pipe_too() {
    let folder = Folder::new();
    let secret = folder.file("secret", SECRET);
    let source = ["--preset", "box", "--secret-file", &secret, "--body", "-"];
    let body = vec![b'x'; 700_001];
    let header = run_with(["sign"].into_iter().chain(source), &body).out;
    assert!(header.starts_with("BOX-DELIVERY-TIMESTAMP: ") && header.lines().count() == 2, "{header}");
    let done = run_with(["verify", "--header", &header].into_iter().chain(source), &body);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    let done = run_with(["verify", "--header", &header].into_iter().chain(source), &body[1..]);
    assert_eq!(done.code, 1);
    // Nothing but the head is needed to see that there is no signature.
    let file = folder.file("printed.json", run(["presets", "box"]).out);
    assert!(fs::read_to_string(&file).unwrap().contains("{body}{timestamp}"));
    let done = run_with(["verify", "--scheme", &file, "--secret-file", &secret, "--body", "-"], b"");
    assert_eq!((done.code, done.out.split("  ").next()), (1, Some("✘ missing_signature")));
}

/// A verdict on a body that is not signed says so, for people and in JSON.
#[test]
fn a_verdict_says_that_the_body_is_not_covered() {
    let folder = Folder::new();
    let scheme = r#"{"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{query:id}", "covers_body": false}"#;
    let (scheme, secret) = (folder.file("scheme.json", scheme), folder.file("secret", SECRET));
    let source = ["--scheme", &scheme, "--secret-file", &secret, "--url", "https://example.com/?id=7", "--body", "-"];
    let signed = run_with(["sign"].into_iter().chain(source), b"hello");
    assert_eq!((signed.code, signed.err.as_str()), (0, ""));
    let verify = |more: &'static [&'static str], body: &[u8]| {
        let done = run_with(
            ["verify", "--header", signed.out.trim_end()].into_iter().chain(source).chain(more.iter().copied()),
            body,
        );
        assert_eq!(done.code, 0, "{} {}", done.out, done.err);
        done.out
    };
    assert_eq!(verify(&[], b"hello"), "✔ authentic  SHA_256, secret 0; the body is not signed, or not all of it\n");
    let json = verify(&["--json"], b"another");
    assert!(json.contains(r#""secret_index":0,"covers_body":false}"#), "{json}");

    // Neither a token nor the lack of any check says anything about the body.
    let (none, token) =
        (folder.file("none.json", r#"{"auth_method": "NONE"}"#), folder.file("token", "X-Gitlab-Token: a token"));
    let gitlab = folder.file("gitlab", "a token");
    let gitlab = ["--preset", "gitlab-token", "--secret-file", &gitlab, "--header-file", &token];
    for source in [&["--connection", &none][..], &gitlab] {
        let done = run_with(["verify", "--json", "--body", "-"].into_iter().chain(source.iter().copied()), b"hello");
        assert!(done.out.contains(r#""verdict":"authentic","code":0,"algorithm":null"#), "{} {}", done.out, done.err);
        assert!(done.out.ends_with("\"covers_body\":false}\n"), "{}", done.out);
    }
}
