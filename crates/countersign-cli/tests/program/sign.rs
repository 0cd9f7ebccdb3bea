//! `sign`, and that `verify` takes what it makes.

use crate::support::{Folder, SECRET, orders, run, run_with, signature};

const ALGORITHMS: [&str; 6] = ["MD5", "SHA_1", "SHA_224", "SHA_256", "SHA_384", "SHA_512"];
const ENCODINGS: [&str; 3] = ["BASE64", "HEXA_DECIMAL", "BASE64_URL"];

#[test]
fn verify_takes_what_sign_makes() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", b"\xff\r\n\0"), folder.file("secret", SECRET));
    for algorithm in ALGORITHMS {
        for encoding in ENCODINGS {
            let source = ["--encoding", encoding, "--secret-file", &secret, "--body", &body];
            let plain = run(["sign", "--algorithm", algorithm].into_iter().chain(source));
            let labelled = run(["sign", "--algorithm", algorithm, "--label"].into_iter().chain(source));
            let (plain, labelled) = (plain.out.trim_end(), labelled.out.trim_end());
            let label = algorithm.replace('_', "").to_lowercase();
            assert_eq!(labelled, plain.replace(": ", &format!(": {label}=")));
            for how in [algorithm, "INFER_FROM_HEADER"] {
                for header in [plain, labelled] {
                    let done = run(["verify", "--algorithm", how, "--header", header].into_iter().chain(source));
                    let expected = format!("✔ authentic  {algorithm}, secret 0\n");
                    assert_eq!((done.code, done.out), (0, expected), "{header} {}", done.err);
                }
            }
        }
    }
}

#[test]
fn a_connection_says_header_and_encoding() {
    let folder = Folder::new();
    let connection = folder.connection();
    let expected = format!("X-Fivetran-Hmac-Sign: {}\n", signature(b"hello"));
    let done = run_with(["sign", "--connection", &connection, "--body", "-"], b"hello");
    assert_eq!((done.code, done.out, done.err.as_str()), (0, expected, ""));
    let done = run_with(["sign", "--connection", &connection, "--body", "-", "--json"], b"hello");
    assert_eq!(done.out, format!("{{\"headers\":[[\"X-Fivetran-Hmac-Sign\",\"{}\"]]}}\n", signature(b"hello")));

    let secret = folder.file("secret", SECRET);
    let body = folder.file("body", "hello");
    let done = run(["sign", "--header-name", "X-Sign", "--secret-file", &secret, "--body", &body]);
    assert!(done.out.starts_with("X-Sign: "), "{}", done.out);
    let header = done.out.trim_end();
    let done =
        run(["verify", "--header-name", "X-Sign", "--secret-file", &secret, "--body", &body, "--header", header]);
    assert_eq!(done.code, 0, "{}", done.err);
}

#[test]
fn files_of_the_configuration_may_begin_with_a_byte_order_mark() {
    let folder = Folder::new();
    let marked = folder.file("marked", "\u{feff}".to_owned() + &std::fs::read_to_string(folder.connection()).unwrap());
    let expected = format!("X-Fivetran-Hmac-Sign: {}\n", signature(b"hello"));
    let done = run_with(["sign", "--connection", &marked, "--body", "-"], b"hello");
    assert_eq!((done.code, done.out, done.err.as_str()), (0, expected, ""));
}

#[test]
fn a_scheme_that_lists_its_headers_is_not_signed() {
    let folder = Folder::new();
    let secret = folder.file("secret", SECRET);
    let source = ["--secret-file", &secret, "--header", "X-Event-Type: a", "--body", "-"];
    let done = run_with(["sign", "--preset", "hook0"].into_iter().chain(source), b"hello");
    let start = "countersign: a signer cannot sign this: what is signed is {timestamp}.{signed_header_names}.{signed_headers}.{body}, ";
    assert!(done.code == 2 && done.line().starts_with(start), "{}", done.err);
}

#[test]
fn where_the_algorithm_is_inferred_it_may_be_chosen() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    let connection = orders("connection.json");
    let connection = connection.to_str().unwrap();
    for (choice, algorithm) in
        [(&[][..], "SHA_256"), (&["--algorithm", "SHA_1"], "SHA_1"), (&["--algorithm", "MD5", "--label"], "MD5")]
    {
        let header = run(["sign", "--connection", connection, "--body", &body].iter().chain(choice)).out;
        let done = run(["verify", "--connection", connection, "--body", &body, "--header", header.trim_end()]);
        assert_eq!((done.code, done.out), (0, format!("✔ authentic  {algorithm}, secret 0\n")), "{}", done.err);
    }
    // A connection with one algorithm makes no other.
    let done = run(["sign", "--connection", &folder.connection(), "--body", &body, "--algorithm", "MD5"]);
    assert_eq!(done.code, 2);
    assert!(done.line().ends_with("MD5 is not taken here; allowed are SHA_256"), "{}", done.err);
}

#[test]
fn tokens_are_not_signed() {
    let folder = Folder::new();
    let body = folder.file("body", "hello");
    let token = folder.file("token.json", format!(r#"{{"auth_method": "TOKEN_BASED", "auth_secret": "{SECRET}"}}"#));
    let done = run(["sign", "--connection", &token, "--body", &body]);
    assert_eq!(done.code, 2);
    assert!(
        done.line().starts_with(&format!("countersign: {token}: auth_method: only HMAC makes a signature")),
        "{}",
        done.err
    );
}
