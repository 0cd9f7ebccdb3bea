//! What asks for the inbox in a bucket while that is down: it ends, and says what it has waited for.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::load::sync_of;
use crate::services::{Inbox, Service};
use crate::support::program::{connect, deliver, output, program};
use crate::support::{Folder, connections};

/// The archiver writes to the inbox what an object will hold, before it puts the object.
#[test]
fn a_sync_ends_and_nothing_is_lost() {
    let service = Service::gcs();
    let folder = Folder::new();
    let [hmac, ..] = connections();
    folder.connections(&[hmac]);
    let mut running = service.places(Inbox::Bucket).start(folder.path());
    let data = folder.path().join("data");
    let (status, _) = deliver(&mut connect(&running.address).unwrap(), br#"{"id": "evt_1"}"#).unwrap();
    assert_eq!(status, 200);
    service.proxy.set_down(true);
    let said = "the inbox gs://events/inbox/ has not taken within 20 seconds";
    for _ in 0..2 {
        let (mut sync, began) = (program(), Instant::now());
        sync.args(["sync", "hmac", "--data"]).arg(&data);
        let (found, stdout, stderr) = output(sync);
        assert_eq!(found.status.code(), Some(2), "{stdout}{stderr}");
        assert!(stderr.contains(said) && stderr.contains("Nothing is lost"), "{stderr}");
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }
    // One that the API is asked for ends too, and the log says why.
    let api = |method: &str, path: &str| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--request", method, "--unix-socket"]).arg(data.join("control.sock"));
        let (_, stdout, stderr) = output({
            curl.arg(format!("http://localhost/v1/connections/{path}"));
            curl
        });
        assert!(stdout.contains(r#""code":"Success""#), "{stdout}{stderr}");
        stdout
    };
    api("POST", "hmac/sync");
    let began = Instant::now();
    while !running.log().contains(said) {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", running.log());
        thread::sleep(Duration::from_millis(100));
    }
    let state = api("GET", "hmac");
    assert!(state.contains(r#""sync_state":"scheduled""#) && !state.contains(r#""failed_at":null"#), "{state}");
    service.proxy.set_down(false);
    let began = Instant::now();
    while !sync_of(&data, "hmac") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", running.log());
    }
    let mut why = program();
    why.args(["why", "evt_1", "--data"]).arg(&data);
    let (_, stdout, stderr) = output(why);
    assert!(stdout.contains("s.hmac, _index 0"), "{stdout}{stderr}");
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
}
