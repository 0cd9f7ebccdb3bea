//! `vectors`: the self-test.

use std::path::Path;

use crate::support::{Folder, run};

const RFC: &str = "rfc4231.json";

fn rfc() -> &'static str {
    countersign_vectors::FILES.iter().find(|(name, _)| *name == RFC).unwrap().1
}

#[test]
fn the_vectors_that_are_built_in_pass() {
    let done = run(["vectors"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    let all = countersign_vectors::all().len();
    let total = done.out.lines().last().unwrap().replace(',', "");
    assert_eq!(total.split_whitespace().collect::<Vec<_>>(), ["✔", "total", &all.to_string(), &all.to_string(), "0"]);
    for (name, _) in countersign_vectors::FILES {
        assert!(done.out.contains(&format!("✔ {name} ")), "{}", done.out);
    }
}

#[test]
fn files_and_folders_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../test-vectors");
    let done = run(["vectors".as_ref(), folder.as_os_str()]);
    assert_eq!(done.code, 0, "{} {}", done.out, done.err);
    let done = run(["vectors".as_ref(), folder.join(RFC).as_os_str(), "--json".as_ref()]);
    assert_eq!(done.code, 0);
    assert!(done.out.contains("\"failed\":0}") && done.out.lines().count() == 1, "{}", done.out);
}

#[test]
fn a_wrong_vector_is_found() {
    let folder = Folder::new();
    let wrong = rfc().replacen("\"expect\": \"authentic\"", "\"expect\": \"mismatch\"", 1);
    let wrong = wrong.replacen("\"expect\":\"authentic\"", "\"expect\":\"mismatch\"", 1);
    assert_ne!(wrong, rfc());
    let file = folder.file("wrong.json", wrong);
    let done = run(["vectors", &file]);
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    let failure = done.out.lines().last().unwrap();
    assert!(failure.starts_with(&format!("✘ {file}: ")), "{failure}");
    assert!(failure.contains(": expected mismatch") && failure.ends_with("(whole)"), "{failure}");

    let done = run(["vectors", &file, "--json"]);
    assert_eq!(done.code, 1);
    assert!(done.out.contains("\"failed\":1}"), "{}", done.out);
    assert!(done.line().contains(": expected mismatch"), "{}", done.err);
}

/// The answer of the vector, and the secret in it, are compared too.
#[test]
fn a_wrong_handshake_is_found() {
    let folder = Folder::new();
    let text = countersign_vectors::FILES.iter().find(|(name, _)| *name == "handshake-presets.json").unwrap().1;
    for (from, to, says) in [
        ("\"status\": 200", "\"status\": 201", "expected the answer 201 "),
        (
            "\"handshake\": null",
            "\"handshake\": {\"status\": 200, \"headers\": [], \"body\": \"\"}",
            "got no handshake ",
        ),
        ("\"secret\": \"b537207f\"", "\"secret\": \"b537207e\"", "got the answer 200 "),
    ] {
        let right = text.replace("\"secret\": \"b537207f20cbfa02357cf448134da559\"", "\"secret\": \"b537207f\"");
        let right = right.replace("b537207f20cbfa02357cf448134da559", "b537207f");
        let wrong = right.replacen(from, to, 1);
        assert_ne!(wrong, right);
        assert_eq!(run(["vectors", &folder.file("right.json", &right)]).code, 0);
        let done = run(["vectors", &folder.file("wrong.json", wrong)]);
        assert_eq!((done.code, done.err.as_str()), (1, ""));
        let failure = done.out.lines().last().unwrap();
        assert!(failure.contains(says) && failure.ends_with(" (handshake)"), "{failure}");
        assert!(!from.contains("secret") || failure.contains("the secret of another text"), "{failure}");
    }
}

#[test]
fn files_that_hold_no_vectors() {
    let folder = Folder::new();
    for (content, line) in [("", 1), ("{", 1), ("{\n\"title\": \"\",\n\"other\": 1}", 3), ("[]", 1)] {
        let file = folder.file("file.json", content);
        let done = run(["vectors", &file]);
        assert_eq!(done.code, 2, "{content}");
        assert!(
            done.line().starts_with(&format!("countersign: {file}:{line}: not a file of vectors: ")),
            "{}",
            done.err
        );
    }
    let empty = Folder::new();
    let done = run(["vectors", &empty.path()]);
    let message = format!("countersign: {}: there are no *.json files in this folder", empty.path());
    assert_eq!((done.code, done.line()), (2, message.as_str()));
}
