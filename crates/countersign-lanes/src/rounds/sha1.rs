//! SHA-1 (FIPS 180-4 section 6.1).

use countersign_core::Key;
use countersign_core::hazmat::{Chaining, chaining};

use crate::rounds::{self, Compression, repeat_16};
use crate::vector::Vector;
use crate::word::Row;

/// The compression function of SHA-1. Uses five words of a row.
pub(crate) struct Sha1;

/// FIPS 180-4 section 4.2.1: one constant for every twenty rounds.
const CONSTANTS: [u32; 4] = [0x5a82_7999, 0x6ed9_eba1, 0x8f1b_bcdc, 0xca62_c1d6];

impl Compression for Sha1 {
    type Word = u32;
    type Full = rounds::Sha1;
    type Truncated = rounds::Sha1;

    const STATE_WORDS: usize = 5;
    const BIG_ENDIAN: bool = true;

    #[inline(always)]
    fn compress<V: Vector<LANES, Word = u32>, const LANES: usize>(
        proof: V::Proof,
        state: [V; 8],
        mut w: [V; 16],
    ) -> [V; 8] {
        let mut s = state;
        macro_rules! round {
            ($round:expr) => {{
                const ROUND: usize = $round;
                const A: usize = (80 - ROUND) % 5;
                const KIND: usize = ROUND / 20;
                let [a, b, c] = [s[A], s[(A + 1) % 5], s[(A + 2) % 5]];
                let [d, e] = [s[(A + 3) % 5], s[(A + 4) % 5]];
                let mixed = match KIND {
                    0 => b.choose(c, d),
                    2 => b.majority(c, d),
                    _ => b.xor3(c, d),
                };
                let input = V::splat(proof, CONSTANTS[KIND]).add(w[ROUND % 16]);
                s[(A + 4) % 5] = e.add(input).add(mixed).add(a.rotate_right::<27, 5>());
                s[(A + 1) % 5] = b.rotate_right::<2, 30>();
            }};
        }
        macro_rules! round_of_block {
            ($at:expr) => {
                round!($at)
            };
        }
        repeat_16!(round_of_block);
        macro_rules! expand_and_round {
            ($name:ident, $from:literal) => {
                macro_rules! $name {
                    ($at:expr) => {
                        let mixed = w[($at + 13) % 16].xor3(w[($at + 8) % 16], w[($at + 2) % 16]);
                        w[$at] = w[$at].xor(mixed).rotate_right::<31, 1>();
                        round!($from + $at);
                    };
                }
                repeat_16!($name);
            };
        }
        expand_and_round!(from_16, 16);
        expand_and_round!(from_32, 32);
        expand_and_round!(from_48, 48);
        expand_and_round!(from_64, 64);
        let mut sums = state;
        for (sum, s) in sums.iter_mut().zip(s).take(5) {
            *sum = sum.add(s);
        }
        sums
    }

    fn compress_one(state: &mut Row<u32>, blocks: &[[u8; 64]]) {
        if let Some(state) = state.first_chunk_mut() {
            sha1::block_api::compress(state, blocks);
        }
    }

    #[inline(always)]
    fn load(key: &Key, inner: &mut Row<u32>, outer: &mut Row<u32>) {
        if let Some(Chaining::Sha1 { inner: i, outer: o }) = chaining(key) {
            inner[..Self::STATE_WORDS].copy_from_slice(i);
            outer[..Self::STATE_WORDS].copy_from_slice(o);
        }
    }

    #[inline(always)]
    fn to_bytes(word: u32) -> u32 {
        word.to_be()
    }
}
