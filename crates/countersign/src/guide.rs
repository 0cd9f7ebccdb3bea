//! Whole programs to copy from: one for each way of taking deliveries.
//!
//! | page | for |
//! |---|---|
//! | [`axum`] | a layer in front of the routes, extractors in the handlers |
//! | [`tower`] | the layer in front of any service, many tenants, replays |
//! | [`hyper`] | a body that is verified by hand while it arrives |
//! | [`actix`] | an extractor for actix-web |
//! | [`kafka`] | a consumer that verifies many records at once |
//! | [`read`] | anything that implements `io::Read` |
//!
//! All of them listen on `ADDRESS`, or else on port 3000 of this machine, and take the deliveries of GitHub; for other senders,
//! name another of the [`presets`](crate::presets). They are run against real clients in countersign's own tests.

/// A page: what to know, and the program.
macro_rules! page {
    ($name:ident) => {
        #[doc = include_str!(concat!("../guide/", stringify!($name), ".md"))]
        #[doc = "```rust"]
        #[doc = include_str!(concat!("../guide/", stringify!($name), ".rs"))]
        #[doc = "```"]
        pub mod $name {}
    };
}

page!(axum);
page!(tower);
page!(hyper);
page!(actix);
page!(kafka);
page!(read);
