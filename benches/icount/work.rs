//! The ways through the code, made ready. Each has been gone once already, so that what is done once (asking the
//! processor what it can) is not counted.

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::engine::hazmat::{Claim, Portable, Tag};
use countersign::engine::{self, AlgorithmRule, Key, SIGNATURE_HEADER, SecretSet, Timestamp};
use countersign::{Algorithm, Delivery, Encoding, Message, Rejection, Scheme, Secret, Signer, Verifier, verify_batch};

/// What is counted.
pub(crate) type Work = Box<dyn FnMut()>;

const SECRET: &[u8] = b"a secret of usual length, 32 by.";
const NOW: Timestamp = Timestamp::from_seconds(0);

/// Goes the way once, and sees that it comes to the right end.
fn ready(mut way: impl FnMut() -> bool + 'static) -> Work {
    assert!(way());
    Box::new(move || {
        black_box(way());
    })
}

fn body(size: usize) -> Vec<u8> {
    (b' '..=b'~').cycle().take(size).collect()
}

fn signature(algorithm: Algorithm, encoding: Encoding, body: &[u8]) -> String {
    Signer::hmac(algorithm, encoding, Secret::new(SECRET)).unwrap().signature(&Message::new(body)).unwrap()
}

fn verifier(algorithm: Algorithm, encoding: Encoding) -> Verifier {
    Verifier::hmac(algorithm, encoding, Secret::new(SECRET)).unwrap()
}

fn core_verifier(algorithm: Algorithm, encoding: Encoding) -> engine::Verifier<[Key; 1]> {
    let scheme = engine::Scheme::hmac(SIGNATURE_HEADER, AlgorithmRule::Fixed(algorithm), encoding);
    engine::Verifier::new(scheme, [Key::hmac(algorithm, SECRET).unwrap()]).unwrap()
}

pub(crate) fn verify(algorithm: Algorithm, encoding: Encoding, size: usize) -> Work {
    let (body, verifier) = (body(size), verifier(algorithm, encoding));
    let signature = signature(algorithm, encoding, &body);
    ready(move || verifier.verify_signature(black_box(signature.as_bytes()), black_box(&body)).is_ok())
}

pub(crate) fn core(algorithm: Algorithm, encoding: Encoding, size: usize) -> Work {
    let (body, verifier) = (body(size), core_verifier(algorithm, encoding));
    let signature = signature(algorithm, encoding, &body);
    ready(move || verifier.verify_signature(black_box(signature.as_bytes()), black_box(&body), NOW).is_ok())
}

/// All that comes before the MAC of a delivery that looks as usual.
pub(crate) fn claim(algorithm: Algorithm, encoding: Encoding) -> Work {
    let verifier = core_verifier(algorithm, encoding);
    let signature = signature(algorithm, encoding, &body(32));
    ready(move || {
        let headers = [(SIGNATURE_HEADER, black_box(signature.as_bytes()))];
        let mut claim = Claim::empty();
        let line = verifier.signature_line(&headers[..]);
        let done = line.is_some_and(|line| verifier.claim_fast(&Portable, SecretSet::ALL, line, &mut claim));
        black_box(&claim);
        done
    })
}

/// All that comes after it.
pub(crate) fn judge(algorithm: Algorithm) -> Work {
    let (body, verifier) = (body(32), core_verifier(algorithm, Encoding::HexaDecimal));
    let signature = signature(algorithm, Encoding::HexaDecimal, &body);
    let mut mac = [0; 64];
    let tag = Key::hmac(algorithm, SECRET).unwrap().sign(&[&body]).unwrap();
    mac[..tag.as_bytes().len()].copy_from_slice(tag.as_bytes());
    // What a claim borrows must live as long as the work, which is until the end.
    let (verifier, signature): (&_, &[u8]) = (Box::leak(Box::new(verifier)), signature.leak().as_bytes());
    let headers = Box::leak(Box::new([(SIGNATURE_HEADER, signature)]));
    let delivery = Delivery { method: "", url: "", headers, body: &[] };
    let mut claim = Claim::empty();
    assert!(verifier.claim(&Portable, SecretSet::ALL, &delivery, NOW, &mut claim, |_| {}).is_ok());
    let mac = Tag::new(mac);
    ready(move || black_box(&claim).judge([black_box(&mac)]).is_ok())
}

pub(crate) fn preset(name: &str) -> Work {
    const SECRET: &str = "whsec_YSBzZWNyZXQgb2YgdXN1YWwgbGVuZ3RoLCAzMiBieS4=";
    let body = [b'a'; 256];
    let now: SystemTime = UNIX_EPOCH + Duration::from_secs(1_614_265_330);
    let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", now, ..Message::new(&body) };
    let scheme = Scheme::preset(name).unwrap();
    let verifier = scheme.verifier(Secret::new(SECRET)).unwrap();
    let headers = scheme.signer(Secret::new(SECRET)).unwrap().headers(&message).unwrap();
    ready(move || {
        let delivery = Delivery { method: "POST", url: "/", headers: black_box(&headers[..]), body: black_box(&body) };
        verifier.verify(&delivery, black_box(now)).is_ok()
    })
}

/// 4 KiB in pieces that are no whole number of blocks.
pub(crate) fn stream(algorithm: Algorithm) -> Work {
    let (body, verifier) = (body(4096), verifier(algorithm, Encoding::HexaDecimal));
    let signature = signature(algorithm, Encoding::HexaDecimal, &body);
    ready(move || {
        let streaming = verifier.streaming().unwrap();
        let mut stream = streaming.begin_signature(black_box(signature.as_bytes())).unwrap();
        black_box(&body).chunks(1000).for_each(|piece| stream.update(piece));
        stream.finish().is_ok()
    })
}

/// 64 deliveries of 256 bytes.
pub(crate) fn batch(algorithm: Algorithm) -> Work {
    let (body, verifier) = (body(256), verifier(algorithm, Encoding::HexaDecimal));
    let signature = signature(algorithm, Encoding::HexaDecimal, &body);
    let mut verdicts = vec![Err(Rejection::MissingSignature); 64];
    ready(move || {
        let items = [(&verifier, signature.as_bytes(), &body[..]); 64];
        verify_batch(black_box(&items), &mut verdicts);
        verdicts.iter().all(Result::is_ok)
    })
}
