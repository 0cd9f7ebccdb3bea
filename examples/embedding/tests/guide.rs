//! Runs the programs of the guide and sends them requests: with curl if they speak HTTP, over sockets if not.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use countersign::{Message, Secret, Signer};

const SECRET: &str = "It's a Secret to Everybody";
const BODY: &str = r#"{"ref": "refs/heads/main"}"#;

/// A program of the guide, which ends with the test.
struct Program {
    child: Child,
    said: BufReader<ChildStdout>,
    address: String,
}

impl Program {
    fn start(name: &str, environment: &[(&str, &str)]) -> Self {
        Self::start_with(Command::new, name, environment)
    }

    /// As `start`, by the command that `command` makes of the path of the program.
    fn start_with(command: impl FnOnce(PathBuf) -> Command, name: &str, environment: &[(&str, &str)]) -> Self {
        // The tests are in `deps`, next to `examples`.
        let folder =
            std::env::current_exe().unwrap().parent().and_then(|deps| Some(deps.parent()?.to_owned())).unwrap();
        let path: PathBuf = folder.join("examples").join(format!("guide-{name}"));
        let mut child = command(path)
            .env("ADDRESS", "127.0.0.1:0")
            .env("WEBHOOK_SECRET", SECRET)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address =
            line.trim_end().strip_prefix("listening on ").expect("the program says where it listens").to_owned();
        Self { child, said, address }
    }

    /// Runs curl. Returns the body and the status of the response.
    fn curl(&self, path: &str, arguments: &[&str]) -> String {
        let url = format!("http://{}{path}", self.address);
        let common = ["--silent", "--show-error", "--max-time", "60", "--write-out", "%{http_code}"];
        let output = Command::new("curl").args(common).args(arguments).arg(url).output().expect("curl is installed");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// Sends a POST with the signature of `signed`.
    fn post(&self, path: &str, body: &str, signed: &str, more: &[&str]) -> String {
        let header = format!("X-Hub-Signature-256: {}", signature(signed.as_bytes()));
        self.curl(path, &[&["--header", &header, "--data-binary", body], more].concat())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn signature(body: &[u8]) -> String {
    let signer = Signer::preset("github", Secret::new(SECRET)).unwrap();
    signer.headers(&Message::new(body)).unwrap().remove(0).1
}

/// Checks what every program that speaks HTTP must do.
fn check(program: &Program, path: &str) {
    let taken = format!("{} bytes", BODY.len());
    for more in [&[][..], &["--header", "Transfer-Encoding: chunked"], &["--header", "Expect: 100-continue"]] {
        let answer = program.post(path, BODY, BODY, more);
        assert!(answer.starts_with(&taken) && answer.ends_with("\n200"), "{answer}");
        assert_eq!(program.post(path, "{}", BODY, more), "not accepted\n401");
    }
    assert_eq!(program.curl(path, &["--data-binary", BODY]), "not accepted\n401");
}

#[test]
fn axum() {
    let program = Program::start("axum", &[]);
    check(&program, "/raw");
    let http2 = ["--http2-prior-knowledge"];
    assert_eq!(program.post("/push", BODY, BODY, &http2), "a push to refs/heads/main\n200");
    assert_eq!(program.post("/push", BODY, "other", &http2), "not accepted\n401");
    assert_eq!(program.curl("/health", &[]), "well\n200");
}

#[test]
fn tower() {
    let program = Program::start("tower", &[("TENANTS", &format!("acme={SECRET},globex=other"))]);
    let http2 = ["--http2-prior-knowledge"];
    assert_eq!(program.post("/hooks/acme", BODY, BODY, &[]), "26 bytes for acme\n200");
    // A message is handled once, and never for another tenant.
    assert_eq!(program.post("/hooks/acme", BODY, BODY, &http2), "taken before\n200");
    assert_eq!(program.post("/hooks/globex", BODY, BODY, &[]), "not accepted\n401");
    assert_eq!(program.post("/hooks/nobody", BODY, BODY, &[]), "not accepted\n401");
    assert_eq!(program.post("/hooks/acme", "{}", "{}", &http2), "2 bytes for acme\n200");
}

#[test]
fn hyper() {
    check(&Program::start("hyper", &[]), "/hooks");
}

/// A server that has no more files for connections goes on as soon as it has some again.
#[cfg(unix)]
#[test]
fn a_server_outlives_a_lack_of_files() {
    const FILES: usize = 40;
    for (name, path) in [("hyper", "/hooks"), ("tower", "/hooks/acme")] {
        let limited = |path| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {FILES} && exec \"$0\"")]).arg(path).stderr(Stdio::piped());
            command
        };
        let mut program = Program::start_with(limited, name, &[("TENANTS", &format!("acme={SECRET}"))]);
        // They wait in the queue of the system until the server accepts them.
        let connections: Vec<_> = (0..2 * FILES).map(|_| TcpStream::connect(&program.address).unwrap()).collect();
        let (mut line, mut errors) = (String::new(), BufReader::new(program.child.stderr.take().unwrap()));
        errors.read_line(&mut line).unwrap();
        assert!(line.starts_with("cannot accept a connection: "), "{line}");
        drop(connections);
        assert!(program.post(path, BODY, BODY, &[]).ends_with("\n200"), "{name}");
    }
}

#[test]
fn actix() {
    check(&Program::start("actix", &[]), "/hooks");
}

#[test]
fn kafka() {
    let mut program = Program::start("kafka", &[]);
    let mut topic = TcpStream::connect(&program.address).unwrap();
    let mut records = String::new();
    for index in 0..1000 {
        let body = format!("body {index}");
        let signed = if index % 10 == 9 { "another" } else { &body };
        writeln!(records, "{} {}", signature(signed.as_bytes()), STANDARD.encode(body)).unwrap();
    }
    // Records that are not well-formed.
    write!(records, "{} ?\n{}\n\n", signature(b""), signature(b"body")).unwrap();
    topic.write_all(records.as_bytes()).unwrap();
    topic.shutdown(Shutdown::Write).unwrap();
    let mut committed = String::new();
    topic.read_to_string(&mut committed).unwrap();
    assert!(committed.ends_with("committed 1003\n"), "{committed}");
    let mut lines = program.said.by_ref().lines().map(Result::unwrap);
    let lines: Vec<String> = lines.by_ref().take(1003).collect();
    for (index, line) in lines[..1000].iter().enumerate() {
        let taken = format!("took {} bytes", format!("body {index}").len());
        assert_eq!(line, if index % 10 == 9 { "rejected: mismatch" } else { &taken });
    }
    assert_eq!(lines[1000..], ["rejected: malformed_signature", "rejected: mismatch", "rejected: malformed_signature"]);

    // A connection that is reset, since it is closed with an answer unread, ends the topic and not the program.
    let topic = || {
        let mut topic = TcpStream::connect(&program.address).unwrap();
        writeln!(topic, "{} {}", signature(b"body"), STANDARD.encode("body")).unwrap();
        topic.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        assert_eq!(topic.peek(&mut [0]).unwrap(), 1);
    };
    topic();
    topic();
}

#[test]
fn read() {
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::NamedTempFile::new().unwrap());
    let program = Program::start("read", &[("STORE", folder.path().to_str().unwrap())]);
    let send = |signature: &str, body: &[u8]| {
        let mut stream = TcpStream::connect(&program.address).unwrap();
        writeln!(stream, "{signature}").unwrap();
        stream.write_all(body).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let files = || std::fs::read_dir(&folder).unwrap().count();
    let body = vec![b'x'; 1 << 20];
    assert_eq!(send(&signature(b"other"), &body), "not accepted\n");
    assert_eq!(send("sha256=00", b""), "not accepted\n");
    assert_eq!(files(), 0);
    assert_eq!(send(&signature(&body), &body), "stored 1048576 bytes\n");
    assert_eq!((files(), std::fs::read(folder.path().join("delivery")).unwrap()), (1, body.clone()));

    // Nothing is written through a link that someone has put there.
    #[cfg(unix)]
    std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("unverified")).unwrap();
    assert_eq!(send(&signature(b"other"), &body), "not accepted\n");
    assert_eq!(elsewhere.as_file().metadata().unwrap().len(), 0);
}
