//! The table of routes. Requests are routed by it, and the OpenAPI document is made of it, so neither has a route that the other has not.

use http::Method;

/// What can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    CreateConnection,
    ListConnections,
    ConnectionDetails,
    ModifyConnection,
    DeleteConnection,
    SyncConnection,
    ForceSync,
    ResyncConnection,
    TestConnection,
    RotateEndpoint,
    ListEvents,
    ListGroups,
    GroupDetails,
    GroupServiceAccount,
    ListConnectionsOfGroup,
    AccountInfo,
    ListUsers,
}

/// What a request may hold beside its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// No body; one that comes all the same is not read as anything.
    None,
    /// A JSON object of this schema, which may be left out.
    Optional(&'static str),
    /// A JSON object of this schema.
    Required(&'static str),
}

/// One route.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    /// The path; a segment in braces is a name.
    pub(super) path: &'static str,
    pub(super) operation: Operation,
    /// The name of the operation in the OpenAPI document.
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    /// The names of the parameters of the query.
    pub(super) query: &'static [&'static str],
    pub(super) body: Body,
    /// The status of success, and the schema of the answer.
    pub(super) success: (u16, &'static str),
    /// The statuses of failures, beside those that every route has.
    pub(super) failures: &'static [u16],
    /// Whether it changes anything.
    pub(super) changes: bool,
}

const fn read(
    path: &'static str,
    operation: Operation,
    name: &'static str,
    summary: &'static str,
    schema: &'static str,
) -> Route {
    Route {
        method: "GET",
        path,
        operation,
        name,
        summary,
        query: &[],
        body: Body::None,
        success: (200, schema),
        failures: &[404],
        changes: false,
    }
}

const fn write(
    method: &'static str,
    path: &'static str,
    operation: Operation,
    name: &'static str,
    summary: &'static str,
    body: Body,
) -> Route {
    Route {
        method,
        path,
        operation,
        name,
        summary,
        query: &[],
        body,
        success: (200, "Done"),
        failures: &[404, 409, 413, 415],
        changes: true,
    }
}

const PAGE: &[&str] = &["cursor", "limit"];

/// All routes.
pub(super) static ROUTES: [Route; 17] = [
    Route {
        success: (201, "ConnectionAnswer"),
        failures: &[409, 413, 415],
        ..write(
            "POST",
            "/v1/connections",
            Operation::CreateConnection,
            "create_connection",
            "Creates a connection. `data.config.endpoint` is the end of the URL that its sender calls.",
            Body::Required("NewConnection"),
        )
    },
    Route {
        query: &["group_id", "schema", "cursor", "limit"],
        failures: &[],
        ..read(
            "/v1/connections",
            Operation::ListConnections,
            "list_connections",
            "Lists connections: those of the file first, then the others in the order of their creation.",
            "ConnectionsAnswer",
        )
    },
    read(
        "/v1/connections/{connection_id}",
        Operation::ConnectionDetails,
        "connection_details",
        "Shows a connection.",
        "ConnectionAnswer",
    ),
    Route {
        success: (200, "ConnectionAnswer"),
        ..write(
            "PATCH",
            "/v1/connections/{connection_id}",
            Operation::ModifyConnection,
            "modify_connection",
            "Changes a connection, at once for the next request of its sender. `******` leaves a secret as it is, null takes a field out.",
            Body::Required("ConnectionUpdate"),
        )
    },
    write(
        "DELETE",
        "/v1/connections/{connection_id}",
        Operation::DeleteConnection,
        "delete_connection",
        "Deletes a connection. What it has received is archived, and no longer synced. Its table stays.",
        Body::None,
    ),
    write(
        "POST",
        "/v1/connections/{connection_id}/sync",
        Operation::SyncConnection,
        "sync_connection",
        "Brings all that is durable now into the table, soon. With `force`, also if a sync is running: after that one.",
        Body::Optional("SyncRequest"),
    ),
    write(
        "POST",
        "/v1/connections/{connection_id}/force",
        Operation::ForceSync,
        "force_sync_connection",
        "The same as `sync` with `force`.",
        Body::Optional("SyncRequest"),
    ),
    write(
        "POST",
        "/v1/connections/{connection_id}/resync",
        Operation::ResyncConnection,
        "resync_connection",
        "Makes the rows of all archived events anew.",
        Body::Optional("ResyncRequest"),
    ),
    Route {
        success: (200, "ConnectionAnswer"),
        ..write(
            "POST",
            "/v1/connections/{connection_id}/test",
            Operation::TestConnection,
            "run_setup_tests",
            "Tries the store and the destination of a connection.",
            Body::Optional("TestRequest"),
        )
    },
    Route {
        success: (200, "ConnectionAnswer"),
        ..write(
            "POST",
            "/v1/connections/{connection_id}/endpoint/rotate",
            Operation::RotateEndpoint,
            "rotate_endpoint",
            "Gives a connection another endpoint. The one of before works for `grace_hours` more.",
            Body::Optional("RotateRequest"),
        )
    },
    Route {
        query: &["since", "outcome", "cursor", "limit"],
        ..read(
            "/v1/connections/{connection_id}/events",
            Operation::ListEvents,
            "list_events",
            "Lists what a connection has received, and what became of it. A page may have fewer events than `limit`, or none, and still a next one.",
            "EventsAnswer",
        )
    },
    Route {
        query: PAGE,
        failures: &[],
        ..read("/v1/groups", Operation::ListGroups, "list_all_groups", "Lists the groups.", "GroupsAnswer")
    },
    read("/v1/groups/{group_id}", Operation::GroupDetails, "group_details", "Shows a group.", "GroupAnswer"),
    read(
        "/v1/groups/{group_id}/service-account",
        Operation::GroupServiceAccount,
        "group_service_account",
        "Shows the service account of Google Cloud that opens the buckets of a group: the address that they must be shared with.",
        "ServiceAccountAnswer",
    ),
    Route {
        query: &["schema", "cursor", "limit"],
        ..read(
            "/v1/groups/{group_id}/connections",
            Operation::ListConnectionsOfGroup,
            "list_all_connections_in_group",
            "Lists the connections of a group.",
            "ConnectionsAnswer",
        )
    },
    Route {
        failures: &[],
        ..read(
            "/v1/account/info",
            Operation::AccountInfo,
            "get_account_info",
            "Shows whose key is used.",
            "AccountAnswer",
        )
    },
    Route {
        query: PAGE,
        failures: &[],
        ..read(
            "/v1/users",
            Operation::ListUsers,
            "list_all_users",
            "Lists users. There is one: whoever asks.",
            "UsersAnswer",
        )
    },
];

/// What a path leads to.
pub(super) enum Match {
    /// This route, with the values of the names in its path.
    Route(&'static Route, Vec<String>),
    /// Routes of other methods, which these are.
    Methods(String),
    Nothing,
}

/// The route of a request. A slash at the end does not count, and `connectors` is the old name of `connections`.
pub(super) fn find(method: &Method, path: &str) -> Match {
    let path = path.strip_suffix('/').unwrap_or(path);
    let segments: Option<Vec<String>> = path.split('/').map(decoded).collect();
    let Some(mut segments) = segments else { return Match::Nothing };
    for (at, old) in [(2, "connectors"), (4, "connectors")] {
        if let Some(segment) = segments.get_mut(at).filter(|segment| *segment == old) {
            "connections".clone_into(segment);
        }
    }
    let fitting = || ROUTES.iter().filter_map(|route| Some((route, names(route.path, &segments)?)));
    if let Some((route, names)) = fitting().find(|(route, _)| route.method == method.as_str()) {
        return Match::Route(route, names);
    }
    let methods: Vec<_> = fitting().map(|(route, _)| route.method).collect();
    if methods.is_empty() { Match::Nothing } else { Match::Methods(methods.join(", ")) }
}

/// The values of the names in a path; none if the segments do not fit.
fn names(path: &str, segments: &[String]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let mut count = 0;
    for (place, expected) in path.split('/').enumerate() {
        let segment = segments.get(place)?;
        if expected.starts_with('{') {
            names.push(segment.clone());
        } else if segment != expected {
            return None;
        }
        count += 1;
    }
    (count == segments.len()).then_some(names)
}

/// A segment without escapes; none if it cannot be a text.
fn decoded(segment: &str) -> Option<String> {
    percent_encoding::percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_under_their_old_names_too() {
        for (path, operation, names) in [
            ("/v1/connections", Operation::ListConnections, &[][..]),
            ("/v1/connections/", Operation::ListConnections, &[]),
            ("/v1/connectors/a%2Fb", Operation::ConnectionDetails, &["a/b"]),
            ("/v1/connectors/connectors", Operation::ConnectionDetails, &["connectors"]),
            ("/v1/groups/g/connectors/", Operation::ListConnectionsOfGroup, &["g"]),
        ] {
            let Match::Route(route, found) = find(&Method::GET, path) else { panic!("{path}") };
            assert_eq!(
                (route.operation, &*found),
                (operation, &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()[..])
            );
        }
        for path in ["/", "/v1", "/v1/connections/a/b", "/v1/connections//sync/x", "/v1/connections/%ff"] {
            assert!(matches!(find(&Method::GET, path), Match::Nothing), "{path}");
        }
        let Match::Methods(allowed) = find(&Method::PUT, "/v1/connections/a") else { panic!("no route") };
        assert_eq!(allowed, "GET, PATCH, DELETE");
    }
}
