//! Runs the program.

use std::ffi::OsStr;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use tempfile::TempDir;

/// The secret of most tests. Every run checks that no output shows it.
pub(crate) const SECRET: &str = "a-secret-that-must-not-be-shown";
/// A second one.
pub(crate) const OTHER: &str = "another-secret-that-must-not-be-shown";

/// Where the orders example is.
pub(crate) fn orders(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/orders").join(file)
}

/// What came of a run.
pub(crate) struct Done {
    /// The exit status.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Done {
    /// The one line that there must be on standard error.
    #[track_caller]
    pub(crate) fn line(&self) -> &str {
        let line = self.err.strip_suffix('\n').unwrap_or_else(|| panic!("not a line: {:?}", self.err));
        assert!(!line.is_empty() && !line.contains('\n'), "not one line: {line}");
        line
    }
}

/// The program with arguments, and nothing of the tester's environment that changes what it does.
pub(crate) fn program<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(arguments).env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it with an empty standard input.
pub(crate) fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Done {
    finish(&mut program(arguments), |_| Ok(()))
}

/// Runs it with this standard input.
pub(crate) fn run_with<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>, input: &[u8]) -> Done {
    finish(&mut program(arguments), |stdin| stdin.write_all(input))
}

/// Runs it and lets `feed` write its standard input.
pub(crate) fn finish(command: &mut Command, feed: impl FnOnce(&mut dyn Write) -> std::io::Result<()> + Send) -> Done {
    let mut child: Child = command.spawn().unwrap();
    let (mut stdin, mut stdout, mut stderr) =
        (child.stdin.take().unwrap(), child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let (out, err) = thread::scope(|scope| {
        // The program may end without reading all of it, which is its right.
        scope.spawn(move || drop(feed(&mut stdin)));
        let err = scope.spawn(move || text(|bytes| stderr.read_to_end(bytes)));
        (text(|bytes| stdout.read_to_end(bytes)), err.join().unwrap())
    });
    let code = child.wait().unwrap().code().expect("the program was killed by a signal");
    for shown in [&out, &err] {
        assert!(!shown.contains(SECRET) && !shown.contains(OTHER), "a secret was shown: {shown}");
        assert!(!shown.contains("panicked"), "{shown}");
        assert!(command.get_args().any(|argument| argument == "always") || !shown.contains('\u{1b}'), "{shown}");
    }
    Done { code, out, err }
}

fn text(read: impl FnOnce(&mut Vec<u8>) -> std::io::Result<usize>) -> String {
    let mut bytes = Vec::new();
    read(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

/// A folder with files, which goes away with it.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a file and tells its path.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.into_os_string().into_string().unwrap()
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> String {
        self.0.path().to_str().unwrap().to_owned()
    }

    /// A connection for SHA_256 in hexadecimal digits with [`SECRET`].
    pub(crate) fn connection(&self) -> String {
        let config =
            format!(r#"{{"auth_method": "HMAC", "auth_secret": "{SECRET}", "signature_encoding": "HEXA_DECIMAL"}}"#);
        self.file("connection.json", config)
    }
}

/// The signature that goes with [`Folder::connection`].
pub(crate) fn signature(body: &[u8]) -> String {
    signature_by(SECRET, body)
}

/// The same with another secret.
pub(crate) fn signature_by(secret: &str, body: &[u8]) -> String {
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(secret)).unwrap();
    signer.signature(&Message::new(body)).unwrap()
}

/// A line of a file of deliveries, authentic for [`Folder::connection`].
pub(crate) fn delivery(id: &str, body: &str) -> String {
    let headers = serde_json::json!({ "X-Fivetran-Hmac-Sign": signature(body.as_bytes()) });
    serde_json::json!({ "id": id, "headers": headers, "body": body }).to_string()
}

/// What `verify --json` says of an authentic delivery in this line.
pub(crate) fn authentic(line: u64, id: &str) -> String {
    format!(
        "{{\"id\":\"{id}\",\"line\":{line},\"verdict\":\"authentic\",\"code\":0,\"algorithm\":\"SHA_256\",\"secret_index\":0}}\n"
    )
}

/// What `verify --json` says of authentic deliveries with these ids, one a line.
pub(crate) fn all_authentic<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    (1..).zip(ids).map(|(line, id)| authentic(line, id)).collect()
}

/// What `verify --json` says of a line that is not a delivery.
pub(crate) fn malformed(line: u64, error: &str) -> String {
    let rejected = rejected(line, &line.to_string(), "invalid_argument", 64);
    rejected.replace("}\n", &format!(",\"error\":{}}}\n", serde_json::Value::from(error)))
}

/// What `verify --json` says of any other.
pub(crate) fn rejected(line: u64, id: &str, verdict: &str, code: u8) -> String {
    format!(
        "{{\"id\":\"{id}\",\"line\":{line},\"verdict\":\"{verdict}\",\"code\":{code},\"algorithm\":null,\"secret_index\":null}}\n"
    )
}
