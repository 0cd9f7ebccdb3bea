//! OpenSSL's HMAC, with one context a key that is set back for each message: the fastest way that it offers.
#![allow(unsafe_code, reason = "its C interface")]

use std::ptr;

use countersign_core::Algorithm;
use openssl_sys as ffi;

use super::Contestant;
use crate::work::{KEYS, Work};

pub struct Openssl<'w> {
    contexts: Vec<*mut ffi::HMAC_CTX>,
    messages: &'w [Vec<u8>],
    tags: Vec<([u8; 64], u32)>,
}

impl<'w> Openssl<'w> {
    pub fn new(work: &'w Work) -> Self {
        let context = |secret: &[u8; 32]| {
            // SAFETY: a new context, a digest that lives for ever, and a secret of that length.
            unsafe {
                let digest = match work.algorithm() {
                    Algorithm::Md5 => ffi::EVP_md5(),
                    Algorithm::Sha1 => ffi::EVP_sha1(),
                    Algorithm::Sha224 => ffi::EVP_sha224(),
                    Algorithm::Sha256 => ffi::EVP_sha256(),
                    Algorithm::Sha384 => ffi::EVP_sha384(),
                    Algorithm::Sha512 => ffi::EVP_sha512(),
                };
                let context = ffi::HMAC_CTX_new();
                assert!(!context.is_null());
                assert_eq!(ffi::HMAC_Init_ex(context, secret.as_ptr().cast(), 32, digest, ptr::null_mut()), 1);
                context
            }
        };
        let messages = work.messages();
        Self {
            contexts: work.secrets().iter().map(context).collect(),
            messages,
            tags: vec![([0; 64], 0); messages.len()],
        }
    }
}

impl Contestant for Openssl<'_> {
    fn name(&self) -> &'static str {
        "OpenSSL"
    }

    fn run(&mut self) {
        for (at, (message, (tag, length))) in self.messages.iter().zip(&mut self.tags).enumerate() {
            let context = self.contexts[at % KEYS];
            // SAFETY: the context has a key; a message of that length; room for the longest tag.
            unsafe {
                ffi::HMAC_Init_ex(context, ptr::null(), 0, ptr::null(), ptr::null_mut());
                ffi::HMAC_Update(context, message.as_ptr(), message.len());
                ffi::HMAC_Final(context, tag.as_mut_ptr(), length);
            }
        }
    }

    fn agrees(&self, tags: &[Vec<u8>]) -> bool {
        self.tags.iter().zip(tags).all(|((ours, length), tag)| ours.get(..*length as usize) == Some(&tag[..]))
    }
}

impl Drop for Openssl<'_> {
    fn drop(&mut self) {
        for context in &self.contexts {
            // SAFETY: it is ours, and is not used any more.
            unsafe { ffi::HMAC_CTX_free(*context) };
        }
    }
}
