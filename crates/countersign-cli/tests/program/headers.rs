//! Header lines from files and standard input, and tokens, which are no arguments.

use crate::support::{Folder, SECRET, run, run_with, signature};

/// With a token the header's value is the secret, and a secret is no argument.
#[test]
fn a_token_is_no_argument() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let connection =
        folder.file("token.json", format!(r#"{{"auth_method": "TOKEN_BASED", "auth_secret": "{SECRET}"}}"#));
    let scheme = folder.file("scheme.json", r#"{"token": {"header": "X-Token"}}"#);
    for (source, header) in [
        (&["--connection", &connection][..], "Authorization"),
        (&["--scheme", &scheme, "--secret-file", &secret], "X-Token"),
        (&["--preset", "gitlab-token", "--secret-file", &secret], "X-Gitlab-Token"),
    ] {
        let line = format!("{}: {SECRET}", header.to_lowercase());
        let twice = format!("A: b\n{line}");
        for (option, value) in [("--signature", SECRET), ("--header", &line), ("--header", &twice)] {
            for command in ["verify", "explain"] {
                let done = run([command, "--body", &body, option, value].iter().chain(source));
                assert_eq!((done.code, done.out.as_str()), (2, ""));
                let message = format!("countersign: {option}: {header} holds the secret itself here, and ");
                assert!(done.line().starts_with(&message), "{}", done.err);
                assert!(done.err.contains("--signature-env NAME, --signature-file FILE or --header-file FILE"));
            }
        }
        let file = folder.file("headers", &line);
        for command in ["verify", "explain"] {
            let more = [command, "--body", &body, "--header", "X-Other: x", "--header-file", &file];
            let done = run(more.iter().chain(source));
            assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  token, secret 0\n"), "{}", done.err);
        }
    }
}

#[test]
fn header_lines_of_files_and_of_standard_input() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let line = format!("X-Fivetran-Hmac-Sign: {}", signature(b"hello"));
    let arguments = ["verify", "--connection", &connection, "--body", &body, "--header-file"];
    for text in [
        line.clone(),
        format!("A: b\r\n{line}\r\n\r\n"),
        format!("A: b\n {line} \nC:\n\n"),
        format!("POST https://example.com/hook HTTP/1.1\r\n{line}\r\n\r\n"),
        format!("> POST /hook HTTP/2\n> {line}\n"),
        format!("HTTP/1.1 200 OK\n{line}\n"),
        format!(":method: POST\n:path: /hook\n:scheme: https\n:authority: example.com\n{line}\n"),
        format!("POST /hook HTTP/2\n> :method: POST\n> {line}\n"),
    ] {
        let file = folder.file("headers", &text);
        let done = run(arguments.into_iter().chain([file.as_str()]));
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{text}");
        let done = run_with(arguments.into_iter().chain(["-"]), text.as_bytes());
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{text}");
    }
    // Any bytes may stand in a value, and several files are read.
    let (latin, signed) = (folder.file("latin", b"X-Name: Zo\xeb\n"), folder.file("signed", &line));
    let done = run(arguments.into_iter().chain([latin.as_str(), "--header-file", &signed]));
    assert_eq!((done.code, done.err.as_str()), (0, ""));
}

#[test]
fn an_empty_file_holds_no_headers() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let line = format!("X-Fivetran-Hmac-Sign: {}", signature(b"hello"));
    for text in ["", "\n", " \r\n\n", "POST /hook HTTP/1.1\r\n\r\n"] {
        let file = folder.file("headers", text);
        let arguments = ["verify", "--connection", &connection, "--body", &body, "--header-file", &file];
        let done = run(arguments);
        assert_eq!((done.code, done.err.as_str()), (1, ""), "{text:?}");
        assert!(done.out.starts_with("✘ missing_signature  "), "{}", done.out);
        let done = run(arguments.into_iter().chain(["--header", &line]));
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{text:?}");
        let source = ["sign", "--connection", &connection, "--body", &body, "--header-file", &file];
        assert_eq!((run(source).code, run(source).err.as_str()), (0, ""), "{text:?}");
    }
}

#[test]
fn what_sign_prints_is_taken_from_a_pipe() {
    let folder = Folder::new();
    let (secret, body) = (folder.file("secret", "whsec_bm90IGEgc2VjcmV0"), folder.file("body", "hello"));
    let source = ["--preset", "svix", "--secret-file", &secret, "--body", &body];
    let signed = run(["sign", "--id", "msg_1"].into_iter().chain(source));
    assert_eq!((signed.code, signed.err.as_str()), (0, ""));
    let done = run_with(["verify", "--header-file", "-"].into_iter().chain(source), signed.out.as_bytes());
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
}

#[test]
fn header_lines_that_are_none_and_values_that_are_not_there() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let source = ["verify", "--connection", &connection, "--body"];
    for (text, place) in [
        (format!("A: b\n{SECRET}\n"), "2: expected 'Name: value'"),
        (format!("POST /hook HTTP/1.1\nA: b\n{SECRET}\n"), "3: expected 'Name: value'"),
        ("A: b\nPOST /hook HTTP/1.1\n".to_owned(), "2: expected 'Name: value'; leave the line with method and URL out"),
        (format!(":method: POST\nA: b\n{SECRET}\n"), "3: expected 'Name: value'"),
    ] {
        let file = folder.file("headers", &text);
        let done = run(source.into_iter().chain([body.as_str(), "--header-file", &file]));
        assert_eq!((done.code, done.line()), (2, format!("countersign: {file}:{place}").as_str()));
        let done = run_with(source.into_iter().chain([body.as_str(), "--header-file", "-"]), text.as_bytes());
        assert_eq!((done.code, done.line()), (2, format!("countersign: stdin:{place}").as_str()));
    }
    for (arguments, message) in [
        (&["-", "--header-file", "-"][..], "standard input can be read once, and - stands for it; "),
        (&["-", "--signature-file", "-"], "standard input can be read once, and - stands for it; "),
        (
            &[&body, "--signature-env", "COUNTERSIGN_UNSET"],
            "--signature-env: the environment variable COUNTERSIGN_UNSET is ",
        ),
    ] {
        let done = run(source.iter().chain(arguments));
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.line().starts_with(&format!("countersign: {message}")), "{}", done.err);
    }
    let done = run(["sign", "--connection", &connection, "--body", "-", "--header-file", "-"]);
    assert!(
        done.code == 2 && done.err.contains("all but one of --secret-file, --body and --header-file"),
        "{}",
        done.err
    );
    let done = run(source.into_iter().chain([body.as_str(), "--signature", "a", "--signature-env", "B"]));
    assert!(done.code == 2 && done.err.contains("cannot be used with"), "{}", done.err);
}
