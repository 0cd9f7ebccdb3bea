//! `verify` with one delivery.

use crate::support::{Folder, SECRET, authentic, finish, program, rejected, run, run_with, signature};

#[test]
fn a_header_or_the_signature_alone() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let signature = signature(b"hello");
    for how in [
        ["--header".to_owned(), format!("X-Fivetran-Hmac-Sign: {signature}")],
        ["--header".to_owned(), format!("x-fivetran-hmac-sign:\t{signature} ")],
        ["--header".to_owned(), format!("X-Fivetran-Hmac-Sign: sha256={signature}")],
        ["--signature".to_owned(), signature.clone()],
    ] {
        let done = run(["verify", "--connection", &connection, "--body", &body, &how[0], &how[1]]);
        assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  SHA_256, secret 0\n"), "{}", done.err);
        let done = run(["verify", "--connection", &connection, "--body", &body, &how[0], &how[1], "--json"]);
        assert_eq!((done.code, done.out, done.err.as_str()), (0, authentic(1, "1"), ""));
        let done = run(["verify", "--connection", &connection, "--body", &body, &how[0], &how[1], "-q"]);
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "", ""));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let good = signature(b"hello");
    let other = signature(b"Hello");
    for (signature, verdict, code) in [
        (other.as_str(), "mismatch", 8),
        (&good[..62], "wrong_length", 7),
        (&good[..63], "malformed_encoding", 6),
        ("", "malformed_signature", 3),
        (&format!("v1={good}"), "unknown_algorithm", 4),
        (&format!("sha512={good}"), "algorithm_not_accepted", 5),
    ] {
        let done = run(["verify", "--connection", &connection, "--body", &body, "--json", "--signature", signature]);
        assert_eq!((done.code, done.out), (1, rejected(1, "1", verdict, code)));
    }
    let done = run(["verify", "--connection", &connection, "--body", &body]);
    let missing = "✘ missing_signature  the signature header is absent; looked for the header X-Fivetran-Hmac-Sign\n";
    assert_eq!((done.code, done.out.as_str()), (1, missing));
    let file = folder.file("deliveries.ndjson", r#"{"headers":{"X-Other":"a"},"body":"hello"}"#);
    let done = run(["verify", "--connection", &connection, "--deliveries", &file]);
    let (row, sum) =
        ("✘ line 1  missing_signature       the signature header is absent; looked for the header ", "100.0 %  ");
    assert!(done.out.starts_with(&format!("{row}X-Fivetran-Hmac-Sign\n")), "{}", done.out);
    let sum = format!("{sum}the signature header is absent; looked for the header X-Fivetran-Hmac-Sign\n");
    assert!(done.out.ends_with(&sum), "{}", done.out);
    let adyen = ["verify", "--preset", "adyen", "--secret-file", &folder.file("key", "AA"), "--body", &body];
    let done = run(adyen);
    assert!(done.code == 1 && !done.out.contains("header additionalData"), "{}", done.out);
    let line = format!("X-Fivetran-Hmac-Sign: {good}");
    let done = run(["verify", "--connection", &connection, "--body", &body, "--header", &line, "--signature", &good]);
    assert!(done.out.starts_with("✘ repeated_signature "), "{}", done.out);
}

#[test]
fn a_body_is_taken_as_it_is_from_a_file_or_a_pipe() {
    let folder = Folder::new();
    let connection = folder.connection();
    for body in [&b""[..], b"\n", b"a\r\n", b"\xff\xfe\x00 not UTF-8", &vec![b'x'; 700_001]] {
        let (file, signature) = (folder.file("body", body), signature(body));
        let done = run(["verify", "--connection", &connection, "--signature", &signature, "--body", &file]);
        assert_eq!(done.code, 0, "{} {}", done.out, done.err);
        let done = run_with(["verify", "--connection", &connection, "--signature", &signature, "--body", "-"], body);
        assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    }
}

#[test]
fn a_body_that_arrives_slowly_is_waited_for() {
    let folder = Folder::new();
    let connection = folder.connection();
    let arguments = ["verify", "--connection", &connection, "--signature", &signature(b"one two"), "--body", "-"];
    let done = finish(&mut program(arguments), |stdin| {
        stdin.write_all(b"one ")?;
        stdin.flush()?;
        std::thread::sleep(std::time::Duration::from_millis(50));
        stdin.write_all(b"two")
    });
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
}

#[test]
fn tokens_and_companion_headers() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    let token = folder.file("token.json", format!(r#"{{"auth_method": "TOKEN_BASED", "auth_secret": "{SECRET}"}}"#));
    for line in [format!("Authorization: Bearer {SECRET}"), format!("authorization: {SECRET}")] {
        let headers = folder.file("headers", line);
        let done = run(["verify", "--connection", &token, "--body", &body, "--header-file", &headers]);
        assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  token, secret 0\n"), "{}", done.err);
    }
    let by_token = authentic(1, "1").replace("\"SHA_256\"", "null").replace('}', ",\"covers_body\":false}");
    for (value, expected) in [(SECRET, (0, by_token)), ("wrong", (1, rejected(1, "1", "mismatch", 8)))] {
        let file = folder.file("value", format!("{value}\n"));
        let first = ["verify", "--connection", &token, "--body", &body, "--json"];
        let done = run(first.into_iter().chain(["--signature-file", &file]));
        assert_eq!((done.code, done.out), expected, "{}", done.err);
        let mut command = program(first.into_iter().chain(["--signature-env", "COUNTERSIGN_TEST"]));
        let done = finish(command.env("COUNTERSIGN_TEST", value), |_| Ok(()));
        assert_eq!((done.code, done.out), expected, "{}", done.err);
    }

    let secret = folder.file("secret", SECRET);
    let inferring = ["--algorithm", "INFER_FROM_HEADER", "--encoding", "HEXA_DECIMAL", "--secret-file", &secret];
    for (companion, code) in [("SHA_256", 0), ("SHA_512", 1)] {
        let companion = format!("X-Fivetran-Hmac-Algorithm: {companion}");
        let last = ["--signature", &signature(b"hello"), "--header", &companion, "--body", &body];
        let done = run(["verify"].into_iter().chain(inferring).chain(last));
        assert_eq!(done.code, code, "{} {}", done.out, done.err);
    }
}

#[test]
fn without_authentication_a_note_says_so() {
    let folder = Folder::new();
    let (connection, body) = (folder.file("none.json", r#"{"auth_method": "NONE"}"#), folder.file("body", "hello"));
    let done = run(["verify", "--connection", &connection, "--body", &body]);
    assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  not checked, because auth_method is NONE\n"));
    assert!(done.line().starts_with("countersign: note: auth_method is NONE"), "{}", done.err);
}

#[test]
fn without_a_word_of_authentication_nothing_is_verified() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    for (at, config) in [
        "{}",
        r#"{"algorithm": "SHA_256"}"#,
        r#"{"group_id": "g", "service": "webhooks", "config": {"schema": "s", "table": "t"}}"#,
        r#"{"auth_method": "NONE", "auth_secret": "do-not-show-me"}"#,
    ]
    .into_iter()
    .enumerate()
    {
        let connection = folder.file(&format!("{at}.json"), config);
        for order in ["verify", "explain", "sign"] {
            let done = run([order, "--connection", &connection, "--body", &body]);
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{order} {config}");
            let names_it = done.err.contains("auth_method: is missing") || done.err.contains("auth_secret: has no use");
            assert!(
                names_it && done.err.contains("TOKEN_BASED") && !done.err.contains("do-not-show-me"),
                "{}",
                done.err
            );
        }
    }
}

#[test]
fn now_is_seconds_or_a_date() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let arguments =
        ["verify", "--connection", &connection, "--body", &body, "--signature", &signature(b"hello"), "--now"];
    for now in ["0", "1760000402", "-1", "2025-10-09T09:00:02Z", "2025-10-09T11:00:02.5+02:00"] {
        let done = run(arguments.iter().copied().chain([now]));
        assert_eq!(done.code, 0, "{now}: {}", done.err);
    }
    for now in ["", "yesterday", "2025-10-09", "2025-10-09T09:00:02", "99999999999999999999"] {
        let done = run(arguments.iter().copied().chain([now]));
        assert_eq!(done.code, 2, "{now}");
        assert!(done.line().starts_with(&format!("countersign: --now: found {now:?}; give ")), "{}", done.err);
    }
}
