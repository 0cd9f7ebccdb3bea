//! A connection whose archive is the bucket of a customer, against each service: what is received comes there and into the table, and is read
//! from there again; and what opens the bucket is nowhere to be seen.

use std::process::Command;

use crate::services::{Inbox, Service};
use crate::support::program::{connect, deliver, get, output, program};
use crate::support::{Connection, Folder, connections};

const BODY: &[u8] = br#"{"id": "evt_1", "a": 1}"#;

fn verb(folder: &Folder, arguments: &[&str]) -> String {
    let mut command = program();
    command.args(arguments).arg("--data").arg(folder.path().join("data"));
    let (found, stdout, stderr) = output(command);
    assert!(found.status.success(), "{arguments:?}: {stdout}{stderr}");
    stdout + &stderr
}

fn archives(service: &Service) {
    let folder = Folder::new();
    let [mut hmac, ..] = connections();
    hmac.config = format!("{}, {}", hmac.config, service.config);
    let [_, _, none, ..] = connections();
    folder.connections(&[hmac, Connection { id: "none", ..none }]);
    let mut running = service.places(Inbox::Folder).start(folder.path());
    let (status, _) = deliver(&mut connect(&running.address).unwrap(), BODY).unwrap();
    assert_eq!(status, 200);
    let data = folder.path().join("data");
    let mut said = verb(&folder, &["sync", "hmac"]);
    // It is in the customer's bucket, and not in the own store.
    said += &verb(&folder, &["why", "evt_1"]);
    assert!(said.contains("s.hmac, _index 0"), "{said}");
    assert!(!data.join("store/connection=hmac").exists());
    said += &verb(&folder, &["resync", "hmac"]);
    said += &verb(&folder, &["reverify", "hmac"]);
    assert!(said.contains("authentic"), "{said}");
    said += &verb(&folder, &["check", "--archive"]);
    let metadata = rusqlite::Connection::open(data.join("metadata.db")).unwrap();
    let stores: Vec<String> = metadata
        .prepare("SELECT store FROM objects WHERE connection = 'hmac'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(stores, [&*service.name]);
    // A setup test of it, through the socket that needs no key.
    let tested = Command::new("curl")
        .args(["--silent", "--show-error", "--unix-socket"])
        .arg(data.join("control.sock"))
        .args(["--request", "POST", "--header", "Content-Type: application/json", "--data", "{}"])
        .arg("http://localhost/v1/connections/hmac/test")
        .output()
        .unwrap();
    let tested = String::from_utf8(tested.stdout).unwrap();
    assert!(tested.contains("two writers of one key") && !tested.contains("FAILED"), "{tested}");
    assert!(tested.contains(r#""details":"used: "#), "{tested}");
    said += &tested;
    said += &get(&running.admin_address, "/metrics").1;
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    said += &running.log();
    for secret in &service.secrets {
        assert!(!said.contains(secret), "{secret} is said: {said}");
        for file in walk(&data) {
            let bytes = std::fs::read(&file).unwrap();
            let is_there = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!is_there, "{secret} is in {}", file.display());
        }
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] })
        .filter(|path| path.is_file())
        .collect()
}

#[cfg(feature = "gcs")]
#[test]
fn google_cloud_storage() {
    archives(&Service::gcs());
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn moto() {
    archives(&Service::moto("customer"));
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn seaweedfs_without_a_role() {
    archives(&Service::seaweedfs("customer-without-a-role").without_role());
}

#[cfg(feature = "azure")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn azurite() {
    archives(&Service::azurite("customer"));
}
