//! Code that leaks, each in a way of its own. Memcheck must report every one of them; else its silence means nothing.

use std::hint::black_box;

use countersign_core::{Algorithm, Key};

use crate::{corpus, valgrind};

pub(crate) const ALL: [(&str, fn()); 4] = [
    ("compare-with-early-exit", compare_with_early_exit),
    ("look-up-by-secret", look_up_by_secret),
    ("branch-on-key", branch_on_key),
    ("outcome-without-leave", outcome_without_leave),
];

/// Two MACs compared with `==`, as so many services do.
fn compare_with_early_exit() {
    let mut secret = *b"secret of this control";
    let received = Key::hmac(Algorithm::Sha256, &secret).expect("not empty").sign(&[b"body"]).expect("HMAC");
    valgrind::hide(&mut secret);
    let ours = Key::hmac(Algorithm::Sha256, &secret).expect("not empty").sign(&[b"body"]).expect("HMAC");
    black_box(received.as_bytes() == ours.as_bytes());
}

/// A table whose index is a byte of the secret.
fn look_up_by_secret() {
    let (mut secret, table) = (*b"secret", [7_u8; 256]);
    valgrind::hide(&mut secret);
    black_box(black_box(&table)[usize::from(secret[0])]);
}

/// A bit of the secret that decides what is done.
fn branch_on_key() {
    let mut secret = *b"secret";
    valgrind::hide(&mut secret);
    if secret[0] & 1 == 1 {
        do_something();
    }
}

#[inline(never)]
fn do_something() {
    black_box(1);
}

/// The verdict of the library, where nobody has said that the outcome may be known: a branch on it is found. The library's own
/// branch may be compiled to code without one, so this branches as well.
fn outcome_without_leave() {
    if black_box(corpus::first()) {
        do_something();
    }
}
