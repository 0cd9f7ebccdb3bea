//! What tells about the program: help, completions, manual pages.

use std::process::Command;

use crate::support::{Folder, run};

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

/// Where a name is expected, a shell offers the names, and files only where a file is.
#[test]
fn bash_offers_what_an_argument_can_be() {
    let folder = Folder::new();
    let script = folder.file("completions.bash", run(["completions", "bash"]).out);
    folder.file("SHA_file", "");
    let offered = |words: &[&str]| {
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let program = format!(
            "source '{script}'; compopt() {{ :; }}; COMP_WORDS=({}); COMP_CWORD={}; _countersign countersign '{last}' '{before}'; \
             echo \"${{COMPREPLY[@]}}\"",
            words.join(" "),
            words.len() - 1
        );
        let done = Command::new("bash").args(["-c", &program]).current_dir(folder.path()).output().unwrap();
        assert!(done.status.success() && done.stderr.is_empty(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim_end().to_owned()
    };
    for (words, expected) in [
        (&["countersign", "verify", "--preset", "str"][..], "stripe"),
        (&["countersign", "explain", "--preset", "github-"], "github-legacy"),
        (&["countersign", "sign", "--algorithm", "SHA_5"], "SHA_512"),
        (&["countersign", "verify", "--algorithm", "IN"], "INFER_FROM_HEADER"),
        (&["countersign", "bench", "--algorithm", "M"], "MD5"),
        (&["countersign", "verify", "--encoding", "BASE64_"], "BASE64_URL"),
        (&["countersign", "presets", "str"], "stripe"),
        (&["countersign", "man", "ver"], "verify"),
        (&["countersign", "verify", "--secret-file", "SHA_f"], "SHA_file"),
        (&["countersign", "verify", "--url", "SHA_f"], "SHA_f"),
    ] {
        assert_eq!(offered(words), expected, "{words:?}");
    }
}

#[test]
fn manual_pages_hold_the_help() {
    let done = run(["man"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.contains(".TH countersign 1") && done.out.contains("countersign\\-verify(1)"), "{}", done.out);
    assert!(!done.out.contains("countersign\\-help"), "{}", done.out);
    let done = run(["man", "verify"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert!(done.out.contains(".TH countersign-verify 1") && done.out.contains("EXIT STATUS"), "{}", done.out);
    assert!(done.out.contains("\\-\\-secret\\-file"), "{}", done.out);
    for command in [&["man"][..], &["man", "verify"], &["man", "presets"]] {
        let (page, version) = (run(command).out, env!("CARGO_PKG_VERSION"));
        let title = page.lines().find(|line| line.starts_with(".TH ")).unwrap().trim_end();
        assert!(title.ends_with(&format!("\"countersign {version}\"")), "{title}");
        assert!(page.contains(&format!(".SH VERSION\nv{version}\n")), "{page}");
    }
    assert!(!run(["man", "verify"]).out.contains("\\-\\-version"));
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

/// What stands below a heading of the help, up to the next one.
fn section<'a>(help: &'a str, heading: &str) -> Vec<&'a str> {
    let lines = help.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| line.is_empty() || line.starts_with(' ')).collect()
}

/// Examples that were filled and justified, or whose quotes are typographic, cannot be pasted.
#[test]
fn the_examples_of_a_manual_page_can_be_pasted() {
    let names = ["", "verify", "sign", "explain", "presets", "vectors", "bench", "completions", "man"];
    for name in names {
        let (help, page) = match name {
            "" => (run(["--help"]).out, run(["man"]).out),
            name => (run([name, "--help"]).out, run(["man", name]).out),
        };
        assert!(!page.contains("EXTRA"), "{name}: {page}");
        let (_, examples) = page.split_once(".SH \"EXAMPLES\"\n.nf\n").unwrap_or_else(|| panic!("{name}: {page}"));
        let (examples, _) = examples.split_once("\n.fi\n").unwrap();
        // Each character of ours that roff reads otherwise is written by its name.
        assert!(!examples.contains(['\'', '`', '^', '~']), "{name}: {examples}");
        let mut shown = examples.replace("\\-", "-");
        for (escape, character) in [("\\(aq", "'"), ("\\(ga", "`"), ("\\(ha", "^"), ("\\(ti", "~"), ("\\(rs", "\\")] {
            shown = shown.replace(escape, character);
        }
        let expected = section(&help, "EXAMPLES");
        assert!(expected.len() > 2, "{name}: {help}");
        assert_eq!(shown.trim_end(), expected.join("\n").trim_end(), "{name}");
        if help.contains("EXIT STATUS") {
            assert!(page.contains(".SH \"EXIT STATUS\"\n.nf\n"), "{name}: {page}");
        }
    }
}
