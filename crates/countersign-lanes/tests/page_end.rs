//! Nothing is read outside of messages and texts: they are placed at the ends of mapped memory, where any such read is
//! a crash.

#![cfg(unix)]
#![allow(unsafe_code, clippy::unwrap_used, reason = "maps memory and changes its protection")]

use std::ptr;
use std::slice;

use countersign_core::{Algorithm, Encoding, Key, hazmat};
use countersign_lanes::{Feature, Lanes, Mac, Message};

/// Readable pages between two unreadable ones.
struct Guarded {
    all: *mut u8,
    page: usize,
}

/// The number of readable pages.
const PAGES: usize = 2;

impl Guarded {
    fn new() -> Self {
        // SAFETY: a new mapping, of which only the pages in the middle are made accessible.
        unsafe {
            let page = usize::try_from(libc::sysconf(libc::_SC_PAGESIZE)).unwrap();
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let all = libc::mmap(ptr::null_mut(), (PAGES + 2) * page, libc::PROT_NONE, flags, -1, 0);
            assert_ne!(all, libc::MAP_FAILED);
            let all = all.cast::<u8>();
            let protection = libc::PROT_READ | libc::PROT_WRITE;
            assert_eq!(libc::mprotect(all.add(page).cast(), PAGES * page, protection), 0);
            for at in 0..PAGES * page {
                all.add(page + at).write(u8::try_from(at % 251).unwrap());
            }
            Self { all, page }
        }
    }

    fn fill(&mut self, byte: u8) {
        // SAFETY: these pages were made writable, and `self` is borrowed mutably.
        unsafe { self.all.add(self.page).write_bytes(byte, PAGES * self.page) };
    }

    fn readable(&self) -> &[u8] {
        // SAFETY: these pages were made readable and written, and `self` is borrowed while they are used.
        unsafe { slice::from_raw_parts(self.all.add(self.page), PAGES * self.page) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: `self` owns the mapping, and nothing borrows it any more.
        unsafe { libc::munmap(self.all.cast(), (PAGES + 2) * self.page) };
    }
}

#[test]
fn nothing_is_read_outside_of_a_message() {
    let memory = Guarded::new();
    let readable = memory.readable();
    let all = Lanes::detect();
    let sets =
        [all, all.without(Feature::Avx512), all.without(Feature::Avx512).without(Feature::ShaNi), Lanes::PORTABLE];
    for algorithm in Algorithm::ALL {
        let key = Key::hmac(algorithm, b"secret").unwrap();
        // Messages at the end and at the start of the memory, alone and next to messages of other lengths.
        let parts: Vec<_> =
            (0..=520).flat_map(|length| [[&readable[readable.len() - length..]], [&readable[..length]]]).collect();
        let messages: Vec<_> = parts.iter().map(|parts| Message { key: &key, parts }).collect();
        for lanes in sets {
            for messages in [&messages[..], &messages[..2], &messages[3..4], &messages[500..517]] {
                let mut macs = vec![Mac::empty(); messages.len()];
                lanes.mac_batch(messages, &mut macs);
                for (message, mac) in messages.iter().zip(&macs) {
                    assert!(mac.as_bytes().starts_with(key.sign(message.parts).unwrap().as_bytes()));
                }
            }
            for message in &messages {
                let mac = lanes.mac_one(*message);
                assert!(mac.as_bytes().starts_with(key.sign(message.parts).unwrap().as_bytes()));
            }
        }
    }
}

#[test]
fn nothing_is_read_outside_of_an_encoded_tag() {
    let mut memory = Guarded::new();
    for encoding in [Encoding::HexaDecimal, Encoding::Base64] {
        memory.fill(b'a');
        let readable = memory.readable();
        for length in 0..=200 {
            for text in [&readable[readable.len() - length..], &readable[..length]] {
                let (mut ours, mut theirs) = ([0; 64], [0; 64]);
                let found = Lanes::detect().decode(text, encoding, &mut ours);
                assert_eq!(found, hazmat::decode(text, encoding, &mut theirs), "{length} {encoding:?}");
                assert!(found.is_none() || ours == theirs, "{length} {encoding:?}");
            }
        }
    }
}
