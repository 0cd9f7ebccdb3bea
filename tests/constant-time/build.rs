//! Compiles what speaks to Valgrind, which its header has as macros of C.

fn main() {
    println!("cargo::rerun-if-changed=valgrind.c");
    println!("cargo::rerun-if-env-changed=CARGO_CFG_COUNTERSIGN_DECLASSIFY");
    // Only scripts/test-constant-time, which sets this cfg, needs Valgrind's headers. Elsewhere the crate is checked, not linked.
    if std::env::var_os("CARGO_CFG_COUNTERSIGN_DECLASSIFY").is_some() {
        cc::Build::new().file("valgrind.c").opt_level(2).compile("countersign_valgrind");
    }
}
