//! Prints what a library offers, one item a line, from the JSON that rustdoc writes. `scripts/test-api` runs it.

use std::env;
use std::process::ExitCode;

/// Traits that nearly every type has, and that nobody asks for by name.
const UNNAMED: [&str; 6] = [
    "core::marker::Freeze",
    "core::marker::StructuralPartialEq",
    "core::marker::Unpin",
    "core::marker::UnsafeUnpin",
    "core::panic::unwind_safe::RefUnwindSafe",
    "core::panic::unwind_safe::UnwindSafe",
];

fn main() -> ExitCode {
    let Some(json) = env::args_os().nth(1) else {
        eprintln!("usage: countersign-public-api FILE.json (of rustdoc)");
        return ExitCode::from(2);
    };
    match public_api::Builder::from_rustdoc_json(json).omit_blanket_impls(true).build() {
        Ok(api) => {
            for item in api.items().map(ToString::to_string) {
                if !(item.starts_with("impl") && UNNAMED.iter().any(|name| item.contains(&format!(" {name} for ")))) {
                    println!("{item}");
                }
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("countersign-public-api: {error}");
            ExitCode::FAILURE
        }
    }
}
