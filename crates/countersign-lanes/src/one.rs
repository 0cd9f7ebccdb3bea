//! A single message, where the processor has instructions for that.

use core::slice;

use crate::cursor::{Cursor, write_last_block};
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::rounds::{Compression, Hash, WordOf};
use crate::word::Word;

/// A message, and where its MAC goes.
pub(crate) struct One<'a, K> {
    pub(crate) message: Message<'a>,
    pub(crate) mac: &'a mut Mac,
    pub(crate) kernel: K,
}

impl<K> One<'_, K> {
    #[inline]
    pub(crate) fn run<H: Hash>(self)
    where
        K: Kernel<H::Compression, 1>,
    {
        self.kernel.within(As::<H, K>(self, core::marker::PhantomData));
    }
}

/// The same, with a hash function.
struct As<'a, H, K>(One<'a, K>, core::marker::PhantomData<H>);

impl<H: Hash, K: Kernel<H::Compression, 1>> Task for As<'_, H, K> {
    #[inline(always)]
    fn run(self) {
        let One { message: Message { key, parts }, mac, kernel } = self.0;
        let (mut state, mut outer) = ([[WordOf::<H>::ZERO; 8]], [[WordOf::<H>::ZERO; 8]]);
        H::Compression::load(key, &mut state[0], &mut outer[0]);
        let mut block = [WordOf::<H>::EMPTY];
        let mut cursor = Cursor::new::<H::Compression>(parts);
        while let Some(run) = cursor.next_run::<H::Compression>(&mut block[0]) {
            kernel.absorb(&mut state, &[run.unwrap_or(slice::from_ref(&block[0]))]);
        }
        write_last_block::<H::Compression>(parts, &mut block[0]);
        kernel.close_as::<H>(&mut state, &block, &outer);
        WordOf::<H>::put(&state[0], mac);
    }
}
