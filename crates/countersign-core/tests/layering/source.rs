//! Finds the imports in Rust source, as far as the core's house style needs it.

use std::collections::BTreeSet;

/// The modules of this crate (or the items of its root) that `text` names by `crate::` or `super::` paths. Comments,
/// texts and test modules do not count.
///
/// `super` is taken for the root: the core has two levels, and the few children of a module name their siblings by
/// `super` only in tests.
pub(crate) fn imports(text: &str) -> BTreeSet<String> {
    let tokens = tokens(&without_tests(&without_comments(text)));
    let mut found = BTreeSet::new();
    for (at, token) in tokens.iter().enumerate() {
        if ["crate", "super"].contains(&token.as_str()) && tokens.get(at + 1).is_some_and(|next| next == "::") {
            first_names(&tokens[at + 2..], &mut found);
        }
    }
    found
}

/// The first name of the path that begins here, or of each path of the group that does.
fn first_names(tokens: &[String], found: &mut BTreeSet<String>) {
    let [first, rest @ ..] = tokens else { return };
    match first.as_str() {
        // Found again when its own turn comes.
        "super" | "self" => (),
        "{" => {
            let mut depth = 1;
            let mut expecting = true;
            for token in rest {
                match token.as_str() {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    "," if depth == 1 => expecting = true,
                    name if expecting && depth == 1 => {
                        found.insert(name.to_owned());
                        expecting = false;
                    }
                    _ => (),
                }
                if depth == 0 {
                    break;
                }
            }
        }
        name => {
            found.insert(name.to_owned());
        }
    }
}

/// Names, `::`, and everything else character by character.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_name(first) {
            rest.find(|character| !is_name(character)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token.to_owned());
        rest = after.trim_start();
    }
    tokens
}

fn is_name(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}

/// Leaves out comments and the insides of texts and characters.
fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (skipped, replacement) = match first {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), ""),
            '/' if rest.starts_with("/*") => (block_comment_len(rest), " "),
            '"' => (text_len(rest), "\"\""),
            'r' if raw_hashes(rest).is_some() && !kept.ends_with(is_name) => (raw_text_len(rest), "\"\""),
            '\'' => (character_len(rest), "' "),
            other => {
                kept.push(other);
                (other.len_utf8(), "")
            }
        };
        kept.push_str(replacement);
        rest = &rest[skipped..];
    }
    kept
}

fn block_comment_len(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn text_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The number of `#` if a raw text such as `r#"…"#` begins here.
fn raw_hashes(text: &str) -> Option<usize> {
    let after = text.strip_prefix('r')?;
    let opened = after.trim_start_matches('#');
    opened.starts_with('"').then(|| after.len() - opened.len())
}

fn raw_text_len(text: &str) -> usize {
    let hashes = raw_hashes(text).unwrap_or_default();
    let (opening, closing) = (hashes + 2, format!("\"{}", "#".repeat(hashes)));
    text[opening..].find(&closing).map_or(text.len(), |at| opening + at + closing.len())
}

/// A character such as `'"'` or `'\''`, or the quote of a lifetime alone.
fn character_len(text: &str) -> usize {
    let mut inside = text.char_indices().skip(1);
    match inside.next() {
        // What is escaped may be a quote, so that the end is looked for behind it.
        Some((_, '\\')) => inside.skip(1).find(|(_, end)| *end == '\'').map_or(text.len(), |(at, _)| at + 1),
        Some(_) => inside.next().filter(|(_, end)| *end == '\'').map_or(1, |(at, _)| at + 1),
        None => 1,
    }
}

/// Leaves out each `#[cfg(test)] mod … { … }`.
fn without_tests(text: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (before, from_mark) = rest.split_at(at);
        kept.push_str(before);
        rest = &from_mark[MARK.len()..];
        // Other attributes may stand between the mark and the module.
        let item = rest.find("mod tests {").filter(|&start| !rest[..start].contains(';'));
        if let Some(start) = item {
            let block = &rest[start..];
            let mut depth = 0_usize;
            let end = block.char_indices().find_map(|(at, character)| {
                match character {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    _ => return None,
                }
                (depth == 0).then_some(at + 1)
            });
            rest = &block[end.unwrap_or(block.len())..];
        }
    }
    kept + rest
}
