//! The example that the README begins with.

use std::ffi::OsStr;
use std::fs;

use crate::support::{Folder, orders, run};

fn arguments() -> Vec<std::ffi::OsString> {
    let (connection, deliveries) = (orders("connection.json"), orders("deliveries.ndjson"));
    [OsStr::new("verify"), "--connection".as_ref(), connection.as_ref(), "--deliveries".as_ref(), deliveries.as_ref()]
        .map(OsStr::to_owned)
        .into()
}

#[test]
fn machines_read_one_line_a_delivery() {
    let done = run(arguments().into_iter().chain(["--json".into()]));
    assert_eq!(done.out, fs::read_to_string(orders("expected.ndjson")).unwrap());
    assert_eq!((done.code, done.err.as_str()), (1, ""));
}

#[test]
fn people_read_who_is_authentic_who_is_not_and_why() {
    let done = run(arguments());
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    for line in [
        "✔ ord-1001-created                  authentic               SHA_256, secret 0",
        "✔ ord-1002-shipped                  authentic               SHA_256, secret 1",
        "✘ ord-1004-amount-changed           mismatch                the signature does not belong to this body and secret",
        "✘ ord-1005-label-against-companion  algorithm_not_accepted  the algorithm named or inferred is not one that is \
         accepted here",
        "  authentic                3    14.3 %  SHA_256, secret 0",
        "  mismatch                 3    14.3 %  the signature does not belong to this body and secret",
    ] {
        assert!(done.out.lines().any(|found| found == line), "{line}\nis not in\n{}", done.out);
    }
    let summary = done.out.lines().find(|line| line.contains("21 deliveries in ")).unwrap();
    assert!(summary.ends_with("deliveries.ndjson: 10 authentic, 11 rejected"), "{summary}");
    // One line a delivery, then the summary, and no rate, which would differ from run to run.
    assert_eq!(done.out.lines().filter(|line| line.starts_with(['✔', '✘'])).count(), 21);
    assert!(!done.out.contains("deliveries/s"));
}

#[test]
fn quiet_leaves_the_summary() {
    let done = run(arguments().into_iter().chain(["-q".into()]));
    assert_eq!(done.code, 1);
    assert!(done.out.starts_with("21 deliveries in "), "{}", done.out);
    assert!(!done.out.contains("ord-"), "{}", done.out);
}

#[test]
fn the_signature_in_the_readme_is_the_one_that_sign_prints() {
    let readme = fs::read_to_string(orders("../../README.md")).unwrap();
    let folder = Folder::new();
    let (secret, body) = (folder.file("secret", "example secret"), folder.file("body.json", "{\"order\": 1001}"));
    assert!(readme.contains("WEBHOOK_SECRET='example secret'") && readme.contains("printf '{\"order\": 1001}'"));
    let done = run(["sign", "--secret-file", &secret, "--body", &body]);
    assert_eq!(done.code, 0);
    assert!(readme.contains(&format!("--header '{}'", done.out.trim_end())), "{}", done.out);
}
