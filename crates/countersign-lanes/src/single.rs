//! One message at a time, by the code that the core uses too.

use crate::kernel::Kernel;
use crate::rounds::Compression;
use crate::word::{Row, Word};

/// Needs nothing of the processor; what it calls looks for itself.
#[derive(Clone, Copy)]
pub(crate) struct Single;

impl<C: Compression> Kernel<C, 1> for Single {
    fn absorb(self, [state]: &mut [Row<C::Word>; 1], [blocks]: &[&[<C::Word as Word>::Block]; 1]) {
        C::compress_one(state, blocks);
    }
}
