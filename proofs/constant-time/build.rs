//! Compiles what speaks to Valgrind, which its header has as macros of C.

fn main() {
    println!("cargo::rerun-if-changed=valgrind.c");
    cc::Build::new().file("valgrind.c").opt_level(2).compile("countersign_valgrind");
}
