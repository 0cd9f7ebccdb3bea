//! Work that may wait: archive, sync and whatever reads much. Its threads have a lower priority than those that answer senders.
//!
//! A sender that gets no answer in time sends again, or gives up; a row that comes a second later is a row. So where both want a
//! processor, what answers gets three times as much of it. That is a share, not a lock-out: work in the background goes on under any load.

use std::io;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

/// What is added to the niceness of the threads: by the weights of Linux (kernel/sched/core.c), 335 to 1024.
const NICE: i32 = 5;

/// How many threads there are at most. What is beyond waits.
const THREADS_MAX: usize = 8;

/// The threads. Of this runtime nothing but those for blocking work is used.
static THREADS: LazyLock<io::Result<Runtime>> = LazyLock::new(|| {
    let be_nice = || {
        // Without it the work is done all the same.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::nice(NICE);
    };
    Builder::new_current_thread()
        .thread_name("background")
        .max_blocking_threads(THREADS_MAX)
        .on_thread_start(be_nice)
        .build()
});

/// The work has not been done to its end: it has panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

/// Does work in the background. If nobody waits for it any more, it goes on. A runtime of one thread is that of a command or of a simulation,
/// where nobody is answered: there its own thread for blocking work does it, in the order in which it was given.
///
/// # Errors
/// If it panics.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Interrupted> {
    let is_alone = Handle::try_current().is_ok_and(|here| here.runtime_flavor() == RuntimeFlavor::CurrentThread);
    let running = match &*THREADS {
        Ok(threads) if !is_alone => threads.spawn_blocking(work),
        // Without them there are others.
        _ => tokio::task::spawn_blocking(work),
    };
    running.await.map_err(|_| Interrupted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn work_is_done_and_a_panic_is_told() {
        assert_eq!(run(|| 7).await, Ok(7));
        assert_eq!(run(|| assert!(std::env::args().len() > 1000)).await, Err(Interrupted));
        assert_eq!(run(|| 8).await, Ok(8));
    }

    #[cfg(target_os = "linux")]
    #[tokio::test(flavor = "multi_thread")]
    async fn its_threads_are_nicer_than_others() {
        // The nineteenth field; the name before it ends with the last parenthesis.
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse::<i32>().unwrap()
        };
        let here = niceness();
        for _ in 0..20 {
            assert_eq!(run(niceness).await, Ok((here + NICE).min(19)));
        }
        assert_eq!(niceness(), here);
    }
}
