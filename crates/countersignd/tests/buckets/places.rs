//! Where the inbox may be, and what is refused.

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use crate::load::{Load, Places, sync};
use crate::support::program::{Running, connect, deliver, get, output, program};

/// Starts the program, and returns what it says when it ends with an error.
fn refused(load: &Load, arguments: &[&str]) -> String {
    let mut command = program();
    command.args(["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"]).arg(load.data());
    command.args(["--public-url", "https://hooks.example.com"]);
    command.arg("--connections").arg(load.folder.path().join("connections.json")).args(arguments).stdin(Stdio::null());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while child.try_wait().unwrap().is_none() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    // One that has started is ended, lest its pipe is read for ever.
    let _ = child.kill();
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    stderr
}

fn acknowledge(running: &Running, body: &[u8]) -> u16 {
    deliver(&mut connect(&running.address).unwrap(), body).unwrap().0
}

fn end(mut running: Running) {
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
}

#[test]
fn an_inbox_moves_when_all_its_events_are_archived_and_not_before() {
    let load = Load::new();
    let kept = load.folder.path().join("kept");
    let inbox = format!("file://{}", kept.join("inbox").display());
    // From the data folder to a bucket.
    let running = Running::start(load.folder.path());
    assert_eq!(acknowledge(&running, br#"{"id": "evt_1"}"#), 200);
    end(running);
    let error = refused(&load, &["--inbox", &inbox]);
    assert!(error.contains("data/inbox") && error.contains("1 events are not archived"), "{error}");
    let running = Running::start(load.folder.path());
    sync(&load.data());
    end(running);
    let running = Running::start_with(load.folder.path(), &["--inbox", &inbox], &[]);
    assert_eq!(acknowledge(&running, br#"{"id": "evt_2"}"#), 200);
    let metrics = get(&running.admin_address, "/metrics").1;
    assert!(
        !metrics.contains("countersignd_disk_free_bytes ") && metrics.contains("countersignd_inbox_bytes "),
        "{metrics}"
    );
    let mut why = program();
    why.args(["why", "evt_2", "--data"]).arg(load.data());
    let (_, stdout, stderr) = output(why);
    assert!(stdout.contains("in the inbox"), "{stdout}{stderr}");
    end(running);
    let mut why = program();
    why.args(["why", "evt_2", "--data"]).arg(load.data());
    let (found, _, stderr) = output(why);
    assert!(
        !found.status.success() && stderr.contains("service must be running") && stderr.contains(&inbox),
        "{stderr}"
    );
    // And back.
    let error = refused(&load, &[]);
    assert!(error.contains(&inbox) && error.contains("1 events are not archived"), "{error}");
    let running = Running::start_with(load.folder.path(), &["--inbox", &inbox], &[]);
    sync(&load.data());
    end(running);
    end(Running::start(load.folder.path()));
}

#[test]
fn a_store_moves_with_its_objects() {
    let load = Load::new();
    let running = Running::start(load.folder.path());
    assert_eq!(acknowledge(&running, br#"{"id": "evt_1"}"#), 200);
    sync(&load.data());
    end(running);
    let other = load.folder.path().join("other");
    let error = refused(&load, &["--store", other.to_str().unwrap()]);
    assert!(error.contains("data/store") && error.contains("copy all of them"), "{error}");
    std::fs::remove_dir_all(&other).unwrap();
    std::fs::rename(load.data().join("store"), &other).unwrap();
    let running = Running::start_with(load.folder.path(), &["--store", other.to_str().unwrap()], &[]);
    let mut check = program();
    check.args(["check", "--archive", "--data"]).arg(load.data());
    let (found, stdout, _) = output(check);
    assert!(found.status.success(), "{stdout}");
    end(running);
}

#[test]
fn two_services_have_two_inboxes() {
    let [one, other] = [Load::new(), Load::new()];
    let inbox = format!("file://{}", one.folder.path().join("kept").display());
    end(Places::new(&inbox, "/nowhere", &[]).start_in(&one));
    let error = refused(&other, &["--inbox", &inbox]);
    assert!(error.contains("belongs to another service") && error.contains("another prefix"), "{error}");
}

impl Places {
    /// Starts with these places, but with the store of the data folder.
    fn start_in(&self, load: &Load) -> Running {
        Running::start_with(load.folder.path(), &[&self.arguments[0], &self.arguments[1]], &[])
    }
}

/// Somebody starts another process with a copy of the metadata while the first one runs.
#[test]
fn the_older_of_two_processes_takes_nothing_any_more() {
    let load = Load::new();
    let kept = load.folder.path().join("kept");
    let [inbox, store] = ["inbox", "store"].map(|name| format!("file://{}", kept.join(name).display()));
    let places = Places::new(&inbox, &store, &[]);
    load.back_up(&places);
    let older = places.start(load.folder.path());
    assert_eq!(acknowledge(&older, br#"{"id": "evt_1"}"#), 200);
    let second = load.folder.path().join("second");
    load.restore(&second.join("data"));
    std::fs::copy(load.folder.path().join("connections.json"), second.join("connections.json")).unwrap();
    let newer = places.start(&second);
    assert_eq!(acknowledge(&older, br#"{"id": "evt_2"}"#), 503);
    let (status, reasons) = get(&older.admin_address, "/readyz");
    assert!(status == 503 && reasons.contains("another process goes on with the inbox"), "{reasons}");
    assert_eq!(acknowledge(&newer, br#"{"id": "evt_3"}"#), 200);
    let mut why = program();
    why.args(["why", "evt_1", "--data"]).arg(second.join("data"));
    let (_, stdout, stderr) = output(why);
    assert!(stdout.contains("event        "), "{stdout}{stderr}");
    // The log of the older one says it once, and never that it goes on, however long it is looked at: an end would be said after ten seconds.
    thread::sleep(Duration::from_secs(13));
    assert_eq!(acknowledge(&older, br#"{"id": "evt_2"}"#), 503);
    let log = older.log();
    assert_eq!(log.matches("superseded: another process goes on with the inbox").count(), 1, "{log}");
    assert!(!log.contains("goes on by itself") && !log.contains("can be written again"), "{log}");
    end(older);
    assert_eq!(acknowledge(&newer, br#"{"id": "evt_4"}"#), 200);
    end(newer);
}
