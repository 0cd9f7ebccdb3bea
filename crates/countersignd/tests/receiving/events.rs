//! Events, refusals, and what is stored of them.

use std::time::{Duration, Instant};

use axum::body::Body;
use countersign::{Message, Secret, Signer};
use countersign_inbox::disk::Disk as _;
use countersign_inbox::disk::sim::Faults;
use countersignd::settings::Limits;
use http::{Request, StatusCode};
use tower::ServiceExt as _;

use crate::service::{Service, body_that_never_comes};
use crate::support::{SECRET, TOKEN, preset_signature, signature};

#[tokio::test]
async fn a_signed_delivery_is_stored_as_it_came() {
    let service = Service::new();
    let body = br#"{"id": "evt_1", "total": "19.90"}"#;
    let (name, value) = signature(body);
    let headers = [(name.as_str(), value.as_str()), ("X-Shop", "7"), ("X-Other", "not kept"), ("User-Agent", "u")];
    let path = format!("{}?a=b", service.path("hmac"));
    let answer = service.send("POST", &path, &headers, body).await;
    let id = answer.id();
    assert_eq!(answer.body, format!(r#"{{"id":"{id}"}}"#));
    for by in [id.as_str(), "evt_1"] {
        let [found] = &service.find(by)[..] else { panic!("{by}") };
        assert_eq!(found.id.to_string(), id);
        assert_eq!((found.connection.as_str(), found.sender_id.as_deref()), ("hmac", Some("evt_1")));
        assert_eq!(found.body.as_deref().unwrap().as_bytes(), body);
        assert_eq!((found.method.as_str(), found.url.as_str()), ("POST", &*format!("https://hooks.example.com{path}")));
        let kept: Vec<_> = found.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(kept, ["x-fivetran-hmac-sign", "x-shop", "user-agent"]);
        assert_eq!((found.algorithm.as_deref(), found.secret_index), (Some("SHA_256"), Some(0)));
        assert!(!found.is_repetition && !found.is_conflict);
    }
    assert!(service.find("evt_2").is_empty());
}

#[tokio::test]
async fn what_is_not_authentic_is_refused_alike_and_not_stored() {
    let service = Service::new();
    let body = br#"{"id": "evt_1"}"#;
    let (name, value) = signature(body);
    let path = service.path("hmac");
    let other = signature(b"other").1;
    for (headers, body) in [
        (vec![], &body[..]),
        (vec![(name.as_str(), other.as_str())], body),
        (vec![(name.as_str(), value.as_str())], br#"{"id": "evt_2"}"#),
        (vec![(name.as_str(), "x")], body),
        (vec![(name.as_str(), value.as_str()), (name.as_str(), value.as_str())], body),
    ] {
        let answer = service.send("POST", &path, &headers, body).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "not accepted\n"), "{headers:?}");
    }
    assert_eq!(service.events(), 0);
}

#[tokio::test]
async fn unknown_endpoints_are_answered_at_once() {
    let service = Service::new();
    // A body that never comes is not read.
    let unknown = "/webhooks/00000000-0000-4000-8000-0000000000ff";
    let request = Request::post(unknown).body(body_that_never_comes()).unwrap();
    let response = service.router.clone().oneshot(request).await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["connection"]),
        (StatusCode::NOT_FOUND, &"close".parse().unwrap())
    );
    for path in ["/", "/webhooks", "/webhooks/", "/webhooks/x", "/metrics", "/livez", "/why/evt_1"] {
        assert_eq!(service.send("GET", path, &[], b"").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn methods() {
    let service = Service::new();
    let path = service.path("hmac");
    let (name, value) = signature(b"");
    // Its signature covers an empty body alone: anyone who has seen one could send any query with it.
    let get = service.send("GET", &format!("{path}?a=1"), &[(&name, &value)], b"").await;
    assert_eq!((get.status, &get.headers["allow"]), (405, &"POST".parse().unwrap()));
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS"] {
        assert_eq!(service.send(method, &path, &[(&name, &value)], b"").await.status, 405, "{method}");
    }
    assert_eq!(service.send("HEAD", &path, &[(&name, &value)], b"").await.status, 405);
    assert_eq!(service.events(), 0);
    // A token authenticates a GET too; its query is the event.
    let token =
        service.send("GET", &format!("{}?id=7&b=c", service.path("token")), &[("Authorization", TOKEN)], b"").await;
    assert_eq!(service.find(&token.id())[0].body.as_deref(), Some("id=7&b=c"));
    assert_eq!(service.send("GET", &service.path("token"), &[("Authorization", "x")], b"").await.status, 401);
    assert_eq!(service.send("GET", &service.path("none"), &[], b"a body").await.status, 400);
    let none = service.send("GET", &format!("{}?x", service.path("none")), &[], b"").await;
    assert_eq!(service.find(&none.id())[0].body.as_deref(), Some("x"));
}

#[tokio::test]
async fn handshakes_are_answered_and_make_no_event() {
    let service = Service::new();
    let path = format!("{}?hub.mode=subscribe&hub.challenge=1158201444", service.path("meta"));
    let answer = service.send("GET", &path, &[], b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "1158201444"));
    assert_eq!(service.send("HEAD", &service.path("trello"), &[], b"").await.status, 200);
    assert_eq!(service.send("GET", &service.path("meta"), &[], b"").await.status, 401);
    assert_eq!(service.events(), 0);
}

/// The signed text is the URL and then the body. Bytes that are moved from the one into the other leave it as it is.
#[tokio::test]
async fn bytes_of_the_body_are_not_taken_from_the_query() {
    let mut service = Service::new();
    let config = |query: &str| format!(r#""scheme": "square", "auth_secret": "{SECRET}"{query}"#);
    service.connections[4].config = config("");
    service.folder.connections(&service.connections);
    service.collector.connections.reload().unwrap();
    let path = service.path("trello");
    let sign = |path: &str, body: &[u8]| {
        let signer = Signer::preset("square", Secret::new(SECRET)).unwrap();
        let url = format!("https://hooks.example.com{path}");
        signer.headers(&Message { url: &url, ..Message::new(body) }).unwrap().remove(0)
    };
    let body = br#"?{"event_id": "1"}"#;
    let (name, value) = sign(&path, body);
    service.send("POST", &path, &[(&name, &value)], body).await.id();
    let moved = format!("{path}?%7B%22event_id%22:%20%221%22%7D");
    assert_eq!(service.send("POST", &moved, &[(&name, &value)], b"").await.status, 401);
    assert_eq!(service.send("POST", &format!("{path}?"), &[(&name, &value)], &body[1..]).await.status, 401);

    // A query that the sender was given is part of what it signs.
    service.connections[4].config = config(r#", "url_query": "shop=7""#);
    service.folder.connections(&service.connections);
    service.collector.connections.reload().unwrap();
    let called = format!("{path}?shop=7");
    let (name, value) = sign(&called, body);
    service.send("POST", &called, &[(&name, &value)], body).await.id();
    let moved = format!("{called}?");
    assert_eq!(service.send("POST", &moved, &[(&name, &value)], &body[1..]).await.status, 401);
}

#[tokio::test]
async fn repetitions_and_conflicts() {
    let service = Service::new();
    let first = service.deliver(br#"{"id": "evt_1", "a": 1}"#).await.id();
    let again = service.deliver(br#"{"id": "evt_1", "a": 1}"#).await.id();
    let other = service.deliver(br#"{"id": "evt_1", "a": 2}"#).await.id();
    assert_eq!(first, again);
    assert_ne!(first, other);
    let found = service.find("evt_1");
    let said: Vec<_> = found.iter().map(|found| (found.is_repetition, found.is_conflict)).collect();
    assert_eq!(said, [(false, true), (true, true), (false, true)]);
    // Without an id, each is an event of its own; with `dedupe: body`, equal bodies are one.
    assert_ne!(service.deliver(b"[1]").await.id(), service.deliver(b"[1]").await.id());
    let path = service.path("none");
    let a = service.send("POST", &path, &[], b"x").await.id();
    assert_eq!(a, service.send("POST", &path, &[], b"x").await.id());
    assert_ne!(a, service.send("POST", &path, &[], b"y").await.id());
}

/// Uploads to one endpoint take a quarter of the budget: further ones to it are refused, those to others are not.
#[tokio::test]
async fn one_endpoint_does_not_take_all_memory() {
    let service = Service::with(&Limits {
        body_bytes_max: 200_000,
        body_budget_bytes: 800_000,
        backlog_bytes: Some(1 << 30),
        ..Limits::default()
    });
    // 150,000 bytes arrive of a body that does not end.
    let (sender, body) = tokio::sync::mpsc::channel::<bytes::Bytes>(4);
    let request = Request::post(service.path("none")).body(Body::new(Channel(body))).unwrap();
    let upload = tokio::spawn(service.router.clone().oneshot(request));
    for _ in 0..3 {
        sender.send(vec![b'x'; 50_000].into()).await.unwrap();
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    while sender.capacity() < 4 {
        assert!(Instant::now() < deadline);
        tokio::task::yield_now().await;
    }
    let large = vec![b'y'; 100_000];
    assert_eq!(service.send("POST", &service.path("none"), &[], &large).await.status, 503);
    service.send("POST", &service.path("token"), &[("Authorization", TOKEN)], &large).await.id();
    drop(sender);
    assert_eq!(upload.await.unwrap().unwrap().status(), 200);
    service.send("POST", &service.path("none"), &[], &large).await.id();
}

/// A body whose chunks come through a channel.
struct Channel(tokio::sync::mpsc::Receiver<bytes::Bytes>);

impl http_body::Body for Channel {
    type Data = bytes::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, std::io::Error>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(http_body::Frame::data(chunk))))
    }
}

/// What is authentic is never refused for what it says.
#[tokio::test]
async fn every_body_is_an_event() {
    let service = Service::new();
    let gzip = b"\x1f\x8b\x08\x00not really";
    for body in [&b""[..], b"[]", b"{\"a\":1,\"a\":2}", b"\xff\xfe\x00", b"1e400", b"\"\\ud800\"", gzip, b"{\"id\":{}}"]
    {
        let answer = service.deliver(body).await;
        let [found] = &service.find(&answer.id())[..] else { panic!("{body:?}") };
        assert_eq!(found.body_bytes, body.len());
        assert_eq!(found.body.as_deref().map(str::as_bytes), std::str::from_utf8(body).ok().map(str::as_bytes));
    }
}

#[tokio::test]
async fn too_large_is_413() {
    let service = Service::new();
    let body = vec![b'x'; 4097];
    assert_eq!(service.deliver(&body).await.status, 413);
    service.deliver(&body[1..]).await.id();
    assert_eq!(service.events(), 1);
}

#[tokio::test]
async fn a_disk_that_fails_is_answered_with_503_and_never_with_200() {
    let service = Service::new();
    service.deliver(b"before").await.id();
    service.disk.set_faults(Faults { flush_fails: 1000, ..Faults::default() });
    for _ in 0..3 {
        let answer = service.deliver(b"while").await;
        assert_eq!((answer.status, answer.body.as_str()), (503, "try again later\n"));
        assert!(answer.headers.contains_key("retry-after"));
    }
    service.wait_until_writable(false).await;
    service.disk.set_faults(Faults::default());
    service.wait_until_writable(true).await;
    service.deliver(b"after").await.id();
    assert_eq!(service.events(), 2);
}

/// A connection that has as much in the inbox as it may is refused before its body is read; others are not.
#[tokio::test]
async fn a_connection_whose_backlog_is_full_is_refused_alone() {
    let service = Service::new();
    let mut accepted = 0;
    while service.deliver(&[b'x'; 3000]).await.status == 200 {
        accepted += 1;
        assert!(accepted < 10);
    }
    assert_eq!(accepted, 3);
    // A body that does not end is not read.
    let request = Request::post(service.path("hmac")).body(body_that_never_comes()).unwrap();
    let answer = service.router.clone().oneshot(request).await.unwrap();
    assert_eq!((answer.status().as_u16(), &answer.headers()["connection"]), (503, &"close".parse().unwrap()));
    service.send("POST", &service.path("none"), &[], b"x").await.id();
    // What is kept elsewhere makes room.
    let log = service.collector.inbox.log();
    service.collector.inbox.release(log, "hmac", 3);
    service.deliver(b"small").await.id();
}

/// Sentry waits for a second.
#[tokio::test]
async fn who_would_not_wait_is_answered_in_time() {
    let service = Service::new();
    let body = b"{}";
    let (name, value) = preset_signature("sentry", body);
    service.disk.set_flush_time(Duration::from_secs(3));
    let started = Instant::now();
    let answer = service.send("POST", &service.path("sentry"), &[(&name, &value)], body).await;
    assert_eq!(answer.status, 503);
    assert!(started.elapsed() < Duration::from_secs(2));
    service.disk.set_flush_time(Duration::ZERO);
}

#[tokio::test]
async fn secrets_and_tokens_are_stored_nowhere() {
    let service = Service::new();
    let path = service.path("token");
    let headers = [("Authorization", format!("Bearer {TOKEN}")), ("User-Agent", "u".to_owned())];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    let id = service.send("POST", &path, &headers, b"x").await.id();
    assert_eq!(service.find(&id)[0].headers[0], ("authorization".to_owned(), String::new()));
    service.deliver(b"y").await.id();
    for file in service.disk.list().unwrap() {
        let content = service.disk.content(&file).unwrap();
        for secret in [SECRET, TOKEN] {
            assert!(!content.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{file}");
        }
    }
    let collector = format!("{:?} {:?}", service.collector.connections, service.collector.inbox);
    assert!(!collector.contains("must-not-leak"));
}

#[tokio::test]
async fn connections_are_read_again() {
    let service = Service::new();
    let path = service.path("none");
    service.send("POST", &path, &[], b"x").await.id();
    // A file that is wrong changes nothing.
    let file = service.folder.path().join("connections.json");
    std::fs::write(&file, "[").unwrap();
    service.collector.connections.reload().unwrap_err();
    service.send("POST", &path, &[], b"x").await.id();
    service.folder.connections(&service.connections[..2]);
    service.collector.connections.reload().unwrap();
    assert_eq!(service.send("POST", &path, &[], b"x").await.status, 404);
    service.deliver(b"x").await.id();
}

#[tokio::test]
async fn what_is_counted() {
    let service = Service::new();
    service.deliver(b"x").await.id();
    service.send("POST", &service.path("hmac"), &[], b"x").await;
    service.send("POST", "/webhooks/00000000-0000-4000-8000-0000000000ff", &[], b"x").await;
    // The thread that writes counts what it has written when it looks for more.
    let deadline = Instant::now() + Duration::from_secs(20);
    while service.collector.inbox.health().queued_bytes > 0 {
        assert!(Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let text = service.collector.metrics.text(&service.collector.inbox.health());
    for line in [
        r#"countersignd_deliveries_total{connection="hmac",outcome="accepted"} 1"#,
        r#"countersignd_deliveries_total{connection="hmac",outcome="rejected"} 1"#,
        r#"countersignd_deliveries_total{connection="unknown",outcome="unknown"} 1"#,
        "countersignd_ack_seconds_count 1",
        "countersignd_queued_bytes 0",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in\n{text}");
    }
}
