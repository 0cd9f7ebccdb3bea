//! A bucket of S3 without a role: the program, before a service that refuses everything, says whose credentials it has used, and has used
//! them.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::program::Service;
use crate::support::Folder;
use crate::world::request;

/// What was asked of S3: the values of `Authorization` and of `X-Amz-Security-Token`.
type Asked = Arc<Mutex<Vec<(String, String)>>>;

/// S3, which refuses everything; and the metadata server of a machine, which has credentials. They answer for as long as the process lives.
fn services() -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let of_thread = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // A client may go away at any time.
            let _ = answer(stream.unwrap(), &of_thread);
        }
    });
    (origin, asked)
}

fn answer(mut stream: TcpStream, asked: &Asked) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        let found =
            head.iter().filter_map(|line| line.split_once(": ")).find(|(found, _)| found.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let path = head[0].split(' ').nth(1).unwrap_or_default();
    let (status, body) = match path {
        "/latest/api/token" => ("200 OK", "a-token".to_owned()),
        "/latest/meta-data/iam/security-credentials/" => ("200 OK", "a-role".to_owned()),
        "/latest/meta-data/iam/security-credentials/a-role" => {
            let credentials = json!({"AccessKeyId": "OFTHEMACHINE", "SecretAccessKey": "planted-secret", "Token": "planted-token",
                "Expiration": "2100-01-01T00:00:00Z", "Code": "Success", "Type": "AWS-HMAC"});
            ("200 OK", credentials.to_string())
        }
        _ => {
            asked.lock().unwrap().push((header("authorization"), header("x-amz-security-token")));
            ("403 Forbidden", "<Error><Code>AccessDenied</Code><Message>no</Message></Error>".to_owned())
        }
    };
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Creates a connection with a bucket of S3 and sees what its setup tests say; the answer, and what was asked of S3.
fn created(environment: &[(&str, &str)], config: Value) -> (Value, Vec<(String, String)>) {
    let folder = Folder::new();
    let (origin, asked) = services();
    let places = [
        ("COUNTERSIGND_S3_ENDPOINT", origin.as_str()),
        ("COUNTERSIGND_STS_ENDPOINT", &origin),
        ("AWS_METADATA_ENDPOINT", &origin),
    ];
    let service = Service::start_with(&folder.path().join("data"), &[&places, environment].concat());
    let mut request = request("t", config);
    request["run_setup_tests"] = true.into();
    let (status, answer) = service.ask("POST", "/v1/connections", &request);
    assert_eq!(status, 201, "{answer}");
    assert!(!answer.to_string().contains("planted"), "{answer}");
    service.end();
    let asked = asked.lock().unwrap().clone();
    assert!(!asked.is_empty(), "{answer}");
    (answer["data"].clone(), asked)
}

#[test]
fn without_a_role_the_credentials_of_the_service_are_used_and_named() {
    let folder = Folder::new();
    let file = folder.path().join("secret");
    let mut secret =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&file).unwrap();
    secret.write_all(b"planted-secret\n").unwrap();
    let of_environment = [("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT"), ("AWS_SECRET_ACCESS_KEY", "planted-secret")];
    let of_settings = [
        ("COUNTERSIGND_S3_ACCESS_KEY_ID", "OFTHESETTINGS"),
        ("COUNTERSIGND_S3_SECRET_ACCESS_KEY_FILE", file.to_str().unwrap()),
    ];
    let bucket = json!({"bucket_service": "S3", "s3_bucket": "events"});
    for (environment, key, token, whose) in [
        (&[][..], "OFTHEMACHINE", "planted-token", "the role of this machine (its metadata server)"),
        (&of_environment, "OFTHEENVIRONMENT", "", "the key of the environment (AWS_ACCESS_KEY_ID)"),
        (&[of_environment, of_settings].concat(), "OFTHESETTINGS", "", "the key of the settings (s3_access_key_id)"),
    ] {
        let (connection, asked) = created(environment, bucket.clone());
        for (authorization, found) in asked {
            assert!(authorization.contains(&format!("Credential={key}/")), "{authorization}");
            assert_eq!(found, token);
        }
        let test = &connection["setup_tests"][0];
        assert_eq!((&test["status"], &test["details"]), (&"FAILED".into(), &"AccessDenied".into()), "{test}");
        let message = test["message"].as_str().unwrap();
        assert!(message.contains(&format!("; used: {whose}; ")), "{message}");
        assert!(message.contains("the policy of these credentials must allow s3:PutObject"), "{message}");
        let warnings = connection["status"]["warnings"].to_string();
        assert!(warnings.contains("config.s3_role_arn: there is none"), "{warnings}");
        assert_eq!(connection["source_sync_details"]["s3_external_id"], Value::Null);
    }
}

#[test]
fn with_a_role_the_external_id_is_shown_and_whoever_assumes_it_is_named() {
    let of_environment = [("AWS_ACCESS_KEY_ID", "OFTHEENVIRONMENT"), ("AWS_SECRET_ACCESS_KEY", "planted-secret")];
    let role = "arn:aws:iam::123456789012:role/planted-role";
    let bucket = json!({"bucket_service": "S3", "s3_bucket": "events", "s3_role_arn": role});
    let (connection, asked) = created(&of_environment, bucket);
    assert!(asked[0].0.contains("/sts/aws4_request"), "{asked:?}");
    assert_eq!(connection["source_sync_details"]["s3_external_id"], "default");
    let message = connection["setup_tests"][0]["message"].as_str().unwrap();
    let used = "; used: the role of config.s3_role_arn, assumed with the key of the environment (AWS_ACCESS_KEY_ID); ";
    assert!(message.contains(used) && message.contains("sts:ExternalId \"default\""), "{message}");
    assert_eq!(connection["status"]["warnings"].to_string().matches("s3_role_arn").count(), 0);
}
