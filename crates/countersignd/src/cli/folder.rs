//! Verbs that the running process does, or, when none runs, this one in the data folder.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::control::{self, Question};
use crate::inbox;
use crate::metadata::{self, Metadata};

/// What a running process answers; none if none runs.
pub(super) fn asked<T: DeserializeOwned>(
    data: &Path,
    verb: &str,
    name: Option<&str>,
    details: &impl Serialize,
) -> Result<Option<T>, Box<dyn Error>> {
    let answer = control::ask(data, Question::post(verb, name, details)?)?;
    Ok(answer.map(|answer| serde_json::from_slice(&answer)).transpose()?)
}

/// Works with the metadata of a folder that no process has open, and which must be there.
pub(super) fn with_existing<T>(
    data: &Path,
    work: impl FnOnce(Arc<Metadata>) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    if !data.join(metadata::FILE).exists() {
        return Err(format!("{} is not the folder of a service: it has no {}", data.display(), metadata::FILE).into());
    }
    with(data, work)
}

/// The same, in a folder that is made if it is not there.
pub(super) fn with<T>(
    data: &Path,
    work: impl FnOnce(Arc<Metadata>) -> Result<T, Box<dyn Error>>,
) -> Result<T, Box<dyn Error>> {
    let lock = inbox::lock(data)?;
    let done = work(Arc::new(Metadata::open(data)?))?;
    drop(lock);
    Ok(done)
}
