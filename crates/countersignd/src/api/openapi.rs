//! The OpenAPI 3.1 document (<https://spec.openapis.org/oas/v3.1.0>), made of the table of routes and of `openapi/schemas.json`.

use serde_json::{Map, Value, json};

use super::routes::{Body, Operation, ROUTES, Route};
use crate::sync::events::EventOutcome;

/// The schemas of bodies and answers.
const SCHEMAS: &str = include_str!("openapi/schemas.json");

/// Statuses that every route may answer with, and what they mean.
const FAILURES: [u16; 6] = [400, 401, 403, 406, 500, 503];

/// The document.
#[must_use]
pub fn document() -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for route in &ROUTES {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.method.to_ascii_lowercase()] = operation(route);
    }
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap_or_default();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "countersignd",
            "description": "Connections of a service that receives webhooks. Names, shapes and codes are those of Fivetran's REST API; \
                            /v1/connectors is the same as /v1/connections.",
            "version": env!("CARGO_PKG_VERSION"),
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"key": {"type": "http", "scheme": "basic", "description": "Key and secret, of `countersignd key create`."}},
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut responses: Map<String, Value> = Map::new();
    let (status, schema) = route.success;
    let mut success = response("Done", schema);
    if route.operation == Operation::CreateConnection {
        success["links"] = links();
    }
    responses.insert(status.to_string(), success);
    let of_body: &[u16] = if route.body == Body::None { &[] } else { &[413, 415] };
    for status in FAILURES.iter().chain(route.failures).chain(of_body) {
        responses.insert(status.to_string(), response(meaning(*status), "Refusal"));
    }
    let names = route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let of_path = names.map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let of_query = route.query.iter().map(|name| json!({"name": name, "in": "query", "schema": parameter(name)}));
    let mut operation = json!({
        "operationId": route.name,
        "summary": route.summary,
        "parameters": of_path.chain(of_query).collect::<Vec<_>>(),
        "responses": responses,
    });
    if let Body::Required(schema) | Body::Optional(schema) = route.body {
        operation["requestBody"] = json!({
            "required": matches!(route.body, Body::Required(_)),
            "content": {"application/json": {"schema": reference(schema)}},
        });
    }
    operation
}

/// What can be asked of a connection that was made.
fn links() -> Value {
    let of_connection = ROUTES.iter().filter(|route| route.path.contains("{connection_id}"));
    let link = |route: &Route| {
        let parameters = json!({"connection_id": "$response.body#/data/id"});
        (route.name.to_owned(), json!({"operationId": route.name, "parameters": parameters}))
    };
    Value::Object(of_connection.map(link).collect())
}

fn response(description: &str, schema: &str) -> Value {
    json!({"description": description, "content": {"application/json": {"schema": reference(schema)}}})
}

fn reference(schema: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{schema}")})
}

fn parameter(name: &str) -> Value {
    match name {
        "limit" => {
            json!({"type": "integer", "minimum": 1, "maximum": super::query::LIMIT_MAX, "default": super::query::LIMIT})
        }
        "cursor" => json!({"type": "string", "description": "The next_cursor of an earlier answer."}),
        "since" => json!({"type": "string", "description": "A day in UTC, or a time in RFC 3339."}),
        "outcome" => json!({"type": "string", "enum": EventOutcome::ALL.map(EventOutcome::name)}),
        _ => json!({"type": "string"}),
    }
}

fn meaning(status: u16) -> &'static str {
    match status {
        400 => "Something in the request is wrong: which field, and what is allowed",
        401 => "No key, or one that is not known",
        403 => "The key may not, or a page of another site asks",
        404 => "There is none with this id",
        406 => "The answers are JSON, and Accept forbids that",
        409 => "Something that is there already, or that runs, is in the way",
        413 => "The body is too large",
        415 => "The body is not application/json",
        503 => "The process is ending",
        _ => "It has failed here: the log says why",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All schemas that are referred to are there, and all that are there are referred to.
    #[test]
    fn no_schema_is_missing_or_useless() {
        let text = document().to_string();
        let schemas: Map<String, Value> = serde_json::from_str(SCHEMAS).unwrap();
        for name in schemas.keys() {
            assert!(text.contains(&format!("\"#/components/schemas/{name}\"")), "{name} is not used");
        }
        for reference in text.split("\"#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name} is missing");
        }
        // Operations have names of their own.
        let names: std::collections::BTreeSet<_> = ROUTES.iter().map(|route| route.name).collect();
        assert_eq!(names.len(), ROUTES.len());
    }
}
