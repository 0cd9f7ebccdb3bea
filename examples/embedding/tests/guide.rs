//! Runs the programs of the guide and sends them requests: with curl if they speak HTTP, over sockets if not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use countersign::records::{Record, UnixMicros};
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
        let mut child = command(Self::path(name))
            .env("ADDRESS", "127.0.0.1:0")
            .env("WEBHOOK_SECRET", SECRET)
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
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

    fn path(name: &str) -> PathBuf {
        // The tests are in `deps`, next to `examples`.
        let folder =
            std::env::current_exe().unwrap().parent().and_then(|deps| Some(deps.parent()?.to_owned())).unwrap();
        folder.join("examples").join(format!("guide-{name}"))
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

/// Two senders and several tenants in one router: each delivery is verified with the secret of its path, and with no other.
#[test]
fn tenants_of_two_senders() {
    // The secret of `globex` is new; the one before is still valid.
    let file = tenants(&format!(
        "github/acme={SECRET}\nstripe/acme=whsec_a=b\ngithub/globex=new\ngithub/globex={SECRET}\ngithub/initech=other\n"
    ));
    let piped = |path| {
        let mut command = Command::new(path);
        command.stderr(Stdio::piped()).env("NO_COLOR", "1");
        command
    };
    let mut program = Program::start_with(piped, "tenants", &[("TENANTS", file.path().to_str().unwrap())]);
    let mut stdin = program.child.stdin.take().unwrap();
    for tenant in ["acme", "globex"] {
        let path = format!("/github/{tenant}");
        let taken = format!("github/{tenant}: a push to refs/heads/main\n200");
        assert_eq!(program.post(&path, BODY, BODY, &[]), taken);
        assert_eq!(program.post(&path, BODY, BODY, &[]), "handled before\n200");
        // GitHub signs the body alone: two events with equal bodies differ in their id, and both are handled, once each.
        for (id, expected) in [("1", &taken[..]), ("2", &taken), ("1", "handled before\n200")] {
            let id = format!("X-GitHub-Delivery: {id}");
            assert_eq!(program.post(&path, BODY, BODY, &["--header", &id]), expected);
        }
        assert_eq!(program.post(&path, BODY, "forged", &[]), "not accepted\n401");
        assert_eq!(program.curl(&path, &["--data-binary", BODY]), "not accepted\n401");
    }
    // (The name is of sender and tenant: messages of two senders are apart, also with `deduplicate`.)
    // A right signature of another tenant, of nobody, and for another sender.
    for path in ["/github/initech", "/github/nobody", "/stripe/acme", "/stripe/globex"] {
        assert_eq!(program.post(path, BODY, BODY, &[]), "not accepted\n401", "{path}");
    }

    let event = r#"{"id": "evt_1", "type": "charge.succeeded"}"#;
    let stripe = |path: &str, secret: &str, sent: &str| {
        let signer = Signer::preset("stripe", Secret::new(secret)).unwrap();
        let (name, value) = signer.headers(&Message::new(event.as_bytes())).unwrap().remove(0);
        program.curl(path, &["--header", &format!("{name}: {value}"), "--data-binary", sent])
    };
    assert_eq!(stripe("/stripe/acme", "whsec_a=b", event), "stripe/acme: charge.succeeded evt_1\n200");
    // Stripe signs each attempt anew: the id in the body says that it is the same event.
    assert_eq!(stripe("/stripe/acme", "whsec_a=b", event), "handled before\n200");
    assert_eq!(stripe("/stripe/acme", "whsec_a=b", "{}"), "not accepted\n401");
    assert_eq!(stripe("/stripe/nobody", "whsec_a=b", event), "not accepted\n401");
    // The secret of the same tenant with another sender.
    assert_eq!(stripe("/stripe/acme", SECRET, event), "not accepted\n401");
    assert_eq!(program.curl("/health", &[]), "well\n200");

    // Once a secret is replaced and the program told so, the old one is out of use.
    std::fs::write(&file, "github/acme=another\n").unwrap();
    let replaced = b"github/acme\nstripe/acme\n";
    stdin.write_all(replaced).unwrap();
    let start = Instant::now();
    while program.post("/github/acme", BODY, BODY, &[]) != "not accepted\n401" {
        assert!(start.elapsed() < Duration::from_secs(60), "the old secret still works");
    }
    // A look-up that fails is an error of the operator's, and the log says for whom.
    std::fs::write(&file, "stripe/acme\n").unwrap();
    while stripe("/stripe/acme", "whsec_a=b", event) != "try again later\n503" {
        assert!(start.elapsed() < Duration::from_secs(60), "the look-up does not fail");
    }
    program.child.kill().unwrap();
    let mut log = String::new();
    program.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
    for said in
        ["endpoint=github/acme reason=\"mismatch\"", "endpoint=unknown", "ERROR countersign: ", "error=stripe/acme: "]
    {
        assert!(log.contains(said), "{said}: {log}");
    }
    assert!(!log.contains(SECRET) && !log.contains("whsec_a"), "{log}");
}

/// A file for the programs `tenants` and `tower`: lines of tenants and their secrets.
fn tenants(lines: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, lines).unwrap();
    file
}

#[test]
fn tower() {
    // The secret of `globex` is new; the one before is still valid. It may contain what separates others.
    let file = tenants(&format!("acme={SECRET}\nglobex=new,a=b\nglobex={SECRET}\ninitech=other\n"));
    let mut program = Program::start("tower", &[("TENANTS", file.path().to_str().unwrap())]);
    let one = ["--header", "X-GitHub-Delivery: 1"];
    let two = ["--http2-prior-knowledge", "--header", "X-GitHub-Delivery: 2"];
    // What fails is forgotten, so the next attempt is handled.
    assert_eq!(program.post("/hooks/acme", BODY, BODY, &[]), "no X-GitHub-Delivery\n400");
    assert_eq!(program.post("/hooks/acme", BODY, BODY, &one), "26 bytes for acme\n200");
    // A message is handled once, and never for another tenant.
    assert_eq!(program.post("/hooks/acme", BODY, BODY, &two), "taken before\n200");
    assert_eq!(program.post("/hooks/globex", BODY, BODY, &one), "26 bytes for globex\n200");
    assert_eq!(program.post("/hooks/initech", BODY, BODY, &one), "not accepted\n401");
    assert_eq!(program.post("/hooks/nobody", BODY, BODY, &one), "not accepted\n401");
    // Another message with the same delivery id is not stored.
    assert_eq!(program.post("/hooks/acme", "{}", "{}", &one), "stored before\n200");
    assert_eq!(program.post("/hooks/acme", "[]", "[]", &two), "2 bytes for acme\n200");

    // Once the secret is replaced and the program told so, the old one is out of use.
    std::fs::write(&file, "acme=another\n").unwrap();
    program.child.stdin.as_mut().unwrap().write_all(b"acme\n").unwrap();
    let start = Instant::now();
    while program.post("/hooks/acme", BODY, BODY, &one) != "not accepted\n401" {
        assert!(start.elapsed() < Duration::from_secs(60), "the old secret still works");
    }
}

/// Starts a program with lines that it must refuse. Returns what it says.
fn refused(name: &str, lines: &str) -> String {
    let file = tenants(lines);
    let mut command = Command::new(Program::path(name));
    let output = command.env("ADDRESS", "127.0.0.1:0").env("TENANTS", file.path()).output().unwrap();
    assert!(!output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn tower_refuses_a_line_without_a_secret() {
    let faulty =
        [("acme=a\nglobex\n", 2), ("=a\n", 1), ("acme=\n", 1), ("acme=a\n\n", 2), ("a/b=a\n", 1), ("é=a\n", 1)];
    for (lines, at) in faulty {
        let errors = refused("tower", lines);
        assert!(errors.contains(&format!(", line {at}: expected TENANT=SECRET")), "{errors}");
    }
}

#[test]
fn tenants_refuses_a_line_without_sender_tenant_or_secret() {
    // The last ones are tenants for which nothing could be received.
    let faulty = ["github/acme", "github/acme=", "acme=a", "github/=a", "gitlab/acme=a", ""];
    for line in faulty.into_iter().chain(["github/a/b=a", "github/é=a", "stripe/a b=a", "stripe/..=a", "github/a%20=a"])
    {
        let errors = refused("tenants", &format!("github/acme=a\n{line}\n"));
        assert!(errors.contains(", line 2: expected github/TENANT=SECRET or stripe/TENANT=SECRET"), "{line}: {errors}");
    }
}

/// Secrets with which no verifier can be made end the program before it listens, with the name of their endpoint. At the first
/// delivery it would be too late: its sender would get 503.
#[test]
fn secrets_that_cannot_be_used_are_refused_at_the_start() {
    for (program, good, bad) in [("tenants", "github/acme", "stripe/globex"), ("tower", "acme", "globex")] {
        for (lines, says) in
            [(format!("{bad}=  \t\n"), "white space"), (format!("{bad}=a secret\n").repeat(9), "more than 8 secrets")]
        {
            let errors = refused(program, &format!("{good}=a\n{lines}"));
            assert!(errors.contains(&format!("{bad}: ")) && errors.contains(says), "{program}: {errors}");
        }
    }
}

/// A program that lacks a setting says which, and not what another one contains.
#[test]
fn a_missing_variable_is_named() {
    let programs = [
        ("axum", "WEBHOOK_SECRET"),
        ("tenants", "TENANTS"),
        ("tower", "TENANTS"),
        ("hyper", "WEBHOOK_SECRET"),
        ("actix", "WEBHOOK_SECRET"),
        ("kafka", "WEBHOOK_SECRET"),
        ("read", "WEBHOOK_SECRET"),
        ("read", "STORE"),
    ];
    for (name, missing) in programs {
        let mut command = Command::new(Program::path(name));
        command.env("ADDRESS", "127.0.0.1:0").env("WEBHOOK_SECRET", SECRET).env_remove("TENANTS").env_remove("STORE");
        let output = command.env_remove(missing).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && errors.contains(&format!("set {missing} to ")), "{name}: {errors}");
        if missing == "WEBHOOK_SECRET" {
            let output = Command::new(Program::path(name)).env(missing, "").env("STORE", ".").output().unwrap();
            let errors = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && errors.contains("set WEBHOOK_SECRET to "), "{name}: {errors}");
        }
    }
    // A secret that is no text is not shown.
    #[cfg(unix)]
    for name in ["axum", "hyper", "actix", "kafka", "read"] {
        let secret: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"hidden\xFF");
        let output = Command::new(Program::path(name)).env("WEBHOOK_SECRET", secret).output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && !errors.contains("hidden"), "{name}: {errors}");
    }
    let output = Command::new(Program::path("tenants")).env("TENANTS", "/nowhere").output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("/nowhere: "));
}

/// A piece of a program imports what it names, so that it compiles where it is pasted.
#[test]
fn pieces_of_programs_have_their_imports() {
    const NAMES: [&str; 28] = [
        "Duration",
        "SystemTime",
        "Router",
        "Extension",
        "State",
        "StatusCode",
        "Parts",
        "Authentic",
        "Cache",
        "Endpoint",
        "VerifyLayer",
        "Unanswered",
        "ReplayMemories",
        "Identity",
        "Repeated",
        "Secret",
        "Verifier",
        "Connection",
        "AuthMethod",
        "HeaderMap",
        "HeaderLines",
        "Delivery",
        "Request",
        "Body",
        "Next",
        "Response",
        "Record",
        "UnixMicros",
    ];
    let guide = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../crates/countersign/guide");
    let mut pieces = 0;
    for page in ["axum.md", "connections.md"] {
        let text = std::fs::read_to_string(guide.join(page)).unwrap();
        for piece in text.split("```rust,ignore\n").skip(1).map(|rest| rest.split("```").next().unwrap()) {
            pieces += 1;
            let code = piece.lines().filter(|line| !line.trim_start().starts_with("//"));
            let (imports, code): (Vec<_>, Vec<_>) = code.partition(|line| line.starts_with("use "));
            let has = |lines: &[&str], name| {
                let mut words = lines.iter().flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'));
                words.any(|word| word == name)
            };
            for name in NAMES {
                assert!(!has(&code, name) || has(&imports, name), "{page}: {name} is not imported in\n{piece}");
            }
        }
    }
    assert_eq!(pieces, 6);
}

/// Every program and page with a large limit has a limit on all bodies together.
#[test]
fn large_limits_have_a_budget() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let guide = std::fs::read_dir(root.join("crates/countersign/guide")).unwrap().map(|entry| entry.unwrap().path());
    let others = ["README.md", "crates/countersign/README.md", "crates/countersign/src/tower.rs"];
    let mut found = 0;
    for path in guide.chain(others.map(|name| root.join(name))) {
        let text = std::fs::read_to_string(&path).unwrap();
        if text.contains("25 << 20") || text.contains("25 MiB") || text.contains("25 MB") {
            found += 1;
            let has_budget = ["body_budget", "BUDGET"].iter().any(|name| text.contains(name));
            assert!(has_budget, "{} has a large limit and no budget", path.display());
        }
    }
    assert!(found >= 8, "{found}");
}

/// A large body that does not fit beside those that others are sending is refused, and fits once they are gone. Small ones
/// are never kept out by it.
#[test]
fn bodies_at_once() {
    const PIECE: usize = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("body");
    let large = "x".repeat(PIECE);
    std::fs::write(&file, &large).unwrap();
    let upload = format!("@{}", file.to_str().unwrap());
    for (name, path) in [("hyper", "/hooks"), ("actix", "/hooks")] {
        let program = Program::start(name, &[]);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: a\r\nx-hub-signature-256: {}\r\ncontent-length: {}\r\n\r\n",
            signature(b"other"),
            25 << 20
        );
        let piece = vec![b'x'; PIECE];
        // All but the last byte, so that they are held.
        let held: Vec<_> = (0..10)
            .map(|_| {
                let mut stream = TcpStream::connect(&program.address).unwrap();
                stream.write_all(head.as_bytes()).unwrap();
                (0..24).for_each(|_| stream.write_all(&piece).unwrap());
                stream.write_all(&piece[1..]).unwrap();
                stream
            })
            .collect();
        let post = |body: &str, signed: &str| program.post(path, body, signed, &[]);
        // They may still be on their way.
        let start = Instant::now();
        while !post(&upload, &large).ends_with("503") {
            assert!(start.elapsed() < Duration::from_secs(8), "{name}: more than the budget is held");
        }
        assert!(post(BODY, BODY).ends_with("200"), "{name}: large uploads keep out small ones");
        drop(held);
        let start = Instant::now();
        while !post(&upload, &large).ends_with("200") {
            assert!(start.elapsed() < Duration::from_secs(30), "{name}: the budget is not given back");
        }
    }
}

/// A sender that begins a head and never ends it does not stay.
#[test]
fn heads_that_never_end() {
    let file = tenants(&format!("acme={SECRET}"));
    let programs =
        [Program::start("hyper", &[]), Program::start("tower", &[("TENANTS", file.path().to_str().unwrap())])];
    let streams = programs.each_ref().map(|program| {
        let mut stream = TcpStream::connect(&program.address).unwrap();
        stream.write_all(b"POST /hooks/acme HTTP/1.1\r\nhost: a\r\n").unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    });
    for mut stream in streams {
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("the server closes the TCP connection");
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }
}

/// The largest events of GitHub are taken, and larger bodies refused.
#[test]
fn large_bodies() {
    let file = tenants(&format!("acme={SECRET}"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    let upload = format!("@{}", path.to_str().unwrap());
    let id = ["--header", "X-GitHub-Delivery: 1"];
    for (name, target) in [("axum", "/raw"), ("hyper", "/hooks"), ("actix", "/hooks"), ("tower", "/hooks/acme")] {
        let program = Program::start(name, &[("TENANTS", file.path().to_str().unwrap())]);
        for (length, status) in [(25_000_000, "200"), ((25 << 20) + 1, "413")] {
            let body = "x".repeat(length);
            std::fs::write(&path, &body).unwrap();
            let answer = program.post(target, &upload, &body, &id);
            assert!(answer.ends_with(status), "{name}, {length} bytes: {answer}");
        }
    }
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
    let file = tenants(&format!("acme={SECRET}"));
    for (name, path) in [("hyper", "/hooks"), ("tower", "/hooks/acme")] {
        let limited = |path| {
            let mut command = Command::new("sh");
            command.args(["-c", &format!("ulimit -n {FILES} && exec \"$0\"")]).arg(path).stderr(Stdio::piped());
            command
        };
        let mut program = Program::start_with(limited, name, &[("TENANTS", file.path().to_str().unwrap())]);
        // They wait in the queue of the system until the server accepts them.
        let connections: Vec<_> = (0..2 * FILES).map(|_| TcpStream::connect(&program.address).unwrap()).collect();
        let (mut line, mut errors) = (String::new(), BufReader::new(program.child.stderr.take().unwrap()));
        errors.read_line(&mut line).unwrap();
        assert!(line.starts_with("cannot accept a connection: "), "{line}");
        drop(connections);
        assert!(program.post(path, BODY, BODY, &["--header", "X-GitHub-Delivery: 1"]).ends_with("\n200"), "{name}");
    }
}

#[test]
fn actix() {
    check(&Program::start("actix", &[]), "/hooks");
}

/// The line of a topic for a delivery that arrived at `received_at`.
fn record(headers: Vec<(String, String)>, body: &str, received_at: SystemTime) -> Vec<u8> {
    let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let mut record = Record::new(headers, body.as_bytes());
    record.received_at = UnixMicros::from_system_time(received_at);
    let mut line = Vec::new();
    record.write_line(&mut line).unwrap();
    line
}

/// Sends a topic to the program `kafka`, and returns the lines that it prints for the records, of which there are `count`.
fn consumed(program: &mut Program, topic: &[u8], count: usize) -> Vec<String> {
    let mut stream = TcpStream::connect(&program.address).unwrap();
    stream.write_all(topic).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut committed = String::new();
    stream.read_to_string(&mut committed).unwrap();
    assert!(committed.ends_with(&format!("committed {count}\n")), "{committed}");
    program.said.by_ref().lines().map(Result::unwrap).take(count).collect()
}

#[test]
fn kafka() {
    let mut program = Program::start("kafka", &[]);
    let signed = |text: &str| vec![("X-Hub-Signature-256".to_owned(), signature(text.as_bytes()))];
    let (mut topic, now) = (Vec::new(), SystemTime::now());
    for index in 0..1000 {
        let body = format!("body {index}");
        topic.extend(record(signed(if index % 10 == 9 { "another" } else { &body }), &body, now));
    }
    // Lines that are not records, or do not say when the delivery arrived.
    topic.extend(b"?\n\n{\"headers\":[],\"body\":\"\"}\n");
    let mut lines = consumed(&mut program, &topic, 1003);
    let unreadable: Vec<_> =
        lines.extract_if(.., |line| line.starts_with("set aside: ") && line != "set aside: mismatch").collect();
    assert_eq!((unreadable.len(), &unreadable[2][..]), (3, "set aside: it has no received_at"), "{unreadable:?}");
    for (index, line) in lines.iter().enumerate() {
        let taken = format!("took {} bytes", format!("body {index}").len());
        assert_eq!(line, if index % 10 == 9 { "set aside: mismatch" } else { &taken });
    }

    // A TCP connection that is reset, since it is closed with an answer unread, ends the topic and not the program.
    let topic = || {
        let mut topic = TcpStream::connect(&program.address).unwrap();
        topic.write_all(&record(signed("body"), "body", now)).unwrap();
        topic.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        assert_eq!(topic.peek(&mut [0]).unwrap(), 1);
    };
    topic();
    topic();
}

/// A backlog is as fresh as it was when it arrived, for senders whose signatures expire.
#[test]
fn kafka_with_a_backlog() {
    let mut program = Program::start("kafka", &[("WEBHOOK_PRESET", "stripe")]);
    let signer = Signer::preset("stripe", Secret::new(SECRET)).unwrap();
    let an_hour_ago = SystemTime::now() - Duration::from_secs(3600);
    let headers = signer.headers(&Message { now: an_hour_ago, ..Message::new(BODY.as_bytes()) }).unwrap();
    let mut topic = record(headers.clone(), BODY, an_hour_ago).repeat(5);
    topic.extend(record(headers, BODY, SystemTime::now()));
    let mut expected = vec!["took 26 bytes".to_owned(); 5];
    expected.push("set aside: expired".into());
    assert_eq!(consumed(&mut program, &topic, 6), expected);
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

/// The page of each program says how to run it in a new project, and this package runs it from the checkout.
#[test]
fn each_program_has_the_steps_to_run_it() {
    let place = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let guide = place.join("../../crates/countersign/guide");
    let here = std::fs::read_to_string(place.join("README.md")).unwrap();
    let mut programs = 0;
    for entry in std::fs::read_dir(&guide).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        programs += 1;
        let name = path.file_stem().unwrap().to_str().unwrap();
        let page = std::fs::read_to_string(path.with_extension("md")).unwrap();
        let (_, steps) = page.split_once("\n## To run it\n").unwrap_or_else(|| panic!("{name}.md has no steps"));
        for step in ["\ncargo new ", "\ncargo add countersign --path ", "cargo run\n", "\ncountersign sign "] {
            assert!(steps.contains(step), "{name}.md lacks {step:?}");
        }
        let copied = steps.contains(&format!("\ncp ../countersign/crates/countersign/guide/{name}.rs src/main.rs\n"));
        assert!(copied, "{name}.md does not copy its program");
        assert!(
            Program::path(name).exists() && here.contains(&format!("| `guide-{name}` |")),
            "README.md lacks {name}"
        );
    }
    assert!(programs > 0);
}
