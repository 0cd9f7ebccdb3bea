//! Looks for a second cut: another delivery with the signed text of a genuine one.
//!
//! Of bytes it makes a scheme and a genuine delivery, joins what is signed, and cuts that elsewhere, in ways that could
//! have been parts. Claim: nobody signs or takes the parts of another cut. The fuzz target `cut` and the test `cuts` share it.

use std::sync::LazyLock;
use std::time::SystemTime;

use countersign::engine::{
    Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Key, Scheme as CoreScheme, Source, TimeUnit, Timestamp,
    TimestampRule, Verifier as CoreVerifier,
};
use countersign::{Delivery, Rejection, Scheme, Secret, Verifier, presets};

/// The presets whose sender leaves no choice: one signature fits several deliveries. `tests/cuts.rs` shows two for each.
pub(crate) const AMBIGUOUS: [&str; 3] = ["adyen", "mandrill", "twilio"];

/// The presets whose URL touches the body: a query that is not known to the receiver can be cut elsewhere. Method and URL are the
/// receiver's own everywhere else here, with path and query; `tests/cuts.rs` finds a second cut for each of these, and for no other.
#[allow(dead_code, reason = "the fuzz target has no use for it")]
pub(crate) const QUERY_TOUCHES: [&str; 5] = ["hubspot", "mandrill", "square", "trello", "twilio"];

type Plain = CoreVerifier<[Key; 1], String>;

/// What came of the bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tried {
    /// Whether the scheme was one that may be had.
    pub(crate) accepted: bool,
    /// Whether the parts could be signed.
    pub(crate) signed: bool,
    /// How many other cuts were found, and refused.
    pub(crate) cuts: usize,
}

/// Other cuts that are looked for in one signed text.
const CUTS: usize = 8;

/// Bytes that decide; zeros when they are used up.
struct Choices<'d>(&'d [u8]);

impl Choices<'_> {
    fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count.max(1)
    }

    fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(Vec<u8>),
    /// One of [`HEADERS`], by its place there.
    Header(usize),
    Body,
    Timestamp,
    Id,
    Known(&'static str),
}

/// What a delivery says, as far as it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Parts {
    timestamp: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    headers: [Option<Vec<u8>>; 3],
    body: Vec<u8>,
}

const HEADERS: [&str; 3] = ["X-A", "X-B", "Date"];
const METHOD: &str = "POST";
const URL: &str = "https://example.com/in?a=1";
const NAMES: [&str; 4] = ["X-Sign", "X-Time", "X-Id", "X-Other"];

const MOMENTS: [&str; 12] = [
    "1700000000",
    "1700000000000",
    "2021-02-25T15:02:10Z",
    "1",
    "11",
    "17000000001",
    "170000000",
    "2021-02-25T15:02:10.17Z",
    "2021-02-25T15:02:10+01:00",
    "1700000001",
    "1711111111111",
    "0",
];
const LITERALS: [&str; 16] = [".", ":", "::", "\n", "a", "aba", "0", "1", "T", "Z", "{{", "}}", "v0:", ";", "-", "GMT"];
/// What ids, headers and bodies are made of, beside moments and the literals of the template.
const WORDS: [&str; 14] = [
    "a",
    "b",
    "msg_1",
    "{}",
    " ",
    "",
    "0",
    "1",
    "ab",
    "Thu, 25 Feb 2021 15:02:10 GMT",
    "Thu 25 Feb 2021 15:02:10 UTC",
    METHOD,
    URL,
    "2",
];

static KEY: LazyLock<Key> = LazyLock::new(|| Key::hmac(Algorithm::Sha256, b"a secret").expect("not empty"));

/// The presets that a template says, or a function that says no more of the body and of ids than it does.
static PRESETS: LazyLock<Vec<Plain>> = LazyLock::new(|| {
    let signing =
        presets().iter().filter(|preset| !AMBIGUOUS.contains(&preset.name()) && preset.name() != "contentful");
    let scheme = |json| match Scheme::from_json(json).expect("it ships").core() {
        CoreScheme::Hmac(scheme) => Some(scheme.clone()),
        _ => None,
    };
    let verifier = |scheme: HmacScheme<String>| {
        let scheme = HmacScheme { algorithm: AlgorithmRule::Fixed(Algorithm::Sha256), ..scheme };
        CoreVerifier::new(CoreScheme::Hmac(scheme), [KEY.clone()]).expect("it ships")
    };
    signing.filter_map(|preset| scheme(preset.json())).map(verifier).collect()
});

/// Looks for second cuts of what `data` describes. Panics if there is one.
pub(crate) fn run(data: &[u8]) -> Tried {
    let mut choices = Choices(data);
    match choices.below(8) {
        0 | 1 => {
            let preset = choices.below(PRESETS.len());
            template(&PRESETS[preset], &mut choices)
        }
        2 => contentful(&mut choices),
        _ => match scheme(&mut choices) {
            Some(verifier) => template(&verifier, &mut choices),
            None => Tried::default(),
        },
    }
}

/// A scheme of any template, if it may be had.
fn scheme(choices: &mut Choices<'_>) -> Option<Plain> {
    let count = 1 + choices.below(6);
    let mut pieces: Vec<&str> = (0..count)
        .map(|_| match choices.below(10) {
            0 | 1 => "{id}",
            2 | 3 => "{timestamp}",
            4 => choices.of(&["{header:X-A}", "{header:X-B}", "{header:Date}", "{header:X-Time}"]),
            5 => choices.of(&["{method}", "{url}"]),
            _ => choices.of(&LITERALS),
        })
        .collect();
    pieces.insert(choices.below(count + 1), "{body}");
    let [header, time, id, _] = NAMES.map(String::from);
    let unit = choices.of(&TimeUnit::ALL);
    let scheme = HmacScheme {
        header,
        format: Format::Bare,
        algorithm: AlgorithmRule::Fixed(Algorithm::Sha256),
        encoding: Encoding::HexaDecimal,
        signed: Some(pieces.concat()),
        timestamp: Some(TimestampRule { from: Source::Header(time), unit, tolerance: None }),
        id: Some(Source::Header(id)),
    };
    CoreVerifier::new(CoreScheme::Hmac(scheme), [KEY.clone()]).ok()
}

fn template(verifier: &Plain, choices: &mut Choices<'_>) -> Tried {
    let CoreScheme::Hmac(scheme) = verifier.scheme() else { unreachable!("of these alone") };
    let parts = taken_apart(scheme);
    let mut genuine = Parts { body: value(&parts, choices), ..Parts::default() };
    for part in &parts {
        match part {
            Part::Timestamp => genuine.timestamp = Some(choices.of(&MOMENTS).into()),
            Part::Id => genuine.id = Some(value(&parts, choices)),
            Part::Header(at) => genuine.headers[*at] = Some(value(&parts, choices)),
            _ => {}
        }
    }
    if sign(verifier, scheme, &genuine).is_err() {
        return Tried { accepted: true, ..Tried::default() };
    }
    let (text, mut cuts) = (joined(&parts, &genuine), 0);
    for _ in 0..CUTS {
        let Some(other) = recut(scheme, &parts, &text, choices).filter(|other| *other != genuine) else { continue };
        assert_eq!(joined(&parts, &other), text);
        cuts += 1;
        let signed = sign(verifier, scheme, &other);
        assert!(signed.is_err(), "a second cut of {:?}: {genuine:?} and {other:?}", scheme.template());
        let verdict = verify(verifier, scheme, &genuine, &other);
        let is_early = matches!(
            verdict,
            Err(Rejection::MissingPart | Rejection::MalformedTimestamp | Rejection::MalformedSignature)
        );
        assert!(is_early, "{verdict:?}: a second cut of {:?}: {genuine:?} and {other:?}", scheme.template());
    }
    Tried { accepted: true, signed: true, cuts }
}

/// The template, taken apart.
fn taken_apart(scheme: &HmacScheme<String>) -> Vec<Part> {
    let is_time = |name: &str| match scheme.timestamp.as_ref().map(|rule| &rule.from) {
        Some(Source::Header(from)) => from.eq_ignore_ascii_case(name),
        _ => false,
    };
    let (mut parts, mut rest) = (Vec::new(), scheme.template());
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' if rest.starts_with("{{") => 2,
            '}' => 2,
            '{' => rest.find('}').expect("it was accepted") + 1,
            _ => rest.find(['{', '}']).unwrap_or(rest.len()),
        };
        let (piece, behind) = rest.split_at(length);
        parts.push(match piece {
            "{body}" => Part::Body,
            "{timestamp}" => Part::Timestamp,
            "{id}" => Part::Id,
            "{method}" => Part::Known(METHOD),
            "{url}" => Part::Known(URL),
            "{{" | "}}" => Part::Text(piece.as_bytes()[1..].into()),
            _ => match piece.strip_prefix("{header:").and_then(|name| name.strip_suffix('}')) {
                Some(name) if is_time(name) => Part::Timestamp,
                Some(name) => Part::Header(HEADERS.iter().position(|header| *header == name).expect("one of these")),
                None => Part::Text(piece.into()),
            },
        });
        rest = behind;
    }
    parts
}

/// Something that an id, a header or a body could say, mostly made of what stands around it.
fn value(parts: &[Part], choices: &mut Choices<'_>) -> Vec<u8> {
    let literals: Vec<&[u8]> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(&text[..]),
            _ => None,
        })
        .collect();
    let count = choices.below(7);
    let mut value = Vec::new();
    for _ in 0..count {
        match choices.below(4) {
            0 if !literals.is_empty() => value.extend_from_slice(choices.of(&literals)),
            1 => value.extend_from_slice(choices.of(&MOMENTS).as_bytes()),
            _ => value.extend_from_slice(choices.of(&WORDS).as_bytes()),
        }
    }
    value
}

fn joined(parts: &[Part], said: &Parts) -> Vec<u8> {
    let some = |value: &Option<Vec<u8>>| value.clone().expect("of all parts");
    parts
        .iter()
        .flat_map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Known(text) => text.as_bytes().to_vec(),
            Part::Body => said.body.clone(),
            Part::Timestamp => some(&said.timestamp),
            Part::Id => some(&said.id),
            Part::Header(at) => some(&said.headers[*at]),
        })
        .collect()
}

/// Cuts a text in some way that the template allows, whatever the rules for its parts are.
fn recut(scheme: &HmacScheme<String>, parts: &[Part], text: &[u8], choices: &mut Choices<'_>) -> Option<Parts> {
    let unit = scheme.timestamp.as_ref().map_or(TimeUnit::Seconds, |rule| rule.unit);
    let body = parts.iter().position(|part| *part == Part::Body)?;
    let mut said = Parts::default();
    let mut rest = text;
    for (at, part) in parts[..body].iter().enumerate() {
        let length = length(part, parts.get(at + 1), &said, rest, unit, true, choices)?;
        let (value, behind) = rest.split_at(length);
        said.set(part, value);
        rest = behind;
    }
    for (at, part) in parts.iter().enumerate().skip(body + 1).rev() {
        let length = length(part, parts.get(at - 1), &said, rest, unit, false, choices)?;
        let (front, value) = rest.split_at(rest.len() - length);
        said.set(part, value);
        rest = front;
    }
    said.body = rest.into();
    Some(said)
}

/// How long a part could be at the front of a text, or at its end.
fn length(
    part: &Part,
    beside: Option<&Part>,
    said: &Parts,
    text: &[u8],
    unit: TimeUnit,
    front: bool,
    choices: &mut Choices<'_>,
) -> Option<usize> {
    let piece = |length: usize| if front { &text[..length] } else { &text[text.len() - length..] };
    let rest = |length: usize| if front { &text[length..] } else { &text[..text.len() - length] };
    let fits = |wanted: &[u8]| (text.len() >= wanted.len() && piece(wanted.len()) == wanted).then_some(wanted.len());
    let known = match part {
        Part::Text(text) => Some(&text[..]),
        Part::Known(text) => Some(text.as_bytes()),
        Part::Timestamp => said.timestamp.as_deref(),
        Part::Id => said.id.as_deref(),
        Part::Header(at) => said.headers[*at].as_deref(),
        Part::Body => None,
    };
    if let Some(known) = known {
        return fits(known);
    }
    let could_be = |length: &usize| match (part, beside) {
        (Part::Timestamp, _) => Timestamp::parse(piece(*length), unit).is_some(),
        _ if *length == 0 => false,
        (_, Some(Part::Text(literal))) if front => rest(*length).starts_with(literal),
        (_, Some(Part::Text(literal))) => rest(*length).ends_with(literal),
        (_, Some(Part::Timestamp)) if front => rest(*length).first().is_some_and(u8::is_ascii_digit),
        _ => true,
    };
    let lengths: Vec<usize> = (0..=text.len()).filter(could_be).collect();
    if lengths.is_empty() { None } else { Some(choices.of(&lengths)) }
}

impl Parts {
    fn set(&mut self, part: &Part, value: &[u8]) {
        match part {
            Part::Timestamp => self.timestamp = Some(value.into()),
            Part::Id => self.id = Some(value.into()),
            Part::Header(at) => self.headers[*at] = Some(value.into()),
            Part::Text(_) | Part::Known(_) | Part::Body => {}
        }
    }
}

/// The header lines that say so, apart from the signature's.
fn lines(scheme: &HmacScheme<String>, said: &Parts) -> Vec<(String, Vec<u8>)> {
    let mut lines = Vec::new();
    for (source, value) in
        [(scheme.timestamp.as_ref().map(|rule| &rule.from), &said.timestamp), (scheme.id.as_ref(), &said.id)]
    {
        if let Some(Source::Header(name)) = source {
            // What is not signed may say anything.
            lines.push((
                name.clone(),
                value.clone().unwrap_or_else(|| match scheme.timestamp.as_ref().map(|rule| rule.unit) {
                    Some(TimeUnit::Rfc3339) => MOMENTS[2].into(),
                    Some(TimeUnit::Milliseconds) => MOMENTS[1].into(),
                    _ => MOMENTS[0].into(),
                }),
            ));
        }
    }
    let headers =
        HEADERS.iter().zip(&said.headers).filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
    lines.extend(headers);
    lines
}

fn sign(verifier: &Plain, scheme: &HmacScheme<String>, said: &Parts) -> Result<Vec<u8>, Rejection> {
    let lines = lines(scheme, said);
    // A header value is trimmed, so another with blanks is not another value.
    let blank = |value: &Vec<u8>| value.starts_with(b" ") || value.ends_with(b" ");
    if said.headers.iter().flatten().chain(&said.id).any(blank) {
        return Err(Rejection::MissingPart);
    }
    let delivery = Delivery { method: METHOD, url: URL, headers: &lines[..], body: &said.body };
    let tag = verifier.sign(&delivery, said.timestamp.as_deref(), said.id.as_deref())?;
    Ok(tag.as_bytes().to_vec())
}

/// The verdict on another cut under the signature of the genuine one, where that stands in a header of its own.
fn verify(verifier: &Plain, scheme: &HmacScheme<String>, genuine: &Parts, other: &Parts) -> Result<(), Rejection> {
    if scheme.header != NAMES[0] {
        return Err(Rejection::MissingPart);
    }
    let blank = |value: &Vec<u8>| value.starts_with(b" ") || value.ends_with(b" ");
    if other.headers.iter().flatten().chain(&other.id).any(blank) {
        return Err(Rejection::MissingPart);
    }
    let signature = hex(&sign(verifier, scheme, genuine)?);
    let mut lines = lines(scheme, other);
    lines.push((scheme.header.clone(), signature.into_bytes()));
    let delivery = Delivery { method: METHOD, url: URL, headers: &lines[..], body: &other.body };
    let now = Timestamp::from_seconds(0);
    let verdict = verifier.verify(&delivery, now).map(|_| ());
    if let Ok(streaming) = verifier.streaming() {
        let streamed = streaming.begin(&delivery.head(), now).and_then(|mut stream| {
            stream.update(&other.body);
            stream.finish()
        });
        assert_eq!(streamed.map(|_| ()), verdict);
    }
    verdict
}

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("below 16");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Contentful's canonical request, whose headers are named by one of them.
fn contentful(choices: &mut Choices<'_>) -> Tried {
    static SCHEME: LazyLock<Scheme> = LazyLock::new(|| Scheme::preset("contentful").expect("it ships"));
    static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| SCHEME.verifier(Secret::new("a secret")).expect("it ships"));
    const LIST: &str = "x-contentful-signed-headers";
    const TIME: &str = "x-contentful-timestamp";
    const NAMES: [&str; 5] = [LIST, TIME, "a", "b", "c"];
    const INSIDE: [&str; 14] = [
        "1",
        ";",
        ":",
        "a",
        "b",
        ";a:",
        ";b:",
        ";c:",
        ";x-contentful-signed-headers:",
        ";x-contentful-timestamp:1700000000000",
        LIST,
        ",",
        "a,b",
        "a,x-contentful-timestamp,x-contentful-signed-headers",
    ];
    let count = 2 + choices.below(4);
    let mut names: Vec<&str> = NAMES[..count].to_vec();
    names.swap(0, choices.below(count));
    names.swap(1, choices.below(count));
    let mut said: Vec<(String, String)> = Vec::new();
    for name in &names {
        let words = choices.below(4);
        said.push((
            (*name).to_owned(),
            match *name {
                LIST => names.join(","),
                TIME => choices.of(&["1700000000000", "1700000000001"]).to_owned(),
                _ => (0..=words).map(|_| choices.of(&INSIDE)).collect(),
            },
        ));
    }
    let body = choices.of(&["", "{}", "\n{}"]);
    let canonical = |said: &[(String, String)]| {
        let lines: Vec<String> = said.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        lines.join(";")
    };
    let text = canonical(&said);
    let tag =
        KEY.sign(&[METHOD.as_bytes(), b"\n/in?a%253D1\n", text.as_bytes(), b"\n", body.as_bytes()]).expect("no token");
    let signature = hex(tag.as_bytes());
    let verdict = |said: &[(String, String)]| {
        let mut lines: Vec<(&str, &[u8])> =
            said.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        lines.push(("x-contentful-signature", signature.as_bytes()));
        let delivery = Delivery { method: METHOD, url: URL, headers: &lines[..], body: body.as_bytes() };
        VERIFIER.verify(&delivery, SystemTime::UNIX_EPOCH).map(|_| ())
    };
    // Both moments are ahead of the epoch, so what is genuine comes from the future.
    if !matches!(verdict(&said), Ok(()) | Err(Rejection::FromFuture)) {
        return Tried { accepted: true, ..Tried::default() };
    }
    let mut cuts = 0;
    for _ in 0..CUTS {
        // Some of the `;` part two headers, the others are of values.
        let mut other: Vec<(String, String)> = Vec::new();
        for item in text.split(';') {
            match (item.split_once(':'), other.last_mut()) {
                (Some((name, value)), None) => other.push((name.to_owned(), value.to_owned())),
                (Some((name, value)), _) if choices.below(3) > 0 => other.push((name.to_owned(), value.to_owned())),
                (_, Some((_, last))) => last.extend([";", item]),
                (None, None) => break,
            }
        }
        if other == said || canonical(&other) != text {
            continue;
        }
        cuts += 1;
        let verdict = verdict(&other);
        assert!(!matches!(verdict, Ok(()) | Err(Rejection::FromFuture)), "a second cut: {said:?} and {other:?}");
    }
    Tried { accepted: true, signed: true, cuts }
}
