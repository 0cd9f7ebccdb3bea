//! Handles that were freed. To use one is undefined, so this test's allocator keeps all memory: what a call finds is what was
//! left there, or a pattern that stands for what an allocator makes of it. No call may say that a delivery is authentic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::alloc::{GlobalAlloc, Layout};
use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::ptr::{from_ref, null, null_mut};
use std::slice;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use countersign_ffi::*;

const LEFT_AS_IT_IS: u8 = 1;
/// What memory that was freed holds from then on.
const PATTERNS: [u8; 4] = [LEFT_AS_IT_IS, 0, 0xFF, 0xA5];

static PATTERN: AtomicU8 = AtomicU8::new(LEFT_AS_IT_IS);

/// Gives memory and never takes it back. All of it is one static place, so that nothing is lost either.
struct Keeping {
    place: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

/// Address space alone: what is not used is never touched.
const SIZE: usize = 256 << 20;

#[global_allocator]
static KEEPING: Keeping = Keeping { place: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };

// SAFETY: each part of the place is given to one caller.
unsafe impl Sync for Keeping {}

// SAFETY: each part is given once, and is as large and aligned as it was asked for.
unsafe impl GlobalAlloc for Keeping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let place: *mut u8 = self.place.get().cast();
        let room = layout.size() + layout.align();
        let start = self.used.fetch_add(room, Ordering::Relaxed);
        if start.saturating_add(room) > SIZE {
            return null_mut();
        }
        // SAFETY: the part ends in the place, wherever in it the alignment lets it begin.
        unsafe {
            let part = place.add(start);
            part.add(part.align_offset(layout.align()))
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let pattern = PATTERN.load(Ordering::Relaxed);
        if pattern != LEFT_AS_IT_IS {
            // SAFETY: it is of this size, and nobody's any more.
            unsafe { slice::from_raw_parts_mut(pointer, layout.size()) }.fill(pattern);
        }
    }
}

const SIGNATURE: &[u8] = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
const BODY: &[u8] = b"Hello, World!";
const INVALID: Status = Status::InvalidArgument;

fn secret() -> Secret {
    secret_of("It's a Secret to Everybody")
}

fn secret_of(text: &'static str) -> Secret {
    Secret { data: text.as_ptr().cast(), length: text.len(), not_before_ms: 0, not_after_ms: 0, bounds: 0 }
}

fn header() -> Header {
    let name = "X-Hub-Signature-256";
    Header {
        name: name.as_ptr().cast(),
        name_length: name.len(),
        value: SIGNATURE.as_ptr().cast(),
        value_length: SIGNATURE.len(),
    }
}

fn delivery(header: &Header) -> Delivery {
    Delivery {
        method: null(),
        method_length: 0,
        url: null(),
        url_length: 0,
        headers: header,
        header_count: 1,
        body: BODY.as_ptr().cast(),
        body_length: BODY.len(),
    }
}

fn verifier(preset: &str) -> *mut VerifierHandle {
    verifier_with(preset, "It's a Secret to Everybody")
}

fn verifier_with(preset: &str, text: &'static str) -> *mut VerifierHandle {
    let (secret, mut verifier) = (secret_of(text), null_mut());
    let name = preset.as_ptr().cast();
    // SAFETY: all of it is there.
    let status = unsafe {
        countersign_verifier_preset(name, preset.len(), &raw const secret, 1, null(), &raw mut verifier, null_mut())
    };
    assert_eq!(status, Status::Authentic);
    verifier
}

/// What each call that takes a verifier says of a delivery.
fn all_say(verifier: *const VerifierHandle) -> Vec<(&'static str, Status)> {
    let (header, mut stream, mut another, mut handshake) = (header(), null_mut(), null_mut(), null_mut());
    let delivery = delivery(&header);
    let (signature, body) = (SIGNATURE.as_ptr().cast(), BODY.as_ptr().cast());
    let item = SignedBody { verifier, signature, signature_length: SIGNATURE.len(), body, body_length: BODY.len() };
    let received = ReceivedDelivery { verifier, delivery, now_ms: 0 };
    let mut room = [0; 64];
    let (mut text, mut window) = (Text { data: room.as_mut_ptr(), capacity: room.len(), length: 0 }, 0);
    let mut verdicts = [const { MaybeUninit::<Verdict>::uninit() }; 5];
    let places: *mut Verdict = verdicts.as_mut_ptr().cast();
    // SAFETY: all of it is there, and the verifier's memory is kept.
    unsafe {
        vec![
            ("verify", countersign_verify(verifier, from_ref(&delivery), 0, places)),
            (
                "verify_signature",
                countersign_verify_signature(verifier, signature, SIGNATURE.len(), body, BODY.len(), places),
            ),
            ("verify_batch", countersign_verify_batch([item; 5].as_ptr(), 5, places)),
            ("verdict of verify_batch", (*places.add(4)).status),
            ("verify_delivery_batch", countersign_verify_delivery_batch([received; 5].as_ptr(), 5, places)),
            ("verdict of verify_delivery_batch", (*places.add(4)).status),
            ("stream_begin", countersign_stream_begin(verifier, from_ref(&delivery), 0, &raw mut stream)),
            (
                "stream_begin_identified",
                countersign_stream_begin_identified(verifier, from_ref(&delivery), 0, &raw mut stream),
            ),
            (
                "stream_begin_signature",
                countersign_stream_begin_signature(verifier, signature, SIGNATURE.len(), &raw mut stream),
            ),
            ("handshake_new", countersign_handshake_new(verifier, from_ref(&delivery), 0, &raw mut handshake)),
            ("verifier_header", countersign_verifier_header(verifier, &raw mut text)),
            ("verifier_can_stream", countersign_verifier_can_stream(verifier, null_mut())),
            ("verifier_replay_window", countersign_verifier_replay_window(verifier, 60, &raw mut window)),
            (
                "verifier_in_header",
                countersign_verifier_in_header(verifier, c"X-Sign".as_ptr(), 6, &raw mut another, null_mut()),
            ),
        ]
    }
}

/// Nothing else may free memory meanwhile.
static ALONE: Mutex<()> = Mutex::new(());

#[test]
fn a_verifier_that_was_freed_says_so() {
    let _alone = ALONE.lock();
    // The others sign otherwise; of those it matters that nothing is said at all.
    for (preset, pattern) in ["github", "stripe", "shopify", "slack"].iter().flat_map(|p| PATTERNS.map(|q| (p, q))) {
        let verifier = verifier(preset);
        for (call, status) in all_say(verifier) {
            assert!(*preset != "github" || status == Status::Authentic, "{call}: {status:?}");
            assert_ne!(status, INVALID, "{call}");
        }
        PATTERN.store(pattern, Ordering::Relaxed);
        // SAFETY: it was just made.
        unsafe { countersign_verifier_free(verifier) };
        PATTERN.store(LEFT_AS_IT_IS, Ordering::Relaxed);
        for (call, status) in all_say(verifier) {
            assert_eq!(status, INVALID, "{call} with a verifier of {preset} that was freed, memory of {pattern}");
        }
        // A second time it is passed over.
        // SAFETY: its memory is kept.
        unsafe { countersign_verifier_free(verifier) };
    }
}

#[test]
fn streams_signers_and_header_lines_that_were_freed_say_so() {
    let _alone = ALONE.lock();
    for pattern in PATTERNS {
        let (verifier, header) = (verifier("github"), header());
        let (mut stream, mut signer, mut lines, mut others) = (null_mut(), null_mut(), null_mut(), null_mut());
        let (delivery, secret, mut line) = (delivery(&header), secret(), header);
        let mut verdict = MaybeUninit::<Verdict>::uninit();
        // SAFETY: all of it is there; what is freed is kept by this program's allocator.
        unsafe {
            let begun = countersign_stream_begin(verifier, &raw const delivery, 0, &raw mut stream);
            let made = countersign_signer_preset(
                c"github".as_ptr(),
                6,
                secret.data,
                secret.length,
                0,
                &raw mut signer,
                null_mut(),
            );
            let sent = countersign_sign(signer, &raw const delivery, null(), 0, 0, &raw mut lines, null_mut());
            assert_eq!((begun, made, sent), (Status::Authentic, Status::Authentic, Status::Authentic));
            assert_eq!(countersign_stream_update(stream, BODY.as_ptr().cast(), BODY.len()), Status::Authentic);
            assert_eq!(countersign_headers_count(lines), 1);
            PATTERN.store(pattern, Ordering::Relaxed);
            countersign_stream_free(stream);
            countersign_signer_free(signer);
            countersign_headers_free(lines);
            PATTERN.store(LEFT_AS_IT_IS, Ordering::Relaxed);
            assert_eq!(countersign_stream_update(stream, BODY.as_ptr().cast(), BODY.len()), INVALID);
            assert_eq!(countersign_stream_finish(stream, verdict.as_mut_ptr()), INVALID);
            assert_eq!((*verdict.as_ptr()).status, INVALID);
            let mut identity = Identity { bytes: [1; 32] };
            assert_eq!(countersign_stream_identity(stream, &raw mut identity), INVALID);
            assert_eq!(identity.bytes, [0; 32]);
            let sent = countersign_sign(signer, &raw const delivery, null(), 0, 0, &raw mut others, null_mut());
            assert_eq!((sent, others.is_null()), (INVALID, true));
            let mut moved = null_mut();
            let status = countersign_signer_in_header(signer, c"X".as_ptr(), 1, &raw mut moved, null_mut());
            assert_eq!((status, moved.is_null()), (INVALID, true));
            assert_eq!(countersign_headers_count(lines), 0);
            assert_eq!(countersign_headers_get(lines, 0, &raw mut line), INVALID);
            // A second time they are passed over.
            countersign_stream_free(stream);
            countersign_signer_free(signer);
            countersign_headers_free(lines);
            countersign_verifier_free(verifier);
        }
    }
}

/// The bytes of a stream, mark and all.
fn bytes_of(stream: *const StreamHandle) -> Vec<u8> {
    let length = size_of::<u64>() + size_of::<StreamHandle>();
    // SAFETY: so many were allocated for it, from memory that was zeros at first; nobody changes them meanwhile.
    (0..length).map(|at| unsafe { stream.cast::<u8>().add(at).read_volatile() }).collect()
}

/// What is the key's of a stream: the runs of at least 8 bytes that another key would make differ.
fn key_bytes<'a>(stream: &'a [u8], other: &[u8]) -> Vec<&'a [u8]> {
    let differs = |at: &usize| stream[*at] != other[*at];
    let mut runs = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        let length = (at..stream.len()).take_while(differs).count();
        if length >= 8 {
            runs.push(&stream[at..at + length]);
        }
        at += length + 1;
    }
    runs
}

#[test]
fn a_finished_stream_contains_no_key() {
    type Begin = unsafe extern "C" fn(*const VerifierHandle, *const Delivery, i64, *mut *mut StreamHandle) -> Status;
    let _alone = ALONE.lock();
    let header = header();
    let delivery = delivery(&header);
    for begin in [countersign_stream_begin as Begin, countersign_stream_begin_identified] {
        let streams = ["one secret, of several words", "another one"].map(|text| {
            let verifier = verifier_with("github", text);
            let mut stream = null_mut();
            // SAFETY: all of it is there.
            unsafe {
                assert_eq!(begin(verifier, &raw const delivery, 0, &raw mut stream), Status::Authentic);
                assert_eq!(countersign_stream_update(stream, BODY.as_ptr().cast(), BODY.len()), Status::Authentic);
                countersign_verifier_free(verifier);
            }
            stream
        });
        let before = streams.map(|stream| bytes_of(stream));
        for (at, stream) in streams.into_iter().enumerate() {
            let keys = key_bytes(&before[at], &before[1 - at]);
            assert!(keys.iter().map(|run| run.len()).sum::<usize>() >= 48, "two chaining values of 32 bytes");
            // SAFETY: it is alive; no verdict is asked for.
            assert_eq!(unsafe { countersign_stream_finish(stream, null_mut()) }, Status::Mismatch);
            let left = bytes_of(stream);
            for word in keys.iter().flat_map(|run| run.windows(8)).filter(|word| *word != [0; 8]) {
                assert!(!left.windows(8).any(|bytes| bytes == word), "a part of the key is left");
            }
            // SAFETY: it is alive.
            unsafe { countersign_stream_free(stream) };
        }
    }
}

#[test]
fn a_replay_memory_that_was_freed_says_so() {
    let _alone = ALONE.lock();
    let identity = Identity { bytes: [7; 32] };
    for pattern in PATTERNS {
        let (mut memory, mut ticket) = (null_mut(), 0);
        // SAFETY: all of it is there; what is freed is kept by this program's allocator.
        unsafe {
            assert_eq!(countersign_replay_memory_new(10, &raw mut memory), Status::Authentic);
            let take = |ticket| countersign_replay_memory_take(memory, from_ref(&identity), 0, 60, ticket, null_mut());
            assert_eq!(take(&raw mut ticket), Status::Authentic);
            let (none, mut unused) = (Identity { bytes: [0; 32] }, 7);
            assert_eq!(
                countersign_replay_memory_take(memory, from_ref(&none), 0, 60, &raw mut unused, null_mut()),
                INVALID,
                "no identity is one"
            );
            assert_eq!((unused, countersign_replay_memory_len(memory)), (0, 1));
            PATTERN.store(pattern, Ordering::Relaxed);
            countersign_replay_memory_free(memory);
            PATTERN.store(LEFT_AS_IT_IS, Ordering::Relaxed);
            let mut again = 7;
            assert_eq!((take(&raw mut again), again), (INVALID, 0));
            for settle in [countersign_replay_memory_finish, countersign_replay_memory_forget] {
                let mut answer = 7;
                assert_eq!(settle(memory, from_ref(&identity), ticket, &raw mut answer), INVALID);
                assert_eq!(answer, 0);
            }
            assert_eq!((countersign_replay_memory_len(memory), countersign_replay_memory_evicted(memory)), (0, 0));
            // A second time it is passed over.
            countersign_replay_memory_free(memory);
        }
    }
}

const CHOSEN: &str = "b537207f20cbfa02357cf448134da559";

/// The answer to a sender that chooses the secret.
fn handshake() -> *mut Handshake {
    let (verifier, name, mut handshake) = (verifier("asana"), "X-Hook-Secret", null_mut());
    let (name, name_length, value) = (name.as_ptr().cast(), name.len(), CHOSEN.as_ptr().cast());
    let header = Header { name, name_length, value, value_length: CHOSEN.len() };
    let delivery = Delivery { method: c"POST".as_ptr(), method_length: 4, ..delivery(&header) };
    // SAFETY: all of it is there.
    unsafe {
        let status = countersign_handshake_new(verifier, &raw const delivery, 0, &raw mut handshake);
        assert_eq!(status, Status::Authentic);
        countersign_verifier_free(verifier);
    }
    handshake
}

/// The texts of an answer that holds the chosen secret in a header and beside it.
unsafe fn texts(handshake: *const Handshake) -> [(*const u8, usize); 4] {
    // SAFETY: the caller promises that it is alive.
    unsafe {
        let Handshake { status, header_count, headers, body, body_length, secret, secret_length, .. } = &*handshake;
        assert_eq!((*status, *header_count), (200, 1));
        let line = &**headers;
        [
            (line.name.cast(), line.name_length),
            (line.value.cast(), line.value_length),
            (body.cast(), *body_length),
            (secret.cast(), *secret_length),
        ]
    }
}

#[test]
fn the_answer_to_a_handshake_is_wiped() {
    let _alone = ALONE.lock();
    for pattern in PATTERNS {
        let handshake = handshake();
        // SAFETY: what is freed is kept by this program's allocator.
        unsafe {
            let texts = texts(handshake);
            let found = texts.map(|(start, length)| slice::from_raw_parts(start, length + 1));
            assert_eq!(
                found.map(|text| str::from_utf8(text).unwrap()),
                ["X-Hook-Secret\0", &format!("{CHOSEN}\0"), "\0", &format!("{CHOSEN}\0"),]
            );
            PATTERN.store(pattern, Ordering::Relaxed);
            countersign_handshake_free(handshake);
            PATTERN.store(LEFT_AS_IT_IS, Ordering::Relaxed);
            let left = if pattern == LEFT_AS_IT_IS { 0 } else { pattern };
            for (start, length) in texts {
                assert!(slice::from_raw_parts(start, length + 1).iter().all(|&byte| byte == left));
            }
            if pattern == LEFT_AS_IT_IS {
                let Handshake { reserved, status, header_count, body_length, secret_length, .. } = *handshake;
                assert_eq!((reserved, status, header_count, body_length, secret_length), (0, 0, 0, 0, 0));
            }
            // A second time it is passed over.
            countersign_handshake_free(handshake);
        }
    }
}

/// One that is alive, but of another kind.
#[test]
fn a_handle_of_another_kind_says_so() {
    let _alone = ALONE.lock();
    let (verifier, secret, mut signer) = (verifier("github"), secret(), null_mut());
    // SAFETY: all of it is there, and told by its mark.
    unsafe {
        let made = countersign_signer_hmac(4, 2, secret.data, secret.length, &raw mut signer, null_mut());
        assert_eq!(made, Status::Authentic);
        assert!(all_say(signer.cast()).into_iter().all(|(_, status)| status == INVALID));
        let answer = handshake();
        assert!(all_say(answer.cast_const().cast()).into_iter().all(|(_, status)| status == INVALID));
        assert_eq!(countersign_headers_count(signer.cast()), 0);
        assert_eq!(countersign_stream_finish(verifier.cast(), null_mut()), INVALID);
        let (identity, mut ticket) = (Identity { bytes: [7; 32] }, 0);
        let taken =
            countersign_replay_memory_take(verifier.cast(), &raw const identity, 0, 60, &raw mut ticket, null_mut());
        assert_eq!(taken, INVALID);
        // None is freed by the wrong function.
        countersign_verifier_free(signer.cast());
        countersign_signer_free(verifier.cast());
        countersign_handshake_free(verifier.cast());
        countersign_verifier_free(answer.cast());
        assert_eq!(texts(answer)[3].1, CHOSEN.len());
        countersign_handshake_free(answer);
        assert!(all_say(verifier).into_iter().all(|(_, status)| status == Status::Authentic));
        countersign_signer_free(signer);
        countersign_verifier_free(verifier);
    }
}
