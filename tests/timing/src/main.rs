//! Measures, by dudect (Reparaz, Balasch, Verbauwhede, 2017), whether the time of a comparison depends on what is compared: two
//! classes of signatures, or tokens, are timed in a random order, and Welch's t-test tells whether their times differ.
//!
//! The benchmarks with `control` in their name compare in the usual, wrong way. Theirs must differ; else nothing could be found.

use std::hint::black_box;

use countersign::{Algorithm, Encoding, Secret, Verifier};
use countersign_core::Key;
use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main};
use rand::{Rng, RngExt};

const BODY: &[u8] = b"{\"order\": 1001}";

/// How many times are measured in one round. `scripts/test-timing` runs as many rounds as it is given time for.
const TIMES: usize = 20_000;

/// Two classes of texts: `near` differs from what is right in its last bit, `far` in its first.
struct Texts {
    near: Vec<u8>,
    far: Vec<u8>,
}

impl Texts {
    /// Times `work` with the texts of both classes. All copies are made before: one that is made just before it is looked at
    /// shows in the time by where it was copied from.
    fn time<T>(&self, runner: &mut CtRunner, rng: &mut BenchRng, work: impl Fn(&[u8]) -> T) {
        let copies: Vec<_> = (0..TIMES)
            .map(|_| {
                let is_near = rng.random::<bool>();
                (is_near, if is_near { self.near.clone() } else { self.far.clone() })
            })
            .collect();
        for (is_near, text) in &copies {
            runner.run_one(if *is_near { Class::Left } else { Class::Right }, || work(black_box(text)));
        }
    }
}

/// Signatures for a secret that is made anew in each round.
fn signatures(algorithm: Algorithm, secret: &[u8]) -> Texts {
    let key = Key::hmac(algorithm, secret).expect("it is not empty");
    let tag = key.sign(&[BODY]).expect("it is a key for HMAC").as_bytes().to_vec();
    let (mut near, mut far) = (tag.clone(), tag);
    *near.last_mut().expect("tags have bytes") ^= 1;
    far[0] ^= 1;
    Texts { near: hex::encode(near).into_bytes(), far: hex::encode(far).into_bytes() }
}

fn secret(rng: &mut BenchRng) -> Vec<u8> {
    let mut secret = vec![0; 32];
    rng.fill_bytes(&mut secret);
    secret
}

fn tag(algorithm: Algorithm, runner: &mut CtRunner, rng: &mut BenchRng) {
    let secret = secret(rng);
    let texts = signatures(algorithm, &secret);
    let verifier =
        Verifier::hmac(algorithm, Encoding::HexaDecimal, Secret::new(secret)).expect("the secret is not empty");
    texts.time(runner, rng, |text| verifier.verify_signature(text, BODY));
}

fn tag_sha256(runner: &mut CtRunner, rng: &mut BenchRng) {
    tag(Algorithm::Sha256, runner, rng);
}

fn tag_sha512(runner: &mut CtRunner, rng: &mut BenchRng) {
    tag(Algorithm::Sha512, runner, rng);
}

/// A token of which all but the last character is right, and one of which nothing is.
fn tokens(rng: &mut BenchRng) -> (String, Texts) {
    let token = hex::encode(secret(rng)).repeat(4);
    let other = |character: char| if character == '0' { b'1' } else { b'0' };
    let mut near = token.clone().into_bytes();
    *near.last_mut().expect("it is long") = other(token.chars().next_back().expect("it is long"));
    let far = token.chars().map(other).collect();
    (token, Texts { near, far })
}

fn token(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (token, texts) = tokens(rng);
    let verifier = Verifier::token(Secret::new(token)).expect("a header can carry it");
    texts.time(runner, rng, |text| verifier.verify_signature(text, b""));
}

/// The control of the signatures: `==` stops at the first byte that differs.
fn control_tag(runner: &mut CtRunner, rng: &mut BenchRng) {
    let secret = secret(rng);
    let texts = signatures(Algorithm::Sha256, &secret);
    let key = Key::hmac(Algorithm::Sha256, &secret).expect("it is not empty");
    texts.time(runner, rng, |text| {
        let ours = hex::encode(key.sign(&[BODY]).expect("it is a key for HMAC").as_bytes());
        ours.bytes().zip(text).all(|(ours, theirs)| ours == black_box(*theirs))
    });
}

/// The control of the tokens.
fn control_text(runner: &mut CtRunner, rng: &mut BenchRng) {
    let (token, texts) = tokens(rng);
    texts.time(runner, rng, |text| token.bytes().zip(text).all(|(ours, theirs)| ours == black_box(*theirs)));
}

ctbench_main!(tag_sha256, tag_sha512, token, control_tag, control_text);
