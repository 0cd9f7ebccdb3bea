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

/// Headers that are signed come from the options, so they go through the pipe too, given to `verify` once more or not.
#[test]
fn verify_takes_what_sign_prints_of_senders_that_sign_a_header() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "a=b&c=d"), folder.file("secret", SECRET));
    for (preset, header) in [
        ("scalr", "Date: Thu, 09 Oct 2025 09:00:00 GMT"),
        ("plivo-v2", "X-Plivo-Signature-V2-Nonce: 12345"),
        ("solidgate", "merchant: api_pk_1"),
        ("twilio", "Content-Type: application/x-www-form-urlencoded"),
    ] {
        let source = ["--preset", preset, "--secret-file", &secret, "--body", &body, "--url", "https://example.com/x"];
        let time = ["--now", "2025-10-09T09:00:00Z"];
        let options = ["--header", header, "--header", "X-Unsigned: 1", "--id", "12345"];
        let signed = run(["sign"].into_iter().chain(source).chain(time).chain(options));
        assert_eq!((signed.code, signed.err.as_str()), (0, ""), "{preset}");
        assert!(!signed.out.contains("X-Unsigned"), "{preset}: {}", signed.out);
        for again in [&[][..], &["--header", header]] {
            let verify = ["verify", "--header-file", "-"].into_iter().chain(source).chain(time);
            let done = run_with(verify.chain(again.iter().copied()), signed.out.as_bytes());
            assert_eq!((done.code, done.err.as_str()), (0, ""), "{preset}: {}{}", done.out, signed.out);
        }
    }
}

/// What looks like a header is none where the signature is in the body or the URL: a note says so, and `verify` and `explain`
/// refuse what would have no effect.
#[test]
fn a_signature_in_the_body_is_told_apart_from_a_header() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "id=1&amount=200"), folder.file("secret", SECRET));
    let source = ["--preset", "billplz", "--secret-file", &secret, "--body"];
    let signed = run(["sign"].into_iter().chain(source).chain([body.as_str()]));
    let value = signed.out.strip_prefix("x_signature: ").unwrap().trim_end();
    assert!(signed.code == 0 && signed.err.contains("the field x_signature of the form"), "{}", signed.err);
    let filled = folder.file("filled", format!("id=1&amount=200&x_signature={value}"));
    let done = run(["verify"].into_iter().chain(source).chain([filled.as_str()]));
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    let signature = folder.file("signature", value);
    for command in ["verify", "explain"] {
        for option in [["--signature", value], ["--signature-file", &signature], ["--signature-env", "NONE"]] {
            let done = run([command].into_iter().chain(source).chain([filled.as_str()]).chain(option));
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{command} {option:?}");
            let start = format!("countersign: {} has no place here: ", option[0]);
            assert!(done.line().starts_with(&start) && done.line().contains("x_signature"), "{}", done.err);
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
