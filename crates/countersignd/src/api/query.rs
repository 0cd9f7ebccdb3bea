//! The query of a request, and the cursors of lists.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::answer::Refusal;

/// The most items of a page, and how many it has if nobody says.
pub(super) const LIMIT_MAX: usize = 1000;
pub(super) const LIMIT: usize = 100;

/// The parameters of a query, each of which is known and stands once.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(text: &str, known: &[&str]) -> Result<Self, Refusal> {
        let mut read: Vec<(String, String)> = Vec::new();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            if !known.contains(&&*name) {
                let allowed =
                    if known.is_empty() { "none is".to_owned() } else { format!("allowed are {}", known.join(", ")) };
                return Err(Refusal::invalid(format!(
                    "Unknown parameter '{}' in the query; {allowed}",
                    name.escape_debug()
                )));
            }
            if read.iter().any(|(other, _)| *other == name) {
                return Err(Refusal::invalid(format!("The parameter '{name}' stands twice; leave one out")));
            }
            read.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(read))
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// How many items a page has.
    pub(super) fn limit(&self) -> Result<usize, Refusal> {
        let Some(text) = self.get("limit") else { return Ok(LIMIT) };
        let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
        limit.ok_or_else(|| Refusal::invalid(format!("Field 'limit' must be 1 to {LIMIT_MAX}")))
    }

    /// Behind what a page begins.
    pub(super) fn cursor(&self) -> Result<Cursor, Refusal> {
        let Some(text) = self.get("cursor") else { return Ok(Cursor::default()) };
        Cursor::decode(text)
            .ok_or_else(|| Refusal::invalid("Field 'cursor' must be the next_cursor of an earlier answer"))
    }
}

/// Behind what a page begins: how many of the list's first part were shown, and the number of the last one of its second part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cursor {
    pub(super) skipped: usize,
    pub(super) after: i64,
}

impl Cursor {
    pub(super) fn encode(self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}.{}", self.skipped, self.after))
    }

    fn decode(text: &str) -> Option<Self> {
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let (skipped, after) = text.split_once('.')?;
        let this = Self { skipped: skipped.parse().ok()?, after: after.parse().ok().filter(|after| *after >= 0)? };
        // One spelling each.
        (this.encode() == URL_SAFE_NO_PAD.encode(&text)).then_some(this)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_what_is_known_once() {
        let query = Query::read("group_id=a%20b&limit=7", &["group_id", "limit"]).unwrap();
        assert_eq!((query.get("group_id"), query.limit().unwrap()), (Some("a b"), 7));
        for (text, part) in [("colour=red", "'colour'"), ("limit=1&limit=2", "stands twice")] {
            assert!(Query::read(text, &["limit"]).unwrap_err().message.contains(part));
        }
        for limit in ["0", "1001", "-1", "x", ""] {
            let query = Query::read(&format!("limit={limit}"), &["limit"]).unwrap();
            assert!(query.limit().unwrap_err().message.contains("1 to 1000"), "{limit}");
        }
    }

    #[test]
    fn a_cursor_is_one_of_ours() {
        let cursor = Cursor { skipped: 3, after: 70_000 };
        assert_eq!(Cursor::decode(&cursor.encode()), Some(cursor));
        for text in ["", "x", "MQ", &URL_SAFE_NO_PAD.encode("1.-1"), &URL_SAFE_NO_PAD.encode("+1.1")] {
            assert_eq!(Cursor::decode(text), None, "{text}");
        }
    }
}
