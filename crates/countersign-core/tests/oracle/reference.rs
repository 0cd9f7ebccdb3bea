//! A reference verifier for signature headers: simple and slow. It shares only types with the core, no code.
//!
//! It follows test-vectors/README.md step by step.

use std::collections::HashMap;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use countersign_core::{Algorithm, Encoding};

/// The configuration of a verifier.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The configured algorithm; `None` if it is inferred.
    pub(crate) fixed: Option<Algorithm>,
    /// The algorithms that may be inferred.
    pub(crate) accept: Vec<Algorithm>,
    pub(crate) encoding: Encoding,
    pub(crate) secrets: Vec<Vec<u8>>,
}

/// The numbers of the rejections that a signature can get.
const REPEATED_SIGNATURE: u8 = 2;
const MALFORMED_SIGNATURE: u8 = 3;
const UNKNOWN_ALGORITHM: u8 = 4;
const ALGORITHM_NOT_ACCEPTED: u8 = 5;
const MALFORMED_ENCODING: u8 = 6;
const WRONG_LENGTH: u8 = 7;
const MISMATCH: u8 = 8;

/// The meaning of a label: an algorithm, and sometimes an encoding.
type Label = (Algorithm, Option<Encoding>);

/// All labels, in lower case.
static LABELS: LazyLock<HashMap<String, Label>> = LazyLock::new(|| {
    let mut labels = HashMap::new();
    let names = [
        ("md5", Algorithm::Md5),
        ("sha1 sha-1 sha_1", Algorithm::Sha1),
        ("sha224 sha-224 sha_224", Algorithm::Sha224),
        ("sha256 sha-256 sha_256", Algorithm::Sha256),
        ("sha384 sha-384 sha_384", Algorithm::Sha384),
        ("sha512 sha-512 sha_512", Algorithm::Sha512),
    ];
    let suffixes = [
        ("", None),
        ("-hex", Some(Encoding::HexaDecimal)),
        ("_hex", Some(Encoding::HexaDecimal)),
        ("-base64", Some(Encoding::Base64)),
        ("_base64", Some(Encoding::Base64)),
    ];
    for prefix in ["", "hmac", "hmac-", "hmac_"] {
        for (spellings, algorithm) in names {
            for name in spellings.split(' ') {
                for (suffix, encoding) in suffixes {
                    labels.insert(format!("{prefix}{name}{suffix}"), (algorithm, encoding));
                }
            }
        }
    }
    labels
});

/// The algorithm and the index of the secret, or the number of the rejection.
pub(crate) fn judge(setup: &Setup, line: &[u8], companions: &[&[u8]], body: &[u8]) -> Result<(Algorithm, usize), u8> {
    // 1. The header.
    let value = trimmed(line)?;
    // 2. The label.
    let (label, text) = split_label(value)?;
    // 3. The companion header, which is read only if the algorithm is inferred.
    let companion = match (setup.fixed, companions) {
        (Some(_), _) | (None, []) => None,
        (None, [line]) => Some(known_label(trimmed(line)?).ok_or(UNKNOWN_ALGORITHM)?),
        (None, _) => return Err(REPEATED_SIGNATURE),
    };
    // 4. All stated algorithms must agree and be accepted.
    let labels: Vec<Label> = [label, companion].into_iter().flatten().collect();
    let stated: Vec<Algorithm> = setup.fixed.into_iter().chain(labels.iter().map(|label| label.0)).collect();
    let accept = if setup.fixed.is_some() { &Algorithm::ALL[..] } else { &setup.accept };
    if stated.iter().any(|&algorithm| algorithm != stated[0] || !accept.contains(&algorithm)) {
        return Err(ALGORITHM_NOT_ACCEPTED);
    }
    // 5. The decoding.
    if labels.iter().any(|label| label.1.is_some_and(|encoding| encoding != setup.encoding)) {
        return Err(MALFORMED_ENCODING);
    }
    let tag = decode(setup.encoding, text).ok_or(MALFORMED_ENCODING)?;
    // 6. The length.
    let by_length = match tag.len() {
        16 => Algorithm::Md5,
        20 => Algorithm::Sha1,
        28 => Algorithm::Sha224,
        32 => Algorithm::Sha256,
        48 => Algorithm::Sha384,
        64 => Algorithm::Sha512,
        _ => return Err(WRONG_LENGTH),
    };
    if stated.first().is_some_and(|&algorithm| algorithm != by_length) {
        return Err(WRONG_LENGTH);
    }
    if !accept.contains(&by_length) {
        return Err(ALGORITHM_NOT_ACCEPTED);
    }
    // 7. The comparison.
    let index = setup.secrets.iter().position(|secret| super::tag(by_length, secret, body) == tag);
    index.map(|index| (by_length, index)).ok_or(MISMATCH)
}

fn trimmed(mut value: &[u8]) -> Result<&[u8], u8> {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = value {
        value = rest;
    }
    if value.is_empty() || value.len() > 4096 { Err(MALFORMED_SIGNATURE) } else { Ok(value) }
}

fn known_label(name: &[u8]) -> Option<Label> {
    LABELS.get(&str::from_utf8(name).ok()?.to_ascii_lowercase()).copied()
}

fn split_label(value: &[u8]) -> Result<(Option<Label>, &[u8]), u8> {
    let Some(at) = value.iter().position(|&byte| byte == b'=' || byte == b':') else {
        return Ok((None, value));
    };
    let (name, rest) = (&value[..at], &value[at + 1..]);
    if let Some(label) = known_label(name) {
        return if rest.is_empty() { Err(MALFORMED_SIGNATURE) } else { Ok((Some(label), rest)) };
    }
    let padding_only = value[at..].iter().all(|&byte| byte == b'=');
    if padding_only { Ok((None, value)) } else { Err(UNKNOWN_ALGORITHM) }
}

/// Each engine of `base64` either requires or forbids padding, and refuses trailing bits. A text is valid if one
/// accepts it.
fn decode(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok(),
        Encoding::Base64Url => URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        Encoding::HexaDecimal => hex::decode(text).ok(),
    }
}
