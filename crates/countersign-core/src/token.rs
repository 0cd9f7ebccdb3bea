//! TOKEN_BASED: the sender repeats a secret in a header.

use crate::compare::{Matches, equal};
use crate::header::Value;
use crate::key::{Key, token_digest};
use crate::secret_set::SecretSet;

/// Compares a header value with every token, in a time that depends on the length of the value alone.
///
/// With `bearer`, the value is also compared without its leading `Bearer ` (RFC 6750 section 2.1; the name of a scheme
/// ignores case by RFC 9110 section 11.1), so that a token may be configured with or without it.
pub(crate) fn check(keys: &[Key], value: Value<'_>, bearer: bool, usable: SecretSet) -> Matches {
    let value = value.as_bytes();
    let whole = token_digest(value);
    let bare = if bearer { strip_bearer(value) } else { None }.map(token_digest);
    let mut matches = Matches::none();
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
    // Spaces only: the grammar of RFC 6750 has no other blank here.
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

    /// The index of the token that matches a header value; with one more in front that never does, it is one more.
    #[track_caller]
    fn matching(tokens: &[&str], value: &str, bearer: bool) -> Option<u8> {
        let value = Value::new(value.as_bytes()).unwrap();
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
    fn the_token_alone_is_enough_everywhere() {
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

    /// Some operators paste the whole header value. Then that is the token, and it is compared as it is.
    #[test]
    fn a_token_configured_with_its_bearer() {
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
    fn the_first_token_that_matches_is_told() {
        let tokens = ["a", "b", "Bearer a", "b"];
        assert_eq!(matching(&tokens, "a", true), Some(0));
        assert_eq!(matching(&tokens, "b", true), Some(1));
        // As it is and without its Bearer it matches two tokens.
        assert_eq!(matching(&tokens, "Bearer a", true), Some(0));
        assert_eq!(matching(&tokens, "Bearer a", false), Some(2));
        assert_eq!(matching(&[], "a", true), None);
    }

    /// Tokens of any length are told apart, also where one is the beginning of another or differs in its last bit.
    #[test]
    fn lengths_do_not_matter() {
        for length in [1, 31, 32, 33, 63, 64, 65, 1000, 4095] {
            let token = "a".repeat(length);
            assert_eq!(matching(&[&token], &token, true), Some(0), "{length}");
            for other in ["a".repeat(length.wrapping_add(1)), "a".repeat(length.wrapping_sub(1)) + "`"] {
                assert_eq!(matching(&[&token], &other, true), None, "{length}");
            }
        }
    }

    /// HMAC keys are no tokens, not even by accident.
    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let keys = [Key::hmac(crate::algorithm::Algorithm::Sha256, b"token").unwrap(), Key::token(b"token").unwrap()];
        assert_eq!(check(&keys, Value::new(b"token").unwrap(), true, SecretSet::ALL).declassify(), Ok(0));
    }
}
