//! What bounds the requests to one connection, and which pages may send to it.

use countersignd::settings::Limits;
use futures_util::future::join_all;
use http::{HeaderName, Request};
use tower::ServiceExt as _;

use crate::service::{Answer, Service, body_that_never_comes};
use crate::support::signature;

/// The service, with these fields in the `config` of the connection `hmac`.
fn with_fields(fields: &str, limits: &Limits) -> Service {
    let mut service = Service::with(limits);
    service.connections[0].config.extend([", ", fields]);
    service.folder.connections(&service.connections);
    service.collector.connections.reload().unwrap();
    service
}

async fn forge(service: &Service) -> u16 {
    service.send("POST", &service.path("hmac"), &[], b"x").await.status
}

/// A request whose body never comes is answered, so its body was not read.
async fn unread(service: &Service, id: &str) -> Answer {
    let request = Request::post(service.path(id)).body(body_that_never_comes()).unwrap();
    let response = tokio::time::timeout(std::time::Duration::from_secs(20), service.router.clone().oneshot(request));
    Answer::read(response.await.expect("the body is waited for").unwrap()).await
}

#[tokio::test]
async fn more_deliveries_than_its_rate_are_refused_unread() {
    let service = with_fields(r#""rate_limit": 3"#, &Limits::default());
    // What is not authentic does not count.
    for _ in 0..10 {
        assert_eq!(forge(&service).await, 401);
    }
    for number in 0..3 {
        service.deliver(format!("{number}").as_bytes()).await.id();
    }
    let answer = unread(&service, "hmac").await;
    assert_eq!((answer.status, answer.body.as_str()), (429, "too many deliveries\n"));
    assert_eq!(
        (&answer.headers["retry-after"], &answer.headers["connection"]),
        (&"1".parse().unwrap(), &"close".parse().unwrap())
    );
    // Others are not concerned, and reading the file again does not forget.
    service.send("POST", &service.path("none"), &[], b"x").await.id();
    service.collector.connections.reload().unwrap();
    let answer = service.deliver(b"again").await;
    assert_eq!((answer.status, answer.headers.get("connection")), (429, None), "a small body ends no TCP connection");
    // After a second there is room.
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    service.deliver(b"later").await.id();
    let text = service.collector.metrics.text(&service.collector.inbox.health());
    assert!(text.contains(r#"countersignd_deliveries_total{connection="hmac",outcome="limited"} 2"#), "{text}");
}

#[tokio::test]
async fn at_once_no_more_than_the_rate_become_events() {
    let service = with_fields(r#""rate_limit": 5"#, &Limits::default());
    let bodies: Vec<_> = (0..40).map(|number| format!("{number}").into_bytes()).collect();
    let mut statuses = Vec::new();
    for answer in join_all(bodies.iter().map(|body| service.deliver(body))).await {
        statuses.push(answer.status);
    }
    // A moment passes meanwhile, in which a further one may fit.
    let accepted = statuses.iter().filter(|status| **status == 200).count();
    assert!((5..=7).contains(&accepted) && statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert_eq!(service.events(), accepted);
}

#[tokio::test]
async fn after_too_many_forged_ones_bodies_are_not_read_for_a_second() {
    let service = with_fields(r#""dedupe": "off""#, &Limits { unauthentic_per_second: 5, ..Limits::default() });
    service.deliver(b"before").await.id();
    let statuses = [forge(&service).await, forge(&service).await, forge(&service).await, forge(&service).await];
    assert_eq!(statuses, [401; 4]);
    service.deliver(b"between").await.id();
    assert_eq!([forge(&service).await, forge(&service).await], [401, 401]);
    assert_eq!(unread(&service, "hmac").await.status, 429);
    assert_eq!(service.deliver(b"while").await.status, 429);
    // Others are not concerned.
    service.send("POST", &service.path("none"), &[], b"x").await.id();
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    service.deliver(b"later").await.id();
}

#[tokio::test]
async fn a_connection_may_take_smaller_bodies_than_others() {
    let service = with_fields(r#""max_body_bytes": 100"#, &Limits::default());
    service.deliver(&[b'x'; 100]).await.id();
    let answer = service.deliver(&[b'x'; 101]).await;
    assert_eq!((answer.status, answer.body.as_str()), (413, "the body is larger than 100 bytes\n"));
    service.send("POST", &service.path("none"), &[], &[b'x'; 101]).await.id();
}

const PAGE: &str = "https://app.example.com";

#[tokio::test]
async fn pages_send_to_connections_that_let_them() {
    let service = with_fields(&format!(r#""cors_origins": ["{PAGE}"]"#), &Limits::default());
    let path = service.path("hmac");
    let ask = [
        ("Origin", PAGE),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, x-fivetran-hmac-sign"),
    ];
    let allowed = |answer: &Answer, name: &'static str| {
        answer.headers.get(HeaderName::from_static(name)).map(|value| value.to_str().unwrap().to_owned())
    };
    let answer = service.send("OPTIONS", &path, &ask, b"").await;
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert_eq!(allowed(&answer, "access-control-allow-origin").as_deref(), Some(PAGE));
    assert_eq!(allowed(&answer, "access-control-allow-methods").as_deref(), Some("POST"));
    assert_eq!(allowed(&answer, "access-control-allow-headers").as_deref(), Some(ask[2].1));
    assert_eq!(allowed(&answer, "vary").as_deref(), Some("origin"));

    // The page may read every answer, also that it was refused.
    let (name, value) = signature(b"x");
    for (headers, status) in
        [(vec![("Origin", PAGE), (name.as_str(), value.as_str())], 200), (vec![("Origin", PAGE)], 401)]
    {
        let answer = service.send("POST", &path, &headers, b"x").await;
        assert_eq!((answer.status, allowed(&answer, "access-control-allow-origin").as_deref()), (status, Some(PAGE)));
    }

    // Not another page, and not to another connection.
    let other = [("Origin", "https://evil.example"), ask[1]];
    assert_eq!(allowed(&service.send("OPTIONS", &path, &other, b"").await, "access-control-allow-origin"), None);
    let answer = service.send("OPTIONS", &service.path("none"), &ask, b"").await;
    assert_eq!((answer.status, allowed(&answer, "access-control-allow-origin")), (405, None));
    // An OPTIONS request that asks for nothing is a method as any other.
    assert_eq!(service.send("OPTIONS", &path, &[("Origin", PAGE)], b"").await.status, 405);
    assert_eq!(service.events(), 1);

    let any = with_fields(r#""cors_origins": ["*"]"#, &Limits::default());
    let answer = any.send("OPTIONS", &any.path("hmac"), &other, b"").await;
    assert_eq!(allowed(&answer, "access-control-allow-origin").as_deref(), Some("*"));
    assert_eq!(allowed(&answer, "vary"), None);
}
