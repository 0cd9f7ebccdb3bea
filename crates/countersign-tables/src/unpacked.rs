//! A column for each key of an object.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::dead_letter::{KEYS_MAX, Reason, Unfit};
use crate::json::{Member, unescape};
use crate::number::{self, Number};
use crate::plan::{Kind, Plan};
use crate::row::{Cell, Value};
use crate::table::Naming;

/// The cells of an object's members. Columns that are not there are added if they may be.
pub(crate) fn cells<'t>(
    members: &[Member<'t>],
    count: usize,
    plan: &mut Plan,
    rule: Rule,
) -> Result<Vec<Cell<'t>>, Unfit> {
    if count > KEYS_MAX {
        return Err(Unfit::new(Reason::TooManyKeys, format!("the object has {count} keys; {KEYS_MAX} are allowed")));
    }
    let keys: Vec<Cow<'_, [u8]>> = members.iter().map(|member| unescape(member.key)).collect();
    let mut seen = HashSet::with_capacity(keys.len());
    if let Some(place) = keys.iter().position(|key| !seen.insert(&**key)) {
        return Err(Unfit::new(Reason::DuplicateKey, format!("the key {} stands twice", shown(members[place].key))));
    }
    let mut cells = Vec::with_capacity(members.len());
    let mut extra = String::new();
    for (member, key) in members.iter().zip(&keys) {
        let Some((kind, value)) = typed(member.value.text) else { continue };
        // A key with a lone surrogate is no text, and so no name.
        let key = str::from_utf8(key).ok();
        let column = key.and_then(|key| {
            plan.find(key, kind).or_else(|| if rule.may_add { plan.add(key, kind, rule.naming) } else { None })
        });
        match column {
            Some(column) => cells.push(Cell { column, value }),
            None if rule.may_add => {
                extra.push(if extra.is_empty() { '{' } else { ',' });
                extra.push_str(member.key);
                extra.push(':');
                extra.push_str(member.value.text);
            }
            None => {
                let detail = format!("the key {} needs a new column ({})", shown(member.key), kind.name());
                return Err(Unfit::new(Reason::SchemaFrozen, detail));
            }
        }
    }
    if !extra.is_empty() {
        extra.push('}');
        cells.push(Cell { column: plan.extra(), value: Value::Json(extra.into()) });
    }
    Ok(cells)
}

/// How columns are added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) may_add: bool,
    pub(crate) naming: Naming,
}

/// The kind and value of the JSON `text`; `None` for null.
fn typed(text: &str) -> Option<(Kind, Value<'_>)> {
    Some(match text.as_bytes().first() {
        Some(b'n') => return None,
        Some(b't') => (Kind::Bool, Value::Bool(true)),
        Some(b'f') => (Kind::Bool, Value::Bool(false)),
        Some(b'"') => match unescaped(text) {
            Some(string) if !string.contains('\0') => (Kind::Plain, Value::Text(string)),
            _ => (Kind::Json, Value::Json(text.into())),
        },
        Some(b'{' | b'[') => (Kind::Json, Value::Json(text.into())),
        _ => match number::classify(text) {
            Number::Integer(integer) => (Kind::Plain, Value::Integer(integer)),
            Number::Double(double) => (Kind::Plain, Value::Double(double)),
            Number::Digits => (Kind::Number, Value::Number(text.into())),
        },
    })
}

/// What a string stands for, if that is text.
fn unescaped(quoted: &str) -> Option<Cow<'_, str>> {
    match unescape(quoted) {
        Cow::Borrowed(bytes) => str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes).ok().map(Cow::Owned),
    }
}

/// The beginning of a key, for a message.
fn shown(key: &str) -> String {
    let mut shown: String = key.chars().take(80).collect();
    if shown.len() < key.len() {
        shown.push('…');
    }
    shown
}
