//! Connections of the management API: what their requests hold, what is wrong with them, who asks, and what becomes of it.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use serde_json::{Value, json};

use crate::places::{Places, Planted};
use crate::support::Folder;
use crate::support::program::{Running, connect, exchange};

// Each stands at one place.
const HMAC: &str = "planted-as-the-secret-of-hmac";
const NEW: &str = "planted-as-the-new-secret-of-hmac";
const FIRST: &str = "planted-as-the-first-of-several";
const SECOND: &str = "planted-as-the-second-of-several";
const TOKEN: &str = "planted-as-a-token";
const SAS: &str = "planted-in-a-sas-url";
const ROLE: &str = "planted-as-a-role";
const BESIDE: &str = "planted-where-the-rest-is-wrong";
const SPACE: &str = "planted-as-a-token-with-a-space";
const NOT_BASE64: &str = "planted-as-what-is-no-base64";
const NOBODY: &str = "planted-in-the-authorization-of-nobody";
const BROKEN: &str = "planted-in-a-broken-body";
const SECRETS: [&str; 12] = [HMAC, NEW, FIRST, SECOND, TOKEN, SAS, ROLE, BESIDE, SPACE, NOT_BASE64, NOBODY, BROKEN];

/// The same as a number, which no field takes.
const NUMBER: &str = "918273645546372";

/// A program, and all that it has answered.
pub(crate) struct Service<'a> {
    pub(crate) running: &'a Running,
    pub(crate) places: Places,
}

impl Service<'_> {
    /// Asks with a key; the answer is looked through later.
    pub(crate) fn ask_as(&mut self, key: &str, method: &str, path: &str, body: &str) -> (u16, Value) {
        let basic = STANDARD.encode(key);
        let head = format!(
            "{method} {path} HTTP/1.1\r\nAuthorization: Basic {basic}\r\nContent-Type: application/json;version=2\r\n"
        );
        let mut stream = connect(&self.running.admin_address).unwrap();
        let (status, text) = exchange(&mut stream, &head, body.as_bytes()).unwrap();
        self.places.add(format!("{method} {path}: {status}"), &*text);
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    pub(crate) fn deliver(&mut self, endpoint: &str, headers: &[(String, String)], body: &[u8]) -> u16 {
        let lines = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect::<Vec<_>>().concat();
        let head = format!("POST /webhooks/{endpoint} HTTP/1.1\r\n{lines}");
        let (status, text) = exchange(&mut connect(&self.running.address).unwrap(), &head, body).unwrap();
        self.places.add(format!("a delivery: {status}"), text);
        status
    }
}

/// A connection as it is made.
pub(crate) fn request(table: &str, config: &Value) -> Value {
    let mut request = json!({"group_id": "default", "service": "webhooks", "config": {"schema": "s", "table": table}});
    request["config"].as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
    request
}

fn signature(secret: &str, body: &[u8]) -> Vec<(String, String)> {
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::Base64, Secret::new(secret)).unwrap();
    signer.headers(&Message::new(body)).unwrap()
}

/// Tables, and what a `config` may hold that is right.
fn right() -> [(&'static str, Value); 5] {
    [
        ("hmac", json!({"auth_method": "HMAC", "auth_secret": HMAC, "keep_past_secrets": true})),
        (
            "several",
            json!({"auth_method": "HMAC", "secrets": [FIRST, {"secret": SECOND, "not_before": "2026-01-01T00:00:00Z"}]}),
        ),
        ("token", json!({"auth_method": "TOKEN_BASED", "auth_secret": TOKEN})),
        (
            "azure",
            json!({"auth_method": "NONE", "bucket_service": "AZURE", "blob_sas_url": format!("https://a.blob.core.windows.net/c?sig={SAS}")}),
        ),
        (
            "s3",
            json!({"auth_method": "NONE", "bucket_service": "S3", "s3_bucket": "b", "s3_role_arn": format!("arn:aws:iam::123456789012:role/{ROLE}")}),
        ),
    ]
}

/// What a `config` may hold beside a secret, or in its place, that is wrong.
fn wrong() -> Vec<Value> {
    vec![
        json!({"auth_method": "HMAC", "auth_secret": BESIDE, "algorithm": "SHA_257"}),
        json!({"auth_method": "HMAC", "auth_secret": BESIDE, "unknown": 1}),
        json!({"auth_method": "NONE", "auth_secret": BESIDE}),
        json!({"auth_method": "HMAC", "secrets": [{"secret": BESIDE, "not_before": "soon"}]}),
        json!({"auth_method": "HMAC", "secrets": [{"secret": BESIDE, "not_befor": "2026-01-01T00:00:00Z"}]}),
        json!({"auth_method": "HMAC", "secrets": BESIDE}),
        json!({"auth_method": "HMAC", "auth_secret": [BESIDE]}),
        json!({"auth_method": "HMAC", "auth_secret": NUMBER.parse::<u64>().unwrap()}),
        json!({"auth_method": "HMAC", "secrets": [NUMBER.parse::<u64>().unwrap()]}),
        json!({"auth_method": "TOKEN_BASED", "auth_secret": format!("{SPACE} ")}),
        json!({"scheme": "standard-webhooks", "auth_secret": format!("{NOT_BASE64}?")}),
        json!({"auth_method": "NONE", "bucket_service": "AZURE", "blob_sas_url": format!("http://a/?{BESIDE}")}),
        json!({"auth_method": "NONE", "bucket_service": "AZURE", "blob_sas_url": BESIDE}),
        json!({"auth_method": "NONE", "bucket_service": "S3", "s3_bucket": "b", "s3_role_arn": BESIDE}),
    ]
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn no_secret_of_the_api_is_said_or_stored() {
    let folder = Folder::new();
    folder.connections(&[]);
    let data = folder.path().join("data");
    let mut running = Running::start_with(folder.path(), &[], &[("COUNTERSIGND_LOG", "trace")]);
    let first_key = fs::read_to_string(data.join("first-key")).unwrap();
    let key = first_key.trim_end();
    let mut service = Service { running: &running, places: Places::default() };

    // What is right, and is stored.
    let mut created = Vec::new();
    for (table, config) in right() {
        let (status, answer) = service.ask_as(key, "POST", "/v1/connections", &request(table, &config).to_string());
        // What cannot be used yet is refused, and shows no secret either.
        assert!(status == 201 || ["azure", "s3"].contains(&table), "{table}: {answer}");
        created.push(answer["data"].clone());
    }
    let endpoint = |at: usize| created[at]["config"]["endpoint"].as_str().unwrap();
    let path = |at: usize| format!("/v1/connections/{}", created[at]["id"].as_str().unwrap());
    assert_eq!(created[0]["config"]["auth_secret"], "******");

    // What is used.
    let body = br#"{"marker": "what-is-stored"}"#;
    assert_eq!(service.deliver(endpoint(0), &signature(HMAC, body), body), 200);
    assert_eq!(service.deliver(endpoint(1), &signature(SECOND, body), body), 200);
    assert_eq!(service.deliver(endpoint(2), &[("Authorization".to_owned(), TOKEN.to_owned())], body), 200);
    let forged = br#"{"forged": true}"#;
    assert_eq!(service.deliver(endpoint(0), &signature("another", forged), forged), 401);
    let mac = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(HMAC)).unwrap();
    let mac = mac.signature(&Message::new(forged)).unwrap();
    let mac = from_hex(&mac);

    // What is changed, shown, tried and deleted.
    let change = json!({"config": {"auth_secret": NEW, "secrets": []}}).to_string();
    assert_eq!(service.ask_as(key, "PATCH", &path(0), &change).0, 200);
    assert_eq!(service.deliver(endpoint(0), &signature(NEW, b"{}"), b"{}"), 200);
    for at in 0..3 {
        for (method, below, body) in [
            ("GET", "", ""),
            ("POST", "/test", "{}"),
            ("POST", "/sync", r#"{"force": true}"#),
            ("POST", "/resync", ""),
            ("GET", "/events", ""),
            ("POST", "/endpoint/rotate", ""),
        ] {
            service.ask_as(key, method, &format!("{}{below}", path(at)), body);
        }
    }
    for path in
        ["/v1/connections", "/v1/groups", "/v1/account/info", "/v1/users", "/openapi.json", "/metrics", "/v1/audit"]
    {
        service.ask_as(key, "GET", path, "");
    }

    // What is wrong, beside a secret or in its place.
    for config in wrong() {
        let whole = request("wrong", &config);
        let (status, answer) = service.ask_as(key, "POST", "/v1/connections", &whole.to_string());
        let is_seen = status == 400 || config["bucket_service"].is_string();
        assert!(is_seen, "{config}: {status} {answer}");
        let change = json!({ "config": config }).to_string();
        service.ask_as(key, "PATCH", &path(2), &change);
    }
    let whole = request("broken", &json!({"auth_method": "HMAC", "auth_secret": BROKEN})).to_string();
    for body in [&whole[..whole.len() - 1], &whole.replace("HMAC", "HM\u{1}C"), &format!("[{whole}]")] {
        assert_eq!(service.ask_as(key, "POST", "/v1/connections", body).0, 400);
    }
    let id = key.split_once(':').unwrap().0;
    for wrong in [format!("{id}:{NOBODY}"), NOBODY.to_owned(), format!("{NOBODY}:{NOBODY}")] {
        assert_eq!(service.ask_as(&wrong, "GET", "/v1/connections", "").0, 401);
    }
    assert_eq!(service.ask_as(key, "DELETE", &path(1), "").0, 200);

    let mut places = service.places;
    for one in &created[..3] {
        let id = one["id"].as_str().unwrap();
        for arguments in
            [&["sync", id][..], &["reverify", id, "--json"], &["dead-letters", "list", id], &["audit", id, "--json"]]
        {
            places.run(&data, arguments);
        }
    }
    let master_key = fs::read_to_string(data.join("master-key")).unwrap();
    let mut planted: Vec<_> = SECRETS.iter().map(|secret| Planted::new(secret, secret.as_bytes())).collect();
    planted.extend([
        Planted::new("a secret that is a number", NUMBER.as_bytes()),
        Planted::new("the master key", &from_hex(master_key.trim_end())),
        Planted::new("the secret of the first key", key.split_once(":csd_").unwrap().1.as_bytes()),
        Planted::new("the signature that the forged body would have", &mac),
    ]);
    let except = [data.join("first-key"), data.join("master-key")];
    places.add_files(&data, &except);
    places.add("the log", running.log());
    running.signal("-TERM");
    assert!(running.wait());
    places.add_files(&data, &except);
    let of_good = Planted::new("what is stored", b"what-is-stored").is_in(&places.0).join(" ");
    assert!([".zst", "s.db"].iter().all(|place| of_good.contains(place)), "{of_good}");
    for planted in &planted {
        assert_eq!(planted.is_in(&places.0), [""; 0], "{} is there", planted.name);
    }
}
