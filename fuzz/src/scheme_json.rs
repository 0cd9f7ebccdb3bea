//! Claims: no text makes the reader of schemes panic. What it refuses, it refuses in a few words that name the place.
//! What it takes makes a verifier with a fitting secret, and a signer whose lines that verifier takes until the body is
//! changed. Explaining a rejection does no harm, and shows neither the secret nor the right signature.

use std::time::{Duration, SystemTime};

use countersign::{Delivery, MAX_VALUE, Message, Rejection, Scheme, Secret};
use serde::de::IgnoredAny;
use serde_json::Value;

const BODY: &[u8] = br#"{"order": 1001}"#;
const NOW: u64 = 1_614_265_330;
const URL: &str = "https://example.com/in?a=1";

/// Reads `data` as a scheme.
pub fn run(data: &[u8]) -> Option<u8> {
    let text = str::from_utf8(data).ok()?;
    let value = serde_json::from_str::<Value>(text).ok();
    let scheme = match Scheme::from_json(text) {
        Ok(scheme) => scheme,
        Err(error) => {
            let blamed = error.message().starts_with("not valid JSON");
            assert!(blamed || serde_json::from_str::<IgnoredAny>(text).is_ok(), "syntax not blamed: {error}");
            assert!(!blamed || value.is_none(), "syntax blamed: {error}");
            let lines = 1 + text.matches('\n').count();
            assert!(error.line().is_some_and(|line| (1..=lines).contains(&line)), "no such line: {error}");
            let told = error.to_string();
            assert!(told.len() <= 1024, "{} bytes: {told}", told.len());
            assert!(!told.chars().any(char::is_control), "{told:?}");
            return Some(error.kind().code());
        }
    };
    let value = value.expect("accepted, so it is valid JSON");
    let said = value.to_string();

    let secret = || match value["secret"].as_str() {
        Some("BASE64") => Secret::new("whsec_c2VjcmV0IG9mIHRoaXMgdGVzdA=="),
        Some("HEXA_DECIMAL") => Secret::new("73656372657420696e20746869732074657374"),
        _ => Secret::new("secret in this test"),
    };
    let verifier = scheme.verifier(secret()).expect("the secret fits");
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(NOW);
    let line = |name: &str| match name {
        _ if name.eq_ignore_ascii_case("date") => &b"Thu, 25 Feb 2021 15:02:10 GMT"[..],
        _ => b"application/x-www-form-urlencoded",
    };
    let named: Vec<(String, &[u8])> =
        signed_headers(&value).into_iter().map(|name| (name.clone(), line(&name))).collect();
    let mut own: Vec<(&str, &[u8])> = named.iter().map(|(name, line)| (name.as_str(), *line)).collect();
    if value["function"] == "contentful" {
        own.push(("x-contentful-signed-headers", b"x-contentful-timestamp,x-contentful-signed-headers"));
    }
    let wrong = [&own[..], &[(verifier.header(), b"v1=00")]].concat();
    let hidden = ["secret in this test", "c2VjcmV0IG9mIHRoaXMg", "73656372657420696e20"];
    explain(&scheme, secret(), &wrong, now, &said, &hidden);

    let signer = match scheme.signer(secret()) {
        Ok(signer) => signer,
        Err(error) => {
            assert!(value.get("token").is_some(), "{error}");
            return Some(error.kind().code());
        }
    };
    let message = Message { method: "POST", url: URL, headers: &own, body: BODY, id: "msg_1", now };
    let lines = match signer.headers(&message) {
        Ok(lines) => lines,
        Err(error) => {
            // All parts are there; but one may hold what bounds it.
            let is_cut = error.to_string().contains(Rejection::MissingPart.message());
            assert!(value.get("function").is_some() || is_cut || !can_be_sent(&value), "{error}: {text}");
            return Some(0);
        }
    };
    let mut headers: Vec<(&str, &[u8])> = own
        .iter()
        .filter(|(name, _)| !lines.iter().any(|(other, _)| other.eq_ignore_ascii_case(name)))
        .copied()
        .collect();
    headers.extend(lines.iter().map(|(name, line)| (name.as_str(), line.as_bytes())));
    let verdict =
        |body: &[u8]| verifier.verify(&Delivery { method: "POST", url: URL, headers: &headers[..], body }, now);
    let (whole, other) = (verdict(BODY), verdict(br#"{"order": 1002}"#));
    if value["function"] != "adyen" {
        assert!(whole.is_ok() || !can_be_sent(&value), "{whole:?}: {text}, {lines:?}");
        assert!(other.is_err(), "another body is taken: {text}, {lines:?}");
    }
    // A delivery with the right signature and another body: what it lacks must not be told.
    let (_, right) = lines.last().expect("the signature's");
    let broken: Vec<_> =
        headers.iter().map(|(name, line)| (*name, if *line == right.as_bytes() { b"v1=00" } else { *line })).collect();
    let tag: String = right.chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
    explain(&scheme, secret(), &broken, now, &said, &[&tag]);
    Some(0)
}

/// Explains a delivery, in words that hold nothing of what is `hidden`, unless the scheme itself says it: the fuzzer sees with
/// what is compared, and puts it there.
fn explain(scheme: &Scheme, secret: Secret, headers: &[(&str, &[u8])], now: SystemTime, said: &str, hidden: &[&str]) {
    let delivery = Delivery { method: "POST", url: URL, headers, body: BODY };
    let told = match scheme.explain(secret, &delivery, now) {
        Ok(explanation) => format!("{explanation} {explanation:?}"),
        Err(error) => format!("{error} {error:?}"),
    };
    for hidden in hidden.iter().filter(|hidden| !said.contains(**hidden)) {
        assert!(!told.contains(*hidden), "{told}");
    }
}

/// The names of the headers that the template signs.
fn signed_headers(value: &Value) -> Vec<String> {
    let template = value["signed"].as_str().unwrap_or_default().replace("{{", "");
    let names = template.split("{header:").skip(1).filter_map(|rest| rest.split('}').next());
    let mut names: Vec<String> = names.map(str::to_owned).collect();
    names.sort_by_key(|name| name.to_ascii_lowercase());
    names.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
    names
}

/// Whether this scheme can be spoken at all. A sender who tries others finds himself rejected, if he can sign.
fn can_be_sent(value: &Value) -> bool {
    let signature = &value["signature"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_ascii_lowercase();
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    let own: Vec<String> = listed(&signature["header"]).iter().map(text).collect();
    let sources = [text(&value["timestamp"]["from"]), text(&value["id"]["from"])];
    let mut read: Vec<String> = signed_headers(value).iter().map(|name| name.to_ascii_lowercase()).collect();
    read.extend(sources.iter().filter_map(|source| source.strip_prefix("header:")).map(str::to_owned));
    let infers = value["algorithm"] == "INFER_FROM_HEADER";
    let circular = read.iter().any(|name| own.contains(name) || (infers && *name == "x-fivetran-hmac-algorithm"));
    // The separator stands in a date, in the id `msg_1`, or in the place of a field that nobody reads.
    let split = matches!(text(&signature["format"]).as_str(), "pairs" | "positional")
        && matches!(text(&signature["separator"]).as_str(), "-" | ":" | "_");
    let blank = text(&signature["prefix"]).starts_with([' ', '\t']);
    let same = !sources[0].is_empty() && sources[0] == sources[1];
    let long = signature.to_string().len() > MAX_VALUE / 2;
    !(circular || split || blank || same || long)
}
