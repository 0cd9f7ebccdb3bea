//! The tests that every kernel runs.

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

/// Returns the detected kernel. If there is none, the test cannot run and must not pass as if it had: panics, unless
/// [`ALLOW_MISSING`] lists this instruction set.
pub(crate) fn detected<T>(feature: Feature, kernel: Option<T>) -> Option<T> {
    if kernel.is_none() {
        match allow_missing(feature, &env::var(ALLOW_MISSING).unwrap_or_default()) {
            Ok(message) => std::println!("{message}"),
            Err(message) => panic!("{message}"),
        }
    }
    kernel
}

/// The message for a missing instruction set; an error if `allowed` does not list it.
fn allow_missing(feature: Feature, allowed: &str) -> Result<String, String> {
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
        "the kernels of {own} cannot be tested: this processor does not have it, or it is not detected. If it may be missing, \
         say so: {ALLOW_MISSING}={own}"
    ))
}

#[test]
fn a_missing_instruction_set_is_skipped_only_if_it_is_listed() {
    assert!(detected(Feature::Avx2, Some(())).is_some());
    for allowed in ["avx512", "shani, avx512", ",avx512,"] {
        let message = allow_missing(Feature::Avx512, allowed);
        assert!(message.is_ok_and(|message| message.starts_with("not run: the kernels of avx512")), "{allowed}");
    }
    for allowed in ["", ",", "avx2", "avx", "AVX512", "avx512 avx2", "all"] {
        assert!(allow_missing(Feature::Avx512, allowed).is_err(), "{allowed}");
    }
}

/// Nobody lists this one, since no kernel uses it.
#[test]
#[should_panic(expected = "COUNTERSIGN_ALLOW_MISSING=armsha512")]
fn a_missing_instruction_set_that_is_not_listed_fails() {
    detected(Feature::ArmSha512, None::<()>);
}

/// Tests a kernel with all hash functions with 32-bit words.
pub(crate) fn test_32_bit_hashes<K, const LANES: usize>(kernel: K)
where
    K: Kernel<<Md5 as Hash>::Compression, LANES>
        + Kernel<<Sha1 as Hash>::Compression, LANES>
        + Kernel<<Sha256 as Hash>::Compression, LANES>,
{
    test_hash::<Md5, K, LANES>(kernel);
    test_hash::<Sha1, K, LANES>(kernel);
    test_hash::<Sha224, K, LANES>(kernel);
    test_hash::<Sha256, K, LANES>(kernel);
}

/// Tests a kernel with all hash functions with 64-bit words.
pub(crate) fn test_64_bit_hashes<K: Kernel<<Sha512 as Hash>::Compression, LANES>, const LANES: usize>(kernel: K) {
    test_hash::<Sha384, K, LANES>(kernel);
    test_hash::<Sha512, K, LANES>(kernel);
}

/// Tests a kernel with one hash function: compares it with the compression functions of the core.
pub(crate) fn test_hash<H: Hash, K: Kernel<H::Compression, LANES>, const LANES: usize>(kernel: K) {
    let is_truncated = H::TAG_WORDS < H::Compression::STATE_WORDS;
    let mut random = Random(1);
    for round in 0..100 {
        let states: [Row<WordOf<H>>; LANES] = random.rows();
        let outer: [Row<WordOf<H>>; LANES] = random.rows();
        let last: [<WordOf<H> as Word>::Block; LANES] = core::array::from_fn(|_| random.block::<WordOf<H>>());
        // Each lane has a different number of blocks and a different alignment.
        let texts: [Vec<u8>; LANES] = core::array::from_fn(|_| {
            let blocks = random.below(4);
            (0..blocks * WordOf::<H>::BLOCK_LEN + 8).map(|_| random.byte()).collect()
        });
        let offsets: [usize; LANES] = core::array::from_fn(|_| random.below(8));
        let blocks: [&[_]; LANES] =
            core::array::from_fn(|index| WordOf::<H>::split_blocks(&texts[index][offsets[index]..]).0);
        let min_blocks = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);

        let (mut ours, mut theirs) = (states, states);
        kernel.compress_blocks(&mut ours, &blocks);
        for (state, blocks) in theirs.iter_mut().zip(blocks) {
            H::Compression::compress_one(state, &blocks[..min_blocks]);
        }
        assert!(equal_states::<H, LANES>(&ours, &theirs), "compress_blocks, round {round}");

        kernel.finish(is_truncated, &mut ours, &last, &outer);
        for ((state, last), outer) in theirs.iter_mut().zip(last).zip(outer) {
            let mut single = [*state];
            Kernel::<H::Compression, 1>::finish_as::<H>(CoreKernel, &mut single, &[last], &[outer]);
            [*state] = single;
        }
        assert!(equal_states::<H, LANES>(&ours, &theirs), "finish, round {round}");
    }
}

/// Compares chaining values, except the words that the function does not use.
fn equal_states<H: Hash, const LANES: usize>(ours: &[Row<WordOf<H>>; LANES], theirs: &[Row<WordOf<H>>; LANES]) -> bool {
    let words = H::Compression::STATE_WORDS;
    ours.iter().zip(theirs).all(|(ours, theirs)| ours[..words] == theirs[..words])
}

/// Pseudorandom numbers, the same in each run (Knuth's linear congruential generator).
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
        let mut block = W::ZERO_BLOCK;
        block.as_mut().fill_with(|| self.byte());
        block
    }

    fn rows<W: Word, const LANES: usize>(&mut self) -> [Row<W>; LANES] {
        core::array::from_fn(|_| {
            let words = W::words(&self.block::<W>());
            core::array::from_fn(|index| words[index])
        })
    }
}
