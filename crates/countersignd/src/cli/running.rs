//! Verbs that the running process does: it has the inbox open.

use std::error::Error;
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{self, Question};

/// What a running process answers.
pub(super) fn running<T: DeserializeOwned>(
    data: &Path,
    verb: &str,
    name: Option<&str>,
    details: &impl Serialize,
) -> Result<T, Box<dyn Error>> {
    let answer = control::ask(data, Question::post(verb, name, details)?)?;
    Ok(serde_json::from_slice(&answer.ok_or_else(|| none_runs(data))?)?)
}

/// The same, of what takes long: `progress` is told how far it is.
pub(super) fn follow<P: DeserializeOwned, T: DeserializeOwned>(
    data: &Path,
    verb: &str,
    name: &str,
    details: &impl Serialize,
    progress: impl FnMut(P),
) -> Result<T, Box<dyn Error>> {
    let answer = control::follow(data, Question::post(verb, Some(name), details)?, progress)?;
    answer.ok_or_else(|| none_runs(data))
}

fn none_runs(data: &Path) -> Box<dyn Error> {
    let data = data.display();
    format!("no countersignd is running in {data}: start it with `countersignd serve --data {data} …`").into()
}
