//! `bench`: figures of this machine. What they are is not tested, only that they are there and agree with each other.

use serde_json::Value;

use crate::support::{Done, Folder, run};

/// The shortest run there is.
const SHORT: [&str; 7] = ["bench", "--seconds", "1", "--algorithm", "SHA_256", "--size", "300"];

fn short(more: &[&str]) -> Done {
    run(SHORT.iter().chain(more))
}

#[test]
fn a_table_for_people() {
    let done = short(&["--size", "2048", "--algorithm", "MD5"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = done
        .out
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|words| matches!(words[..], ["MD5" | "SHA_256", ..]))
        .collect();
    let what: Vec<_> = rows.iter().map(|row| row[..3].join(" ")).collect();
    assert_eq!(what, ["MD5 300 B", "MD5 2 KiB", "SHA_256 300 B", "SHA_256 2 KiB"], "{}", done.out);
    for row in &rows {
        assert_eq!((row.len(), row[6]), (10, "512"), "{}", done.out);
        assert!(row[3].parse::<f64>().unwrap() > 0.0 && row[7].parse::<f64>().unwrap() > 0.0, "{}", done.out);
    }
    let version = format!("countersign {}", env!("CARGO_PKG_VERSION"));
    assert!(done.out.lines().any(|line| line.starts_with(&version)), "{}", done.out);
}

#[test]
fn an_object_for_machines() {
    let done = short(&["--json", "--size", "300"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let run: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(run["version"], env!("CARGO_PKG_VERSION"));
    assert!(run["instruction_sets"].is_array() && run["rounds"].as_u64().unwrap() >= 5, "{run}");
    // A size that is said twice is measured once.
    let figures = run["figures"].as_array().unwrap();
    let at_a_time: Vec<_> = figures.iter().map(|figure| figure["at_a_time"].as_u64().unwrap()).collect();
    assert_eq!(at_a_time, [1, 512]);
    for figure in figures {
        assert_eq!((&figure["algorithm"], &figure["size"]), (&"SHA_256".into(), &300.into()));
        let number = |name: &str| figure[name].as_f64().unwrap();
        let by_rate = 1e9 / number("verifications_per_second");
        assert!((by_rate / number("nanoseconds") - 1.0).abs() < 0.01, "{figure}");
        let by_throughput = 300.0 / number("gigabytes_per_second");
        assert!((by_throughput / number("nanoseconds") - 1.0).abs() < 0.01, "{figure}");
    }
}

#[test]
fn a_chart() {
    let folder = Folder::new();
    let path = folder.file("chart.svg", "what was there before");
    let done = short(&["--svg", &path]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    let svg = std::fs::read_to_string(&path).unwrap();
    assert!(svg.starts_with("<svg ") && !svg.contains("before"), "{svg}");
    for text in ["SHA_256", "one by one", "in batches"] {
        assert!(svg.lines().any(|line| line == text), "{text}: {svg}");
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let folder = Folder::new();
    let path = format!("{}/no/such/folder.svg", folder.path());
    let done = short(&["--svg", &path]);
    assert_eq!((done.code, done.out.as_str()), (3, ""));
    assert_eq!(done.line(), format!("countersign: cannot write to {path}: there is no such file"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    for (option, value, says) in [
        ("--algorithm", "sha3", "one of MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512"),
        ("--algorithm", "INFER_FROM_HEADER", "one of MD5"),
        ("--size", "0", "0 is not in 1..=16777216"),
        ("--size", "99999999", "99999999 is not in 1..=16777216"),
        ("--seconds", "0", "0 is not in 1..=3600"),
    ] {
        let done = run(["bench", option, value]);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{option} {value}");
        assert!(done.err.contains(says), "{}", done.err);
    }
}
