//! Buckets of customers, and inbox and own store in buckets: what opens them, and a cloud that repeats it in what it answers.

use std::fs;
use std::net::TcpListener;
use std::process::Command;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use serde_json::{Value, json};

use crate::api::{Service, from_hex, request};
use crate::file::private;
use crate::places::{Places, Planted};
use crate::support::Folder;
use crate::support::cloud::{Cloud, Mood};
use crate::support::program::{Running, get, output, program};

const OF_MACHINE: &str = "planted-as-the-secret-key-of-the-machine";
const OF_ACCOUNT: &str = "planted-as-the-key-of-an-account";
const ROLE: &str = "planted-as-a-role";
const SIGNATURES: [&str; 2] = ["planted as a signature of a SAS", "planted as a later signature ???"];

/// The URL of a container with a signature.
fn sas_url(origin: &str, signature: &str) -> String {
    let signature: String = form_urlencoded::byte_serialize(STANDARD.encode(signature).as_bytes()).collect();
    format!("{origin}/acme/events?sv=2020-12-06&sr=c&sp=rcl&sig={signature}")
}

/// Tables, and what makes their archive the bucket of a customer.
fn connections(origin: &str) -> [(&'static str, Value); 4] {
    let role = format!("arn:aws:iam::123456789012:role/{ROLE}");
    [
        ("s3", json!({"bucket_service": "S3", "s3_bucket": "of-a-customer", "s3_role_arn": role})),
        ("azure", json!({"bucket_service": "AZURE", "blob_sas_url": sas_url(origin, SIGNATURES[0])})),
        ("gcs", json!({"bucket_service": "GCS", "gcs_bucket": "of-another"})),
        ("own", json!({})),
    ]
}

fn none(config: &Value) -> Value {
    let mut config = config.clone();
    config["auth_method"] = "NONE".into();
    config
}

/// The key of a service account, and what is secret of it.
fn service_account() -> (String, Planted) {
    let mut generate = Command::new("openssl");
    generate.args(["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    let (found, pem, stderr) = output(generate);
    assert!(found.status.success(), "{stderr}");
    let line = STANDARD.decode(pem.lines().nth(9).unwrap()).unwrap();
    let account = json!({"type": "service_account", "client_email": "archive@of-us.iam.gserviceaccount.com",
        "private_key_id": "1", "private_key": pem});
    (account.to_string(), Planted::new("the private key of a service account", &line))
}

/// Looks through all objects of a cloud, also as they are within.
fn add_objects(places: &mut Places, cloud: &Cloud) {
    for (path, object) in cloud.objects() {
        places.add("a name", &*path);
        places.add_object(&path, object.to_vec());
    }
}

/// What signs a request, or opens a bucket for whoever has it, if its header says that.
fn signature(authorization: &str) -> Option<Planted> {
    let name = "the signature of a request";
    if let Some(token) = authorization.strip_prefix("Bearer ").filter(|token| !token.is_empty()) {
        return Some(Planted::new("a token of a service account", token.as_bytes()));
    }
    if let Some((_, hex)) = authorization.split_once("Signature=") {
        return Some(Planted::new(name, &from_hex(hex)));
    }
    let (_, text) = authorization.strip_prefix("SharedKey ")?.split_once(':')?;
    Some(Planted::new(name, &STANDARD.decode(text).unwrap()))
}

#[test]
#[expect(clippy::too_many_lines, reason = "one program is asked everything, and then all is searched")]
fn nothing_that_opens_a_bucket_is_said_or_stored() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cloud = runtime.block_on(Cloud::start());
    let origin = &*cloud.endpoint;
    // While the inbox cannot be written, nothing is archived.
    let of_inbox = runtime.block_on(Cloud::start());
    // Nobody listens there.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let closed = format!("http://localhost:{closed}");
    let folder = Folder::new();
    folder.connections(&[]);
    let data = folder.path().join("data");
    let inbox_and_store = ["--inbox", "az://ours/inbox/a", "--store", "s3://our-store/b"];
    let hosts = format!("{origin},{closed}");
    let services = [
        ["--s3-endpoint", origin],
        ["--sts-endpoint", origin],
        ["--gcs-endpoint", origin],
        ["--azure-endpoint", &of_inbox.endpoint],
        ["--allow-store-hosts", &hosts],
    ];
    let (account, private_key) = service_account();
    let (key_file, settings) = (folder.path().join("service-account"), folder.path().join("settings.toml"));
    private(&key_file, &account);
    private(&settings, &format!("[[groups]]\nid = 'default'\ngcs_key_file = '{}'\n", key_file.display()));
    let config = ["--config", settings.to_str().unwrap()];
    let arguments = [&inbox_and_store[..], services.as_flattened(), &config].concat();
    let account_key = STANDARD.encode(OF_ACCOUNT);
    let environment = [
        ("COUNTERSIGND_LOG", "trace"),
        ("AWS_ACCESS_KEY_ID", "of-the-machine"),
        ("AWS_SECRET_ACCESS_KEY", OF_MACHINE),
        ("AZURE_STORAGE_ACCOUNT_KEY", &account_key),
    ];
    let mut running = Running::start_with(folder.path(), &arguments, &environment);
    let first_key = fs::read_to_string(data.join("first-key")).unwrap();
    let key = first_key.trim_end();
    let mut service = Service { running: &running, places: Places::default() };
    let create = |service: &mut Service<'_>, table: &str, config: &Value| {
        let (status, answer) =
            service.ask_as(key, "POST", "/v1/connections", &request(table, &none(config)).to_string());
        assert_eq!(status, 201, "{table}: {answer}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&answer["data"]["id"]), text(&answer["data"]["config"]["endpoint"]))
    };
    let created = connections(origin).map(|(table, config)| create(&mut service, table, &config));
    let body = br#"{"marker": "what-is-stored"}"#;
    let deliver = |service: &mut Service<'_>| {
        for (_, endpoint) in &created {
            // An inbox that was refused tries again every two seconds, and takes nothing before.
            let deadline = Instant::now() + Duration::from_secs(60);
            while service.deliver(endpoint, &[], body) != 200 {
                assert!(Instant::now() < deadline, "{}", get(&service.running.admin_address, "/readyz").1);
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    };
    let try_everything = |service: &mut Service<'_>| {
        for (id, _) in &created {
            for below in ["/test", "/sync"] {
                service.ask_as(key, "POST", &format!("/v1/connections/{id}{below}"), "{}");
            }
            service.ask_as(key, "GET", &format!("/v1/connections/{id}"), "");
            for arguments in [&["sync", id][..], &["resync", id, "--json"], &["reverify", id]] {
                service.places.run(&data, arguments);
            }
        }
        service.places.run(&data, &["check", "--archive"]);
        let mut check = program();
        check.args(["check", "--connections"]).arg(folder.path().join("connections.json")).args(&arguments);
        check.args(["--public-url", "https://hooks.example.com"]).envs(environment);
        let (_, stdout, stderr) = output(check);
        service.places.add("check", stdout + &stderr);
        for path in ["/metrics", "/readyz"] {
            service.places.add(path, get(&service.running.admin_address, path).1);
        }
    };
    deliver(&mut service);
    try_everything(&mut service);
    let of_role = cloud.assumed();
    assert!(!of_role.is_empty());
    let synced = cloud.objects();
    let archives = ["/of-a-customer/", "/acme/events/", "/of-another/", "/our-store/b/"];
    for place in archives {
        assert!(synced.keys().any(|path| path.starts_with(place)), "nothing is in {place}: {:?}", synced.keys());
    }
    create(
        &mut service,
        "closed",
        &json!({"bucket_service": "AZURE", "blob_sas_url": sas_url(&closed, SIGNATURES[0])}),
    );

    for (number, mood) in [
        Mood::Refuses(StatusCode::FORBIDDEN),
        Mood::Refuses(StatusCode::TEMPORARY_REDIRECT),
        Mood::Repeats(StatusCode::OK),
        Mood::Repeats(StatusCode::BAD_REQUEST),
    ]
    .into_iter()
    .enumerate()
    {
        cloud.set_mood(Mood::Well);
        deliver(&mut service);
        of_inbox.set_mood(mood);
        service.deliver(&created[3].1, &[], body);
        of_inbox.set_mood(Mood::Well);
        cloud.set_mood(mood);
        // What is named only now is opened, and a role is assumed.
        let (_, s3) = &connections(origin)[0];
        create(&mut service, &format!("s3_{number}"), s3);
        let later = json!({"config": {"blob_sas_url": sas_url(origin, SIGNATURES[number % 2])}});
        service.ask_as(key, "PATCH", &format!("/v1/connections/{}", created[1].0), &later.to_string());
        try_everything(&mut service);
    }
    cloud.set_mood(Mood::Well);
    try_everything(&mut service);

    let mut places = service.places;
    let except = [data.join("first-key"), data.join("master-key")];
    places.add_files(&data, &except);
    running.signal("-TERM");
    assert!(running.wait());
    places.add("the log", running.log());
    places.add_files(&data, &except);
    add_objects(&mut places, &cloud);
    add_objects(&mut places, &of_inbox);
    let of_good = Planted::new("what is stored", b"what-is-stored").is_in(&places.0).join(" ");
    assert!(archives.iter().chain(&["/ours/inbox/a/"]).all(|place| of_good.contains(place)), "{of_good}");
    // What failed was told.
    let told = Planted::new("what a provider says", b"AccessDenied").is_in(&places.0).join(" ");
    assert!(["reverify", "/test", "check"].iter().all(|place| told.contains(place)), "{told}");

    let mut planted: Vec<_> = [OF_MACHINE, OF_ACCOUNT, ROLE, SIGNATURES[0], SIGNATURES[1]]
        .into_iter()
        .map(|secret| Planted::new(secret, secret.as_bytes()))
        .collect();
    for [_, secret, token] in &of_role {
        planted.extend([secret, token].map(|secret| Planted::new(secret, secret.as_bytes())));
    }
    // In a URL, '+', '/' and '=' are written otherwise.
    for secret in SIGNATURES {
        let text: String = form_urlencoded::byte_serialize(STANDARD.encode(secret).as_bytes()).collect();
        planted.push(Planted::new("a signature in a URL", text.as_bytes()));
    }
    let authorizations = [cloud.authorizations(), of_inbox.authorizations()].concat();
    let signatures: Vec<_> = authorizations.iter().filter_map(|header| signature(header)).collect();
    for way in ["AWS4-HMAC-SHA256 ", "SharedKey ", "Bearer ey"] {
        assert!(authorizations.iter().any(|header| header.starts_with(way)), "{way}: {authorizations:?}");
    }
    planted.extend(signatures.into_iter().rev().step_by(10).take(20));
    planted.push(private_key);
    let found: Vec<_> = planted
        .iter()
        .filter_map(|one| Some((&one.name, one.is_in(&places.0))).filter(|(_, places)| !places.is_empty()))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
