//! Files of deliveries that are no lines of JSON: one message that says what to do, and not one for each "line".

use crate::support::{Folder, delivery, run, run_with};

#[test]
fn foreign_files_are_known_by_their_first_bytes() {
    let folder = Folder::new();
    let connection = folder.connection();
    let lines = delivery("a", "hello") + "\n" + &delivery("b", "hello") + "\n";
    let little: Vec<u8> = "\u{feff}".encode_utf16().chain(lines.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "\u{feff}".encode_utf16().chain(lines.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for (content, message) in [
        (&b"BZh91AY&SY\n\n\n"[..], "this is bzip2; undo it first: set -o pipefail; bzcat FILE | "),
        (b"\xfd7zXZ\0\n\n", "this is xz; undo it first: set -o pipefail; xzcat FILE | "),
        (b"PK\x03\x04\n\n", "this is a ZIP archive; undo it first: set -o pipefail; unzip -p FILE | "),
        (b"PAR1\n\n", "this is Parquet; "),
        (
            &little,
            "this is UTF-16, as Windows PowerShell writes it; turn it into UTF-8 first: set -o pipefail; iconv -f UTF-16 -t UTF-8 FILE | ",
        ),
        (&big, "this is UTF-16, "),
    ] {
        let file = folder.file("all", content);
        let done = run(["verify", "--connection", &connection, "--deliveries", &file]);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.line().starts_with(&format!("countersign: {file}: {message}")), "{}", done.err);
        let done = run_with(["verify", "--connection", &connection, "--deliveries", "-"], content);
        assert!(done.line().starts_with(&format!("countersign: stdin: {message}")), "{}", done.err);
    }
}

/// What is looked at for that is still read.
#[test]
fn the_first_bytes_are_not_lost() {
    let folder = Folder::new();
    let connection = folder.connection();
    for content in [String::new(), "\n".to_owned(), delivery("a", "b"), format!("\u{feff}{}", delivery("a", "b"))] {
        let done = run_with(["verify", "--connection", &connection, "--deliveries", "-", "-q"], content.as_bytes());
        let (code, count) = if content.contains("body") {
            (0, "1 delivery in stdin: 1 authentic")
        } else {
            (1, "0 deliveries in stdin")
        };
        assert!(done.code == code && done.out.starts_with(count), "{content:?}: {}{}", done.out, done.err);
    }
}

#[test]
fn json_that_is_not_in_lines_gets_a_hint() {
    let folder = Folder::new();
    let connection = folder.connection();
    let one = delivery("a", "hello");
    for (content, hint) in [
        (format!("[{one}]"), ":1: not a delivery; expected a JSON object; jq -c '.[]' FILE makes lines of a list"),
        (
            format!("[\n  {one}\n]"),
            ":1: not a delivery; expected a JSON object; jq -c '.[]' FILE makes lines of a list",
        ),
        ("{\n  \"id\": \"a\"\n}\n".to_owned(), "; jq -c . FILE makes a line of each object"),
    ] {
        let file = folder.file("all.json", content);
        let done = run(["verify", "--connection", &connection, "--deliveries", &file, "-q"]);
        assert!(done.code == 1 && done.err.lines().next().unwrap().ends_with(hint), "{}", done.err);
    }
}
