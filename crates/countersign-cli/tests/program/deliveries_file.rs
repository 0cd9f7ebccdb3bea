//! `verify --deliveries`: blocks, order, numbers.

use std::fmt::Write as _;
use std::io::Write as _;

use serde_json::Value;

use crate::support::{
    Folder, all_authentic, authentic, delivery, finish, malformed, program, rejected, run, run_with, signature,
};

/// Bodies from nothing to several blocks, in no order of length.
fn body(i: usize) -> String {
    let length = match i % 1000 {
        17 => 3 << 20,
        500 => 1 << 20,
        _ if i % 97 == 3 => 90_000,
        _ => (i * 7919) % 1500,
    };
    "line of \"text\"\n".chars().cycle().take(length).collect()
}

#[test]
fn thousands_of_very_different_sizes_keep_their_order() {
    let folder = Folder::new();
    let connection = folder.connection();
    let (mut input, mut expected) = (String::new(), String::new());
    for i in 0..2500_usize {
        let line_number = i as u64 + 1;
        let (id, body) = (format!("d-{i}"), body(i));
        let mut line = delivery(&id, &body);
        if i % 7 == 0 {
            line = line.replace("{\"", "{ \"").replace("\"body\":\"", "\"body\":\"forged");
            expected.push_str(&rejected(line_number, &id, "mismatch", 8));
        } else {
            expected.push_str(&authentic(line_number, &id));
        }
        input.push_str(&line);
        input.push('\n');
    }
    let file = folder.file("deliveries.ndjson", &input);
    let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
    assert!(done.out == expected, "the order or a verdict is wrong");
    assert_eq!((done.code, done.err.as_str()), (1, ""));
    // Through a pipe the blocks are cut elsewhere.
    let done = run_with(["verify", "--connection", &connection, "--deliveries", "-", "--json"], input.as_bytes());
    assert!(done.out == expected, "the order or a verdict is wrong");
}

#[test]
fn records_lie_across_the_ends_of_blocks() {
    let folder = Folder::new();
    let connection = folder.connection();
    // The first line ends a few bytes around the end of the first block, whatever its size is between 64 KiB and 1 MiB.
    for size in [64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20] {
        for end in (size - 3)..(size + 4) {
            let frame = delivery("a", "").len();
            let line = delivery("a", &"x".repeat(end - frame));
            assert_eq!(line.len(), end);
            let input = format!("{line}\n{}\n{}", delivery("b", "second"), delivery("c", "third"));
            let file = folder.file("deliveries.ndjson", input);
            let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
            assert_eq!(done.out, all_authentic(["a", "b", "c"]), "{end}: {}", done.err);
        }
    }
}

#[test]
fn line_ends_blank_lines_and_numbers() {
    let folder = Folder::new();
    let connection = folder.connection();
    let nameless = delivery("", "hello").replace(",\"id\":\"\"", "");
    for (newline, end) in [("\n", ""), ("\n", "\n"), ("\r\n", ""), ("\r\n", "\r\n"), ("\n", "\n\n\n")] {
        let lines = [&nameless, "", &delivery("x", "y"), " \t ", &nameless, "{}", &nameless];
        let input = lines.join(newline) + end;
        let file = folder.file("deliveries.ndjson", input);
        let done = run(["verify", "--connection", &connection, "--deliveries", &file, "--json"]);
        let expected = [
            authentic(1, "1"),
            authentic(3, "x"),
            authentic(5, "5"),
            malformed(6, "missing field `headers`"),
            authentic(7, "7"),
        ];
        assert_eq!((done.code, done.out.as_str()), (1, expected.concat().as_str()), "{newline:?} {end:?}");
        assert_eq!(done.line(), format!("{file}:6: missing field `headers`"));
    }
}

/// An id may be any text, such as the number of another line, which stands for lines without one.
#[test]
fn the_number_of_a_line_is_no_id() {
    let folder = Folder::new();
    let lines = [
        "no delivery".to_owned(),
        delivery("1", "a"),
        delivery("4", "b"),
        delivery("", "c").replace(",\"id\":\"\"", ""),
    ];
    let file = folder.file("deliveries.ndjson", lines.join("\n"));
    let verify = |option: &str| run(["verify", "--connection", &folder.connection(), "--deliveries", &file, option]);
    let expected = [
        malformed(1, "not a delivery; expected a JSON object"),
        authentic(2, "1"),
        authentic(3, "4"),
        authentic(4, "4"),
    ]
    .concat();
    assert_eq!(verify("--json").out, expected);
    let shown = verify("--color=never").out;
    let rows: Vec<_> = shown.lines().take(4).map(|row| row.split("  ").next().unwrap()).collect();
    assert_eq!(rows, ["✘ line 1", "✔ 1", "✔ 4", "✔ line 4"], "{shown}");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let folder = Folder::new();
    let file = folder.file("deliveries.ndjson", format!("\u{feff}{}\n", delivery("a", "b")));
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file, "--json"]);
    assert_eq!((done.code, done.out, done.err.as_str()), (0, authentic(1, "a"), ""));
}

#[test]
fn every_form_of_a_record() {
    let folder = Folder::new();
    let sign = |body: &[u8]| signature(body);
    let lines = [
        format!(r#"{{"id":"object","headers":{{"x-fivetran-hmac-sign":"{}"}},"body":"b"}}"#, sign(b"b")),
        format!(r#"{{"id":"list","headers":[["A","b"],["X-Fivetran-Hmac-Sign"," {} "]],"body":"b"}}"#, sign(b"b")),
        format!(
            r#"{{"body_base64":"/wD+","headers":{{"X-Fivetran-Hmac-Sign":"{}"}},"id":"base64"}}"#,
            sign(b"\xff\x00\xfe")
        ),
        format!(
            r#" {{ "id" : "\u00e9\"" , "connection":"c", "method":"POST","url":"https://example.com/", "received_at":0,
                "headers":{{"X-Fivetran-Hmac-Sign":"{}"}},"body":"\ud83d\ude00\n"}} "#,
            sign("😀\n".as_bytes())
        )
        .replace('\n', ""),
        format!(
            r#"{{"id":"twice","headers":{{"X-Fivetran-Hmac-Sign":"{0}","x-fivetran-hmac-sign":"{0}"}},"body":"b"}}"#,
            sign(b"b")
        ),
        format!(
            r#"{{"id":"same","headers":{{"X-Fivetran-Hmac-Sign":"{0}","X-Fivetran-Hmac-Sign":"{0}"}},"body":"b"}}"#,
            sign(b"b")
        ),
    ];
    let file = folder.file("deliveries.ndjson", lines.join("\n"));
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file, "--json"]);
    let expected = [
        authentic(1, "object"),
        authentic(2, "list"),
        authentic(3, "base64"),
        authentic(4, "é\\\""),
        rejected(5, "twice", "repeated_signature", 2),
        rejected(6, "same", "repeated_signature", 2),
    ];
    assert_eq!((done.out, done.err.as_str()), (expected.concat(), ""));
}

#[test]
fn a_slow_pipe_is_followed_live() {
    let folder = Folder::new();
    let mut command = program(["verify", "--connection", &folder.connection(), "--deliveries", "-", "--json"]);
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    for (number, id) in (1..).zip(["one", "two", "three"]) {
        // The verdict must come before the next delivery is sent, else this waits for ever.
        writeln!(stdin, "{}", delivery(id, "body")).unwrap();
        let mut line = vec![0; authentic(number, id).len()];
        std::io::Read::read_exact(&mut stdout, &mut line).unwrap();
        assert_eq!(String::from_utf8(line).unwrap(), authentic(number, id));
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn ids_cannot_draw_on_the_screen() {
    let folder = Folder::new();
    let file = folder.file("deliveries.ndjson", delivery("a\u{1b}[2J\nb", "c"));
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file]);
    assert_eq!(done.out.lines().next().unwrap(), r"✔ a\u{1b}[2J\nb  authentic               SHA_256, secret 0");
}

#[test]
fn only_so_many_malformed_lines_are_described() {
    let folder = Folder::new();
    let (mut input, mut expected) = (String::new(), String::new());
    for i in 1..=2000 {
        let _ = writeln!(input, "{{\"body\":\"{}\"}}", "x".repeat(2000));
        if i <= 20 {
            let _ = writeln!(expected, "FILE:{i}: missing field `headers`");
        }
    }
    let _ = writeln!(expected, "FILE: 1,980 more malformed lines not shown");
    input.push_str(&delivery("good", "one"));
    let file = folder.file("deliveries.ndjson", input);
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file, "-q"]);
    assert_eq!((done.code, done.err), (1, expected.replace("FILE", &file)));
    assert!(done.out.contains(": 1 authentic, 0 rejected, 2,000 malformed\n"), "{}", done.out);
}

/// A program reads the reason of every one of them, wherever blocks are cut; standard error tells the first 20.
#[test]
fn the_json_of_every_malformed_line_says_why() {
    let folder = Folder::new();
    let reasons = [
        (r#"{"body":"b"}"#, "missing field `headers`"),
        (r#"{"headers":{},"body":"b","bdoy":"\u001b"}"#, "unknown field `bdoy`, expected one of "),
        (r#"{"headers":{},"body":"b","received_at":1760000402000}"#, "received_at: looks like milliseconds "),
        ("x", "not a delivery; expected a JSON object"),
    ];
    let (mut input, mut expected) = ("\u{feff}".to_owned(), Vec::new());
    for i in 0..40_000_usize {
        let (line, reason) = reasons[i % reasons.len()];
        input.push_str(&if i % 10 == 1 { delivery("good", "one") } else { line.to_owned() });
        input.push_str(if i % 3 == 0 { "\r\n\n" } else { "\n" });
        expected.push((i % 10 != 1).then_some(reason));
    }
    let done =
        run_with(["verify", "--connection", &folder.connection(), "--deliveries", "-", "--json"], input.as_bytes());
    let objects: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects.len(), expected.len());
    for (object, reason) in objects.iter().zip(expected) {
        match (object.get("error").and_then(Value::as_str), reason) {
            (Some(error), Some(reason)) => assert!(error.starts_with(reason), "{object}: not {reason}"),
            (error, reason) => assert_eq!(error, reason, "{object}"),
        }
    }
    assert!(done.code == 1 && done.err.lines().count() == 21, "{}", done.err);
}

#[test]
fn a_line_that_is_too_long_is_passed_over_and_the_rest_verified() {
    let folder = Folder::new();
    let mut command = program(["verify", "--connection", &folder.connection(), "--deliveries", "-", "--json"]);
    let done = finish(&mut command, |stdin| {
        writeln!(stdin, "{}", delivery("before", "one"))?;
        write!(stdin, "{{\"id\":\"long\",\"headers\":{{}},\"body\":\"")?;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..100 {
            stdin.write_all(&piece)?;
        }
        writeln!(stdin, "\"}}")?;
        writeln!(stdin, "{}", delivery("after", "two"))
    });
    let expected = [
        authentic(1, "before"),
        malformed(2, "the line is longer than 64 MiB, which is the limit; it was passed over"),
        authentic(3, "after"),
    ];
    assert_eq!((done.code, done.out.as_str()), (1, expected.concat().as_str()));
    assert_eq!(done.line(), "stdin:2: the line is longer than 64 MiB, which is the limit; it was passed over");
}
