//! The replay guard: each message once, whatever the order, the thread or the clock.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{
    ConfigErrorKind, Delivery, Message, Rejection, ReplayGuard, Scheme, Secret, Signer, Verified, Verifier,
};

const NOW: Duration = Duration::from_secs(1_614_265_330);
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + NOW + Duration::from_secs(seconds)
}

fn svix() -> (Signer, Verifier) {
    let scheme = Scheme::preset("svix").unwrap();
    (scheme.signer(Secret::new(KEY)).unwrap(), scheme.verifier(Secret::new(KEY)).unwrap())
}

fn sent(signer: &Signer, id: &str, body: &[u8], now: SystemTime) -> Vec<(String, String)> {
    signer.headers(&Message { id, now, ..Message::new(body) }).unwrap()
}

fn verify(
    guard: &ReplayGuard,
    headers: &[(String, String)],
    body: &[u8],
    now: SystemTime,
) -> Result<Verified, Rejection> {
    guard.verify(&Delivery { method: "POST", url: "/", headers, body }, now)
}

#[test]
fn a_message_is_taken_once() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 100).unwrap();
    let first = sent(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
    // Another id is another message, though the body is the same; the same id is the same message, though it was
    // signed again.
    let second = sent(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &second, b"body", at(0)).is_ok());
    let again = sent(&signer, "msg_1", b"body", at(60));
    assert_eq!(verify(&guard, &again, b"body", at(60)), Err(Rejection::Replayed));
    assert_eq!((guard.len(), guard.forgotten()), (2, 0));
}

#[test]
fn a_rejected_delivery_is_not_remembered() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 100).unwrap();
    let headers = sent(&signer, "msg_1", b"body", at(0));
    assert_eq!(verify(&guard, &headers, b"forged", at(0)), Err(Rejection::Mismatch));
    assert_eq!(verify(&guard, &headers, b"body", at(301)), Err(Rejection::Expired));
    assert_eq!(verify(&guard, &[], b"body", at(0)), Err(Rejection::MissingSignature));
    assert!(guard.is_empty());
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
}

/// A message may be dated ahead by the tolerance and come back until it is too old: that is the window.
#[test]
fn the_window_covers_the_whole_tolerance() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 100).unwrap();
    let ahead = sent(&signer, "msg_1", b"body", at(300));
    assert!(verify(&guard, &ahead, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &ahead, b"body", at(600)), Err(Rejection::Replayed));
    assert_eq!(verify(&guard, &ahead, b"body", at(601)), Err(Rejection::Expired));
    assert_eq!(guard.len(), 1);
    // The next message that is taken clears away what can never come back.
    let later = sent(&signer, "msg_2", b"body", at(601));
    assert!(verify(&guard, &later, b"body", at(601)).is_ok());
    assert_eq!((guard.len(), guard.forgotten()), (1, 0));
}

#[test]
fn without_an_id_the_signed_text_tells_messages_apart() {
    let scheme = Scheme::preset("stripe").unwrap();
    let (signer, verifier) = (scheme.signer(Secret::new("a")).unwrap(), scheme.verifier(Secret::new("a")).unwrap());
    let guard = ReplayGuard::new(verifier, 100).unwrap();
    let headers = sent(&signer, "", b"body", at(0));
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
    // What is not signed makes no new message of it: another order, other keys, the signature in capitals.
    let value = &headers[0].1;
    let (timestamp, signature) = value.split_once(",v1=").unwrap();
    for rewritten in [
        format!("v1={signature},{timestamp}"),
        format!("{timestamp},v1={},v0=x", signature.to_uppercase()),
        format!("{timestamp},v1={},v1={signature}", "0".repeat(64)),
    ] {
        let headers = [(headers[0].0.clone(), rewritten)];
        assert_eq!(verify(&guard, &headers, b"body", at(1)), Err(Rejection::Replayed), "{headers:?}");
    }
    let next = sent(&signer, "", b"body", at(1));
    assert!(verify(&guard, &next, b"body", at(1)).is_ok());
}

#[test]
fn memory_is_bounded_and_the_oldest_goes_first() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 10).unwrap();
    let all: Vec<_> = (0..25).map(|n| sent(&signer, &format!("msg_{n}"), b"body", at(0))).collect();
    for headers in &all {
        assert!(verify(&guard, headers, b"body", at(0)).is_ok());
        assert!(guard.len() <= 10);
    }
    assert_eq!((guard.len(), guard.forgotten()), (10, 15));
    for headers in &all[15..] {
        assert_eq!(verify(&guard, headers, b"body", at(0)), Err(Rejection::Replayed));
    }
    assert!(verify(&guard, &all[0], b"body", at(0)).is_ok());
}

#[test]
fn of_many_at_once_one_is_taken() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 1000).unwrap();
    let barrier = Barrier::new(8);
    for round in 0..50 {
        let headers = sent(&signer, &format!("msg_{round}"), b"body", at(0));
        let taken = thread::scope(|scope| {
            let race = || {
                barrier.wait();
                usize::from(verify(&guard, &headers, b"body", at(0)).is_ok())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(taken, 1);
    }
    assert_eq!(guard.len(), 50);
}

#[test]
fn what_could_not_be_kept_may_come_again() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 10).unwrap();
    let headers = sent(&signer, "msg_1", b"body", at(0));
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    let taken = guard.verify(&delivery, at(0)).unwrap();
    guard.forget(&delivery, taken);
    assert!(guard.is_empty());
    assert!(guard.verify(&delivery, at(1)).is_ok());
    assert_eq!(guard.verify(&delivery, at(2)), Err(Rejection::Replayed));
    assert_eq!(guard.forgotten(), 0);
}

#[test]
fn a_clock_that_is_set_back_lets_nothing_pass() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::new(verifier, 10).unwrap();
    let headers = sent(&signer, "msg_1", b"body", at(100));
    assert!(verify(&guard, &headers, b"body", at(100)).is_ok());
    let other = sent(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &other, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &headers, b"body", at(0)), Err(Rejection::Replayed));
}

#[test]
fn what_cannot_be_guarded_is_refused() {
    let github = || Verifier::preset("github", Secret::new("a")).unwrap();
    let kind = |guard: Result<ReplayGuard, _>| guard.err().map(|error: countersign::ConfigError| error.kind());
    assert_eq!(kind(ReplayGuard::new(github(), 10)), Some(ConfigErrorKind::InvalidConfig));
    assert_eq!(kind(ReplayGuard::with_window(github(), Duration::from_secs(60), 10)), None);
    assert_eq!(
        kind(ReplayGuard::with_window(github(), Duration::from_secs(60), 0)),
        Some(ConfigErrorKind::InvalidConfig)
    );
    let token = Verifier::token(Secret::new("a")).unwrap();
    assert_eq!(kind(ReplayGuard::new(token, 10)), Some(ConfigErrorKind::Unsupported));
}

#[test]
fn a_window_is_never_shorter_than_the_tolerance() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::with_window(verifier, Duration::from_secs(1), 10).unwrap();
    let headers = sent(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &headers, b"body", at(300)), Err(Rejection::Replayed));
}
