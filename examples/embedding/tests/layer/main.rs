//! The layer in a real server: requests of all kinds, their responses, and that the handler gets nothing unverified.

mod bodies;
mod delivery_ids;
mod encodings;
mod endpoints;
mod extractors;
mod futures;
mod handshakes;
mod headers;
mod http2;
mod ids;
mod other_layers;
mod pass_through;
mod replay;
mod responses;
mod stores;
mod support;
mod urls;
