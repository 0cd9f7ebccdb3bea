//! One verification, from the text of the header to the verdict, beside the MAC alone of other crates and the floor.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;

use countersign::{Algorithm, Encoding, Secret, Verifier};
use countersign_benches::floor::{Measure, floor};
use countersign_benches::macs::{Contest, rivals};
use countersign_benches::task::{ENCODINGS, SECRET, Task};
use countersign_benches::{SIZES, criterion};
use countersign_core::{AlgorithmRule, Key, SIGNATURE_HEADER, Scheme, Timestamp};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

type Group<'a> = BenchmarkGroup<'a, WallTime>;

fn measure<T>(group: &mut Group<'_>, name: &str, size: usize, run: impl FnMut() -> T) {
    let mut run = run;
    group.bench_function(BenchmarkId::new(name, size), |bencher| bencher.iter(&mut run));
}

/// A verifier of the core alone, which needs no heap.
fn core_verifier(algorithm: Algorithm, encoding: Encoding) -> countersign_core::Verifier<[Key; 1]> {
    let scheme = Scheme::hmac(SIGNATURE_HEADER, AlgorithmRule::Fixed(algorithm), encoding);
    countersign_core::Verifier::new(scheme, [Key::hmac(algorithm, black_box(SECRET)).unwrap()]).unwrap()
}

fn verifier(algorithm: Algorithm, encoding: Encoding) -> Verifier {
    Verifier::hmac(algorithm, encoding, Secret::new(black_box(SECRET))).unwrap()
}

/// The key is made ready beforehand, as a service does it.
fn prepared(criterion: &mut Criterion) {
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("prepared {algorithm}"));
        for size in SIZES {
            let task = Task::new(algorithm, size);
            group.throughput(Throughput::Bytes(size as u64));
            floor(algorithm, size, &mut Floor(&mut group, size));
            for (encoding, encoding_name) in ENCODINGS {
                let (verifier, signature) = (verifier(algorithm, encoding), task.signature(encoding));
                let verify = |signature: &str| verifier.verify_signature(signature.as_bytes(), black_box(&task.body));
                assert!(verify(&signature).is_ok() && verify(&task.forged(encoding)).is_err());
                measure(&mut group, &format!("countersign {encoding_name}"), size, || verify(black_box(&signature)));
            }
            let (verifier, signature) =
                (core_verifier(algorithm, Encoding::HexaDecimal), task.signature(Encoding::HexaDecimal));
            let now = Timestamp::from_seconds(0);
            let verify = |signature: &str| verifier.verify_signature(signature.as_bytes(), black_box(&task.body), now);
            assert!(verify(&signature).is_ok() && verify(&task.forged(Encoding::HexaDecimal)).is_err());
            measure(&mut group, "countersign-core hex", size, || verify(black_box(&signature)));
            rivals(algorithm, &mut Prepared(&mut group, &task));
        }
        group.finish();
    }
}

/// The secret is used once: making the key ready is a part of it.
fn one_shot(criterion: &mut Criterion) {
    for algorithm in Algorithm::ALL {
        let mut group = criterion.benchmark_group(format!("one-shot {algorithm}"));
        for size in SIZES {
            let task = Task::new(algorithm, size);
            group.throughput(Throughput::Bytes(size as u64));
            let (encoding, signature) = (Encoding::HexaDecimal, task.signature(Encoding::HexaDecimal));
            let run = || {
                let verifier = verifier(algorithm, encoding);
                verifier.verify_signature(black_box(signature.as_bytes()), black_box(&task.body))
            };
            assert!(run().is_ok());
            measure(&mut group, "countersign hex", size, run);
            let run = || {
                let (verifier, now) = (core_verifier(algorithm, encoding), Timestamp::from_seconds(0));
                verifier.verify_signature(black_box(signature.as_bytes()), black_box(&task.body), now)
            };
            assert!(run().is_ok());
            measure(&mut group, "countersign-core hex", size, run);
            rivals(algorithm, &mut OneShot(&mut group, &task));
        }
        group.finish();
    }
}

struct Floor<'a, 'b>(&'a mut Group<'b>, usize);

impl Measure for Floor<'_, '_> {
    fn measure<T>(&mut self, run: impl Fn() -> T) {
        measure(self.0, "floor", self.1, run);
    }
}

struct Prepared<'a, 'b>(&'a mut Group<'b>, &'a Task);

impl Contest for Prepared<'_, '_> {
    fn enter<K: 'static, T: AsRef<[u8]> + 'static>(
        &mut self,
        name: &'static str,
        prepare: impl Fn(&[u8]) -> K + 'static,
        tag: impl Fn(&K, &[u8]) -> T + 'static,
        _once: impl Fn(&[u8], &[u8]) -> T + 'static,
    ) {
        let (key, task) = (prepare(SECRET), self.1);
        assert_eq!(tag(&key, &task.body).as_ref(), task.tag, "{name}, {}", task.algorithm);
        measure(self.0, name, task.body.len(), || tag(black_box(&key), black_box(&task.body)));
    }
}

struct OneShot<'a, 'b>(&'a mut Group<'b>, &'a Task);

impl Contest for OneShot<'_, '_> {
    fn enter<K: 'static, T: AsRef<[u8]> + 'static>(
        &mut self,
        name: &'static str,
        _prepare: impl Fn(&[u8]) -> K + 'static,
        _tag: impl Fn(&K, &[u8]) -> T + 'static,
        once: impl Fn(&[u8], &[u8]) -> T + 'static,
    ) {
        let task = self.1;
        assert_eq!(once(SECRET, &task.body).as_ref(), task.tag, "{name}, {}", task.algorithm);
        measure(self.0, name, task.body.len(), || once(black_box(SECRET), black_box(&task.body)));
    }
}

criterion_group!(name = benches; config = criterion(); targets = prepared, one_shot);
criterion_main!(benches);
