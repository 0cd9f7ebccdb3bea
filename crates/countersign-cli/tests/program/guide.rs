//! The guide's way from a header to a scheme: what it shows is what comes.

use std::path::Path;

use crate::support::{Folder, run};

/// The code blocks of the page, with their languages.
fn blocks() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../countersign/guide/new_sender.md");
    let page = std::fs::read_to_string(path).unwrap();
    let mut pieces = page.split("```").skip(1).step_by(2);
    let blocks = pieces.by_ref().map(|piece| {
        let (language, text) = piece.split_once('\n').unwrap();
        (language.to_owned(), text.trim_end_matches('\n').to_owned())
    });
    blocks.collect()
}

#[test]
fn a_new_sender_in_three_steps() {
    let (folder, blocks) = (Folder::new(), blocks());
    let languages: Vec<&str> = blocks.iter().map(|(language, _)| language.as_str()).collect();
    assert_eq!(languages, ["json", "text", "text", "json", "sh", "text", "json"]);
    let file = |name: &str, index: usize| folder.file(name, &blocks[index].1);
    let (body, headers, secret) = (file("body.json", 0), file("headers.txt", 1), file("secret.txt", 2));
    let (first, last) = (file("first.json", 3), file("last.json", 6));
    // The command of the page, with the files where they are here.
    let with = |command: &str, scheme: &str| {
        let mut words: Vec<String> = blocks[4].1.split(' ').skip(1).map(str::to_owned).collect();
        assert_eq!(words[0], "explain");
        command.clone_into(&mut words[0]);
        for (name, path) in
            [("scheme.json", scheme), ("secret.txt", &secret), ("body.json", &body), ("headers.txt", &headers)]
        {
            let word = words.iter_mut().find(|word| *word == name).unwrap();
            path.clone_into(word);
        }
        run(words)
    };
    let done = with("explain", &first);
    let shown: Vec<&str> = blocks[5].1.split_whitespace().collect();
    let printed: Vec<&str> = done.out.split_whitespace().collect();
    assert!(done.code == 1 && printed.windows(shown.len()).any(|words| words == shown), "{}", done.out);
    for command in ["explain", "verify"] {
        let done = with(command, &last);
        assert!(done.code == 0 && done.out.starts_with("✔ authentic"), "{}{}", done.out, done.err);
    }
}
