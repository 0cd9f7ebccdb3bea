//! What the README shows is what the program prints.

use std::path::Path;
use std::process::Command;

use crate::support::{Folder, delivery, run};

const README: &str = include_str!("../../README.md");

/// Lines of the README that are indented as output, and begin like this.
fn shown(start: &str) -> Vec<&'static str> {
    README.lines().filter_map(|line| line.strip_prefix("    ").filter(|line| line.starts_with(start))).collect()
}

/// One object for each kind of verdict, in the order of the lines.
#[test]
fn the_objects_for_machines() {
    let shown = shown("{\"id\":");
    assert_eq!(shown.len(), 3, "{shown:?}");
    let folder = Folder::new();
    let forged = delivery("ord-2", "b").replace("\"body\":\"b\"", "\"body\":\"c\"");
    let lines = [delivery("ord-1", "a"), forged, r#"{"headers":{}}"#.to_owned()];
    let file = folder.file("deliveries.ndjson", lines.join("\n"));
    let done = run(["verify", "--connection", &folder.connection(), "--deliveries", &file, "--json"]);
    assert_eq!(done.out.lines().collect::<Vec<_>>(), shown, "{}", done.err);
}

/// The first commands, as somebody pastes them.
#[test]
fn the_first_commands() {
    let (_, after) = README.split_once("```sh\n# A real secret").unwrap();
    let (commands, after) = after.split_once("```\n").unwrap();
    let output: Vec<&str> =
        after.lines().skip(1).map_while(|line| line.strip_prefix("    ")).map(str::trim_start).collect();
    assert_eq!(output.len(), 3, "{output:?}");
    let folder = Folder::new();
    let program = Path::new(env!("CARGO_BIN_EXE_countersign")).parent().unwrap();
    let paths = std::env::join_paths(
        [program.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let done = Command::new("sh")
        .args(["-c", &format!("# {commands}")])
        .current_dir(folder.path())
        .env("PATH", paths.unwrap())
        .output()
        .unwrap();
    let printed = String::from_utf8(done.stdout).unwrap();
    let rows: Vec<&str> = printed.lines().take(3).map(str::trim_start).collect();
    assert_eq!(rows, output, "{printed}{}", String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(1));
}
