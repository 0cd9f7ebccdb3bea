//! intel-ipsec-mb, through `ipsec_mb.c`: bursts of 128 jobs, and single jobs for MD5.
#![allow(unsafe_code, reason = "its C interface")]

use std::ffi::c_int;

use super::Contestant;
use crate::work::{KEYS, Work};

/// `struct rival` of `ipsec_mb.c`.
#[repr(C)]
struct Rival {
    _opaque: [u8; 0],
}

// Named here, because what a build script says of libraries is not for benchmarks.
#[link(name = "countersign_ipsec_mb", kind = "static")]
#[link(name = "IPSec_MB")]
unsafe extern "C" {
    fn rival_new(algorithm: c_int, tag_length: usize, secrets: *const u8, count: usize) -> *mut Rival;
    fn rival_run(
        rival: *mut Rival,
        messages: *const *const u8,
        lengths: *const usize,
        keys: *const usize,
        count: usize,
        tags: *mut u8,
    ) -> c_int;
    fn rival_free(rival: *mut Rival);
}

pub struct IpsecMb<'w> {
    rival: *mut Rival,
    messages: &'w [Vec<u8>],
    pointers: Vec<*const u8>,
    lengths: Vec<usize>,
    keys: Vec<usize>,
    tags: Vec<[u8; 64]>,
}

impl<'w> IpsecMb<'w> {
    pub fn new(work: &'w Work) -> Self {
        let algorithm = work.algorithm();
        let secrets = work.secrets().as_flattened();
        // SAFETY: there are so many secrets of 32 bytes.
        let rival = unsafe { rival_new(algorithm as c_int, algorithm.tag_len(), secrets.as_ptr(), KEYS) };
        assert!(!rival.is_null());
        let messages = work.messages();
        Self {
            rival,
            messages,
            pointers: messages.iter().map(Vec::as_ptr).collect(),
            lengths: messages.iter().map(Vec::len).collect(),
            keys: (0..messages.len()).map(|at| at % KEYS).collect(),
            tags: vec![[0; 64]; messages.len()],
        }
    }
}

impl Contestant for IpsecMb<'_> {
    fn name(&self) -> &'static str {
        "intel-ipsec-mb"
    }

    fn run(&mut self) {
        let count = self.messages.len();
        // SAFETY: each of these has an entry a message, and each tag room for 64 bytes.
        let done = unsafe {
            rival_run(
                self.rival,
                self.pointers.as_ptr(),
                self.lengths.as_ptr(),
                self.keys.as_ptr(),
                count,
                self.tags.as_mut_ptr().cast(),
            )
        };
        assert_ne!(done, 0);
    }

    fn agrees(&self, tags: &[Vec<u8>]) -> bool {
        self.tags.iter().zip(tags).all(|(ours, tag)| ours.starts_with(tag))
    }
}

impl Drop for IpsecMb<'_> {
    fn drop(&mut self) {
        // SAFETY: it is ours, and is not used any more.
        unsafe { rival_free(self.rival) };
    }
}
