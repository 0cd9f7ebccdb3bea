//! The interface between the future of a request and the code that reads its body.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use ::http::request::Parts;

use crate::handshake::Handshake;
use crate::tower::body::limited::LimitedBody;
use crate::tower::config::Config;
use crate::tower::endpoint::resolver::ResolvedEndpoint;
use crate::tower::refusal::Refusal;
use crate::tower::request_head::RequestHead;

/// Reads a body until the handler can be called.
pub trait BodyReader<B>: Sized {
    /// Whether the handler gets the body before it is whole.
    const IS_PASS_THROUGH: bool;
    type HandlerBody;
    type HandlerRun: HandlerRun;

    fn new(target: ResolvedEndpoint, body: LimitedBody<B>) -> Self;

    /// Ready when the handler can be called, or the request is refused. Inserts the extensions for the handler.
    fn poll(
        self: Pin<&mut Self>,
        request: &mut RequestContext<'_>,
        cx: &mut Context<'_>,
    ) -> Poll<ReadResult<Self::HandlerBody, Self::HandlerRun>>;
}

/// The body for the handler, and what the layer keeps while the handler runs; or why the request is refused.
pub(crate) type ReadResult<B, R> = Result<(B, R), Refusal>;

/// What the layer keeps of a delivery while its handler runs.
pub trait HandlerRun {
    /// The handler is being called or polled (`true`), or has returned from that (`false`). If `self` is dropped in
    /// between, the handler has panicked.
    fn set_polling(&mut self, is_polling: bool);

    /// The handler has answered, or its service has failed. Ready when the response may be sent: the verdict is known,
    /// and the store has noted the outcome.
    ///
    /// # Errors
    /// If the sender must not get the handler's response.
    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>>;
}

/// The head of the request whose body is read, and the settings of the layer.
#[expect(missing_debug_implementations, reason = "it contains a signature, and the public interface never returns one")]
pub struct RequestContext<'a> {
    pub(crate) parts: &'a mut Parts,
    pub(crate) config: &'a Config,
    pub(crate) received_at: SystemTime,
    /// The answer to a handshake; then the request is refused with [`Refusal::Handshake`].
    pub(crate) handshake: &'a mut Option<Handshake>,
}

impl RequestContext<'_> {
    pub(crate) fn head(&self) -> RequestHead<'_> {
        let url_source = self.config.url_source.as_ref();
        RequestHead { parts: self.parts, url_source, received_at: self.received_at }
    }
}
