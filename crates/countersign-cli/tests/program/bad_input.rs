//! Whatever is given in place of what was asked for: one clear line, the right exit status, never a panic.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{Done, Folder, SECRET, delivery, finish, program, run, run_with, signature};

/// Bytes that are nothing.
fn garbage() -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    (0..300_000).map(|_| next()).collect()
}

#[track_caller]
fn ends(done: &Done, code: i32, line: &str) {
    assert_eq!((done.code, done.line()), (code, line));
    assert_eq!(done.out, "");
}

#[test]
fn files_that_cannot_be_read() {
    let folder = Folder::new();
    let (connection, body, here) = (folder.connection(), folder.file("body", ""), folder.path());
    let nowhere = format!("{here}/nowhere");
    for (path, reason) in [(&here, "it is a directory; give a file"), (&nowhere, "there is no such file")] {
        for arguments in [
            &["verify", "--body", &body, "--connection", path][..],
            &["verify", "--connection", &connection, "--body", path],
            &["verify", "--connection", &connection, "--deliveries", path],
            &["verify", "--connection", &connection, "--body", &body, "--secret-file", path],
            &["sign", "--connection", path, "--body", &body],
            &["sign", "--connection", &connection, "--body", path],
        ] {
            ends(&run(arguments), 3, &format!("countersign: cannot read {path}: {reason}"));
        }
    }
    for option in ["--connection", "--scheme"] {
        let done = run(["verify", "--body", &body, option, "-"]);
        ends(&done, 2, &format!("countersign: {option}: standard input is not read for it; give a file"));
    }
    ends(&run(["vectors", &nowhere]), 3, &format!("countersign: cannot read {nowhere}: there is no such file"));
}

#[test]
fn connection_files_that_are_not_connections() {
    let folder = Folder::new();
    let body = folder.file("body", "");
    let large = vec![b' '; (16 << 20) + 1];
    for (content, message) in [
        (&b""[..], ":1: the file is empty; a connection file is JSON"),
        (b"{\n\"auth_method\": \"HMAC\"\n\xff\xfe}", ":3: not UTF-8 text; a connection file is JSON"),
        (b"\x00\x01\x02", ":1: not valid JSON: "),
        (b"{\n\"auth_method\": \"HMAC\",\n}", ":3: not valid JSON: "),
        (b"[]", ":1: found a list; expected an object"),
        (b"{\n\n\"algoritm\": \"MD5\"}", ":3: algoritm: unknown field; did you mean \"algorithm\"?"),
        (
            b"{\"auth_method\": \"hmac\"}",
            ":1: auth_method: found \"hmac\"; allowed are HMAC, TOKEN_BASED, NONE; did you mean \"HMAC\"?",
        ),
        (
            b"{\"auth_method\": \"HMAC\"}",
            ": auth_secret: auth_method HMAC needs a secret, and there is none; put it there or give \
            --secret-file or --secret-env",
        ),
        (&large, ": larger than 16 MiB; is this the right file?"),
    ] {
        let path = folder.file("connection.json", content);
        let done = run(["verify", "--connection", &path, "--body", &body]);
        // How serde_json says what is wrong with the JSON is its own affair.
        assert!(done.line().starts_with(&format!("countersign: {path}{message}")), "{}", done.err);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
    }
    let path = folder.file("connection.json", garbage());
    let done = run(["verify", "--connection", &path, "--body", &body]);
    ends(&done, 2, &format!("countersign: {path}:1: not UTF-8 text; a connection file is JSON"));
}

#[test]
fn a_secret_in_a_broken_connection_is_not_shown() {
    let folder = Folder::new();
    let body = folder.file("body", "");
    for content in [
        format!(r#"{{"auth_method": "HMAC", "auth_secret": "{SECRET}" "#),
        format!(r#"{{"auth_method": "HMAC", "auth_secret": ["{SECRET}"]}}"#),
        format!(r#"{{"auth_method": "HMAC", "auth_secrets": "{SECRET}"}}"#),
        format!(r#"{{"auth_secret": "{SECRET}"}}"#),
        format!(r#""{SECRET}""#),
    ] {
        let path = folder.file("connection.json", content);
        let done = run(["verify", "--connection", &path, "--body", &body]);
        assert_eq!(done.code, 2);
        assert!(done.line().starts_with(&format!("countersign: {path}:1: ")), "{}", done.err);
    }
}

#[test]
fn lines_that_are_not_deliveries_are_told_and_counted_and_the_rest_verified() {
    let folder = Folder::new();
    let connection = folder.connection();
    for (line, message) in [
        (&b"{\"id\""[..], "not valid JSON: EOF while parsing an object in column 5"),
        (b"not JSON at all", "not a delivery; expected a JSON object"),
        (b"\x00\x01", "not a delivery; expected a JSON object"),
        (
            b"{\"headers\":{},\"bdy\":\"\"}",
            "unknown field `bdy`, expected one of `id`, `connection`, `method`, `url`, `headers`, `body`, `body_base64`, \
             `received_at`, `countersignd`; did you mean \"body\"?",
        ),
        (
            b"{\"headers\":{},\"body\":\"caf\xe9\"}",
            "not UTF-8 in column 26; a body that is not UTF-8 goes into \"body_base64\"",
        ),
        (b"{\"headers\":{\"Authorization\":7},\"body\":\"\"}", "headers: found a number; expected a text"),
        (b"{\"headers\":{},\"body\":\"\"}{}", "not valid JSON: trailing characters in column 25"),
        (
            b"{\"headers\":{},\"body\":\"\",\"received_at\":9e9}",
            "received_at: found a number; expected seconds since 1970 with at most six decimals and no exponent",
        ),
        (
            b"{\"headers\":{},\"body\":\"\",\"received_at\":1760000402000}",
            "received_at: looks like milliseconds (as seconds it would be after the year 9999); write seconds since 1970",
        ),
    ] {
        let input = [delivery("first", "a").as_bytes(), line, delivery("last", "b").as_bytes()].join(&b'\n');
        let file = folder.file("deliveries.ndjson", input);
        let done = run(["verify", "--connection", &connection, "--deliveries", &file]);
        assert_eq!((done.code, done.line()), (1, format!("{file}:2: {message}").as_str()));
        assert!(done.out.contains("✔ first   ") && done.out.contains("✔ last    "), "{}", done.out);
        assert!(done.out.contains("✘ line 2  malformed line "), "{}", done.out);
        assert!(done.out.contains(": 2 authentic, 0 rejected, 1 malformed\n"), "{}", done.out);
    }
}

#[test]
fn garbage_in_place_of_deliveries() {
    let folder = Folder::new();
    let file = folder.file("garbage", garbage());
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file, "--json"]);
    assert_eq!(done.code, 1);
    let lines: Vec<&str> = done.err.lines().collect();
    assert_eq!(lines.len(), 21, "{}", done.err);
    assert!(lines.iter().all(|line| line.starts_with(&format!("{file}:"))), "{}", done.err);
    assert!(done.out.lines().all(|line| line.contains("\"invalid_argument\"")));
}

/// It is what comes from a program that has failed.
#[test]
fn an_input_without_deliveries_is_not_authentic() {
    let folder = Folder::new();
    let unchecked = folder.file("unchecked.json", r#"{"auth_method": "NONE"}"#);
    for connection in [folder.connection(), unchecked] {
        for text in ["", "\n \n\r\n", "\u{feff}"] {
            let file = folder.file("empty", text);
            for (path, name) in [(file.as_str(), file.as_str()), ("-", "stdin")] {
                let command = ["verify", "--connection", &connection, "--deliveries", path];
                let done = run_with(command, text.as_bytes());
                assert_eq!((done.code, done.out), (1, format!("0 deliveries in {name}\n")));
                let message = format!(
                    "countersign: there are no deliveries in {name}, so nothing is authentic; did what writes them fail?"
                );
                assert_eq!(done.err.lines().last().unwrap(), message);
                let done = run_with(command.into_iter().chain(["--json"]), text.as_bytes());
                assert_eq!((done.code, done.out.as_str()), (1, ""));
                assert_eq!(done.err.lines().last().unwrap(), message);
            }
        }
    }
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let folder = Folder::new();
    let connection = folder.connection();
    for form in [&["--json"][..], &[]] {
        let mut command = program(["verify", "--connection", &connection, "--deliveries", "-"].iter().chain(form));
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().unwrap();
        // The pipe for more input stays open: the program must end nevertheless. A program that another test is just starting has
        // the other end of the output for a moment, so one line may still be printed.
        let more = thread::spawn(move || {
            while writeln!(stdin, "{}", delivery("a", "b")).is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        assert_eq!(ended(child), (141, String::new()), "{form:?}");
        more.join().unwrap();
    }
    for arguments in [
        &["verify", "--connection", &connection, "--signature", &signature(b""), "--body", "-"][..],
        &["sign", "--connection", &connection, "--body", "-"],
    ] {
        let mut child = program(arguments).spawn().unwrap();
        drop(child.stdout.take());
        // It prints when the body is whole, and by then the output is closed.
        drop(child.stdin.take());
        assert_eq!(ended(child), (141, String::new()), "{arguments:?}");
    }
}

/// Waits for the end: exit status and standard error.
fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", ""));
    let file = folder.file("deliveries.ndjson", delivery("a", "b"));
    for arguments in [
        &["verify", "--connection", &connection, "--deliveries", &file][..],
        &["verify", "--connection", &connection, "--deliveries", &file, "--json"],
        &["verify", "--connection", &connection, "--body", &body],
        &["sign", "--connection", &connection, "--body", &body],
        &["presets"],
        &["presets", "--json"],
        &["vectors"],
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = program(arguments).stdout(Stdio::from(full)).output().unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(err, "countersign: cannot write to standard output: No space left on device\n");
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
    }
}

/// What the README says of it. Before `main`, Rust opens /dev/null in the place of an output that is closed, so that no file
/// that is opened later gets its number.
#[cfg(target_os = "linux")]
#[test]
fn a_standard_output_that_is_closed_is_the_null_device() {
    let folder = Folder::new();
    let file = folder.file("deliveries.ndjson", delivery("a", "b"));
    for output in [">&-", ">/dev/null"] {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("exec \"$@\" {output}"), "sh", env!("CARGO_BIN_EXE_countersign")])
            .args(["verify", "--connection", &folder.connection(), "--deliveries", &file])
            .output()
            .unwrap();
        assert_eq!((output.status.code(), output.stdout.len(), output.stderr.len()), (Some(0), 0, 0));
    }
}

#[test]
fn a_closed_standard_error_is_no_reason_to_panic() {
    let folder = Folder::new();
    let file = folder.file("deliveries.ndjson", "{}\n{}\n");
    let arguments = ["verify", "--connection", &folder.connection(), "--deliveries", &file];
    let mut child = program(arguments).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(1));
}

#[test]
fn headers_are_checked_and_never_shown() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", ""));
    for header in [SECRET.to_owned(), format!(": {SECRET}"), String::new()] {
        let arguments =
            ["verify", "--connection", &connection, "--body", &body, "--header", "A: b", "--header", &header];
        ends(&run(arguments), 2, "countersign: --header number 2: expected 'Name: value'");
    }
}

#[test]
fn commands_that_make_no_sense() {
    let folder = Folder::new();
    let (connection, body) = (folder.connection(), folder.file("body", ""));
    let (body, connection) = (body.as_str(), connection.as_str());
    for (arguments, message) in [
        (
            &["verify"][..],
            "what shall be verified? give --deliveries FILE, or one delivery with --body FILE and --header LINE",
        ),
        (
            &["verify", "--body", body],
            "how are deliveries signed? give --preset NAME, --connection FILE, --scheme FILE, or --algorithm and \
             --encoding with --secret-file FILE",
        ),
        (
            &["verify", "--body", body, "--algorithm", "MD5"],
            "there is no secret; give --secret-file FILE or --secret-env NAME",
        ),
        (
            &["verify", "--body", body, "--algorithm", "MD5", "--connection", connection],
            "--algorithm and --connection cannot both be \
            given; the file says which",
        ),
        (
            &["sign", "--body", body, "--algorithm", "SHA-9", "--connection", connection],
            "--algorithm: found \"SHA-9\"; beside --connection it \
             is one of MD5, SHA_1, SHA_224, SHA_256, SHA_384, SHA_512",
        ),
    ] {
        ends(&run(arguments), 2, &format!("countersign: {message}"));
    }
}

#[test]
fn an_input_that_ends_early_is_no_reason_to_wait() {
    let folder = Folder::new();
    let done = finish(&mut program(["verify", "--connection", &folder.connection(), "--deliveries", "-"]), |stdin| {
        stdin.write_all(b"{\"id\":\"cut o")
    });
    assert_eq!((done.code, done.line()), (1, "stdin:1: not valid JSON: EOF while parsing a string in column 12"));
}
