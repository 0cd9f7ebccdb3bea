//! A connection whose archive is the bucket of a customer, against each service: what is received comes there and into the table, and is read
//! from there again; and what opens the bucket is nowhere to be seen.

use std::process::Command;

use crate::load::sync;
use crate::support::program::{Running, connect, deliver, get, output, program};
use crate::support::{Connection, Folder, connections};

const BODY: &[u8] = br#"{"id": "evt_1", "a": 1}"#;

/// What is said to make the bucket the archive of a connection, how the program is started, and what nobody may see of it.
struct Customer {
    config: String,
    name: &'static str,
    arguments: Vec<String>,
    environment: Vec<(&'static str, &'static str)>,
    secrets: Vec<String>,
}

fn verb(folder: &Folder, arguments: &[&str]) -> String {
    let mut command = program();
    command.args(arguments).arg("--data").arg(folder.path().join("data"));
    let (found, stdout, stderr) = output(command);
    assert!(found.status.success(), "{arguments:?}: {stdout}{stderr}");
    stdout + &stderr
}

fn archives(customer: &Customer) {
    let folder = Folder::new();
    let [mut hmac, ..] = connections();
    hmac.config = format!("{}, {}", hmac.config, customer.config);
    let [_, _, none, ..] = connections();
    folder.connections(&[hmac, Connection { id: "none", ..none }]);
    let arguments: Vec<&str> = customer.arguments.iter().map(String::as_str).collect();
    let mut running = Running::start_with(folder.path(), &arguments, &customer.environment);
    let (status, _) = deliver(&mut connect(&running.address).unwrap(), BODY).unwrap();
    assert_eq!(status, 200);
    let data = folder.path().join("data");
    sync(&data);
    // It is in the customer's bucket, and not in the own store.
    let mut said = verb(&folder, &["why", "evt_1"]);
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
    assert_eq!(stores, [customer.name]);
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
    said += &tested;
    said += &get(&running.admin_address, "/metrics").1;
    running.signal("-TERM");
    assert!(running.wait(), "{}", running.log());
    said += &running.log();
    for secret in &customer.secrets {
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
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let endpoint = runtime.block_on(crate::support::gcs::start());
    archives(&Customer {
        config: r#""bucket_service": "GCS", "gcs_bucket": "of-a-customer""#.to_owned(),
        name: "gs://of-a-customer",
        arguments: vec!["--gcs-endpoint".to_owned(), endpoint],
        environment: Vec::new(),
        secrets: Vec::new(),
    });
}

#[cfg(feature = "s3")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn moto() {
    const ROLE: &str = "arn:aws:iam::123456789012:role/a-planted-role";
    let endpoint = std::env::var("COUNTERSIGN_TEST_MOTO").unwrap();
    archives(&Customer {
        config: format!(r#""bucket_service": "S3", "s3_bucket": "countersign-test", "s3_role_arn": "{ROLE}""#),
        name: "s3://countersign-test",
        arguments: ["--s3-endpoint", &endpoint, "--sts-endpoint", &endpoint].map(str::to_owned).into(),
        environment: Vec::new(),
        secrets: vec!["a-planted-role".to_owned(), "a-secret-of-the-machine".to_owned()],
    });
}

#[cfg(feature = "azure")]
#[test]
#[ignore = "scripts/test-buckets starts the emulator"]
fn azurite() {
    let sas_url = std::env::var("COUNTERSIGN_TEST_AZURE_SAS_URL").unwrap();
    let (url, query) = sas_url.split_once('?').unwrap();
    let name: &'static str = Box::leak(format!("az://{}", url.split_once("://").unwrap().1).into_boxed_str());
    let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
    let signature = query.split('&').find_map(|pair| pair.strip_prefix("sig=")).unwrap();
    archives(&Customer {
        config: format!(r#""bucket_service": "AZURE", "blob_sas_url": "{sas_url}""#),
        name,
        arguments: vec!["--allow-store-hosts".to_owned(), origin],
        environment: Vec::new(),
        secrets: vec![signature.to_owned()],
    });
}
