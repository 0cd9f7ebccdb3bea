//! The program with nothing but a data folder: from its first key to a row, through a restart.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::program::{connect, exchange, output, program};
use crate::support::{Folder, SECRET};
use crate::world::{request, signed};

/// A running program that has a data folder alone.
pub(crate) struct Service {
    child: Child,
    hooks: String,
    admin: String,
    key: String,
}

impl Service {
    fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// Starts it with these variables of the environment.
    pub(crate) fn start_with(data: &Path, environment: &[(&str, &str)]) -> Self {
        let mut command = program();
        for name in std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("AWS_"))
        {
            command.env_remove(name);
        }
        let mut child = command
            .envs(environment.iter().copied())
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (hooks, admin) = loop {
            let line = lines.next().expect("it ended").unwrap();
            let record: Value = serde_json::from_str(&line).unwrap();
            let text = |name: &str| record["fields"][name].as_str().map(str::to_owned);
            if let (Some(hooks), Some(admin)) = (text("listen"), text("admin_listen")) {
                break (hooks, admin);
            }
        };
        std::thread::spawn(move || lines.for_each(drop));
        let key = std::fs::read_to_string(data.join("first-key")).unwrap().trim().to_owned();
        Self { child, hooks, admin, key }
    }

    pub(crate) fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let basic = STANDARD.encode(&self.key);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nAuthorization: Basic {basic}\r\nContent-Type: application/json;version=2\r\n"
        );
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, text) = exchange(&mut connect(&self.admin).unwrap(), &head, body.as_bytes()).unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}")))
    }

    fn deliver(&self, endpoint: &str, body: &str) -> u16 {
        let (name, value) = signed(SECRET, body.as_bytes());
        let head = format!("POST /webhooks/{endpoint} HTTP/1.1\r\n{name}: {value}\r\n");
        exchange(&mut connect(&self.hooks).unwrap(), &head, body.as_bytes()).unwrap().0
    }

    pub(crate) fn end(mut self) {
        let pid = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_connection_outlives_a_restart() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let service = Service::start(&data);
    let (status, created) = service.ask("POST", "/v1/connections", &request("orders", json!({"id_from": "json:/id"})));
    assert_eq!((status, &created["message"]), (201, &"Connection has been created".into()), "{created}");
    let (id, endpoint) =
        (created["data"]["id"].as_str().unwrap(), created["data"]["config"]["endpoint"].as_str().unwrap());
    assert_eq!(service.deliver(endpoint, r#"{"id": "1"}"#), 200);
    service.end();

    let service = Service::start(&data);
    assert_eq!(service.deliver(endpoint, r#"{"id": "2"}"#), 200);
    let (status, mut shown) = service.ask("GET", &format!("/v1/connectors/{id}/"), &Value::Null);
    assert_eq!(status, 200, "{shown}");
    // Syncs go on meanwhile.
    for name in ["status", "succeeded_at"] {
        shown["data"][name] = created["data"][name].clone();
    }
    assert_eq!(shown["data"], created["data"]);
    // The verbs ask the same process, as the owner of the folder.
    loop {
        let mut sync = program();
        sync.args(["sync", id, "--data"]).arg(&data);
        let (output, _, stderr) = output(sync);
        if output.status.success() {
            break;
        }
        assert!(stderr.contains("is running"), "{stderr}");
    }
    let table = rusqlite::Connection::open(data.join("warehouse/shop.db")).unwrap();
    let count: i64 = table.query_row("SELECT count(*) FROM orders", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 2);

    // Nothing that was stored shows the secret.
    for file in ["metadata.db", "metadata.db-wal"] {
        let bytes = std::fs::read(data.join(file)).unwrap_or_default();
        assert!(memchr::memmem::find(&bytes, SECRET.as_bytes()).is_none(), "{file}");
    }
    service.end();
}
