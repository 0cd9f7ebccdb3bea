//! Token authentication (TOKEN_BASED): the sender puts the secret itself into a header.

use crate::compare::{Matches, equal};
use crate::header::HeaderValue;
use crate::key::{Key, token_digest};
use crate::secret_set::SecretSet;

/// Compares a header value with every token. The time depends only on the length of the value and the number of tokens.
///
/// With `bearer`, the value is also compared without its leading `Bearer ` (RFC 6750 section 2.1; case does not
/// matter by RFC 9110 section 11.1), so a token may be configured with or without it.
pub(crate) fn check(keys: &[Key], value: HeaderValue<'_>, bearer: bool, usable: SecretSet) -> Matches {
    let value = value.as_bytes();
    let whole = token_digest(value);
    let bare = if bearer { strip_bearer(value) } else { None }.map(token_digest);
    let mut matches = Matches::new();
    for (expected, mask) in keys.iter().filter_map(Key::as_token).zip(usable.masks()) {
        let mut is_equal = equal(whole.as_ref(), expected.as_ref(), mask);
        if let Some(bare) = &bare {
            is_equal |= equal(bare.as_ref(), expected.as_ref(), mask);
        }
        matches.add(is_equal);
    }
    matches
}

fn strip_bearer(value: &[u8]) -> Option<&[u8]> {
    let (scheme, [b' ', token @ ..]) = value.split_first_chunk::<6>()? else { return None };
    let mut token = token;
    // Spaces only: RFC 6750 allows no tab here.
    while let [b' ', rest @ ..] = token {
        token = rest;
    }
    scheme.eq_ignore_ascii_case(b"bearer").then_some(token)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that panics has failed")]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// The index of the token that matches a header value. Checks too that another token before it increases the index
    /// by one.
    #[track_caller]
    fn matching(tokens: &[&str], value: &str, bearer: bool) -> Option<u8> {
        let value = HeaderValue::new(value.as_bytes()).unwrap();
        let keys: Vec<Key> = tokens.iter().map(|token| Key::token(token.as_bytes()).unwrap()).collect();
        let shifted: Vec<Key> = [Key::token(b"another").unwrap()].into_iter().chain(keys.iter().cloned()).collect();
        let index = check(&keys, value, bearer, SecretSet::ALL).declassify().ok();
        assert_eq!(
            check(&shifted, value, bearer, SecretSet::ALL).declassify().ok(),
            index.map(|index| index.wrapping_add(1))
        );
        index
    }

    #[test]
    fn the_token_alone_is_enough_in_every_header() {
        for bearer in [false, true] {
            assert_eq!(matching(&["token"], "token", bearer), Some(0));
            for value in ["Token", "toke", "tokens", "token token", "token,token", "\"token\"", "token\0", "\0token"] {
                assert_eq!(matching(&["token"], value, bearer), None, "{value}");
            }
        }
    }

    #[test]
    fn bearer_and_spaces_may_precede_it_in_authorization_only() {
        for value in
            ["Bearer token", "bearer token", "BEARER token", "bEaReR token", "Bearer  token", "Bearer     token"]
        {
            assert_eq!(matching(&["token"], value, true), Some(0), "{value}");
            assert_eq!(matching(&["token"], value, false), None, "{value}");
        }
    }

    #[test]
    fn nothing_else_may_precede_it() {
        for value in [
            "Bearer",
            "Bearertoken",
            "Bearer\ttoken",
            "Bearer \ttoken",
            "Bearer \ntoken",
            "Bearer \x0ctoken",
            "Bearer \r\n token",
            "Bearer \u{a0}token",
            "Bearer: token",
            "Bearer=token",
            "Bearer Bearer token",
            "Bearer token extra",
            "Bearer, token",
            "Basic token",
            "Token token",
            "Bearers token",
            "xBearer token",
        ] {
            assert_eq!(matching(&["token"], value, true), None, "{value:?}");
        }
    }

    /// Some operators configure the whole header value. Then that is the token, and it is compared unchanged.
    #[test]
    fn a_token_may_be_configured_with_its_bearer_prefix() {
        for bearer in [false, true] {
            assert_eq!(matching(&["Bearer token"], "Bearer token", bearer), Some(0));
            for value in ["token", "bearer token", "Bearer  token"] {
                assert_eq!(matching(&["Bearer token"], value, bearer), None, "{value}");
            }
        }
        assert_eq!(matching(&["Bearer token"], "Bearer Bearer token", true), Some(0));
        assert_eq!(matching(&["Bearer"], "Bearer", true), Some(0));
        assert_eq!(matching(&["Bearer"], "Bearer Bearer", true), Some(0));
    }

    #[test]
    fn the_first_token_that_matches_is_returned() {
        let tokens = ["a", "b", "Bearer a", "b"];
        assert_eq!(matching(&tokens, "a", true), Some(0));
        assert_eq!(matching(&tokens, "b", true), Some(1));
        // This value matches two tokens: one unchanged, one without its prefix.
        assert_eq!(matching(&tokens, "Bearer a", true), Some(0));
        assert_eq!(matching(&tokens, "Bearer a", false), Some(2));
        assert_eq!(matching(&[], "a", true), None);
    }

    /// Tokens of any length are distinguished, even if one is a prefix of the other or differs only in its last bit.
    #[test]
    fn tokens_of_every_length_are_distinguished() {
        for length in [1, 31, 32, 33, 63, 64, 65, 1000, 4095] {
            let token = "a".repeat(length);
            assert_eq!(matching(&[&token], &token, true), Some(0), "{length}");
            for other in ["a".repeat(length.wrapping_add(1)), "a".repeat(length.wrapping_sub(1)) + "`"] {
                assert_eq!(matching(&[&token], &other, true), None, "{length}");
            }
        }
    }

    /// An HMAC key never matches as a token.
    #[test]
    fn hmac_keys_are_ignored() {
        let keys = [Key::hmac(crate::algorithm::Algorithm::Sha256, b"token").unwrap(), Key::token(b"token").unwrap()];
        assert_eq!(check(&keys, HeaderValue::new(b"token").unwrap(), true, SecretSet::ALL).declassify(), Ok(0));
    }
}
