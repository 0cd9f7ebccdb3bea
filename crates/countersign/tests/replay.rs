//! The replay guard: each message once, whatever the order, the thread or the clock.

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

fn guard(verifier: Verifier, capacity: usize) -> ReplayGuard {
    ReplayGuard::new(verifier, ReplayMemory::new(capacity).unwrap()).unwrap()
}

fn sent(signer: &Signer, id: &str, body: &[u8], now: SystemTime) -> Vec<(String, String)> {
    signer.headers(&Message { id, now, ..Message::new(body) }).unwrap()
}

fn verify(
    guard: &ReplayGuard,
    headers: &[(String, String)],
    body: &[u8],
    now: SystemTime,
) -> Result<Ticket, Rejection> {
    guard.verify(&Delivery { method: "POST", url: "/", headers, body }, now).map(|taken| taken.ticket)
}

#[test]
fn a_message_is_taken_once() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 100);
    let first = sent(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
    // Another id is another message, though the body is the same; the same id is the same message, though it was
    // signed again.
    let second = sent(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &second, b"body", at(0)).is_ok());
    let again = sent(&signer, "msg_1", b"body", at(60));
    assert_eq!(verify(&guard, &again, b"body", at(60)), Err(Rejection::Replayed));
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (2, 0));
}

#[test]
fn a_rejected_delivery_is_not_remembered() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 100);
    let headers = sent(&signer, "msg_1", b"body", at(0));
    assert_eq!(verify(&guard, &headers, b"forged", at(0)), Err(Rejection::Mismatch));
    assert_eq!(verify(&guard, &headers, b"body", at(301)), Err(Rejection::Expired));
    assert_eq!(verify(&guard, &[], b"body", at(0)), Err(Rejection::MissingSignature));
    assert!(guard.memory().is_empty());
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
}

/// A message may be dated ahead by the tolerance and come back until it is too old: that is the window.
#[test]
fn the_window_covers_the_whole_tolerance() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 100);
    let ahead = sent(&signer, "msg_1", b"body", at(300));
    assert!(verify(&guard, &ahead, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &ahead, b"body", at(600)), Err(Rejection::Replayed));
    assert_eq!(verify(&guard, &ahead, b"body", at(601)), Err(Rejection::Expired));
    // Moments are cut to milliseconds when freshness is judged, so a little later it is still fresh.
    let moment = at(600) + Duration::from_micros(500);
    assert_eq!(verify(&guard, &ahead, b"body", moment), Err(Rejection::Replayed));
    assert_eq!(guard.memory().len(), 1);
}

/// What can never come back makes room first, and is not missed.
#[test]
fn what_is_over_is_let_go_when_room_is_needed() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 2);
    for (n, seconds) in [(1, 0), (2, 0), (3, 700), (4, 700)] {
        let headers = sent(&signer, &format!("msg_{n}"), b"body", at(seconds));
        assert!(verify(&guard, &headers, b"body", at(seconds)).is_ok());
    }
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (2, 0));
}

/// Two secrets have signed it; it is one message, whichever signature is left, and whichever secret still counts.
#[test]
fn a_message_signed_twice_is_one_message() {
    let scheme = Scheme::preset("stripe").unwrap();
    let value = |secret: &str| {
        let headers = scheme.signer(Secret::new(secret)).unwrap();
        sent(&headers, "", b"body", at(0))[0].1.split_once(",v1=").unwrap().1.to_owned()
    };
    let (one, two) = (value("one"), value("two"));
    let secrets = [Secret::new("one").not_after(at(10)), Secret::new("two")];
    let guard = guard(scheme.verifier(secrets).unwrap(), 10);
    let time = 1_614_265_330;
    let try_it = |value: String, seconds| {
        verify(&guard, &[("Stripe-Signature".to_owned(), value)], b"body", at(seconds)).map(|_| ())
    };
    assert_eq!(try_it(format!("t={time},v1={one},v1={two}"), 0), Ok(()));
    for (value, seconds) in [
        (format!("t={time},v1={two}"), 1),
        (format!("t={time},v1={two},v1={one}"), 2),
        (format!("t={time},v1={one},v1={two}"), 20),
    ] {
        assert_eq!(try_it(value, seconds), Err(Rejection::Replayed));
    }
}

/// Twilio signs with or without the port, so both are tried; it is the same message.
#[test]
fn another_way_to_write_the_url_is_no_other_message() {
    let scheme = Scheme::preset("twilio").unwrap();
    let body = b"a=1";
    let own = [("Content-Type", &b"application/x-www-form-urlencoded"[..])];
    let url = "https://example.com/hook";
    let message = Message { url, headers: &own, ..Message::new(body) };
    let mut headers = scheme.signer(Secret::new("key")).unwrap().headers(&message).unwrap();
    headers.push((own[0].0.to_owned(), "application/x-www-form-urlencoded".to_owned()));
    let verifier = scheme.verifier(Secret::new("key")).unwrap();
    let guard = ReplayGuard::with_window(verifier, Duration::from_secs(60), ReplayMemory::new(10).unwrap()).unwrap();
    let try_it = |url| guard.verify(&Delivery { method: "POST", url, headers: &headers[..], body }, at(0)).map(|_| ());
    assert_eq!(try_it(url), Ok(()));
    for url in [url, "https://example.com:443/hook", "https://example.com:8443/hook"] {
        assert_eq!(try_it(url), Err(Rejection::Replayed), "{url}");
    }
}

/// A clock that jumps ahead for one message and comes back.
#[test]
fn a_clock_that_jumps_lets_nothing_pass() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 10);
    let first = sent(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    let ahead = sent(&signer, "msg_2", b"body", at(900));
    assert!(verify(&guard, &ahead, b"body", at(900)).is_ok());
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
}

#[test]
fn without_an_id_the_signed_text_tells_messages_apart() {
    let scheme = Scheme::preset("stripe").unwrap();
    let (signer, verifier) = (scheme.signer(Secret::new("a")).unwrap(), scheme.verifier(Secret::new("a")).unwrap());
    let guard = guard(verifier, 100);
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
    let guard = guard(verifier, 10);
    let all: Vec<_> = (0..25).map(|n| sent(&signer, &format!("msg_{n}"), b"body", at(0))).collect();
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
fn of_many_at_once_one_is_taken() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 1000);
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
    assert_eq!(guard.memory().len(), 50);
}

#[test]
fn what_could_not_be_kept_may_come_again() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 10);
    let headers = sent(&signer, "msg_1", b"body", at(0));
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: b"body" };
    let ticket = guard.verify(&delivery, at(0)).unwrap().ticket;
    assert!(guard.forget(&ticket));
    assert!(guard.memory().is_empty());
    assert!(guard.verify(&delivery, at(1)).is_ok());
    assert_eq!(guard.verify(&delivery, at(2)), Err(Rejection::Replayed));
    // The ticket was for the first attempt: the second stays taken.
    assert!(!guard.forget(&ticket));
    assert_eq!(guard.verify(&delivery, at(3)), Err(Rejection::Replayed));
    assert_eq!(guard.memory().evicted(), 0);
}

#[test]
fn a_clock_that_is_set_back_lets_nothing_pass() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 10);
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
    let headers = sent(&signer, "msg_1", b"body", at(0));
    assert!(verify(&guard, &headers, b"body", at(0)).is_ok());
    assert_eq!(verify(&guard, &headers, b"body", at(300)), Err(Rejection::Replayed));
}

/// The memory outlives the verifier: secrets change, and nothing that was taken is taken again.
#[test]
fn a_verifier_that_is_built_anew_knows_what_was_taken() {
    let memory = ReplayMemory::new(100).unwrap();
    // One preset signs an id; of the other's messages all of the text is known.
    for (preset, old, new) in [("svix", KEY, "whsec_bmV3"), ("stripe", "old", "new")] {
        let scheme = Scheme::preset(preset).unwrap();
        let headers = sent(&scheme.signer(Secret::new(old)).unwrap(), "msg_1", b"body", at(0));
        let guard = |secrets: Vec<Secret>| ReplayGuard::new(scheme.verifier(secrets).unwrap(), memory.clone()).unwrap();
        assert!(verify(&guard(vec![Secret::new(old)]), &headers, b"body", at(0)).is_ok(), "{preset}");
        for secrets in [vec![old], vec![old, new], vec![new, old]] {
            let guard = guard(secrets.iter().map(|secret| Secret::new(*secret)).collect());
            assert_eq!(verify(&guard, &headers, b"body", at(1)), Err(Rejection::Replayed), "{preset}, {secrets:?}");
        }
    }
}

/// An attacker with one genuine message that the service cannot keep must not push others out.
#[test]
fn to_take_and_forget_one_message_pushes_no_other_out() {
    let (signer, verifier) = svix();
    let guard = guard(verifier, 10);
    let first = sent(&signer, "msg_1", b"body", at(0));
    let other = sent(&signer, "msg_2", b"body", at(0));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    for _ in 0..100 {
        let ticket = verify(&guard, &other, b"body", at(0)).unwrap();
        assert!(guard.forget(&ticket));
    }
    assert_eq!((guard.memory().len(), guard.memory().evicted()), (1, 0));
    assert_eq!(verify(&guard, &first, b"body", at(1)), Err(Rejection::Replayed));
}

/// All at the same moment: the place of a forgotten message must not stand for that of the message taken again.
#[test]
fn a_message_taken_again_is_as_young_as_that() {
    let memory = ReplayMemory::new(3).unwrap();
    let take = |n: u8| memory.take(Identity::from_bytes([n; 32]), at(0), Duration::from_secs(60));
    let first = take(1).unwrap();
    assert!(memory.forget(&first));
    for n in [2, 3] {
        take(n).unwrap();
    }
    take(1).unwrap();
    // There is no room for one more: the oldest is the second.
    take(4).unwrap();
    assert_eq!(take(1), Err(Repeated::InProgress));
    assert_eq!(take(3), Err(Repeated::InProgress));
    assert!(take(2).is_ok());
}

#[test]
fn what_became_of_a_message_is_known() {
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

/// A sender that tries again signs the same id anew, and that signature is fresh for longer than the first.
#[test]
fn a_retry_that_was_signed_anew_is_no_new_message_later() {
    let window = Duration::from_secs(601);
    let (signer, verifier) = svix();
    let guard = guard(verifier, 10);
    let first = sent(&signer, "msg_1", b"body", at(0));
    let retry = sent(&signer, "msg_1", b"body", at(305));
    assert!(verify(&guard, &first, b"body", at(0)).is_ok());
    for seconds in [305, 602, 603, 605] {
        assert_eq!(verify(&guard, &retry, b"body", at(seconds)), Err(Rejection::Replayed), "{seconds}");
    }
    assert_eq!(verify(&guard, &retry, b"body", at(606)), Err(Rejection::Expired));
    // The same, as the layer asks: it was handled before the retry, or while that was answered with "in progress".
    for is_handled_before in [true, false] {
        let memory = ReplayMemory::new(10).unwrap();
        let take = |seconds| memory.take(Identity::from_bytes([1; 32]), at(seconds), window);
        let ticket = take(0).unwrap();
        if is_handled_before {
            assert!(memory.finish(&ticket));
            assert_eq!(take(305), Err(Repeated::Handled));
        } else {
            assert_eq!(take(305), Err(Repeated::InProgress));
            assert!(memory.finish(&ticket));
        }
        // A clock that was set back makes nothing older.
        assert_eq!(take(100), Err(Repeated::Handled));
        for seconds in [602, 605, 1206] {
            assert_eq!(take(seconds), Err(Repeated::Handled), "{seconds}");
        }
        assert!(take(1808).is_ok());
    }
}

/// One whose handler never came back must not be kept away for ever by its own retries.
#[test]
fn what_nobody_settles_is_taken_again_after_the_window() {
    let memory = ReplayMemory::new(10).unwrap();
    let take = |seconds| memory.take(Identity::from_bytes([1; 32]), at(seconds), Duration::from_secs(60));
    take(0).unwrap();
    for seconds in [20, 40, 60] {
        assert_eq!(take(seconds), Err(Repeated::InProgress));
    }
    assert!(take(61).is_ok());
}

/// What came again goes last, though it was taken first.
#[test]
fn a_repetition_makes_a_message_young() {
    let memory = ReplayMemory::new(2).unwrap();
    let take = |n: u8| memory.take(Identity::from_bytes([n; 32]), at(0), Duration::from_secs(60));
    let first = take(1).unwrap();
    assert!(memory.finish(&first));
    take(2).unwrap();
    assert_eq!(take(1), Err(Repeated::Handled));
    take(3).unwrap();
    assert_eq!(take(1), Err(Repeated::Handled));
    assert!(take(2).is_ok());
    // The ticket still settles it.
    assert!(memory.forget(&first));
}

/// A ticket from before a connection was removed does nothing to a message that is taken after.
#[test]
fn a_ticket_of_a_removed_memory_settles_nothing() {
    let memories = ReplayMemories::new(10).unwrap();
    let take = || memories.of("shop").take(Identity::from_bytes([1; 32]), at(0), Duration::from_secs(60)).unwrap();
    let old = take();
    memories.remove("shop");
    let new = take();
    assert_ne!(old.number(), new.number());
    assert!(!memories.of("shop").finish(&old) && !memories.of("shop").forget(&old));
    assert!(memories.of("shop").forget(&new));
}
