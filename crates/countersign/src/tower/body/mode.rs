//! The two ways in which a handler can get a body.

use http_body::Body;

use crate::tower::body::BoxError;
use crate::tower::body::buffered::{BufferedReader, WholeBody};
use crate::tower::body::pass_through::body::PassThroughBody;
use crate::tower::body::pass_through::start::PassThroughReader;
use crate::tower::body::reader::BodyReader;

/// The handler gets a [`WholeBody`], after all of it was verified.
#[derive(Clone, Copy, Debug)]
pub enum Whole {}

/// The handler gets a [`PassThroughBody`] while it arrives. If the delivery is not authentic, the body ends with an
/// error in place of its last chunk.
#[derive(Clone, Copy, Debug)]
pub enum PassThrough {}

/// How a handler gets a body of type `B`: [`Whole`] or [`PassThrough`].
pub trait BodyMode<B> {
    /// The body of the request that the handler gets.
    type HandlerBody;
    /// Reads the body until the handler can be called.
    #[doc(hidden)]
    type Reader: BodyReader<B, HandlerBody = Self::HandlerBody>;
}

impl<B: Body<Error: Into<BoxError>>> BodyMode<B> for Whole {
    type HandlerBody = WholeBody;
    type Reader = BufferedReader<B>;
}

impl<B: Body<Error: Into<BoxError>>> BodyMode<B> for PassThrough {
    type HandlerBody = PassThroughBody<B>;
    type Reader = PassThroughReader<B>;
}
