//! The verbs of the program, which ask the one that runs.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::path::Path;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use support::program::{Running, connect, deliver, output, program};
use support::{Folder, connections};

/// What the program says: its exit status, and both outputs.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program();
    command.args(arguments).arg("--data").arg(folder.join("data"));
    let (output, stdout, stderr) = output(command);
    (output.status.code(), stdout, stderr)
}

fn lines(stdout: &str) -> Vec<Value> {
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn start(events: &[&str]) -> (Folder, Running) {
    let folder = Folder::new();
    folder.connections(&connections());
    let running = Running::start(folder.path());
    let mut stream = connect(&running.address).unwrap();
    for event in events {
        assert_eq!(deliver(&mut stream, event.as_bytes()).unwrap().0, 200);
    }
    (folder, running)
}

#[test]
fn resync_says_what_it_does() {
    let (folder, _running) = start(&[r#"{"id": "evt_1"}"#, r#"{"id": "evt_2"}"#, "[]"]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    let (code, stdout, stderr) = run(&["resync", "hmac"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    assert!(
        stdout.starts_with("3 deliveries of 1 objects made anew: 2 rows, 1 dead letters, 0 repetitions\n"),
        "{stdout}"
    );
    let (code, stdout, stderr) = run(&["resync", "hmac", "--json", "--since", "2026-01-01"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let lines = lines(&stdout);
    assert_eq!((&lines[0]["progress"]["objects"], &lines[0]["progress"]["of_objects"]), (&1.into(), &1.into()));
    assert_eq!((&lines[1]["done"]["rows"], &lines[1]["done"]["sync"]["events"]), (&2.into(), &0.into()));
    assert_eq!(lines.len(), 2);
    // Nothing is that young.
    let (_, stdout, _) = run(&["resync", "hmac", "--since", "9000-01-01T00:00:00Z"]);
    assert!(stdout.starts_with("0 deliveries of 1 objects"), "{stdout}");
    for (arguments, part) in [
        (&["resync", "nobody"][..], r#"there is no connection "nobody""#),
        (&["resync", "a/../b"], r#"there is no connection "a/../b""#),
        (&["resync", "hmac", "--since", "soon"], "such as 2026-11-29"),
    ] {
        let (code, stdout, stderr) = run(arguments);
        assert!(code == Some(2) && stdout.is_empty() && stderr.contains(part), "{arguments:?}: {stderr}");
    }
}

#[test]
fn without_a_running_service_it_is_said_how_to_start_one() {
    let folder = Folder::new();
    for arguments in [&["resync", "hmac"][..], &["sync", "hmac"], &["dead-letters", "retry", "hmac"]] {
        let (code, _, stderr) = run(folder.path(), arguments);
        assert!(code == Some(2) && stderr.contains("countersignd serve --data"), "{arguments:?}: {stderr}");
    }
}

#[test]
fn dead_letters_are_listed_and_tried_again() {
    let (folder, mut running) = start(&[r#"{"id": "evt_1"}"#]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    assert_eq!(run(&["dead-letters", "list", "hmac"]), (Some(0), String::new(), String::new()));
    let mut stream = connect(&running.address).unwrap();
    for _ in 0..3 {
        assert_eq!(deliver(&mut stream, b"[]").unwrap().0, 200);
    }
    assert_eq!(run(&["sync", "hmac"]).0, Some(0));
    let (code, stdout, stderr) = run(&["dead-letters", "list", "hmac", "--json"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let letters = lines(&stdout);
    assert_eq!(letters.len(), 3);
    assert_eq!((&letters[0]["index"], &letters[0]["bytes"]), (&0.into(), &2.into()));
    let (_, stdout, stderr) = run(&["dead-letters", "list", "hmac", "--limit", "2"]);
    assert_eq!(stdout.lines().count(), 2);
    assert!(stdout.contains("  _index 0  2 bytes  ") && stderr.contains("--limit"), "{stdout}{stderr}");

    let id = letters[1]["id"].as_str().unwrap();
    let (code, stdout, _) = run(&["dead-letters", "retry", "hmac", id, "--json"]);
    let retried = &lines(&stdout)[0];
    assert_eq!((code, &retried["dead_letters"], &retried["remain"]), (Some(0), &1.into(), &1.into()));
    let (code, stdout, _) = run(&["dead-letters", "retry", "hmac"]);
    assert!(code == Some(0) && stdout.starts_with("3 dead letters: 0 became rows, 3 cannot be"), "{stdout}");
    let other = "00000000-0000-4000-8000-000000000000";
    let (code, _, stderr) = run(&["dead-letters", "retry", "hmac", other]);
    assert!(code == Some(1) && stderr.contains(other), "{stderr}");
    for (arguments, part) in [
        (&["dead-letters", "list", "nobody"][..], "there is no connection"),
        (&["dead-letters", "retry", "nobody"], "there is no connection"),
        (&["dead-letters", "retry", "hmac", "evt_1"], "EVENT_ID"),
    ] {
        let (code, _, stderr) = run(arguments);
        assert!(code == Some(2) && stderr.contains(part), "{arguments:?}: {stderr}");
    }

    // The table is looked into when no process runs.
    running.signal("-TERM");
    assert!(running.wait());
    let (code, stdout, stderr) = run(&["dead-letters", "list", "hmac", "--json"]);
    assert_eq!((code, lines(&stdout)), (Some(0), letters), "{stderr}");
    let (code, _, stderr) = run(&["dead-letters", "list", "nobody"]);
    assert!(code == Some(2) && stderr.contains("was ever synced"), "{stderr}");
}

#[test]
fn reverify_says_what_is_authentic() {
    let (folder, mut running) = start(&[r#"{"id": "evt_1"}"#, r#"{"id": "evt_2"}"#]);
    let run = |arguments: &[&str]| run(folder.path(), arguments);
    assert_eq!(run(&["sync", "hmac"]).0, Some(0));
    let (code, stdout, stderr) = run(&["reverify", "hmac"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    assert!(
        stdout.starts_with("2 deliveries: 2 authentic, 0 not verifiable again")
            && stdout.ends_with("0 not authentic\n")
    );
    let (code, stdout, _) = run(&["reverify", "hmac", "--json", "--since", "2026-01-01"]);
    let found = &lines(&stdout)[0];
    assert_eq!((code, &found["authentic"], &found["not_authentic"]), (Some(0), &2.into(), &0.into()));
    let (_, stdout, _) = run(&["reverify", "hmac", "--json", "--since", "9000-01-01"]);
    assert_eq!(lines(&stdout)[0]["events"], 0);
    let (code, _, stderr) = run(&["reverify", "nobody"]);
    assert!(code == Some(2) && stderr.contains("there is no connection"), "{stderr}");

    // An object that somebody has cut off.
    let mut folders = vec![folder.path().join("data/store")];
    let object = loop {
        let path = folders.pop().unwrap();
        if path.is_file() {
            break path;
        }
        folders.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
    };
    std::fs::OpenOptions::new().write(true).open(&object).unwrap().set_len(20).unwrap();
    let (code, stdout, _) = run(&["reverify", "hmac"]);
    assert!(code == Some(1) && stdout.contains("cannot be read: connection=hmac/"), "{stdout}");
    running.signal("-TERM");
    assert!(running.wait());
    let (code, _, stderr) = run(&["reverify", "hmac"]);
    assert!(code == Some(2) && stderr.contains("countersignd serve --data"), "{stderr}");
}

/// Whoever asks may be gone before the end, and so may the service.
#[test]
fn what_is_interrupted_can_be_done_again() {
    let events: Vec<String> =
        (0..500).map(|number| format!(r#"{{"id": "{number}", "text": "{}"}}"#, "x".repeat(2000))).collect();
    let (folder, mut running) = start(&events.iter().map(String::as_str).collect::<Vec<_>>());
    let resync = || {
        let mut command = program();
        command.args(["resync", "hmac", "--data"]).arg(folder.path().join("data"));
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    for pause in [0, 5, 20, 50] {
        let mut asker = resync();
        thread::sleep(Duration::from_millis(pause));
        let _ = asker.kill();
        asker.wait().unwrap();
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let (code, stdout, stderr) = run(folder.path(), &["resync", "hmac"]);
        if code == Some(0) {
            assert!(stdout.starts_with("500 deliveries of 1 objects made anew: 500 rows"), "{stdout}");
            break;
        }
        assert!(stderr.contains("is running") && Instant::now() < deadline, "{stderr}");
        thread::sleep(Duration::from_millis(20));
    }
    let mut asker = resync();
    thread::sleep(Duration::from_millis(10));
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    asker.wait().unwrap();
    let table = rusqlite::Connection::open(folder.path().join("data/warehouse/s.db")).unwrap();
    let count: i64 = table.query_row("SELECT count(*) FROM hmac", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 500);
}
