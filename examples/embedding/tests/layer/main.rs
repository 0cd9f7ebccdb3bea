//! The layer behind a real server: what senders do, what they hear, and that the handler gets nothing unverified.

mod answers;
mod bodies;
mod encodings;
mod extractors;
mod futures;
mod headers;
mod http2;
mod pass_through;
mod replay;
mod stores;
mod support;
mod tenants;
mod urls;
