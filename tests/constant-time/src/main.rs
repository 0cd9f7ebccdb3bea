//! Runs countersign under Valgrind's Memcheck with all that is secret marked as undefined. Memcheck follows undefined bits
//! through every instruction and reports a branch or an address that depends on one: that is what would show in the time.
//!
//! Secret are the bytes of secrets, and with them whatever is made of them: keys, chaining values, MACs, differences. In
//! `direct` the body is treated so too. Public are lengths, configuration, and all that the sender wrote. What may be known
//! of the outcome is said in one place of the core, `compare.rs`; there, and nowhere else, undefined bits become defined.
//!
//! With `through-c` it runs the C interface alone. With the name of a control it runs that: code that leaks, which Memcheck must
//! report.

mod controls;
mod corpus;
mod direct;
mod in_c;
mod outcomes;
mod valgrind;

use std::process::ExitCode;

fn main() -> ExitCode {
    if !valgrind::is_running() {
        eprintln!("this must run under Valgrind: scripts/test-constant-time");
        return ExitCode::from(2);
    }
    match std::env::args().nth(1).as_deref() {
        None => check(&[&IN_RUST[..], &IN_C].concat()),
        Some("through-c") => check(&IN_C),
        Some(name) => control(name),
    }
}

/// A way to use the library, and what runs it. It tells how many verdicts it has asked for.
type Way = (&'static str, fn() -> usize);

const IN_RUST: [Way; 5] = [
    ("keys, MACs, tokens and streams of the core", direct::core),
    ("MACs in lanes, portable and with all instruction sets", direct::lanes),
    ("every vector, delivery by delivery", corpus::one_by_one),
    ("every vector, in pieces", corpus::in_pieces),
    ("every vector, in batches of each kernel", corpus::in_batches),
];

const IN_C: [Way; 2] =
    [("every vector, through C", in_c::one_by_one), ("every vector, through C in one batch", in_c::in_a_batch)];

fn check(ways: &[Way]) -> ExitCode {
    outcomes::declassify();
    let mut faults = 0;
    for (name, run) in ways {
        let (errors, outcomes) = (valgrind::errors(), outcomes::secret());
        let verdicts = run();
        let (errors, outcomes) = (valgrind::errors() - errors, outcomes::secret() - outcomes);
        println!("{name}: {verdicts} verdicts, {outcomes} secret outcomes, {errors} leaks");
        faults += errors;
    }
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Success means that Valgrind has reported the leak.
fn control(name: &str) -> ExitCode {
    let Some((_, run)) = controls::ALL.iter().find(|(other, _)| *other == name) else {
        eprintln!("the controls are {:?}", controls::ALL.map(|(name, _)| name));
        return ExitCode::from(2);
    };
    let before = valgrind::errors();
    run();
    let errors = valgrind::errors() - before;
    println!("control {name}: {errors} leaks");
    if errors > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
