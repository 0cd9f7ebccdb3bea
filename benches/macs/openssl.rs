//! OpenSSL's HMAC, with one context a key that is set back for each message: the fastest way that it offers.
#![allow(unsafe_code, reason = "its C interface")]

use std::ffi::{c_int, c_uchar, c_uint, c_void};
use std::ptr;

use countersign_core::Algorithm;
use openssl_sys as ffi;

use super::Contest;

pub(super) fn enter(algorithm: Algorithm, contest: &mut impl Contest) {
    contest.enter(
        "OpenSSL",
        move |secret| Context::new(algorithm, secret),
        Context::tag,
        move |secret, message| once(algorithm, secret, message),
    );
}

// The crate does not have it.
unsafe extern "C" {
    fn HMAC(
        digest: *const ffi::EVP_MD,
        key: *const c_void,
        key_length: c_int,
        message: *const c_uchar,
        message_length: usize,
        tag: *mut c_uchar,
        tag_length: *mut c_uint,
    ) -> *mut c_uchar;
}

struct Context(*mut ffi::HMAC_CTX);

struct Tag {
    bytes: [u8; 64],
    length: u32,
}

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length as usize]
    }
}

fn digest(algorithm: Algorithm) -> *const ffi::EVP_MD {
    // SAFETY: these take nothing, and what they give lives for ever.
    unsafe {
        match algorithm {
            Algorithm::Md5 => ffi::EVP_md5(),
            Algorithm::Sha1 => ffi::EVP_sha1(),
            Algorithm::Sha224 => ffi::EVP_sha224(),
            Algorithm::Sha256 => ffi::EVP_sha256(),
            Algorithm::Sha384 => ffi::EVP_sha384(),
            Algorithm::Sha512 => ffi::EVP_sha512(),
        }
    }
}

impl Context {
    fn new(algorithm: Algorithm, secret: &[u8]) -> Self {
        let length = c_int::try_from(secret.len()).unwrap();
        // SAFETY: a new context, a digest, and a secret of that length.
        unsafe {
            let context = ffi::HMAC_CTX_new();
            assert!(!context.is_null());
            assert_eq!(
                ffi::HMAC_Init_ex(context, secret.as_ptr().cast(), length, digest(algorithm), ptr::null_mut()),
                1
            );
            Self(context)
        }
    }

    fn tag(&self, message: &[u8]) -> Tag {
        let (mut bytes, mut length) = ([0; 64], 0);
        // SAFETY: the context has a key; a message of that length; room for the longest tag.
        unsafe {
            ffi::HMAC_Init_ex(self.0, ptr::null(), 0, ptr::null(), ptr::null_mut());
            ffi::HMAC_Update(self.0, message.as_ptr(), message.len());
            ffi::HMAC_Final(self.0, bytes.as_mut_ptr(), &raw mut length);
        }
        Tag { bytes, length }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: it is ours, and is not used any more.
        unsafe { ffi::HMAC_CTX_free(self.0) };
    }
}

fn once(algorithm: Algorithm, secret: &[u8], message: &[u8]) -> Tag {
    let (mut bytes, mut length) = ([0; 64], 0);
    let secret_length = c_int::try_from(secret.len()).unwrap();
    // SAFETY: a digest; a secret and a message of these lengths; room for the longest tag.
    let tag = unsafe {
        HMAC(
            digest(algorithm),
            secret.as_ptr().cast(),
            secret_length,
            message.as_ptr(),
            message.len(),
            bytes.as_mut_ptr(),
            &raw mut length,
        )
    };
    assert!(!tag.is_null());
    Tag { bytes, length }
}
