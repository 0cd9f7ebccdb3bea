//! Ctrl-C in a run that takes long.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;

use crate::support::{Folder, authentic, delivery, program};

/// A pipe that stays open, as of `tail -f`: what was verified is told, and nobody waits for more.
#[test]
fn what_was_verified_so_far_is_told() {
    let folder = Folder::new();
    let mut child =
        program(["verify", "--connection", &folder.connection(), "--deliveries", "-", "--json"]).spawn().unwrap();
    let (mut stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut stdout = BufReader::new(stdout);
    writeln!(stdin, "{}", delivery("a", "hello")).unwrap();
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    assert_eq!(line, authentic(1, "a"));

    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let status = child.wait().unwrap();
    let (mut rest, mut told) = (String::new(), String::new());
    stdout.read_to_string(&mut rest).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert_eq!((status.code(), rest.as_str()), (Some(130), ""), "{told}");
    assert!(
        told.starts_with("countersign: interrupted; so far:\n1 delivery in stdin: 1 authentic, 0 rejected\n"),
        "{told}"
    );
}
