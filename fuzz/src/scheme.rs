//! Claims: a scheme is accepted where the written rules accept it. Whatever is sent, verdict, algorithm and secret are
//! those of the plain verifier in `plain.rs`, in pieces as well as whole. What a sender signs by an accepted scheme is
//! authentic, and a mismatch once one byte of the body is another.

use arbitrary::{Arbitrary, Unstructured};
use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Delivery, Format, HmacScheme, Key, MAX_VALUE, Rejection, Scheme,
    SecretSet, Source, TimeUnit, Timestamp, TimestampRule, Tolerance, Verified, Verifier,
};

use crate::line::{Edit, encode};
use crate::plain::{Sent, is_valid, judge};
use crate::setting::{Setting, of};
use crate::stream::split;
use crate::timestamp::Text;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    setting: Setting,
    parts: Parts<'a>,
    /// Bits of the secrets that do not count.
    unusable: u8,
    #[arbitrary(with = of(&["POST", "GET", "", "p\u{e9}"]))]
    method: &'static str,
    #[arbitrary(with = of(&["https://example.com/in?a=1", "/", ""]))]
    url: &'static str,
    /// The message's id and moment; without a moment, that of `now`.
    id: &'a str,
    moment: Option<Text<'a>>,
    now: i64,
    /// How far from the signed moment the delivery arrives, in place of `now`.
    delay: Option<i32>,
    /// Lines that are sent anyway.
    own: Vec<(Name, &'a [u8])>,
    accidents: Vec<Accident<'a>>,
    cuts: Vec<u16>,
    body: &'a [u8],
}

/// The parts of a scheme.
#[derive(Arbitrary, Debug)]
struct Parts<'a> {
    header: Name,
    further: Vec<Name>,
    form: Form<'a>,
    separator: Separator,
    signed: Option<Vec<Piece<'a>>>,
    /// Where `{body}` is put in; nowhere, if there is none.
    body_at: Option<u8>,
    timestamp: Option<(Place<'a>, Unit)>,
    tolerance: Option<(u16, u16)>,
    id: Option<Place<'a>>,
}

#[derive(Arbitrary, Debug)]
enum Form<'a> {
    Bare,
    Labelled,
    Prefixed(Word<'a>, bool),
    Pairs(Word<'a>),
    List(Word<'a>),
    Positional(Vec<Word<'a>>, u8),
}

#[derive(Debug, Arbitrary)]
struct Separator(#[arbitrary(with = of(b",; |:./-_+=&a\t\x7f\xff"))] u8);

#[derive(Debug, Arbitrary)]
struct Unit(#[arbitrary(with = of(&crate::timestamp::UNITS))] TimeUnit);

#[derive(Debug, Arbitrary)]
struct Name(
    #[arbitrary(with = of(&["X-Sign", "X-Time", "X-Id", "X-More", "x-sign", "X-Sign-2", ALGORITHM_HEADER, "", "X Y", "\u{e9}"]))]
     &'static str,
);

/// A key, a version, a prefix or the name of a field.
#[derive(Debug, Arbitrary)]
enum Word<'a> {
    Known(#[arbitrary(with = of(&["v1", "t", "id", "signature", "v0=", "sha256=", "V1"]))] &'static str),
    Any(&'a str),
}

#[derive(Debug, Arbitrary)]
enum Piece<'a> {
    Known(
        #[arbitrary(with = of(&["{timestamp}", ".", "{id}", "{method}", "{url}", "{{", "}}", "{body}", "\n"]))]
        &'static str,
    ),
    Header(Name),
    Any(&'a str),
}

/// Where the timestamp or the id stands.
#[derive(Debug, Arbitrary)]
enum Place<'a> {
    Header(Name),
    Signature(Word<'a>),
}

/// What happens to a line on its way. Lines are counted on from the first when they end.
#[derive(Debug, Arbitrary)]
enum Accident<'a> {
    Edit(u8, Edit<'a>),
    Drop(u8),
    Double(u8),
    Rename(u8, Name),
    /// More signatures of the same secret, or another: as many as the format can hold, and more.
    Append(u8, u8),
}

impl Word<'_> {
    fn text(&self) -> String {
        match self {
            Self::Known(text) => (*text).to_owned(),
            Self::Any(text) => (*text).to_owned(),
        }
    }
}

impl Place<'_> {
    fn source(&self) -> Source<String> {
        match self {
            Self::Header(name) => Source::Header(name.0.to_owned()),
            Self::Signature(key) => Source::Signature(key.text()),
        }
    }
}

impl Parts<'_> {
    fn scheme(&self, setting: &Setting) -> HmacScheme<String> {
        let setup = setting.setup();
        let separator = self.separator.0;
        let format = match &self.form {
            Form::Bare => Format::Bare,
            Form::Labelled => Format::Labelled,
            Form::Prefixed(prefix, one) => {
                Format::Prefixed { prefix: prefix.text(), separator: (!one).then_some(separator) }
            }
            Form::Pairs(key) => Format::Pairs { separator, mark: b'=', key: key.text() },
            Form::List(version) => Format::List { separator, version: version.text() },
            Form::Positional(fields, own) => {
                let mut fields: Vec<String> = fields.iter().map(Word::text).collect();
                fields.insert(usize::from(*own) % (fields.len() + 1), "signature".to_owned());
                Format::Positional { separator, fields: fields.join(",") }
            }
        };
        let signed = self.signed.as_ref().map(|pieces| {
            let mut pieces: Vec<String> = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Known(text) => (*text).to_owned(),
                    Piece::Header(name) => format!("{{header:{}}}", name.0),
                    Piece::Any(text) => (*text).to_owned(),
                })
                .collect();
            if let Some(at) = self.body_at {
                pieces.insert(usize::from(at) % (pieces.len() + 1), "{body}".to_owned());
            }
            // Few ids and headers may touch what is next to them.
            if self.body_at.is_some_and(|at| at % 4 == 2) { pieces.join("\n") } else { pieces.concat() }
        });
        let names: Vec<_> = [&self.header].into_iter().chain(&self.further).map(|name| name.0).collect();
        HmacScheme {
            header: names.join(","),
            format,
            algorithm: match setup.fixed {
                Some(fixed) => AlgorithmRule::Fixed(fixed),
                None => AlgorithmRule::Infer { header: ALGORITHM_HEADER.to_owned() },
            },
            encoding: setup.encoding,
            signed,
            timestamp: self.timestamp.as_ref().map(|(from, unit)| TimestampRule {
                from: from.source(),
                unit: unit.0,
                tolerance: self.tolerance.map(|(past, future)| Tolerance { past: past.into(), future: future.into() }),
            }),
            id: self.id.as_ref().map(Place::source),
        }
    }
}

/// Signs and verifies by the scheme that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let (setup, scheme) = (input.setting.setup(), input.parts.scheme(&input.setting));
    let algorithms = setup.fixed.map_or_else(|| setup.accept.clone(), |fixed| vec![fixed]);
    let pairs = algorithms.iter().flat_map(|&algorithm| setup.secrets.iter().map(move |secret| (algorithm, secret)));
    let keys: Vec<Key> =
        pairs.map(|(algorithm, secret)| Key::hmac(algorithm, secret).expect("no secret is empty")).collect();
    let made = Verifier::new(Scheme::Hmac(scheme.clone()), keys);
    assert_eq!(made.is_ok(), is_valid(&scheme), "{:?}, {scheme:?}", made.as_ref().err());
    let verifier = match made {
        Ok(verifier) => verifier,
        Err(error) => return Some(error.code()),
    };
    let usable: Vec<bool> = (0..8).map(|index| input.unusable >> index & 1 == 0).collect();
    let set = (0..8).filter(|&index| usable[index]).fold(SecretSet::NONE, SecretSet::with);
    let Input { method, url, body, .. } = input;

    // 1. An honest sender.
    let unit = scheme.timestamp.as_ref().map_or(TimeUnit::Seconds, |rule| rule.unit);
    let (stamp, now) = moments(&input, unit);
    let honest = sign(&input, &scheme, &verifier, &stamp);
    let verdicts = |lines: &[(String, Vec<u8>)], body: &[u8], set: SecretSet, usable: &[bool]| {
        let sent = Sent { method, url, lines, body, now };
        let delivery = Delivery { method, url, headers: lines, body };
        let now = Timestamp::from_milliseconds(now);
        let verdict = verifier.verify_using(set, &delivery, now);
        let expected = judge(&scheme, &setup, usable, &sent);
        let plain = verdict.map(told).map_err(Rejection::code);
        assert_eq!(plain, expected, "{scheme:?}, {}, {input:?}", shown(lines));
        if let Ok(streaming) = verifier.streaming() {
            let streamed = streaming.begin_using(set, &delivery.head(), now).and_then(|mut stream| {
                split(body, &input.cuts).into_iter().for_each(|piece| stream.update(piece));
                stream.finish()
            });
            assert_eq!(streamed, verdict, "in pieces: {scheme:?}, {}, {input:?}", shown(lines));
        }
        if verdict.is_ok() {
            let identity = verifier.identify(&delivery);
            assert!(identity.is_some(), "{scheme:?}, {}", shown(lines));
        }
        plain
    };
    if let Some(lines) = &honest {
        let verdict = verdicts(lines, body, SecretSet::ALL, &[true; 8]);
        if can_be_sent(&scheme, &stamp, input.id.as_bytes(), lines) {
            let stale = [Rejection::Expired, Rejection::FromFuture].map(|rejection| Err(rejection.code()));
            assert!(
                verdict.is_ok() || stale.contains(&verdict),
                "{verdict:?}: {scheme:?}, {}, {input:?}",
                shown(lines)
            );
            let mut other = body.to_vec();
            match other.first_mut() {
                Some(byte) => *byte ^= 1,
                None => other.push(b'a'),
            }
            let changed = verdicts(lines, &other, SecretSet::ALL, &[true; 8]);
            assert_eq!(changed, Err(Rejection::Mismatch.code()), "{scheme:?}, {}", shown(lines));
        }
    }

    // 2. What arrives of it.
    let mut lines = honest.unwrap_or_else(|| own(&input));
    for accident in &input.accidents {
        accident.happens(&mut lines, &scheme);
    }
    let verdict = verdicts(&lines, body, set, &usable);
    Some(verdict.err().unwrap_or_default())
}

fn told(verified: Verified) -> (Algorithm, usize) {
    verified.algorithm.zip(verified.secret_index.map(usize::from)).expect("HMAC tells both")
}

fn shown(lines: &[(String, Vec<u8>)]) -> String {
    lines.iter().map(|(name, value)| format!("{name}: {}\n", value.escape_ascii())).collect()
}

fn own(input: &Input<'_>) -> Vec<(String, Vec<u8>)> {
    input.own.iter().map(|(name, value)| (name.0.to_owned(), value.to_vec())).collect()
}

/// The text of the signed moment, and the moment of arrival.
fn moments(input: &Input<'_>, unit: TimeUnit) -> (Vec<u8>, i64) {
    let stamp = match &input.moment {
        Some(text) => text.text(),
        None if unit == TimeUnit::Rfc3339 => b"2021-02-25T15:02:10.123Z".to_vec(),
        None if unit == TimeUnit::Utc => b"2021-02-25T15:02:10.123".to_vec(),
        None => (input.now.unsigned_abs() % 4_000_000_000_000).to_string().into_bytes(),
    };
    let moment = Timestamp::parse(&stamp, unit).map(Timestamp::as_milliseconds);
    let now = match (moment, input.delay) {
        (Some(moment), Some(delay)) => moment.saturating_add(delay.into()),
        _ => input.now,
    };
    (stamp, now)
}

/// The lines that a sender with the first secret would send; `None` if the message lacks something.
fn sign(
    input: &Input<'_>,
    scheme: &HmacScheme<String>,
    verifier: &Verifier<Vec<Key>, String>,
    stamp: &[u8],
) -> Option<Vec<(String, Vec<u8>)>> {
    let mut lines = own(input);
    let mut add = |source: Option<&Source<String>>, value: &[u8]| {
        if let Some(Source::Header(name)) = source {
            lines.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
            lines.push((name.clone(), value.to_vec()));
        }
    };
    add(scheme.timestamp.as_ref().map(|rule| &rule.from), stamp);
    add(scheme.id.as_ref(), input.id.as_bytes());
    for name in scheme.header.split(',') {
        lines.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
    }
    let delivery = Delivery { method: input.method, url: input.url, headers: &lines[..], body: input.body };
    let tag = verifier.sign(&delivery, Some(stamp), Some(input.id.as_bytes())).ok()?;
    let signature = encode(scheme.encoding, tag.as_bytes());
    let value = write(scheme, signature.as_bytes(), tag.as_bytes().len(), stamp, input.id.as_bytes());
    let last = scheme.header.split(',').next_back().expect("there is one");
    lines.push((last.to_owned(), value));
    Some(lines)
}

/// The value of the signature's header.
fn write(scheme: &HmacScheme<String>, signature: &[u8], length: usize, stamp: &[u8], id: &[u8]) -> Vec<u8> {
    let timestamp = scheme.timestamp.as_ref().map(|rule| (&rule.from, stamp));
    let mut beside: Vec<(&str, &[u8])> = Vec::new();
    for (source, value) in timestamp.into_iter().chain(scheme.id.as_ref().map(|from| (from, id))) {
        if let Source::Signature(key) = source {
            beside.push((key, value));
        }
    }
    match &scheme.format {
        Format::Bare => signature.to_vec(),
        Format::Labelled => {
            let algorithm = Algorithm::ALL.into_iter().find(|algorithm| algorithm.tag_len() == length);
            let name = algorithm.expect("it was made with one").name().replace('_', "");
            [name.as_bytes(), b"=", signature].concat()
        }
        Format::Prefixed { prefix, .. } => [prefix.as_bytes(), signature].concat(),
        Format::List { version, .. } => [version.as_bytes(), b",", signature].concat(),
        Format::Pairs { separator, key, .. } => {
            beside.push((key, signature));
            let pairs: Vec<_> = beside.iter().map(|(key, value)| [key.as_bytes(), b"=", value].concat()).collect();
            pairs.join(separator)
        }
        Format::Positional { separator, fields } => {
            beside.push(("signature", signature));
            let field =
                |name: &str| beside.iter().find(|(key, _)| *key == name.trim()).map_or(&b"1"[..], |(_, value)| value);
            fields.split(',').map(field).collect::<Vec<_>>().join(separator)
        }
    }
}

/// Whether this scheme can be spoken, and with these values. A sender who tries others finds himself rejected.
fn can_be_sent(scheme: &HmacScheme<String>, stamp: &[u8], id: &[u8], lines: &[(String, Vec<u8>)]) -> bool {
    let infers = matches!(scheme.algorithm, AlgorithmRule::Infer { .. });
    let contradicted = infers && lines.iter().any(|(name, _)| name.eq_ignore_ascii_case(ALGORITHM_HEADER));
    let stamped = scheme.timestamp.as_ref().map(|rule| &rule.from);
    let beside = [(stamped, stamp), (scheme.id.as_ref(), id)];
    let beside = beside.into_iter().filter(|(source, _)| matches!(source, Some(Source::Signature(_))));
    let fits = |separator: u8, value: &[u8]| {
        let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
        !value.is_empty() && !value.contains(&separator) && !blank(value.first()) && !blank(value.last())
    };
    let spoken = match &scheme.format {
        Format::Prefixed { prefix, .. } => !prefix.starts_with([' ', '\t']),
        Format::Pairs { separator, .. } | Format::Positional { separator, .. } => {
            stamped != scheme.id.as_ref() && beside.into_iter().all(|(_, value)| fits(*separator, value))
        }
        _ => true,
    };
    spoken && !contradicted && lines.last().is_some_and(|(_, value)| value.len() <= MAX_VALUE)
}

impl Accident<'_> {
    fn happens(&self, lines: &mut Vec<(String, Vec<u8>)>, scheme: &HmacScheme<String>) {
        if lines.is_empty() {
            return;
        }
        // Counted from the last, which is the signature's.
        let place = |at: u8, lines: &[(String, Vec<u8>)]| lines.len() - 1 - usize::from(at) % lines.len();
        match self {
            Self::Edit(at, edit) => {
                let at = place(*at, lines);
                edit.apply(&mut lines[at].1);
            }
            Self::Drop(at) => {
                let at = place(*at, lines);
                lines.remove(at);
            }
            Self::Double(at) => {
                let at = place(*at, lines);
                lines.push(lines[at].clone());
            }
            Self::Rename(at, name) => {
                let at = place(*at, lines);
                lines[at].0 = name.0.to_owned();
            }
            Self::Append(at, times) => {
                let at = place(*at, lines);
                let separator = match &scheme.format {
                    Format::Prefixed { separator: Some(separator), .. }
                    | Format::Pairs { separator, .. }
                    | Format::List { separator, .. }
                    | Format::Positional { separator, .. } => *separator,
                    _ => b',',
                };
                let line = &mut lines[at].1;
                let item = line.rsplit(|&byte| byte == separator).next().unwrap_or_default().to_vec();
                for _ in 0..times % 18 {
                    line.push(separator);
                    line.extend(&item);
                }
            }
        }
    }
}
