//! Finds the URL that a sender called, for schemes that sign it.

use std::fmt;
use std::sync::Arc;

use ::http::Uri;
use ::http::request::Parts;

use crate::http::url;

/// How to find the URL that a sender called and signed. The request does not contain it: the sender writes `Host` and
/// `:authority` itself, and routers and proxies in front of the layer may have changed the path.
#[derive(Clone)]
pub(crate) enum UrlSource {
    /// Scheme and host, and the part of the path that a proxy removes. The rest of the path is that of the request.
    Origin(String),
    Function(Arc<UrlFunction>),
}

type UrlFunction = dyn Fn(&Parts) -> Option<String> + Send + Sync;

impl UrlSource {
    pub(crate) fn origin(origin: impl Into<String>) -> Self {
        Self::Origin(origin.into())
    }

    pub(crate) fn function(function: impl Fn(&Parts) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::Function(Arc::new(function))
    }

    /// Whether a URL can be made of it: an origin is scheme and host, perhaps followed by a port and the part of the path
    /// that a proxy removes.
    pub(crate) fn is_valid(&self) -> bool {
        let Self::Origin(origin) = self else { return true };
        let Ok(uri) = origin.parse::<Uri>() else { return false };
        let has_host = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
        matches!(uri.scheme_str(), Some("https" | "http")) && has_host && !origin.contains(['?', '#'])
    }

    /// The URL that the sender of this request called. Empty if the function returns `None`: an empty URL counts as
    /// absent.
    pub(crate) fn url(&self, parts: &Parts) -> String {
        match self {
            Self::Origin(origin) => url(origin, original_uri(parts)),
            Self::Function(function) => function(parts).unwrap_or_default(),
        }
    }
}

/// The URI before `axum::Router::nest` removed a prefix of its path.
#[cfg(feature = "axum")]
pub(crate) fn original_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<::axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
pub(crate) fn original_uri(parts: &Parts) -> &Uri {
    &parts.uri
}

impl fmt::Debug for UrlSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => f.debug_tuple("Origin").field(origin).finish(),
            Self::Function(_) => f.write_str("Function"),
        }
    }
}
