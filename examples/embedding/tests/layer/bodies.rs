//! Bodies of all kinds, over HTTP/1.

use std::time::{Duration, Instant};

use countersign::tower::{Endpoint, VerifyLayer};

use crate::support::{Client, deliver, head, is_rejection, post, recording_app, serve, signature, verifier};

const BODY: &[u8] = br#"{"ref": "refs/heads/main"}"#;

/// A POST with these chunks and trailers.
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
async fn the_handler_gets_an_authentic_delivery() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let answer = deliver(address, post(BODY, &signature(BODY))).await;
    assert_eq!((answer.status, &answer.body[..]), (200, "taken\n"));
    let record = &records.all()[0];
    assert_eq!((&record.body[..], record.verified.unwrap().secret_index), (BODY, Some(0)));
    let authentic = record.authentic.as_ref().unwrap();
    assert_eq!((&authentic.body()[..], authentic.endpoint().name()), (BODY, "default"));
}

#[tokio::test]
async fn the_handler_does_not_get_a_forged_delivery() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    assert!(is_rejection(&deliver(address, post(b"forged", &signature(BODY))).await));
    assert!(records.all().is_empty());
}

#[tokio::test]
async fn chunks_make_no_difference() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let body: Vec<u8> = (0..100_000_u32).map(|index| (index % 251) as u8).collect();
    let good = signature(&body);
    for length in [1, 7, 64, 1000, 65_536, 100_000] {
        let body = if length == 1 { &body[..500] } else { &body[..] };
        let good = if length == 1 { signature(body) } else { good.clone() };
        let chunks: Vec<&[u8]> = body.chunks(length).collect();
        assert_eq!(deliver(address, chunked(&chunks, &good, "")).await.status, 200, "{length}");
        assert_eq!(records.bodies().pop().unwrap(), body, "{length}");
        // The same bytes in another order.
        let swapped: Vec<&[u8]> = [&body[1..], &body[..1]].into_iter().flat_map(|part| part.chunks(length)).collect();
        assert!(is_rejection(&deliver(address, chunked(&swapped, &good, "")).await), "{length}");
    }
    assert_eq!(records.all().len(), 6);
}

#[tokio::test]
async fn the_layer_waits_for_a_slow_body() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    for (body, status) in [(BODY, 200), (b"{\"ref\": \"refs/heads/evil\"}", 401)] {
        let mut client = Client::connect(address).await;
        let request = post(body, &signature(BODY));
        for piece in request.chunks(40) {
            client.send(piece).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(client.answer().await.status, status);
    }
    assert_eq!(records.bodies(), [BODY]);
}

#[tokio::test]
async fn a_body_that_takes_too_long_is_answered_with_408() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().read_timeout(Duration::from_millis(500));
    let address = serve(app.layer(layer)).await;
    // One sender stops, and one sends byte by byte.
    for drips in [false, true] {
        let mut client = Client::connect(address).await;
        let request = post(BODY, &signature(BODY));
        let (begun, rest) = request.split_at(request.len() - BODY.len() + 1);
        client.send(begun).await;
        if drips {
            for byte in &rest[..rest.len() - 1] {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if !client.try_send([*byte]).await {
                    break;
                }
            }
        }
        let answer = client.answer().await;
        assert_eq!((answer.status, &answer.body[..]), (408, "the body took longer than 0.5 seconds\n"));
        assert!(answer.headers.contains(&"connection: close".to_owned()), "{answer:?}");
        assert!(client.is_closed().await);
    }
    assert!(records.all().is_empty());
}

#[tokio::test]
async fn a_body_that_is_too_slow_is_answered_with_408() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().least_rate(2000, Duration::from_millis(300));
    let address = serve(app.layer(layer)).await;
    let body = vec![b'x'; 3000];
    let request = post(&body, &signature(&body));
    let head = request.len() - body.len();
    // 50 bytes a second, and some 10,000: that one takes longer than the time before the rate counts.
    for (step, pause, status) in [(1, 20, 408), (200, 20, 200)] {
        let mut client = Client::connect(address).await;
        client.send(&request[..head]).await;
        for piece in request[head..].chunks(step) {
            tokio::time::sleep(Duration::from_millis(pause)).await;
            if !client.try_send(piece).await {
                break;
            }
        }
        let answer = client.answer().await;
        assert_eq!(answer.status, status);
        if status == 408 {
            assert_eq!(&answer.body[..], "the body arrived at less than 2000 bytes a second\n");
            assert!(client.is_closed().await);
        }
    }
    assert_eq!(records.bodies(), [body]);
}

#[tokio::test]
async fn the_handler_does_not_get_a_body_that_ends_early() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let request = post(BODY, &signature(BODY));
    // The sender sends a part of it, and closes its sending side only.
    let mut client = Client::connect(address).await;
    let answer = client.send(&request[..request.len() - 5]).await.shut().await.answer().await;
    assert_eq!((answer.status, &answer.body[..]), (400, "the body is not whole\n"));
    // Chunks without the last one.
    let whole = chunked(&[BODY], &signature(BODY), "");
    let answer = Client::connect(address).await.send(&whole[..whole.len() - 5]).await.shut().await.answer().await;
    assert_eq!(answer.status, 400);
    // The sender closes the TCP connection.
    Client::connect(address).await.send(&request[..request.len() - 5]).await;
    // The next request is served as usual.
    assert_eq!(deliver(address, &request).await.status, 200);
    assert_eq!(records.bodies(), [BODY]);
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_with_413() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().limit(100))).await;
    let (fits, exceeds) = ([b'x'; 100], [b'x'; 101]);
    assert_eq!(deliver(address, post(&fits, &signature(&fits))).await.status, 200);
    // The head announces the length: the layer does not wait for the body.
    let begun = head(&["content-length: 101", &format!("x-hub-signature-256: {}", signature(&exceeds))]);
    let answer = deliver(address, begun).await;
    assert_eq!((answer.status, &answer.body[..]), (413, "the body is larger than 100 bytes\n"));
    // The length is not announced: the layer stops when too many bytes have arrived.
    let whole = chunked(&[&exceeds[..50], &exceeds[..50], b"x"], &signature(&exceeds), "");
    assert_eq!(deliver(address, &whole[..whole.len() - 5]).await.status, 413);
    assert_eq!(deliver(address, chunked(&[&fits[..50], &fits[..50]], &signature(&fits), "")).await.status, 200);
    assert_eq!(records.bodies(), [fits, fits]);
}

#[tokio::test]
async fn an_endpoint_has_a_limit_of_its_own() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(Endpoint::from(verifier()).body_limit(100)).unwrap().limit(200);
    let address = serve(app.layer(layer)).await;
    let larger_than_the_layers = Endpoint::from(verifier()).body_limit(300);
    let other = recording_app().0.layer(VerifyLayer::new(larger_than_the_layers).unwrap().limit(200));
    let other = serve(other).await;
    for (address, bytes, limit) in
        [(address, 100, None), (address, 101, Some(100)), (other, 200, None), (other, 201, Some(200))]
    {
        let body = vec![b'x'; bytes];
        for request in [post(&body, &signature(&body)), chunked(&[&body[..50], &body[50..]], &signature(&body), "")] {
            let answer = deliver(address, request).await;
            match limit {
                None => assert_eq!(answer.status, 200),
                Some(limit) => {
                    let text = format!("the body is larger than {limit} bytes\n");
                    assert_eq!((answer.status, &answer.body[..]), (413, &text[..]));
                }
            }
        }
    }
    assert_eq!(records.all().len(), 2);
}

#[tokio::test]
async fn trailers_are_dropped() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let with_trailers = chunked(&[BODY], &signature(BODY), "x-more: told\r\n");
    assert_eq!(deliver(address, with_trailers).await.status, 200);
    // A signature in the trailers does not count.
    let mut unsigned = head(&["transfer-encoding: chunked", "trailer: x-hub-signature-256"]).into_bytes();
    unsigned.extend(format!("2\r\nhi\r\n0\r\nx-hub-signature-256: {}\r\n\r\n", signature(b"hi")).bytes());
    assert!(is_rejection(&deliver(address, unsigned).await));
    let all = records.all();
    assert_eq!((all.len(), &all[0].body[..], all[0].has_trailers), (1, BODY, false));
}

#[tokio::test]
async fn an_empty_body_needs_a_signature_too() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let get = "GET /hooks HTTP/1.1\r\nhost: localhost\r\n";
    assert!(is_rejection(&deliver(address, format!("{get}\r\n")).await));
    assert!(is_rejection(&deliver(address, post(b"", &signature(b"x"))).await));
    assert!(records.all().is_empty());
    assert_eq!(deliver(address, format!("{get}x-hub-signature-256: {}\r\n\r\n", signature(b""))).await.status, 200);
    assert_eq!(deliver(address, post(b"", &signature(b""))).await.status, 200);
    assert_eq!(deliver(address, chunked(&[], &signature(b""), "")).await.status, 200);
    assert_eq!(records.bodies(), [b""; 3]);
}

#[tokio::test]
async fn continue_is_sent_only_if_the_body_is_not_too_large() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().limit(100))).await;
    let signed = format!("x-hub-signature-256: {}", signature(BODY));
    let length = format!("content-length: {}", BODY.len());
    let mut client = Client::connect(address).await;
    assert_eq!(client.send(head(&["expect: 100-continue", &length, &signed])).await.answer().await.status, 100);
    assert_eq!(client.send(BODY).await.answer().await.status, 200);
    let mut client = Client::connect(address).await;
    let too_large = head(&["expect: 100-continue", "content-length: 101", &signed]);
    assert_eq!(client.send(too_large).await.answer().await.status, 413);
    assert_eq!(records.bodies(), [BODY]);
}

#[tokio::test]
async fn a_scheme_that_signs_something_after_the_body_needs_it_whole() {
    use countersign::{Message, Scheme, Secret};

    let scheme = Scheme::from_json(
        r#"{"name": "behind", "signature": {"header": "X-Signature"}, "algorithm": "SHA_512", "encoding": "HEXA_DECIMAL",
            "signed": "{method}{url}{body}\n{header:X-Behind}"}"#,
    )
    .unwrap();
    let signer = scheme.signer(Secret::new("secret")).unwrap();
    let (app, records) = recording_app();
    let endpoint = Endpoint::from(scheme.verifier(Secret::new("secret")).unwrap()).origin("https://hooks.example.com/");
    let layer = VerifyLayer::new(endpoint).unwrap();
    let address = serve(app.layer(layer)).await;
    for (url, status) in [("https://hooks.example.com/hooks", 200), ("https://hooks.example.com/other", 401)] {
        let message = Message { url, headers: &[("X-Behind", b"later")], ..Message::new(BODY) };
        let signature = format!("X-Signature: {}", signer.headers(&message).unwrap()[0].1);
        let lines = [&format!("content-length: {}", BODY.len())[..], "x-behind: later", &signature];
        let mut client = Client::connect(address).await;
        client.send(head(&lines)).await;
        for piece in BODY.chunks(5) {
            client.send(piece).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(client.answer().await.status, status, "{url}");
    }
    assert_eq!(records.bodies(), [BODY]);
}

/// Two bodies in memory fill the budget. A third is refused until there is room.
#[tokio::test]
async fn a_budget_limits_the_bodies_in_memory() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().limit(250).body_budget(250).unwrap();
    let address = serve(app.layer(layer)).await;
    let body = [b'x'; 100];
    let request = post(&body, &signature(&body));
    let mut waiting = Vec::new();
    for _ in 0..2 {
        let mut client = Client::connect(address).await;
        assert!(!client.send(&request[..request.len() - 1]).await.responds_within(Duration::from_millis(100)).await);
        waiting.push(client);
    }
    let answer = deliver(address, &request).await;
    assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"));
    assert!(answer.headers.contains(&"retry-after: 1".to_owned()), "{answer:?}");
    // One is handled, and the sender of the other closes its TCP connection.
    assert_eq!(waiting.pop().unwrap().send(b"x").await.answer().await.status, 200);
    waiting.clear();
    for _ in 0..10 {
        assert_eq!(deliver(address, &request).await.status, 200);
    }
    assert_eq!(deliver(address, post(&[b'x'; 251], &signature(&[b'x'; 251]))).await.status, 413);
    assert_eq!(records.all().len(), 11);
}

/// Reserved bytes count too, and the largest body fits even in several chunks.
#[tokio::test]
async fn a_budget_counts_reserved_bytes() {
    let error = VerifyLayer::new(verifier()).unwrap().limit(1000).body_budget(999).unwrap_err();
    assert!(error.to_string().contains("999"), "{error}");
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().limit(1000).body_budget(1000).unwrap();
    let raised = serve(app.clone().layer(layer.clone().limit(2000))).await;
    assert_eq!(deliver(raised, head(&["content-length: 1001"])).await.body, "the body is larger than 1000 bytes\n");
    let address = serve(app.layer(layer)).await;
    let piece = async |client: &mut Client, bytes: usize| {
        client.send(format!("{bytes:x}\r\n{}\r\n", "x".repeat(bytes))).await;
        assert!(!client.responds_within(Duration::from_millis(60)).await);
    };
    let begin = async |length: usize| {
        let mut client = Client::connect(address).await;
        let signed = format!("x-hub-signature-256: {}", signature("x".repeat(length).as_bytes()));
        client.send(head(&["transfer-encoding: chunked", &signed])).await;
        client
    };
    // 300 bytes, then 301, then 602 for 310: 398 are left.
    let mut client = begin(1000).await;
    for bytes in [300, 1, 9] {
        piece(&mut client, bytes).await;
    }
    let body = [b'x'; 399];
    assert_eq!(deliver(address, post(&body, &signature(&body))).await.status, 503);
    assert_eq!(deliver(address, post(&body[..398], &signature(&body[..398]))).await.status, 200);
    for bytes in [292, 1, 397] {
        piece(&mut client, bytes).await;
    }
    assert_eq!(client.send("0\r\n\r\n").await.answer().await.status, 200);
    assert_eq!(records.all().len(), 2);
}

/// A body whose length is announced takes no room beyond that length, although its buffer doubles as it grows.
#[tokio::test]
async fn an_announced_length_bounds_the_room() {
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().limit(1000).body_budget(1000).unwrap();
    let address = serve(app.layer(layer)).await;
    let body = [b'x'; 310];
    let request = post(&body, &signature(&body));
    let head = request.len() - body.len();
    let mut client = Client::connect(address).await;
    // The third one makes the buffer double, to 602 bytes if the length were not known.
    for piece in [&request[..head + 300], &request[head + 300..head + 301], &request[head + 301..head + 302]] {
        assert!(!client.send(piece).await.responds_within(Duration::from_millis(60)).await);
    }
    let other = [b'y'; 690];
    assert_eq!(deliver(address, post(&other, &signature(&other))).await.status, 200);
    assert_eq!(client.send(&request[head + 302..]).await.answer().await.status, 200);
    assert_eq!(records.all().len(), 2);
}

/// Large uploads that stand still do not keep small deliveries out, and are ended long before the timeout.
#[tokio::test]
async fn stalled_uploads_keep_nobody_out() {
    const LARGE: usize = 1 << 20;
    let (app, records) = recording_app();
    let layer = VerifyLayer::new(verifier()).unwrap().limit(LARGE as u64).body_budget(8 * LARGE as u64).unwrap();
    let address = serve(app.layer(layer)).await;
    let large = post(&vec![b'x'; LARGE], &signature(b"other"));
    let start = Instant::now();
    let mut stalled = Vec::new();
    for _ in 0..7 {
        let mut client = Client::connect(address).await;
        client.send(&large[..large.len() - 1]).await;
        stalled.push(client);
    }
    // Once all of them are held, there is no room for another large body.
    while deliver(address, &large).await.status != 503 {
        assert!(start.elapsed() < Duration::from_secs(4), "the budget is not full");
    }
    for _ in 0..20 {
        assert_eq!(deliver(address, post(BODY, &signature(BODY))).await.status, 200);
    }
    for mut client in stalled {
        let answer = client.answer().await;
        assert_eq!((answer.status, &answer.body[..]), (408, "the body arrived at less than 1024 bytes a second\n"));
    }
    assert!(start.elapsed() < Duration::from_secs(20), "they stayed for {:?}", start.elapsed());
    assert!(is_rejection(&deliver(address, &large).await));
    assert_eq!(records.all().len(), 20);
}

/// A sender that was fast may stand still for no longer than another.
#[tokio::test]
async fn bytes_of_before_do_not_pay_for_a_standstill() {
    let layer = VerifyLayer::new(verifier()).unwrap().least_rate(1000, Duration::from_millis(300));
    let address = serve(recording_app().0.layer(layer)).await;
    let body = vec![b'x'; 1_000_000];
    let request = post(&body, &signature(&body));
    let mut client = Client::connect(address).await;
    let start = Instant::now();
    client.send(&request[..100]).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    client.send(&request[100..request.len() - 1]).await;
    assert_eq!(client.answer().await.status, 408);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// With `pass_through` the pauses are the handler's, so a budget sets no least rate.
#[tokio::test]
async fn a_budget_sets_no_least_rate_for_what_passes_through() {
    let layer = VerifyLayer::new(verifier()).unwrap().body_budget(64 << 20).unwrap().pass_through().unwrap();
    let address = serve(recording_app().0.layer(layer)).await;
    let request = post(BODY, &signature(BODY));
    let mut client = Client::connect(address).await;
    assert!(!client.send(&request[..request.len() - 5]).await.responds_within(Duration::from_millis(5500)).await);
    assert_eq!(client.send(&request[request.len() - 5..]).await.answer().await.status, 200);
}
