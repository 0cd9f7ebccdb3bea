//! Messages of one algorithm through the lanes of a kernel.

use core::marker::PhantomData;

use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Compression;
use crate::set::Set;
use crate::under_way::UnderWay;

/// Messages of one algorithm, in order, and two kernels for it.
pub(crate) struct Engine<'a, C, W, N, const WIDE: usize, const NARROW: usize> {
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

impl<C: Compression, W, N, const WIDE: usize, const NARROW: usize> Task for Engine<'_, C, W, N, WIDE, NARROW>
where
    W: Kernel<C, WIDE>,
    N: Kernel<C, NARROW>,
{
    /// Messages with as many blocks go through the lanes together, as many as there are lanes. The others take the place
    /// of each other as they end.
    #[inline(always)]
    fn run(self) {
        let Self { messages, order, macs, wide, narrow, crossover, is_short, .. } = self;
        let mut set = Set::<C, WIDE>::new(is_short);
        let (mut at, mut others) = (0, 0);
        while let Some(&entry) = order.get(at) {
            match order[at..].first_chunk::<WIDE>() {
                Some(entries) if entry.is_like(entries[WIDE - 1]) => {
                    set.run(wide, messages, entries, macs);
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
                let mut under_way = UnderWay::<C, WIDE>::new(messages, &others[..long]);
                while under_way.count() >= crossover {
                    under_way.step::<W, WIDE>(wide, macs);
                }
                while under_way.count() > 0 {
                    under_way.step::<N, NARROW>(narrow, macs);
                }
            }
            let rest = others.len() % WIDE;
            let (many, few) = others.split_at(if rest < crossover { others.len() - rest } else { others.len() });
            for entries in many.chunks(WIDE) {
                set.close(wide, messages, entries, macs);
            }
            let mut set = Set::<C, NARROW>::new(is_short);
            for entries in few.chunks(NARROW) {
                set.close(narrow, messages, entries, macs);
            }
        }
    }
}
