//! Verification allocates no memory: an allocator counts the requests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

#[path = "support/encode.rs"]
mod encode;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Format, Head, HmacScheme, Key, Rejection, Scheme, Source, Stream,
    TimeUnit, Timestamp, TimestampRule, Tolerance, Verifier,
};
use encode::encode;

thread_local! {
    /// The requests of this thread only, not those of the test harness. Constant and without a destructor, so that
    /// using it allocates no memory.
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

/// The system's allocator, which also counts requests.
struct Counting;

fn count() {
    REQUESTS.set(REQUESTS.get() + 1);
}

// SAFETY: every call is passed unchanged to `System`, which fulfils the contract of `GlobalAlloc`; counting changes
// only a thread-local number and neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `alloc_zeroed`.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count();
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count();
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Runs `work`, which must not allocate, and returns its result.
#[track_caller]
fn without_heap<T>(work: impl FnOnce() -> T) -> T {
    let before = REQUESTS.get();
    let result = black_box(work());
    let requests = REQUESTS.get() - before;
    assert_eq!(requests, 0, "{requests} requests to the heap");
    result
}

const HEADER: &str = "X-Sign";
const COMPANION: &str = "X-Algorithm";

/// The verdict, which must be the same from each way to verify. None of them may allocate.
#[track_caller]
fn verdict<const KEYS: usize>(verifier: &Verifier<[Key; KEYS]>, value: &[u8], body: &[u8]) -> Option<Rejection> {
    let headers = [("Host", &b"example.com"[..]), (HEADER, value)];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers, body };
    let feed = |mut stream: Stream| {
        body.chunks(37).for_each(|chunk| stream.update(chunk));
        stream.finish()
    };
    let verdicts = without_heap(|| {
        [
            verifier.verify(&delivery, Timestamp::from_seconds(0)),
            verifier.verify_signature(value, body, Timestamp::from_seconds(0)),
            verifier
                .streaming()
                .unwrap()
                .begin(&Head { method: "", url: "", headers: &headers }, Timestamp::from_seconds(0))
                .and_then(feed),
            verifier.streaming().unwrap().begin_signature(value, Timestamp::from_seconds(0)).and_then(feed),
        ]
    });
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{verdicts:?}");
    verdicts[0].err()
}

/// Header values made from a correct signature, with the expected rejections.
fn values(signature: &str) -> Vec<(Vec<u8>, Option<Rejection>)> {
    let with = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut value = signature.as_bytes().to_vec();
        change(&mut value);
        value
    };
    vec![
        (with(&|_| ()), None),
        (with(&|value| value.extend(b" \t")), None),
        (with(&|value| value[0] = if value[0] == b'0' { b'1' } else { b'0' }), Some(Rejection::Mismatch)),
        (with(&|value| value[3] = b' '), Some(Rejection::MalformedEncoding)),
        (with(&|value| drop(value.drain(..8))), Some(Rejection::WrongLength)),
        (with(&|value| drop(value.splice(..0, *b"v1="))), Some(Rejection::UnknownAlgorithm)),
        (with(&|value| value.resize(5000, b'0')), Some(Rejection::MalformedSignature)),
        (Vec::new(), Some(Rejection::MalformedSignature)),
    ]
}

#[test]
fn the_counter_counts() {
    let before = REQUESTS.get();
    drop(black_box(Box::new(1)));
    assert_eq!(REQUESTS.get() - before, 2, "one allocation, one deallocation");
}

#[test]
fn hmac_needs_no_heap() {
    let body = [7; 1000];
    for algorithm in Algorithm::ALL {
        for encoding in Encoding::ALL {
            let (fixed, inferred) = without_heap(|| {
                let key = |algorithm| Key::hmac(algorithm, b"secret").unwrap();
                let scheme = |rule| Scheme::hmac(HEADER, rule, encoding);
                let rule = AlgorithmRule::Infer { header: COMPANION };
                (
                    Verifier::new(scheme(AlgorithmRule::Fixed(algorithm)), [key(algorithm)]).unwrap(),
                    Verifier::new(scheme(rule), Algorithm::ALL.map(key)).unwrap(),
                )
            });
            let key = Key::hmac(algorithm, b"secret").unwrap();
            let signed = without_heap(|| key.sign(&[&body[..1], &body[1..]]).unwrap());
            for (value, expected) in values(&encode(encoding, signed.as_bytes())) {
                let what = format!("{algorithm}, {encoding}, {}", value.escape_ascii());
                assert_eq!(verdict(&fixed, &value, &body), expected, "{what}");
                // A tag that is shortened by 4 or 6 bytes may have the length of another algorithm's.
                let mismatch_as_wrong_length = |rejection: Option<Rejection>| match rejection {
                    Some(Rejection::WrongLength | Rejection::Mismatch) => Some(Rejection::WrongLength),
                    other => other,
                };
                assert_eq!(
                    mismatch_as_wrong_length(verdict(&inferred, &value, &body)),
                    mismatch_as_wrong_length(expected),
                    "{what}, inferred"
                );
            }
            let label = format!("hmac-{}={}", algorithm.name(), encode(encoding, signed.as_bytes()));
            assert_eq!(verdict(&fixed, label.as_bytes(), &body), None);
            assert_eq!(verdict(&inferred, label.as_bytes(), &body), None);
        }
    }
}

#[test]
fn several_secrets_need_no_heap() {
    let secrets: [&[u8]; 8] = [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8"];
    let keys = secrets.map(|secret| Key::hmac(Algorithm::Sha512, secret).unwrap());
    let signed = hex::encode(keys[7].sign(&[b"body"]).unwrap().as_bytes());
    let rule = AlgorithmRule::Fixed(Algorithm::Sha512);
    let verifier = Verifier::new(Scheme::hmac(HEADER, rule, Encoding::HexaDecimal), keys).unwrap();
    assert_eq!(verdict(&verifier, signed.as_bytes(), b"body"), None);
    assert_eq!(verdict(&verifier, signed.as_bytes(), b"other"), Some(Rejection::Mismatch));
}

#[test]
fn tokens_need_no_heap() {
    let key = without_heap(|| Key::token(b"token").unwrap());
    let verifier = Verifier::new(Scheme::token("Authorization"), [key]).unwrap();
    for (value, expected) in [("token", None), ("Bearer token", None), ("other", Some(Rejection::Mismatch))] {
        let headers = [("Authorization", value)];
        let delivery = Delivery { method: "POST", url: "/", headers: &headers, body: b"body" };
        let verdict = without_heap(|| verifier.verify(&delivery, Timestamp::from_seconds(0)));
        assert_eq!(verdict.err(), expected);
        let verdict = without_heap(|| verifier.verify_signature(value.as_bytes(), b"body", Timestamp::from_seconds(0)));
        assert_eq!(verdict.err(), expected);
    }
}

#[test]
fn faulty_headers_need_no_heap() {
    let key = Key::hmac(Algorithm::Sha256, b"secret").unwrap();
    let rule = AlgorithmRule::Infer { header: COMPANION };
    let verifier = Verifier::new(Scheme::hmac(HEADER, rule, Encoding::Base64), [key]).unwrap();
    for (headers, expected) in [
        ([("a", "b"), ("c", "d")], Rejection::MissingSignature),
        ([(HEADER, "AAAA"), (HEADER, "AAAA")], Rejection::RepeatedSignature),
        ([(HEADER, "AAAA"), (COMPANION, "sha3")], Rejection::UnknownAlgorithm),
        ([(HEADER, "AAAA"), (COMPANION, "md5")], Rejection::AlgorithmNotAccepted),
        ([(HEADER, "sha256=AAAA"), (COMPANION, "sha1")], Rejection::AlgorithmNotAccepted),
        ([(HEADER, "sha256-hex=AAAA"), ("c", "d")], Rejection::MalformedEncoding),
    ] {
        let delivery = Delivery { method: "POST", url: "/", headers: &headers, body: b"body" };
        let verdict = without_heap(|| verifier.verify(&delivery, Timestamp::from_seconds(0)));
        assert_eq!(verdict, Err(expected), "{headers:?}");
        assert_eq!(
            without_heap(|| verifier
                .streaming()
                .unwrap()
                .begin(&Head { method: "", url: "", headers: &headers }, Timestamp::from_seconds(0))
                .err()),
            Some(expected),
            "{headers:?}"
        );
    }
}

/// Several signatures in several headers, a timestamp, an id and every other part of a template.
#[test]
fn schemes_need_no_heap() {
    let scheme = HmacScheme {
        header: "X-Sign, X-Sign-2",
        format: Format::Pairs { separator: b',', mark: b'=', key: "v1" },
        algorithm: AlgorithmRule::Fixed(Algorithm::Sha512),
        encoding: Encoding::HexaDecimal,
        signed: Some("{method} {url} {header:X-Part}{{{id}.{timestamp}.{body}"),
        timestamp: Some(TimestampRule {
            from: Source::Header("X-Time"),
            unit: TimeUnit::Rfc3339,
            tolerance: Some(Tolerance::both(5)),
        }),
        id: Some(Source::Header("X-Id")),
    };
    let keys = ["old", "new"].map(|secret| Key::hmac(Algorithm::Sha512, secret.as_bytes()).unwrap());
    let signed = b"POST /in part{msg_1.1970-01-01T00:00:01Z.body";
    let signature = hex::encode(keys[1].sign(&[signed]).unwrap().as_bytes());
    let wrong = "0".repeat(128);
    let values = [format!("v1={wrong},v1={wrong},v0=x"), format!("v1={signature}, v1={wrong}")];
    let headers = [
        ("X-Sign", values[0].as_str()),
        ("X-Sign-2", values[1].as_str()),
        ("X-Part", "part"),
        ("X-Id", "msg_1"),
        ("X-Time", "1970-01-01T00:00:01Z"),
    ];
    let (first, second) = (Timestamp::from_seconds(1), Timestamp::from_seconds(7));
    without_heap(|| {
        let verifier = Verifier::new(Scheme::Hmac(scheme), keys.clone()).unwrap();
        let delivery = Delivery { method: "POST", url: "/in", headers: &headers, body: b"body" };
        let accepted = verifier.verify(&delivery, first);
        assert_eq!(accepted.map(|verified| verified.secret_index), Ok(Some(1)));
        assert_eq!(verifier.verify(&delivery, second), Err(Rejection::Expired));
        assert!(verifier.identify(&delivery).is_some());
        let mut stream = verifier.streaming().unwrap().begin(&delivery.head(), first).unwrap();
        b"body".chunks(3).for_each(|chunk| stream.update(chunk));
        assert_eq!(stream.finish(), accepted);
        let incomplete = Delivery { url: "", ..delivery };
        assert_eq!(verifier.verify(&incomplete, first), Err(Rejection::MissingPart));
    });
}
