//! The stages of a verification by themselves, as far as they can be called: parse and decode, MAC, compare.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_benches::task::{ENCODINGS, SECRET, Task};
use countersign_benches::{SIZES, criterion};
use countersign_core::hazmat::{Claim, Portable, Tag};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Key, SIGNATURE_HEADER, Scheme, SecretSet, Timestamp, Verifier,
};
use countersign_lanes::{Lanes, Message};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const NOW: Timestamp = Timestamp::from_seconds(0);

fn verifier(algorithm: Algorithm, encoding: Encoding) -> Verifier<[Key; 1]> {
    let scheme = Scheme::hmac(SIGNATURE_HEADER, AlgorithmRule::Fixed(algorithm), encoding);
    Verifier::new(scheme, [Key::hmac(algorithm, SECRET).unwrap()]).unwrap()
}

fn claim<'a>(verifier: &'a Verifier<[Key; 1]>, headers: &'a [(&str, &str); 1], body: &'a [u8]) -> Claim<'a> {
    let delivery = Delivery { method: "", url: "", headers, body };
    let mut claim = Claim::empty();
    verifier.claim(&Portable, SecretSet::ALL, &delivery, NOW, &mut claim, |_| {}).unwrap();
    claim
}

/// All that comes before the MAC, beside the decoding alone of other crates.
fn parse_and_decode(criterion: &mut Criterion) {
    for (encoding, encoding_name) in ENCODINGS {
        let mut group = criterion.benchmark_group(format!("parse and decode {encoding_name}"));
        for algorithm in Algorithm::ALL {
            let task = Task::new(algorithm, 0);
            let (verifier, text) = (verifier(algorithm, encoding), task.signature(encoding));
            let mac = padded(&task.tag);
            assert!(claim(&verifier, &[(SIGNATURE_HEADER, &text)], &task.body).judge([&mac]).is_ok());
            let id = BenchmarkId::new("countersign", algorithm);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let headers = [(SIGNATURE_HEADER, black_box(&*text))];
                    let delivery = Delivery { method: "", url: "", headers: &headers, body: &task.body };
                    // It stays where it is filled in, as in a verification.
                    let mut claim = Claim::empty();
                    let gone_well = verifier.claim(&Portable, SecretSet::ALL, &delivery, NOW, &mut claim, |_| {});
                    black_box(&claim);
                    gone_well
                });
            });
            let mut out = [0; 80];
            let rival = |out: &mut [u8; 80], text: &str| match encoding {
                Encoding::HexaDecimal => hex::decode_to_slice(text, &mut out[..task.tag.len()]).is_ok(),
                Encoding::Base64 => STANDARD.decode_slice(text, out).is_ok(),
                Encoding::Base64Url => URL_SAFE.decode_slice(text, out).is_ok(),
            };
            assert!(rival(&mut out, &text) && out.starts_with(&task.tag));
            let name = if encoding == Encoding::HexaDecimal { "hex" } else { "base64" };
            group.bench_function(BenchmarkId::new(name, algorithm), |bencher| {
                bencher.iter(|| {
                    let gone_well = rival(&mut out, black_box(&text));
                    black_box(&out);
                    gone_well
                });
            });
        }
        group.finish();
    }
}

/// The MAC: by the core, and by the fastest code for this processor.
fn mac(criterion: &mut Criterion) {
    let lanes = Lanes::detect();
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("mac {algorithm}"));
        let key = Key::hmac(algorithm, SECRET).unwrap();
        for size in SIZES {
            let task = Task::new(algorithm, size);
            group.throughput(Throughput::Bytes(size as u64));
            let run = || key.sign(&[black_box(&task.body)]).unwrap();
            assert_eq!(run().as_bytes(), task.tag);
            group.bench_function(BenchmarkId::new("countersign-core", size), |bencher| bencher.iter(run));
            let run = || lanes.mac_one(Message { key: &key, parts: &[black_box(&task.body)] });
            assert!(run().as_bytes().starts_with(&task.tag));
            group.bench_function(BenchmarkId::new("countersign-lanes", size), |bencher| bencher.iter(run));
        }
        group.finish();
    }
}

fn compare(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compare");
    for algorithm in Algorithm::ALL {
        let task = Task::new(algorithm, 0);
        let (verifier, text) = (verifier(algorithm, Encoding::HexaDecimal), task.signature(Encoding::HexaDecimal));
        let headers = [(SIGNATURE_HEADER, &*text)];
        let (claim, mac) = (claim(&verifier, &headers, &task.body), padded(&task.tag));
        assert!(claim.judge([&mac]).is_ok() && claim.judge([Tag::new([0; 64])]).is_err());
        group.bench_function(BenchmarkId::new("countersign", algorithm), |bencher| {
            bencher.iter(|| black_box(&claim).judge([black_box(&mac)]));
        });
    }
    group.finish();
}

/// A tag as lanes give it, with zeros behind it.
fn padded(tag: &[u8]) -> Tag {
    let mut mac = [0; 64];
    mac[..tag.len()].copy_from_slice(tag);
    Tag::new(mac)
}

criterion_group!(name = benches; config = criterion(); targets = parse_and_decode, mac, compare);
criterion_main!(benches);
