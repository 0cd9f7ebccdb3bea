//! Hashes without a key: the digests of bodies that a signed text contains, and senders that hash the secret together
//! with the text in place of HMAC.

use crate::algorithm::Algorithm;
use crate::digest::Digest;
use crate::hash::{Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512};
use crate::tag::{MAX_TAG, Tag};

/// The hash of a message, which is the concatenation of `parts`, followed by zeros up to 64 bytes.
///
/// It has no key and authenticates nothing by itself. Where a part is a secret, the time depends on its length only, and
/// nothing of it stays on the stack. [`Claim::judge`](crate::hazmat::Claim::judge) compares the result in constant time.
#[must_use]
pub fn unkeyed_hash(algorithm: Algorithm, parts: &[&[u8]]) -> Tag {
    match algorithm {
        Algorithm::Md5 => hash::<Md5, 64>(parts),
        Algorithm::Sha1 => hash::<Sha1, 64>(parts),
        Algorithm::Sha224 => hash::<Sha224, 64>(parts),
        Algorithm::Sha256 => hash::<Sha256, 64>(parts),
        Algorithm::Sha384 => hash::<Sha384, 128>(parts),
        Algorithm::Sha512 => hash::<Sha512, 128>(parts),
    }
}

fn hash<H: Hash<BLOCK>, const BLOCK: usize>(parts: &[&[u8]]) -> Tag {
    let mut digest = Digest::<H, BLOCK, 1>::resume([H::INITIAL], 1, 0);
    for part in parts {
        digest.update(part);
    }
    let mut bytes = [0; MAX_TAG];
    for state in digest.finish() {
        H::write_hash(state, &mut bytes);
    }
    digest.wipe();
    Tag::new(bytes)
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;

    use super::*;

    /// The parts count as one text, and the rest of the tag is zeros.
    #[test]
    fn the_parts_are_hashed_as_one_text() {
        let parts: [&[u8]; 4] = [b"a secret", b"", &[7; 200], b"end"];
        let text = parts.concat();
        for (algorithm, expected) in [
            (Algorithm::Md5, md5::Md5::digest(&text).to_vec()),
            (Algorithm::Sha1, sha1::Sha1::digest(&text).to_vec()),
            (Algorithm::Sha224, sha2::Sha224::digest(&text).to_vec()),
            (Algorithm::Sha256, sha2::Sha256::digest(&text).to_vec()),
            (Algorithm::Sha384, sha2::Sha384::digest(&text).to_vec()),
            (Algorithm::Sha512, sha2::Sha512::digest(&text).to_vec()),
        ] {
            let tag = unkeyed_hash(algorithm, &parts);
            let actual: &[u8; MAX_TAG] = tag.as_ref();
            assert!(actual.starts_with(&expected), "{algorithm}");
            assert!(actual.iter().skip(expected.len()).all(|&byte| byte == 0), "{algorithm}");
        }
    }
}
