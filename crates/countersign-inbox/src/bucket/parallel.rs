//! Many requests to a store, several of them at once.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::queue::lock;

/// Does something for each of the items, `at_once` of them at the same time. What it comes to is in the order of the items.
///
/// # Errors
/// One of those that occur; then some items are left out.
pub(super) fn each<T: Sync, R: Send>(
    at_once: usize,
    items: &[T],
    work: impl Fn(&T) -> io::Result<R> + Sync,
) -> io::Result<Vec<R>> {
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
        for _ in 1..at_once.min(items.len()) {
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
        for at_once in [1, 16] {
            let doubled = each(at_once, &items, |item| Ok(item * 2)).unwrap();
            assert_eq!(doubled, (0..100).map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(each(at_once, &[0; 0], |item: &u32| Ok(*item)).unwrap(), [0; 0]);
            let failed = each(at_once, &items, |item| if *item == 50 { Err(io::Error::other("no")) } else { Ok(()) });
            assert_eq!(failed.unwrap_err().to_string(), "no");
        }
    }
}
