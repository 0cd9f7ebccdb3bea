//! `--now`, `--tolerance` and `received_at`.

use std::fmt::Write as _;

use crate::support::{Folder, SECRET, all_authentic, authentic, rejected, run};

#[test]
fn a_tolerance_takes_the_place_of_the_scheme_s() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let source = ["--preset", "slack", "--secret-file", &secret, "--body", &body];
    let header = run(["sign", "--now", "1000000"].into_iter().chain(source)).out;
    for (now, tolerance, verdict) in [
        ("1000300", None, "✔ authentic"),
        ("1000301", None, "✘ expired"),
        ("999700", None, "✔ authentic"),
        ("999699", None, "✘ from_future"),
        ("1000301", Some("301"), "✔ authentic"),
        ("1000001", Some("0"), "✘ expired"),
        ("1000000", Some("0"), "✔ authentic"),
        ("1970-01-12T13:46:41Z", Some("0"), "✘ expired"),
        ("4000000000", Some("4294967295"), "✔ authentic"),
    ] {
        let first = ["verify", "--now", now, "--header", &header];
        let more = tolerance.into_iter().flat_map(|seconds| ["--tolerance", seconds]);
        let done = run(first.into_iter().chain(source).chain(more));
        assert_eq!((done.out.split("  ").next(), done.err.as_str()), (Some(verdict), ""), "{now} {tolerance:?}");
    }
}

#[test]
fn a_scheme_without_a_tolerance_can_be_given_one() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let source = ["--preset", "calendly", "--secret-file", &secret, "--body", &body];
    let header = run(["sign", "--now", "1000000"].into_iter().chain(source)).out;
    let done = run(["verify", "--header", &header].into_iter().chain(source));
    assert_eq!(done.code, 0, "{}", done.out);
    let done = run(["verify", "--header", &header, "--tolerance", "180"].into_iter().chain(source));
    assert_eq!((done.code, done.out.split("  ").next()), (1, Some("✘ expired")));
}

#[test]
fn a_tolerance_without_a_timestamp_is_an_error_that_says_why() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let (connection, none) = (folder.connection(), folder.file("none.json", "{}"));
    let unsigned = folder.file(
        "scheme.json",
        r#"{"signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{body}",
            "timestamp": {"from": "header:X-Time", "unit": "s"}}"#,
    );
    for (source, message) in [
        (&["--preset", "github", "--secret-file", &secret][..], "a tolerance needs a scheme that signs a timestamp"),
        (&["--preset", "gitlab-token", "--secret-file", &secret], "a tolerance needs a scheme that signs a timestamp"),
        (&["--algorithm", "SHA_256", "--secret-file", &secret], "a tolerance needs a scheme that signs a timestamp"),
        (&["--scheme", &unsigned, "--secret-file", &secret], ""),
        (&["--connection", &connection], "a connection without a scheme signs the body alone"),
        (&["--connection", &none], "a connection without a scheme signs the body alone"),
    ] {
        let done = run(["verify", "--body", &body, "--tolerance", "60"].iter().chain(source));
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        assert!(done.line().starts_with(&format!("countersign: --tolerance: {message}")), "{}", done.err);
    }
    for seconds in ["", "-1", "1.5", "5m", "4294967296", " 1"] {
        let arguments =
            ["verify", "--preset", "slack", "--secret-file", &secret, "--body", &body, "--tolerance", seconds];
        let done = run(arguments);
        let message =
            format!("--tolerance: found {seconds:?}; give whole seconds, such as 300, and at most 4294967295");
        assert_eq!((done.code, done.line()), (2, format!("countersign: {message}").as_str()));
    }
}

#[test]
fn each_record_is_judged_as_of_its_own_moment_and_the_others_as_of_now() {
    let folder = Folder::new();
    let (body, secret) = (folder.file("body", "hello"), folder.file("secret", SECRET));
    let source = ["--preset", "stripe", "--secret-file", &secret];
    let mut input = String::new();
    for (id, sent, received) in [
        ("fresh", "1000", Some(1300.0)),
        ("stale", "1000", Some(1300.5)),
        ("early", "2000", Some(1699.5)),
        ("now", "9000", None),
    ] {
        let line = run(["sign", "--body", &body, "--now", sent].into_iter().chain(source)).out;
        let (name, value) = line.trim_end().split_once(": ").unwrap();
        let mut record = serde_json::json!({ "id": id, "headers": { name: value }, "body": "hello" });
        if let Some(received) = received {
            record["received_at"] = received.into();
        }
        let _ = writeln!(input, "{record}");
    }
    let file = folder.file("deliveries.ndjson", input);
    let verify = |more: &[&str]| {
        let first = ["verify", "--deliveries", &file, "--json"];
        run(first.into_iter().chain(source).chain(more.iter().copied())).out
    };
    let (stale, early) = (rejected(2, "stale", "expired", 11), rejected(3, "early", "from_future", 12));
    let expected = [authentic(1, "fresh"), stale.clone(), early.clone(), rejected(4, "now", "expired", 11)];
    assert_eq!(verify(&[]), expected.concat());
    assert_eq!(verify(&["--now", "9300"]), [authentic(1, "fresh"), stale, early, authentic(4, "now")].concat());
    let all = all_authentic(["fresh", "stale", "early", "now"]);
    assert_eq!(verify(&["--now", "9300", "--tolerance", "301"]), all);
}
