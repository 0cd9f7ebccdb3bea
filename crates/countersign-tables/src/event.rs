//! One archived event, as the tables need it.

/// An event of the archive.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Its place in its log.
    pub seq: u64,
    /// Its `_id`, the 16 bytes of a UUID. Deliveries with the same one are the same event.
    pub id: [u8; 16],
    /// When it was received, in microseconds since 1970. It becomes `_created`.
    pub received_at: i64,
    /// Its Content-Type, if it has one. It matters for forms alone; whether a body is JSON is seen by reading it.
    pub content_type: Option<&'a str>,
    /// Its Content-Encoding, if it has one.
    pub content_encoding: Option<&'a str>,
    /// Whether it is a GET, whose raw query then stands in `body`.
    pub is_query: bool,
    /// The body as it was received.
    pub body: &'a [u8],
}
