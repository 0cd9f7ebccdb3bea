//! Splits bodies into pieces, as a network may deliver them.

/// Splits `body` into nine pieces, some of which may be empty. The same `seed` always gives the same split.
pub(crate) fn pieces(body: &[u8], seed: u64) -> Vec<&[u8]> {
    let mut state = seed;
    let mut cuts: Vec<usize> = (0..8).map(|_| usize::try_from(next(&mut state)).unwrap() % (body.len() + 1)).collect();
    cuts.sort_unstable();
    let ends = cuts.iter().copied().chain([body.len()]);
    let starts = [0].into_iter().chain(cuts.iter().copied());
    starts.zip(ends).map(|(start, end)| &body[start..end]).collect()
}

/// SplitMix64, which gives good results even for the seeds 0, 1, 2. Only 31 bits are returned, so they fit into any
/// `usize`.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) >> 33
}
