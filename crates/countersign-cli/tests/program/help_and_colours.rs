//! Help, version, colours.

use crate::support::{finish, orders, program, run};

#[test]
fn every_help_has_examples_and_says_how_it_ends() {
    for arguments in [
        &["--help"][..],
        &["verify", "--help"],
        &["verify", "-h"],
        &["sign", "--help"],
        &["explain", "--help"],
        &["explain", "-h"],
        &["presets", "--help"],
        &["vectors", "--help"],
        &["completions", "--help"],
        &["man", "--help"],
    ] {
        let done = run(arguments);
        assert_eq!((done.code, done.err.as_str()), (0, ""));
        assert!(done.out.contains("EXAMPLES\n"), "{}", done.out);
        assert!(done.out.contains("countersign "), "{}", done.out);
        for line in done.out.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
    let help = run(["verify", "--help"]).out;
    for word in ["EXIT STATUS", "--secret-env", "One newline at its end", "body_base64", "64 MiB"] {
        assert!(help.contains(word), "{word}");
    }
    let help = run(["explain", "--help"]).out;
    for word in ["EXIT STATUS", "operator who holds the secret, never for the request path", "body_newline_added"] {
        assert!(help.contains(word), "{word}");
    }
    assert!(run(["sign", "--help"]).out.contains("INFER_FROM_HEADER"));
}

#[test]
fn without_arguments_the_help_is_shown_as_a_fault() {
    let done = run::<&str>([]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(done.err.contains("EXAMPLES"), "{}", done.err);
}

#[test]
fn the_version_is_that_of_the_crate() {
    let done = run(["--version"]);
    assert_eq!((done.code, done.out), (0, format!("countersign {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let (connection, deliveries) = (orders("connection.json"), orders("deliveries.ndjson"));
    let arguments = |colour: &'static str| {
        let paths = [connection.as_os_str(), "--deliveries".as_ref(), deliveries.as_os_str()];
        ["verify", "--color", colour, "--connection"].into_iter().map(AsRef::as_ref).chain(paths).collect::<Vec<_>>()
    };
    // Nothing here is a terminal, and every run without "always" checks that there are no escape codes.
    let plain = run(arguments("auto")).out;
    assert_eq!(run(arguments("never")).out, plain);
    assert_eq!(finish(program(arguments("auto")).env("CLICOLOR_FORCE", "1"), |_| Ok(())).out, plain);
    assert_eq!(finish(program(arguments("auto")).env("NO_COLOR", "1"), |_| Ok(())).out, plain);
    let coloured = run(arguments("always")).out;
    assert!(coloured.contains("\u{1b}[32m✔\u{1b}[0m ord-1001-created"), "{coloured}");
    assert!(run(["vectors", "--color", "always"]).out.contains("\u{1b}[32m✔"));
}
