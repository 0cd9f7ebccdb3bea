//! The tests of every kernel, the same for all: each instruction set runs them on its own.

use std::string::String;
use std::vec::Vec;
use std::{env, format};

use crate::fallback::CoreKernel;
use crate::kernel::Kernel;
use crate::lanes::Feature;
use crate::rounds::{Compression, Hash, Md5, Sha1, Sha224, Sha256, Sha384, Sha512, WordOf};
use crate::word::{Row, Word};

/// Lists, separated by commas, the instruction sets that the processor of this machine may lack: `avx512,shani`.
const ALLOW_MISSING: &str = "COUNTERSIGN_ALLOW_MISSING";

/// What detection has found. Where there is nothing the test cannot run, and must not pass as if it had: it fails, unless
/// [`ALLOW_MISSING`] says that the processor may lack this.
pub(crate) fn found<T>(feature: Feature, kernel: Option<T>) -> Option<T> {
    if kernel.is_none() {
        match passed_over(feature, &env::var(ALLOW_MISSING).unwrap_or_default()) {
            Ok(message) => std::println!("{message}"),
            Err(message) => panic!("{message}"),
        }
    }
    kernel
}

/// What is said of an instruction set that is missing; an error if nobody has said that it may be.
fn passed_over(feature: Feature, allowed: &str) -> Result<String, String> {
    let name = |feature: Feature| format!("{feature:?}").to_ascii_lowercase();
    let own = name(feature);
    let mut allowed = allowed.split(',').map(str::trim).filter(|word| !word.is_empty());
    if let Some(other) = allowed.clone().find(|word| !Feature::ALL.into_iter().any(|feature| name(feature) == *word)) {
        let known = Feature::ALL.map(name).join(", ");
        return Err(format!("{ALLOW_MISSING} names {other:?}; known are {known}"));
    }
    if allowed.any(|word| word == own) {
        return Ok(format!("not run: the kernels of {own}, which this processor does not have"));
    }
    Err(format!(
        "the kernels of {own} cannot be tested: this processor does not have it, or it is not found. If it may be missing, \
         say so: {ALLOW_MISSING}={own}"
    ))
}

#[test]
fn what_is_missing_is_passed_over_only_where_that_was_said() {
    assert!(found(Feature::Avx2, Some(())).is_some());
    for allowed in ["avx512", "shani, avx512", ",avx512,"] {
        let said = passed_over(Feature::Avx512, allowed);
        assert!(said.is_ok_and(|message| message.starts_with("not run: the kernels of avx512")), "{allowed}");
    }
    for allowed in ["", ",", "avx2", "avx", "AVX512", "avx512 avx2", "all"] {
        assert!(passed_over(Feature::Avx512, allowed).is_err(), "{allowed}");
    }
}

/// Nobody has to say that this one may be missing, since no kernel is made of it.
#[test]
#[should_panic(expected = "COUNTERSIGN_ALLOW_MISSING=armsha512")]
fn what_nobody_allowed_to_be_missing_fails() {
    found(Feature::ArmSha512, None::<()>);
}

/// A kernel for all hash functions with words of 32 bits.
pub(crate) fn words_32<K, const LANES: usize>(kernel: K)
where
    K: Kernel<<Md5 as Hash>::Compression, LANES>
        + Kernel<<Sha1 as Hash>::Compression, LANES>
        + Kernel<<Sha256 as Hash>::Compression, LANES>,
{
    agrees::<Md5, K, LANES>(kernel);
    agrees::<Sha1, K, LANES>(kernel);
    agrees::<Sha224, K, LANES>(kernel);
    agrees::<Sha256, K, LANES>(kernel);
}

/// A kernel for all hash functions with words of 64 bits.
pub(crate) fn words_64<K: Kernel<<Sha512 as Hash>::Compression, LANES>, const LANES: usize>(kernel: K) {
    agrees::<Sha384, K, LANES>(kernel);
    agrees::<Sha512, K, LANES>(kernel);
}

/// A kernel for one hash function: held against one message at a time, by the code of the core.
pub(crate) fn agrees<H: Hash, K: Kernel<H::Compression, LANES>, const LANES: usize>(kernel: K) {
    let is_short = H::TAG_WORDS < H::Compression::STATE_WORDS;
    let mut random = Random(1);
    for round in 0..100 {
        let states: [Row<WordOf<H>>; LANES] = random.rows();
        let outer: [Row<WordOf<H>>; LANES] = random.rows();
        let last: [<WordOf<H> as Word>::Block; LANES] = core::array::from_fn(|_| random.block::<WordOf<H>>());
        // Each lane its own number of blocks, at its own alignment.
        let texts: [Vec<u8>; LANES] = core::array::from_fn(|_| {
            let blocks = random.below(4);
            (0..blocks * WordOf::<H>::BLOCK + 8).map(|_| random.byte()).collect()
        });
        let offsets: [usize; LANES] = core::array::from_fn(|_| random.below(8));
        let blocks: [&[_]; LANES] = core::array::from_fn(|at| WordOf::<H>::blocks(&texts[at][offsets[at]..]).0);
        let fewest = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);

        let (mut ours, mut theirs) = (states, states);
        kernel.absorb(&mut ours, &blocks);
        for (state, blocks) in theirs.iter_mut().zip(blocks) {
            H::Compression::compress_one(state, &blocks[..fewest]);
        }
        assert!(same::<H, LANES>(&ours, &theirs), "absorb, round {round}");

        kernel.close(is_short, &mut ours, &last, &outer);
        for ((state, last), outer) in theirs.iter_mut().zip(last).zip(outer) {
            let mut one = [*state];
            Kernel::<H::Compression, 1>::close_as::<H>(CoreKernel, &mut one, &[last], &[outer]);
            [*state] = one;
        }
        assert!(same::<H, LANES>(&ours, &theirs), "close, round {round}");
    }
}

/// Words that a function does not use may be anything.
fn same<H: Hash, const LANES: usize>(ours: &[Row<WordOf<H>>; LANES], theirs: &[Row<WordOf<H>>; LANES]) -> bool {
    let words = H::Compression::STATE_WORDS;
    ours.iter().zip(theirs).all(|(ours, theirs)| ours[..words] == theirs[..words])
}

/// Numbers that look random, the same each time (Knuth's linear congruence).
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u8 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0.to_be_bytes()[0]
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::from(self.byte()) % limit
    }

    fn block<W: Word>(&mut self) -> W::Block {
        let mut block = W::EMPTY;
        block.as_mut().fill_with(|| self.byte());
        block
    }

    fn rows<W: Word, const LANES: usize>(&mut self) -> [Row<W>; LANES] {
        core::array::from_fn(|_| {
            let words = W::words(&self.block::<W>());
            core::array::from_fn(|at| words[at])
        })
    }
}
