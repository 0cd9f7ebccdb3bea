//! A layer for [tower](https://docs.rs/tower) that lets authentic deliveries through, and no others: for axum, hyper, tonic and
//! all else that takes requests of the crate `http`, whatever their bodies are.
//!
//! ```
//! use countersign::tower::VerifyLayer;
//! use countersign::{Secret, Verifier};
//!
//! let verifier = Verifier::preset("github", Secret::new("It's a Secret to Everybody"))?;
//! let layer = VerifyLayer::new(verifier)?;
//! // axum: Router::new().route("/hooks", post(handler)).layer(layer)
//! // tower: ServiceBuilder::new().layer(layer).service(handler)
//! # Ok::<(), countersign::ConfigError>(())
//! ```
//!
//! # What the handler gets
//!
//! A request whose body was verified as a whole. In its extensions stand [`Verified`](crate::Verified) and [`Authentic`], which
//! holds the connection and the body once more, as it came over the wire. Bodies up to [`limit`](VerifyLayer::limit) are kept
//! in memory and hashed while they arrive.
//!
//! With [`pass_through`](VerifyLayer::pass_through) it gets the body while that arrives, in constant memory. The last piece is
//! kept back until all is verified (and each piece until the next comes, if the head does not tell how many bytes there will be); if the delivery is not authentic, an error stands in its place. So a handler may store
//! what it reads, but must not use it before the body's end was reached without an error. Whatever it answers
//! is sent only when the delivery is known to be authentic: if the handler answers early, the layer reads the rest of the body
//! itself, within the same limits. In the extensions stands a [`Decision`]. What the server keeps of each connection comes on top: hyper
//! up to 400 KB, unless its `max_buf_size` says less.
//!
//! In both modes trailers are left out, since nobody signs them, and the head is as the sender wrote it: unless the scheme
//! signs them, method, URL and headers can be anyone's, even on an authentic delivery.
//!
//! # What senders hear
//!
//! | status | body | when |
//! |---|---|---|
//! | 401 (or [400, 403](RejectedStatus)) | `not accepted` | the delivery is not authentic, or is for no known connection |
//! | 200 (or [as above](RepeatedAnswer)) | `taken before` | its message was handled before |
//! | 409 (or [as above](RepeatedAnswer)) | `still being handled` | its message was taken before and nobody has said what became of it |
//! | 413 | `the body is larger than … bytes` | at once if the head says so, else when it has become too large |
//! | 408 | `the body took longer than … seconds` | [`read_timeout`](VerifyLayer::read_timeout) is over |
//! | 400 | `the body is not whole` | the body broke off, and the sender still listens |
//! | 503 | `try again later` | a resolver failed or took longer than [`resolve_timeout`](VerifyLayer::resolve_timeout); a store failed or took longer than [`store_timeout`](VerifyLayer::store_timeout); the [`body_budget`](VerifyLayer::body_budget) is spent (with `Retry-After`) |
//! | 500 | `internal error` | the operator's fault, which is in the log: the connection that a resolver found cannot be used as the layer was told; or, with `pass_through`, the handler answered with success before the body's end |
//!
//! A delivery that is not authentic gets one answer, whatever the reason, after one kind of work: its body is read to the end
//! and hashed with as many secrets, even if the head is at fault already or nobody knows the connection. This keeps the time
//! from telling which of the two it was as far as the work goes; what a network and a scheduler add is not in our hands. There is no
//! `WWW-Authenticate`: nobody is to log in.
//!
//! # What is judged
//!
//! The bytes on the wire. A layer that decompresses bodies belongs behind this one, never in front of it.
//!
//! | delivery | what becomes of it |
//! |---|---|
//! | a slow body | verified as it comes, until the timeout |
//! | a body that breaks off | never seen by the handler; with `pass_through`, an error in place of its last piece |
//! | several lines of the signature's header | rejected, even if all are right |
//! | a value over 4,096 bytes, or with bytes that are no ASCII | rejected (servers refuse heads of a megabyte by themselves, with 431) |
//! | trailers | passed over |
//! | an empty body, or a GET | needs a signature of the empty body |
//! | `Expect: 100-continue` | `100 Continue`, unless the body is too large |
//! | HTTP/2, chunks, `Content-Encoding` | no difference |
//! | a scheme that signs something behind the body, or fields of it | judged when the body is whole |
//!
//! # Replays
//!
//! [`VerifyLayer::deduplicate`] calls the handler once for each message, as far as a [`ReplayStore`] remembers. A message is
//! known by its signed id, or else by all of its signed text. [`ReplayMemories`](crate::ReplayMemories) remembers them in the memory
//! of this process: other processes and a restart know nothing of them. For several processes, implement [`ReplayStore`] over
//! what they share.
//!
//! | what became of the message | what the next one with it hears |
//! |---|---|
//! | the handler answered with success | 200, and the handler is not called |
//! | the handler is at work | 409 |
//! | the handler answered otherwise, or panicked, or its service failed | it is forgotten: the handler is called |
//! | the sender hung up while the handler was at work | 409, or the handler is called if [`Unanswered`] says so |
//! | the sender hung up before the handler was called | it is forgotten: the handler is called |
//!
//! Success is a status of 2xx without a header `grpc-status` other than 0. A gRPC handler that fails after its answer has begun says
//! so in trailers, at which the layer does not look: let it fail before, with a status that stands in the headers.
//!
//! A server drops a handler's future when the sender hangs up. A handler that must not be cut short does its work in a task of
//! its own.
//!
//! # Senders that sign the URL
//!
//! They sign the URL that they called, and a request does not tell which one that was: `Host` is what the sender says, proxies
//! change schemes and paths, and routers cut off what they have matched. So say it: [`Endpoint::origin`] for scheme and host
//! (the path is then that of the request, even behind `axum::Router::nest` with the feature `axum`), or [`Endpoint::url`] for a
//! function from the head of a request to the URL. Without one of them such a scheme is an error when the layer is made.
//!
//! # Memory
//!
//! Each upload holds its body up to [`limit`](VerifyLayer::limit) until the handler has answered. Limit how many there are at
//! once in the server, or give a [`body_budget`](VerifyLayer::body_budget) for all of them together.
//!
//! # Many connections
//!
//! [`VerifyLayer::resolving`] takes a function from the head of a request to an [`Endpoint`]: [`lookup`] for one that looks into
//! a map, an asynchronous one, or a [`Cache`] in front of one.
//!
//! # What the operator learns
//!
//! With the feature `tracing`, one event for each delivery, with the target `countersign`: `connection`, `reason` (the
//! [name of the rejection](crate::Rejection::name) or [refusal](Refusal::name)), `length`; at the level DEBUG if it is authentic, INFO if not, ERROR if
//! the operator is at fault. With the feature `metrics`, the counters `countersign_deliveries_total`, by `connection` and
//! `verdict` (a reason, or `authentic`), and `countersign_body_bytes_total`, by `connection`. Nothing in them was written by a
//! sender, so that neither a signature nor a made-up name can get there; a connection's name is the one that you gave it.

// In the order of a request's way: each module uses only those below it.

// Settings of the service, and the service itself.
mod layer;

// The states of a request, in order.
mod future;

// Reads and verifies the body, buffered or passed through.
mod body;

// What the handler finds in the request.
mod extensions;

// Settings, with their defaults.
mod config;

// The responses to requests that are refused.
mod response;

// Each message once.
mod replay;

// Log events and counters.
mod telemetry;

// Tenants, and how the one of a request is found.
mod endpoint;

// The head of a request, and the URL that its sender called.
mod request_head;

mod request_url;

// Why a request is refused.
mod refusal;

// Limits of memory and time.
mod body_budget;

mod timeout;

pub use body::bodies::{AnswerBody, WholeBody};
pub use body::mode::{Mode, PassThrough, Whole};
pub use body::pass_through::body::PassingBody;
pub use endpoint::Endpoint;
pub use endpoint::cache::{Cache, Recalling};
pub use endpoint::resolver::{Always, Lookup, Resolve, ResolveError, Resolved, lookup};
pub use extensions::authentic::Authentic;
pub use extensions::decision::Decision;
pub use future::VerifyFuture;
pub use layer::{Verify, VerifyLayer};
pub use refusal::Refusal;
pub use replay::reservation::Unanswered;
pub use replay::store::{Outcome, ReplayStore, StoreError, Storing};
pub use response::{RejectedStatus, RepeatedAnswer};
