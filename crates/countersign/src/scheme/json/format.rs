//! Reads the format of the signature's header: how the tag stands in it, with which prefix, separator or key.

use countersign_core::Format;

use super::names::read_names;
use crate::error::ConfigError;
use crate::json::{Node, Object};
use crate::printable::quoted;
use crate::scheme::message;

#[derive(Clone, Copy, PartialEq)]
enum FormatName {
    Bare,
    Labelled,
    Prefixed,
    Pairs,
    List,
    Positional,
    /// A format of `message.rs`, of whose signature the core reads the tag alone.
    Message,
}

/// Reads `"format"` and the fields that belong to it.
pub(super) fn read_format(node: &Node<'_>, signature: &Object<'_>) -> Result<Format<String>, ConfigError> {
    use FormatName::{Bare, Labelled, List, Message, Pairs, Positional, Prefixed};
    let names = [
        ("bare", Bare),
        ("prefixed", Prefixed),
        ("labelled", Labelled),
        ("pairs", Pairs),
        ("list", List),
        ("positional", Positional),
    ];
    let names = names.into_iter().chain(message::FORMATS.map(|(name, _)| (name, Message))).collect::<Vec<_>>();
    let format = signature.read("format", |node| node.one_of(&names))?.unwrap_or(Bare);
    for (field, formats) in [
        ("prefix", &[Prefixed][..]),
        ("separator", &[Prefixed, Pairs, List, Positional]),
        ("spaced", &[Prefixed, Pairs, List, Positional]),
        ("key", &[Pairs]),
        ("mark", &[Pairs]),
        ("version", &[List]),
        ("fields", &[Positional]),
    ] {
        if let (false, Some(node)) = (formats.contains(&format), signature.get(field)) {
            let allowed = names.iter().filter(|(_, format)| formats.contains(format)).map(|(name, _)| *name);
            let allowed = allowed.collect::<Vec<_>>().join(", ");
            return Err(node.error(format!("has a meaning only with format {allowed}")));
        }
    }
    let text = |field| node.required(signature, field).and_then(Node::string);
    let separator = || node.required(signature, "separator").and_then(read_separator);
    Ok(match format {
        Bare | Message => Format::Bare,
        Labelled => Format::Labelled,
        Prefixed => {
            Format::Prefixed { prefix: text("prefix")?, separator: signature.read("separator", read_separator)? }
        }
        Pairs => Format::Pairs {
            separator: separator()?,
            mark: signature.read("mark", read_separator)?.unwrap_or(b'='),
            key: text("key")?,
        },
        List => Format::List { separator: separator()?, version: text("version")? },
        Positional => Format::Positional {
            separator: separator()?,
            fields: node.required(signature, "fields").and_then(|node| read_names(node, Node::non_empty_string))?,
        },
    })
}

fn read_separator(node: &Node<'_>) -> Result<u8, ConfigError> {
    let text = node.string()?;
    match text.as_bytes() {
        [separator] => Ok(*separator),
        _ => Err(node.error(format!(
            "found {}; must be one printable ASCII character; spaces around items are trimmed anyway",
            quoted(&text)
        ))),
    }
}
