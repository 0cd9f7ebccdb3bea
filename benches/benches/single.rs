//! One verification with a prepared SHA_256 key, beside the MAC alone of other crates and beside the floor.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;
use std::slice;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign_core::{Algorithm, AlgorithmRule, Encoding, Key, SIGNATURE_HEADER, Scheme, Timestamp, Verifier};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sha2::block_api::compress256;

const SECRET: &[u8] = b"a secret of usual length, 32 b.";

/// What HMAC cannot do without: the blocks of the body, and one more block that holds the outcome of those.
fn floor(blocks: &[[u8; 64]]) -> [u32; 8] {
    let mut inner = black_box([0; 8]);
    compress256(&mut inner, blocks);
    let mut block = [0; 64];
    for (to, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(inner) {
        *to = word.to_ne_bytes();
    }
    let mut outer = black_box([0; 8]);
    compress256(&mut outer, slice::from_ref(&block));
    outer
}

fn single(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("verify SHA_256");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    for size in [32, 256, 65_536] {
        let body = vec![0x5a; size];
        group.throughput(Throughput::Bytes(size as u64));

        let key = Key::hmac(Algorithm::Sha256, SECRET).unwrap();
        let tag = key.sign(&[&body]).unwrap();

        let other: Hmac<Sha256> = KeyInit::new_from_slice(SECRET).unwrap();
        let run_other = || {
            let mut mac = other.clone();
            mac.update(black_box(&body));
            mac.finalize().into_bytes()
        };
        assert_eq!(run_other()[..], *tag.as_bytes());
        group.bench_function(BenchmarkId::new("hmac", size), |bencher| bencher.iter(run_other));

        let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET);
        let run_ring = || ring::hmac::sign(&ring_key, black_box(&body));
        assert_eq!(run_ring().as_ref(), tag.as_bytes());
        group.bench_function(BenchmarkId::new("ring", size), |bencher| bencher.iter(run_ring));

        // 9 bytes at least go behind the body: the mark and the length.
        let blocks = vec![[0x5a; 64]; (size + 9).div_ceil(64)];
        group.bench_function(BenchmarkId::new("floor", size), |bencher| bencher.iter(|| floor(black_box(&blocks))));

        for (name, encoding, text) in [
            ("countersign/hex", Encoding::HexaDecimal, hex::encode(tag.as_bytes())),
            ("countersign/base64", Encoding::Base64, STANDARD.encode(tag.as_bytes())),
        ] {
            let rule = AlgorithmRule::Fixed(Algorithm::Sha256);
            let verifier = Verifier::new(Scheme::hmac(SIGNATURE_HEADER, rule, encoding), [key.clone()]).unwrap();
            assert!(verifier.verify_signature(text.as_bytes(), &body, Timestamp::from_seconds(0)).is_ok());
            group.bench_function(BenchmarkId::new(name, size), |bencher| {
                bencher.iter(|| {
                    verifier.verify_signature(black_box(text.as_bytes()), black_box(&body), Timestamp::from_seconds(0))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, single);
criterion_main!(benches);
