//! Reads names of headers and fields, which the core takes joined with commas.

use crate::error::ConfigError;
use crate::json::Node;
use crate::printable::quoted;

/// Reads the name of a header, or a list of names.
pub(super) fn headers(node: &Node<'_>) -> Result<String, ConfigError> {
    if node.is_string() { node.header_name() } else { read_names(node, Node::header_name) }
}

/// Reads a list of names and joins them with commas, as the core expects them.
pub(super) fn read_names<'a>(
    node: &Node<'a>,
    read: impl Fn(&Node<'a>) -> Result<String, ConfigError>,
) -> Result<String, ConfigError> {
    let names = node.array()?.iter().map(|item| check_name(item, read(item)?)).collect::<Result<Vec<_>, _>>()?;
    if names.is_empty() {
        return Err(node.error("an empty list names nothing; give the name of the header, or a list of names"));
    }
    Ok(names.join(","))
}

/// Checks that `name` can be joined with others by commas.
fn check_name(node: &Node<'_>, name: String) -> Result<String, ConfigError> {
    if name.contains(',') || name.trim() != name {
        return Err(node.error(format!(
            "found {}; a name must not contain a comma, nor begin or end with a space",
            quoted(&name)
        )));
    }
    Ok(name)
}
