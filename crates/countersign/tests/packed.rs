//! Bodies that were signed before they were packed: the verdict is that on the body which was signed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Delivery, Message, Rejection, Scheme, Secret, Secrets, Verdict, Verifier, verify_batch};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

const SECRET: &str = "a secret of usual length";
const URL: &str = "https://hooks.example.com/in/shop?a=1";
const STAMP: u64 = 1_760_000_000;

/// Schemes that are verified while the body is unpacked, and two for which it is unpacked first.
const SCHEMES: [&str; 10] = [
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "signed": "{body}""#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_512", "signed": "v1:{method}:{url}:{body}""#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "INFER_FROM_HEADER", "signed": "{body}""#,
    r#""signature": {"header": "X-Sign", "format": "prefixed", "prefix": "v1"}, "algorithm": "SHA_1",
       "signed": "{header:X-Shop}|{body}""#,
    r#""signature": {"header": "X-Sign", "format": "pairs", "separator": ",", "key": "v1"}, "algorithm": "SHA_256",
       "signed": "{timestamp}.{body}", "timestamp": {"from": "signature:t", "unit": "s", "tolerance": 300}"#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "signed": "{id}.{timestamp}.{body}",
       "timestamp": {"from": "header:X-Time", "unit": "s", "tolerance": 300}, "id": {"from": "header:X-Id"}"#,
    r#""signature": {"header": ["X-Sign", "X-Sign-2"]}, "algorithm": "SHA_256", "signed": "{body}""#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "signed": "{body}.", "key": "SHA_256""#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "signed": "{body}{secret}""#,
    r#""signature": {"header": "X-Sign"}, "algorithm": "SHA_256", "signed": "{sha256:body}""#,
];

type Headers = Vec<(String, Vec<u8>)>;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(STAMP)
}

fn verifiers() -> impl Iterator<Item = (Scheme, Vec<Verifier>)> {
    SCHEMES.into_iter().map(|fields| {
        let json = format!(r#"{{{fields}, "encoding": "HEXA_DECIMAL", "unpack": true}}"#);
        let scheme = Scheme::from_json(&json).unwrap_or_else(|error| panic!("{error}: {json}"));
        let secret = || Secret::new(SECRET);
        let past = || Secret::new(SECRET).not_after(now() - Duration::from_secs(1));
        let several =
            [vec![secret()], vec![Secret::new("another secret"), secret()], vec![past(), Secret::new("other")]];
        let verifiers = several.into_iter().map(|secrets| scheme.verifier(Secrets::from(secrets)).unwrap()).collect();
        (scheme, verifiers)
    })
}

/// The headers of a delivery of `body`, sent at `time`.
fn sent_at(time: SystemTime, scheme: &Scheme, body: &[u8]) -> Headers {
    let stamp = time.duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut sent: Headers = vec![
        ("X-Shop".to_owned(), b"shop 1".to_vec()),
        ("X-Time".to_owned(), stamp.to_string().into_bytes()),
        ("X-Id".to_owned(), b"evt_1".to_vec()),
    ];
    let lines: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let message = Message { method: "POST", url: URL, headers: &lines, body, id: "evt_1", now: time };
    let signed = scheme.signer(Secret::new(SECRET)).unwrap().headers(&message).unwrap();
    for (name, value) in signed {
        sent.retain(|(own, _)| !own.eq_ignore_ascii_case(&name));
        sent.push((name, value.into_bytes()));
    }
    sent
}

/// The headers of a delivery of `body`: right first, then with faults.
fn headers(scheme: &Scheme, body: &[u8]) -> Vec<Headers> {
    let sent = sent_at(now(), scheme, body);
    let mut all = vec![sent.clone(), sent_at(now() - Duration::from_secs(301), scheme, body)];
    for index in 0..sent.len() {
        let mut changed = |change: &dyn Fn(&mut Headers)| {
            let mut headers = sent.clone();
            change(&mut headers);
            all.push(headers);
        };
        changed(&|headers| drop(headers.remove(index)));
        changed(&|headers| headers.push(headers[index].clone()));
        changed(&|headers| headers[index].1.clear());
        changed(&|headers| {
            headers[index].1.pop();
        });
        changed(&|headers| headers[index].1[0] ^= 1);
        changed(&|headers| *headers[index].1.last_mut().unwrap() ^= 1);
        changed(&|headers| headers[index].1.extend_from_within(..));
        changed(&|headers| {
            let again = [&headers[index].1[..], b",", &headers[index].1].concat();
            headers[index].1 = again;
        });
        changed(&|headers| headers[index].1 = (STAMP - 301).to_string().into_bytes());
    }
    let second =
        sent.iter().find(|(name, _)| name == "X-Sign").map(|(_, value)| ("X-Sign-2".to_owned(), value.clone()));
    all.push(sent.iter().cloned().chain(second).collect());
    all
}

fn verdict(verifier: &Verifier, headers: &Headers, body: &[u8]) -> Verdict {
    verifier.verify(&Delivery { method: "POST", url: URL, headers: &headers[..], body }, now())
}

fn with_encoding(headers: &Headers, encoding: &str) -> Headers {
    headers.iter().cloned().chain([("Content-Encoding".to_owned(), encoding.as_bytes().to_vec())]).collect()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// An empty one, a short one, and one of several pieces that ends inside a block of the hash.
fn bodies() -> [Vec<u8>; 3] {
    [Vec::new(), br#"{"id": 1}"#.to_vec(), br#"{"event": "order.paid"},"#.repeat(1701)]
}

/// Whatever is right or wrong in the head, the verdict is that on the body before it was packed.
#[test]
fn the_verdict_is_that_on_the_unpacked_body() {
    let (mut accepted, mut rejected) = (0, Vec::new());
    for ((scheme, verifiers), body) in verifiers().flat_map(|both| bodies().map(|body| (both.clone(), body))) {
        let other = [&body[..], b" "].concat();
        let texts = [&body, &other].map(|text| (text, [("gzip", gzip(text)), ("deflate", deflate(text))]));
        for headers in headers(&scheme, &body) {
            for (verifier, (text, packed)) in
                verifiers.iter().flat_map(|verifier| texts.iter().map(move |text| (verifier, text)))
            {
                let expected = verdict(verifier, &headers, text);
                for (encoding, packed) in packed {
                    let found = verdict(verifier, &with_encoding(&headers, encoding), packed);
                    assert_eq!(found, expected, "{scheme:?} {encoding} {headers:?}");
                }
                match expected {
                    Ok(_) => accepted += 1,
                    Err(rejection) if rejected.contains(&rejection) => {}
                    Err(rejection) => rejected.push(rejection),
                }
            }
        }
    }
    assert!(accepted >= SCHEMES.len() * bodies().len() * 2, "{accepted}");
    for rejection in [
        Rejection::MissingSignature,
        Rejection::RepeatedSignature,
        Rejection::WrongLength,
        Rejection::Mismatch,
        Rejection::MissingPart,
        Rejection::MissingTimestamp,
        Rejection::MalformedTimestamp,
        Rejection::Expired,
    ] {
        assert!(rejected.contains(&rejection), "{rejection} in {rejected:?}");
    }
}

/// A fault of the signature is found before the body is unpacked, and one of the body before the rest is judged, whatever was
/// hashed until then.
#[test]
fn a_damaged_body_has_one_verdict_for_all_schemes() {
    for (scheme, verifiers) in verifiers() {
        for body in bodies() {
            let all = headers(&scheme, &body);
            let (sent, others) = all.split_first().unwrap();
            let packed = gzip(&body);
            let mut wrong_checksum = packed.clone();
            let at = packed.len() - 8;
            wrong_checksum[at] ^= 1;
            let more = [&packed[..], b"more"].concat();
            let damaged = [&packed[..at], &packed[..packed.len() / 2], &wrong_checksum[..], &[], &body[..], &more[..]];
            for (verifier, packed) in verifiers.iter().flat_map(|verifier| damaged.map(|packed| (verifier, packed))) {
                assert_eq!(verdict(verifier, &with_encoding(sent, "gzip"), packed), Err(Rejection::MissingPart));
                for headers in others {
                    // What is wrong beside it may be found first, but never that it does not match.
                    let found = verdict(verifier, &with_encoding(headers, "gzip"), packed);
                    let of_head = verdict(verifier, headers, &body);
                    let is_of_head = found == of_head && found != Err(Rejection::Mismatch);
                    assert!(found == Err(Rejection::MissingPart) || is_of_head, "{scheme:?} {headers:?}: {found:?}");
                }
            }
            // Whoever unpacks it unpacks all members, so all of them are the body.
            let (start, end) = body.split_at(body.len() / 2);
            let members = [gzip(start), gzip(end)].concat();
            assert!(verdict(&verifiers[0], &with_encoding(sent, "gzip"), &members).is_ok(), "{scheme:?}");
            let forged = [&packed[..], &gzip(b"another event")].concat();
            assert!(verdict(&verifiers[0], &with_encoding(sent, "gzip"), &forged).is_err(), "{scheme:?}");
            let twice = with_encoding(&with_encoding(sent, "gzip"), "gzip");
            assert_eq!(verdict(&verifiers[0], &twice, &packed), verdict(&verifiers[0], &twice, &gzip(b"another")));
            assert!(verdict(&verifiers[0], &twice, &packed).is_err());
        }
    }
}

/// A body that is too long is that, whether its signature is right or not.
#[test]
fn a_bomb_is_too_large_for_all_schemes() {
    let (longest, longer) = (vec![b' '; 1 << 20], vec![b' '; (1 << 20) + 1]);
    let (packed_longest, packed_longer) = (gzip(&longest), gzip(&longer));
    for (scheme, verifiers) in verifiers() {
        for (signed, is_right) in [(&longest, true), (&longer, false)] {
            let headers = with_encoding(&headers(&scheme, signed)[0], "gzip");
            let expected = verdict(&verifiers[0], &headers, &packed_longest);
            assert_eq!(expected.is_ok(), is_right, "{scheme:?}: {expected:?}");
            assert_eq!(verdict(&verifiers[0], &headers, &packed_longer), Err(Rejection::BodyTooLarge), "{scheme:?}");
        }
    }
}

/// A signature alone, without headers, is that of a body that is not packed; and the message has an identity all the same.
#[test]
fn a_body_that_is_not_packed_is_judged_as_it_is() {
    let getstream = Verifier::preset("getstream", Secret::new(SECRET)).unwrap();
    let body = br#"{"type": "message.new"}"#;
    let sent = headers(&Scheme::preset("getstream").unwrap(), body).remove(0);
    let (_, signature) = sent.iter().find(|(name, _)| name == "X-Signature").unwrap();
    assert!(getstream.verify_signature(signature, body).is_ok());
    let mut verdicts = [Err(Rejection::MissingSignature); 5];
    verify_batch(&[(&getstream, &signature[..], &body[..]); 5], &mut verdicts);
    assert!(verdicts.iter().all(Verdict::is_ok));
    let (packed, headers) = (gzip(body), with_encoding(&sent, "gzip"));
    let delivery = |headers, body| Delivery { method: "POST", url: URL, headers, body };
    let identity = getstream.identify(&delivery(&headers[..], &packed[..]));
    assert!(identity.is_some());
    assert_eq!(identity, getstream.identify(&delivery(&sent[..], &body[..])));
}
