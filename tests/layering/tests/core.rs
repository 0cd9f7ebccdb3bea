//! The core: data flows one way, and no module imports what comes after it.

use std::collections::BTreeSet;
use std::path::Path;

use countersign_layering::{CrateSource, paths};

/// Every module of the core, in the order of the data flow. Each may import only modules that are listed before it.
const ORDER: &[(&str, &[&str])] = &[
    (
        "types and functions that every stage may use",
        &[
            "algorithm",
            "encoding",
            "rejection",
            "swar",
            "declassify",
            "unfilled",
            "list",
            "delivery",
            "setup",
            "secret_set",
            "rfc3339",
            "timestamp",
            "tag",
            "verdict",
        ],
    ),
    (
        "parse: from header lines to a signature and the names of an algorithm",
        &["header", "label", "signature", "infer", "format"],
    ),
    ("decode: from text to tags", &["decode"]),
    ("mac: from secrets and a message to tags", &["hash", "digest", "key", "mac", "unkeyed"]),
    ("compare: which secret made a tag that was received", &["compare"]),
    ("backend: the interface to the code that decodes and makes MACs", &["backend"]),
    ("freshness: runs last, but a scheme contains the tolerance", &["freshness"]),
    (
        "gather, and schemes: how a sender signs, as data, checked once",
        &["scheme", "fast_path", "delimiter", "template", "plan", "verifier"],
    ),
    ("tokens, signing, forms of secrets, identities, streams", &["token", "sign", "secret_form", "identity", "stream"]),
    ("verify: runs every stage", &["verify"]),
];

/// The modules of the stages that `verify` must call itself.
const STAGES: [&str; 8] = ["header", "format", "signature", "infer", "backend", "template", "compare", "token"];

fn order() -> Vec<&'static str> {
    ORDER.iter().flat_map(|(_, modules)| modules.iter().copied()).collect()
}

/// A file of the core: the module that it is or belongs to, and its text.
struct Module {
    name: String,
    text: String,
}

/// All modules except the root, which only declares and re-exports. `decode/hex.rs` belongs to `decode`.
fn modules() -> Vec<Module> {
    let source = CrateSource::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/countersign-core/src"));
    let module =
        |module: &countersign_layering::Module| Module { name: module.path[0].clone(), text: module.text.clone() };
    source.modules().iter().map(module).collect()
}

/// The modules, or items of the root, that `text` names. The core names modules by `crate::` everywhere but in tests, so that
/// `super` counts as the root.
fn imports(text: &str) -> BTreeSet<String> {
    let first = |path: Vec<String>| path.into_iter().find(|name| name != "crate" && name != "super");
    paths(text).into_iter().filter_map(first).collect()
}

/// Each import of `module` that goes against the data flow, as a message.
fn faults(module: &Module) -> Vec<String> {
    let order = order();
    let rank = |name: &str| order.iter().position(|&known| known == name);
    let Some(own) = rank(&module.name) else {
        return vec![format!("{} is not in the table of this test: add it at its place in the data flow", module.name)];
    };
    let judge = |import: &String| match rank(import) {
        Some(theirs) if theirs < own || *import == module.name => None,
        Some(_) => Some(format!("{} imports {import}, which comes after it", module.name)),
        None => Some(format!("{} imports {import} from the root; name its module", module.name)),
    };
    imports(&module.text).iter().filter_map(judge).collect()
}

#[test]
fn no_module_imports_against_the_data_flow() {
    let modules = modules();
    let faults: Vec<String> = modules.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    // A checker that finds no imports finds no faults either.
    let found: usize = modules.iter().map(|module| imports(&module.text).len()).sum();
    assert!(found > 60, "only {found} imports were found");
}

#[test]
fn the_table_lists_each_module_once() {
    let on_disk: BTreeSet<String> = modules().into_iter().map(|module| module.name).collect();
    let listed: BTreeSet<String> = order().into_iter().map(str::to_owned).collect();
    assert_eq!(listed, on_disk);
    assert_eq!(listed.len(), order().len(), "a module is listed twice");
}

#[test]
fn verify_calls_every_stage_and_no_stage_calls_verify() {
    let modules = modules();
    // With its child modules.
    let verify = modules.iter().filter(|module| module.name == "verify");
    let verify: BTreeSet<String> = verify.flat_map(|module| imports(&module.text)).collect();
    for stage in STAGES {
        assert!(verify.contains(stage), "verify does not call {stage}");
    }
    for module in &modules {
        let imports = imports(&module.text);
        assert!(module.name == "verify" || !imports.contains("verify"), "{} calls verify", module.name);
        let may_stream = ["verify", "stream"].contains(&module.name.as_str());
        assert!(may_stream || !imports.contains("stream"), "{} imports stream", module.name);
    }
}

#[test]
fn a_planted_import_is_found() {
    let fault_of = |name: &str, text: &str| {
        let faults = faults(&Module { name: name.to_owned(), text: text.to_owned() });
        assert!(faults.len() <= 1, "{faults:?}");
        faults.into_iter().next()
    };
    let backwards = Some("decode imports mac, which comes after it".to_owned());
    for text in [
        "use crate::mac;",
        "use crate::mac::Macs;",
        "pub(crate) use crate::mac::{self, Macs};",
        "use crate::{encoding::Encoding, mac::Macs};",
        "use crate::{\n    encoding::{Encoding, other},\n    mac,\n};",
        "use super::mac;",
        "use super::super::mac::Macs;",
        "fn decode() { crate::mac::check() }",
        "fn decode() -> crate :: mac :: Macs {}",
        "fn a<'a>() { let quote = '\"'; crate::mac::check(\"//\") }",
        "/* no /* comment */ here */ use crate::mac;",
        "const TEXT: &str = r#\"a \" quote\"#; use crate::mac;",
        "#[cfg(test)]\nuse std::vec;\nuse crate::mac;",
    ] {
        assert_eq!(fault_of("decode", text), backwards, "{text}");
    }
    let root = fault_of("decode", "use crate::Verifier;").unwrap();
    assert!(root.contains("imports Verifier from the root"), "{root}");
    let all = fault_of("decode", "use crate::*;").unwrap();
    assert!(all.contains("imports * from the root"), "{all}");
    let new = fault_of("brand_new", "").unwrap();
    assert!(new.contains("not in the table"), "{new}");
    for text in [
        "use crate::encoding::Encoding;",
        "// use crate::mac;",
        "/// As [`check`](crate::mac::check).",
        "/* use crate::mac; */",
        "const TEXT: &str = \"use crate::mac;\";",
        "use core::fmt;\nuse std::{mac, fmt};",
        "#[cfg(test)]\nmod tests {\n    use crate::mac;\n}",
    ] {
        assert_eq!(fault_of("decode", text), None, "{text}");
    }
}
