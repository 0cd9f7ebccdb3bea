//! Where secrets come from, and that they go nowhere.

use crate::support::{Folder, OTHER, SECRET, finish, program, run, signature, signature_by};

#[test]
fn one_newline_at_the_end_of_a_file_is_left_out_and_nothing_else() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    for (content, secret) in [
        (SECRET.to_owned(), SECRET.to_owned()),
        (format!("{SECRET}\n"), SECRET.to_owned()),
        (format!("{SECRET}\r\n"), SECRET.to_owned()),
        (format!("{SECRET}\n\n"), format!("{SECRET}\n")),
        (format!("{SECRET}\r"), format!("{SECRET}\r")),
        (format!(" {SECRET} \n"), format!(" {SECRET} ")),
    ] {
        let file = folder.file("secret", &content);
        let signature = signature_by(&secret, b"hello");
        let done = run([
            "verify",
            "--encoding",
            "HEXA_DECIMAL",
            "--secret-file",
            &file,
            "--body",
            &body,
            "--signature",
            &signature,
        ]);
        assert_eq!(done.code, 0, "{content:?} {}", done.err);
    }
}

#[test]
fn a_secret_of_nothing_but_white_space_is_refused_by_its_name() {
    let folder = Folder::new();
    let (body, good, blank) =
        (folder.file("body", "hello"), folder.file("secret", SECRET), folder.file("blank", "  \n"));
    for (source, shown) in
        [(["--secret-file", &blank], blank.as_str()), (["--secret-env", "COUNTERSIGN_TEST"], "COUNTERSIGN_TEST")]
    {
        let first =
            ["verify", "--preset", "github", "--body", &body, "--signature", "sha256=00", "--secret-file", &good];
        let done = finish(program(first.into_iter().chain(source)).env("COUNTERSIGN_TEST", " "), |_| Ok(()));
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(done.err.contains(shown) && done.err.contains("nothing but white space"), "{}", done.err);
    }
}

#[test]
fn secrets_are_numbered_as_they_stand_on_the_command_line() {
    let folder = Folder::new();
    let (body, file) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let wrong = folder.file("wrong", "wrong");
    let sources = [["--secret-file", &wrong], ["--secret-file", &file], ["--secret-env", "COUNTERSIGN_TEST"]];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        for (secret, source) in [(SECRET, 1), (OTHER, 2)] {
            let index = order.iter().position(|place| *place == source).unwrap();
            let signature = signature_by(secret, b"hello");
            let first = ["verify", "--encoding", "HEXA_DECIMAL", "--body", &body, "--signature", &signature];
            let arguments = first.into_iter().chain(order.iter().flat_map(|place| sources[*place]));
            let done = finish(program(arguments).env("COUNTERSIGN_TEST", OTHER), |_| Ok(()));
            assert_eq!((done.code, done.out), (0, format!("✔ authentic  SHA_256, secret {index}\n")), "{}", done.err);
        }
    }
}

#[test]
fn secrets_of_the_command_line_take_the_place_of_those_in_the_connection() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", "hello"));
    let file = folder.file("secret", OTHER);
    let arguments = ["verify", "--connection", &connection, "--secret-file", &file, "--body", &body, "--signature"];
    let done = run(arguments.iter().copied().chain([signature_by(OTHER, b"hello").as_str()]));
    assert_eq!((done.code, done.out.as_str()), (0, "✔ authentic  SHA_256, secret 0\n"));
    let done = run(arguments.iter().copied().chain([signature(b"hello").as_str()]));
    assert_eq!(done.code, 1);
}

#[test]
fn secrets_that_are_none() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    for content in ["", "\n", "\r\n"] {
        let file = folder.file("secret", content);
        let done = run(["verify", "--secret-file", &file, "--body", &body]);
        assert_eq!(
            (done.code, done.line()),
            (2, format!("countersign: {file}: the file is empty; put the secret into it").as_str())
        );
    }
    let large = folder.file("large", vec![b'x'; 65 << 10]);
    let done = run(["verify", "--secret-file", &large, "--body", &body]);
    assert_eq!(
        (done.code, done.line()),
        (2, format!("countersign: {large}: larger than 64 KiB; is this the right file?").as_str())
    );

    let arguments = ["verify", "--secret-env", "COUNTERSIGN_TEST", "--body", &body];
    let done = finish(program(arguments).env_remove("COUNTERSIGN_TEST"), |_| Ok(()));
    let message =
        "countersign: --secret-env: the environment variable COUNTERSIGN_TEST is not set; put the secret into it";
    assert_eq!((done.code, done.line()), (2, message));
    let done = finish(program(arguments).env("COUNTERSIGN_TEST", ""), |_| Ok(()));
    let message = "countersign: the environment variable COUNTERSIGN_TEST is empty; put the secret into it";
    assert_eq!((done.code, done.line()), (2, message));
}

#[test]
fn secrets_that_have_no_use_or_no_place() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let none = folder.file("none.json", r#"{"auth_method": "NONE"}"#);
    let done = run(["verify", "--connection", &none, "--secret-file", &secret, "--body", &body]);
    let message = "auth_method is NONE, so a secret has no use; leave --secret-file and --secret-env out";
    assert_eq!((done.code, done.line()), (2, format!("countersign: {none}: {message}").as_str()));

    let unstated = folder.file("unstated.json", "{}");
    let done = run(["verify", "--connection", &unstated, "--secret-file", &secret, "--body", &body]);
    assert_eq!(done.code, 2);
    assert!(done.line().starts_with(&format!("countersign: {unstated}: auth_method: is missing")), "{}", done.err);

    let many = std::iter::repeat_n(["--secret-file", &secret], 9).flatten();
    let done = run(["verify", "--body", &body].into_iter().chain(many));
    assert_eq!(
        (done.code, done.line()),
        (2, "countersign: more than 8 secrets; leave out those with which no sender signs any more")
    );
}

/// It counts as a part of the secret, which may be any bytes; a note tells of it, and `explain` if it is why.
#[test]
fn a_byte_order_mark_in_front_of_a_secret_is_told() {
    let folder = Folder::new();
    let (body, plain) = (folder.file("body", "hello"), folder.file("plain", SECRET));
    let marked = folder.file("marked", format!("\u{feff}{SECRET}\r\n"));
    let command = |name: &'static str, secret: &str| {
        [name, "--preset", "github", "--body", &body, "--secret-file", secret].map(str::to_owned)
    };
    let note = format!("countersign: note: {marked} begins with a UTF-8 byte-order mark, ");
    let header = run(command("sign", &plain)).out;
    let own = run(command("sign", &marked));
    assert!(own.code == 0 && own.out != header && own.line().starts_with(&note), "{}", own.err);
    for (header, code) in [(&own.out, 0), (&header, 1)] {
        let done = run(command("verify", &marked).into_iter().chain(["--header".to_owned(), header.clone()]));
        assert!(done.code == code && done.line().starts_with(&note), "{}{}", done.out, done.err);
    }
    let done = run(command("explain", &marked).into_iter().chain(["--header".to_owned(), header]));
    assert!(done.code == 1 && done.out.contains("\nsecret_bom\n"), "{}", done.out);
    let done = run(command("sign", &folder.file("empty", "\u{feff}\n")));
    assert!(done.code == 2 && done.line().contains("the file is empty"), "{}", done.err);
}

/// With one `$` too many the shell puts the secret where the name of its variable or file belongs.
#[test]
fn a_secret_in_place_of_its_name_is_not_repeated() {
    let folder = Folder::new();
    let (body, connection) = (folder.file("body", "hello"), folder.connection());
    let base64 = "ab/cdefghijklmnopqrstuvwxyz012345+==";
    for secret in [
        SECRET,
        "s3cr3t",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        base64,
        "{\"auth_secret\": \"s3cr3t\"}",
        "CAPITALS",
    ] {
        for (option, start) in [
            ("--secret-env", &["verify", "--preset", "github", "--signature", "a"][..]),
            ("--secret-file", &["verify", "--preset", "github", "--signature", "a"]),
            ("--secret-file", &["explain", "--preset", "github", "--signature", "a"]),
            ("--secret-env", &["sign", "--preset", "github"]),
            ("--signature-env", &["verify", "--connection", &connection]),
            ("--signature-file", &["verify", "--connection", &connection]),
            ("--header-file", &["verify", "--connection", &connection]),
            ("--connection", &["verify", "--signature", "a"]),
        ] {
            let arguments = start.iter().copied().chain(["--body", &body, option, secret]);
            let done = finish(program(arguments).env("COUNTERSIGN_TEST", secret), |_| Ok(()));
            assert!(done.code >= 2 && !done.err.contains(secret), "{option}: {}", done.err);
            assert!(done.line().starts_with(&format!("countersign: {option}: ")), "{}", done.err);
            assert!(done.line().contains("; give the name of the "), "{}", done.err);
        }
    }
    // The file that a variable names, and that is there, is read.
    let file = folder.file("secret", SECRET);
    let signature = format!("sha256={}", signature(b"hello"));
    let arguments =
        ["verify", "--preset", "github", "--body", &body, "--signature", &signature, "--secret-file", &file];
    assert_eq!(finish(program(arguments).env("COUNTERSIGN_TEST", &file), |_| Ok(())).code, 0);
}
