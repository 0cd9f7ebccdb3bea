//! `GET /v1/connections`, of all groups or of one.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::api::Api;
use crate::api::answer::{Answer, Outcome};
use crate::api::call::Call;
use crate::api::groups::no_group;
use crate::api::query::Cursor;
use crate::metadata::Wanted;

impl Api {
    pub(in crate::api) async fn list_connections(self: Arc<Self>, call: Call) -> Outcome {
        let group = call.query.get("group_id").map(str::to_owned);
        self.blocking(move |api| api.list(&call, group.as_deref())).await?
    }

    pub(in crate::api) async fn list_connections_of_group(self: Arc<Self>, call: Call) -> Outcome {
        if !self.groups_of(&call.principal).any(|group| group == call.name()) {
            return Err(no_group(call.name()));
        }
        let group = call.name().to_owned();
        self.blocking(move |api| api.list(&call, Some(&group))).await?
    }

    /// A page: connections of the file, by their ids, and then those of the metadata.
    fn list(&self, call: &Call, group: Option<&str>) -> Outcome {
        let (limit, cursor, schema) = (call.query.limit()?, call.query.cursor()?, call.query.get("schema"));
        if group.is_some_and(|group| !call.principal.may_see(group)) {
            return Ok(Answer::data(json!({"items": []})));
        }
        let only = group.or(call.principal.group.as_deref());
        // The vendor shows schema and table as one name, and searches for either.
        let is_wanted = |of_group: &str, of_schema: &str, table: &str| {
            let fits = |schema: &str| schema == of_schema || schema == format!("{of_schema}.{table}");
            only.is_none_or(|only| only == of_group) && schema.is_none_or(fits)
        };
        let mut items: Vec<Value> = Vec::new();
        let (mut skipped, mut after) = (0, cursor.after);
        let mut has_more = false;
        let ids: Vec<String> = self.collector.connections.current().ids().into_iter().map(str::to_owned).collect();
        for id in ids {
            let Some(shown) = self.shown_of_file(&id)? else { continue };
            let table = &shown.described.table;
            if !is_wanted(&shown.group, &table.schema, &table.name) {
                continue;
            }
            if skipped == cursor.skipped + limit {
                has_more = true;
                break;
            }
            if skipped >= cursor.skipped {
                items.push(self.view(&shown)?);
            }
            skipped += 1;
        }
        if !has_more {
            // What has a dot may be schema and table.
            let folded = schema.filter(|schema| !schema.contains('.')).map(str::to_lowercase);
            while !has_more {
                let missing = limit - items.len();
                // One more than is missing shows whether there is another page.
                let wanted = Wanted { group: only, schema: folded.as_deref(), after, limit: missing + 1 };
                let page = self.metadata.stored_connections(&wanted)?;
                let is_last = page.len() <= missing;
                for stored in page {
                    let number = stored.number;
                    let shown = self.shown(stored)?;
                    let table = &shown.described.table;
                    if is_wanted(&shown.group, &table.schema, &table.name) {
                        if items.len() == limit {
                            has_more = true;
                            break;
                        }
                        items.push(self.view(&shown)?);
                    }
                    after = number;
                }
                if is_last {
                    break;
                }
            }
        }
        let mut page = json!({"items": items});
        if has_more {
            page["next_cursor"] = Cursor { skipped, after }.encode().into();
        }
        Ok(Answer::data(page))
    }
}
