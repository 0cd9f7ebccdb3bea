//! A whole delivery through a preset, with the headers of its sender and no others, beside other crates that know the
//! sender, and beside the bare check of a signature over the same body.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark, not an interface")]

use std::hint::black_box;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Algorithm, Delivery, Encoding, Message, Scheme, Secret, Signer, Verifier};
use countersign_benches::criterion;
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use http::{HeaderMap, HeaderName, HeaderValue};
use webhook_verify::Provider;

const SIZES: [usize; 5] = [32, 256, 1024, 4096, 65_536];

struct Sender {
    preset: &'static str,
    encoding: Encoding,
    /// What `webhook-verify` calls it.
    provider: Option<Provider>,
}

const SENDERS: [Sender; 6] = [
    Sender { preset: "github", encoding: Encoding::HexaDecimal, provider: Some(Provider::GitHub) },
    Sender { preset: "slack", encoding: Encoding::HexaDecimal, provider: Some(Provider::Slack) },
    Sender { preset: "stripe", encoding: Encoding::HexaDecimal, provider: Some(Provider::Stripe) },
    Sender { preset: "shopify", encoding: Encoding::Base64, provider: Some(Provider::Shopify) },
    Sender { preset: "standard-webhooks", encoding: Encoding::Base64, provider: Some(Provider::StandardWebhooks) },
    Sender { preset: "svix", encoding: Encoding::Base64, provider: None },
];

/// A delivery as it came.
struct Came {
    secret: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn deliveries(criterion: &mut Criterion) {
    // The form that Standard Webhooks wants; to the others it is a text like any other.
    let secret = format!("whsec_{}", STANDARD.encode("a secret of usual length, 32 by."));
    for sender in SENDERS {
        let mut group = criterion.benchmark_group(format!("delivery {}", sender.preset));
        for size in SIZES {
            group.throughput(Throughput::Bytes(size as u64));
            let body: Vec<u8> = (b' '..=b'~').cycle().take(size).collect();
            // Rivals ask the clock, so it was sent now.
            let message = Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", ..Message::new(&body) };
            let scheme = Scheme::preset(sender.preset).unwrap();
            let headers = scheme.signer(Secret::new(&*secret)).unwrap().headers(&message).unwrap();
            let came = Came { secret: secret.clone(), headers, body };
            ours(&mut group, &scheme, &came);
            bare(&mut group, sender.encoding, &came);
            if let Some(provider) = sender.provider {
                webhook_verify(&mut group, provider, &came);
            }
            match sender.preset {
                "standard-webhooks" => standard_webhooks(&mut group, &came),
                "svix" => svix(&mut group, &came),
                _ => {}
            }
        }
        group.finish();
    }
}

type Group<'a> = BenchmarkGroup<'a, WallTime>;

/// Asserts that it tells the body from another, then measures it.
fn measure(group: &mut Group<'_>, name: &str, came: &Came, is_authentic: impl Fn(&[u8]) -> bool) {
    let mut other = came.body.clone();
    other[0] ^= 1;
    assert!(is_authentic(&came.body) && !is_authentic(&other), "{name}");
    let id = BenchmarkId::new(name, came.body.len());
    group.bench_function(id, |bencher| bencher.iter(|| is_authentic(black_box(&came.body))));
}

fn ours(group: &mut Group<'_>, scheme: &Scheme, came: &Came) {
    let verifier = scheme.verifier(Secret::new(&*came.secret)).unwrap();
    measure(group, "countersign", came, |body| {
        let delivery = Delivery { method: "POST", url: "/", headers: black_box(&came.headers[..]), body };
        verifier.verify(&delivery, SystemTime::now()).is_ok()
    });
}

fn bare(group: &mut Group<'_>, encoding: Encoding, came: &Came) {
    let secret = || Secret::new(&*came.secret);
    let signer = Signer::hmac(Algorithm::Sha256, encoding, secret()).unwrap();
    let signature = signer.signature(&Message::new(&came.body)).unwrap();
    let verifier = Verifier::hmac(Algorithm::Sha256, encoding, secret()).unwrap();
    measure(group, "signature alone", came, |body| {
        verifier.verify_signature(black_box(signature.as_bytes()), body).is_ok()
    });
}

fn webhook_verify(group: &mut Group<'_>, provider: Provider, came: &Came) {
    let secret = webhook_verify::Secret::new(&*came.secret);
    measure(group, "webhook-verify", came, |body| {
        let headers = black_box(&came.headers);
        webhook_verify::verify(provider, headers, body, &secret, webhook_verify::VerifyOptions::default()).is_ok()
    });
}

fn map(headers: &[(String, String)]) -> HeaderMap {
    let line =
        |(name, value): &(String, String)| (name.parse::<HeaderName>().unwrap(), value.parse::<HeaderValue>().unwrap());
    headers.iter().map(line).collect()
}

fn standard_webhooks(group: &mut Group<'_>, came: &Came) {
    let (webhook, headers) = (standardwebhooks::Webhook::new(&came.secret).unwrap(), map(&came.headers));
    measure(group, "standardwebhooks", came, |body| webhook.verify(body, black_box(&headers)).is_ok());
}

#[cfg(feature = "svix")]
fn svix(group: &mut Group<'_>, came: &Came) {
    let (webhook, headers) = (svix::webhooks::Webhook::new(&came.secret).unwrap(), map(&came.headers));
    measure(group, "svix", came, |body| webhook.verify(body, black_box(&headers)).is_ok());
}

#[cfg(not(feature = "svix"))]
fn svix(_: &mut Group<'_>, _: &Came) {}

criterion_group!(name = benches; config = criterion(); targets = deliveries);
criterion_main!(benches);
