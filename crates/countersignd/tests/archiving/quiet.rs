//! Runs a history so that a seed decides it: what the code under test gives to threads is done in order while nothing else happens, and a
//! step of the simulation is done only when nothing else can go on.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake};
use std::time::{Duration, Instant};

use tokio::runtime::Builder;
use tokio::task::spawn_blocking;

/// How long nothing may happen, in the time of this machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many steps of the simulation may be done while nothing else can go on.
const STEPS_MAX: u32 = 20_000;

/// Runs a history to its end. `step` is told whether nothing else can go on, and does a step of the simulation then; it returns whether there
/// was one to do.
pub(crate) fn run<T>(history: impl Future<Output = T>, mut step: impl FnMut(bool) -> bool) -> T {
    // With one thread for what blocks, it is done in the order in which it was given.
    let runtime = Builder::new_current_thread().max_blocking_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut history = pin!(history);
        let mut gate = Gate::close();
        let (mut waits_since, mut steps) = (Instant::now(), 0);
        poll_fn(|context| {
            let woken = Arc::new(Woken::default());
            let waker = Arc::clone(&woken).into();
            loop {
                if let Poll::Ready(done) = history.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return Poll::Ready(done);
                }
                gate.let_through();
                let is_idle = !woken.0.swap(false, Ordering::SeqCst);
                steps = if is_idle { steps + 1 } else { 0 };
                assert!(steps < STEPS_MAX, "what is waited for does not come");
                if step(is_idle) || !is_idle {
                    waits_since = Instant::now();
                    continue;
                }
                // A thread or a timer is waited for, as an inbox on a disk has them.
                assert!(waits_since.elapsed() < PATIENCE, "nothing goes on");
                steps = 0;
                std::thread::yield_now();
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
        .await
    })
}

/// The first of some seeds whose history fails, and why.
#[cfg(countersign_planted_bugs)]
pub(crate) fn find<T>(seeds: std::ops::Range<u64>, run: impl Fn(u64) -> T) -> Option<(u64, String)> {
    for seed in seeds {
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(seed))) {
            let text = panic.downcast_ref::<&str>().copied().map(str::to_owned);
            let text = text.or_else(|| panic.downcast_ref().cloned()).unwrap_or_default();
            return Some((seed, text.chars().take(160).collect::<String>().replace('\n', " ")));
        }
    }
    None
}

/// Notes that something can go on.
#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Holds up the thread for what blocks, until it is let through.
struct Gate {
    is_reached: Receiver<()>,
    opens: Sender<()>,
}

impl Gate {
    fn close() -> Self {
        let ((reaches, is_reached), (opens, is_open)) = (channel(), channel());
        spawn_blocking(move || {
            let _ = reaches.send(());
            // It ends also when nobody opens it any more.
            let _ = is_open.recv();
        });
        Self { is_reached, opens }
    }

    /// Waits until all was done that was given to the thread.
    fn let_through(&mut self) {
        let behind = Self::close();
        let _ = self.opens.send(());
        *self = behind;
        self.is_reached.recv().unwrap();
    }
}
