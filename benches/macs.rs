//! The MAC alone, by those whom countersign is compared with.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
#[cfg(feature = "openssl")]
mod openssl;
mod ring;
mod rust_crypto;

use countersign_core::Algorithm;

/// What is done with each of them.
pub trait Contest {
    /// `prepare` makes a key ready, `tag` makes a tag with it; `once` does both for a secret that is used once.
    fn enter<K: 'static, T: AsRef<[u8]> + 'static>(
        &mut self,
        name: &'static str,
        prepare: impl Fn(&[u8]) -> K + 'static,
        tag: impl Fn(&K, &[u8]) -> T + 'static,
        once: impl Fn(&[u8], &[u8]) -> T + 'static,
    );
}

/// Enters all that have the algorithm.
pub fn rivals(algorithm: Algorithm, contest: &mut impl Contest) {
    rust_crypto::enter(algorithm, contest);
    ring::enter(algorithm, contest);
    #[cfg(feature = "aws-lc-rs")]
    aws_lc::enter(algorithm, contest);
    #[cfg(feature = "openssl")]
    openssl::enter(algorithm, contest);
}
