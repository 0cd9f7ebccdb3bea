//! Bodies of every kind, over HTTP/1.

use std::time::Duration;

use countersign::tower::{Endpoint, VerifyLayer};

use crate::support::{Wire, deliver, head, is_rejection, noting, post, serve, signature, verifier};

const BODY: &[u8] = br#"{"ref": "refs/heads/main"}"#;

/// A chunked POST of these chunks, with these trailers.
fn chunked(chunks: &[&[u8]], signature: &str, trailers: &str) -> Vec<u8> {
    let mut request = head(&["transfer-encoding: chunked", &format!("x-hub-signature-256: {signature}")]).into_bytes();
    for chunk in chunks {
        request.extend(format!("{:x}\r\n", chunk.len()).bytes());
        request.extend_from_slice(chunk);
        request.extend(b"\r\n");
    }
    request.extend(format!("0\r\n{trailers}\r\n").bytes());
    request
}

#[tokio::test]
async fn an_authentic_delivery_gets_to_the_handler() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let answer = deliver(address, post(BODY, &signature(BODY))).await;
    assert_eq!((answer.status, &answer.body[..]), (200, "taken\n"));
    let noted = &notes.all()[0];
    assert_eq!((&noted.body[..], noted.verified.unwrap().secret_index), (BODY, Some(0)));
    let authentic = noted.authentic.as_ref().unwrap();
    assert_eq!((&authentic.body()[..], authentic.endpoint().name()), (BODY, "default"));
}

#[tokio::test]
async fn a_forged_delivery_does_not() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    assert!(is_rejection(&deliver(address, post(b"forged", &signature(BODY))).await));
    assert!(notes.all().is_empty());
}

#[tokio::test]
async fn pieces_make_no_difference() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let body: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
    let good = signature(&body);
    for length in [1, 7, 64, 1000, 65_536, 100_000] {
        let body = if length == 1 { &body[..500] } else { &body[..] };
        let good = if length == 1 { signature(body) } else { good.clone() };
        let chunks: Vec<&[u8]> = body.chunks(length).collect();
        assert_eq!(deliver(address, chunked(&chunks, &good, "")).await.status, 200, "{length}");
        assert_eq!(notes.bodies().pop().unwrap(), body, "{length}");
        // The same bytes in other places.
        let swapped: Vec<&[u8]> = [&body[1..], &body[..1]].into_iter().flat_map(|part| part.chunks(length)).collect();
        assert!(is_rejection(&deliver(address, chunked(&swapped, &good, "")).await), "{length}");
    }
    assert_eq!(notes.all().len(), 6);
}

#[tokio::test]
async fn a_slow_body_is_waited_for() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    for (body, status) in [(BODY, 200), (b"{\"ref\": \"refs/heads/evil\"}", 401)] {
        let mut wire = Wire::connect(address).await;
        let request = post(body, &signature(BODY));
        for piece in request.chunks(40) {
            wire.send(piece).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(wire.answer().await.status, status);
    }
    assert_eq!(notes.bodies(), [BODY]);
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_answered_with_408() {
    let (app, notes) = noting();
    let layer = VerifyLayer::new(verifier()).unwrap().read_timeout(Duration::from_millis(500));
    let address = serve(app.layer(layer)).await;
    // One that says nothing more, and one that drips.
    for drips in [false, true] {
        let mut wire = Wire::connect(address).await;
        let request = post(BODY, &signature(BODY));
        let (begun, rest) = request.split_at(request.len() - BODY.len() + 1);
        wire.send(begun).await;
        if drips {
            for byte in &rest[..rest.len() - 1] {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if !wire.try_send([*byte]).await {
                    break;
                }
            }
        }
        let answer = wire.answer().await;
        assert_eq!((answer.status, &answer.body[..]), (408, "the body took longer than 0.5 seconds\n"));
        assert!(answer.headers.contains(&"connection: close".to_owned()), "{answer:?}");
        assert!(wire.is_closed().await);
    }
    assert!(notes.all().is_empty());
}

#[tokio::test]
async fn a_body_that_breaks_off_gets_nowhere() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let request = post(BODY, &signature(BODY));
    // Half of it, then no more, though the sender still listens.
    let mut wire = Wire::connect(address).await;
    let answer = wire.send(&request[..request.len() - 5]).await.shut().await.answer().await;
    assert_eq!((answer.status, &answer.body[..]), (400, "the body is not whole\n"));
    // Chunks without the last.
    let whole = chunked(&[BODY], &signature(BODY), "");
    let answer = Wire::connect(address).await.send(&whole[..whole.len() - 5]).await.shut().await.answer().await;
    assert_eq!(answer.status, 400);
    // The sender is gone.
    Wire::connect(address).await.send(&request[..request.len() - 5]).await;
    // The next one is served as if nothing had been.
    assert_eq!(deliver(address, &request).await.status, 200);
    assert_eq!(notes.bodies(), [BODY]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_with_413() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().limit(100))).await;
    let (fits, exceeds) = ([b'x'; 100], [b'x'; 101]);
    assert_eq!(deliver(address, post(&fits, &signature(&fits))).await.status, 200);
    // Its length is known from the head: nothing of the body is waited for.
    let begun = head(&["content-length: 101", &format!("x-hub-signature-256: {}", signature(&exceeds))]);
    let answer = deliver(address, begun).await;
    assert_eq!((answer.status, &answer.body[..]), (413, "the body is larger than 100 bytes\n"));
    // Its length is not known until it is over the limit; more is not waited for.
    let whole = chunked(&[&exceeds[..50], &exceeds[..50], b"x"], &signature(&exceeds), "");
    assert_eq!(deliver(address, &whole[..whole.len() - 5]).await.status, 413);
    assert_eq!(deliver(address, chunked(&[&fits[..50], &fits[..50]], &signature(&fits), "")).await.status, 200);
    assert_eq!(notes.bodies(), [fits, fits]);
}

#[tokio::test]
async fn trailers_are_passed_over() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let with_trailers = chunked(&[BODY], &signature(BODY), "x-more: told\r\n");
    assert_eq!(deliver(address, with_trailers).await.status, 200);
    // A signature there is no signature.
    let mut unsigned = head(&["transfer-encoding: chunked", "trailer: x-hub-signature-256"]).into_bytes();
    unsigned.extend(format!("2\r\nhi\r\n0\r\nx-hub-signature-256: {}\r\n\r\n", signature(b"hi")).bytes());
    assert!(is_rejection(&deliver(address, unsigned).await));
    let all = notes.all();
    assert_eq!((all.len(), &all[0].body[..], all[0].has_trailers), (1, BODY, false));
}

#[tokio::test]
async fn an_empty_body_needs_a_signature_too() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let get = "GET /hooks HTTP/1.1\r\nhost: localhost\r\n";
    assert!(is_rejection(&deliver(address, format!("{get}\r\n")).await));
    assert!(is_rejection(&deliver(address, post(b"", &signature(b"x"))).await));
    assert!(notes.all().is_empty());
    assert_eq!(deliver(address, format!("{get}x-hub-signature-256: {}\r\n\r\n", signature(b""))).await.status, 200);
    assert_eq!(deliver(address, post(b"", &signature(b""))).await.status, 200);
    assert_eq!(deliver(address, chunked(&[], &signature(b""), "")).await.status, 200);
    assert_eq!(notes.bodies(), [b""; 3]);
}

#[tokio::test]
async fn continue_is_said_only_to_a_body_that_is_wanted() {
    let (app, notes) = noting();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().limit(100))).await;
    let signed = format!("x-hub-signature-256: {}", signature(BODY));
    let length = format!("content-length: {}", BODY.len());
    let mut wire = Wire::connect(address).await;
    assert_eq!(wire.send(head(&["expect: 100-continue", &length, &signed])).await.answer().await.status, 100);
    assert_eq!(wire.send(BODY).await.answer().await.status, 200);
    let mut wire = Wire::connect(address).await;
    let too_large = head(&["expect: 100-continue", "content-length: 101", &signed]);
    assert_eq!(wire.send(too_large).await.answer().await.status, 413);
    assert_eq!(notes.bodies(), [BODY]);
}

#[tokio::test]
async fn a_scheme_that_signs_behind_the_body_gets_it_whole() {
    use countersign::{Message, Scheme, Secret};

    let scheme = Scheme::from_json(
        r#"{"name": "behind", "signature": {"header": "X-Signature"}, "algorithm": "SHA_512", "encoding": "HEXA_DECIMAL",
            "signed": "{method}{url}{body}\n{header:X-Behind}"}"#,
    )
    .unwrap();
    let signer = scheme.signer(Secret::new("secret")).unwrap();
    let (app, notes) = noting();
    let endpoint = Endpoint::from(scheme.verifier(Secret::new("secret")).unwrap()).origin("https://hooks.example.com/");
    let layer = VerifyLayer::new(endpoint).unwrap();
    let address = serve(app.layer(layer)).await;
    for (url, status) in [("https://hooks.example.com/hooks", 200), ("https://hooks.example.com/other", 401)] {
        let message = Message { url, headers: &[("X-Behind", b"later")], ..Message::new(BODY) };
        let signature = format!("X-Signature: {}", signer.headers(&message).unwrap()[0].1);
        let lines = [&format!("content-length: {}", BODY.len())[..], "x-behind: later", &signature];
        let mut wire = Wire::connect(address).await;
        wire.send(head(&lines)).await;
        for piece in BODY.chunks(5) {
            wire.send(piece).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(wire.answer().await.status, status, "{url}");
    }
    assert_eq!(notes.bodies(), [BODY]);
}

/// Two bodies that are held fill the budget; a third is told to come again, and does when there is room.
#[tokio::test]
async fn a_budget_bounds_what_is_held_at_once() {
    let (app, notes) = noting();
    let layer = VerifyLayer::new(verifier()).unwrap().body_budget(250);
    let address = serve(app.layer(layer)).await;
    let body = [b'x'; 100];
    let request = post(&body, &signature(&body));
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut wire = Wire::connect(address).await;
        assert!(!wire.send(&request[..request.len() - 1]).await.hears_within(Duration::from_millis(100)).await);
        waiting.push(wire);
    }
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(answer.headers.contains(&"retry-after: 1".to_owned()), "{answer:?}");
    // One is done, and one has gone.
    assert_eq!(waiting.pop().unwrap().send(b"x").await.answer().await.status, 200);
    waiting.clear();
    for _ in 0..10 {
        assert_eq!(deliver(address, &request).await.status, 200);
    }
    assert_eq!(deliver(address, post(&[b'x'; 251], &signature(&[b'x'; 251]))).await.status, 503);
    assert_eq!(notes.all().len(), 11);
}
