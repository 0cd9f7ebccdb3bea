//! A bucket of a customer that lists its objects and does not give them.

use crate::load::sync_of;
use crate::services::{Inbox, Service};
use crate::support::program::{connect, deliver, output, program};
use crate::support::{Folder, connections};

#[test]
fn check_names_what_it_cannot_read_and_goes_on() {
    let service = Service::gcs();
    let places = service.places(Inbox::Folder);
    let folder = Folder::new();
    let [mut hmac, ..] = connections();
    hmac.config = format!("{}, {}", hmac.config, service.config);
    folder.connections(&[hmac]);
    let data = folder.path().join("data");
    let copy = folder.path().join("copy.db");
    let mut running = places.start(folder.path());
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    std::fs::copy(data.join("metadata.db"), &copy).unwrap();
    let mut running = places.start(folder.path());
    for number in 1..=2 {
        let body = format!(r#"{{"id": "evt_{number}"}}"#);
        let (status, _) = deliver(&mut connect(&running.address).unwrap(), body.as_bytes()).unwrap();
        assert!(status == 200 && sync_of(&data, "hmac"), "{}", running.log());
    }
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    // The registry is one from before the first object.
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(data.join(format!("metadata.db{end}")));
    }
    std::fs::copy(&copy, data.join("metadata.db")).unwrap();
    let mut running = places.start(folder.path());
    let check = || {
        let mut check = program();
        check.args(["check", "--archive", "--data"]).arg(&data);
        let (found, stdout, stderr) = output(check);
        (found.status.code(), stdout, stderr)
    };
    service.proxy.set_refusing_objects(true);
    let (status, stdout, stderr) = check();
    assert_eq!((status, &*stdout), (Some(1), "2 objects, of which 0 were entered in the registry\n"), "{stderr}");
    let object = "countersignd: gs://of-a-customer/connection=hmac/date=";
    for part in [object, "403", "not readable now", "let this service read it", "1 objects are not entered"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    service.proxy.set_refusing_objects(false);
    // The process has compared both at its start, and tries it again after a pause: it may be faster.
    let (status, stdout, stderr) = check();
    assert_eq!((status, &*stderr), (Some(0), ""), "{stdout}");
    assert!(stdout.starts_with("2 objects, of which "), "{stdout}");
    let all_there = (Some(0), "2 objects, of which 0 were entered in the registry\n".to_owned(), String::new());
    assert_eq!(check(), all_there);
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
}
