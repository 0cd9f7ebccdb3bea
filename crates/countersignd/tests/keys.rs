//! Keys of the management API: the verbs that make, list and delete them, and the one that the first start makes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use support::program::{Running, output, program};
use support::{Folder, connections};

fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = program();
    command.args(arguments).arg("--data").arg(folder.join("data"));
    let (output, stdout, stderr) = output(command);
    (output.status.code(), stdout, stderr)
}

fn listed(folder: &Path) -> Vec<Value> {
    let (code, stdout, stderr) = run(folder, &["key", "list", "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Makes a key, lists it and deletes it; whatever runs or does not.
fn make_list_and_delete(folder: &Path) {
    let before = listed(folder).len();
    let arguments = ["key", "create", "--json", "--scope", "read", "--group", "default", "--expires", "2999-01-01"];
    let (code, stdout, stderr) = run(folder, &arguments);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let issued: Value = serde_json::from_str(&stdout).unwrap();
    let (key, secret) = (issued["key"].as_str().unwrap(), issued["secret"].as_str().unwrap());
    assert_eq!((key.len(), secret.len(), &secret[..4]), (20, 68, "csd_"));

    let of_key = listed(folder).into_iter().find(|one| one["key"] == key).unwrap();
    assert_eq!((&of_key["scope"], &of_key["group"]), (&"read".into(), &"default".into()));
    assert_eq!((&of_key["expires_at"], &of_key["used_on"]), (&"2999-01-01T00:00:00Z".into(), &Value::Null));
    let (_, stdout, _) = run(folder, &["key", "list"]);
    let line = stdout.lines().find(|line| line.starts_with(key)).unwrap();
    assert!(line.contains("read") && line.ends_with("expires 2999-01-01T00:00:00Z  never used"), "{line}");
    assert!(!stdout.contains(&secret[4..]));

    assert_eq!(run(folder, &["key", "delete", key]), (Some(0), format!("deleted {key}\n"), String::new()));
    let (code, stdout, stderr) = run(folder, &["key", "delete", key, "--json"]);
    assert_eq!((code, &*stdout), (Some(1), "{\"deleted\":false}\n"));
    assert!(stderr.contains("there is no key"), "{stderr}");
    assert_eq!(listed(folder).len(), before);
    let (code, stdout, stderr) = run(folder, &["audit", key, "--json"]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let entries: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown: Vec<_> = entries.iter().map(|entry| (entry["action"].as_str().unwrap(), &entry["actor"])).collect();
    assert_eq!(shown, [("key.delete", &"control socket".into()), ("key.create", &"control socket".into())]);
    let (_, stdout, _) = run(folder, &["audit", "--limit", "1"]);
    assert!(stdout.contains("control socket  key.delete") && stdout.lines().count() == 1, "{stdout}");

    for (arguments, part) in [
        (&["--group", "a b"][..], "1 to 64 letters"),
        (&["--expires", "2020-01-01"], "in the past"),
        (&["--expires", "soon"], "such as 2026-11-29"),
        (&["--scope", "all"], "possible values: read, manage"),
    ] {
        let (code, stdout, stderr) = run(folder, &[&["key", "create"][..], arguments].concat());
        assert!(code == Some(2) && stdout.is_empty() && stderr.contains(part), "{arguments:?}: {stderr}");
    }
}

/// The first commands of the API's page, pasted while the service runs as the page says.
#[test]
fn the_first_commands_of_the_api_create_and_list_a_connection() {
    const PAGE: &str = include_str!("../API.md");
    let (introduction, _) = PAGE.split_once("```sh\n").unwrap();
    assert!(introduction.contains("While `countersignd serve --data ./data` runs"), "who starts the service?");
    let folder = Folder::new();
    folder.connections(&[]);
    let running = Running::start(folder.path());
    for (block, part) in PAGE.split("```sh\n").skip(1).zip(["\"code\":\"Success\"", "\"table\":\"orders\""]) {
        let (commands, _) = block.split_once("```").unwrap();
        assert!(!commands.contains("countersignd serve"), "its key is not there yet when the next command reads it");
        let commands = commands.replace("127.0.0.1:8081", &running.admin_address);
        let mut shell = Command::new("sh");
        shell.args(["-ec", &commands]).current_dir(folder.path());
        let (output, stdout, stderr) = output(shell);
        assert!(output.status.success() && stdout.contains(part), "{commands}{stdout}{stderr}");
    }
}

/// Also where the data folder is open to everybody: bodies of events are in store and tables.
#[test]
fn what_a_start_makes_is_closed_to_others() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    folder.connections(&connections());
    let _running = Running::start(folder.path());
    let mut found = Vec::new();
    for entry in fs::read_dir(&data).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{name}");
        found.push(name);
    }
    assert!(["inbox", "store", "warehouse"].iter().all(|name| found.iter().any(|own| own == name)), "{found:?}");
}

#[test]
fn the_first_start_makes_a_key_that_no_log_shows() {
    let folder = Folder::new();
    folder.connections(&connections());
    let running = Running::start(folder.path());
    let file = folder.path().join("data/first-key");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let line = fs::read_to_string(&file).unwrap();
    let (key, secret) = line.trim_end().split_once(':').unwrap();
    let log = running.log();
    assert!(log.contains("first-key") && log.contains(key) && !log.contains(&secret[4..]), "{log}");
    assert_eq!(listed(folder.path())[0]["key"], key);

    make_list_and_delete(folder.path());
    drop(running);
    // The next one makes none, and the verbs work without it.
    let running = Running::start(folder.path());
    assert_eq!(fs::read_to_string(&file).unwrap(), line);
    drop(running);
    make_list_and_delete(folder.path());
    assert_eq!(listed(folder.path())[0]["key"], key);
    // Its file goes with it, and with no other.
    assert_eq!(fs::read_to_string(&file).unwrap(), line);
    assert_eq!(run(folder.path(), &["key", "delete", &key[..19]]).0, Some(1));
    assert!(file.exists());
    assert_eq!(run(folder.path(), &["key", "delete", key]), (Some(0), format!("deleted {key}\n"), String::new()));
    assert!(!file.exists());
}

/// What a reader copies must not leave a secret readable for everybody.
#[test]
fn documents_write_secrets_to_files_of_their_owner_alone() {
    let documents = [include_str!("../README.md"), include_str!("../API.md")];
    let writes =
        |line: &&str| ["key create", "openssl rand"].iter().any(|made| line.contains(made)) && line.contains(" > ");
    let found: Vec<_> = documents.iter().flat_map(|text| text.lines()).filter(writes).collect();
    assert!(found.len() >= 2, "{found:?}");
    assert!(found.iter().all(|line| line.contains("(umask 077; ")), "{found:?}");
}

#[test]
fn a_key_can_be_made_before_the_first_start() {
    let folder = Folder::new();
    folder.connections(&connections());
    let (code, _, stderr) = run(folder.path(), &["key", "list"]);
    assert!(code == Some(2) && stderr.contains("not the folder of a service"), "{stderr}");
    let (code, _, stderr) = run(folder.path(), &["audit"]);
    assert!(code == Some(2) && stderr.contains("not the folder of a service"), "{stderr}");
    let (code, stdout, _) = run(folder.path(), &["key", "create"]);
    assert!(code == Some(0) && stdout.contains("secret: csd_"), "{stdout}");
    let _running = Running::start(folder.path());
    assert!(!folder.path().join("data/first-key").exists());
    assert_eq!(listed(folder.path()).len(), 1);
}
