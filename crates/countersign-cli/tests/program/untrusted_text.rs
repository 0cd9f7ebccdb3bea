//! Texts of others, which must neither act on a terminal or log nor hide in it.

use serde_json::{Value, json};

use crate::support::{Done, Folder, SECRET, delivery, finish, program, run, run_with, signature};

/// Clears the screen, turns the direction of writing, begins a line, and hides a word in tags and variation selectors.
const HARMFUL: &str =
    "a\u{1b}[2J\u{9b}2J\u{7f}\u{85}\u{61c}\u{200b}\u{200e}\u{2028}\u{202e}\u{2060}\u{2066}\u{fe0f}\u{e0041}\u{e0100}z";
/// As it may be shown.
const SHOWN: &str =
    r"a\u{1b}[2J\u{9b}2J\u{7f}\u{85}\u{61c}\u{200b}\u{200e}\u{2028}\u{202e}\u{2060}\u{2066}\u{fe0f}\u{e0041}\u{e0100}z";

const ENV: &str = "COUNTERSIGN_TEST_SECRET";

/// Both outputs hold nothing but what is seen, and line ends.
#[track_caller]
fn check(done: &Done) {
    for text in [&done.out, &done.err] {
        let harmful: Vec<char> = HARMFUL.chars().filter(|c| !c.is_ascii() || c.is_control()).collect();
        assert!(!text.contains(&*harmful), "{text:?}");
    }
}

#[test]
fn the_id_of_a_delivery() {
    let folder = Folder::new();
    let lines = folder.file("all.ndjson", delivery(HARMFUL, "hello") + "\n" + &delivery("Zoë 山", "hello") + "\n");
    let arguments = ["verify", "--connection", &folder.connection(), "--deliveries", &lines];
    let done = run(arguments);
    check(&done);
    assert!(done.code == 0 && done.out.contains(SHOWN) && done.out.contains("Zoë 山"), "{}{}", done.out, done.err);

    let done = run(arguments.into_iter().chain(["--json"]));
    check(&done);
    let ids: Vec<Value> =
        done.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].clone()).collect();
    assert_eq!(ids, [HARMFUL, "Zoë 山"]);
    assert!(done.out.contains("\"Zoë 山\""), "{}", done.out);
}

#[test]
fn a_field_of_a_delivery_or_of_the_configuration() {
    let folder = Folder::new();
    let line = json!({ "headers": {}, "body": "", HARMFUL: 1 }).to_string();
    let done = run_with(["verify", "--connection", &folder.connection(), "--deliveries", "-"], line.as_bytes());
    check(&done);
    assert!(done.code == 1 && done.err.contains(&format!("unknown field `{SHOWN}`")), "{}", done.err);

    let body = folder.file("body", "");
    for config in [
        json!({ HARMFUL: 1 }),
        json!({ "auth_method": HARMFUL }),
        json!({ "scheme": { HARMFUL: 1 } }),
        json!({ "auth_header_key": HARMFUL }),
    ] {
        let connection = folder.file("foreign.json", config.to_string());
        let done = run(["verify", "--connection", &connection, "--body", &body]);
        check(&done);
        assert_eq!(done.code, 2, "{}", done.err);
    }
    let vectors = json!({ "vectors": [{ "id": HARMFUL, "comment": "", "verifier": { "preset": HARMFUL },
        "delivery": { "headers": [], "body": "" }, "expect": HARMFUL }] });
    let done = run(["vectors", &folder.file("foreign-vectors.json", vectors.to_string())]);
    check(&done);
}

#[test]
fn the_name_of_a_file_and_an_argument() {
    let folder = Folder::new();
    let missing = format!("{}/{HARMFUL}", folder.path());
    for arguments in [
        &["verify", "--connection", &missing, "--body", "-"][..],
        &["verify", "--preset", "github", "--secret-file", &missing, "--body", "-"],
        &["verify", HARMFUL],
        &["verify", "--color", HARMFUL],
        &["bench", "--algorithm", HARMFUL],
        &["bench", "--size", HARMFUL],
        &["vectors", &missing],
        &[HARMFUL],
    ] {
        let done = run(arguments);
        check(&done);
        assert!(done.code >= 2 && done.err.contains(&SHOWN[SHOWN.len() - 70..]), "{arguments:?}: {}", done.err);
    }
    // What cannot be the name of a preset is not shown at all.
    let done = run(["presets", HARMFUL]);
    check(&done);
    assert!(
        done.code == 2 && done.line().contains("there is no preset of this name, which is not repeated here"),
        "{}",
        done.err
    );
}

#[test]
fn an_argument_begins_no_line() {
    let forged = "x\ncountersign: all authentic";
    for arguments in [&["verify", forged][..], &["verify", "--color", forged], &["bench", &format!("--size={forged}")]]
    {
        let done = run(arguments);
        check(&done);
        assert!(done.code == 2 && done.err.contains(r"x\ncountersign"), "{arguments:?}: {}", done.err);
        assert!(!done.err.lines().any(|line| line.starts_with("countersign: all")), "{arguments:?}: {}", done.err);
    }
}

#[test]
fn the_name_of_a_field_in_an_explanation() {
    let line = format!("X-Hub-Signature-256: sha256={}", signature(b"hello"));
    for (form, shown) in [(&[][..], SHOWN.to_owned()), (&["--json"], SHOWN.replace('\\', r"\\"))] {
        let first = ["explain", "--preset", "github", "--secret-env", ENV, "--body", "-", "--header", &line];
        let done = finish(program(first.iter().chain(form)).env(ENV, SECRET), |stdin| {
            stdin.write_all(format!("{HARMFUL}=hello").as_bytes())
        });
        check(&done);
        assert!(done.code == 1 && done.out.contains("body_form_field") && done.out.contains(&shown), "{}", done.out);
    }
}
