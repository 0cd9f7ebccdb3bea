//! A plain verifier of schemes: slow, obvious, and without a line of the core's but the names of things.
//!
//! It follows the section "Schemes" of the test vectors' README step by step. A lone label is judged by the plain
//! verifier of signatures, which knows nothing of schemes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use countersign_core::{Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Source, TimeUnit, TimestampRule};

use crate::reference::{self, Setup};
use crate::timestamp::milliseconds;

type Plain = HmacScheme<String>;
type Lines = [(String, Vec<u8>)];

const MISSING_SIGNATURE: u8 = 1;
const REPEATED_SIGNATURE: u8 = 2;
const MALFORMED_SIGNATURE: u8 = 3;
const UNKNOWN_ALGORITHM: u8 = 4;
const ALGORITHM_NOT_ACCEPTED: u8 = 5;
const MALFORMED_ENCODING: u8 = 6;
const WRONG_LENGTH: u8 = 7;
const MISMATCH: u8 = 8;
const MISSING_TIMESTAMP: u8 = 9;
const MALFORMED_TIMESTAMP: u8 = 10;
const EXPIRED: u8 = 11;
const FROM_FUTURE: u8 = 12;
const MISSING_PART: u8 = 13;

/// What is verified.
pub(crate) struct Sent<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    pub(crate) lines: &'a Lines,
    pub(crate) body: &'a [u8],
    /// Milliseconds since 1970.
    pub(crate) now: i64,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Header(String),
    Body,
    Timestamp,
    Id,
    Method,
    Url,
}

/// What a signature header says.
#[derive(Clone, Default)]
struct Read {
    signatures: Vec<Vec<u8>>,
    beside: Vec<(String, Vec<u8>)>,
}

/// The algorithm and the index of the secret, or the number of the rejection. Only the secrets in `usable` count.
///
/// The lines of all headers come first, then the formats of all values, then the labels and the decoding of all
/// signatures.
pub(crate) fn judge(scheme: &Plain, setup: &Setup, usable: &[bool], sent: &Sent<'_>) -> Result<(Algorithm, usize), u8> {
    let mut values = Vec::new();
    for name in scheme.header.split(',').map(str::trim) {
        match &named(sent.lines, name)[..] {
            [] => {}
            [line] => values.push(value(line)?),
            _ => return Err(REPEATED_SIGNATURE),
        }
    }
    let mut all = Vec::new();
    for value in &values {
        all.push(read(scheme, value)?);
    }
    if all.iter().map(|read| read.signatures.len()).sum::<usize>() > 16 {
        return Err(MALFORMED_SIGNATURE);
    }
    let mut outcomes = all.iter().flat_map(|read| &read.signatures).map(|text| decoded(scheme, setup, sent, text));
    if let Some(Err(first)) = outcomes.next()
        && outcomes.all(|outcome| outcome.is_err())
    {
        return Err(first);
    }
    finish(scheme, setup, usable, sent, &all)
}

/// The value of a line that holds a signature.
fn value(line: &[u8]) -> Result<Vec<u8>, u8> {
    match trimmed(line) {
        value if value.is_empty() || value.len() > 4096 => Err(MALFORMED_SIGNATURE),
        value => Ok(value.to_vec()),
    }
}

/// Steps 4 to 7.
fn finish(
    scheme: &Plain,
    setup: &Setup,
    usable: &[bool],
    sent: &Sent<'_>,
    read: &[Read],
) -> Result<(Algorithm, usize), u8> {
    let Some(first) = read.first() else { return Err(MISSING_SIGNATURE) };
    let beside = |key: &str| first.beside.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let mut moment = None;
    let mut stamp = None;
    if let Some(rule) = &scheme.timestamp {
        let text = match &rule.from {
            Source::Signature(key) => beside(key),
            Source::Header(name) => match &named(sent.lines, name)[..] {
                [] => None,
                [line] => Some(line.clone()),
                _ => return Err(REPEATED_SIGNATURE),
            },
        };
        let text = text.ok_or(MISSING_TIMESTAMP)?;
        if digits(scheme).is_some_and(|digits| text.len() != digits) {
            return Err(MALFORMED_TIMESTAMP);
        }
        moment = Some(milliseconds(&text, rule.unit).ok_or(MALFORMED_TIMESTAMP)?);
        stamp = Some(text);
    }

    let mut signed = Vec::new();
    let parts =
        whole_literals(template(scheme.signed.as_deref().unwrap_or("{body}")).expect("the scheme was accepted"));
    for (index, part) in parts.iter().enumerate() {
        let filled = |text: Vec<u8>| if text.is_empty() { Err(MISSING_PART) } else { Ok(text) };
        let value = match part {
            Part::Text(text) => text.clone().into_bytes(),
            Part::Header(name) => header(sent.lines, name)?,
            Part::Body => sent.body.to_vec(),
            Part::Timestamp => stamp.clone().expect("the scheme was accepted"),
            Part::Id => match scheme.id.as_ref().expect("the scheme was accepted") {
                Source::Signature(key) => filled(beside(key).unwrap_or_default())?,
                Source::Header(name) => header(sent.lines, name)?,
            },
            Part::Method => filled(sent.method.into())?,
            Part::Url => filled(sent.url.into())?,
        };
        if is_free(scheme, part) && !is_bounded(&parts, index, &value) {
            return Err(MISSING_PART);
        }
        signed.extend(value);
    }

    let mut found: Option<(Algorithm, usize)> = None;
    for signature in read.iter().flat_map(|read| &read.signatures) {
        // A malformed one beside others counts as one that does not match.
        let Ok((algorithm, tag)) = decoded(scheme, setup, sent, signature) else { continue };
        let matching = |index: &usize| usable[*index] && crate::tag(algorithm, &setup.secrets[*index], &signed) == tag;
        if let Some(index) = (0..setup.secrets.len()).find(matching) {
            found = Some((algorithm, found.map_or(index, |(_, other)| other.min(index))));
        }
    }
    let found = found.ok_or(MISMATCH)?;
    if let (Some(moment), Some(tolerance)) = (moment, scheme.timestamp.as_ref().and_then(|rule| rule.tolerance)) {
        let age = i128::from(sent.now) - moment;
        if age > i128::from(tolerance.past) * 1000 {
            return Err(EXPIRED);
        }
        if -age > i128::from(tolerance.future) * 1000 {
            return Err(FROM_FUTURE);
        }
    }
    Ok(found)
}

/// The signatures in one header value.
fn read(scheme: &Plain, value: &[u8]) -> Result<Read, u8> {
    let mut read = Read::default();
    let add = |read: &mut Read, text: &[u8]| {
        read.signatures.push(text.to_vec());
    };
    let wanted = |key: &str| {
        let sources = [scheme.timestamp.as_ref().map(|rule| &rule.from), scheme.id.as_ref()];
        sources.into_iter().flatten().any(|source| *source == Source::Signature(key.to_owned()))
    };
    let beside = |read: &mut Read, key: &[u8], text: &[u8]| {
        let Ok(key) = String::from_utf8(key.to_vec()) else { return Ok(()) };
        if wanted(&key) && read.beside.iter().any(|(other, _)| *other == key) {
            return Err(MALFORMED_SIGNATURE);
        }
        read.beside.push((key, text.to_vec()));
        Ok(())
    };
    match &scheme.format {
        Format::Bare | Format::Labelled => {
            add(&mut read, value);
        }
        Format::Prefixed { prefix, separator } => {
            let rest = value.strip_prefix(prefix.as_bytes()).ok_or(MALFORMED_SIGNATURE)?;
            match separator {
                None => add(&mut read, &filled(rest)?),
                Some(separator) => {
                    for item in items(rest, *separator) {
                        add(&mut read, &item);
                    }
                }
            }
        }
        Format::Pairs { separator, key, .. } => {
            for item in items(value, *separator) {
                let (name, text) = cut(&item, b'=')?;
                if filled(&name)? == key.as_bytes() { add(&mut read, &text) } else { beside(&mut read, &name, &text)? }
            }
        }
        Format::List { separator, version } => {
            for item in items(value, *separator) {
                let (name, text) = cut(&item, b',')?;
                if name == version.as_bytes() {
                    add(&mut read, &text);
                }
            }
        }
        Format::Positional { separator, fields } => {
            let mut names: Vec<&str> = fields.split(',').map(str::trim).collect();
            let items = items(value, *separator);
            while names.len() < items.len() && names.last() == Some(&"signature") {
                names.push("signature");
            }
            for (index, item) in items.iter().enumerate() {
                match names.get(index) {
                    None => return Err(MALFORMED_SIGNATURE),
                    Some(&"signature") => add(&mut read, item),
                    Some(name) => beside(&mut read, name.as_bytes(), &filled(item)?)?,
                }
            }
            if items.len() < names.len() {
                return Err(MALFORMED_SIGNATURE);
            }
        }
    }
    if read.signatures.is_empty() { Err(MALFORMED_SIGNATURE) } else { Ok(read) }
}

/// What is wrong with the label of a value that may, or must, have one.
fn label(scheme: &Plain, setup: &Setup, sent: &Sent<'_>, value: &[u8]) -> Result<(), u8> {
    let at = value.iter().position(|byte| b"=:".contains(byte));
    match at {
        Some(at) if has_name(value) && at + 1 == value.len() => return Err(MALFORMED_SIGNATURE),
        Some(at) if !has_name(value) && value[at..].iter().any(|&byte| byte != b'=') => return Err(UNKNOWN_ALGORITHM),
        _ => {}
    }
    if scheme.format == Format::Labelled && !has_name(value) {
        return Err(MALFORMED_SIGNATURE);
    }
    let contradicts = setup.fixed.is_some() && plainly(setup, sent, value, b"") == Err(ALGORITHM_NOT_ACCEPTED);
    if contradicts { Err(ALGORITHM_NOT_ACCEPTED) } else { Ok(()) }
}

/// Whether the text before the first `=` or `:` is the name of an algorithm.
fn has_name(value: &[u8]) -> bool {
    let Some(at) = value.iter().position(|byte| b"=:".contains(byte)) else { return false };
    let any = Setup {
        fixed: None,
        accept: Algorithm::ALL.to_vec(),
        encoding: Encoding::HexaDecimal,
        secrets: vec![b"secret".to_vec()],
    };
    reference::judge(&any, &[&value[..at], b"=!"].concat(), &[], b"") != Err(UNKNOWN_ALGORITHM)
}

/// The verdict of the plain verifier of signatures.
fn plainly(setup: &Setup, sent: &Sent<'_>, value: &[u8], body: &[u8]) -> Result<(Algorithm, usize), u8> {
    let companions = named(sent.lines, countersign_core::ALGORITHM_HEADER);
    let companions: Vec<&[u8]> = companions.iter().map(Vec::as_slice).collect();
    reference::judge(setup, value, &companions, body)
}

/// Step 3.
fn decoded(scheme: &Plain, setup: &Setup, sent: &Sent<'_>, text: &[u8]) -> Result<(Algorithm, Vec<u8>), u8> {
    if text.is_empty() {
        return Err(MALFORMED_SIGNATURE);
    }
    let mut text = text;
    if matches!(scheme.format, Format::Bare | Format::Labelled) {
        label(scheme, setup, sent, text)?;
        if let Err(fault) = plainly(setup, sent, text, b"")
            && fault != MISMATCH
        {
            return Err(fault);
        }
        if has_name(text) {
            text = &text[1 + text.iter().position(|byte| b"=:".contains(byte)).expect("behind the name")..];
        }
    }
    let tag = match scheme.encoding {
        Encoding::Base64 => STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok(),
        Encoding::Base64Url => URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        Encoding::HexaDecimal => hex::decode(text).ok(),
    };
    let tag = tag.ok_or(MALFORMED_ENCODING)?;
    let algorithm = Algorithm::ALL.into_iter().find(|algorithm| crate::tag(*algorithm, b"", b"").len() == tag.len());
    match (&scheme.algorithm, algorithm) {
        (_, None) => Err(WRONG_LENGTH),
        (AlgorithmRule::Fixed(fixed), Some(other)) if *fixed != other => Err(WRONG_LENGTH),
        (_, Some(algorithm)) => Ok((algorithm, tag)),
    }
}

/// A header that is a part of the signed text.
fn header(lines: &Lines, name: &str) -> Result<Vec<u8>, u8> {
    match &named(lines, name)[..] {
        [] => Err(MISSING_PART),
        [line] => match trimmed(line) {
            [] => Err(MISSING_PART),
            value if value.len() > 4096 => Err(MALFORMED_SIGNATURE),
            value => Ok(value.to_vec()),
        },
        _ => Err(REPEATED_SIGNATURE),
    }
}

fn named(lines: &Lines, name: &str) -> Vec<Vec<u8>> {
    lines.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|line| line.1.clone()).collect()
}

fn trimmed(text: &[u8]) -> &[u8] {
    let is_text = |byte: &u8| *byte != b' ' && *byte != b'\t';
    let Some(first) = text.iter().position(is_text) else { return b"" };
    &text[first..=text.iter().rposition(is_text).expect("there is one")]
}

fn items(text: &[u8], separator: u8) -> Vec<Vec<u8>> {
    text.split(|&byte| byte == separator).map(|item| trimmed(item).to_vec()).collect()
}

fn cut(item: &[u8], between: u8) -> Result<(Vec<u8>, Vec<u8>), u8> {
    let at = item.iter().position(|&byte| byte == between).ok_or(MALFORMED_SIGNATURE)?;
    Ok((item[..at].to_vec(), item[at + 1..].to_vec()))
}

fn filled(text: &[u8]) -> Result<Vec<u8>, u8> {
    if text.is_empty() { Err(MALFORMED_SIGNATURE) } else { Ok(text.to_vec()) }
}

/// The parts of a template; `None` for one that no scheme may have. A literal brace is a part of its own.
fn template(text: &str) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (part, behind) = if let Some(behind) = rest.strip_prefix("{{") {
            (Part::Text("{".into()), behind)
        } else if let Some(behind) = rest.strip_prefix("}}") {
            (Part::Text("}".into()), behind)
        } else if first == '{' {
            let (inside, behind) = rest[1..].split_once('}')?;
            let part = match inside {
                "body" => Part::Body,
                "timestamp" => Part::Timestamp,
                "id" => Part::Id,
                "method" => Part::Method,
                "url" => Part::Url,
                _ => Part::Header(inside.strip_prefix("header:").filter(|name| is_name(name))?.to_owned()),
            };
            (part, behind)
        } else if first == '}' {
            return None;
        } else {
            let literal: String = rest.chars().take_while(|c| !"{}".contains(*c)).collect();
            (Part::Text(literal.clone()), &rest[literal.len()..])
        };
        parts.push(part);
        rest = behind;
    }
    let bodies = parts.iter().filter(|part| **part == Part::Body).count();
    (text.len() <= 255 && parts.len() <= 16 && bodies == 1).then_some(parts)
}

/// The same parts, with pieces of literal text that touch made one.
fn whole_literals(parts: Vec<Part>) -> Vec<Part> {
    let mut whole: Vec<Part> = Vec::new();
    for part in parts {
        match (&part, whole.last_mut()) {
            (Part::Text(text), Some(Part::Text(last))) => last.push_str(text),
            _ => whole.push(part),
        }
    }
    whole
}

fn is_stamp(scheme: &Plain, part: &Part) -> bool {
    match (part, scheme.timestamp.as_ref().map(|rule| &rule.from)) {
        (Part::Timestamp, _) => true,
        (Part::Header(name), Some(Source::Header(from))) => name.eq_ignore_ascii_case(from),
        _ => false,
    }
}

/// Whether a part can be anything that its sender likes.
fn is_free(scheme: &Plain, part: &Part) -> bool {
    matches!(part, Part::Id | Part::Header(_)) && !is_stamp(scheme, part)
}

/// What stands beside a part on the side of the body, and whether the body is to come.
fn beside(parts: &[Part], index: usize) -> (&Part, bool) {
    let body = parts.iter().position(|part| *part == Part::Body).expect("there is one");
    if index < body { (&parts[index + 1], true) } else { (&parts[index - 1], false) }
}

fn is_date(part: &Part) -> bool {
    matches!(part, Part::Header(name) if name.eq_ignore_ascii_case("date"))
}

/// Whether the value of a free part could end nowhere else.
fn is_bounded(parts: &[Part], index: usize, value: &[u8]) -> bool {
    let places = |text: &[u8], literal: &[u8]| text.windows(literal.len()).filter(|window| *window == literal).count();
    let is_alone = |value: &[u8], literal: &[u8], is_before| {
        let text = if is_before { [value, literal].concat() } else { [literal, value].concat() };
        places(&text, literal) == 1
    };
    // They have nothing in common but what every date has.
    const DATES: [&str; 2] = ["Tue, 00 Jun 0000 00:00:00 GMT", "Fri, 99 Oct 9999 99:99:99 GMT"];
    let could_be_date = |literal: &String, is_before| {
        !is_date(&parts[index]) || DATES.iter().any(|date| is_alone(date.as_bytes(), literal.as_bytes(), is_before))
    };
    match beside(parts, index) {
        (Part::Text(literal), is_before) if could_be_date(literal, is_before) => {
            is_alone(value, literal.as_bytes(), is_before)
        }
        _ if is_date(&parts[index]) => {
            let text = String::from_utf8_lossy(value).replacen("UTC", "GMT", 1);
            let text = if text.get(3..4) == Some(",") { text } else { text.replacen(' ', ", ", 1) };
            let words: Vec<&str> = text.split(' ').collect();
            let [weekday, day, month, year, time, "GMT"] = words[..] else { return false };
            let digits =
                |text: &str, count: usize| text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
            let time: Vec<&str> = time.split(':').collect();
            ["Mon,", "Tue,", "Wed,", "Thu,", "Fri,", "Sat,", "Sun,"].contains(&weekday)
                && "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(' ').any(|name| name == month)
                && digits(day, 2)
                && digits(year, 4)
                && time.len() == 3
                && time.iter().all(|text| digits(text, 2))
        }
        _ => !value.contains(&b':'),
    }
}

/// How many digits a timestamp must have, if something beside it could be taken for one.
fn digits(scheme: &Plain) -> Option<usize> {
    let parts = whole_literals(template(scheme.signed.as_deref().unwrap_or("{body}"))?);
    let digits = match scheme.timestamp.as_ref()?.unit {
        TimeUnit::Seconds => 10,
        TimeUnit::Milliseconds => 13,
        TimeUnit::Rfc3339 | TimeUnit::Utc => return None,
    };
    let touches = |index: usize| match beside(&parts, index) {
        (Part::Text(text), true) => text.starts_with(|c: char| c.is_ascii_digit()),
        (Part::Text(text), false) => text.ends_with(|c: char| c.is_ascii_digit()),
        _ => true,
    };
    (0..parts.len()).any(|index| is_stamp(scheme, &parts[index]) && touches(index)).then_some(digits)
}

/// Whether something bounds each part that can be anything.
fn can_be_cut(scheme: &Plain, parts: &[Part]) -> bool {
    // A time without a zone ends with a fraction of any length, or with none.
    let runs_on = scheme.timestamp.as_ref().is_some_and(|rule| rule.unit == TimeUnit::Utc)
        && (0..parts.len()).filter(|index| is_stamp(scheme, &parts[*index])).any(|index| match beside(parts, index) {
            (_, false) => false,
            (Part::Text(text), true) => text.starts_with(|c: char| c == '.' || c.is_ascii_digit()),
            (_, true) => true,
        });
    if runs_on {
        return false;
    }
    let dated = scheme.timestamp.as_ref().is_some_and(|rule| rule.unit == TimeUnit::Rfc3339);
    (0..parts.len()).filter(|index| is_free(scheme, &parts[*index])).all(|index| match beside(parts, index) {
        (Part::Text(_), _) => true,
        (other, front) => is_date(&parts[index]) || front && dated && is_stamp(scheme, other),
    })
}

/// Whether a header can have this name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
}

/// Whether the parts of a scheme go together.
pub(crate) fn is_valid(scheme: &Plain) -> bool {
    let Some(parts) = template(scheme.signed.as_deref().unwrap_or("{body}")) else { return false };
    let headers: Vec<String> = scheme.header.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    let unique = |names: &[String]| names.iter().all(|name| names.iter().filter(|other| *other == name).count() == 1);
    if headers.len() > 16 || !headers.iter().all(|name| is_name(name)) || !unique(&headers) {
        return false;
    }
    let separator = |separator: u8, taken: &str| {
        let alphabet = match scheme.encoding {
            Encoding::Base64 => "+/=",
            Encoding::Base64Url => "-_=",
            Encoding::HexaDecimal => "",
        };
        let separator = char::from(separator);
        matches!(separator, ' '..='~')
            && !separator.is_alphanumeric()
            && !taken.contains(separator)
            && !alphabet.contains(separator)
    };
    let key = |key: &str, separator: u8, between: char| {
        !key.is_empty() && !key.contains([' ', '\t', '\n', '\r', '\x0c', between, char::from(separator)])
    };
    let mut keys: Vec<String> = Vec::new();
    let fits = match &scheme.format {
        Format::Bare | Format::Labelled => true,
        Format::Prefixed { prefix, separator: between } => {
            !prefix.is_empty() && !prefix.starts_with([' ', '\t']) && between.is_none_or(|c| separator(c, ""))
        }
        Format::Pairs { separator: between, key: own, .. } => separator(*between, "=") && key(own, *between, '='),
        Format::List { separator: between, version } => separator(*between, ",") && key(version, *between, ','),
        Format::Positional { separator: between, fields } => {
            keys = fields.split(',').map(|name| name.trim().to_owned()).collect();
            let has_own = keys.iter().any(|name| name == "signature");
            separator(*between, "") && has_own && unique(&keys) && keys.iter().all(|name| !name.is_empty())
        }
    };
    let source = |source: &Source<String>| match (source, &scheme.format) {
        (Source::Header(name), _) => is_name(name),
        (Source::Signature(_), _) if headers.len() > 1 => false,
        (Source::Signature(wanted), Format::Pairs { separator, key: own, .. }) => {
            wanted != own && key(wanted, *separator, '=')
        }
        (Source::Signature(wanted), Format::Positional { .. }) => wanted != "signature" && keys.contains(wanted),
        _ => false,
    };
    let infers = match &scheme.algorithm {
        AlgorithmRule::Infer { header } => {
            matches!(scheme.format, Format::Bare | Format::Labelled)
                && headers.len() == 1
                && !header.eq_ignore_ascii_case(&scheme.header)
        }
        _ => true,
    };
    let stamped = scheme.timestamp.as_ref().is_none_or(|rule| {
        let signed = parts.contains(&Part::Timestamp)
            || parts.iter().any(|part| match (part, &rule.from) {
                (Part::Header(name), Source::Header(other)) => name.eq_ignore_ascii_case(other),
                _ => false,
            });
        source(&rule.from) && (signed || rule.tolerance.is_none())
    });
    let own = |name: &str| headers.iter().any(|other| name.eq_ignore_ascii_case(other));
    let places: Vec<&Source<String>> =
        [scheme.timestamp.as_ref().map(|rule| &rule.from), scheme.id.as_ref()].into_iter().flatten().collect();
    let circular = places.iter().any(|place| matches!(place, Source::Header(name) if own(name)))
        || parts.iter().any(|part| matches!(part, Part::Header(name) if own(name)));
    let same = match &places[..] {
        [Source::Header(one), Source::Header(other)] => one.eq_ignore_ascii_case(other),
        [Source::Signature(one), Source::Signature(other)] => one == other,
        _ => false,
    };
    let split_date = match (&scheme.format, &scheme.timestamp) {
        (
            Format::Pairs { separator, .. } | Format::Positional { separator, .. },
            Some(TimestampRule { from: Source::Signature(_), unit: TimeUnit::Rfc3339 | TimeUnit::Utc, .. }),
        ) => ":-+.".contains(char::from(*separator)),
        _ => false,
    };
    fits && infers
        && !(circular || same || split_date)
        && stamped
        && scheme.id.as_ref().is_none_or(source)
        && (scheme.timestamp.is_some() || !parts.contains(&Part::Timestamp))
        && (scheme.id.is_some() || !parts.contains(&Part::Id))
        && can_be_cut(scheme, &parts)
}
