//! What a person types who does not know the program yet: understood, or answered with what to do.

use crate::support::{Folder, OTHER, SECRET, delivery, run, run_with, signature, signature_by};

#[test]
fn algorithms_and_encodings_in_their_usual_spellings() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let right = signature(b"hello");
    for (algorithm, encoding) in
        [("SHA_256", "HEXA_DECIMAL"), ("sha256", "hex"), ("HMAC-SHA256", "HEX"), ("sha-256", "hexadecimal")]
    {
        let how = ["--algorithm", algorithm, "--encoding", encoding, "--secret-file", &secret, "--body", &body];
        let done = run(["verify", "--signature", &right].into_iter().chain(how));
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{algorithm} {encoding}: {}", done.out);
        assert!(run(["sign"].into_iter().chain(how)).out.ends_with(&format!(": {right}\n")));
    }
    let how = ["--encoding", "base64url", "--secret-file", &secret, "--body", &body];
    assert_eq!(run(["sign"].into_iter().chain(how)).code, 0);
    assert_eq!(run(["bench", "--algorithm", "sha256", "--size", "32", "--seconds", "1", "--json"]).code, 0);

    let other = "another text, which is not repeated here, since it could be a secret";
    for (option, value, found, ending) in [
        ("--algorithm", "SHA_3", other, "SHA_1, MD5, INFER_FROM_HEADER"),
        ("--encoding", "hexadezimal", "\"hexadezimal\"", "did you mean \"HEXA_DECIMAL\"?"),
        ("--encoding", "rot13", other, "HEXA_DECIMAL, BASE64_URL"),
    ] {
        let done = run(["verify", option, value, "--secret-file", &secret, "--body", &body]);
        assert_eq!(done.code, 2);
        let line = done.line();
        assert!(
            line.starts_with(&format!("countersign: {option}: found {found}; ")) && line.ends_with(ending),
            "{line}"
        );
    }
}

#[test]
fn a_secret_is_never_an_argument() {
    let folder = Folder::new();
    let body = folder.file("body", "");
    for option in [&["--secret", SECRET][..], &[&format!("--secret={SECRET}")], &["--secret"]] {
        for command in ["verify", "sign", "explain"] {
            let done = run([command, "--preset", "github", "--body", &body].iter().chain(option));
            assert_eq!((done.code, done.out.as_str()), (2, ""));
            assert!(done.err.starts_with("error: a secret is never an argument"), "{}", done.err);
            assert!(
                done.err.contains("--secret-file FILE") && done.err.contains("the name of the variable"),
                "{}",
                done.err
            );
        }
    }
}

#[test]
fn a_secret_may_come_by_standard_input() {
    let folder = Folder::new();
    let (body, right) = (folder.file("body", "hello"), signature(b"hello"));
    let how = ["--algorithm", "sha256", "--encoding", "hex", "--secret-file", "-"];
    let verify = ["verify", "--body", &body, "--signature", &right];
    let done = run_with(verify.into_iter().chain(how), format!("{SECRET}\n").as_bytes());
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let done = run_with(verify.into_iter().chain(how), b"");
    assert_eq!((done.code, done.line()), (2, "countersign: -: the file is empty; put the secret into it"));
    for (command, other) in [
        ("verify", "--body"),
        ("verify", "--deliveries"),
        ("verify", "--signature-file"),
        ("sign", "--body"),
        ("explain", "--body"),
    ] {
        let body: &[&str] = if other == "--signature-file" { &["--body", &body] } else { &[] };
        let done = run([command, other, "-"].iter().chain(&how).chain(body));
        assert_eq!(done.code, 2);
        assert!(done.line().starts_with("countersign: standard input can be read once"), "{command}: {}", done.err);
    }
}

#[test]
fn headers_as_curl_shows_them() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    for line in ["> X-Fivetran-Hmac-Sign: ", "< X-Fivetran-Hmac-Sign: "] {
        let line = line.to_owned() + &signature(b"hello");
        let done = run(["verify", "--connection", &connection, "--body", &body, "--header", &line]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    }
    let line = "> POST /hook HTTP/1.1";
    let done = run(["verify", "--connection", &connection, "--body", &body, "--header", line]);
    assert!(done.code == 2 && done.line().ends_with("; leave the line with method and URL out"), "{}", done.err);
}

/// The header that nobody thinks of: without it a form is no form.
#[test]
fn twilio_asks_for_the_type_of_the_content() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("form", "a=b&c=d"), folder.file("secret", SECRET));
    let source = ["--preset", "twilio", "--secret-file", &secret, "--body", &body, "--url", "https://example.com/x"];
    let form = "--header 'Content-Type: application/x-www-form-urlencoded'";
    let done = run(["sign"].into_iter().chain(source));
    assert!(done.code == 2 && done.line().ends_with(&format!("; give {form}")), "{}", done.err);
    assert!(done.line().starts_with("countersign: the message lacks the header Content-Type"), "{}", done.err);

    let with_type = ["--header", "Content-Type: application/x-www-form-urlencoded"];
    let headers = run(["sign"].into_iter().chain(source).chain(with_type)).out;
    let received = ["--header", headers.lines().last().unwrap()];
    let done = run(["verify"].into_iter().chain(source).chain(received));
    assert!(done.code == 1 && done.line().ends_with(&format!("; give {form}")), "{}{}", done.out, done.err);
    let done = run(["explain"].into_iter().chain(source).chain(received));
    assert!(done.code == 1 && done.out.contains("\nmissing_part\n"), "{}", done.out);
    assert!(
        done.out.contains("without: the header Content-Type: ") && done.line().ends_with(form),
        "{}{}",
        done.out,
        done.err
    );
    let done = run(["verify"].into_iter().chain(source).chain(received).chain(with_type));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(run(["presets", "twilio"]).err.contains("Content-Type"));
}

#[test]
fn a_file_without_one_right_signature_is_worth_an_explanation() {
    let folder = Folder::new();
    let connection = folder.connection();
    let forged = delivery("a", "hello").replace(&signature(b"hello"), &signature_by(OTHER, b"hello"));
    let note = "countersign: note: not one signature is right, so the secret or the scheme may be wrong; countersign explain \
                --deliveries FILE --line NUMBER with the same options tells which";
    let file = folder.file("all.ndjson", format!("{forged}\n{forged}\n"));
    let arguments = ["verify", "--connection", &connection, "--deliveries", &file];
    let done = run(arguments);
    assert_eq!((done.code, done.line()), (1, note));
    let done = run(["explain", "--connection", &connection, "--deliveries", &file, "--line", "2"]);
    assert!(done.code == 1 && done.out.starts_with("✘ mismatch  "), "{}{}", done.out, done.err);
    for quiet in ["-q", "--json"] {
        assert_eq!(run(arguments.into_iter().chain([quiet])).err, "");
    }
    let file = folder.file("all.ndjson", format!("{forged}\n{}\n", delivery("b", "hello")));
    assert_eq!(run(["verify", "--connection", &connection, "--deliveries", &file]).err, "");
}

/// Where a preset's name is expected, a secret may stand.
#[test]
fn what_may_be_a_secret_is_not_repeated() {
    let folder = Folder::new();
    let body = folder.file("body", "");
    let done = run(["verify", "--preset", SECRET, "--secret-env", "github", "--body", &body]);
    assert_eq!(done.code, 2);
    assert!(
        done.line().starts_with("countersign: --preset: there is no preset of this name, which is not repeated here"),
        "{}",
        done.err
    );
}

/// What a scheme signs beside body and time is asked for by its name, wherever it stands: by `sign` before the signature is
/// made, by `verify` and `explain` when it did not arrive.
#[test]
fn a_part_that_is_signed_and_was_not_given_is_named() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", r#"{"a":1}"#), folder.file("secret", SECRET));
    let url = "https://h.example/x?data.id=7";
    for (preset, headers, taken, named, option) in [
        (
            "plivo-v2",
            &["X-Plivo-Signature-V2-Nonce: 12"][..],
            "X-Plivo-Signature-V2-Nonce",
            "the header X-Plivo-Signature-V2-Nonce",
            "--header 'X-Plivo-Signature-V2-Nonce: …'",
        ),
        (
            "plivo-v3",
            &["X-Plivo-Signature-V3-Nonce: 12"],
            "X-Plivo-Signature-V3-Nonce",
            "the header X-Plivo-Signature-V3-Nonce",
            "--header 'X-Plivo-Signature-V3-Nonce: …'",
        ),
        ("solidgate", &["merchant: me"], "merchant", "the header merchant", "--header 'merchant: …'"),
        ("mercado-pago", &["x-request-id: r"], "x-request-id", "the header x-request-id", "--header 'x-request-id: …'"),
        (
            "mercado-pago",
            &["x-request-id: r"],
            "?",
            "the parameter data.id of the URL's query",
            "--url URL with …?data.id=…",
        ),
        ("doku", &["Client-Id: c", "Request-Id: r"], "Client-Id", "the header Client-Id", "--header 'Client-Id: …'"),
    ] {
        let how = ["--preset", preset, "--secret-file", &secret, "--body", &body];
        let given: Vec<&str> = headers.iter().flat_map(|line| ["--header", line]).collect();
        let signed = run(["sign", "--url", url].iter().chain(&how).chain(&given));
        assert_eq!((signed.code, signed.err.as_str()), (0, ""), "{preset}");
        let whole = folder.file("headers", &signed.out);
        let verified = run(["verify", "--url", url, "--header-file", &whole].iter().chain(&how));
        assert_eq!(verified.code, 0, "{preset}: {}", verified.out);

        let url = if taken == "?" { "https://h.example/x" } else { url };
        let is_left = |line: &&str| !line.starts_with(&format!("{taken}:"));
        let left: Vec<&str> = signed.out.lines().filter(is_left).collect();
        let left = folder.file("left", left.join("\n"));
        for command in ["verify", "explain"] {
            let done = run([command, "--url", url, "--header-file", &left].iter().chain(&how));
            assert!(done.code == 1 && done.out.starts_with("✘ missing_part  "), "{preset}: {}", done.out);
            assert_eq!(
                done.line(),
                format!("countersign: note: this sender signs {named}; give {option}"),
                "{preset} {command}"
            );
            assert_eq!(done.out.contains(&format!("given without: {named}. ")), command == "explain", "{}", done.out);
        }
        let given: Vec<&str> =
            headers.iter().filter(|line| is_left(line)).flat_map(|line| ["--header", line]).collect();
        let unsigned = run(["sign", "--url", url].iter().chain(&how).chain(&given));
        assert_eq!((unsigned.code, unsigned.out.as_str()), (2, ""), "{preset}");
        let line = unsigned.line();
        let start = format!("countersign: the message lacks {named}: what is signed is ");
        assert!(line.starts_with(&start) && line.ends_with(&format!("; give {option}")), "{line}");
    }
}
