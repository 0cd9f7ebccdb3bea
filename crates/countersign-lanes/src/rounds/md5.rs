//! MD5 (RFC 1321 section 3.4).

use countersign_core::Key;
use countersign_core::hazmat::{Chaining, chaining};

use crate::rounds::{self, Compression, repeat_16};
use crate::vector::Vector;
use crate::word::Row;

/// The compression function of MD5. Uses four words of a row.
pub(crate) struct Md5;

/// The integer parts of 4294967296 times abs(sin(i)), for i from 1 to 64 in radians.
const CONSTANTS: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

impl Compression for Md5 {
    type Word = u32;
    type Full = rounds::Md5;
    type Truncated = rounds::Md5;

    const STATE_WORDS: usize = 4;
    const BIG_ENDIAN: bool = false;

    #[inline(always)]
    fn compress<V: Vector<LANES, Word = u32>, const LANES: usize>(
        proof: V::Proof,
        state: [V; 8],
        w: [V; 16],
    ) -> [V; 8] {
        let mut s = state;
        macro_rules! round {
            ($round:expr, $mix:expr, $word:expr, [$first:literal $second:literal $third:literal $fourth:literal]) => {{
                const ROUND: usize = $round;
                const A: usize = (64 - ROUND) % 4;
                let [a, b, c, d] = [s[A], s[(A + 1) % 4], s[(A + 2) % 4], s[(A + 3) % 4]];
                let input = V::splat(proof, CONSTANTS[ROUND]).add(w[$word % 16]);
                // `b` comes from the previous round, so the operations that use it come last.
                let sum = $mix(a.add(input).optimization_barrier(), b, c, d);
                let rotated = match ROUND % 4 {
                    0 => sum.rotate_right::<{ 32 - $first }, $first>(),
                    1 => sum.rotate_right::<{ 32 - $second }, $second>(),
                    2 => sum.rotate_right::<{ 32 - $third }, $third>(),
                    _ => sum.rotate_right::<{ 32 - $fourth }, $fourth>(),
                };
                s[A] = b.add(rotated);
            }};
        }
        macro_rules! first {
            ($at:expr) => {
                round!($at, |sum: V, b: V, c, d| sum.add(b.choose(c, d)), $at, [7 12 17 22])
            };
        }
        macro_rules! second {
            ($at:expr) => {
                round!(16 + $at, |sum: V, b, c, d: V| sum.add_choice(d, b, c), 5 * $at + 1, [5 9 14 20])
            };
        }
        macro_rules! third {
            ($at:expr) => {
                round!(32 + $at, |sum: V, b: V, c, d| sum.add(b.xor3(c, d)), 3 * $at + 5, [4 11 16 23])
            };
        }
        macro_rules! fourth {
            ($at:expr) => {
                round!(48 + $at, |sum: V, b, c: V, d| sum.add(c.xor_or_not(b, d)), 7 * $at, [6 10 15 21])
            };
        }
        repeat_16!(first);
        repeat_16!(second);
        repeat_16!(third);
        repeat_16!(fourth);
        let mut sums = state;
        for (sum, s) in sums.iter_mut().zip(s).take(4) {
            *sum = sum.add(s);
        }
        sums
    }

    fn compress_one(state: &mut Row<u32>, blocks: &[[u8; 64]]) {
        if let Some(state) = state.first_chunk_mut() {
            md5::block_api::compress(state, blocks);
        }
    }

    #[inline(always)]
    fn load(key: &Key, inner: &mut Row<u32>, outer: &mut Row<u32>) {
        if let Some(Chaining::Md5 { inner: i, outer: o }) = chaining(key) {
            inner[..Self::STATE_WORDS].copy_from_slice(i);
            outer[..Self::STATE_WORDS].copy_from_slice(o);
        }
    }

    #[inline(always)]
    fn to_bytes(word: u32) -> u32 {
        word.to_le()
    }
}
