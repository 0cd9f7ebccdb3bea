//! The MAC of a single message, where the processor has instructions for that.

use core::marker::PhantomData;
use core::slice;

use crate::cursor::{Cursor, write_last_block};
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::rounds::{Compression, Hash, WordOf};
use crate::word::Word;

/// A kernel that makes the MACs of single messages.
pub(crate) trait SingleMessage<C: Compression>: Kernel<C, 1> {
    /// Makes the MAC of one message.
    #[inline(always)]
    fn mac<H: Hash<Compression = C>>(self, message: &Message<'_>) -> Mac {
        let mut mac = Mac::empty();
        self.within(As { message, mac: &mut mac, kernel: self, hash: PhantomData::<H> });
        mac
    }
}

/// A message, and where its MAC goes.
struct As<'a, H, K> {
    message: &'a Message<'a>,
    mac: &'a mut Mac,
    kernel: K,
    hash: PhantomData<H>,
}

impl<H: Hash, K: Kernel<H::Compression, 1>> Task for As<'_, H, K> {
    #[inline(always)]
    fn run(self) {
        let Self { message: &Message { key, parts }, mac, kernel, .. } = self;
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
