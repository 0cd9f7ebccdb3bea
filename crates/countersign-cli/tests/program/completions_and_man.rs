//! What tells about the program: help, completions, manual pages.

use crate::support::run;

#[test]
fn every_shell_gets_a_script_that_knows_the_subcommands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = run(["completions", shell]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{shell}");
        for word in ["explain", "presets", "secret-env", "deliveries"] {
            assert!(done.out.contains(word), "{shell}: {word}");
        }
    }
    let done = run(["completions", "tcsh"]);
    assert!(done.code == 2 && done.err.contains("bash"), "{}", done.err);
}

#[test]
fn manual_pages_hold_the_help() {
    let done = run(["man"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.contains(".TH countersign 1") && done.out.contains("countersign\\-verify(1)"), "{}", done.out);
    let done = run(["man", "verify"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.contains(".TH countersign-verify 1") && done.out.contains("EXIT STATUS"), "{}", done.out);
    assert!(done.out.contains("\\-\\-secret\\-file"), "{}", done.out);
    let done = run(["man", "verfy"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(
        done.line().starts_with("countersign: found \"verfy\"; the subcommands are verify, sign, "),
        "{}",
        done.err
    );
}

#[test]
fn the_help_tells_each_exit_status_and_what_to_do_with_other_records() {
    let done = run(["--help"]);
    assert!(done.code == 0 && done.out.contains("\n  141  the reader of the output went away"), "{}", done.out);
    let done = run(["verify", "--help"]);
    assert!(done.out.contains("jq -c '{id: (.id | tostring)"), "{}", done.out);
}
