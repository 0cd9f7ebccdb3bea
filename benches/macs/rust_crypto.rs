//! The crates `hmac`, `md-5`, `sha1` and `sha2`.

use countersign_core::Algorithm;
use hmac::{EagerHash, Hmac, KeyInit, Mac};

use super::Contest;

pub(super) fn enter(algorithm: Algorithm, contest: &mut impl Contest) {
    match algorithm {
        Algorithm::Md5 => with::<md5::Md5>(contest),
        Algorithm::Sha1 => with::<sha1::Sha1>(contest),
        Algorithm::Sha224 => with::<sha2::Sha224>(contest),
        Algorithm::Sha256 => with::<sha2::Sha256>(contest),
        Algorithm::Sha384 => with::<sha2::Sha384>(contest),
        Algorithm::Sha512 => with::<sha2::Sha512>(contest),
    }
}

fn with<H>(contest: &mut impl Contest)
where
    H: EagerHash + 'static,
    Hmac<H>: KeyInit + Mac + Clone + 'static,
{
    let prepare = |secret: &[u8]| <Hmac<H> as KeyInit>::new_from_slice(secret).unwrap();
    let finish = |mut mac: Hmac<H>, message: &[u8]| {
        mac.update(message);
        mac.finalize().into_bytes()
    };
    contest.enter(
        "hmac",
        prepare,
        move |key, message| finish(key.clone(), message),
        move |secret, message| finish(prepare(secret), message),
    );
}
