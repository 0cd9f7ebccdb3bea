//! No two modules of a folder import each other, in any crate.

use std::path::Path;

use countersign_layering::{CrateSource, Module};

const CRATES: [&str; 10] = [
    "crates/countersign-core",
    "crates/countersign-lanes",
    "crates/countersign",
    "crates/countersign-ffi",
    "crates/countersign-cli",
    "crates/countersign-inbox",
    "crates/countersign-tables",
    "crates/countersignd",
    "bindings/python",
    "test-vectors",
];

fn read(of: &str) -> CrateSource {
    CrateSource::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(of).join("src"))
}

#[test]
fn no_modules_import_each_other() {
    let mut circles = Vec::new();
    let mut imports = 0;
    for of in CRATES {
        let source = read(of);
        circles.extend(source.circles().into_iter().map(|circle| format!("{of}, {circle}")));
        imports += source.modules().iter().map(|module| source.imports(module).len()).sum::<usize>();
    }
    assert!(circles.is_empty(), "\n{}", circles.join("\n"));
    // A checker that finds no imports finds no circles either.
    assert!(imports > 500, "only {imports} imports were found");
}

#[test]
fn circles_are_found() {
    let module =
        |path: &str, text: &str| Module { path: path.split("::").map(str::to_owned).collect(), text: text.to_owned() };
    let circles = |modules: &[(&str, &str)]| {
        CrateSource::of(modules.iter().map(|(path, text)| module(path, text)).collect()).circles()
    };
    let one = vec!["in the root: a, b import each other".to_owned()];
    for text in ["use crate::a::A;", "use crate::{c, a::A};", "use super::a::{A, B};", "fn f() { crate::a::f() }"] {
        assert_eq!(circles(&[("a", "use crate::b::B;"), ("b", text), ("c", "")]), one, "{text}");
        assert_eq!(circles(&[("a", ""), ("b", text), ("c", "")]), Vec::<String>::new(), "{text}");
    }
    // By a detour, by a module below, and in a folder further down.
    let detour = [("a", "use crate::b::B;"), ("b", "use crate::c::C;"), ("c", "use crate::a::A;")];
    assert_eq!(circles(&detour), ["in the root: a, b, c import each other"]);
    let below = [("a", ""), ("a::inner", "use crate::b::B;"), ("b", "use crate::a::A;")];
    assert_eq!(circles(&below), one);
    let further = [("a", ""), ("a::x", "use super::y::Y;"), ("a::y", "use crate::a::x::X;")];
    assert_eq!(circles(&further), ["in a: x, y import each other"]);
    // A module and what is below it may name each other; a test module does not count.
    assert_eq!(circles(&[("a", "use crate::a::x::X;"), ("a::x", "use super::A;")]), Vec::<String>::new());
    let tested = [("a", "#[cfg(test)]\nmod tests {\n    use crate::b::B;\n}"), ("b", "use crate::a::A;")];
    assert_eq!(circles(&tested), Vec::<String>::new());
}
