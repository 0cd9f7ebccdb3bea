//! Nothing of the service is among the dependencies of the libraries, the program and the bindings.

use std::fs;
use std::path::Path;

/// The crates that must not depend on the service.
const BELOW: [&str; 6] = [
    "crates/countersign-core",
    "crates/countersign-lanes",
    "crates/countersign",
    "crates/countersign-ffi",
    "crates/countersign-cli",
    "bindings/python",
];

/// The crates of the service, and of each which of ours it may name.
const SERVICE: [(&str, &[&str]); 3] = [
    ("crates/countersign-inbox", &["countersign-inbox"]),
    // The vectors in its tests alone.
    ("crates/countersign-tables", &["countersign-vectors"]),
    ("crates/countersignd", &["countersign-inbox", "countersign-tables", "countersign"]),
];

/// The names of our crates in the tables of dependencies of a manifest.
fn dependencies(of: &str) -> Vec<String> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(of).join("Cargo.toml");
    let text = fs::read_to_string(manifest).unwrap_or_else(|error| panic!("{of}: {error}"));
    let mut is_dependency = false;
    let mut names = Vec::new();
    for line in text.lines() {
        if line.starts_with('[') {
            is_dependency = line.contains("dependencies");
        } else if is_dependency && let Some((name, _)) = line.split_once('=') {
            names.push(name.trim().to_owned());
        }
    }
    names.retain(|name| name.starts_with("countersign"));
    names
}

#[test]
fn nothing_depends_on_the_service() {
    let mut found = 0;
    for of in BELOW {
        let names = dependencies(of);
        found += names.len();
        let of_service = ["countersignd", "countersign-inbox", "countersign-tables"];
        let service = names.iter().find(|name| of_service.contains(&name.as_str()));
        assert!(service.is_none(), "{of} depends on {service:?}");
    }
    // A reader of manifests that finds nothing finds no fault either.
    assert!(found >= 8, "only {found} dependencies were found");
    for (of, allowed) in SERVICE {
        let names = dependencies(of);
        assert!(!names.is_empty(), "{of}");
        let other = names.iter().find(|name| !allowed.contains(&name.as_str()));
        assert!(other.is_none(), "{of} depends on {other:?}");
    }
}
