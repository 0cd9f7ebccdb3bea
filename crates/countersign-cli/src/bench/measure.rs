//! Taking the time.

use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::machine;
use super::measurement::{Measurement, Run};
use super::workload::Workload;

/// How long one turn of one kind of work shall take: long beside reading the clock, short beside what disturbs.
const TURN: Duration = Duration::from_millis(1);
/// Fewer rounds would not find a quiet moment for each.
const LEAST_ROUNDS: u32 = 5;

/// One kind of work, in one of the two ways.
struct Timed<'w> {
    work: &'w Workload,
    run: fn(&Workload, u32) -> bool,
    at_a_time: usize,
    times: u32,
    least: Duration,
}

impl Timed<'_> {
    fn take(&mut self) -> Duration {
        let start = Instant::now();
        let all_good = (self.run)(self.work, self.times);
        let elapsed = start.elapsed();
        assert!(all_good, "the same deliveries were authentic before");
        elapsed
    }

    /// Finds out how many times make a turn of the length that is wanted.
    fn calibrate(&mut self) {
        while self.take() < TURN / 2 {
            self.times *= 2;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "batches are short")]
    fn figure(&self) -> Measurement {
        let verifications = f64::from(self.times) * self.at_a_time as f64;
        Measurement {
            algorithm: self.work.algorithm,
            size: self.work.size,
            at_a_time: self.at_a_time,
            nanoseconds: self.least.as_secs_f64() * 1e9 / verifications,
        }
    }
}

/// Measures all of `works` in both ways, for some `seconds` in all.
pub(super) fn run(works: &[Workload], seconds: u32) -> Run {
    let mut turns: Vec<Timed<'_>> = works.iter().flat_map(both_ways).collect();
    turns.iter_mut().for_each(Timed::calibrate);
    let progress = progress(seconds);
    let begin = Instant::now();
    let mut rounds = 0;
    while rounds < LEAST_ROUNDS || begin.elapsed() < Duration::from_secs(seconds.into()) {
        for turn in &mut turns {
            turn.least = turn.take().min(turn.least);
        }
        rounds += 1;
        progress.set_position(begin.elapsed().as_secs());
    }
    progress.finish_and_clear();
    Run {
        processor: machine::processor(),
        instruction_sets: machine::instruction_sets(),
        rounds,
        figures: turns.iter().map(Timed::figure).collect(),
    }
}

fn both_ways(work: &Workload) -> [Timed<'_>; 2] {
    let turn = |run, at_a_time| Timed { work, run, at_a_time, times: 1, least: Duration::MAX };
    [turn(Workload::one_by_one, 1), turn(Workload::in_batches, work.batch())]
}

fn progress(seconds: u32) -> ProgressBar {
    let shown = io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style =
        ProgressStyle::with_template("{bar:30} {pos} of {len} s").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(seconds.into()), target).with_style(style)
}
