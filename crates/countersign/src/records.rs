//! Delivery records: deliveries kept in a file, one JSON object a line (NDJSON), with everything that is needed to verify
//! them again. `countersign verify --deliveries` reads such files.
//!
//! ```json
//! {"id":"ord-1","connection":"orders","method":"POST","url":"https://example.com/hooks","headers":[["X-Signature","…"]],"body":"{\"order\": 1001}","received_at":1614265330.25}
//! ```
//!
//! | field | value |
//! |---|---|
//! | `id` | a text by which verdicts name the delivery |
//! | `connection` | a text: whose delivery it is |
//! | `method`, `url` | texts: the request as the sender made it; only senders that sign them need them |
//! | `headers` | required: a list of pairs `["Name", "value"]`, or an object. A name that occurs twice is two header lines in either |
//! | `body`, `body_base64` | one of the two is required: the raw body as a text, or its bytes in base64 (standard alphabet, with padding) |
//! | `received_at` | when it arrived: seconds since 1970, with at most six decimals and no exponent, until the end of the year 9999 (larger numbers are milliseconds by mistake) |
//! | `countersignd` | any JSON object: what the program that wrote the file adds. It has no part in verification |
//!
//! Every field but `headers` and the body may be left out or `null`. Any other field is an error, because a misspelt
//! `recieved_at` would otherwise be ignored. A field that occurs twice is an error too. The text is UTF-8. [`Records`] passes over
//! blank lines, and over a byte-order mark at the start of line 1.
//!
//! [`Record::read`] reads a line, [`Records`] a block of lines, and [`Record::write_line`] writes one. What was written is
//! read as the same record.
//!
//! ```
//! use std::time::SystemTime;
//!
//! use countersign::records::{Record, Records, UnixMicros};
//! use countersign::{Message, Secret, Signer, Verifier};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let secret = || Secret::new("It's a Secret to Everybody");
//!     // Whoever receives deliveries keeps them …
//!     let body = b"{\"order\": 1001}";
//!     let signed = Signer::preset("github", secret())?.headers(&Message::new(body))?;
//!     let headers = signed.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
//!     let mut record = Record::new(headers, &body[..]);
//!     record.id = Some("ord-1".into());
//!     record.received_at = UnixMicros::from_system_time(SystemTime::now());
//!     let mut file = Vec::new();
//!     record.write_line(&mut file)?;
//!
//!     // … and verifies them again later.
//!     let verifier = Verifier::preset("github", secret())?;
//!     for (line, record) in Records::new(&file, 1) {
//!         let record = record.map_err(|error| format!("line {line}: {error}"))?;
//!         let received = record.received_at.and_then(UnixMicros::to_system_time).unwrap_or_else(SystemTime::now);
//!         assert!(verifier.verify(&record.delivery(), received).is_ok());
//!     }
//!     Ok(())
//! }
//! ```

mod block;
mod error;
mod escape;
mod extension;
mod fields;
mod kind;
mod micros;
mod read;
mod record;
mod text;
mod write;

pub use block::Records;
pub use error::RecordError;
pub use extension::Extension;
pub use micros::UnixMicros;
pub use record::Record;
pub use text::Text;
