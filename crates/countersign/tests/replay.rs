//! The replay guard accepts each message once, whatever the order, the threads or the clock.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{
    ConfigErrorKind, Delivery, Identity, Message, Rejection, Repeated, ReplayGuard, ReplayMemories, ReplayMemory,
    Scheme, Secret, Signer, Ticket, Verifier,
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

fn svix_guard(capacity: usize) -> (Signer, ReplayGuard) {
    let (signer, verifier) = svix();
    (signer, guard(verifier, capacity))
}

fn guard(verifier: Verifier, capacity: usize) -> ReplayGuard {
    ReplayGuard::new(verifier, ReplayMemory::new(capacity).unwrap()).unwrap()
}

fn signed_headers(signer: &Signer, id: &str, body: &[u8], now: SystemTime) -> Vec<(String, String)> {
    signer.headers(&Message { id, now, ..Message::new(body) }).unwrap()
}

fn verify(
    guard: &ReplayGuard,
    headers: &[(String, String)],
    body: &[u8],
    now: SystemTime,
) -> Result<Ticket, Rejection> {
    guard.verify(&Delivery { method: "POST", url: "/", headers, body }, now).map(|accepted| accepted.ticket)
}

#[test]
fn a_message_is_accepted_once() {
    let (signer, guard) = svix_guard(100);
    let first = signed_headers(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
    // Another id makes another message, even with the same body. The same id makes the same message, even if it was signed
    // again.
    let second = signed_headers(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &second, b"body", at(0)).is_ok());
    let again = signed_headers(&signer, "msg_1", b"body", at(60));
    assert_eq!(verify(&guard, &again, b"body", at(60)), Err(Rejection::Replayed));
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (2, 0));
}

#[test]
fn a_rejected_delivery_is_not_remembered() {
    let (signer, guard) = svix_guard(100);
    let headers = signed_headers(&signer, "msg_1", b"body", at(0));
    assert_eq!(verify(&guard, &headers, b"forged", at(0)), Err(Rejection::Mismatch));
    assert_eq!(verify(&guard, &headers, b"body", at(301)), Err(Rejection::Expired));
    assert_eq!(verify(&guard, &[], b"body", at(0)), Err(Rejection::MissingSignature));
    assert!(guard.memory().is_empty());
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
}

/// A timestamp may be in the future by the tolerance, and the message may be repeated until it expires.
#[test]
fn the_window_covers_the_whole_tolerance() {
    let (signer, guard) = svix_guard(100);
    let ahead = signed_headers(&signer, "msg_1", b"body", at(300));
    assert!(verify(&guard, &ahead, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &ahead, b"body", at(600)), Err(Rejection::Replayed));
    assert_eq!(verify(&guard, &ahead, b"body", at(601)), Err(Rejection::Expired));
    // Freshness is judged in whole milliseconds, so the message is still fresh half a millisecond later.
    let later = at(600) + Duration::from_micros(500);
    assert_eq!(verify(&guard, &ahead, b"body", later), Err(Rejection::Replayed));
    assert_eq!(guard.memory().len(), 1);
}

/// Messages whose window is over are removed first. They do not count as evicted.
#[test]
fn expired_entries_are_removed_when_the_memory_is_full() {
    let (signer, guard) = svix_guard(2);
    for (n, seconds) in [(1, 0), (2, 0), (3, 700), (4, 700)] {
        let headers = signed_headers(&signer, &format!("msg_{n}"), b"body", at(seconds));
        assert!(verify(&guard, &headers, b"body", at(seconds)).is_ok());
    }
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (2, 0));
}

/// A message with signatures of two secrets is one message, whichever signature remains and whichever secret is valid.
#[test]
fn a_message_with_two_signatures_is_one_message() {
    let scheme = Scheme::preset("stripe").unwrap();
    let value = |secret: &str| {
        let signer = scheme.signer(Secret::new(secret)).unwrap();
        signed_headers(&signer, "", b"body", at(0))[0].1.split_once(",v1=").unwrap().1.to_owned()
    };
    let (one, two) = (value("one"), value("two"));
    let secrets = [Secret::new("one").not_after(at(10)), Secret::new("two")];
    let guard = guard(scheme.verifier(secrets).unwrap(), 10);
    let time = 1_614_265_330;
    let verify_value = |value: String, seconds| {
        verify(&guard, &[("Stripe-Signature".to_owned(), value)], b"body", at(seconds)).map(|_| ())
    };
    assert_eq!(verify_value(format!("t={time},v1={one},v1={two}"), 0), Ok(()));
    for (value, seconds) in [
        (format!("t={time},v1={two}"), 1),
        (format!("t={time},v1={two},v1={one}"), 2),
        (format!("t={time},v1={one},v1={two}"), 20),
    ] {
        assert_eq!(verify_value(value, seconds), Err(Rejection::Replayed));
    }
}

/// Twilio signs the URL with or without the port, so both are tried; the message is the same.
#[test]
fn a_message_is_the_same_with_and_without_the_port_in_its_url() {
    let scheme = Scheme::preset("twilio").unwrap();
    let body = b"a=1";
    let content_type = [("Content-Type", &b"application/x-www-form-urlencoded"[..])];
    let url = "https://example.com/hook";
    let message = Message { url, headers: &content_type, ..Message::new(body) };
    let mut headers = scheme.signer(Secret::new("key")).unwrap().headers(&message).unwrap();
    headers.push((content_type[0].0.to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let verifier = scheme.verifier(Secret::new("key")).unwrap();
    let guard = ReplayGuard::with_window(verifier, Duration::from_secs(60), ReplayMemory::new(10).unwrap()).unwrap();
    let verify_url =
        |url| guard.verify(&Delivery { method: "POST", url, headers: &headers[..], body }, at(0)).map(|_| ());
    assert_eq!(verify_url(url), Ok(()));
    for url in [url, "https://example.com:443/hook", "https://example.com:8443/hook"] {
        assert_eq!(verify_url(url), Err(Rejection::Replayed), "{url}");
    }
}

/// The clock is wrong for one message only.
#[test]
fn a_clock_that_jumps_ahead_makes_no_replay_possible() {
    let (signer, guard) = svix_guard(10);
    let first = signed_headers(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    let ahead = signed_headers(&signer, "msg_2", b"body", at(900));
    assert!(verify(&guard, &ahead, b"body", at(900)).is_ok());
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
}

#[test]
fn without_an_id_the_signed_text_identifies_a_message() {
    let scheme = Scheme::preset("stripe").unwrap();
    let (signer, verifier) = (scheme.signer(Secret::new("a")).unwrap(), scheme.verifier(Secret::new("a")).unwrap());
    let guard = guard(verifier, 100);
    let headers = signed_headers(&signer, "", b"body", at(0));
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
    // Changes of unsigned text make no new message: another order, other keys, the signature in upper case.
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
    let next = signed_headers(&signer, "", b"body", at(1));
    assert!(verify(&guard, &next, b"body", at(1)).is_ok());
}

#[test]
fn the_memory_is_bounded_and_evicts_the_oldest_message() {
    let (signer, guard) = svix_guard(10);
    let all: Vec<_> = (0..25).map(|n| signed_headers(&signer, &format!("msg_{n}"), b"body", at(0))).collect();
    for headers in &all {
        assert!(verify(&guard, headers, b"body", at(0)).is_ok());
        assert!(guard.memory().len() <= 10);
    }
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (10, 15));
    for headers in &all[15..] {
        assert_eq!(verify(&guard, headers, b"body", at(0)), Err(Rejection::Replayed));
    }
    assert!(verify(&guard, &all[0], b"body", at(0)).is_ok());
}

#[test]
fn one_of_several_concurrent_deliveries_is_accepted() {
    let (signer, guard) = svix_guard(1000);
    let barrier = Barrier::new(8);
    for round in 0..50 {
        let headers = signed_headers(&signer, &format!("msg_{round}"), b"body", at(0));
        let accepted = thread::scope(|scope| {
            let race = || {
                barrier.wait();
                usize::from(verify(&guard, &headers, b"body", at(0)).is_ok())
            };
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(race)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
        });
        assert_eq!(accepted, 1);
    }
    assert_eq!(guard.memory().len(), 50);
}

#[test]
fn a_forgotten_message_may_be_repeated() {
    let (signer, guard) = svix_guard(10);
    let headers = signed_headers(&signer, "msg_1", b"body", at(0));
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    let ticket = guard.verify(&delivery, at(0)).unwrap().ticket;
    assert!(guard.forget(&ticket));
    assert!(guard.memory().is_empty());
    assert!(guard.verify(&delivery, at(1)).is_ok());
    assert_eq!(guard.verify(&delivery, at(2)), Err(Rejection::Replayed));
    // The ticket belongs to the first attempt, so the second stays remembered.
    assert!(!guard.forget(&ticket));
    assert_eq!(guard.verify(&delivery, at(3)), Err(Rejection::Replayed));
    assert_eq!(guard.memory().evicted(), 0);
}

#[test]
fn a_clock_that_is_set_back_makes_no_replay_possible() {
    let (signer, guard) = svix_guard(10);
    let headers = signed_headers(&signer, "msg_1", b"body", at(100));
    assert!(verify(&guard, &headers, b"body", at(100)).is_ok());
    let other = signed_headers(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &other, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &headers, b"body", at(0)), Err(Rejection::Replayed));
}

#[test]
fn invalid_settings_of_a_guard_are_errors() {
    let github = || Verifier::preset("github", Secret::new("a")).unwrap();
    let kind = |guard: Result<ReplayGuard, _>| guard.err().map(|error: countersign::ConfigError| error.kind());
    assert_eq!(kind(ReplayGuard::new(github(), ReplayMemory::new(10).unwrap())), Some(ConfigErrorKind::InvalidConfig));
    assert_eq!(kind(ReplayGuard::with_window(github(), Duration::from_secs(60), ReplayMemory::new(10).unwrap())), None);
    assert_eq!(ReplayMemory::new(0).unwrap_err().kind(), ConfigErrorKind::InvalidConfig);
    let token = Verifier::token(Secret::new("a")).unwrap();
    assert_eq!(kind(ReplayGuard::new(token, ReplayMemory::new(10).unwrap())), Some(ConfigErrorKind::Unsupported));
}

#[test]
fn a_window_is_never_shorter_than_the_tolerance() {
    let (signer, verifier) = svix();
    let guard = ReplayGuard::with_window(verifier, Duration::from_secs(1), ReplayMemory::new(10).unwrap()).unwrap();
    let headers = signed_headers(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &headers, b"body", at(300)), Err(Rejection::Replayed));
}

/// The memory outlives the verifier: after a change of secrets, accepted messages are still rejected as replayed.
#[test]
fn a_new_verifier_with_the_same_memory_rejects_replays() {
    let memory = ReplayMemory::new(100).unwrap();
    // One preset signs an id; for the other the whole signed text is the identity.
    for (preset, old, new) in [("svix", KEY, "whsec_bmV3"), ("stripe", "old", "new")] {
        let scheme = Scheme::preset(preset).unwrap();
        let headers = signed_headers(&scheme.signer(Secret::new(old)).unwrap(), "msg_1", b"body", at(0));
        let guard = |secrets: Vec<Secret>| ReplayGuard::new(scheme.verifier(secrets).unwrap(), memory.clone()).unwrap();
        assert!(verify(&guard(vec![Secret::new(old)]), &headers, b"body", at(0)).is_ok(), "{preset}");
        for secrets in [vec![old], vec![old, new], vec![new, old]] {
            let guard = guard(secrets.iter().map(|secret| Secret::new(*secret)).collect());
            assert_eq!(verify(&guard, &headers, b"body", at(1)), Err(Rejection::Replayed), "{preset}, {secrets:?}");
        }
    }
}

/// An attacker who repeats one authentic message that the service cannot handle must not evict others.
#[test]
fn accepting_and_forgetting_one_message_evicts_no_other() {
    let (signer, guard) = svix_guard(10);
    let first = signed_headers(&signer, "msg_1", b"body", at(0));
    let other = signed_headers(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    for _ in 0..100 {
        let ticket = verify(&guard, &other, b"body", at(0)).unwrap();
        assert!(guard.forget(&ticket));
    }
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (1, 0));
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
}

/// All messages have the same time. A message that was forgotten and accepted again gets a new position in the order of
/// eviction.
#[test]
fn a_message_accepted_again_is_evicted_in_its_new_order() {
    let memory = ReplayMemory::new(3).unwrap();
    let take = |n: u8| memory.take(Identity::from_bytes([n; 32]), at(0), Duration::from_secs(60));
    let first = take(1).unwrap();
    assert!(memory.forget(&first));
    for n in [2, 3] {
        take(n).unwrap();
    }
    take(1).unwrap();
    // The memory is full, and message 2 is the oldest.
    take(4).unwrap();
    assert_eq!(take(1), Err(Repeated::InProgress));
    assert_eq!(take(3), Err(Repeated::InProgress));
    assert!(take(2).is_ok());
}

#[test]
fn the_state_of_a_message_is_remembered() {
    let memory = ReplayMemory::new(3).unwrap();
    let take = || memory.take(Identity::from_bytes([1; 32]), at(0), Duration::from_secs(60));
    let ticket = take().unwrap();
    assert_eq!(take(), Err(Repeated::InProgress));
    assert!(memory.finish(&ticket));
    assert_eq!(take(), Err(Repeated::Handled));
    assert!(memory.forget(&ticket) && !memory.forget(&ticket) && !memory.finish(&ticket));
    let second = take().unwrap();
    assert!(ticket != second && !memory.finish(&ticket) && !memory.forget(&ticket));
    assert_eq!((take(), second.identity().as_bytes()), (Err(Repeated::InProgress), &[1; 32]));
}

/// A sender that tries again signs the same id with a new timestamp, which expires later than the first.
#[test]
fn a_retry_with_a_new_timestamp_extends_the_window() {
    let window = Duration::from_secs(601);
    let (signer, guard) = svix_guard(10);
    let first = signed_headers(&signer, "msg_1", b"body", at(0));
    let retry = signed_headers(&signer, "msg_1", b"body", at(305));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    for seconds in [305, 602, 603, 605] {
        assert_eq!(verify(&guard, &retry, b"body", at(seconds)), Err(Rejection::Replayed), "{seconds}");
    }
    assert_eq!(verify(&guard, &retry, b"body", at(606)), Err(Rejection::Expired));
    // The same, as the tower layer uses the memory: the message is finished before the retry, or after the retry was
    // answered with "in progress".
    for is_finished_before_retry in [true, false] {
        let memory = ReplayMemory::new(10).unwrap();
        let take = |seconds| memory.take(Identity::from_bytes([1; 32]), at(seconds), window);
        let ticket = take(0).unwrap();
        if is_finished_before_retry {
            assert!(memory.finish(&ticket));
            assert_eq!(take(305), Err(Repeated::Handled));
        } else {
            assert_eq!(take(305), Err(Repeated::InProgress));
            assert!(memory.finish(&ticket));
        }
        // A clock that was set back does not shorten the window.
        assert_eq!(take(100), Err(Repeated::Handled));
        for seconds in [602, 605, 1206] {
            assert_eq!(take(seconds), Err(Repeated::Handled), "{seconds}");
        }
        assert!(take(1808).is_ok());
    }
}

/// If the handler of a message never finishes, its retries must not block it for ever.
#[test]
fn an_unfinished_message_is_accepted_again_after_the_window() {
    let memory = ReplayMemory::new(10).unwrap();
    let take = |seconds| memory.take(Identity::from_bytes([1; 32]), at(seconds), Duration::from_secs(60));
    take(0).unwrap();
    for seconds in [20, 40, 60] {
        assert_eq!(take(seconds), Err(Repeated::InProgress));
    }
    assert!(take(61).is_ok());
}

/// A repeated message is evicted last, even if it was accepted first.
#[test]
fn a_repetition_delays_eviction() {
    let memory = ReplayMemory::new(2).unwrap();
    let take = |n: u8| memory.take(Identity::from_bytes([n; 32]), at(0), Duration::from_secs(60));
    let first = take(1).unwrap();
    assert!(memory.finish(&first));
    take(2).unwrap();
    assert_eq!(take(1), Err(Repeated::Handled));
    take(3).unwrap();
    assert_eq!(take(1), Err(Repeated::Handled));
    assert!(take(2).is_ok());
    // The ticket is still valid.
    assert!(memory.forget(&first));
}

/// A ticket from before a connection was removed does not affect a message that is accepted afterwards.
#[test]
fn a_ticket_of_a_removed_memory_has_no_effect() {
    let memories = ReplayMemories::new(10).unwrap();
    let take = || memories.of("shop").take(Identity::from_bytes([1; 32]), at(0), Duration::from_secs(60)).unwrap();
    let old = take();
    memories.remove("shop");
    let new = take();
    assert_ne!(old.number(), new.number());
    assert!(!memories.of("shop").finish(&old) && !memories.of("shop").forget(&old));
    assert!(memories.of("shop").forget(&new));
}
