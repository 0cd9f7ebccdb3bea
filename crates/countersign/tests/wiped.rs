//! Freed memory contains no key: neither after a verifier is made nor after it, or a stream, is dropped, whether the stream
//! was finished or not.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use countersign::{Algorithm, Encoding, Rejection, Secret, Verifier};

/// The bytes that freed memory is searched for.
static NEEDLE: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static FOUND: AtomicUsize = AtomicUsize::new(0);

/// Searches every block before it is freed.
struct Scanner;

// SAFETY: all memory comes from the system's allocator and goes back to it, with the layouts that it was asked for.
unsafe impl GlobalAlloc for Scanner {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that every byte may be read before it is freed.
        // SAFETY: the caller fulfils the contract of `alloc`, which is that of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the block is alive, initialised since `alloc`, and as long as its layout says.
        let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
        if let Ok(needle) = NEEDLE.try_lock()
            && !needle.is_empty()
            && bytes.windows(needle.len()).any(|window| window == *needle)
        {
            FOUND.fetch_add(1, Ordering::Relaxed);
        }
        // SAFETY: the caller guarantees that the block came from `alloc` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Scanner = Scanner;

/// The chaining value of MD5 after a pad, the inner (0x36) or the outer one (0x5c): an HMAC-MD5 key contains both.
fn chaining_value(pad: u8, secret: &[u8]) -> Vec<u8> {
    let mut block = [pad; 64];
    block.iter_mut().zip(secret).for_each(|(byte, secret)| *byte ^= secret);
    let mut state = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    md5::block_api::compress(&mut state, &[block]);
    state.iter().flat_map(|word: &u32| word.to_ne_bytes()).collect()
}

#[test]
fn no_key_is_left_in_freed_memory() {
    let secret = *b"a secret to look for";
    for needle in [chaining_value(0x36, &secret), chaining_value(0x5c, &secret), secret.to_vec()] {
        // The scanner works: it finds the needle in a freed block.
        let copy = needle.clone();
        *NEEDLE.lock().unwrap() = needle;
        drop(copy);
        assert_eq!(FOUND.swap(0, Ordering::Relaxed), 1);

        let verifier = Verifier::infer(Encoding::Base64, Secret::new(secret)).unwrap();
        assert_eq!(FOUND.load(Ordering::Relaxed), 0, "left in memory when the verifier was made");
        drop(verifier);
        assert_eq!(FOUND.load(Ordering::Relaxed), 0, "left in memory when the verifier was dropped");

        let verifier = Verifier::hmac(Algorithm::Md5, Encoding::HexaDecimal, Secret::new(secret)).unwrap();
        let stream = Box::new(verifier.streaming().unwrap().begin_signature(&[b'0'; 32]).unwrap());
        drop(stream);
        assert_eq!(FOUND.load(Ordering::Relaxed), 0, "left in memory when a stream was dropped");
        let mut stream = Box::new(verifier.streaming().unwrap().begin_signature(&[b'0'; 32]).unwrap());
        assert_eq!(stream.finish_in_place(), Err(Rejection::Mismatch));
        // As it is now, before a drop wipes it once more.
        let place = Box::into_raw(stream);
        // SAFETY: it came from a box, whose memory was zeros before; nobody uses the stream any more.
        unsafe { ALLOCATOR.dealloc(place.cast(), Layout::for_value(&*place)) };
        assert_eq!(FOUND.load(Ordering::Relaxed), 0, "left in memory when a stream was finished");
        let old = std::mem::take(&mut *NEEDLE.lock().unwrap());
        drop(old);
        FOUND.store(0, Ordering::Relaxed);
    }
}
