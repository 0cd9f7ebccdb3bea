//! Verbs that the running process does.

use std::error::Error;
use std::path::Path;

use http::Method;

use crate::control;

/// What a running process answers. Some things are done by it alone: it has the inbox open.
pub(super) fn running(data: &Path, verb: &str, name: Option<&str>) -> Result<Vec<u8>, Box<dyn Error>> {
    let answer = control::ask(data, Method::POST, verb, name)?;
    answer.ok_or_else(|| {
        let data = data.display();
        format!("no countersignd is running in {data}: start it with `countersignd serve --data {data} …`").into()
    })
}
