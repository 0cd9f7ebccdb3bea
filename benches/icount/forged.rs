//! What a forged delivery costs, beside a good one of the same size, for every preset. `forged.py` runs this under callgrind, which
//! writes down what was counted before each call of `mark`.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, reason = "a measurement, not an interface")]

use std::hint::black_box;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use countersign::{Delivery, Message, Preset, Scheme, Secret, Verifier, presets};

/// Where callgrind stops counting and begins anew.
#[unsafe(no_mangle)]
#[inline(never)]
extern "C" fn mark(at: u32) {
    black_box(at);
}

const SECRET: &str = "44782def547aaa06c910c43932b1eb0c";
const URL: &str = "https://example.com/hooks?a=1";
const ADYEN: &str = "additionalData";

type Lines = Vec<(String, String)>;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(1_614_265_330)
}

struct Case {
    name: &'static str,
    verifier: Verifier,
    scheme: Scheme,
}

impl Case {
    fn of(preset: &'static Preset) -> Option<Self> {
        let scheme = Scheme::from_json(preset.json()).unwrap();
        // Whoever signs values of the URL or of the body needs a URL or a body of the kind, which is then no measure for others.
        if !scheme.is_core_alone() && !preset.json().contains("\"function\"") {
            return None;
        }
        // A token has no body to be forged.
        scheme.signer(Secret::new(SECRET)).ok()?;
        let verifier = scheme.verifier(Secret::new(SECRET)).unwrap();
        Some(Self { name: preset.name(), verifier, scheme })
    }

    fn own(&self) -> Lines {
        let own: &[(&str, &str)] = match self.name {
            "twilio" | "mandrill" => &[("Content-Type", "application/x-www-form-urlencoded")],
            "contentful" => &[("x-contentful-signed-headers", "x-contentful-signed-headers,x-contentful-timestamp")],
            "scalr" => &[("Date", "Thu 25 Feb 2021 15:02:10 UTC")],
            _ => &[],
        };
        own.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// A body of about this size, as such a sender makes it. `hostile`: as dear as its size allows.
    fn body(&self, size: usize, hostile: bool) -> String {
        match (self.name, hostile) {
            ("twilio" | "mandrill", false) => format!("a={}", "b".repeat(size - 2)),
            ("twilio" | "mandrill", true) => {
                let count = (size / 8).clamp(1, 1000);
                let name = "%41".repeat((size / count).saturating_sub(5) / 3);
                let parameters: Vec<String> = (0..count).map(|at| format!("{name}{:03}=", (at * 617) % 1000)).collect();
                parameters.join("&")
            }
            ("adyen", _) => {
                let item = |reason: &str| {
                    format!(
                        r#"{{"notificationItems":[{{"NotificationRequestItem":{{"pspReference":"1","reason":{reason},"{ADYEN}":{{}}}}}}]}}"#
                    )
                };
                if hostile {
                    item(&format!("[{}0]", "0,".repeat(size / 2)))
                } else {
                    item(&format!("\"{}\"", "r".repeat(size)))
                }
            }
            // Not a token: `twitter` refuses one, since its handshake signs it.
            _ => format!("{{{}", "b".repeat(size - 1)),
        }
    }

    fn signed(&self, body: &str) -> (Lines, String) {
        let own = self.own();
        let lines: Vec<(&str, &[u8])> = own.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let message =
            Message { method: "POST", url: URL, headers: &lines, body: body.as_bytes(), id: "msg_1", now: now() };
        let made = self.scheme.signer(Secret::new(SECRET)).unwrap().headers(&message).unwrap();
        if self.name == "adyen" {
            let data = format!(r#""{ADYEN}":{{"hmacSignature":"{}"}}"#, made[0].1);
            return (own, body.replace(&format!(r#""{ADYEN}":{{}}"#), &data));
        }
        ([own, made].concat(), body.to_owned())
    }

    fn verify(&self, headers: &Lines, body: &str) -> bool {
        let delivery = Delivery { method: "POST", url: URL, headers: &headers[..], body: body.as_bytes() };
        self.verifier.verify(&delivery, now()).is_ok()
    }
}

/// The last letter but three becomes another; no padding, no label.
fn forged(value: &str) -> String {
    let at = value.trim_end_matches('=').len() - 4;
    let other = if &value[at..=at] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &value[..at], &value[at + 1..])
}

fn main() {
    let sizes = [256, 4096, 65_536];
    let (mut at, mut labels) = (0, Vec::new());
    for case in presets().iter().filter_map(Case::of) {
        for size in sizes {
            let (good, body) = case.signed(&case.body(size, false));
            let header = case.verifier.header().to_owned();
            let mut kinds: Vec<(&str, Lines, String, bool)> = vec![("good", good.clone(), body.clone(), true)];
            let with = |change: &dyn Fn(&str) -> Option<String>| -> (Lines, String) {
                let of = |(name, value): &(String, String)| {
                    let value = if name.eq_ignore_ascii_case(&header) { change(value)? } else { value.clone() };
                    Some((name.clone(), value))
                };
                let mut other = body.clone();
                if case.name == "adyen" {
                    let start = body.find("hmacSignature\":\"").unwrap() + 16;
                    let value = &body[start..start + 44];
                    other = body.replace(value, &change(value).unwrap_or_default());
                }
                (good.iter().filter_map(of).collect(), other)
            };
            for (kind, change) in [
                ("mismatch", &(|value: &str| Some(forged(value))) as &dyn Fn(&str) -> Option<String>),
                ("missing", &|_: &str| None),
                ("short", &|value: &str| Some(value[..value.len() - 6].to_owned())),
            ] {
                let (lines, body) = with(change);
                kinds.push((kind, lines, body, false));
            }
            let dear = case.body(size, true);
            if dear != case.body(size, false) {
                let (lines, body) = case.signed(&dear);
                let lines = lines.into_iter().map(|(name, value)| {
                    let value = if name.eq_ignore_ascii_case(&header) { forged(&value) } else { value };
                    (name, value)
                });
                let body = match body.find("hmacSignature\":\"") {
                    Some(start) => body.replace(&body[start + 16..start + 60], &forged(&body[start + 16..start + 60])),
                    None => body,
                };
                kinds.push(("hostile", lines.collect(), body, false));
            }
            for (kind, lines, body, expected) in kinds {
                // Once before, so that what is done once is not counted.
                assert_eq!(case.verify(&lines, &body), expected, "{} {kind}", case.name);
                mark(at);
                black_box(case.verify(black_box(&lines), black_box(&body)));
                mark(at + 1);
                labels.push(format!("{} {size} {kind} {}", case.name, body.len()));
                at += 2;
            }
        }
    }
    println!("{}", labels.join("\n"));
}
