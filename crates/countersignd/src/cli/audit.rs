//! `audit`.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;

use super::folder::{asked, with_existing};
use super::output::print;
use crate::audit::control::Page;
use crate::audit::{Entry, PAGE_MAX};

pub(super) fn audit(
    subject: Option<String>,
    limit: usize,
    data: &Path,
    json: bool,
) -> Result<ExitCode, Box<dyn Error>> {
    let mut left = limit;
    let mut page = Page { subject, before: None, limit: 0 };
    while left > 0 {
        page.limit = left.min(PAGE_MAX);
        let entries: Vec<Entry> = match asked(data, "audit", None, &page)? {
            Some(entries) => entries,
            None => with_existing(data, |metadata| Ok(page.read(&metadata)?))?,
        };
        print(&shown(&entries, json)?)?;
        let Some(last) = entries.last().filter(|_| entries.len() == page.limit) else { break };
        page.before = Some(last.number);
        left -= entries.len();
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(entries: &[Entry], json: bool) -> Result<String, Box<dyn Error>> {
    let mut text = String::new();
    for entry in entries {
        let at = Timestamp::from_microsecond(entry.at).map(|time| time.to_string()).unwrap_or_default();
        let Entry { actor, action, subject, fields, .. } = entry;
        if json {
            let line =
                serde_json::json!({ "at": at, "actor": actor, "action": action, "subject": subject, "fields": fields });
            writeln!(text, "{line}")?;
        } else {
            let subject = subject.as_deref().unwrap_or("-");
            writeln!(text, "{at}  {actor}  {action}  {subject}  {}", fields.join(", "))?;
        }
    }
    Ok(text)
}
