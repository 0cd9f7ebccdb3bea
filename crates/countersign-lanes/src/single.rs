//! Computes the MAC of a single message with a kernel for one lane.

use core::marker::PhantomData;
use core::slice;

use crate::cursor::{Cursor, write_last_block};
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::rounds::{Compression, Hash, WordOf};
use crate::word::Word;

/// A kernel that computes the MAC of one message at a time.
pub(crate) trait SingleMessage<C: Compression>: Kernel<C, 1> {
    /// Computes the MAC of one message.
    #[inline(always)]
    fn mac<H: Hash<Compression = C>>(self, message: &Message<'_>) -> Mac {
        let mut mac = Mac::empty();
        self.with_target_features(SingleMacTask { message, mac: &mut mac, kernel: self, hash: PhantomData::<H> });
        mac
    }
}

/// The task of computing the MAC of `message` into `mac`.
struct SingleMacTask<'a, H, K> {
    message: &'a Message<'a>,
    mac: &'a mut Mac,
    kernel: K,
    hash: PhantomData<H>,
}

impl<H: Hash, K: Kernel<H::Compression, 1>> Task for SingleMacTask<'_, H, K> {
    #[inline(always)]
    fn run(self) {
        let Self { message: &Message { key, parts }, mac, kernel, .. } = self;
        let (mut state, mut outer) = ([[WordOf::<H>::ZERO; 8]], [[WordOf::<H>::ZERO; 8]]);
        H::Compression::load(key, &mut state[0], &mut outer[0]);
        let mut block = [WordOf::<H>::ZERO_BLOCK];
        let mut cursor = Cursor::new::<H::Compression>(parts);
        while let Some(run) = cursor.next_run::<H::Compression>(&mut block[0]) {
            kernel.compress_blocks(&mut state, &[run.unwrap_or(slice::from_ref(&block[0]))]);
        }
        write_last_block::<H::Compression>(parts, &mut block[0]);
        kernel.finish_as::<H>(&mut state, &block, &outer);
        WordOf::<H>::store_row(&state[0], mac);
    }
}
