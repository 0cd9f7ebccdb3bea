//! The memory that a packed body takes before it is known to be authentic.

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use countersign::{Delivery, Rejection, Scheme, Secret, Verifier};
use flate2::Compression;
use flate2::write::GzEncoder;

static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

/// Counts the bytes that are taken at a time.
struct Counter;

// SAFETY: all memory comes from the system's allocator and goes back to it, with the layouts that it was asked for. The default
// `realloc` takes the new block before it frees the old one, as an allocator may.
unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(taken, Ordering::Relaxed);
        // SAFETY: the caller fulfils the contract.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller guarantees that the block came from `alloc` with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counter = Counter;

/// The most memory that a verification takes at a time, and its verdict.
fn memory_of(verifier: &Verifier, packed: &[u8]) -> (usize, Result<(), Rejection>) {
    let headers: [(&str, &[u8]); 2] = [("X-Signature", &[b'0'; 64]), ("Content-Encoding", b"gzip")];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: packed };
    let before = TAKEN.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let verdict = verifier.verify(&delivery, SystemTime::UNIX_EPOCH).map(drop);
    (MOST.load(Ordering::Relaxed) - before, verdict)
}

/// One test, since the memory of all is counted together.
#[test]
fn an_unsigned_body_takes_little_memory_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Hardly to be packed, so that the blanks behind it may be many.
    let noise = (0..330_000_u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_pow(5) >> 56) as u8);
    encoder.write_all(&noise.collect::<Vec<_>>()).unwrap();
    encoder.write_all(&vec![b' '; 30 << 20]).unwrap();
    let packed = encoder.finish().unwrap();
    assert!(packed.len() * 100 > 31 << 20, "{} bytes", packed.len());

    let getstream = Verifier::preset("getstream", Secret::new("a secret")).unwrap();
    let (most, verdict) = memory_of(&getstream, &packed);
    assert_eq!(verdict, Err(Rejection::Mismatch));
    assert!(most < 128 << 10, "{most} bytes");

    // A text that is made of the body needs it whole, and once.
    let scheme = Scheme::from_json(
        r#"{"signature": {"header": "X-Signature"}, "algorithm": "SHA_256", "encoding": "HEXA_DECIMAL",
            "signed": "{sha256:body}", "unpack": true}"#,
    );
    let verifier = scheme.unwrap().verifier(Secret::new("a secret")).unwrap();
    let (most, verdict) = memory_of(&verifier, &packed);
    assert_eq!(verdict, Err(Rejection::Mismatch));
    assert!(most < (32 << 20) + (128 << 10), "{most} bytes");
}
