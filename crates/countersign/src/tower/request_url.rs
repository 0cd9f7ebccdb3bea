//! The URL that a sender called, for schemes that sign it.

use std::fmt;
use std::sync::Arc;

use ::http::Uri;
use ::http::request::Parts;

use crate::http::url;

/// How the URL is found that a sender called and signed. A request does not tell: `Host` and `:authority` are what the sender
/// says, and the path is what routers in front have left of it.
#[derive(Clone)]
pub(crate) enum Address {
    /// Scheme and host; the path is the request's.
    Origin(String),
    Function(Arc<Find>),
}

type Find = dyn Fn(&Parts) -> Option<String> + Send + Sync;

impl Address {
    pub(crate) fn origin(origin: impl Into<String>) -> Self {
        Self::Origin(origin.into())
    }

    pub(crate) fn function(find: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::Function(Arc::new(find))
    }

    /// The URL that was called; empty, which is as good as none, if the function knows none.
    pub(crate) fn of(&self, parts: &Parts) -> String {
        match self {
            Self::Origin(origin) => url(origin, original(parts)),
            Self::Function(find) => find(parts).unwrap_or_default(),
        }
    }
}

/// The URI as it was before `axum::Router::nest` cut its path.
#[cfg(feature = "axum")]
fn original(parts: &Parts) -> &Uri {
    parts.extensions.get::<::axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn original(parts: &Parts) -> &Uri {
    &parts.uri
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => f.debug_tuple("Origin").field(origin).finish(),
            Self::Function(_) => f.write_str("Function"),
        }
    }
}
