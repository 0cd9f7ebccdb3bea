//! `explain --deliveries FILE --line NUMBER`: one line of a file that `verify` reads.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{Folder, SECRET, delivery, finish, program, run, run_with, signature};

/// A file of all kinds of lines.
fn file(folder: &Folder) -> String {
    let with_newline = delivery("newline", "hello").replace("\"hello\"", "\"hello\\n\"");
    let wrong_header = delivery("header", "hello").replace("X-Fivetran-Hmac-Sign", "X-Other");
    let lines = [&delivery("good", "hello"), "", &with_newline, &wrong_header, "{}", "no delivery"];
    folder.file("all.ndjson", lines.join("\n"))
}

#[test]
fn a_line_is_explained_as_a_delivery_of_options_is() {
    let folder = Folder::new();
    let (connection, file) = (folder.connection(), file(&folder));
    let gzip = {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(&std::fs::read(&file).unwrap()).unwrap();
        folder.file("all.ndjson.gz", encoder.finish().unwrap())
    };
    for file in [&file, &gzip] {
        let explain = |line: &str| run(["explain", "--connection", &connection, "--deliveries", file, "--line", line]);
        let done = explain("1");
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "✔ authentic  SHA_256, secret 0\n", ""));
        for (line, start) in [("3", "✘ mismatch  "), ("4", "✘ missing_signature  ")] {
            let done = explain(line);
            assert_eq!((done.code, done.err.as_str()), (1, ""));
            assert!(done.out.starts_with(start), "{}", done.out);
        }
        assert!(
            explain("3").out.contains("\n\nbody_newline_added\n") && explain("4").out.contains("\n\nwrong_header\n")
        );
        for (line, fault) in [
            ("2", "the line is blank"),
            ("5", "missing field `headers`"),
            ("6", "not a delivery; expected a JSON object"),
        ] {
            let done = explain(line);
            assert_eq!((done.code, done.out, done.err.as_str()), (1, format!("✘ malformed line  {fault}\n"), ""));
        }
        let done = explain("7");
        let message = format!("countersign: --line: there is no line 7 in {file}, which has 6 lines");
        assert_eq!((done.code, done.out.as_str(), done.line()), (2, "", message.as_str()));
    }
}

#[test]
fn standard_input_and_json() {
    let folder = Folder::new();
    let text = std::fs::read(file(&folder)).unwrap();
    let connection = folder.connection();
    let explain = |line| {
        let arguments = ["explain", "--connection", &connection, "--deliveries", "-", "--json", "--line", line];
        let done = run_with(arguments, &text);
        assert_eq!((done.code, done.err.as_str()), (1, ""));
        serde_json::from_str::<Value>(&done.out).unwrap()
    };
    assert_eq!(explain("3")["cause"], "body_newline_added");
    let advice = "the line is not a delivery: missing field `headers`";
    assert_eq!(explain("5"), json!({ "verdict": "invalid_argument", "code": 64, "cause": null, "advice": advice }));
    // No more is read than is needed, so an unfinished pipe is no reason to wait.
    let mut command = program(["explain", "--connection", &connection, "--deliveries", "-", "--line", "1"]);
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    writeln!(stdin, "{}", delivery("good", "hello")).unwrap();
    assert!(child.wait().unwrap().success());
    drop(stdin);
}

/// All that a record says has its place: method, URL, and the time.
#[test]
fn every_field_of_the_record_counts() {
    let folder = Folder::new();
    let secret = folder.file("secret", SECRET);
    let url = ["--preset", "square", "--url", "https://example.com/hook"];
    let sign = ["sign", "--secret-file", &secret, "--body", "-", "--json"];
    let signed = run_with(sign.iter().chain(&url), b"hello");
    let headers = &serde_json::from_str::<Value>(&signed.out).unwrap()["headers"];
    let lines = [
        json!({ "headers": headers, "body": "hello", "url": "https://example.com/hook" }).to_string(),
        json!({ "headers": headers, "body": "hello" }).to_string(),
    ];
    let file = folder.file("all.ndjson", lines.join("\n"));
    let explain =
        |line| run(["explain", "--preset", "square", "--secret-file", &secret, "--deliveries", &file, "--line", line]);
    assert_eq!(explain("1").code, 0);
    let done = explain("2");
    assert_eq!(
        done.line(),
        "countersign: note: this sender signs the URL as the sender calls it; put url into the record"
    );

    let signed = run_with(sign.iter().chain(&["--preset", "stripe", "--now", "1760000000"]), b"hello");
    let headers = &serde_json::from_str::<Value>(&signed.out).unwrap()["headers"];
    let record = |at: u64| json!({ "headers": headers, "body": "hello", "received_at": at }).to_string() + "\n";
    let file = folder.file("all.ndjson", record(1_760_000_002) + &record(1_770_000_000));
    for (line, code, start) in [("1", 0, "✔ authentic"), ("2", 1, "✘ expired")] {
        let done = run([
            "explain",
            "--preset",
            "stripe",
            "--secret-file",
            &secret,
            "--deliveries",
            &file,
            "--line",
            line,
            "--now",
            "1760000000",
        ]);
        assert!(done.code == code && done.out.starts_with(start), "{}{}", done.out, done.err);
    }
}

#[test]
fn a_line_that_is_too_long_and_lines_behind_it() {
    let folder = Folder::new();
    for (line, code, start) in [("2", 1, "✘ malformed line  the line is longer than 64 MiB"), ("3", 0, "✔ authentic")]
    {
        let arguments = ["explain", "--connection", &folder.connection(), "--deliveries", "-", "--line", line];
        let done = finish(&mut program(arguments), |stdin| {
            writeln!(stdin, "{}", delivery("before", "one"))?;
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..70 {
                stdin.write_all(&piece)?;
            }
            writeln!(stdin, "\n{}", delivery("after", "two"))
        });
        assert!(done.code == code && done.out.starts_with(start), "{}{}", done.out, done.err);
    }
}

#[test]
fn options_that_do_not_go_together() {
    let folder = Folder::new();
    let (connection, file) = (folder.connection(), file(&folder));
    let value = signature(b"hello");
    for more in [
        &["--deliveries", &file][..],
        &["--line", "1"],
        &["--deliveries", &file, "--line", "0"],
        &["--deliveries", &file, "--line", "first"],
        &["--deliveries", &file, "--line", "1", "--body", "-"],
        &["--deliveries", &file, "--line", "1", "--signature", &value],
    ] {
        let done = run(["explain", "--connection", &connection].iter().chain(more));
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{more:?}: {}", done.err);
    }
}
