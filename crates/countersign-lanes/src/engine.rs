//! Messages of one algorithm through the lanes of a kernel.

use core::marker::PhantomData;

use crate::kernel::{Kernel, Task};
use crate::message::{Mac, Message};
use crate::order::Entry;
use crate::rounds::Hash;
use crate::set::Set;
use crate::under_way::UnderWay;

/// Messages of one algorithm, in order, and two kernels for it.
pub(crate) struct Engine<'a, H, W, N, const WIDE: usize, const NARROW: usize> {
    pub(crate) messages: &'a [Message<'a>],
    /// Long messages first. Used up.
    pub(crate) order: &'a mut [Entry],
    /// Where the MACs go, each to the index of its message.
    pub(crate) macs: &'a mut [Mac],
    pub(crate) wide: W,
    pub(crate) narrow: N,
    /// With fewer messages than this, the narrow kernel is faster. At least 1.
    pub(crate) crossover: usize,
    pub(crate) hash: PhantomData<H>,
}

impl<H: Hash, W, N, const WIDE: usize, const NARROW: usize> Task for Engine<'_, H, W, N, WIDE, NARROW>
where
    W: Kernel<H::Compression, WIDE>,
    N: Kernel<H::Compression, NARROW>,
{
    /// Messages with as many blocks go through the lanes together, as many as there are lanes. The others take the place
    /// of each other as they end.
    #[inline(always)]
    fn run(self) {
        let Self { messages, order, macs, wide, narrow, crossover, .. } = self;
        let mut set = Set::<H, WIDE>::new();
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
                let mut under_way = UnderWay::<H::Compression, WIDE>::new(messages, &others[..long]);
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
            let mut set = Set::<H, NARROW>::new();
            for entries in few.chunks(NARROW) {
                set.close(narrow, messages, entries, macs);
            }
        }
    }
}
