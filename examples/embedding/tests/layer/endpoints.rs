//! A layer with many endpoints.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::{Extension, Router};
use countersign::tower::{Authentic, Cache, Endpoint, Resolved, VerifyLayer, lookup};
use countersign::{Algorithm, Encoding, ReplayMemories, Secret, Verifier};
use http::request::Parts;

use crate::support::{Client, deliver, head, is_rejection, post, recording_app, serve, signature, verifier};

const BODY: &[u8] = b"Hello, World!";

/// The name of the endpoint: the last segment of the path.
fn name(parts: &Parts) -> Option<String> {
    parts.uri.path().rsplit('/').next().map(str::to_owned)
}

fn hooks() -> Endpoint {
    Endpoint::from(verifier()).named("hooks")
}

/// Sends deliveries for a known and an unknown endpoint, and with a wrong signature.
async fn check(app: Router, records: crate::support::Records) {
    let address = serve(app).await;
    let to = |path: &str, signature: &str| {
        let text = String::from_utf8(post(BODY, signature)).unwrap();
        text.replacen("/hooks", path, 1)
    };
    let good = signature(BODY);
    assert_eq!(deliver(address, to("/in/hooks", &good)).await.status, 200);
    let forged = deliver(address, to("/in/hooks", &signature(b"other"))).await;
    let unknown = deliver(address, to("/in/nobody", &good)).await;
    assert!(is_rejection(&forged));
    assert_eq!(forged, unknown);
    // The decoy accepts nothing, even with its own secret.
    let nobodys = Verifier::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("nobody")).unwrap();
    let signer = countersign::Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new("nobody")).unwrap();
    let (name, value) = signer.headers(&countersign::Message::new(BODY)).unwrap().remove(0);
    assert!(nobodys.verify_signature(value.as_bytes(), BODY).is_ok());
    let signed = head(&["content-length: 13", &format!("{name}: {value}")]).replacen("/hooks", "/in/nobody", 1);
    assert!(is_rejection(&deliver(address, signed + "Hello, World!").await));
    // The response comes when the body is whole, as for a known endpoint.
    let mut client = Client::connect(address).await;
    let request = to("/in/nobody", &good);
    let (most, last) = request.split_at(request.len() - 1);
    assert!(!client.send(most).await.responds_within(Duration::from_millis(150)).await);
    assert!(is_rejection(&client.send(last).await.answer().await));
    let all = records.all();
    assert_eq!((all.len(), &all[0].body[..]), (1, BODY));
    assert_eq!(all[0].authentic.as_ref().unwrap().endpoint().name(), "hooks");
}

#[tokio::test]
async fn endpoints_from_a_map() {
    let (app, records) = recording_app();
    let known = HashMap::from([("hooks".to_owned(), Arc::new(hooks()))]);
    let layer = VerifyLayer::resolving(lookup(move |parts: &Parts| known.get(&name(parts)?).cloned()));
    check(app.layer(layer), records).await;
}

#[tokio::test]
async fn endpoints_from_an_asynchronous_function() {
    let (app, records) = recording_app();
    let known = Arc::new(hooks());
    let resolve = move |parts: &Parts| {
        let is_known = name(parts).as_deref() == Some("hooks");
        let known = known.clone();
        async move {
            tokio::task::yield_now().await;
            Resolved::Ok(is_known.then_some(known))
        }
    };
    check(app.layer(VerifyLayer::resolving(resolve)), records).await;
}

#[tokio::test]
async fn endpoints_from_a_cache() {
    let (app, records) = recording_app();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let load = move |name: String| {
        count.fetch_add(1, Ordering::SeqCst);
        async move {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>((name == "hooks").then(hooks))
        }
    };
    let cache = Cache::new(100, Duration::from_secs(3600), name, load);
    check(app.layer(VerifyLayer::resolving(cache.clone())), records).await;
    // One look-up for the known name, one for the unknown one.
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    cache.forget("hooks");
    let (app, records) = recording_app();
    check(app.layer(VerifyLayer::resolving(cache)), records).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn cached_endpoints_expire() {
    let (app, records) = recording_app();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let load = move |_: String| {
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok::<_, std::io::Error>(Some(hooks())) }
    };
    let address = serve(app.layer(VerifyLayer::resolving(Cache::new(100, Duration::ZERO, name, load)))).await;
    for _ in 0..3 {
        assert_eq!(deliver(address, post(BODY, &signature(BODY))).await.status, 200);
    }
    assert_eq!((asked.load(Ordering::SeqCst), records.all().len()), (3, 3));
}

#[tokio::test]
async fn many_requests_wait_for_one_look_up() {
    let (app, _) = recording_app();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let load = move |_: String| {
        count.fetch_add(1, Ordering::SeqCst);
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Ok::<_, std::io::Error>(Some(hooks()))
        }
    };
    let layer = VerifyLayer::resolving(Cache::new(100, Duration::from_secs(3600), name, load));
    let address = serve(app.layer(layer)).await;
    let request = post(BODY, &signature(BODY));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let request = request.clone();
            tokio::spawn(async move { deliver(address, request).await.status })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 200);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_resolver_that_fails_is_answered_with_503() {
    let (app, records) = recording_app();
    let failures = Arc::new(AtomicUsize::new(1));
    let left = failures.clone();
    let load = move |_: String| {
        let fails = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        async move { if fails { Err("the database is down") } else { Ok(Some(hooks())) } }
    };
    let layer = VerifyLayer::resolving(Cache::new(100, Duration::from_secs(3600), name, load));
    let address = serve(app.layer(layer)).await;
    let answer = deliver(address, post(BODY, &signature(BODY))).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(records.all().is_empty());
    // The failure is not cached.
    assert_eq!(deliver(address, post(BODY, &signature(BODY))).await.status, 200);
}

/// A panic is a failure of the resolver. Those who wait for the same look-up are not left waiting, and it is not cached.
#[tokio::test]
async fn a_resolver_that_panics_is_answered_with_503() {
    let (app, records) = recording_app();
    let panics = Arc::new(AtomicUsize::new(1));
    let left = panics.clone();
    let load = move |_: String| {
        let panics = left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok();
        async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            assert!(!panics, "the database is down");
            Ok::<_, String>(Some(hooks()))
        }
    };
    let layer = VerifyLayer::resolving(Cache::new(100, Duration::from_secs(3600), name, load));
    let address = serve(app.layer(layer)).await;
    let send = || async { deliver(address, post(BODY, &signature(BODY))).await.status };
    let (first, second, third) = tokio::join!(send(), send(), send());
    let mut statuses = [first, second, third];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 200, 503]);
    assert_eq!(send().await, 200);
    assert_eq!(records.all().len(), 3);
}

/// Absence is cached for a shorter time than an endpoint, which may have been created since.
#[tokio::test]
async fn a_new_endpoint_is_found_soon() {
    let (app, _) = recording_app();
    let is_there = Arc::new(AtomicUsize::new(0));
    let (asked, there) = (Arc::new(AtomicUsize::new(0)), is_there.clone());
    let count = asked.clone();
    let load = move |_: String| {
        count.fetch_add(1, Ordering::SeqCst);
        let found = (there.load(Ordering::SeqCst) > 0).then(hooks);
        async { Ok::<_, std::io::Error>(found) }
    };
    let cache = Cache::new(100, Duration::from_secs(3600), name, load).absent_for(Duration::from_millis(100));
    let address = serve(app.layer(VerifyLayer::resolving(cache))).await;
    let request = post(BODY, &signature(BODY));
    assert!(is_rejection(&deliver(address, &request).await));
    is_there.store(1, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(150)).await;
    for _ in 0..3 {
        assert_eq!(deliver(address, &request).await.status, 200);
        tokio::time::sleep(Duration::from_millis(110)).await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_layer_does_not_wait_for_a_resolver_that_takes_too_long() {
    let (app, records) = recording_app();
    let resolve = |_: &Parts| std::future::pending::<Resolved>();
    let layer = VerifyLayer::resolving(resolve).resolve_timeout(Duration::from_millis(100));
    let address = serve(app.layer(layer)).await;
    let answer = deliver(address, post(BODY, &signature(BODY))).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(records.all().is_empty());
}

/// A decoy whose scheme cannot be verified while the body arrives. The response must not show that.
#[tokio::test]
async fn a_decoy_that_cannot_pass_through_does_not_show() {
    let (app, _) = recording_app();
    let known = Arc::new(hooks());
    let find = move |parts: &Parts| name(parts).filter(|name| name == "hooks").map(|_| known.clone());
    let decoy = Verifier::preset("twilio", Secret::new("decoy")).unwrap();
    let layer = VerifyLayer::resolving(lookup(find)).decoy(decoy);
    let request = String::from_utf8(post(BODY, &signature(BODY))).unwrap().replacen("/hooks", "/nobody", 1);
    let whole = serve(app.clone().layer(layer.clone())).await;
    assert!(is_rejection(&deliver(whole, &request).await));
    let passing = serve(app.layer(layer.pass_through().unwrap())).await;
    assert!(is_rejection(&deliver(passing, &request).await));
}

/// A form with more parameters than its scheme reads: the response must not show that the endpoint exists.
#[tokio::test]
async fn a_form_with_too_many_parameters_is_answered_as_for_an_unknown_endpoint() {
    let (app, records) = recording_app();
    let verifier = Verifier::preset("twilio", Secret::new("secret")).unwrap();
    let known = Arc::new(Endpoint::from(verifier).named("hooks").origin("https://hooks.example.com"));
    let find = move |parts: &Parts| name(parts).filter(|name| name == "hooks").map(|_| known.clone());
    let address = serve(app.layer(VerifyLayer::resolving(lookup(find)))).await;
    let form = vec!["a=b"; 1001].join("&");
    let length = format!("content-length: {}", form.len());
    let lines = [
        &length[..],
        "content-type: application/x-www-form-urlencoded",
        "x-twilio-signature: RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ];
    let forged = head(&lines) + &form;
    let to_known = deliver(address, &forged).await;
    let to_nobody = deliver(address, forged.replacen("/hooks", "/nobody", 1)).await;
    assert!(is_rejection(&to_known), "{to_known:?}");
    assert_eq!(to_known, to_nobody);
    assert!(records.all().is_empty());
}

/// The routes of many tenants, as the guide's page on axum has them.
#[tokio::test]
async fn routes_of_many_tenants() {
    async fn hook(Extension(delivery): Extension<Authentic>) -> String {
        format!("{} bytes for {}\n", delivery.body().len(), delivery.endpoint().name())
    }
    let tenant = |head: &Parts| head.uri.path().strip_prefix("/hooks/").map(str::to_owned);
    let endpoints = Cache::new(10_000, Duration::from_secs(300), tenant, |name: String| async move {
        // The database ignores case. Only a tenant's own key is its name.
        let key = name.to_lowercase();
        if key == "nobody" || key != name {
            return Ok(None);
        }
        Ok::<_, String>(Some(Endpoint::from(verifier()).named(format!("github/{key}"))))
    });
    let layer = VerifyLayer::resolving(endpoints)
        .deduplicate(ReplayMemories::new(100_000).unwrap(), Duration::from_secs(24 * 3600))
        .unwrap()
        .limit(25 << 20)
        .body_budget(250 << 20)
        .unwrap();
    let address = serve(Router::new().route("/hooks/{tenant}", axum::routing::post(hook)).route_layer(layer)).await;
    let to = |path: &str| String::from_utf8(post(BODY, &signature(BODY))).unwrap().replacen("/hooks", path, 1);
    // A message of one tenant is no message of another.
    for tenant in ["acme", "globex"] {
        let path = format!("/hooks/{tenant}");
        assert_eq!(deliver(address, to(&path)).await.body, format!("13 bytes for github/{tenant}\n"));
        assert_eq!(deliver(address, to(&path)).await.body, "taken before\n");
    }
    // Another spelling has no memory of its own in which a replay would be new.
    for path in ["/hooks/nobody", "/hooks/ACME", "/hooks/Globex"] {
        assert!(is_rejection(&deliver(address, to(path)).await), "{path}");
    }
}
