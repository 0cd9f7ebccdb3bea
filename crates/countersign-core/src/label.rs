//! Stage 1, parse: the names that senders use for algorithms, as in `sha256=…` or `X-Algorithm: HmacSHA256`.

use crate::algorithm::Algorithm;
use crate::encoding::Encoding;

/// The meaning of a label: an algorithm, and sometimes an encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) algorithm: Algorithm,
    encoding: Option<Encoding>,
}

/// The length of the longest label, `hmac-sha-256-base64`. Most signatures without a label are longer.
pub(crate) const MAX_LABEL: usize = 19;

impl Label {
    /// Reads `[hmac[-_]]NAME[(-_)(hex|base64)]`, ASCII case ignored, where NAME is `md5` or `sha[-_]?SIZE`.
    ///
    /// `None` if the text is none of these.
    pub(crate) fn parse(name: &[u8]) -> Option<Self> {
        if name.len() > MAX_LABEL {
            return None;
        }
        let name = match strip_prefix(name, b"hmac") {
            Some([b'-' | b'_', rest @ ..] | rest) => rest,
            None => name,
        };
        let (name, encoding) = split_suffix(name);
        Some(Self { algorithm: algorithm(name)?, encoding })
    }

    /// Whether the label agrees with the configured encoding.
    ///
    /// The suffix `base64` does not agree with `BASE64_URL`: RFC 4648 section 5 asks not to call that just "base64".
    pub(crate) fn allows(self, configured: Encoding) -> bool {
        self.encoding.is_none_or(|named| named == configured)
    }
}

fn algorithm(name: &[u8]) -> Option<Algorithm> {
    if name.eq_ignore_ascii_case(b"md5") {
        return Some(Algorithm::Md5);
    }
    let Some([b'-' | b'_', size @ ..] | size) = strip_prefix(name, b"sha") else {
        return None;
    };
    match size {
        b"1" => Some(Algorithm::Sha1),
        b"224" => Some(Algorithm::Sha224),
        b"256" => Some(Algorithm::Sha256),
        b"384" => Some(Algorithm::Sha384),
        b"512" => Some(Algorithm::Sha512),
        _ => None,
    }
}

fn split_suffix(name: &[u8]) -> (&[u8], Option<Encoding>) {
    for (suffix, encoding) in [(&b"hex"[..], Encoding::HexaDecimal), (b"base64", Encoding::Base64)] {
        if let Some([rest @ .., b'-' | b'_']) = strip_suffix(name, suffix) {
            return (rest, Some(encoding));
        }
    }
    (name, None)
}

fn strip_prefix<'a>(name: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (head, rest) = name.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

fn strip_suffix<'a>(name: &'a [u8], suffix: &[u8]) -> Option<&'a [u8]> {
    let (rest, tail) = name.split_at_checked(name.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_every_algorithm_is_known() {
        for (algorithm, spellings) in [
            (Algorithm::Md5, &["md5"][..]),
            (Algorithm::Sha1, &["sha1", "sha-1", "sha_1"]),
            (Algorithm::Sha224, &["sha224", "sha-224", "sha_224"]),
            (Algorithm::Sha256, &["sha256", "sha-256", "sha_256"]),
            (Algorithm::Sha384, &["sha384", "sha-384", "sha_384"]),
            (Algorithm::Sha512, &["sha512", "sha-512", "sha_512"]),
        ] {
            for spelling in spellings {
                for prefix in ["", "hmac", "hmac-", "hmac_", "HMAC", "Hmac-"] {
                    for (suffix, encoding) in [
                        ("", None),
                        ("-hex", Some(Encoding::HexaDecimal)),
                        ("_HEX", Some(Encoding::HexaDecimal)),
                        ("-base64", Some(Encoding::Base64)),
                        ("_Base64", Some(Encoding::Base64)),
                    ] {
                        let name = std::format!("{prefix}{spelling}{suffix}");
                        let expected = Some(Label { algorithm, encoding });
                        assert_eq!(Label::parse(name.as_bytes()), expected, "{name}");
                        assert_eq!(Label::parse(name.to_uppercase().as_bytes()), expected, "{name}");
                    }
                }
            }
        }
    }

    #[test]
    fn near_misses_are_unknown() {
        for name in [
            "",
            "hmac",
            "hmac-",
            "sha",
            "sha-",
            "sha--1",
            "sha2",
            "sha-2-256",
            "sha3-256",
            "sha512/256",
            "md-5",
            "md_5",
            "md4",
            "v1",
            "t",
            "sha256-",
            "sha256hex",
            "sha256-base64url",
            "-sha256",
            "hmac--sha256",
            "hmachmacsha1",
            "sha 256",
            "sha0256",
            "hex",
            "-hex",
            "sha256-hex-hex",
        ] {
            assert_eq!(Label::parse(name.as_bytes()), None, "{name}");
        }
    }
}
