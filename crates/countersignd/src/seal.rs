//! Stored secrets, encrypted: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under the master key.
//!
//! A sealed secret is
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version of this format: 1 |
//! | 4 | which master key it was sealed with ([`MasterKey::id`]) |
//! | 24 | a random nonce; so long that two are never equal by chance |
//! | rest | the ciphertext, and 16 bytes of Poly1305 |
//!
//! The associated data is what comes before the nonce and the id of the connection, so a sealed secret opens for its connection alone: to
//! copy it into the row of another one gains nothing.

mod master_key;

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

pub use master_key::{CREDENTIALS, FILE, MasterKey, MasterKeyError};

use crate::random;

const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 4;
const HEAD_LENGTH: usize = 1 + KEY_ID_LENGTH;
const NONCE_LENGTH: usize = 24;
const TAG_LENGTH: usize = 16;

/// Seals secrets, and opens them again.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    head: [u8; HEAD_LENGTH],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer(…)")
    }
}

/// Why a sealed secret cannot be opened. None of these says anything of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// It was sealed with another master key.
    OtherKey,
    /// It is damaged, or was sealed for another connection.
    Damaged,
    /// A later version of this program has sealed it.
    Newer(u8),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherKey => f.write_str(
                "the stored secret was encrypted with another master key: put that one back, or set the secret anew",
            ),
            Self::Damaged => f.write_str(
                "the stored secret is damaged, or belongs to another connection: restore metadata.db, or set the secret anew",
            ),
            Self::Newer(version) => write!(
                f,
                "the stored secret was encrypted by a later version of countersignd (format {version}, this one knows {VERSION}): use that one"
            ),
        }
    }
}

impl std::error::Error for OpenError {}

impl Sealer {
    /// Seals with this key. The key is wiped when it is dropped, and so is the sealer.
    #[must_use]
    pub fn new(key: &MasterKey) -> Self {
        let mut head = [VERSION; HEAD_LENGTH];
        head[1..].copy_from_slice(&key.id());
        Self { cipher: XChaCha20Poly1305::new(key.bytes().into()), head }
    }

    /// Seals a secret of the connection with this id.
    ///
    /// # Panics
    /// If the system has no random numbers, and if the secret has more than 256 GiB.
    #[must_use]
    pub fn seal(&self, connection: &str, secret: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_LENGTH] = random::bytes();
        let data = self.associated_data(connection);
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), Payload { msg: secret, aad: &data });
        [&self.head[..], &nonce, &sealed.expect("a secret that can be encrypted")].concat()
    }

    /// Opens what was sealed for the connection with this id.
    ///
    /// # Errors
    /// As [`OpenError`] lists them.
    pub fn open(&self, connection: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        match sealed.first() {
            Some(&VERSION) => {}
            Some(&version) if version > VERSION => return Err(OpenError::Newer(version)),
            _ => return Err(OpenError::Damaged),
        }
        let (head, rest) = sealed.split_first_chunk::<HEAD_LENGTH>().ok_or(OpenError::Damaged)?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LENGTH>().ok_or(OpenError::Damaged)?;
        if rest.len() < TAG_LENGTH {
            return Err(OpenError::Damaged);
        }
        if *head != self.head {
            return Err(OpenError::OtherKey);
        }
        let data = self.associated_data(connection);
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg: rest, aad: &data });
        opened.map(Zeroizing::new).map_err(|_| OpenError::Damaged)
    }

    /// The head has one length, so the id of the connection needs none before it.
    fn associated_data(&self, connection: &str) -> Vec<u8> {
        [&self.head[..], connection.as_bytes()].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(&MasterKey::of([byte; 32]))
    }

    #[test]
    fn what_is_sealed_opens_for_its_connection_alone() {
        let ours = sealer(1);
        for secret in [&b""[..], b"s", b"whsec_a-secret", &[0; 5000]] {
            let sealed = ours.seal("speedy_otter", secret);
            assert_eq!(sealed.len(), 1 + 4 + 24 + secret.len() + 16);
            assert_eq!(**ours.open("speedy_otter", &sealed).unwrap(), *secret);
            assert_eq!(ours.open("speedy_ottes", &sealed), Err(OpenError::Damaged));
            assert_eq!(ours.open("", &sealed), Err(OpenError::Damaged));
            // Another nonce each time.
            assert_ne!(ours.seal("speedy_otter", secret), sealed);
        }
    }

    #[test]
    fn each_bit_counts_and_each_fault_has_its_name() {
        let ours = sealer(1);
        let sealed = ours.seal("c", b"secret");
        for bit in 0..sealed.len() * 8 {
            let mut other = sealed.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            let expected = match (bit / 8, other[0]) {
                (0, 0) => OpenError::Damaged,
                (0, version) => OpenError::Newer(version),
                (1..5, _) => OpenError::OtherKey,
                _ => OpenError::Damaged,
            };
            assert_eq!(ours.open("c", &other), Err(expected), "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(ours.open("c", &sealed[..length]), Err(OpenError::Damaged), "{length} bytes");
        }
        assert_eq!(sealer(2).open("c", &sealed), Err(OpenError::OtherKey));
        assert!(OpenError::OtherKey.to_string().contains("another master key"));
    }

    /// Section A.3.1 of draft-irtf-cfrg-xchacha-03, with its own associated data: that the cipher is the one that we say.
    #[test]
    fn the_cipher_is_that_of_the_draft() {
        let count_from = |first: u8| std::iter::successors(Some(first), |byte| byte.checked_add(1));
        let (mut key, mut nonce) = ([0; 32], [0; NONCE_LENGTH]);
        key.iter_mut().zip(count_from(0x80)).for_each(|(byte, value)| *byte = value);
        nonce.iter_mut().zip(count_from(0x40)).for_each(|(byte, value)| *byte = value);
        let text = "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.";
        let data = [0x50, 0x51, 0x52, 0x53, 0xc0, 0xc1, 0xc2, 0xc3, 0xc4, 0xc5, 0xc6, 0xc7];
        let cipher = Sealer::new(&MasterKey::of(key)).cipher;
        let sealed = cipher.encrypt(&XNonce::from(nonce), Payload { msg: text.as_bytes(), aad: &data }).unwrap();
        let (ciphertext, tag) = sealed.split_at(text.len());
        assert_eq!(ciphertext[..8], [0xbd, 0x6d, 0x17, 0x9d, 0x3e, 0x83, 0xd4, 0x3b]);
        let expected = [0xc0, 0x87, 0x59, 0x24, 0xc1, 0xc7, 0x98, 0x79, 0x47, 0xde, 0xaf, 0xd8, 0x78, 0x0a, 0xcf, 0x49];
        assert_eq!(tag, expected);
    }

    #[test]
    fn nothing_is_shown() {
        let shown = format!("{:?} {:?}", sealer(7), MasterKey::of([7; 32]));
        assert_eq!(shown, "Sealer(…) MasterKey(…)");
    }
}
