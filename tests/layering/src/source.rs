//! The paths that begin with `crate` or `super` in a piece of Rust source.

/// Each path in `text` that begins with `crate` or `super`, name by name; a group in braces gives one path for each member.
/// Comments, strings and test modules do not count.
#[must_use]
pub fn paths(text: &str) -> Vec<Vec<String>> {
    let tokens = tokens(&without_tests(&without_comments(text)));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let follows_path = at.checked_sub(1).is_some_and(|before| tokens[before] == "::");
        if ["crate", "super"].contains(&token.as_str()) && !follows_path {
            let mut rest = &tokens[at..];
            path(&mut rest, &[], &mut found);
        }
    }
    found
}

/// Reads a path, or a group of paths, that continues `start`, and leaves `rest` after it.
fn path(rest: &mut &[String], start: &[String], found: &mut Vec<Vec<String>>) {
    let mut names = start.to_vec();
    loop {
        match rest {
            [open, after @ ..] if open == "{" => {
                *rest = after;
                while let [first, ..] = rest
                    && first != "}"
                {
                    let before = rest.len();
                    path(rest, &names, found);
                    // Something else than a path, such as the name after `as`.
                    while let [other, after @ ..] = rest
                        && ((other != "," && other != "}") || rest.len() == before)
                    {
                        *rest = after;
                        if other == "," {
                            break;
                        }
                    }
                    if let [comma, after @ ..] = rest
                        && comma == ","
                    {
                        *rest = after;
                    }
                }
                *rest = rest.get(1..).unwrap_or_default();
                return;
            }
            [name, after @ ..] if name.starts_with(is_name) || name == "*" => {
                names.push(name.clone());
                *rest = after;
            }
            _ => break,
        }
        match rest {
            [separator, after @ ..] if separator == "::" => *rest = after,
            _ => break,
        }
    }
    found.push(names);
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
        // What is escaped may be a quote, so the search for the end begins after it.
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
