//! `POST /v1/connections`.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Map, Value};
use uuid::Uuid;

use super::not_entered;
use super::request::{OF_ONE_REQUEST, refuse_masks, take_empty_out};
use super::setup::are_wanted;
use crate::api::Api;
use crate::api::answer::{Answer, Outcome, Refusal};
use crate::api::call::Call;
use crate::connections::Connection;
use crate::connections::described::Described;
use crate::keys::Principal;
use crate::metadata::StoredConnection;
use crate::random;
use crate::source::stored::Whole;

impl Api {
    pub(in crate::api) async fn create_connection(self: Arc<Self>, call: Call) -> Outcome {
        let are_wanted = are_wanted(&call.body, true);
        let created = self.blocking(move |api| {
            let stored = api.new_connection(&call.principal, call.body)?;
            let source = &api.collector.connections;
            let change = api.change_of(&call.principal.actor, "connection.create", &stored.id, &[]);
            source.create(&api.metadata, &stored, &change).map_err(|error| not_entered(&stored.id, error))?;
            api.shown(stored)
        });
        let view = self.view_after_tests(created.await??, are_wanted).await?;
        Ok(Answer::data(view).with_status(StatusCode::CREATED).with_message("Connection has been created"))
    }

    /// The connection that a request body describes.
    fn new_connection(
        &self,
        principal: &Principal,
        mut request: Map<String, Value>,
    ) -> Result<StoredConnection, Refusal> {
        take_empty_out(&mut request);
        refuse_masks(&mut request, &Map::new())?;
        let (id, endpoint, now) = (new_id(), Uuid::new_v4(), self.collector.clock.unix_micros());
        let source = &self.collector.connections;
        let whole = Value::Object(request.clone()).to_string();
        let described = Described::read(&whole).map_err(Refusal::invalid)?;
        let configuration = u64::try_from(now).unwrap_or(0);
        Connection::of_request(&id, endpoint, &whole, &[], source.common(), configuration, None)
            .map_err(Refusal::invalid)?;
        let group = described.request.group_id;
        if !self.groups_of(principal).any(|known| known == group) {
            let known = self.groups_of(principal).collect::<Vec<_>>().join(", ");
            return Err(Refusal::invalid(format!(
                "group_id: there is no group '{}'; there are {known}",
                group.escape_debug()
            )));
        }
        request.retain(|name, _| !OF_ONE_REQUEST.contains(&name.as_str()));
        let store = source.stored().ok_or_else(Refusal::ending)?;
        let (request, sealed) = store.parts(&id, Whole { request, past_secrets: Vec::new() });
        let (period, daily_at) = described.schedule.columns();
        Ok(StoredConnection {
            number: 0,
            id,
            group,
            table: [&described.table.schema, &described.table.name].map(|name| name.to_lowercase()),
            endpoint,
            past_endpoint: None,
            request,
            sealed,
            period,
            daily_at,
            configuration: now,
            created_at: now,
            created_by: principal.actor.to_string(),
            setup_tests: None,
            deleted_at: None,
        })
    }
}

/// An id that no other connection has: 80 random bits, in letters and digits that cannot be taken for each other.
fn new_id() -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let random = random::bytes::<10>().into_iter().fold(0, |number, byte| number << 8 | u128::from(byte));
    let digits = (0..16).map(|place| char::from(DIGITS[(random >> (5 * place) & 31) as usize]));
    format!("conn_{}", digits.collect::<String>())
}
