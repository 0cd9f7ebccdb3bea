//! Checks that a scheme names no header that a composition uses itself.

use crate::error::ConfigError;
use crate::function::text_header::is_reserved;
use crate::json::Node;

/// Checks that a scheme with a composition reads no such header: not for the signature, the timestamp or an id, and not as a
/// signed text.
///
/// # Errors
/// `invalid_config` at the first one.
pub(crate) fn check_names(scheme: &Node<'_>) -> Result<(), ConfigError> {
    match scheme.descendant("signature.header") {
        Some(header) if header.is_string() => check(&header, &header.string()?)?,
        Some(header) => header.array()?.iter().try_for_each(|name| check(name, &name.string()?))?,
        None => {}
    }
    for path in ["signature.from", "timestamp.from", "id.from", "id_from"] {
        scheme.descendant(path).map_or(Ok(()), |node| check_places(&node))?;
    }
    let Some(node) = scheme.descendant("signed") else { return Ok(()) };
    let template = node.string()?.replace("{{", "");
    template.split("{header:").skip(1).try_for_each(|name| check(&node, name))
}

/// Checks a place, or a list of places and of such lists.
fn check_places(node: &Node<'_>) -> Result<(), ConfigError> {
    if !node.is_string() {
        return node.array()?.iter().try_for_each(check_places);
    }
    check(node, node.string()?.strip_prefix("header:").unwrap_or_default())
}

fn check(node: &Node<'_>, name: &str) -> Result<(), ConfigError> {
    if is_reserved(name) {
        return Err(node.error("a header whose name begins with ~ cannot be used here"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use crate::Scheme;

    /// A scheme that needs a composition if `time` is no header.
    fn scheme(header: &str, signed: &str, time: &str, id: &str) -> Result<Scheme, String> {
        let text = format!(
            r#"{{"signature": {{"header": {header}}}, "algorithm": "SHA_256", "encoding": "BASE64", "signed": "{signed}",
                "timestamp": {{"from": "{time}", "unit": "s"}}, "id": {{"from": "{id}"}}, "id_from": [["{id}", "json:/a"]]}}"#
        );
        Scheme::from_json(&text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_composition_keeps_its_names_for_itself() {
        let signed = "{id}.{timestamp}.{header:X-Kind}.{body}";
        for time in ["header:X-Time", "query:time"] {
            assert!(scheme("\"X-Sign\"", signed, time, "header:X-Id").is_ok());
            for (place, result) in [
                ("signature.header", scheme("\"~0\"", signed, time, "header:X-Id")),
                ("signature.header[1]", scheme("[\"X-Sign\", \"~sign\"]", signed, time, "header:X-Id")),
                ("id.from", scheme("\"X-Sign\"", signed, time, "header:~0")),
                ("signed", scheme("\"X-Sign\"", "{id}.{timestamp}.{header:~0}.{body}", time, "header:X-Id")),
            ] {
                match result {
                    Ok(_) => assert_eq!(time, "header:X-Time", "{place}"),
                    Err(error) => assert!(time == "query:time" && error.contains(place), "{place}: {error}"),
                }
            }
        }
        assert!(scheme("\"X-Sign\"", signed, "header:~0", "json:/id").unwrap_err().contains("timestamp.from"));
    }
}
