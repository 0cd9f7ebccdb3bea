//! The two ways of handing a body to the handler.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use ::http::request::Parts;
use http_body::Body;

use crate::tower::body::bodies::WholeBody;
use crate::tower::body::buffered::Gathering;
use crate::tower::body::limited::Intake;
use crate::tower::body::pass_through::body::PassingBody;
use crate::tower::body::pass_through::start::Opening;
use crate::tower::config::Policy;
use crate::tower::endpoint::resolver::Found;
use crate::tower::refusal::Refusal;
use crate::tower::request_head::Arrival;

/// The handler gets bodies that were verified as a whole, as [`WholeBody`].
#[derive(Clone, Copy, Debug)]
pub enum Whole {}

/// The handler gets bodies while they arrive, as [`PassingBody`], and in place of the last piece an error if they are not
/// authentic.
#[derive(Clone, Copy, Debug)]
pub enum PassThrough {}

/// How a handler gets a body `B` that is verified: [`Whole`] or [`PassThrough`].
pub trait Mode<B> {
    /// What the handler reads.
    type Given;
    /// What is done before the handler is called.
    #[doc(hidden)]
    type Work: Work<B, Given = Self::Given>;
}

impl<B: Body> Mode<B> for Whole {
    type Given = WholeBody;
    type Work = Gathering<B>;
}

impl<B: Body> Mode<B> for PassThrough {
    type Given = PassingBody<B>;
    type Work = Opening<B>;
}

/// What is done between the resolver and the handler.
pub trait Work<B>: Sized {
    /// Whether bodies are handed on before they are whole.
    const PASSES: bool;
    type Given;
    type Kept: Kept;

    fn new(found: Found, intake: Intake<B>) -> Self;

    /// Ready when the handler may be called: with the body for it, and with what is kept until it answers. Puts what the
    /// handler may know into the extensions.
    fn poll(self: Pin<&mut Self>, head: &mut Head<'_>, cx: &mut Context<'_>)
    -> Poll<Admitted<Self::Given, Self::Kept>>;
}

/// What [`Work`] comes to.
pub(crate) type Admitted<G, K> = Result<(G, K), Refusal>;

/// What is kept of a delivery while the handler has it.
pub trait Kept {
    /// The handler is about to be called or polled, or has come back from that. What is dropped in between has panicked.
    fn entered(&mut self, is_in: bool);

    /// The handler has answered, or its service failed. Ready when all is known and noted that must be before the sender
    /// hears.
    ///
    /// # Errors
    /// If the sender must not hear that answer.
    fn poll_answered(&mut self, is_success: bool, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>>;
}

/// The head of a delivery that is being worked on.
#[expect(missing_debug_implementations, reason = "it holds a signature, and nobody gets to see it")]
pub struct Head<'a> {
    pub(crate) parts: &'a mut Parts,
    pub(crate) policy: &'a Policy,
    pub(crate) now: SystemTime,
}

impl Head<'_> {
    pub(crate) fn arrival(&self) -> Arrival<'_> {
        Arrival { parts: self.parts, address: self.policy.address.as_ref(), now: self.now }
    }
}
