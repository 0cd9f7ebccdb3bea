//! Requests over HTTP/2.

use std::convert::Infallible;
use std::net::SocketAddr;

use bytes::Bytes;
use countersign::tower::VerifyLayer;
use http::{HeaderMap, HeaderValue, Request};
use http_body_util::{BodyExt, Full, combinators::BoxBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

use crate::support::{recording_app, serve, signature, verifier};

type Sender = hyper::client::conn::http2::SendRequest<BoxBody<Bytes, Infallible>>;

async fn connect(address: SocketAddr) -> Sender {
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn post(body: BoxBody<Bytes, Infallible>, signature: &str) -> Request<BoxBody<Bytes, Infallible>> {
    Request::post("http://localhost/hooks").header("x-hub-signature-256", signature).body(body).unwrap()
}

async fn deliver(sender: &mut Sender, body: &[u8], signature: &str) -> (u16, Bytes) {
    let body = Full::new(Bytes::copy_from_slice(body)).boxed();
    let response = sender.send_request(post(body, signature)).await.unwrap();
    assert!(!response.headers().contains_key("www-authenticate"));
    (response.status().as_u16(), response.into_body().collect().await.unwrap().to_bytes())
}

#[tokio::test]
async fn many_requests_at_once_on_one_tcp_connection() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap().limit(1 << 20))).await;
    let sender = connect(address).await;
    let tasks: Vec<_> = (0..40_usize)
        .map(|index| {
            let mut sender = sender.clone();
            tokio::spawn(async move {
                // Some bodies take several DATA frames.
                let body = vec![b'x'; index * 5000];
                let good = index % 2 == 0;
                let signature = if good { signature(&body) } else { signature(b"other") };
                let (status, text) = deliver(&mut sender, &body, &signature).await;
                assert_eq!(status, if good { 200 } else { 401 });
                assert_eq!(&text[..], if good { &b"taken\n"[..] } else { b"not accepted\n" });
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(records.all().len(), 20);
    assert!(records.bodies().iter().all(|body| body.len() % 10_000 == 0));
    let (status, text) = deliver(&mut sender.clone(), &vec![0; (1 << 20) + 1], &signature(b"")).await;
    assert_eq!((status, &text[..]), (413, &b"the body is larger than 1048576 bytes\n"[..]));
}

#[tokio::test]
async fn trailers_are_dropped() {
    let (app, records) = recording_app();
    let address = serve(app.layer(VerifyLayer::new(verifier()).unwrap())).await;
    let mut sender = connect(address).await;
    let mut trailers = HeaderMap::new();
    trailers.insert("x-more", HeaderValue::from_static("told"));
    let body = Full::new(Bytes::from_static(b"hi")).with_trailers(async move { Some(Ok(trailers)) }).boxed();
    let response = sender.send_request(post(body, &signature(b"hi"))).await.unwrap();
    assert_eq!(response.status(), 200);
    let all = records.all();
    assert_eq!((&all[0].body[..], all[0].has_trailers), (&b"hi"[..], false));
}
