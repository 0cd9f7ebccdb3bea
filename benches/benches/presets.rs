//! A whole delivery through a preset, beside the bare check of a signature over the same body in the same encoding.
//!
//! Rounds of all contestants are interleaved, and the least time of each counts: what other programs take from the
//! machine is added to all of them alike and is the same for none.
#![allow(missing_docs, clippy::unwrap_used, clippy::cast_precision_loss, reason = "a benchmark, not an interface")]

use std::hint::black_box;
use std::time::{Duration, Instant, UNIX_EPOCH};

use countersign::{Algorithm, Delivery, Encoding, Message, Scheme, Secret, Signer, Verifier};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ROUNDS: usize = 400;
const CALLS: u32 = 2000;

struct Contestant<'a> {
    name: String,
    encoding: Encoding,
    is_bare: bool,
    run: Box<dyn Fn() -> bool + 'a>,
    least: Duration,
}

fn main() {
    let body = [b'a'; 256];
    let now = UNIX_EPOCH + Duration::from_secs(1_614_265_330);
    let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", now, ..Message::new(&body) };
    let mut contestants = Vec::new();

    for encoding in [Encoding::HexaDecimal, Encoding::Base64] {
        let verifier = Verifier::hmac(Algorithm::Sha256, encoding, Secret::new(SECRET)).unwrap();
        let signer = Signer::hmac(Algorithm::Sha256, encoding, Secret::new(SECRET)).unwrap();
        let signature = signer.signature(&message).unwrap();
        let run = move || verifier.verify_signature(black_box(signature.as_bytes()), black_box(&body)).is_ok();
        let name = format!("signature alone, {encoding}");
        contestants.push(Contestant { name, encoding, is_bare: true, run: Box::new(run), least: Duration::MAX });
    }

    for (name, encoding) in [
        ("github", Encoding::HexaDecimal),
        ("slack", Encoding::HexaDecimal),
        ("stripe", Encoding::HexaDecimal),
        ("shopify", Encoding::Base64),
        ("svix", Encoding::Base64),
        ("standard-webhooks", Encoding::Base64),
    ] {
        let scheme = Scheme::preset(name).unwrap();
        let verifier = scheme.verifier(Secret::new(SECRET)).unwrap();
        let headers = scheme.signer(Secret::new(SECRET)).unwrap().headers(&message).unwrap();
        let run = move || {
            let delivery =
                Delivery { method: "POST", url: "/", headers: black_box(&headers[..]), body: black_box(&body) };
            verifier.verify(&delivery, black_box(now)).is_ok()
        };
        let name = name.to_owned();
        contestants.push(Contestant { name, encoding, is_bare: false, run: Box::new(run), least: Duration::MAX });
    }

    for contestant in &contestants {
        assert!((contestant.run)(), "{} is not authentic", contestant.name);
    }
    // Run as a test, it is enough that all agree.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    for _ in 0..ROUNDS {
        for contestant in &mut contestants {
            let start = Instant::now();
            let all = (0..CALLS).all(|_| (contestant.run)());
            contestant.least = contestant.least.min(start.elapsed());
            assert!(all, "{} is not authentic", contestant.name);
        }
    }

    let nanoseconds = |contestant: &Contestant<'_>| contestant.least.as_nanos() as f64 / f64::from(CALLS);
    println!("SHA_256, 256 bytes, no header but those of the scheme; least of {ROUNDS} interleaved rounds of {CALLS}");
    for contestant in &contestants {
        let bare = contestants.iter().find(|other| other.is_bare && other.encoding == contestant.encoding).unwrap();
        let (own, more) = (nanoseconds(contestant), nanoseconds(contestant) - nanoseconds(bare));
        println!("{:<32} {own:7.1} ns {more:+7.1} ns", contestant.name);
    }
}
