//! `verify --deliveries` with gzip and Zstandard: what is in them, and what is wrong with them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{Folder, all_authentic, authentic, delivery, program, run, run_with, signature};

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(plain: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

type Compress = fn(&[u8]) -> Vec<u8>;
const BOTH: [(&str, Compress); 2] = [("gzip", gzip), ("Zstandard", zstandard)];

/// Deliveries of several blocks, which do not compress well, and their verdicts.
fn deliveries() -> (String, String) {
    let (mut lines, mut verdicts) = (String::new(), String::new());
    for i in 0..3000_u64 {
        let id = format!("d-{i}");
        let numbers = (0..100).map(|k| (i * 100 + k).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_string());
        lines += &(delivery(&id, &numbers.collect::<Vec<_>>().join("\n")) + "\n");
        verdicts += &authentic(i + 1, &id);
    }
    (lines, verdicts)
}

#[test]
fn a_compressed_file_has_the_verdicts_of_what_is_in_it() {
    let folder = Folder::new();
    let connection = folder.connection();
    let (lines, verdicts) = deliveries();
    for (name, compress) in BOTH {
        let compressed = compress(lines.as_bytes());
        // The name of the file says nothing.
        let file = folder.file("deliveries", &compressed);
        let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
        assert!(done.out == verdicts, "{name}: a verdict is missing or wrong");
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{name}");
        let done = run_with(["verify", "--connection", &connection, "--deliveries", "-", "--json"], &compressed);
        assert!(done.code == 0 && done.out == verdicts, "{name}: {}", done.err);
    }
}

#[test]
fn parts_are_read_one_behind_the_other() {
    let folder = Folder::new();
    let connection = folder.connection();
    // A part may end within a line, and may be empty.
    let parts = [delivery("a", "1") + "\n", String::new(), delivery("b", "2"), "\n".to_owned() + &delivery("c", "3")];
    let skipped = b"\x5a\x2a\x4d\x18\x03\0\0\0abc".to_vec();
    for (name, compress) in BOTH {
        let mut compressed: Vec<_> = parts.iter().map(|part| compress(part.as_bytes())).collect();
        if name == "Zstandard" {
            compressed.insert(2, skipped.clone());
            compressed.insert(0, skipped.clone());
        }
        let file = folder.file("deliveries", compressed.concat());
        let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
        let expected = all_authentic(["a", "b", "c"]);
        assert_eq!((done.code, done.out, done.err.as_str()), (0, expected, ""), "{name}");
    }
}

#[test]
fn a_file_that_is_cut_off_is_an_error_that_says_where() {
    let folder = Folder::new();
    let connection = folder.connection();
    let (lines, verdicts) = deliveries();
    for (name, compress) in BOTH {
        let compressed = compress(lines.as_bytes());
        for length in [8, 11, 100, compressed.len() / 2, compressed.len() - 5, compressed.len() - 1] {
            let file = folder.file("deliveries", &compressed[..length]);
            let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
            assert_eq!(done.code, 3, "{name} {length}: {}", done.err);
            let start = format!("countersign: cannot read {file}: its {name} data is cut off at byte ");
            let place = done.line().strip_prefix(&start).unwrap_or_else(|| panic!("{name} {length}: {}", done.err));
            let byte = place.split_once(", so").unwrap().0.replace(',', "");
            assert_eq!(byte, length.to_string(), "{name}");
            // What could be read before is verified, and nothing else is told.
            assert!(verdicts.starts_with(&done.out), "{name} {length}");
        }
    }
}

/// Without a line for each delivery, nothing else says how far it got.
#[test]
fn of_a_file_that_is_cut_off_the_sum_is_told() {
    let folder = Folder::new();
    let connection = folder.connection();
    let (lines, _) = deliveries();
    let whole = gzip(lines.as_bytes());
    let part = [&whole[..], &whole[..whole.len() - 5]].concat();
    let file = folder.file("deliveries", &part);
    let done = run(["verify", "--connection", &connection, "--deliveries", &file, "-q"]);
    let said: Vec<&str> = done.err.lines().filter(|line| !line.starts_with(&format!("{file}:"))).collect();
    assert_eq!((done.code, done.out.as_str()), (3, ""));
    assert_eq!(said[0], "countersign: the file could not be read to its end; so far:", "{}", done.err);
    assert!(said[1].contains(" deliveries in "), "{}", done.err);
    assert!(said[said.len() - 1].contains("is cut off at byte"), "{}", done.err);
}

#[test]
fn a_broken_file_is_an_error_that_says_where() {
    let folder = Folder::new();
    let connection = folder.connection();
    let (lines, verdicts) = deliveries();
    for (name, compress) in BOTH {
        let compressed = compress(lines.as_bytes());
        let (middle, end) = (compressed.len() / 2, compressed.len() - 2);
        let changed = |place: usize| {
            let mut bytes = compressed.clone();
            bytes[place..place + 2].iter_mut().for_each(|byte| *byte ^= 0x55);
            bytes
        };
        for (content, least) in [(changed(middle), middle), (changed(end), end)] {
            let file = folder.file("deliveries", &content);
            let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
            assert_eq!(done.code, 3, "{name} {least}: {}", done.err);
            // gzip has one checksum at the end, so what is broken may come out, as lines that are none.
            let last = done.err.lines().last().unwrap();
            let start = format!("countersign: cannot read {file}: its {name} data is broken, which shows near byte ");
            let place = last.strip_prefix(&start).unwrap_or_else(|| panic!("{name} {least}: {last}"));
            let byte: usize = place.split_once(" (").unwrap().0.replace(',', "").parse().unwrap();
            // A file is read in pieces of 128 KiB.
            assert!((least.saturating_sub(128 << 10)..=content.len()).contains(&byte), "{name}: {byte}, {least}");
            // Newlines may be among what was changed, so that lines have other numbers.
            let mut authentic = done.out.lines().filter(|line| line.contains("\"authentic\""));
            let id = |line: &str| line.split_once(",\"line\"").unwrap().0.to_owned();
            assert!(authentic.all(|line| verdicts.contains(&(id(line) + ",\"line\""))), "{name}");
        }
    }
}

/// It is not cut off, as bytes that begin no further part might look.
#[test]
fn what_stands_behind_compressed_data_is_told() {
    let folder = Folder::new();
    let connection = folder.connection();
    let line = delivery("a", "1") + "\n";
    for (name, compress) in BOTH {
        let compressed = compress(line.as_bytes());
        let with = |rest: &[u8]| folder.file("deliveries", [&compressed[..], rest].concat());
        let run = |rest: &[u8]| run(["verify", "--connection", &connection, "--deliveries", &with(rest), "--json"]);
        // Padding of any length, also over the end of a piece that is read at once.
        for length in [1, 3, 4, 10, 512, 300_000] {
            let done = run(&vec![0; length]);
            assert_eq!((done.code, done.out, done.err.as_str()), (0, authentic(1, "a"), ""), "{name} {length}");
        }
        let place = compressed.len();
        for (rest, found) in [
            (&b"\n"[..], "something else, which begins with the bytes 0a"),
            (b"this is something else", "something else, which begins with the bytes 74 68 69 73"),
            (b"{\"id\"", "something else, which begins with the bytes 7b 22 69 64"),
            (b"\0\0\0x", "3 zero bytes and then something else, which begins with the bytes 78"),
            (b"\0\x1f\x8b", "a zero byte and then something else, which begins with the bytes 1f 8b"),
            (b"BZh9", "something else, which begins with the bytes 42 5a 68 39"),
        ] {
            let done = run(rest);
            assert_eq!((done.code, done.out.as_str()), (3, authentic(1, "a").as_str()), "{name}: {}", done.err);
            let file = with(rest);
            let message = format!(
                "countersign: cannot read {file}: its {name} data ends at byte {place}, and behind it stands {found}; the lines \
                 before it are verified"
            );
            assert_eq!(done.line(), message);
        }
        // A further part that is cut off in its first bytes.
        for length in 1..4 {
            let done = run(&compressed[..length]);
            let message = format!("its {name} data is cut off at byte {}, so the file is not whole", place + length);
            assert!(done.code == 3 && done.line().ends_with(&message), "{name} {length}: {}", done.err);
        }
    }
}

/// Else a file of a few bytes could ask for gigabytes.
#[test]
fn a_window_of_gigabytes_is_refused() {
    let folder = Folder::new();
    // The header of a frame (RFC 8878, section 3.1.1.1) with a window of 2 GiB, and an empty block.
    let file = folder.file("deliveries", b"\x28\xb5\x2f\xfd\x00\xa8\x01\0\0");
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file]);
    assert_eq!((done.code, done.out.as_str()), (3, ""));
    let message = "its Zstandard data needs a window of more than 128 MiB; undo it first: set -o pipefail; zstd -dc --long=31 FILE | ";
    assert!(done.line().starts_with(&format!("countersign: cannot read {file}: {message}")), "{}", done.err);
}

#[test]
fn what_is_compressed_must_be_lines_of_json() {
    let folder = Folder::new();
    let connection = folder.connection();
    for (_, compress) in BOTH {
        for (content, message) in [
            (gzip(b"{}"), "this is compressed twice; undo it once: set -o pipefail; "),
            (zstandard(b"{}"), "this is compressed twice; undo it once: set -o pipefail; "),
            (b"\xff\xfe{\0}\0".to_vec(), "this is UTF-16, "),
        ] {
            let file = folder.file("deliveries", compress(&content));
            let done = run(["verify", "--connection", &connection, "--deliveries", &file]);
            assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
            assert!(done.line().starts_with(&format!("countersign: {file}: {message}")), "{}", done.err);
        }
        // Nothing, compressed, is nothing.
        let done = run(["verify", "--connection", &connection, "--deliveries", &folder.file("empty", compress(b""))]);
        assert!(done.code == 1 && done.out.starts_with("0 deliveries in "), "{}{}", done.out, done.err);
    }
}

/// The verdict must come before the next delivery is sent, else this waits for ever.
#[test]
fn a_slow_compressed_pipe_is_followed_live() {
    let folder = Folder::new();
    let connection = folder.connection();
    for (name, compress) in BOTH {
        let mut command = program(["verify", "--connection", &connection, "--deliveries", "-", "--json"]);
        let mut child = command.spawn().unwrap();
        let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        for (number, id) in (1..).zip(["one", "two", "three"]) {
            stdin.write_all(&compress((delivery(id, "body") + "\n").as_bytes())).unwrap();
            let mut line = vec![0; authentic(number, id).len()];
            std::io::Read::read_exact(&mut stdout, &mut line).unwrap();
            assert_eq!(String::from_utf8(line).unwrap(), authentic(number, id), "{name}");
        }
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }
}

/// The README's way to convert an archive: one that is cut off is not taken for a whole one, and the lines keep what they had.
#[cfg(target_os = "linux")]
#[test]
fn the_readme_converts_an_archive_and_notices_that_it_is_cut_off() {
    let readme = include_str!("../../README.md");
    let (_, recipe) = readme.split_once("```sh\nset -o pipefail").unwrap();
    let (recipe, _) = recipe.split_once("```").unwrap();
    let folder = Folder::new();
    folder.connection();
    // Without jq, the lines pass as they are.
    let script = format!(
        "command -v jq >/dev/null || jq() {{ cat; }}\ncountersign() {{ \"$PROGRAM\" \"$@\"; }}\nset -o pipefail{recipe}"
    );
    let convert = |archive: &[u8]| {
        folder.file("archive.ndjson.gz", archive);
        let mut command = std::process::Command::new("bash");
        command.args(["-c", &script]).current_dir(folder.path()).env("PROGRAM", env!("CARGO_BIN_EXE_countersign"));
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    // A body that is no UTF-8, at a time of its own.
    let binary = format!(
        r#"{{"id": "7", "method": "POST", "url": "https://a.example/", "headers": {{"X-Fivetran-Hmac-Sign": "{}"}}, "body_base64": "/w==", "received_at": 1}}"#,
        signature(b"\xff")
    );
    let lines: String = (0..2000).map(|_| delivery("a", "hello") + "\n").collect();
    let whole = gzip(format!("{lines}{binary}\n").as_bytes());
    // All lines come out of what lacks its checksum, so nothing but the status tells that something is missing.
    for (archive, expected) in [(&whole[..], 0), (&whole[..whole.len() - 8], 1)] {
        let (code, out) = convert(archive);
        assert!(code == Some(expected) && out.contains("2,001 deliveries"), "{code:?} {out}");
        assert!(out.contains("2,001 authentic") || out.contains("all authentic"), "{out}");
    }
}
