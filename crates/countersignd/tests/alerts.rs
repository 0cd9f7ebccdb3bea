//! Alerts, to a receiver that verifies them with `countersign`.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header::LOCATION};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use bytes::Bytes;
use countersign::{Delivery, Secret, Verifier};
use countersignd::alerts::{Alerts, Condition, Pauses, Receiver, Url};
use countersignd::clock::Clock;
use rustls::RootCertStore;
use serde_json::Value;

use support::program::{Running, connect, deliver, output, program};
use support::{Folder, connections};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

const PAUSES: Pauses = Pauses { first: Duration::from_millis(20), longest: Duration::from_millis(40) };

/// What was received: the header lines and the body of each request.
#[derive(Clone, Default)]
struct Received(Arc<Mutex<Vec<(HeaderMap, String)>>>);

impl Received {
    /// Waits for so many requests.
    async fn wait(&self, count: usize) -> Vec<(HeaderMap, String)> {
        for _ in 0..6000 {
            let received = self.0.lock().unwrap().clone();
            if received.len() >= count {
                return received;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} of {count} requests came", self.0.lock().unwrap().len());
    }
}

/// Answers with these statuses, one request after the other, and with 200 to all that come after.
#[derive(Clone)]
struct Answers(Received, Arc<Mutex<Vec<StatusCode>>>, String);

async fn receive(
    State(Answers(received, statuses, location)): State<Answers>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    received.0.lock().unwrap().push((headers, String::from_utf8(body.to_vec()).unwrap()));
    let mut statuses = statuses.lock().unwrap();
    let status = if statuses.is_empty() { StatusCode::OK } else { statuses.remove(0) };
    (status, [(LOCATION, location)], "x".repeat(100_000)).into_response()
}

/// A receiver, and where it is.
fn receiver(statuses: &[u16], tls: Option<RustlsConfig>, location: &str) -> (Received, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let received = Received::default();
    let statuses = statuses.iter().map(|status| StatusCode::from_u16(*status).unwrap()).collect();
    let answers = Answers(received.clone(), Arc::new(Mutex::new(statuses)), location.to_owned());
    let service = Router::new().fallback(post(receive)).with_state(answers).into_make_service();
    tokio::spawn(async move {
        match tls {
            None => axum_server::from_tcp(listener).unwrap().serve(service).await,
            Some(tls) => {
                let handle = Handle::new();
                axum_server::tls_rustls::from_tcp_rustls(listener, tls).unwrap().handle(handle).serve(service).await
            }
        }
    });
    (received, address.to_string())
}

fn secret_file(folder: &Folder) -> std::path::PathBuf {
    let file = folder.path().join("alert-secret");
    fs::write(&file, format!("{SECRET}\n")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

fn open(receiver: Receiver) -> Arc<Alerts> {
    Alerts::open(receiver, &secret_file(&Folder::new()), Clock::system(), PAUSES).unwrap()
}

fn condition(alarm: &'static str, subject: Option<&str>) -> Condition {
    Condition { alarm, subject: subject.map(str::to_owned), cause: "why".to_owned() }
}

/// The body of an alert, which must be authentic.
fn verified((headers, body): &(HeaderMap, String)) -> Value {
    let verifier = Verifier::preset("standard-webhooks", Secret::new(SECRET)).unwrap();
    let lines: Vec<(&str, &[u8])> = headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let delivery = Delivery { method: "POST", url: "", headers: &lines[..], body: body.as_bytes() };
    verifier.verify(&delivery, std::time::SystemTime::now()).unwrap();
    assert_eq!(headers["content-type"], "application/json");
    serde_json::from_str(body).unwrap()
}

fn told(body: &Value) -> Vec<(&str, &str, Option<&str>)> {
    let changes = body["data"]["changes"].as_array().unwrap();
    let text = |change: &'_ Value, name: &str| change[name].as_str().map(str::to_owned);
    assert!(changes.iter().all(|change| text(change, "at").unwrap().ends_with('Z')));
    let shown = changes.iter();
    shown
        .map(|change| {
            (change["alarm"].as_str().unwrap(), change["state"].as_str().unwrap(), change["connection"].as_str())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_signed_and_sent_until_it_is_taken() {
    let (received, address) = receiver(&[500, 429, 302], None, "/elsewhere");
    let alerts = open(Receiver::new(Url::read(&format!("http://{address}/hooks?token=t")).unwrap()).unwrap());
    let sending = tokio::spawn(Arc::clone(&alerts).run());
    alerts.note(&[condition("backlog", None), condition("silence", Some("speedy_otter"))]);
    received.wait(1).await;
    // What changes meanwhile is in the next message.
    for subject in ["one", "two"] {
        alerts.note(&[condition("silence", Some(subject))]);
    }
    received.wait(2).await;
    assert!(alerts.is_failing());
    let all = received.wait(5).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(received.0.lock().unwrap().len(), 5);
    assert!(!alerts.is_failing());
    let first = verified(&all[0]);
    assert_eq!(first["type"], "countersignd.alarms");
    assert_eq!(told(&first), [("backlog", "begun", None), ("silence", "begun", Some("speedy_otter"))]);
    assert_eq!(first["data"]["changes"][0]["cause"], "why");
    for again in &all[1..4] {
        assert_eq!((&again.0["webhook-id"], &again.1), (&all[0].0["webhook-id"], &all[0].1));
        verified(again);
    }
    let second = verified(&all[4]);
    assert_eq!(told(&second), [("silence", "begun", Some("one")), ("silence", "begun", Some("two"))]);
    assert_ne!(all[4].0["webhook-id"], all[0].0["webhook-id"]);
    sending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_sends_elsewhere_or_is_gone_is_not_followed() {
    let (elsewhere, other) = receiver(&[], None, "");
    let (received, address) = receiver(&[307; 3], None, &format!("http://{other}/"));
    let alerts = open(Receiver::new(Url::read(&format!("http://{address}/")).unwrap()).unwrap());
    alerts.note(&[condition("backlog", None)]);
    let sending = tokio::spawn(Arc::clone(&alerts).run());
    received.wait(4).await;
    assert!(elsewhere.0.lock().unwrap().is_empty());
    sending.abort();

    // Nobody listens there, and nobody waits for that.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let alerts = open(Receiver::new(Url::read(&format!("http://{closed}/")).unwrap()).unwrap());
    let sending = tokio::spawn(Arc::clone(&alerts).run());
    for number in 0..2000 {
        alerts.note(&[condition("silence", Some(&number.to_string()))]);
    }
    while !alerts.is_failing() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    sending.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn https_is_only_sent_to_who_has_the_certificate() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = RustlsConfig::from_pem(cert.pem().into(), signing_key.serialize_pem().into()).await.unwrap();
    let (received, address) = receiver(&[], Some(tls), "");
    let port = address.rsplit_once(':').unwrap().1;
    let mut roots = RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();

    // Neither one that was not issued by who is trusted, nor one of another name.
    for (host, roots) in [("localhost", RootCertStore::empty()), ("127.0.0.1", roots.clone())] {
        let to = Receiver::trusting(Url::read(&format!("https://{host}:{port}/")).unwrap(), roots).unwrap();
        let error = to.post(&[], "{}".to_owned()).await.unwrap_err();
        assert_eq!(error.to_string(), "cannot connect");
    }
    assert!(received.0.lock().unwrap().is_empty());

    let alerts = open(Receiver::trusting(Url::read(&format!("https://localhost:{port}/")).unwrap(), roots).unwrap());
    alerts.note(&[condition("setup", Some("a"))]);
    let sending = tokio::spawn(Arc::clone(&alerts).run());
    let all = received.wait(1).await;
    assert_eq!(told(&verified(&all[0])), [("setup", "begun", Some("a"))]);
    sending.abort();
}

#[tokio::test]
async fn what_is_wrong_with_the_secret_is_said() {
    let folder = Folder::new();
    let file = secret_file(&folder);
    let url = Url::read("http://127.0.0.1:1/").unwrap();
    let open = || {
        let receiver = Receiver::new(url.clone()).unwrap();
        Alerts::open(receiver, &file, Clock::system(), PAUSES).map(|_| ())
    };
    open().unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(open().unwrap_err().contains("others may read"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    for wrong in ["", "not base64, but secret\n"] {
        fs::write(&file, wrong).unwrap();
        let message = open().unwrap_err();
        assert!(message.contains("alert-secret: ") && message.contains("openssl rand"), "{message}");
        assert!(!message.contains("not base64, but"), "{message}");
    }
    fs::remove_file(&file).unwrap();
    assert!(open().unwrap_err().contains("alert-secret: "));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_tells_of_dead_letters() {
    let (received, address) = receiver(&[], None, "");
    let folder = Folder::new();
    folder.connections(&connections());
    let file = secret_file(&folder);
    let url = format!("http://{address}/hooks/a-token-in-the-url");
    let arguments =
        ["--alerts-url", &url, "--alerts-secret-file", file.to_str().unwrap(), "--alerts-silence-hours", "1"];
    let running = Running::start_with(folder.path(), &arguments, &[]);
    // Of an alarm that was there at the first look nothing could be told apart.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(deliver(&mut connect(&running.address).unwrap(), b"[]").unwrap().0, 200);
    let mut sync = program();
    sync.args(["sync", "hmac", "--data"]).arg(folder.path().join("data"));
    assert!(output(sync).0.status.success());
    let all = received.wait(1).await;
    assert_eq!(told(&verified(&all[0])), [("dead_letters", "begun", None)]);
    let log = running.log();
    assert!(!log.contains("a-token-in-the-url") && !log.contains(&SECRET[6..]), "{log}");
}
