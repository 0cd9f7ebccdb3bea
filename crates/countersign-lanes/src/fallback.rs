//! Fallback kernels: one message at a time, with the compression functions that the core uses.

use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Runs on every processor. The compression functions detect the processor themselves.
#[derive(Clone, Copy)]
pub(crate) struct CoreKernel;

impl<C: Compression> Kernel<C, 1> for CoreKernel {
    #[inline]
    fn compress_blocks(self, [state]: &mut [Row<C::Word>; 1], [blocks]: &[&[<C::Word as Word>::Block]; 1]) {
        C::compress_one(state, blocks);
    }
}

/// A kernel, if the processor has the instructions for it; otherwise processes one message after the other.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct KernelOrFallback<K>(pub(crate) Option<K>);

#[cfg(target_arch = "x86_64")]
impl<C: Compression, K: Kernel<C, LANES>, const LANES: usize> Kernel<C, LANES> for KernelOrFallback<K> {
    #[inline]
    fn compress_blocks(self, states: &mut [Row<C::Word>; LANES], blocks: &[&[<C::Word as Word>::Block]; LANES]) {
        if let Some(kernel) = self.0 {
            return kernel.compress_blocks(states, blocks);
        }
        let min_blocks = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
        for (state, blocks) in states.iter_mut().zip(blocks) {
            C::compress_one(state, &blocks[..min_blocks]);
        }
    }
}
