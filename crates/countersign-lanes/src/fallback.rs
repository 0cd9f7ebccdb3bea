//! The fallback: one message at a time, by the code that the core uses too.

use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Needs nothing of the processor; what it calls looks for itself.
#[derive(Clone, Copy)]
pub(crate) struct CoreKernel;

impl<C: Compression> Kernel<C, 1> for CoreKernel {
    #[inline]
    fn absorb(self, [state]: &mut [Row<C::Word>; 1], [blocks]: &[&[<C::Word as Word>::Block]; 1]) {
        C::compress_one(state, blocks);
    }
}

/// A kernel that the processor may have; without it, one message after the other.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct OrFallback<K>(pub(crate) Option<K>);

#[cfg(target_arch = "x86_64")]
impl<C: Compression, K: Kernel<C, LANES>, const LANES: usize> Kernel<C, LANES> for OrFallback<K> {
    #[inline]
    fn absorb(self, states: &mut [Row<C::Word>; LANES], blocks: &[&[<C::Word as Word>::Block]; LANES]) {
        if let Some(kernel) = self.0 {
            return kernel.absorb(states, blocks);
        }
        let fewest = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
        for (state, blocks) in states.iter_mut().zip(blocks) {
            C::compress_one(state, &blocks[..fewest]);
        }
    }
}
