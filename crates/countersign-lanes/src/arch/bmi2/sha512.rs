//! One message of SHA-384 or SHA-512: the rounds in general registers, the message schedule in vectors at the same
//! time.

use core::arch::asm;
use core::arch::x86_64::*;

use crate::rounds::sha2::Sha512;
use crate::word::Row;

/// Two words of the message schedule.
type WordPair = __m128i;

#[target_feature(enable = "avx2,bmi1,bmi2")]
pub(super) fn compress_blocks(state: &mut Row<u64>, blocks: &[[u8; 128]]) {
    for block in blocks {
        *state = compress(state, block);
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn compress(state: &Row<u64>, block: &[u8; 128]) -> Row<u64> {
    let reverse_bytes = _mm_set_epi64x(0x0809_0a0b_0c0d_0e0f, 0x0001_0203_0405_0607);
    let mut words = [_mm_setzero_si128(); 8];
    for (words, part) in words.iter_mut().zip(block.as_chunks::<16>().0) {
        // SAFETY: a part has sixteen bytes.
        *words = _mm_shuffle_epi8(unsafe { _mm_loadu_si128(part.as_ptr().cast()) }, reverse_bytes);
    }
    // The sums of schedule words and constants, which the rounds add. They are in memory, because adding from memory
    // needs no extra instruction; extracting them from a vector would need two.
    let mut inputs = [[0; 2]; 40];
    let constants = Sha512::TABLE.as_chunks::<2>().0;
    for ((input, words), constants) in inputs.iter_mut().zip(words).zip(constants) {
        *input = add_constants(words, constants);
    }
    let (mut s, mut from) = (*state, 0);
    // Each round renames the variables of the previous one by one position. Here the indices change instead.
    macro_rules! round {
        ($at:expr) => {{
            const A: usize = (16 - $at) % 8;
            let [a, b, c, d] = [s[A], s[(A + 1) % 8], s[(A + 2) % 8], s[(A + 3) % 8]];
            let [e, f, g, h] = [s[(A + 4) % 8], s[(A + 5) % 8], s[(A + 6) % 8], s[(A + 7) % 8]];
            let sum = h.wrapping_add(inputs[from + ($at >> 1)][$at & 1]);
            // The two halves of a choice have no common bits, so they can be added separately, which is faster.
            let sum = sum.wrapping_add(!e & g).wrapping_add(e & f);
            let t1 = sum.wrapping_add(e.rotate_right(14) ^ e.rotate_right(18) ^ e.rotate_right(41));
            s[(A + 3) % 8] = d.wrapping_add(t1);
            // The next round uses `a ^ b` again.
            let majority = b ^ ((a ^ b) & (b ^ c));
            let t2 = majority.wrapping_add(a.rotate_right(28) ^ a.rotate_right(34) ^ a.rotate_right(39));
            s[(A + 7) % 8] = t1.wrapping_add(t2);
        }};
    }
    while from < 32 {
        macro_rules! two_rounds {
            ($at:expr) => {
                round!(2 * $at);
                round!(2 * $at + 1);
                scheduling_barrier(&mut s[(16 - 2 * $at + 6) % 8], &mut words[($at + 7) % 8]);
                words[$at] = expand::<$at>(&words);
                inputs[from + 8 + $at] = add_constants(words[$at], &constants[from + 8 + $at]);
            };
        }
        two_rounds!(0);
        two_rounds!(1);
        two_rounds!(2);
        two_rounds!(3);
        two_rounds!(4);
        two_rounds!(5);
        two_rounds!(6);
        two_rounds!(7);
        from += 8;
    }
    crate::rounds::repeat_16!(round);
    for (s, before) in s.iter_mut().zip(state) {
        *s = s.wrapping_add(*before);
    }
    s
}

/// Contains no instruction, but the compiler must assume that `words` depends on `s` afterwards. Otherwise it would
/// move all vector instructions before the rounds, where the processor cannot run both at the same time.
#[inline(always)]
fn scheduling_barrier(s: &mut u64, words: &mut WordPair) {
    // SAFETY: the assembly contains no instruction.
    unsafe {
        asm!("/* {0} {1} */", inout(reg) * s, inout(xmm_reg) * words, options(pure, nomem, nostack, preserves_flags));
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn add_constants(words: WordPair, constants: &[u64; 2]) -> [u64; 2] {
    let mut sum = [0; 2];
    // SAFETY: there are two constants, and room for two sums.
    unsafe {
        let constants = _mm_loadu_si128(constants.as_ptr().cast());
        _mm_storeu_si128(sum.as_mut_ptr().cast(), _mm_add_epi64(words, constants));
    }
    sum
}

/// The pair of words at the index `INDEX` of the next sixteen.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn expand<const INDEX: usize>(words: &[WordPair; 8]) -> WordPair {
    let before = |pairs: usize| words[(INDEX + 8 - pairs) % 8];
    // The words 15 and 14 positions before, and 7 and 6 positions before.
    let from_15 = _mm_alignr_epi8::<8>(before(7), before(8));
    let from_7 = _mm_alignr_epi8::<8>(before(3), before(4));
    let known = _mm_add_epi64(_mm_add_epi64(before(8), from_7), small_sigma_0(from_15));
    _mm_add_epi64(known, small_sigma_1(before(1)))
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn small_sigma_0(x: WordPair) -> WordPair {
    let rotated_1 = _mm_xor_si128(_mm_srli_epi64::<1>(x), _mm_slli_epi64::<63>(x));
    let rotated_8 = _mm_xor_si128(_mm_srli_epi64::<8>(x), _mm_slli_epi64::<56>(x));
    _mm_xor_si128(_mm_xor_si128(rotated_1, rotated_8), _mm_srli_epi64::<7>(x))
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn small_sigma_1(x: WordPair) -> WordPair {
    let rotated_19 = _mm_xor_si128(_mm_srli_epi64::<19>(x), _mm_slli_epi64::<45>(x));
    let rotated_61 = _mm_xor_si128(_mm_srli_epi64::<61>(x), _mm_slli_epi64::<3>(x));
    _mm_xor_si128(_mm_xor_si128(rotated_19, rotated_61), _mm_srli_epi64::<6>(x))
}
