//! The scheduler: which messages of one algorithm share the lanes of a kernel.

use core::marker::PhantomData;

use crate::equal_length::EqualLength;
use crate::in_flight::InFlight;
use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;

/// Messages of one algorithm, in order, and two kernels for it.
pub(crate) struct Scheduler<'a, C, W, N, const WIDE: usize, const NARROW: usize> {
    pub(crate) messages: &'a [Message<'a>],
    /// Long messages first. Used up.
    pub(crate) order: &'a mut [Entry],
    /// Where the MACs go, each to the index of its message.
    pub(crate) macs: &'a mut [Mac],
    pub(crate) wide: W,
    pub(crate) narrow: N,
    /// With fewer messages than this, the narrow kernel is faster. At least 1.
    pub(crate) crossover: usize,
    /// Whether the hash function is the short one of the compression function.
    pub(crate) is_short: bool,
    pub(crate) compression: PhantomData<C>,
}

impl<C: Compression, W, N, const WIDE: usize, const NARROW: usize> Task for Scheduler<'_, C, W, N, WIDE, NARROW>
where
    W: Kernel<C, WIDE>,
    N: Kernel<C, NARROW>,
{
    /// Messages with as many blocks go through the lanes together, as many as there are lanes. The others take the place
    /// of each other as they end.
    #[inline(always)]
    fn run(self) {
        let Self { messages, order, macs, wide, narrow, crossover, is_short, .. } = self;
        let mut group = EqualLength::<C, WIDE>::new(is_short);
        let (mut at, mut others) = (0, 0);
        while let Some(&entry) = order.get(at) {
            match order[at..].first_chunk::<WIDE>() {
                Some(entries) if entry.is_like(entries[WIDE - 1]) => {
                    group.run(wide, messages, entries, macs);
                    at += WIDE;
                }
                _ => {
                    order[others] = entry;
                    others += 1;
                    at += 1;
                }
            }
        }
        if others > 0 {
            let others = &order[..others];
            let long = others.partition_point(|entry| !entry.is_short());
            if long > 0 {
                let mut in_flight = InFlight::<C, WIDE>::new(messages, &others[..long]);
                while in_flight.count() >= crossover {
                    in_flight.step::<W, WIDE>(wide, macs);
                }
                while in_flight.count() > 0 {
                    in_flight.step::<N, NARROW>(narrow, macs);
                }
            }
            let rest = others.len() % WIDE;
            let (many, few) = others.split_at(if rest < crossover { others.len() - rest } else { others.len() });
            for entries in many.chunks(WIDE) {
                group.close(wide, messages, entries, macs);
            }
            let mut group = EqualLength::<C, NARROW>::new(is_short);
            for entries in few.chunks(NARROW) {
                group.close(narrow, messages, entries, macs);
            }
        }
    }
}
