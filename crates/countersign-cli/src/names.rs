//! Names of algorithms and encodings as people type them, such as `sha-256` and `hex`. In JSON only the fixed names count.

use countersign::{Algorithm, Encoding};

/// How the algorithm is inferred, under its fixed name.
pub(crate) const INFER: &str = "INFER_FROM_HEADER";

/// The algorithm that is meant: its fixed name, or that name without `HMAC`, marks and case.
pub(crate) fn algorithm(typed: &str) -> Option<Algorithm> {
    let typed = plain(typed);
    let typed = typed.strip_prefix("hmac").unwrap_or(&typed);
    Algorithm::ALL.into_iter().find(|algorithm| plain(algorithm.name()) == typed)
}

/// The fixed name of an algorithm, or of the way to infer one; the same text if it names none.
pub(crate) fn algorithm_or_infer(typed: &str) -> &str {
    match algorithm(typed) {
        Some(algorithm) => algorithm.name(),
        None if ["infer", "inferfromheader"].contains(&&*plain(typed)) => INFER,
        None => typed,
    }
}

/// The fixed name of an encoding; the same text if it names none.
pub(crate) fn encoding(typed: &str) -> &str {
    let plain_typed = match &*plain(typed) {
        "hex" | "base16" => plain(Encoding::HexaDecimal.name()),
        "base64urlsafe" | "urlsafebase64" => plain(Encoding::Base64Url.name()),
        other => other.to_owned(),
    };
    let known = Encoding::ALL.into_iter().find(|encoding| plain(encoding.name()) == plain_typed);
    known.map_or(typed, |encoding| encoding.name())
}

/// In lower case, without marks between the words.
fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_spellings_are_understood() {
        for typed in ["SHA_256", "sha256", "SHA-256", "Sha_256", "hmac-sha256", "HMAC_SHA256"] {
            assert_eq!(algorithm(typed), Some(Algorithm::Sha256), "{typed}");
        }
        assert_eq!((algorithm("md5"), algorithm("MD-5")), (Some(Algorithm::Md5), Some(Algorithm::Md5)));
        for typed in ["", "hmac", "sha", "sha3", "SHA_3", "sha3-256", "sha512/256", "sha2"] {
            assert_eq!(algorithm(typed), None, "{typed}");
        }
        assert_eq!(["infer", "infer_from_header", "sha_1"].map(algorithm_or_infer), [INFER, INFER, "SHA_1"]);
        assert_eq!(["hex", "HEX", "hexadecimal", "Base16"].map(encoding), ["HEXA_DECIMAL"; 4]);
        assert_eq!(
            ["base64url", "BASE64-URL", "base64", "rot13"].map(encoding),
            ["BASE64_URL", "BASE64_URL", "BASE64", "rot13"]
        );
    }
}
