//! A body that arrives in pieces, beside the same body in one, and beside the MAC alone of other crates.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;

use countersign::{Algorithm, Encoding, Secret, Verifier};
use countersign_benches::criterion;
use countersign_benches::task::{SECRET, Task};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use ring::hmac as ring_hmac;

const SIZES: [usize; 3] = [4096, 65_536, 1_048_576];
/// What a socket gives at a time.
const PIECES: [usize; 2] = [1024, 16_384];

fn stream(criterion: &mut Criterion) {
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("stream {algorithm}"));
        let verifier = Verifier::hmac(algorithm, Encoding::HexaDecimal, Secret::new(SECRET)).unwrap();
        let streaming = verifier.streaming().unwrap();
        for size in SIZES {
            let task = Task::new(algorithm, size);
            let signature = task.signature(Encoding::HexaDecimal);
            group.throughput(Throughput::Bytes(size as u64));

            let whole = || verifier.verify_signature(black_box(signature.as_bytes()), black_box(&task.body));
            assert!(whole().is_ok());
            group.bench_function(BenchmarkId::new("countersign whole", size), |bencher| bencher.iter(whole));
            for piece in PIECES {
                let run = || {
                    let mut stream = streaming.begin_signature(black_box(signature.as_bytes())).unwrap();
                    black_box(&task.body).chunks(piece).for_each(|piece| stream.update(piece));
                    stream.finish()
                };
                assert!(run().is_ok());
                let id = BenchmarkId::new(format!("countersign pieces of {piece}"), size);
                group.bench_function(id, |bencher| bencher.iter(run));
            }
            if algorithm == Algorithm::Sha256 {
                rivals(&mut group, &task);
            }
        }
        group.finish();
    }
}

fn rivals(group: &mut criterion::BenchmarkGroup<'_, criterion::measurement::WallTime>, task: &Task) {
    let ring_key = ring_hmac::Key::new(ring_hmac::HMAC_SHA256, SECRET);
    let key: Hmac<sha2::Sha256> = KeyInit::new_from_slice(SECRET).unwrap();
    for piece in PIECES {
        let run = || {
            let mut mac = key.clone();
            black_box(&task.body).chunks(piece).for_each(|piece| mac.update(piece));
            mac.finalize().into_bytes()
        };
        assert_eq!(run()[..], task.tag);
        group.bench_function(BenchmarkId::new(format!("hmac pieces of {piece}"), task.body.len()), |b| b.iter(run));
        let run = || {
            let mut mac = ring_hmac::Context::with_key(&ring_key);
            black_box(&task.body).chunks(piece).for_each(|piece| mac.update(piece));
            mac.sign()
        };
        assert_eq!(run().as_ref(), task.tag);
        group.bench_function(BenchmarkId::new(format!("ring pieces of {piece}"), task.body.len()), |b| b.iter(run));
    }
}

criterion_group!(name = benches; config = criterion(); targets = stream);
criterion_main!(benches);
