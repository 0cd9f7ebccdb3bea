//! Many requests to a store, several of them at once.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::queue::lock;

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// Does something for each of the items, several at once. What it comes to is in the order of the items.
///
/// # Errors
/// One of those that occur; then some items are left out.
pub(super) fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> io::Result<R> + Sync) -> io::Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    let failed = Mutex::new(None);
    let run = || {
        while let Some((at, item)) = take(&next, items) {
            match work(item) {
                Ok(result) => lock(&done).push((at, result)),
                Err(error) => {
                    lock(&failed).get_or_insert(error);
                    next.store(items.len(), Ordering::Relaxed);
                }
            }
        }
    };
    thread::scope(|scope| {
        // This thread is one of them, so that it also goes on where no other can be started.
        for _ in 1..AT_ONCE.min(items.len()) {
            let _ = thread::Builder::new().spawn_scoped(scope, run);
        }
        run();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
}

/// The next item, and its place.
fn take<'a, T>(next: &AtomicUsize, items: &'a [T]) -> Option<(usize, &'a T)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    items.get(at).map(|item| (at, item))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_done_in_order_or_an_error_is_told() {
        let items: Vec<u32> = (0..100).collect();
        assert_eq!(each(&items, |item| Ok(item * 2)).unwrap(), (0..100).map(|item| item * 2).collect::<Vec<_>>());
        assert_eq!(each(&[0; 0], |item: &u32| Ok(*item)).unwrap(), [0; 0]);
        let failed = each(&items, |item| if *item == 50 { Err(io::Error::other("no")) } else { Ok(()) });
        assert_eq!(failed.unwrap_err().to_string(), "no");
    }
}
