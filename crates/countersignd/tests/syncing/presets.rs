//! What is archived can be verified again, of every sender that is known: the records themselves, and by `reverify`.

use std::path::Path;

use axum::body::Body;
use countersign::records::{Records, UnixMicros};
use countersign::{Message, Secret, Signer};
use countersignd::archive::encoding::Encoding;
use countersignd::archive::line::ArchivedEvent;
use countersignd::archive::object::compress_as;
use http::{HeaderValue, Request};

use crate::support::SECRET;
use crate::world::{ORIGIN, World, path};

/// A header value that is no text.
const LATIN: &[u8] = b"caf\xe9";

/// Presets that a signer is there for with this secret, and the fields of a connection with each.
fn signed() -> Vec<(&'static str, Signer, String)> {
    let of = |name: &'static str| {
        // Some secrets are base64 behind a prefix.
        let secrets = [SECRET, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"];
        secrets.into_iter().find_map(|secret| {
            let signer = Signer::preset(name, Secret::new(secret)).ok()?;
            let fields = format!(r#""scheme": "{name}", "auth_secret": "{secret}", "keep_headers": ["X-Shop"]"#);
            Some((name, signer, fields))
        })
    };
    countersign::presets().iter().filter_map(|preset| of(preset.name())).collect()
}

/// The request that a sender makes; none if it would need more than is known here.
fn request(id: &str, signer: &Signer, method: &str, query: &str, body: &[u8]) -> Option<Request<Body>> {
    let target = path(id) + query;
    let url = format!("{ORIGIN}{target}");
    let message = Message { method, url: &url, id: "msg_1", ..Message::new(body) };
    let mut request = Request::builder().method(method).uri(target).header("Content-Type", "application/json");
    for (name, value) in signer.headers(&message).ok()? {
        request = request.header(name, value);
    }
    let latin = HeaderValue::from_bytes(LATIN).unwrap();
    Some(request.header("X-Shop", latin).body(Body::from(body.to_vec())).unwrap())
}

/// Writes the objects of a connection, and the connection, for `scripts/test-readers`.
fn write_archive(world: &World, name: &str, fields: &str, folder: &Path) {
    let keep = fields.find(r#", "keep_headers""#).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), format!("{{{}}}", &fields[..keep])).unwrap();
    for (key, lines) in world.lines(name) {
        // Some as they would be in the bucket of a customer.
        let encoding = Encoding::ALL[name.len() % 2];
        let file = folder.join(key.replace(Encoding::Zstd.suffix(), encoding.suffix()));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, compress_as(encoding, &lines).unwrap()).unwrap();
    }
}

#[tokio::test]
async fn what_is_archived_is_authentic_again() {
    let presets = signed();
    let connections: Vec<_> = presets.iter().map(|(name, _, fields)| (*name, fields.as_str())).collect();
    let world = World::new(&connections);
    world.set_clock();
    let (mut accepted, mut gets) = (0, 0);
    for (name, signer, fields) in &presets {
        let mut count = 0;
        // Text, other bytes, nothing; and what a GET says.
        for (method, query, body) in [
            ("POST", "", &br#"{"id": "evt_1", "text": "\u00e9 \n"}"#[..]),
            ("POST", "", b"\x00\xff\xfe not text \r\n\x80"),
            ("POST", "", b""),
            ("GET", "?id=7&text=caf%C3%A9&empty=", b""),
        ] {
            let Some(request) = request(name, signer, method, query, body) else { continue };
            if world.send(request).await == 200 {
                count += 1;
                gets += u64::from(method == "GET");
            }
        }
        world.running().archiver.close(name).await.unwrap();
        let connection = world.connection(name);
        let mut records = 0;
        for (_, lines) in world.lines(name) {
            for (line, record) in Records::new(&lines, 1) {
                let record = record.unwrap();
                let at = record.received_at.and_then(UnixMicros::to_system_time).unwrap();
                let verdict = connection.endpoint.verifier().verify(&record.delivery(), at);
                assert!(verdict.is_ok(), "{name}, line {line}: {verdict:?}");
                records += 1;
            }
            for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let event = ArchivedEvent::read(line).unwrap();
                let kept = event.note().unwrap().header_bytes;
                let (place, _) = &kept[0];
                assert_eq!((kept.len(), &*event.record.headers[*place].0), (1, "x-shop"));
            }
        }
        assert_eq!(records, count, "{name}");
        let found = world.reverify(name, None).await;
        assert_eq!((found.events, found.authentic, found.named), (count, count, Vec::new()), "{name}");
        accepted += u64::from(count > 0);
        if let Some(folder) = std::env::var_os("COUNTERSIGND_ARCHIVE_TO") {
            write_archive(&world, name, fields, Path::new(&folder));
        }
    }
    println!("{} presets, {accepted} of them accepted, {gets} with GET", presets.len());
    // Some sign a part of the body or values of it, which no test body has.
    assert!(accepted + 25 >= presets.len() as u64 && gets >= 2, "{accepted} of {}, {gets}", presets.len());
}
