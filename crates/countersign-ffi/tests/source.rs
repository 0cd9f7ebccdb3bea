//! Habits of this crate that no compiler checks: read from its source.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The name and the text of each source file, without its tests.
fn sources() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
            (path.file_name().unwrap().to_str().unwrap().to_owned(), code)
        })
        .collect();
    sources.sort();
    assert!(sources.len() >= 10);
    sources
}

/// From each `#[unsafe(no_mangle)]` to the end of the function.
fn exported() -> Vec<(String, String)> {
    let mut functions = Vec::new();
    for (_, code) in sources() {
        for part in code.split("#[unsafe(no_mangle)]\n").skip(1) {
            let function = part.split("\n}\n").next().unwrap();
            let name = function.split("fn ").nth(1).unwrap().split('(').next().unwrap();
            functions.push((name.to_owned(), function.to_owned()));
        }
    }
    functions
}

#[test]
fn no_panic_leaves_an_exported_function() {
    for (name, function) in exported() {
        let body = &function[function.find("{\n").unwrap()..];
        // What comes before it is a closure, which runs within.
        let guards = ["boundary(|", "boundary_or(", "construct(", "begin("];
        let guarded = guards.iter().any(|guard| body.contains(guard));
        assert!(guarded, "{name} has no panic boundary");
        let statements = body.lines().filter(|line| line.starts_with("    ") && !line.starts_with("     "));
        for statement in statements.map(str::trim).filter(|line| !line.starts_with("//")) {
            let is_closure = statement.starts_with("let ") && statement.contains("= |");
            let is_guard = guards.iter().any(|guard| statement.contains(guard));
            let is_end = ["};", "})", "});"].contains(&statement);
            assert!(is_closure || is_guard || is_end, "{name}: this may panic outside of the boundary: {statement}");
        }
    }
}

#[test]
fn pointers_are_read_in_two_files() {
    let marks =
        [".cast", " as *", "from_raw", "into_raw", "transmute", "&*", "&mut *p", "assume_init", ".add(", ".offset("];
    for (file, code) in sources().into_iter().filter(|(file, _)| file != "pointer.rs" && file != "handle.rs") {
        let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
        let of_this = marks.into_iter().filter(|mark| file != "slot.rs" || *mark != "assume_init");
        for (mark, line) in lines.flat_map(|line| of_this.clone().map(move |mark| (mark, line))) {
            assert!(!line.contains(mark) || line.contains("&mut *verdicts"), "{file}: {mark} in {line:?}");
        }
    }
}

#[test]
fn the_list_of_symbols_is_what_is_exported() {
    let listed: BTreeSet<String> = include_str!("symbols.txt").lines().map(str::to_owned).collect();
    let exported: BTreeSet<String> = exported().into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, exported);
    assert!(listed.iter().all(|name| name.starts_with("countersign_")));
    let header = include_str!("../include/countersign.h");
    for name in &listed {
        assert!(header.contains(&format!("{name}(")), "{name} is not in the header");
    }
}

#[test]
fn every_exported_function_says_who_owns_what() {
    for (_, code) in sources() {
        for part in code.split("#[unsafe(no_mangle)]\n").skip(1) {
            let is_unsafe = part.starts_with("pub unsafe extern \"C\" fn ");
            assert!(is_unsafe || part.starts_with("pub extern \"C\" fn "), "{part}");
            let takes_pointers = part.split(") ").next().unwrap().contains('*');
            assert_eq!(is_unsafe, takes_pointers, "{}", part.lines().next().unwrap());
        }
    }
}
