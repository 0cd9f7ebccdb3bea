//! What runs before the core: the function of a sender, or the composition of a scheme.

use std::sync::Arc;

use countersign_core::{Delivery, Headers, Rejection, Scheme, SecretSet};

use crate::composition::Composition;
use crate::error::ConfigError;
use crate::function::{Function, Rewritten};
use crate::header_name;
use crate::secret::Secret;

/// What rewrites a delivery before the core judges it.
#[derive(Clone, Debug)]
pub(crate) enum Rewriter {
    Function(Function),
    /// The composition, and the secrets if their text is signed.
    Composition(Arc<Composition>, Vec<Secret>),
}

impl Rewriter {
    /// Whether it finds the signature by itself. Otherwise a header contains it, and the core can judge the head first.
    pub(crate) fn finds_signature(&self) -> bool {
        match self {
            Self::Function(function) => function.finds_signature(),
            Self::Composition(composition, _) => !composition.has_plain_head(),
        }
    }

    /// Whether the signature is in the body or the URL, and not in a header.
    pub(crate) fn moves_signature(&self) -> bool {
        match self {
            Self::Function(function) => function.finds_signature(),
            Self::Composition(composition, _) => composition.signature_place().is_some(),
        }
    }

    /// The same, with the signature in the header `name`.
    pub(crate) fn in_header(self, name: &str) -> Self {
        match self {
            Self::Composition(composition, secrets) => {
                Self::Composition(Arc::new(composition.in_header(name)), secrets)
            }
            function @ Self::Function(_) => function,
        }
    }

    /// Whether the MAC covers the whole body.
    pub(crate) fn covers_body(&self) -> bool {
        match self {
            Self::Function(function) => *function != Function::Adyen,
            Self::Composition(composition, _) => composition.covers_body(),
        }
    }

    /// Whether a verdict depends on the URL, beside `{url}` in the template.
    pub(crate) fn reads_url(&self) -> bool {
        matches!(self, Self::Composition(composition, _) if composition.reads_url())
    }

    /// The composition of a scheme with these secrets.
    pub(crate) fn composition(composition: Arc<Composition>, secrets: &[Secret]) -> Self {
        let secrets = if composition.signs_secret() { secrets.to_vec() } else { Vec::new() };
        Self::Composition(composition, secrets)
    }

    /// The sets of secrets for which the signed text is the same: each alone if its text is signed.
    pub(crate) fn passes(&self, usable: SecretSet) -> impl Iterator<Item = (usize, SecretSet)> {
        let count = match self {
            Self::Composition(_, secrets) => secrets.len(),
            Self::Function(_) => 0,
        };
        let alone = (0..count).map(move |index| {
            (index, if usable.contains(index) { SecretSet::NONE.with(index) } else { SecretSet::NONE })
        });
        (count == 0).then_some((0, usable)).into_iter().chain(alone)
    }

    /// Returns the delivery that the core judges, for the secret `index` if its text is signed.
    ///
    /// # Errors
    /// Those of [`Function::rewrite`] and [`Composition::rewrite`].
    pub(crate) fn rewrite<'a, H: Headers + ?Sized>(
        &'a self,
        delivery: &Delivery<'a, H>,
        index: usize,
    ) -> Result<Rewritten<'a>, Rejection> {
        match self {
            Self::Function(function) => function.rewrite(delivery),
            Self::Composition(composition, secrets) => composition.rewrite(delivery, text(secrets, index)),
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
            Self::Composition(composition, secrets) => composition.rewrite_unsigned(delivery, text(secrets, 0)),
        }
    }
}

fn text(secrets: &[Secret], index: usize) -> Option<&[u8]> {
    secrets.get(index).map(Secret::expose)
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
