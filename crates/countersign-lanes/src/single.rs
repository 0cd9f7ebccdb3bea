//! One message at a time, by the code that the core uses too.

use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Needs nothing of the processor; what it calls looks for itself.
#[derive(Clone, Copy)]
pub(crate) struct Single;

impl<C: Compression> Kernel<C, 1> for Single {
    #[inline]
    fn absorb(self, [state]: &mut [Row<C::Word>; 1], [blocks]: &[&[<C::Word as Word>::Block]; 1]) {
        C::compress_one(state, blocks);
    }
}

/// Two messages by a kernel that the processor may have; without it one after the other.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(crate) struct Two<K>(pub(crate) Option<K>);

#[cfg(target_arch = "x86_64")]
impl<C: Compression, K: Kernel<C, 2>> Kernel<C, 2> for Two<K> {
    #[inline]
    fn absorb(self, states: &mut [Row<C::Word>; 2], blocks: &[&[<C::Word as Word>::Block]; 2]) {
        if let Some(kernel) = self.0 {
            return kernel.absorb(states, blocks);
        }
        let fewest = blocks[0].len().min(blocks[1].len());
        for (state, blocks) in states.iter_mut().zip(blocks) {
            C::compress_one(state, &blocks[..fewest]);
        }
    }
}
