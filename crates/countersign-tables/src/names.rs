//! From a key to the name of its column.

use std::borrow::Cow;

use any_ascii::any_ascii_char;
use sha2::{Digest as _, Sha256};

use crate::column::{CREATED, EXTRA, ID, INDEX};
use crate::table::Naming;

/// The most bytes of a column's name. It is Postgres's bound, so that a plan can move between destinations.
pub(crate) const NAME_BYTES_MAX: usize = 63;
/// The name that the rules give to a key. It may be empty, too long, reserved or taken.
pub(crate) fn natural(key: &str, naming: Naming) -> Cow<'_, str> {
    match naming {
        Naming::Source => Cow::Borrowed(key),
        Naming::Fivetran => Cow::Owned(fivetran(key)),
    }
}

/// Transliterates, replaces what is no letter, digit or `_` by `_`, splits camelCase, lowers, and puts `_` before a first digit.
fn fivetran(key: &str) -> String {
    let ascii: Vec<u8> = key.chars().flat_map(|char| transliterate(char).bytes()).collect();
    let mut name = String::with_capacity(ascii.len() + 4);
    for (place, &byte) in ascii.iter().enumerate() {
        let before = if place > 0 { ascii[place - 1] } else { b'_' };
        let after = ascii.get(place + 1).copied().unwrap_or(b'_');
        let begins_word = byte.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || before.is_ascii_uppercase() && after.is_ascii_lowercase());
        let char = if byte.is_ascii_alphanumeric() { char::from(byte.to_ascii_lowercase()) } else { '_' };
        if begins_word && !name.ends_with('_') {
            name.push('_');
        }
        if !(char == '_' && name.ends_with('_')) {
            name.push(char);
        }
    }
    if name.starts_with(|char: char| char.is_ascii_digit()) {
        name.insert(0, '_');
    }
    name
}

/// ASCII stays; what has no transliteration becomes `_`.
fn transliterate(char: char) -> &'static str {
    match any_ascii_char(char) {
        "" => "_",
        text => text,
    }
}

/// `name` if it can be used; else with a suffix that depends on the key alone. `None` if all that is tried is taken, which nobody
/// meets who does not compute collisions of SHA-256.
pub(crate) fn usable(name: &str, key: &str, is_free: impl Fn(&str) -> bool) -> Option<String> {
    if !name.is_empty() && name.len() <= NAME_BYTES_MAX && !is_reserved(name) && is_free(name) {
        return Some(name.to_owned());
    }
    let digest = Sha256::digest(key.as_bytes());
    let digits =
        format!("{:032x}", digest.iter().take(16).fold(0, |number: u128, byte| number << 8 | u128::from(*byte)));
    [8, 16, 32].into_iter().find_map(|length| {
        let name = format!("{}__{}", cut(name, NAME_BYTES_MAX - 2 - length), &digits[..length]);
        is_free(&name).then_some(name)
    })
}

/// The first `bytes` of a name, or less if a character would be cut.
pub(crate) fn cut(name: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(name.len())).rev().find(|&at| name.is_char_boundary(at)).unwrap_or(0);
    &name[..end]
}

/// Columns of ours, those that begin as Fivetran's own do, and those that SQLite and Postgres have in every table.
fn is_reserved(name: &str) -> bool {
    let name = name.to_lowercase();
    let of_others = ["rowid", "oid", "_rowid_", "ctid", "tableoid", "xmin", "xmax", "cmin", "cmax"];
    [ID, INDEX, CREATED, EXTRA].contains(&&*name) || of_others.contains(&&*name) || name.starts_with("_fivetran_")
}

/// Two names that are one to a destination that ignores case.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fivetran_naming_follows_its_rules() {
        for (key, name) in [
            ("id", "id"),
            ("userId", "user_id"),
            ("UserID", "user_id"),
            ("HTMLParser", "html_parser"),
            ("address1Line", "address1_line"),
            ("already_snake", "already_snake"),
            ("With Space-and.dot", "with_space_and_dot"),
            ("a__b--c", "a_b_c"),
            ("_private", "_private"),
            ("2fa", "_2fa"),
            ("é", "e"),
            ("Ünïcode", "unicode"),
            ("straße", "strasse"),
            ("Имя", "imya"),
            ("@type", "_type"),
            ("$", "_"),
            ("", ""),
            ("a\"b", "a_b"),
            ("\u{1}", "_"),
        ] {
            assert_eq!(fivetran(key), name, "{key:?}");
        }
    }

    #[test]
    fn what_cannot_be_a_name_gets_a_suffix_of_its_key() {
        let free = |_: &str| true;
        assert_eq!(usable("total", "Total", free).unwrap(), "total");
        // SHA-256 of nothing.
        assert_eq!(usable("", "", free).unwrap(), "__e3b0c442");
        for reserved in
            ["_id", "_ID", "_index", "_created", "_extra", "_fivetran_synced", "_Fivetran_deleted", "RowId", "ctid"]
        {
            let name = usable(reserved, reserved, free).unwrap();
            assert!(name.starts_with(reserved) && name.len() == reserved.len() + 10, "{name}");
        }
        let long = "é".repeat(40);
        let name = usable(&long, &long, free).unwrap();
        assert!(name.len() <= NAME_BYTES_MAX && name.starts_with("éé"), "{name}");
        let other = usable(&long, &(long.clone() + "x"), free).unwrap();
        assert_ne!(name, other);
        // Names that somebody has taken on purpose.
        assert_eq!(usable("a", "a", |name| name.len() > 12).unwrap().len(), 1 + 2 + 16);
        assert_eq!(usable("a", "a", |_| false), None);
    }
}
