//! A [tower](https://docs.rs/tower) layer that passes authentic deliveries to the handler and refuses all others. It
//! works with axum, hyper, tonic and everything else that takes requests of the crate `http`, whatever the type of
//! their bodies.
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
//! By default the handler gets a request whose body was verified as a whole. The extensions of the request contain
//! [`Verified`](crate::Verified) and [`Authentic`], which holds the endpoint and the body as it arrived. A body of up
//! to [`limit`](VerifyLayer::limit) bytes (2 MiB by default) is kept in memory, and hashed while it arrives.
//!
//! With [`pass_through`](VerifyLayer::pass_through) the handler gets the body while it arrives, in constant memory: it
//! runs before there is a verdict. The layer holds back the last chunk until the body is verified. (If the head does not announce the length, it holds back
//! each chunk until the next one arrives.) If the delivery is not authentic, the body ends with an error in place of
//! that chunk. So a handler may store what it reads, but must not use it before it has reached the end of the body
//! without an error. The layer sends the handler's response only after the delivery was found to be authentic. If the
//! handler answers early, the layer reads the rest of the body itself, within the same limits. The extensions contain a
//! [`Decision`]. The server's own buffer for each TCP connection is not included: hyper's takes up to 400 KB, unless
//! its `max_buf_size` is smaller.
//!
//! In both modes trailers are dropped, because nobody signs them. The head is as the sender wrote it: even on an
//! authentic delivery, anyone may have written the method, the URL and the headers, unless the scheme signs them.
//!
//! # Responses
//!
//! Each text ends with a line break (`taken before\n`). The answer to a handshake is as its sender wants it.
//!
//! | status | body | when |
//! |---|---|---|
//! | 401 (or [400, 403](RejectedStatus)) | `not accepted` | The delivery is not authentic, or there is no endpoint for it. |
//! | 200 (or [as above](RepeatedAnswer)) | `taken before` | The message was handled before. |
//! | 409 (or [as above](RepeatedAnswer)) | `still being handled` | The message arrived before, and its handler has not answered. |
//! | 200 | the answer | The request is the [handshake](crate::Verifier::handshake) that the sender demands first. Not with `pass_through`, nor if the sender chooses the secret in it: a service answers that itself, since it must keep the secret. |
//! | 413 | `the body is larger than … bytes` | At once if the head announces too many bytes; otherwise when too many have arrived. |
//! | 413 | `the body is too large` | A layer around this one found it larger than it allows, such as `RequestBodyLimitLayer` of `tower-http`. |
//! | 408 | `the body took longer than … seconds` | [`read_timeout`](VerifyLayer::read_timeout) is over. |
//! | 408 | `the body arrived at less than … bytes a second` | The body is slower than the [`least_rate`](VerifyLayer::least_rate). |
//! | 400 | `the body is not whole` | The body ended early, and the sender can still receive a response. |
//! | 503 | `try again later` | The resolver failed, panicked or exceeded [`resolve_timeout`](VerifyLayer::resolve_timeout); the store failed, panicked or exceeded [`store_timeout`](VerifyLayer::store_timeout); or a [`body_budget`](VerifyLayer::body_budget) is used up (with `Retry-After`). |
//! | 500 | `internal error` | The operator made a mistake, which the log describes: the layer cannot do for the endpoint that the resolver found what its settings say; or, with `pass_through`, the handler answered with success before the end of the body. An extractor of axum answers the same if the layer is missing. |
//!
//! A panic of the handler, or of the function of [`Endpoint::url`], goes on to the server: hyper closes the TCP connection
//! without a response, and log and metrics have only the line of an authentic delivery. A layer between this one and the
//! handler can make a response of it (`tower_http::catch_panic::CatchPanicLayer`).
//!
//! All deliveries that are not authentic get one response, whatever the reason, after the same work: the layer reads
//! the body to its end and hashes it with as many secrets, even if the head is wrong already. For an unknown endpoint it
//! hashes the body too, with the algorithm and the number of secrets of the [`decoy`](VerifyLayer::decoy). So the
//! layer's work does not make the response time depend on the reason, if the endpoints are like the decoy. The network
//! and the scheduler may add differences. The response has no `WWW-Authenticate`, because there is no login.
//!
//! # What is verified
//!
//! The layer verifies the bytes as they arrive. A layer that decompresses bodies belongs between this one and the
//! handler, never outside of this one.
//!
//! | delivery | result |
//! |---|---|
//! | a slow body | It is verified while it arrives, until the timeout. |
//! | a body that ends early | The handler does not get it; with `pass_through`, it ends with an error in place of its last chunk. |
//! | several lines of the signature's header | It is rejected, even if all are right. |
//! | a header value over 4,096 bytes, or with bytes that are not ASCII | It is rejected. (Servers reject heads of a megabyte themselves, with 431.) |
//! | trailers | They are dropped. |
//! | an empty body, or a GET | It needs a signature of the empty body. |
//! | `Expect: 100-continue` | The server sends `100 Continue`, unless the body is too large. |
//! | HTTP/2, chunks, `Content-Encoding` | They make no difference. |
//! | a scheme that signs something after the body, or fields of it | It is verified when the body is whole. |
//!
//! # Replays
//!
//! With [`VerifyLayer::deduplicate`] the layer calls the handler once for each message that a [`ReplayStore`]
//! remembers. The message id (`{id}` in the scheme's template, never one inside the body) identifies a message or, if
//! there is none, its whole signed text. So a retry that its sender signs with a new timestamp and no id (the preset
//! `stripe`) calls the handler again, and two events of a sender that signs the body alone (`github`) are one message
//! if their bodies are equal. To recognise what the sender itself repeats, use [`Authentic::delivery_id`] as the key of
//! a table, in addition. If that id is signed, a memory of it can take the place of `deduplicate`:
//! [`Identity::of_delivery_id`](crate::Identity::of_delivery_id). If only the body is signed,
//! [`Identity::with_delivery_id`](crate::Identity::with_delivery_id) keeps two events with equal bodies apart. [`ReplayMemories`](crate::ReplayMemories) remembers
//! messages in the memory of one process, and loses them at a restart. For several processes, implement [`ReplayStore`]
//! over a database that they share.
//!
//! Messages are remembered under the [name](Endpoint::named) of their endpoint, and one name is one memory. Give each
//! endpoint a name of its own, by sender and tenant (`stripe/acme`): under a name of two, a message of one hides an equal
//! one of the other.
//!
//! | what happened to the message | response if it arrives again |
//! |---|---|
//! | The handler answered with success. | 200, without the handler. |
//! | The handler is running. | 409. |
//! | The handler answered with an error or panicked, or its service failed. | The message was forgotten: the handler is called. |
//! | The sender closed the TCP connection while the handler was running, or a time-out layer outside of this one dropped the handler. | 409; or the handler is called if [`Unanswered`] says so. |
//! | A time-out layer between this one and the handler answered with an error (`tower_http::timeout::TimeoutLayer`). | The message was forgotten: the handler is called. |
//! | The sender closed the TCP connection before the handler was called. | The message was forgotten: the handler is called. |
//!
//! Success is a status of 2xx without a header `grpc-status` other than 0. The layer does not read trailers, in which a
//! gRPC handler reports a failure after its response has started. Such a handler must fail before that, with a status
//! in the headers.
//!
//! A server drops the handler's future when the sender closes the TCP connection, and a message that stays reserved
//! then is logged and counted ([below](#logs-and-metrics)). A handler that must not be interrupted must do its work in
//! a task of its own. If the task itself shall settle the message, leave out `deduplicate` and let the task call
//! [`finish`](crate::ReplayMemory::finish) or [`forget`](crate::ReplayMemory::forget), as the guide's page on axum
//! shows. Some senders (GitHub, Gitea, Gogs, WooCommerce) do not repeat a message by themselves: store it before you
//! answer.
//!
//! # Senders that sign the URL
//!
//! Such senders sign the URL that they called, and a request does not contain it: the sender writes `Host` itself,
//! proxies change schemes and paths, and routers remove the prefix that they matched. So configure it:
//! [`Endpoint::origin`] for scheme and host (with the path of the request; with the feature `axum`, the whole path even
//! inside `axum::Router::nest`), or [`Endpoint::url`] for a function from the head of a request to the URL. Without
//! either, `VerifyLayer` cannot be created for such a scheme.
//!
//! # Memory
//!
//! Each upload takes up to [`limit`](VerifyLayer::limit) bytes of memory until its handler has answered, authentic or
//! not. Set a [`body_budget`](VerifyLayer::body_budget) for all of them together, above all with a larger limit than the
//! default: 20 connections to a layer with a limit of 25 MiB hold 500 MiB. By default there is no budget.
//!
//! Anyone can fill the budget with bodies that carry no signature. With a budget, an eighth of it is therefore for
//! [bodies of up to 64 KiB](VerifyLayer::small_body_budget), and a body must keep a [least rate](VerifyLayer::least_rate)
//! of 1024 bytes a second, and never stand still for more than 5 seconds. Whoever sends the whole budget anew every few
//! seconds still keeps large bodies out, until a proxy in front or the system stops him. With many endpoints,
//! [`Endpoint::body_budget`] keeps deliveries to one from taking the room of all others.
//! ([`unverified_body_budget`](VerifyLayer::unverified_body_budget) has no default: a part of the budget that unverified
//! bodies must not use helps no delivery that is not verified yet.)
//!
//! The process takes more than the budget. A buffer that grows can be in memory twice while it is copied, the server has
//! buffers of its own (hyper's of up to 400 KB for each TCP connection), and an allocator may keep what was freed: with
//! glibc, a process with a full budget of 250 MiB was seen to take 687 MB. Allow three times the budget, and make the
//! allocator return large buffers at once: set the variable `MALLOC_MMAP_THRESHOLD_=131072` for glibc.
//!
//! A body that is refused before its end, as with 413, closes the TCP connection. A client that still sends then may see a
//! broken connection in place of the response: to read on and wait is the server's task, and hyper does not.
//!
//! # Many endpoints
//!
//! [`VerifyLayer::resolving`] takes a function from the head of a request to an [`Endpoint`]: an asynchronous one,
//! [`lookup`] for one that looks into a map, or a [`Cache`] of the results of a slow one.
//!
//! # Logs and metrics
//!
//! With the feature `tracing`, the layer logs one event for each delivery, with the target `countersign` and the fields
//! `endpoint` (its name), `reason` (the name of the [rejection](crate::Rejection::name) or
//! [refusal](Refusal::name)) and `length` (the bytes of the body that arrived). The level is DEBUG if the delivery is
//! authentic, INFO if not, and ERROR if the operator made a mistake, or if the resolver or the store failed, panicked or
//! took too long: the field `error` then says why. If the store fails later, when it notes the outcome, an ERROR follows with the
//! `reason` `not_stored` and the `error`; the response is that of the handler. A WARN follows
//!
//! - if the handler of an authentic delivery was dropped before it answered and its message stays reserved
//!   ([`Unanswered::Keep`]): the message may be lost;
//! - if the body of an authentic delivery is not the JSON that `VerifiedJson` of the feature `axum` expects, which is
//!   answered with 400, with the `reason` `not_json`, `unexpected_json` (JSON of another form) or `encoded` (it has a
//!   `Content-Encoding`), and with `line` and `column` of the fault;
//! - once for each endpoint whose verifier checks nothing (`auth_method` NONE): every delivery to it counts as authentic.
//!
//! With the feature `metrics`, the layer counts `countersign_deliveries_total`, by `endpoint` and `verdict` (a
//! reason, or `authentic`); `countersign_body_bytes_total`, by `endpoint`; and, by `endpoint` too,
//! `countersign_unanswered_total` and `countersign_unexpected_json_total`: the deliveries of the first two of these WARN,
//! which were counted as `authentic` too.
//!
//! Nothing in them was written by a sender, so they contain neither signatures nor made-up names. The name of an endpoint
//! is the one that you gave it. There is one exception: if the resolver of [`Cache`] fails, the endpoint is not known, and
//! the log has the name from the request in its place, with quotes and escapes. (For other resolvers, and in the metrics,
//! it is `unknown`; see [`Resolve::name_of`].)

// In the order of a request's way: each module uses only modules below it.

// Builds the service.
mod layer;
mod pace;

// The service, which makes a future for each request.
mod service;

// The states of a request.
mod future;

// Reads and verifies the body.
mod body;

// What the handler finds in the request's extensions.
mod extensions;

// The settings of the layer.
mod config;

// The responses to refused requests.
mod response;

// Calls the handler once for each message.
mod replay;

// Log events and counters.
pub(crate) mod telemetry;

// The settings of one tenant, and how the endpoint of a request is found.
mod endpoint;

// The head of a request, as a verifier reads it.
mod request_head;

// The URL that the sender called.
mod request_url;

// Why a request is refused.
mod refusal;

// The limit on the memory for bodies.
mod body_budget;

// The limits on time.
mod timeout;

// Panics of the resolver and of the store.
mod panics;

pub use body::buffered::WholeBody;
pub use body::mode::{BodyMode, PassThrough, Whole};
pub use body::pass_through::body::PassThroughBody;
pub use endpoint::Endpoint;
pub use endpoint::cache::{Cache, CacheFuture};
pub use endpoint::resolver::{Lookup, Resolve, ResolveError, Resolved, SingleEndpoint, lookup};
pub use extensions::authentic::Authentic;
pub use extensions::decision::Decision;
pub use future::VerifyFuture;
pub use layer::VerifyLayer;
pub use refusal::Refusal;
pub use replay::Unanswered;
pub use replay::store::{Outcome, ReplayStore, StoreError, StoreFuture};
pub use response::{RejectedStatus, RepeatedAnswer, ResponseBody};
pub use service::Verify;
