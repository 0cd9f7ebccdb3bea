//! The scheduler: assigns the messages of one algorithm to the lanes of two kernels.

use core::marker::PhantomData;

use crate::equal_length::EqualLength;
use crate::in_flight::InFlight;
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;

/// The messages of one algorithm, sorted, and two kernels for it.
pub(crate) struct Scheduler<'a, C, W, N, const WIDE: usize, const NARROW: usize> {
    pub(crate) messages: &'a [Message<'a>],
    /// The sort keys, long messages first. Overwritten.
    pub(crate) order: &'a mut [Entry],
    /// The output: each MAC at the index of its message.
    pub(crate) macs: &'a mut [Mac],
    pub(crate) wide: W,
    pub(crate) narrow: N,
    /// With fewer messages than this, the narrow kernel is faster. At least 1.
    pub(crate) crossover: usize,
    /// Whether the hash function is the truncated one of the compression function.
    pub(crate) is_truncated: bool,
    pub(crate) compression: PhantomData<C>,
}

impl<C: Compression, W, N, const WIDE: usize, const NARROW: usize> Task for Scheduler<'_, C, W, N, WIDE, NARROW>
where
    W: Kernel<C, WIDE>,
    N: Kernel<C, NARROW>,
{
    /// Messages with the same number of blocks run together, as many as there are lanes. The others run in lanes in
    /// which the next message starts when one ends.
    #[inline(always)]
    fn run(self) {
        let Self { messages, order, macs, wide, narrow, crossover, is_truncated, .. } = self;
        let mut group = EqualLength::<C, WIDE>::new(is_truncated);
        let (mut index, mut unequal) = (0, 0);
        while let Some(&entry) = order.get(index) {
            match order[index..].first_chunk::<WIDE>() {
                Some(entries) if entry.has_same_shape(entries[WIDE - 1]) => {
                    group.make_macs(wide, messages, entries, macs);
                    index += WIDE;
                }
                _ => {
                    order[unequal] = entry;
                    unequal += 1;
                    index += 1;
                }
            }
        }
        if unequal > 0 {
            let unequal = &order[..unequal];
            let long = unequal.partition_point(|entry| !entry.has_one_block());
            if long > 0 {
                let mut in_flight = InFlight::<C, WIDE>::new(messages, &unequal[..long]);
                while in_flight.count() >= crossover {
                    in_flight.step::<W, WIDE>(wide, macs);
                }
                while in_flight.count() > 0 {
                    in_flight.step::<N, NARROW>(narrow, macs);
                }
            }
            let rest = unequal.len() % WIDE;
            let (for_wide, for_narrow) =
                unequal.split_at(if rest < crossover { unequal.len() - rest } else { unequal.len() });
            for entries in for_wide.chunks(WIDE) {
                group.finish_all(wide, messages, entries, macs);
            }
            let mut group = EqualLength::<C, NARROW>::new(is_truncated);
            for entries in for_narrow.chunks(NARROW) {
                group.finish_all(narrow, messages, entries, macs);
            }
        }
    }
}
