//! Reverify tells what was altered from what cannot be judged any more.

use axum::body::Body;
use countersign::{Algorithm, Encoding, Message, Secret, Signer};
use http::Request;

use crate::world::{DAY, HOUR, World, path};

/// Sends a body that is signed with this secret.
async fn deliver(world: &World, id: &str, secret: &str, body: &str) {
    let signer = Signer::hmac(Algorithm::Sha256, Encoding::HexaDecimal, Secret::new(secret)).unwrap();
    let mut request = Request::post(path(id));
    for (name, value) in signer.headers(&Message::new(body.as_bytes())).unwrap() {
        request = request.header(name, value);
    }
    assert_eq!(world.send(request.body(Body::from(body.to_owned())).unwrap()).await, 200);
}

fn secrets(secrets: &[&str]) -> String {
    let listed: Vec<_> = secrets.iter().map(|secret| format!("\"{secret}\"")).collect();
    format!(r#""auth_method": "HMAC", "signature_encoding": "HEXA_DECIMAL", "secrets": [{}]"#, listed.join(", "))
}

const OLD: &str = "the-old-secret-of-some-length";
const NEW: &str = "the-new-secret-of-some-length";

#[tokio::test]
async fn what_was_altered_is_named() {
    let world = World::new(&[("one", "")]);
    for number in 0..300 {
        world.deliver("one", format!(r#"{{"n": {number}}}"#).as_bytes()).await;
    }
    world.sync("one").await.unwrap();
    let found = world.reverify("one", None).await;
    assert_eq!((found.events, found.authentic), (300, 300));

    let (key, lines) = world.lines("one").remove(0);
    let text = String::from_utf8(lines.clone()).unwrap();
    // One byte of one body, in the object alone: the registry knows it.
    let altered = text.replace(r#"{\"n\": 77}"#, r#"{\"n\": 78}"#);
    assert_ne!(altered, text);
    world.alter(&key, altered.as_bytes(), false);
    let found = world.reverify("one", None).await;
    assert_eq!((found.events, &found.unreadable), (0, &vec![key.clone()]));
    // In both: the signature does.
    world.alter(&key, altered.as_bytes(), true);
    let found = world.reverify("one", None).await;
    assert_eq!((found.events, found.authentic, found.not_authentic), (300, 299, 1));
    let named = &found.named[0];
    assert_eq!((named.seq, &*named.reason), (78, "mismatch"));
    assert!(key.contains(&named.log));
    assert_eq!(world.why(&named.id.to_string()).await.len(), 1);

    // Many: a hundred are named.
    let many = text.replacen(r#"{\"n\": "#, r#"{\"N\": "#, 299);
    world.alter(&key, many.as_bytes(), true);
    let found = world.reverify("one", None).await;
    assert_eq!((found.authentic, found.not_authentic, found.named.len(), found.secret_gone), (1, 299, 100, 0));
    // Lines that are none, and an object that is gone.
    world.alter(&key, b"{}\n", true);
    assert_eq!(world.reverify("one", None).await.unreadable, std::slice::from_ref(&key));
    world.lose(&key);
    assert_eq!(world.reverify("one", None).await.unreadable, [key]);
}

#[tokio::test]
async fn a_secret_that_is_gone_is_no_forgery() {
    let mut world = World::new(&[("one", &*secrets(&[OLD]))]);
    deliver(&world, "one", OLD, r#"{"n": 1}"#).await;
    world.sync("one").await.unwrap();
    // Both for a while, then the new one alone.
    world.advance(HOUR);
    world.restart(|world| world.configure(&[("one", &*secrets(&[OLD, NEW]))]));
    deliver(&world, "one", OLD, r#"{"n": 2}"#).await;
    deliver(&world, "one", NEW, r#"{"n": 3}"#).await;
    world.sync("one").await.unwrap();
    let found = world.reverify("one", None).await;
    assert_eq!((found.authentic, found.secret_gone, found.not_authentic), (3, 0, 0), "{found:?}");
    world.advance(HOUR);
    world.restart(|world| world.configure(&[("one", &*secrets(&[NEW]))]));
    deliver(&world, "one", NEW, r#"{"n": 4}"#).await;
    world.sync("one").await.unwrap();
    let found = world.reverify("one", None).await;
    assert_eq!((found.authentic, found.secret_gone, found.not_authentic), (2, 2, 0), "{found:?}");
    let gone: Vec<_> = found.gone.iter().map(|gone| (gone.secret, gone.events, &*gone.algorithm)).collect();
    assert_eq!(gone, [(Some(0), 1, "SHA_256"), (Some(0), 1, "SHA_256")]);
    // Of the current configuration nothing is gone.
    let since = Some(world.now());
    let (key, lines) = world.lines("one").pop().unwrap();
    world.alter(&key, String::from_utf8(lines).unwrap().replace(r#"\"n\": 4"#, r#"\"n\": 5"#).as_bytes(), true);
    let found = world.reverify("one", since).await;
    assert_eq!((found.events, found.not_authentic, found.secret_gone), (1, 1, 0), "{found:?}");
}

#[tokio::test]
async fn tokens_and_none_cannot_be_verified_again() {
    const TOKEN: &str =
        r#""auth_method": "TOKEN_BASED", "auth_secret": "a-token-of-some-length", "auth_header_key": "X-T""#;
    let mut world = World::new(&[("token", TOKEN), ("none", r#""auth_method": "NONE""#), ("hmac", "")]);
    let token = Request::post(path("token")).header("X-T", "a-token-of-some-length");
    assert_eq!(world.send(token.body(Body::from("{}")).unwrap()).await, 200);
    let none = Request::get(path("none") + "?a=b");
    assert_eq!(world.send(none.body(Body::empty()).unwrap()).await, 200);
    world.deliver("hmac", b"{}").await;
    for id in ["token", "none", "hmac"] {
        world.sync(id).await.unwrap();
    }
    for id in ["token", "none"] {
        let found = world.reverify(id, None).await;
        assert_eq!((found.events, found.not_verifiable, found.authentic), (1, 1, 0), "{id}");
    }
    // What was signed is not authentic by a token, and what came with a token not by a signature.
    world.advance(HOUR);
    let hmac =
        r#""auth_method": "HMAC", "auth_secret": "a-secret-of-some-length", "signature_encoding": "HEXA_DECIMAL""#;
    world.restart(|world| world.configure(&[("token", hmac), ("none", hmac), ("hmac", TOKEN)]));
    let found = world.reverify("hmac", None).await;
    assert_eq!((found.events, found.secret_gone), (1, 1));
    assert_eq!(world.reverify("token", None).await.not_verifiable, 1);
    assert_eq!(world.reverify("none", None).await.not_verifiable, 1);
}

#[tokio::test]
async fn age_is_judged_as_of_the_receipt() {
    let scheme = r#""scheme": "slack", "auth_secret": "a-secret-of-some-length""#;
    let world = World::new(&[("one", scheme)]);
    world.set_clock();
    let signer = Signer::preset("slack", Secret::new("a-secret-of-some-length")).unwrap();
    let received = world.now();
    // Slack's are good for five minutes. The layer judges by the head, and the event is there when its body is: 20 seconds later here.
    for (age, delay) in [(0, 0), (295, 20)] {
        let now = std::time::SystemTime::now() - std::time::Duration::from_secs(age);
        let mut request = Request::post(path("one"));
        for (name, value) in signer.headers(&Message { now, ..Message::new(b"{}") }).unwrap() {
            request = request.header(name, value);
        }
        world.advance(delay * 1_000_000);
        assert_eq!(world.send(request.body(Body::from("{}")).unwrap()).await, 200);
        world.advance(delay * -1_000_000);
    }
    world.sync("one").await.unwrap();
    world.advance(20 * DAY);
    let found = world.reverify("one", None).await;
    assert_eq!((found.events, found.authentic), (2, 2), "{found:?}");
    // Said to have been received an hour later, it was old.
    let (key, lines) = world.lines("one").remove(0);
    let text = String::from_utf8(lines).unwrap();
    let moment = |seconds: i64| format!(r#""received_at":{seconds}"#);
    let (seen, later) = (moment(received / 1_000_000), moment(received / 1_000_000 + 3600));
    assert!(text.contains(&seen), "{text}");
    world.alter(&key, text.replace(&seen, &later).as_bytes(), true);
    let found = world.reverify("one", None).await;
    assert_eq!((found.authentic, found.not_authentic, &*found.named[0].reason), (1, 1, "expired"), "{found:?}");
}
