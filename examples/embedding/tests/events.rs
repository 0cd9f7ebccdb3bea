//! Log events and counters: they contain the reason of each decision, and never a secret or a signature.
//!
//! This test has a process of its own. When an event of a call site is logged for the first time, `tracing` asks the
//! subscriber of that thread whether to log it, and keeps the answer for all threads. A thread of another test has no
//! subscriber.

#[path = "layer/support.rs"]
#[expect(dead_code, reason = "the tests of the layer use the rest")]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use countersign::axum::{VerifiedBody, VerifiedJson};
use countersign::tower::{
    Cache, Endpoint, Outcome, ReplayStore, Resolve, Resolved, StoreFuture, Unanswered, VerifyLayer,
};
use countersign::{Identity, Message, Repeated, ReplayMemories, Secret, Signer, Ticket, Verifier};
use http::request::Parts;
use metrics::Unit;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use tracing::field::{Field, Visit};
use tracing::span;

use support::{Client, SECRET, deliver, head, post, recording_app, serve, signature, verifier};

/// Records every event of this thread as a line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.target() == "countersign"
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        let mut log = self.0.lock().unwrap();
        log.push_str(event.metadata().level().as_str());
        event.record(&mut Line(&mut log));
        log.push('\n');
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// One warning for each endpoint that accepts everything, with its first delivery.
fn an_endpoint_that_checks_nothing_is_a_warning(runtime: &tokio::runtime::Runtime) {
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        runtime.block_on(async {
            let app = axum::Router::new().fallback(async || "taken");
            let verifier = Verifier::from_connection(r#"{"auth_method": "NONE"}"#).unwrap();
            let layer = VerifyLayer::new(Endpoint::from(verifier).named("open")).unwrap();
            let address = serve(app.layer(layer)).await;
            for _ in 0..3 {
                assert_eq!(deliver(address, post(b"hello", "sha256=00")).await.status, 200);
            }
        });
    });
    let log = log.0.lock().unwrap().clone();
    let warnings: Vec<&str> = log.lines().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 1, "{log}");
    assert!(warnings[0].contains("auth_method is NONE") && warnings[0].contains("endpoint=open"), "{log}");
}

/// Everything runs on one thread, so that the recorders of this thread get everything.
#[test]
fn each_delivery_is_one_event_and_one_count() {
    let log = Log::default();
    let recorder = DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let good = signature(b"hello");
    tracing::subscriber::with_default(log.clone(), || {
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let (app, _) = recording_app();
                let endpoint = Endpoint::from(verifier()).named("shop");
                let address = serve(app.layer(VerifyLayer::new(endpoint).unwrap().limit(1000))).await;
                deliver(address, post(b"hello", &good)).await;
                deliver(address, post(b"hello", &good)).await;
                deliver(address, post(b"HELLO", &good)).await;
                deliver(address, post(b"hello", &format!("sha1={}", &good[7..]))).await;
                deliver(address, post(&[0; 1001], &good)).await;
                let whole = post(b"hello", &good);
                Client::connect(address).await.send(&whole[..whole.len() - 1]).await.shut().await.answer().await;
            });
        });
    });
    let log = log.0.lock().unwrap().clone();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 6, "{log}");
    let authentic = "DEBUG message=authentic endpoint=shop algorithm=\"SHA_256\" secret_index=0 length=5";
    assert_eq!(lines[..2], [authentic; 2]);
    assert!(lines[2].starts_with("INFO message=the signature does not belong to this body and secret"), "{log}");
    assert!(lines[2].ends_with("endpoint=shop reason=\"mismatch\" length=5"), "{log}");
    for (line, reason) in lines[3..].iter().zip(["malformed_signature", "over_limit", "aborted"]) {
        assert!(line.contains(&format!("reason=\"{reason}\"")), "{log}");
    }
    assert!(!log.contains(SECRET) && !log.contains(&good[7..20]) && !log.contains("hello"), "{log}");

    let mut counts = Vec::new();
    let mut descriptions = BTreeMap::new();
    for (key, unit, description, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let DebugValue::Counter(count) = value else { panic!("{key:?} is no counter") };
        counts.push(format!("{} {} {count}", key.key().name(), labels.join(" ")));
        descriptions.insert(key.key().name().to_owned(), (unit, description.map(|text| text.to_string())));
    }
    counts.sort();
    assert_eq!(
        counts,
        [
            "countersign_body_bytes_total endpoint=shop 24",
            "countersign_deliveries_total endpoint=shop verdict=aborted 1",
            "countersign_deliveries_total endpoint=shop verdict=authentic 2",
            "countersign_deliveries_total endpoint=shop verdict=malformed_signature 1",
            "countersign_deliveries_total endpoint=shop verdict=mismatch 1",
            "countersign_deliveries_total endpoint=shop verdict=over_limit 1",
        ]
    );
    assert_eq!(descriptions["countersign_deliveries_total"].0, Some(Unit::Count));
    assert_eq!(descriptions["countersign_body_bytes_total"].0, Some(Unit::Bytes));
    assert!(descriptions.values().all(|(_, text)| text.as_ref().is_some_and(|text| text.contains("deliveries"))));

    // A store that fails after its timeout is logged too.
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        runtime.block_on(async {
            let app = axum::Router::new().fallback(async || "taken");
            let endpoint = Endpoint::from(verifier()).named("shop");
            let layer = VerifyLayer::new(endpoint).unwrap().deduplicate(Failing, Duration::from_secs(60)).unwrap();
            let address = serve(app.layer(layer.store_timeout(Duration::from_millis(50)))).await;
            assert_eq!(deliver(address, post(b"hello", &good)).await.status, 200);
            tokio::time::sleep(Duration::from_millis(400)).await;
        });
    });
    let log = log.0.lock().unwrap().clone();
    let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("ERROR")).collect();
    assert_eq!(errors.len(), 2, "{log}");
    assert!(errors[0].contains("endpoint=shop") && errors[0].contains("took too long to settle"), "{log}");
    assert!(errors[1].contains("endpoint=shop") && errors[1].contains("the database is down"), "{log}");

    a_dropped_handler_is_a_warning_and_a_count(&runtime);

    a_failed_look_up_is_one_event_and_one_count(&runtime);

    a_failure_of_the_store_is_logged(&runtime);

    json_that_is_not_expected_is_a_warning_and_a_count(&runtime);

    an_endpoint_that_checks_nothing_is_a_warning(&runtime);

    // A handler without the layer is the operator's mistake. The sender gets only the status.
    let log = Log::default();
    tracing::subscriber::with_default(log.clone(), || {
        runtime.block_on(async {
            let body = axum::routing::post(async |_: VerifiedBody| ());
            let json = axum::routing::post(async |_: VerifiedJson<u8>| ());
            let address = serve(axum::Router::new().route("/hooks", body).route("/json", json)).await;
            assert_eq!(deliver(address, post(b"1", &good)).await.status, 500);
            let to_json = String::from_utf8(post(b"1", &good)).unwrap().replacen("/hooks", "/json", 1);
            assert_eq!(deliver(address, to_json).await.status, 500);
        });
    });
    let log = log.0.lock().unwrap().clone();
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 2, "{log}");
    for (line, extractor) in lines.iter().zip(["VerifiedBody", "VerifiedJson"]) {
        assert!(line.starts_with("ERROR") && line.contains("VerifyLayer") && line.contains(extractor), "{log}");
    }
}

/// A sender hangs up while the handler runs. Its message stays reserved, and the operator hears of it; not if it is forgotten.
fn a_dropped_handler_is_a_warning_and_a_count(runtime: &tokio::runtime::Runtime) {
    for (unanswered, expected) in [(Unanswered::Keep, 1), (Unanswered::Forget, 0)] {
        let log = Log::default();
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        tracing::subscriber::with_default(log.clone(), || {
            metrics::with_local_recorder(&recorder, || {
                runtime.block_on(async {
                    let app = axum::Router::new().fallback(std::future::pending::<()>);
                    let memories = ReplayMemories::new(10).unwrap();
                    let layer = VerifyLayer::new(Endpoint::from(verifier()).named("shop")).unwrap();
                    let layer = layer.deduplicate(memories, Duration::from_secs(60)).unwrap().unanswered(unanswered);
                    let address = serve(app.layer(layer)).await;
                    let mut client = Client::connect(address).await;
                    client.send(post(b"hello", &signature(b"hello"))).await;
                    assert!(!client.responds_within(Duration::from_millis(100)).await);
                    drop(client);
                    tokio::time::sleep(Duration::from_millis(200)).await;
                });
            });
        });
        let log = log.0.lock().unwrap().clone();
        let warnings: Vec<&str> = log.lines().filter(|line| line.starts_with("WARN")).collect();
        assert_eq!(warnings.len(), expected, "{log}");
        assert!(
            warnings.iter().all(|line| line.contains("stays reserved") && line.ends_with("endpoint=shop")),
            "{log}"
        );
        let counts: Vec<_> = snapshotter
            .snapshot()
            .into_vec()
            .into_iter()
            .filter(|(key, ..)| key.key().name() == "countersign_unanswered_total")
            .map(|(key, _, _, value)| (key.key().labels().map(|label| label.value().to_owned()).collect(), value))
            .collect();
        let one = || (vec!["shop".to_owned()], DebugValue::Counter(1));
        assert_eq!(counts, (0..expected).map(|_| one()).collect::<Vec<_>>());
    }
}

/// What `test` logs, and what it counts: names, labels and values, in order.
fn recorded(runtime: &tokio::runtime::Runtime, test: impl Future<Output = ()>) -> (String, Vec<String>) {
    let (log, recorder) = (Log::default(), DebuggingRecorder::new());
    let snapshotter = recorder.snapshotter();
    tracing::subscriber::with_default(log.clone(), || {
        metrics::with_local_recorder(&recorder, || runtime.block_on(test));
    });
    let count = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let DebugValue::Counter(count) = value else { panic!("{key:?} is no counter") };
        format!("{} {} {count}", key.key().name(), labels.join(" "))
    };
    let mut counts: Vec<_> = snapshotter.snapshot().into_vec().into_iter().map(count).collect();
    counts.sort();
    (log.0.lock().unwrap().clone(), counts)
}

/// A resolver fails, takes too long or panics: the response is 503, and the log has the same fields as always.
fn a_failed_look_up_is_one_event_and_one_count(runtime: &tokio::runtime::Runtime) {
    type Loaded = Result<Option<Endpoint>, &'static str>;
    // What a sender wrote could end the line, or turn the direction of the text.
    let name = |_: &Parts| Some("acme\n\u{202e}\"".to_owned());
    let failing = Cache::new(10, Duration::from_secs(60), name, async |_: String| Loaded::Err("the database is down"));
    let slow = Cache::new(10, Duration::from_secs(60), name, |_: String| std::future::pending::<Loaded>());
    let panicking = Cache::new(10, Duration::from_secs(60), name, async |name: String| -> Loaded { panic!("{name}") });
    let without_name = |_: &Parts| -> Option<String> { panic!("no name") };
    let nameless =
        Cache::new(10, Duration::from_secs(60), without_name, async |_: String| Loaded::Err("is not reached"));
    let at_once = |_: &Parts| -> std::future::Ready<Resolved> { panic!("at once") };
    let later = |_: &Parts| async { panic!("later") };
    let too_long = |_: &Parts| std::future::pending::<Resolved>();

    let known = r#"endpoint="acme\n\u{202e}\"""#;
    fails(runtime, failing, known, "the database is down");
    fails(runtime, slow, known, "took too long");
    fails(runtime, panicking, known, "the resolver panicked");
    fails(runtime, nameless, "endpoint=unknown", "the resolver panicked");
    fails(runtime, at_once, "endpoint=unknown", "the resolver panicked");
    fails(runtime, later, "endpoint=unknown", "the resolver panicked");
    fails(runtime, too_long, "endpoint=unknown", "took too long");
}

/// A layer with this resolver answers 503, and logs and counts that once.
fn fails<R>(runtime: &tokio::runtime::Runtime, resolver: R, endpoint: &str, error: &str)
where
    R: Resolve<Future: Send> + Send + Sync + 'static,
{
    let (log, counts) = recorded(runtime, async {
        let layer = VerifyLayer::resolving(resolver).resolve_timeout(Duration::from_millis(50));
        let address = serve(axum::Router::new().fallback(async || "taken").layer(layer)).await;
        let answer = deliver(address, post(b"hello", &signature(b"hello"))).await;
        assert_eq!((answer.status, &answer.body[..]), (503, "try again later\n"), "{error}");
    });
    let message = "the endpoint could not be looked up";
    let start = format!("ERROR message={message} {endpoint} reason=\"unresolved\" length=0 error=");
    assert!(log.starts_with(&start) && log.contains(error) && log.lines().count() == 1, "{log}");
    assert_eq!(counts, ["countersign_deliveries_total endpoint=unknown verdict=unresolved 1"]);
}

/// A failure of the store is an error of the delivery's own event, and a second event only when the handler has answered. A panic
/// is such a failure: no handler runs if the message was not reserved.
fn a_failure_of_the_store_is_logged(runtime: &tokio::runtime::Runtime) {
    // It signs an id, which the layer needs if the body passes through.
    let preset = "standard-webhooks";
    let secret = || Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let signer = Signer::preset(preset, secret()).unwrap();
    let lines = signer.headers(&Message { id: "msg_1", ..Message::new(b"hello") }).unwrap();
    let mut lines: Vec<String> = lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    lines.push("content-length: 5".to_owned());
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let request = [head(&lines).as_bytes(), b"hello"].concat();
    for (fails, error, status) in [
        ("take", "the store of messages panicked", 503),
        ("later", "the store of messages panicked", 503),
        ("error", "the database is down", 503),
        ("slow", "the store took too long to take a message", 503),
        ("slow error", "the store took too long to take a message", 503),
        ("settle", "the store of messages panicked", 200),
        ("settle later", "the store of messages panicked", 200),
    ] {
        for is_pass_through in [false, true] {
            let (log, counts) = recorded(runtime, async {
                let verifier = Verifier::preset(preset, secret()).unwrap();
                let layer = VerifyLayer::new(Endpoint::from(verifier).named("shop")).unwrap();
                let layer = layer.deduplicate(FailingAt(fails), Duration::from_secs(60)).unwrap();
                let layer = layer.store_timeout(Duration::from_millis(50));
                let app = axum::Router::new().fallback(async |body: Bytes| format!("{}", body.len()));
                let app = if is_pass_through { app.layer(layer.pass_through().unwrap()) } else { app.layer(layer) };
                let answer = deliver(serve(app).await, &request).await;
                assert_eq!(answer.status, status, "{fails}");
                tokio::time::sleep(Duration::from_millis(150)).await;
            });
            let errors: Vec<&str> = log.lines().filter(|line| line.starts_with("ERROR")).collect();
            let &[line] = &errors[..] else { panic!("{fails}: {log}") };
            assert!(line.contains(" endpoint=shop reason=\"not_stored\" ") && line.contains(error), "{fails}: {log}");
            let (verdict, lines) = if status == 200 { ("authentic", 2) } else { ("not_stored", 1) };
            assert_eq!(log.lines().count(), lines, "{fails}: {log}");
            assert!(status == 200 || line.contains(" length=5 "), "{fails}: {log}");
            let count = format!("countersign_deliveries_total endpoint=shop verdict={verdict} 1");
            assert!(counts.contains(&count), "{fails}: {counts:?}");
        }
    }
}

/// Fails where its text says.
struct FailingAt(&'static str);

impl ReplayStore for FailingAt {
    fn take(&self, _: &str, identity: Identity, _: SystemTime, _: Duration) -> StoreFuture<Result<Ticket, Repeated>> {
        match self.0 {
            "take" => panic!("take"),
            "later" => StoreFuture::later(async { panic!("later") }),
            "error" => StoreFuture::later(async { Err("the database is down".into()) }),
            "slow" => StoreFuture::later(std::future::pending()),
            "slow error" => StoreFuture::later(async {
                tokio::time::sleep(Duration::from_millis(100)).await;
                Err("the database is down".into())
            }),
            _ => StoreFuture::ready(Ok(Ticket::new(identity, 1))),
        }
    }

    fn settle(&self, _: &str, _: Ticket, _: Outcome) -> StoreFuture<()> {
        match self.0 {
            "settle later" => StoreFuture::later(async { panic!("settle later") }),
            _ => panic!("settle"),
        }
    }
}

/// An authentic delivery that no handler gets: the operator hears of it, without a text of the body.
fn json_that_is_not_expected_is_a_warning_and_a_count(runtime: &tokio::runtime::Runtime) {
    let bodies: [(&[u8], &str); 3] =
        [(b"a=secrets", "not_json"), (b"", "not_json"), (br#""secrets""#, "unexpected_json")];
    let (log, counts) = recorded(runtime, async {
        let layer = VerifyLayer::new(Endpoint::from(verifier()).named("shop")).unwrap();
        let address = serve(axum::Router::new().fallback(async |_: VerifiedJson<u8>| ()).layer(layer)).await;
        for (body, _) in bodies {
            assert_eq!(deliver(address, post(body, &signature(body))).await.status, 400);
        }
        let packed = String::from_utf8(post(b"{", &signature(b"{"))).unwrap();
        let packed = packed.replacen("\r\n", "\r\ncontent-encoding: gzip\r\n", 1);
        assert_eq!(deliver(address, packed).await.status, 400);
        assert_eq!(deliver(address, post(b"7", &signature(b"7"))).await.status, 200);
    });
    let warnings: Vec<&str> = log.lines().filter(|line| line.starts_with("WARN")).collect();
    assert_eq!(warnings.len(), 4, "{log}");
    let places = [(9, "1 column=1"), (0, "1 column=0"), (9, "1 column=9"), (1, "1 column=0")];
    let reasons = bodies.iter().map(|(_, reason)| *reason).chain(["encoded"]);
    for ((warning, reason), (length, place)) in warnings.iter().zip(reasons).zip(places) {
        let end = format!("endpoint=shop reason=\"{reason}\" length={length} line={place}");
        assert!(warning.ends_with(&end), "{warning}\n{end}");
    }
    assert!(!log.contains("secrets"), "{log}");
    assert_eq!(counts.last().unwrap(), "countersign_unexpected_json_total endpoint=shop 4");
}

/// Reserves every message, and fails late to settle it.
struct Failing;

impl ReplayStore for Failing {
    fn take(&self, _: &str, identity: Identity, _: SystemTime, _: Duration) -> StoreFuture<Result<Ticket, Repeated>> {
        StoreFuture::ready(Ok(Ticket::new(identity, 1)))
    }

    fn settle(&self, _: &str, _: Ticket, _: Outcome) -> StoreFuture<()> {
        StoreFuture::later(async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            Err("the database is down".into())
        })
    }
}
