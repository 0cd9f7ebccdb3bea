//! Replays the seeds, which include every finding of the past, without libFuzzer.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Runs all seeds of a target. Between them they must reach `verdicts`, else they have lost their meaning, as they do
/// when the shape of an input changes.
fn replay(target: &str, run: fn(&[u8]) -> Option<u8>, verdicts: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut reached = BTreeSet::new();
    for path in paths {
        let verdict = run(&fs::read(&path).unwrap());
        // Shown if a later seed fails, which is then the next one in the folder.
        println!("{}: {verdict:?}", path.display());
        reached.extend(verdict);
    }
    assert_eq!(reached, verdicts.iter().copied().collect());
}

/// The scripts fuzz what `targets.sh` lists; each target has a program, seeds, and a line in the README.
#[test]
fn every_target_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let script = fs::read_to_string(root.join("targets.sh")).unwrap();
    let listed: BTreeSet<&str> =
        script.lines().filter_map(|line| line.strip_prefix("    [")?.split_once("]=").map(|(name, _)| name)).collect();
    let names = |folder: &str| -> BTreeSet<String> {
        let paths = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        paths.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
    };
    let programs = names("fuzz_targets");
    assert_eq!(listed, programs.iter().map(String::as_str).collect());
    assert_eq!(names("corpus"), programs);
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    for name in programs {
        assert!(readme.contains(&format!("\n| `{name}` | ")), "README.md has no line for {name}");
    }
}

#[test]
fn signature() {
    replay("signature", countersign_fuzz::signature::run, &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn stream() {
    replay("stream", countersign_fuzz::stream::run, &[0, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn connection() {
    replay("connection", countersign_fuzz::connection::run, &[0, 65, 66, 67, 68, 69]);
}

#[test]
fn scheme() {
    replay("scheme", countersign_fuzz::scheme::run, &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 67]);
}

#[test]
fn scheme_json() {
    replay("scheme_json", countersign_fuzz::scheme_json::run, &[0, 67, 69]);
}

#[test]
fn timestamp() {
    replay("timestamp", countersign_fuzz::timestamp::run, &[0, 10, 11, 12]);
}

#[test]
fn function() {
    replay("function", countersign_fuzz::function::run, &[0, 3, 4, 6, 7, 13]);
}

#[test]
fn message() {
    replay("message", countersign_fuzz::message::run, &[0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13]);
}

#[test]
fn forgery() {
    replay("forgery", countersign_fuzz::forgery::run, &[1, 2, 3, 4, 5, 6, 7, 8]);
}

/// Each reason why a secret is refused has its own number here.
#[test]
fn decode() {
    replay("decode", countersign_fuzz::decode::run, &[0, 6, 7, 8, 65, 66, 101, 102, 103]);
}

/// Not verdicts: a scheme that is refused, a delivery that cannot be signed, one without another cut, one with some.
#[test]
fn cut() {
    replay("cut", countersign_fuzz::cut::run, &[0, 1, 2, 3]);
}

/// Not verdicts: the id is a text, a number, absent, unusable; and a pointer that is refused.
#[test]
fn delivery_id() {
    replay("delivery_id", countersign_fuzz::delivery_id::run, &[0, 1, 2, 3, 67]);
}

#[test]
fn headers() {
    replay("headers", countersign_fuzz::headers::run, &[0, 1, 2, 3, 4, 5, 6, 7, 67]);
}

/// Not verdicts: no message, a few, as many as lanes are, many.
#[test]
fn macs() {
    replay("macs", countersign_fuzz::macs::run, &[0, 1, 2, 3]);
}

#[test]
fn batch() {
    replay("batch", countersign_fuzz::batch::run, &[0, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn ndjson() {
    replay("ndjson", countersign_fuzz::ndjson::run, &[0, 64]);
}

#[test]
fn c_calls() {
    replay("c_calls", countersign_fuzz::c_calls::run, &[0, 1, 2, 3, 4, 6, 7, 8, 64, 65, 66, 67, 68, 69]);
}

#[test]
fn inbox() {
    replay("inbox", countersign_fuzz::inbox::run, &[0, 1, 2, 3]);
}

/// Not verdicts: rows (1), dead letters (2), bodies that are read in another way (4).
#[test]
fn tables() {
    replay("tables", countersign_fuzz::tables::run, &[1, 2, 3, 5, 6, 7]);
}
