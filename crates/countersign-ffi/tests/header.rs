//! `include/countersign.h` is what cbindgen makes of `src/`.
//!
//! After a change of an exported function, write it anew with
//! `COUNTERSIGN_WRITE_HEADER=1 cargo test -p countersign-ffi --test header`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

const ABOUT: &str = r#"/* countersign decides whether a webhook delivery is authentic. This is its C interface.

   0 (COUNTERSIGN_STATUS_AUTHENTIC) is the only status that means "authentic"; write
       if (countersign_verify(...) == COUNTERSIGN_STATUS_AUTHENTIC)
   and treat every other number as a rejection.

   - Each pointer comes with a length in bytes, or with a count. No text needs a NUL at its end. A pointer whose length
     is 0 may be NULL; otherwise NULL, a misaligned pointer and a length that no object can have give
     COUNTERSIGN_STATUS_INVALID_ARGUMENT, and nothing is read.
   - What the caller hands over stays the caller's, is read during the call only, and is copied where it must last.
   - What the library makes (verifiers, streams, signers, header lines, replay memories, answers to handshakes) is freed
     once with its own function, and with nothing else. Handles are opaque, except for answers to handshakes; what is said
     below of a handle that is "alive" is that it was made and not freed.
   - There is no global state to set up. Verifiers, signers, header lines, replay memories and answers to handshakes may
     be used from many threads at the same time; a stream by one thread at a time.
   - Times are milliseconds since 1970 (UTC). All text is UTF-8.

   Made by cbindgen of crates/countersign-ffi/src; do not edit. */"#;

fn part(variable: &str) -> u32 {
    variable.parse().unwrap()
}

/// The version, said once, in the workspace's Cargo.toml.
fn macros() -> String {
    let (major, minor, patch) = (
        part(env!("CARGO_PKG_VERSION_MAJOR")),
        part(env!("CARGO_PKG_VERSION_MINOR")),
        part(env!("CARGO_PKG_VERSION_PATCH")),
    );
    let mut text =
        String::from("\n/* The version of this header; countersign_version() tells that of the library. */\n");
    writeln!(text, "#define COUNTERSIGN_VERSION \"{}\"", env!("CARGO_PKG_VERSION")).unwrap();
    writeln!(text, "#define COUNTERSIGN_VERSION_MAJOR {major}").unwrap();
    writeln!(text, "#define COUNTERSIGN_VERSION_MINOR {minor}").unwrap();
    writeln!(text, "#define COUNTERSIGN_VERSION_PATCH {patch}").unwrap();
    text.push_str("/* major * 65536 + minor * 256 + patch */\n");
    writeln!(text, "#define COUNTERSIGN_VERSION_NUMBER {}", major << 16 | minor << 8 | patch).unwrap();
    text.push_str(
        "\n/* What functions return that verify nothing. The same number as COUNTERSIGN_STATUS_AUTHENTIC. */\n",
    );
    text.push_str("#define COUNTERSIGN_OK 0");
    text
}

fn generated() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(folder.join("cbindgen.toml")).unwrap();
    config.header = Some(ABOUT.to_owned());
    config.after_includes = Some(macros());
    let mut header = Vec::new();
    cbindgen::Builder::new().with_crate(folder).with_config(config).generate().unwrap().write(&mut header);
    // What Rust calls the contract of an unsafe function is, to C, who owns what and for how long.
    String::from_utf8(header).unwrap().replace("\n # Safety\n", "\n Ownership and lifetime:\n")
}

#[test]
fn the_committed_header_is_what_cbindgen_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/countersign.h");
    let generated = generated();
    if env::var_os("COUNTERSIGN_WRITE_HEADER").is_some() {
        fs::write(&path, &generated).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let differs = committed.lines().zip(generated.lines()).position(|(committed, generated)| committed != generated);
    assert!(
        committed == generated,
        "include/countersign.h is not up to date (line {}); write it anew with \
         COUNTERSIGN_WRITE_HEADER=1 cargo test -p countersign-ffi --test header",
        differs.unwrap_or_else(|| committed.lines().count().min(generated.lines().count())) + 1,
    );
}
