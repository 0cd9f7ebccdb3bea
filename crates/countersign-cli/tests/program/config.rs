//! Which options say how deliveries are signed, and what is wrong with the files that they name.

use crate::support::{Folder, OTHER, SECRET, run};

/// A scheme that is good.
const GOOD: &str = r#"{"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64"}"#;

#[test]
fn only_one_of_them_says_how_deliveries_are_signed() {
    let folder = Folder::new();
    let (connection, scheme) = (folder.connection(), folder.file("scheme.json", GOOD));
    let (body, secret) = (folder.file("body", ""), folder.file("secret", SECRET));
    let (connection, scheme, preset) =
        (&["--connection", &connection][..], &["--scheme", &scheme][..], &["--preset", "stripe"][..]);
    let each = "each of them says how deliveries are signed";
    let change = "the preset says which; to say something else, change what countersign presets prints and give it to \
                  --scheme";
    for (first, second, message) in [
        (connection, scheme, format!("--connection and --scheme cannot both be given; {each}")),
        (preset, connection, format!("--connection and --preset cannot both be given; {each}")),
        (preset, scheme, format!("--scheme and --preset cannot both be given; {each}")),
        (preset, &["--algorithm", "MD5"], format!("--algorithm and --preset cannot both be given; {change}")),
        (preset, &["--encoding", "BASE64"], format!("--encoding and --preset cannot both be given; {change}")),
        (
            scheme,
            &["--header-name", "A"],
            "--header-name and --scheme cannot both be given; the file says which".to_owned(),
        ),
        (
            connection,
            &["--encoding", "BASE64"],
            "--encoding and --connection cannot both be given; the file says which".to_owned(),
        ),
    ] {
        let done = run(["verify", "--body", &body, "--secret-file", &secret].iter().chain(first).chain(second));
        assert_eq!((done.code, done.out.as_str(), done.line()), (2, "", format!("countersign: {message}").as_str()));
    }
    for source in [scheme, preset] {
        let done = run(["verify", "--body", &body].iter().chain(source));
        let message = "countersign: there is no secret; give --secret-file FILE or --secret-env NAME";
        assert_eq!((done.code, done.out.as_str(), done.line()), (2, "", message));
    }
}

#[test]
fn scheme_files_that_are_not_schemes() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", ""), folder.file("secret", SECRET));
    let broken = |from: &str, to: &str| GOOD.replace(from, to).replace(", ", ",\n");
    for (content, message) in [
        (String::new(), ":1: the file is empty; a scheme file is JSON"),
        ("[]".to_owned(), ":1: found a list; expected an object"),
        ("{}".to_owned(), ":1: the field \"signature\" is missing; it is required"),
        (broken("encoding", "encodign"), ":3: encodign: unknown field; did you mean \"encoding\"?"),
        (broken("SHA_256", "SHA-256"), ":2: algorithm: found \"SHA-256\"; allowed are "),
        (broken("X-Sign\"", "X-Sign\", \"format\": \"pair\""), ":2: signature.format: found \"pair\"; allowed are "),
        (broken("BASE64\"", "BASE64\", \"signed\": \"{bdy}\""), ":4: signed: "),
        (
            format!(r#"{{"auth_method": "HMAC", "auth_secret": "{SECRET}"}}"#),
            ": this is a connection and not a scheme; give it to --connection",
        ),
    ] {
        let path = folder.file("scheme.json", content);
        for command in ["verify", "sign"] {
            let done = run([command, "--scheme", &path, "--secret-file", &secret, "--body", &body]);
            assert!(done.line().starts_with(&format!("countersign: {path}{message}")), "{}", done.err);
            assert_eq!((done.code, done.out.as_str()), (2, ""));
        }
    }
    let path = folder.file("scheme.json", GOOD);
    let done = run(["verify", "--connection", &path, "--body", &body]);
    let message = format!("countersign: {path}: this is a scheme and not a connection; give it to --scheme");
    assert_eq!((done.code, done.line()), (2, message.as_str()));
}

#[test]
fn a_secret_of_the_wrong_form_is_named_by_its_place() {
    let folder = Folder::new();
    let body = folder.file("body", "");
    let (good, bad) = (folder.file("good", "whsec_AAAB"), folder.file("bad", OTHER));
    let done = run(["verify", "--preset", "svix", "--secret-file", &good, "--secret-file", &bad, "--body", &body]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.line().starts_with(&format!("countersign: {bad}: the secret is not the BASE64 ")), "{}", done.err);
    let connection = folder.file("connection.json", format!(r#"{{"scheme": "svix", "auth_secret": "{SECRET}"}}"#));
    let done = run(["verify", "--connection", &connection, "--secret-file", &bad, "--body", &body]);
    assert!(done.line().starts_with(&format!("countersign: {bad}: the secret is not the BASE64 ")), "{}", done.err);
    let done = run(["verify", "--connection", &connection, "--body", &body]);
    let place = format!("countersign: {connection}: auth_secret: the secret is not the BASE64 ");
    assert!(done.code == 2 && done.line().starts_with(&place), "{}", done.err);

    let done = run(["sign", "--preset", "svix", "--secret-file", &bad, "--body", &body, "--id", "1"]);
    assert!(done.code == 2 && done.line().starts_with(&format!("countersign: {bad}: ")), "{}", done.err);
    let token = folder.file("token", format!("{SECRET} "));
    let done = run(["verify", "--preset", "telegram", "--secret-file", &token, "--body", &body]);
    assert!(
        done.code == 2 && done.line().starts_with(&format!("countersign: {token}: the token could never match")),
        "{}",
        done.err
    );
    let many = std::iter::repeat_n(["--secret-file", &good], 9).flatten();
    let done = run(["verify", "--preset", "svix", "--body", &body].into_iter().chain(many));
    assert_eq!(
        (done.code, done.line()),
        (2, "countersign: --preset svix: more than 8 secrets; leave out those with which no sender signs any more")
    );
}
