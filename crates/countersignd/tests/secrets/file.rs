//! Connections of a file, keys, and alerts.

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::places::{Places, Planted};
use crate::support::program::{Running, connect, deliver, exchange, get, output, program};
use crate::support::{Folder, SECRET, TOKEN, connections, preset_signature, signature};

const WRONG_TOKEN: &str = "a-token-that-was-mistyped";
const ALERT_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const ALERT_TOKEN: &str = "a-token-in-the-url-of-alerts";

/// The bodies of deliveries that are forged: nothing but this program computes their signatures.
const FORGED: [&str; 2] = [r#"{"id": "evt_forged", "total": 1}"#, r#"{"id": "evt_forged_too"}"#];

/// Writes a file that its owner alone may read.
pub(crate) fn private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Sends what is authentic, what is forged, and what is malformed, and adds all answers.
fn send_everything(running: &Running, places: &mut Places) {
    let of = |id: &str| connections().into_iter().find(|one| one.id == id).unwrap().path();
    let mut stream = connect(&running.address).unwrap();
    let mut send = |method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]| {
        let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + &format!("{name}: {value}\r\n"));
        let answer = exchange(&mut stream, &format!("{method} {path} HTTP/1.1\r\n{lines}"), body);
        let (status, text) = answer.unwrap_or_else(|| {
            stream = connect(&running.address).unwrap();
            (0, String::new())
        });
        places.add(format!("{method} {path}: {status}"), text);
        status
    };
    let good = br#"{"id": "evt_1", "marker": "what-is-stored"}"#;
    let (name, value) = signature(good);
    assert_eq!(send("POST", &of("hmac"), &[(&name, &value)], good), 200);
    let (token, url) = (connections()[1].path(), format!("{}?a=b", of("token")));
    let header = countersign::Verifier::token(countersign::Secret::new(TOKEN)).unwrap().header().to_owned();
    for (method, path, body) in [("POST", &token, &good[..]), ("GET", &url, b"")] {
        assert_eq!(send(method, path, &[(&header, TOKEN), ("X-Other", TOKEN), ("Cookie", TOKEN)], body), 200);
        assert_eq!(send(method, path, &[(&header, WRONG_TOKEN)], body), 401);
    }
    let (name, value) = preset_signature("sentry", good);
    assert_eq!(send("POST", &of("sentry"), &[(&name, &value)], good), 200);
    for body in FORGED {
        for id in ["hmac", "sentry", "meta", "trello"] {
            let (name, value) = signature(b"another body");
            assert_eq!(send("POST", &of(id), &[(&name, &value)], body.as_bytes()), 401);
            assert_eq!(send("POST", &of(id), &[], body.as_bytes()), 401);
        }
    }
    send("PUT", &of("hmac"), &[(&header, TOKEN)], b"");
    send("GET", "/webhooks/nothing", &[(&header, TOKEN)], b"");
    send("POST", &of("none"), &[], b"[]");
    stream.write_all(format!("POST {token} HTTP/9\r\n{header}: {TOKEN}\r\n\r\n").as_bytes()).unwrap();
}

#[test]
fn no_secret_is_said_or_stored() {
    let folder = Folder::new();
    let data = folder.path().join("data");
    let file = folder.connections(&connections());
    // Nobody listens there, so each alert fails, and is told of in the log.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (alert_secret, settings) = (folder.path().join("alert-secret"), folder.path().join("settings.toml"));
    private(&alert_secret, ALERT_SECRET);
    let secret_file = alert_secret.display();
    private(&settings, &format!("[alerts]\nurl = 'http://{address}/{ALERT_TOKEN}'\nsecret_file = '{secret_file}'\n"));
    let arguments = ["--config", settings.to_str().unwrap()];

    let mut places = Places::default();
    let mut running = Running::start_with(folder.path(), &arguments, &[("COUNTERSIGND_LOG", "trace")]);
    let first_key = fs::read_to_string(data.join("first-key")).unwrap();
    let first_secret = first_key.trim_end().split_once(':').unwrap().1;
    let mut create = program();
    create.args(["key", "create", "--json", "--data"]).arg(&data);
    let issued: serde_json::Value = serde_json::from_str(&output(create).1).unwrap();
    let secret = issued["secret"].as_str().unwrap();

    send_everything(&running, &mut places);
    assert_eq!(deliver(&mut connect(&running.address).unwrap(), b"not JSON").unwrap().0, 200);
    for path in ["/metrics", "/readyz", "/livez", "/nothing"] {
        places.add(path, get(&running.admin_address, path).1);
    }
    for credentials in [first_key.trim_end(), &format!("{}:{secret}", issued["key"].as_str().unwrap()), WRONG_TOKEN] {
        let basic = STANDARD.encode(credentials);
        let head = format!("GET /v1/connections HTTP/1.1\r\nAuthorization: Basic {basic}\r\n");
        let answer = exchange(&mut connect(&running.admin_address).unwrap(), &head, b"").unwrap();
        places.add("GET /v1/connections", answer.1);
    }
    for arguments in [
        &["sync", "hmac"][..],
        &["sync", "token", "--json"],
        &["sync", "none"],
        &["why", "evt_1"],
        &["why", "evt_1", "--json"],
        &["why", secret],
        &["reverify", "hmac", "--json"],
        &["resync", "hmac"],
        &["dead-letters", "list", "none", "--json"],
        &["key", "list"],
        &["key", "list", "--json"],
        &["key", "delete", "nobody"],
        &["audit", "--json"],
    ] {
        // What a person has typed is said again.
        let mut shown = Places::default();
        shown.run(&data, arguments);
        if !arguments.contains(&secret) {
            places.0.append(&mut shown.0);
        }
    }
    // What is wrong with the connections is said, in the log and by `check`, with their secrets in the same file.
    let text = fs::read_to_string(&file).unwrap();
    for wrong in [
        text.replace("TOKEN_BASED", "HMAC_"),
        text.replace("\"dedupe\"", "\"dedup\""),
        text[..text.len() - 9].to_owned(),
    ] {
        fs::write(&file, wrong).unwrap();
        let before = running.log().matches("stay as they are").count();
        running.signal("-HUP");
        while running.log().matches("stay as they are").count() == before {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let mut check = program();
        check.args(["check", "--connections"]).arg(&file).args(["--public-url", "https://hooks.example.com"]);
        let (_, stdout, stderr) = output(check);
        places.add("check", stdout + &stderr);
    }
    fs::write(&file, text).unwrap();
    running.signal("-HUP");
    // Alarms are looked for every ten seconds, and the dead letter is one.
    while !running.log().contains("an alert was not delivered") {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    places.add("the metrics later", get(&running.admin_address, "/metrics").1);

    let planted = [
        Planted::new("the secret of connections", SECRET.as_bytes()),
        Planted::new("the token of a connection", TOKEN.as_bytes()),
        Planted::new("a token that was mistyped", WRONG_TOKEN.as_bytes()),
        Planted::new("the secret of the first key", &first_secret.as_bytes()["csd_".len()..]),
        Planted::new("the secret of another key", &secret.as_bytes()["csd_".len()..]),
        Planted::new("the secret of alerts", &ALERT_SECRET.as_bytes()["whsec_".len()..]),
        Planted::new("the token in the URL of alerts", ALERT_TOKEN.as_bytes()),
    ];
    let macs = FORGED.map(|body| {
        let hex = signature(body.as_bytes()).1;
        let mac: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        Planted::new(&format!("the signature that {body} would have"), &mac)
    });
    places.add("the log", running.log());
    places.add_files(&data, &[data.join("first-key")]);
    running.signal("-TERM");
    assert!(running.wait());
    places.add_files(&data, &[data.join("first-key")]);

    let of_good = Planted::new("what is stored", b"what-is-stored");
    let found = of_good.is_in(&places.0);
    for place in ["inbox", ".zst", "s.db"] {
        assert!(found.iter().any(|name| name.contains(place)), "what is stored is not found in {place}: {found:?}");
    }
    for planted in planted.iter().chain(&macs) {
        assert_eq!(planted.is_in(&places.0), [""; 0], "{} is there", planted.name);
    }
}
