//! Tasks that panic. The runtime catches that, and nobody is told who does not look at how the task has ended.

use std::future::Future;
use std::pin::pin;

use tokio::task::{JoinError, JoinSet};
use tracing::error;

/// Logs it if a task has panicked. The message of a panic, which may hold anything, is only where the process prints it.
pub(crate) fn log(ended: Result<(), JoinError>, task: &'static str) {
    if ended.is_err_and(|error| error.is_panic()) {
        error!(task, "a panic has ended a task, which is a fault of the program: standard error has its message");
    }
}

/// Waits until all have ended, and logs who has panicked.
pub(crate) async fn wait_for_all(tasks: &mut JoinSet<()>, task: &'static str) {
    while let Some(ended) = tasks.join_next().await {
        log(ended, task);
    }
}

/// Drops what has not ended.
pub(crate) async fn end_all(tasks: &mut JoinSet<()>, task: &'static str) {
    tasks.abort_all();
    wait_for_all(tasks, task).await;
}

/// Waits for something else, and logs who panics meanwhile.
pub(crate) async fn log_until<T>(tasks: &mut JoinSet<()>, task: &'static str, until: impl Future<Output = T>) -> T {
    let mut until = pin!(until);
    loop {
        tokio::select! {
            biased;
            output = &mut until => return output,
            Some(ended) = tasks.join_next() => log(ended, task),
        }
    }
}
