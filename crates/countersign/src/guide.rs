//! Whole programs to copy from, one for each way of receiving deliveries, and the reference for schemes and connections.
//!
//! | program | for |
//! |---|---|
//! | [`axum`] | a layer in front of the routes, extractors in the handlers |
//! | [`tenants`] | many tenants of two senders, from a store, and each message once |
//! | [`tower`] | the layer in front of any service, many tenants, replays |
//! | [`hyper`] | a body that is verified by hand while it arrives |
//! | [`actix`] | an extractor for actix-web |
//! | [`kafka`] | a consumer that verifies many records at once |
//! | [`read`] | anything that implements `io::Read` |
//!
//! All of them listen on `ADDRESS`, or else on port 3000 of this machine, and accept the deliveries of GitHub. For another sender,
//! name another of the [presets](senders). Each page says how to run its program in a new project. There, hashes are slow without
//! `--release`, unless `Cargo.toml` has `opt-level = 2` under `[profile.dev.package."*"]`. In a checkout, `examples/embedding` runs
//! them without a new project, and tests them against real clients.
//!
//! | page | what it lists |
//! |---|---|
//! | [`senders`] | every preset, and the senders that cannot be supported |
//! | [`new_sender`] | from a header to a scheme that works, in three steps |
//! | [`more_senders`] | schemes for senders that sign a value of yours, and which senders no scheme describes |
//! | [`schemes`] | the fields of a scheme, for senders without a preset |
//! | [`connections`] | the settings of a Fivetran Webhooks connection, and how an algorithm is inferred |

/// Where the links of the pages lead in this documentation. The pages are also read as files of the repository, so each one
/// defines its links at its end, to files. Of two definitions of one link the first counts.
macro_rules! links {
    () => {
        "[program]: #the-program
[embedding]: crate::guide
[senders]: crate::guide::senders
[reliance]: crate::guide::senders#before-you-rely-on-a-preset
[schemes]: crate::guide::schemes
[new_sender]: crate::guide::new_sender
[more_senders]: crate::guide::more_senders
[connections]: crate::guide::connections
[handshakes]: crate::guide::schemes#handshakes
[places]: crate::guide::schemes#the-signature-is-not-in-a-header
[texts]: crate::guide::schemes#what-is-signed-is-not-the-body-as-it-is
[axum]: crate::guide::axum
[axum-size]: crate::guide::axum#size
[axum-once]: crate::guide::axum#once-for-each-event-for-all-senders
[tenants]: crate::guide::tenants
[tower]: crate::guide::tower
[handshake]: crate::Verifier::handshake
[printable]: crate::printable
[replay_window]: crate::Verifier::replay_window
[verify_batch]: crate::verify_batch
[Batch]: crate::Batch
[delivery_id]: crate::Verifier::delivery_id
[Authentic]: crate::tower::Authentic::delivery_id
[Cache]: crate::tower::Cache
[Endpoint]: crate::tower::Endpoint::repeatable
[endpoint]: crate::tower::Endpoint
[lookup]: crate::tower::lookup
[Unanswered]: crate::tower::Unanswered
[VerifyLayer]: crate::tower::VerifyLayer
[Refusal]: crate::tower::Refusal
[Signer]: crate::Signer
[ReplayGuard]: crate::ReplayGuard
[ReplayMemories]: crate::ReplayMemories
[ReplayMemory]: crate::ReplayMemory
[ReplayStore]: crate::tower::ReplayStore
[VerifiedBody]: crate::axum::VerifiedBody
"
    };
}

/// A page: what to know, and the program.
macro_rules! page {
    ($name:ident) => {
        #[doc = links!()]
        #[doc = include_str!(concat!("../guide/", stringify!($name), ".md"))]
        #[doc = "## The program\n"]
        #[doc = "```rust"]
        #[doc = include_str!(concat!("../guide/", stringify!($name), ".rs"))]
        #[doc = "```"]
        pub mod $name {}
    };
}

/// A page without a program.
macro_rules! text {
    ($name:ident) => {
        #[doc = links!()]
        #[doc = include_str!(concat!("../guide/", stringify!($name), ".md"))]
        pub mod $name {}
    };
}

page!(axum);
page!(tenants);
page!(tower);
page!(hyper);
page!(actix);
page!(kafka);
page!(read);
text!(senders);
text!(new_sender);
text!(more_senders);
text!(schemes);
text!(connections);
