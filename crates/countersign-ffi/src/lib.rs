#![doc = include_str!("../README.md")]
// `unsafe` cannot be forbidden here as it is elsewhere. Instead, only `pointer.rs` and `handle.rs` read pointers, and
// each function that takes one is unsafe and documents its contract. `tests/source.rs` checks this.

// The exported items, in the order in which the header has them. (Empty lines keep it.)
mod status;
mod version;

mod setting;

mod verifier;

mod connection;

mod verify;

mod identify;

mod delivery_id;

mod handshake;

mod replay;

mod stream;

mod batch;

mod signer;

// The internal modules.
mod delivery;
mod handle;
mod panic;
mod pointer;
mod report;
mod secret;
mod slot;
mod verdict;

pub use batch::{ReceivedDelivery, SignedBody, countersign_verify_batch, countersign_verify_delivery_batch};
pub use connection::{
    countersign_signer_connection, countersign_verifier_connection, countersign_verifier_connection_with_secrets,
};
pub use delivery::{Delivery, Header, countersign_now_ms};
pub use delivery_id::{COUNTERSIGN_MAX_DELIVERY_ID, countersign_delivery_id};
pub use handshake::{Handshake, countersign_handshake_free, countersign_handshake_new};
pub use identify::{
    Identity, countersign_identify, countersign_verifier_signs_body_alone, countersign_verifier_signs_url,
};
pub use replay::{
    ReplayMemoryHandle, countersign_replay_memory_evicted, countersign_replay_memory_finish,
    countersign_replay_memory_forget, countersign_replay_memory_free, countersign_replay_memory_len,
    countersign_replay_memory_new, countersign_replay_memory_take, countersign_verifier_replay_window,
};
pub use report::Text;
pub use secret::{Bound, Secret};
pub use setting::{Algorithm, Encoding, Tolerance, countersign_algorithm_name};
pub use signer::{
    HeadersHandle, SignerHandle, countersign_headers_count, countersign_headers_free, countersign_headers_get,
    countersign_sign, countersign_signer_free, countersign_signer_hmac, countersign_signer_in_header,
    countersign_signer_preset, countersign_signer_scheme,
};
pub use status::{Status, countersign_status_message, countersign_status_name};
pub use stream::{
    StreamHandle, countersign_stream_begin, countersign_stream_begin_identified, countersign_stream_begin_signature,
    countersign_stream_finish, countersign_stream_free, countersign_stream_identity, countersign_stream_update,
};
pub use verdict::{COUNTERSIGN_NO_SECRET, Verdict};
pub use verifier::{
    VerifierHandle, countersign_verifier_can_stream, countersign_verifier_free, countersign_verifier_header,
    countersign_verifier_hmac, countersign_verifier_in_header, countersign_verifier_preset,
    countersign_verifier_scheme, countersign_verifier_token,
};
pub use verify::{countersign_verify, countersign_verify_signature};
pub use version::{COUNTERSIGN_ABI_NUMBER, countersign_abi_number, countersign_version, countersign_version_number};

// What the documentation promises about threads.
const _: () = {
    const fn shared<T: Send + Sync>() {}
    const fn moved<T: Send>() {}
    shared::<VerifierHandle>();
    shared::<SignerHandle>();
    shared::<HeadersHandle>();
    shared::<ReplayMemoryHandle>();
    moved::<StreamHandle>();
};
