//! The compiler's errors for wrong resolvers. A `compile_fail` example cannot test their text.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

const RIGHT: &str = "use countersign::tower::{Endpoint, VerifyLayer, lookup};
pub fn layer() { VerifyLayer::resolving(lookup(|_| None::<std::sync::Arc<Endpoint>>)); }";

const NOT_A_FUTURE: &str = "use countersign::tower::{Endpoint, VerifyLayer};
pub fn layer() { VerifyLayer::resolving(|_| None::<std::sync::Arc<Endpoint>>); }";

/// Compiles a library that uses `countersign`. Returns the compiler's messages, as an error if it fails.
fn compile(program: &str, countersign: &Path, folder: &Path) -> Result<String, String> {
    let source = folder.join("program.rs");
    fs::write(&source, program).unwrap();
    let output = Command::new(env::var_os("RUSTC").unwrap_or("rustc".into()))
        .args(["--edition", "2024", "--crate-type", "lib", "--emit", "metadata", "--out-dir"])
        .arg(folder)
        .arg("--extern")
        .arg(format!("countersign={}", countersign.display()))
        .arg("-L")
        .arg(format!("dependency={}", countersign.parent().unwrap().display()))
        .arg(source)
        .stdin(Stdio::null())
        .output()
        .expect("rustc starts");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(text) } else { Err(text) }
}

/// The builds of `countersign` in the folder of this test, the latest first. Some may be without the features that the
/// test needs, or by another compiler.
fn libraries() -> Vec<PathBuf> {
    let program = env::current_exe().unwrap();
    let mut libraries: Vec<_> = fs::read_dir(program.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("libcountersign-") && name.ends_with(".rlib")
        })
        .collect();
    libraries.sort_by_key(|path| std::cmp::Reverse(fs::metadata(path).unwrap().modified().unwrap()));
    libraries
}

#[test]
fn the_error_for_a_function_that_is_not_asynchronous_names_lookup() {
    let folder = tempfile::tempdir().unwrap();
    let library = libraries().into_iter().find(|library| compile(RIGHT, library, folder.path()).is_ok());
    let library = library.expect("one of the libraries has the feature `tower`");
    let error = compile(NOT_A_FUTURE, &library, folder.path()).unwrap_err();
    assert!(error.contains("error[E0277]") && error.contains("lookup(…)"), "{error}");
    assert!(!error.contains("is not a future"), "{error}");
}
