//! SHA-224 and SHA-256 with words of 32 bits, SHA-384 and SHA-512 with words of 64 (FIPS 180-4 section 6).

use countersign_core::Key;
use countersign_core::hazmat::{Chaining, chaining};

use crate::rounds::{self, Compression, repeat_16};
use crate::vector::Vector;
use crate::word::{Row, Word};

/// The functions of FIPS 180-4 sections 4.1.2 and 4.1.3, and the constants of sections 4.2.2 and 4.2.3.
trait Sha2: 'static {
    type Word: Word;

    /// The round constants, in groups of sixteen.
    const CONSTANTS: &[[Self::Word; 16]];

    fn big_sigma_0<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(x: V) -> V;
    fn big_sigma_1<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(x: V) -> V;
    fn small_sigma_0<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(x: V) -> V;
    fn small_sigma_1<V: Vector<LANES, Word = Self::Word>, const LANES: usize>(x: V) -> V;
}

#[inline(always)]
fn compress<S: Sha2, V: Vector<LANES, Word = S::Word>, const LANES: usize>(
    proof: V::Proof,
    state: [V; 8],
    mut w: [V; 16],
) -> [V; 8] {
    let mut s = state;
    // Each round renames the variables of the previous one by one position. Here the indices change instead.
    macro_rules! round {
        ($at:expr, $constants:expr) => {{
            const A: usize = (16 - $at) % 8;
            let [a, b, c, d] = [s[A], s[(A + 1) % 8], s[(A + 2) % 8], s[(A + 3) % 8]];
            let [e, f, g, h] = [s[(A + 4) % 8], s[(A + 5) % 8], s[(A + 6) % 8], s[(A + 7) % 8]];
            let input = V::splat(proof, $constants[$at]).add(w[$at]);
            let t1 = h.add(input).add(e.choose(f, g)).add(S::big_sigma_1::<V, LANES>(e));
            s[(A + 3) % 8] = d.add(t1);
            s[(A + 7) % 8] = t1.add(a.majority(b, c)).add(S::big_sigma_0::<V, LANES>(a));
        }};
    }
    let [first, rest @ ..] = S::CONSTANTS else { return s };
    macro_rules! round_of_block {
        ($at:expr) => {
            round!($at, first)
        };
    }
    repeat_16!(round_of_block);
    for constants in rest {
        macro_rules! expand_and_round {
            ($at:expr) => {
                let from_2 = S::small_sigma_1::<V, LANES>(w[($at + 14) % 16]);
                let from_15 = S::small_sigma_0::<V, LANES>(w[($at + 1) % 16]);
                w[$at] = w[$at].add(w[($at + 9) % 16]).add(from_15).add(from_2);
                round!($at, constants);
            };
        }
        repeat_16!(expand_and_round);
    }
    let mut sums = state;
    for (sum, s) in sums.iter_mut().zip(s) {
        *sum = sum.add(s);
    }
    sums
}

macro_rules! sha2 {
    (
        $name:ident, $short:ident, $word:ty, $bits:literal, $single:path,
        [$a:literal $b:literal $c:literal] [$d:literal $e:literal $f:literal]
        [$g:literal $h:literal > $i:literal] [$j:literal $k:literal > $l:literal]
    ) => {
        impl Sha2 for $name {
            type Word = $word;

            const CONSTANTS: &[[$word; 16]] = Self::TABLE.as_chunks().0;

            #[inline(always)]
            fn big_sigma_0<V: Vector<LANES, Word = $word>, const LANES: usize>(x: V) -> V {
                let third = x.rotate_right::<$c, { $bits - $c }>();
                x.rotate_right::<$a, { $bits - $a }>().xor3(x.rotate_right::<$b, { $bits - $b }>(), third)
            }

            #[inline(always)]
            fn big_sigma_1<V: Vector<LANES, Word = $word>, const LANES: usize>(x: V) -> V {
                let third = x.rotate_right::<$f, { $bits - $f }>();
                x.rotate_right::<$d, { $bits - $d }>().xor3(x.rotate_right::<$e, { $bits - $e }>(), third)
            }

            #[inline(always)]
            fn small_sigma_0<V: Vector<LANES, Word = $word>, const LANES: usize>(x: V) -> V {
                let third = x.shift_right::<$i>();
                x.rotate_right::<$g, { $bits - $g }>().xor3(x.rotate_right::<$h, { $bits - $h }>(), third)
            }

            #[inline(always)]
            fn small_sigma_1<V: Vector<LANES, Word = $word>, const LANES: usize>(x: V) -> V {
                let third = x.shift_right::<$l>();
                x.rotate_right::<$j, { $bits - $j }>().xor3(x.rotate_right::<$k, { $bits - $k }>(), third)
            }
        }

        impl Compression for $name {
            type Word = $word;
            type Full = rounds::$name;
            type Truncated = rounds::$short;

            const STATE_WORDS: usize = 8;
            const BIG_ENDIAN: bool = true;

            #[inline(always)]
            fn compress<V: Vector<LANES, Word = $word>, const LANES: usize>(
                proof: V::Proof,
                state: [V; 8],
                block: [V; 16],
            ) -> [V; 8] {
                compress::<Self, V, LANES>(proof, state, block)
            }

            fn compress_one(state: &mut Row<$word>, blocks: &[<$word as Word>::Block]) {
                $single(state, blocks);
            }

            #[inline(always)]
            fn load(key: &Key, inner: &mut Row<$word>, outer: &mut Row<$word>) {
                if let Some(Chaining::$name { inner: i, outer: o }) = chaining(key) {
                    (*inner, *outer) = (*i, *o);
                }
            }

            #[inline(always)]
            fn to_bytes(word: $word) -> $word {
                word.to_be()
            }
        }
    };
}

/// The compression function of SHA-224 and SHA-256.
pub(crate) struct Sha256;

sha2!(
    Sha256, Sha224, u32, 32, sha2::block_api::compress256,
    [2 13 22] [6 11 25] [7 18 > 3] [17 19 > 10]
);

/// The compression function of SHA-384 and SHA-512.
pub(crate) struct Sha512;

sha2!(
    Sha512, Sha384, u64, 64, sha2::block_api::compress512,
    [28 34 39] [14 18 41] [1 8 > 7] [19 61 > 6]
);

impl Sha256 {
    /// The fractional parts of the cube roots of the first 64 primes.
    pub(crate) const TABLE: [u32; 64] = [
        0x428a_2f98,
        0x7137_4491,
        0xb5c0_fbcf,
        0xe9b5_dba5,
        0x3956_c25b,
        0x59f1_11f1,
        0x923f_82a4,
        0xab1c_5ed5,
        0xd807_aa98,
        0x1283_5b01,
        0x2431_85be,
        0x550c_7dc3,
        0x72be_5d74,
        0x80de_b1fe,
        0x9bdc_06a7,
        0xc19b_f174,
        0xe49b_69c1,
        0xefbe_4786,
        0x0fc1_9dc6,
        0x240c_a1cc,
        0x2de9_2c6f,
        0x4a74_84aa,
        0x5cb0_a9dc,
        0x76f9_88da,
        0x983e_5152,
        0xa831_c66d,
        0xb003_27c8,
        0xbf59_7fc7,
        0xc6e0_0bf3,
        0xd5a7_9147,
        0x06ca_6351,
        0x1429_2967,
        0x27b7_0a85,
        0x2e1b_2138,
        0x4d2c_6dfc,
        0x5338_0d13,
        0x650a_7354,
        0x766a_0abb,
        0x81c2_c92e,
        0x9272_2c85,
        0xa2bf_e8a1,
        0xa81a_664b,
        0xc24b_8b70,
        0xc76c_51a3,
        0xd192_e819,
        0xd699_0624,
        0xf40e_3585,
        0x106a_a070,
        0x19a4_c116,
        0x1e37_6c08,
        0x2748_774c,
        0x34b0_bcb5,
        0x391c_0cb3,
        0x4ed8_aa4a,
        0x5b9c_ca4f,
        0x682e_6ff3,
        0x748f_82ee,
        0x78a5_636f,
        0x84c8_7814,
        0x8cc7_0208,
        0x90be_fffa,
        0xa450_6ceb,
        0xbef9_a3f7,
        0xc671_78f2,
    ];
}

impl Sha512 {
    /// The fractional parts of the cube roots of the first 80 primes.
    pub(crate) const TABLE: [u64; 80] = [
        0x428a_2f98_d728_ae22,
        0x7137_4491_23ef_65cd,
        0xb5c0_fbcf_ec4d_3b2f,
        0xe9b5_dba5_8189_dbbc,
        0x3956_c25b_f348_b538,
        0x59f1_11f1_b605_d019,
        0x923f_82a4_af19_4f9b,
        0xab1c_5ed5_da6d_8118,
        0xd807_aa98_a303_0242,
        0x1283_5b01_4570_6fbe,
        0x2431_85be_4ee4_b28c,
        0x550c_7dc3_d5ff_b4e2,
        0x72be_5d74_f27b_896f,
        0x80de_b1fe_3b16_96b1,
        0x9bdc_06a7_25c7_1235,
        0xc19b_f174_cf69_2694,
        0xe49b_69c1_9ef1_4ad2,
        0xefbe_4786_384f_25e3,
        0x0fc1_9dc6_8b8c_d5b5,
        0x240c_a1cc_77ac_9c65,
        0x2de9_2c6f_592b_0275,
        0x4a74_84aa_6ea6_e483,
        0x5cb0_a9dc_bd41_fbd4,
        0x76f9_88da_8311_53b5,
        0x983e_5152_ee66_dfab,
        0xa831_c66d_2db4_3210,
        0xb003_27c8_98fb_213f,
        0xbf59_7fc7_beef_0ee4,
        0xc6e0_0bf3_3da8_8fc2,
        0xd5a7_9147_930a_a725,
        0x06ca_6351_e003_826f,
        0x1429_2967_0a0e_6e70,
        0x27b7_0a85_46d2_2ffc,
        0x2e1b_2138_5c26_c926,
        0x4d2c_6dfc_5ac4_2aed,
        0x5338_0d13_9d95_b3df,
        0x650a_7354_8baf_63de,
        0x766a_0abb_3c77_b2a8,
        0x81c2_c92e_47ed_aee6,
        0x9272_2c85_1482_353b,
        0xa2bf_e8a1_4cf1_0364,
        0xa81a_664b_bc42_3001,
        0xc24b_8b70_d0f8_9791,
        0xc76c_51a3_0654_be30,
        0xd192_e819_d6ef_5218,
        0xd699_0624_5565_a910,
        0xf40e_3585_5771_202a,
        0x106a_a070_32bb_d1b8,
        0x19a4_c116_b8d2_d0c8,
        0x1e37_6c08_5141_ab53,
        0x2748_774c_df8e_eb99,
        0x34b0_bcb5_e19b_48a8,
        0x391c_0cb3_c5c9_5a63,
        0x4ed8_aa4a_e341_8acb,
        0x5b9c_ca4f_7763_e373,
        0x682e_6ff3_d6b2_b8a3,
        0x748f_82ee_5def_b2fc,
        0x78a5_636f_4317_2f60,
        0x84c8_7814_a1f0_ab72,
        0x8cc7_0208_1a64_39ec,
        0x90be_fffa_2363_1e28,
        0xa450_6ceb_de82_bde9,
        0xbef9_a3f7_b2c6_7915,
        0xc671_78f2_e372_532b,
        0xca27_3ece_ea26_619c,
        0xd186_b8c7_21c0_c207,
        0xeada_7dd6_cde0_eb1e,
        0xf57d_4f7f_ee6e_d178,
        0x06f0_67aa_7217_6fba,
        0x0a63_7dc5_a2c8_98a6,
        0x113f_9804_bef9_0dae,
        0x1b71_0b35_131c_471b,
        0x28db_77f5_2304_7d84,
        0x32ca_ab7b_40c7_2493,
        0x3c9e_be0a_15c9_bebc,
        0x431d_67c4_9c10_0d4c,
        0x4cc5_d4be_cb3e_42b6,
        0x597f_299c_fc65_7e2a,
        0x5fcb_6fab_3ad6_faec,
        0x6c44_198c_4a47_5817,
    ];
}
