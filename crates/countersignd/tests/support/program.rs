//! The program, as it runs, and those who call it.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::support::{connections, signature};

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_countersignd"))
}

/// A running program, and where it listens.
pub(crate) struct Running {
    pub(crate) child: Child,
    pub(crate) address: String,
    pub(crate) admin_address: String,
    /// The rest of its log, which must be read lest it blocks.
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, &[], &[])
    }

    /// Starts with more arguments, and with variables of the environment.
    pub(crate) fn start_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = program()
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
            .arg(folder.join("data"))
            .arg("--connections")
            .arg(folder.join("connections.json"))
            .args(["--public-url", "https://hooks.example.com"])
            .args(arguments)
            .envs(environment.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut seen = String::new();
        let (address, admin_address) = loop {
            let line = lines.next().unwrap_or_else(|| panic!("it ended: {seen}")).unwrap();
            let record: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("{line}"));
            seen += &line;
            let text = |name: &str| record["fields"][name].as_str().map(str::to_owned);
            if let (Some(listen), Some(admin)) = (text("listen"), text("admin_listen")) {
                break (listen, admin);
            }
        };
        let log = Arc::new(Mutex::new(seen));
        let rest = Arc::clone(&log);
        let reader = thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                rest.lock().unwrap().extend([line.as_str(), "\n"]);
            }
        });
        Self { child, address, admin_address, log, reader: Some(reader) }
    }

    pub(crate) fn signal(&self, signal: &str) {
        let status = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end; whether it was a success.
    pub(crate) fn wait(&mut self) -> bool {
        self.child.wait().unwrap().success()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }
}

/// The runtime catches a panic, and the program goes on: without this no test would see it.
impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = self.reader.take().map(JoinHandle::join);
        if !thread::panicking() {
            let log = self.log();
            assert!(!log.contains("panic"), "{log}");
        }
    }
}

/// Sends a request, and reads the status and the body of the answer; none if the program goes away.
pub(crate) fn exchange(stream: &mut (impl Read + Write), head: &str, body: &[u8]) -> Option<(u16, String)> {
    let request =
        [format!("{head}Host: localhost\r\nContent-Length: {}\r\n\r\n", body.len()).as_bytes(), body].concat();
    stream.write_all(&request).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|length| *length > 0)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((status, String::from_utf8(body).ok()?))
}

pub(crate) fn connect(address: &str) -> Option<TcpStream> {
    let stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    Some(stream)
}

pub(crate) fn get(address: &str, path: &str) -> (u16, String) {
    exchange(&mut connect(address).unwrap(), &format!("GET {path} HTTP/1.1\r\n"), b"").unwrap()
}

/// Delivers to the connection `hmac`.
pub(crate) fn deliver(stream: &mut (impl Read + Write), body: &[u8]) -> Option<(u16, String)> {
    deliver_to(stream, &connections()[0].path(), body)
}

/// Delivers to a connection that is authenticated as `hmac` is.
pub(crate) fn deliver_to(stream: &mut (impl Read + Write), path: &str, body: &[u8]) -> Option<(u16, String)> {
    let (name, value) = signature(body);
    exchange(stream, &format!("POST {path} HTTP/1.1\r\n{name}: {value}\r\n"), body)
}

pub(crate) fn output(mut command: Command) -> (Output, String, String) {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    (output, stdout, stderr)
}
