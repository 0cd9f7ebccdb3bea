//! What runs before the core: the function of a sender, or the composition of a scheme.

use std::sync::Arc;

use countersign_core::{Delivery, Headers, Rejection, Scheme};

use crate::composition::Composition;
use crate::error::ConfigError;
use crate::function::{Function, Rewritten};
use crate::header_name;

/// What rewrites a delivery before the core judges it.
#[derive(Clone, Debug)]
pub(crate) enum Rewriter {
    Function(Function),
    Composition(Arc<Composition>),
}

impl Rewriter {
    /// Whether it finds the signature by itself. Otherwise a header contains it, and the core can judge the head first.
    pub(crate) fn finds_signature(&self) -> bool {
        match self {
            Self::Function(function) => function.finds_signature(),
            Self::Composition(composition) => !composition.has_plain_head(),
        }
    }

    /// Whether the signature is in the body or the URL, and not in a header.
    pub(crate) fn moves_signature(&self) -> bool {
        match self {
            Self::Function(function) => function.finds_signature(),
            Self::Composition(composition) => composition.signature_place().is_some(),
        }
    }

    /// The same, with the signature in the header `name`.
    pub(crate) fn in_header(self, name: &str) -> Self {
        match self {
            Self::Composition(composition) => Self::Composition(Arc::new(composition.in_header(name))),
            function @ Self::Function(_) => function,
        }
    }

    /// The composition, if all that it does is to unpack a packed body.
    pub(crate) fn only_unpacks(&self) -> Option<&Composition> {
        match self {
            Self::Function(_) => None,
            Self::Composition(composition) => Some(&**composition).filter(|composition| composition.only_unpacks()),
        }
    }

    /// Whether the MAC covers the whole body.
    pub(crate) fn covers_body(&self) -> bool {
        match self {
            Self::Function(function) => *function != Function::Adyen,
            Self::Composition(composition) => composition.covers_body(),
        }
    }

    /// Whether a verdict depends on the URL, beside `{url}` in the template.
    pub(crate) fn reads_url(&self) -> bool {
        matches!(self, Self::Composition(composition) if composition.reads_url())
    }

    /// Whether the MAC covers nothing but the body, or parts of it. `template` is that of the core.
    pub(crate) fn signs_body_alone(&self, template: &str) -> bool {
        match self {
            // Those that read anything else require `{url}` in the template.
            Self::Function(_) => Composition::is_body_alone(template),
            Self::Composition(composition) => composition.signs_body_alone(template),
        }
    }

    /// Returns the delivery that the core judges.
    ///
    /// # Errors
    /// Those of [`Function::rewrite`] and [`Composition::rewrite`].
    pub(crate) fn rewrite<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        match self {
            Self::Function(function) => function.rewrite(delivery),
            Self::Composition(composition) => composition.rewrite(delivery),
        }
    }

    /// As [`rewrite`](Self::rewrite), for a message that is not signed yet.
    ///
    /// # Errors
    /// As [`rewrite`](Self::rewrite).
    pub(crate) fn rewrite_unsigned<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
    ) -> Result<Rewritten<'a>, Rejection> {
        match self {
            Self::Function(function) => function.rewrite(delivery),
            Self::Composition(composition) => composition.rewrite_unsigned(delivery),
        }
    }
}

/// Checks that the signature (or token) of a scheme can be read from the header `name`.
pub(crate) fn check_header_change<S>(
    name: &str,
    scheme: &Scheme<S>,
    rewriter: Option<&Rewriter>,
) -> Result<(), ConfigError> {
    header_name::check(name)?;
    if matches!(scheme, Scheme::None) {
        return Err(ConfigError::invalid(
            "with auth_method NONE nothing is verified, so no header is read; build the verifier with auth_method HMAC or \
             TOKEN_BASED, or name no header",
        ));
    }
    if rewriter.is_some_and(Rewriter::moves_signature) {
        return Err(ConfigError::invalid(
            "the signature of this scheme is in the body or the URL, not in a header; name no header",
        ));
    }
    Ok(())
}
