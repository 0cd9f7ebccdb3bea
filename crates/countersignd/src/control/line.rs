//! Answers that come line by line while something is done: how far it is, and at last what came of it.

use serde::{Deserialize, Serialize};

/// A line, which is JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line<P, T> {
    /// How far it is.
    Progress(P),
    /// It is done: the last line.
    Done(T),
    /// It has failed, and why: the last line.
    Failed(String),
}
