//! Claims: a moment is read where the written rule takes it, to the very millisecond, and nowhere else. Whether it is
//! fresh is what arithmetic without any limit says, however far apart the moments are.

use arbitrary::{Arbitrary, Unstructured};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Format, HmacScheme, Key, Rejection, Scheme, Source, TimeUnit,
    Timestamp, TimestampRule, Tolerance, Verifier,
};

use crate::setting::of;

/// All units. Three of them stand twice, so that seeds from before the fourth keep their meaning.
pub(crate) const UNITS: [TimeUnit; 6] = [
    TimeUnit::Seconds,
    TimeUnit::Milliseconds,
    TimeUnit::Rfc3339,
    TimeUnit::Seconds,
    TimeUnit::Milliseconds,
    TimeUnit::Utc,
];

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    #[arbitrary(with = of(&UNITS))]
    unit: TimeUnit,
    text: Text<'a>,
    past: u32,
    future: u32,
    now: Now,
    body: &'a [u8],
}

/// When the delivery arrives.
#[derive(Arbitrary, Debug)]
enum Now {
    /// So many milliseconds from the end of the time for which it is fresh.
    AfterPast(i8),
    BeforeFuture(i8),
    At(i64),
}

/// A moment as a sender writes it, more or less.
#[derive(Arbitrary, Debug)]
pub(crate) enum Text<'a> {
    Raw(&'a [u8]),
    Number {
        zeros: u8,
        number: u64,
        behind: &'a str,
    },
    /// Around what fits: the last second and the last millisecond.
    Edge {
        milliseconds: bool,
        off: i8,
    },
    Date(Date<'a>),
}

#[derive(Arbitrary, Debug)]
pub(crate) struct Date<'a> {
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    #[arbitrary(with = of(&["T", "t", " ", ""]))]
    between: &'static str,
    fraction: Option<&'a str>,
    digits: Option<u32>,
    #[arbitrary(with = of(&["Z", "z", "+", "-", "", "−"]))]
    zone: &'static str,
    offset: (u8, u8),
    edit: Option<(u8, u8)>,
}

impl Text<'_> {
    pub(crate) fn text(&self) -> Vec<u8> {
        match self {
            Self::Raw(bytes) => bytes.to_vec(),
            Self::Number { zeros, number, behind } => {
                format!("{}{number}{behind}", "0".repeat(usize::from(*zeros))).into_bytes()
            }
            Self::Edge { milliseconds, off } => {
                let last = if *milliseconds { i64::MAX } else { i64::MAX / 1000 };
                (i128::from(last) + i128::from(*off)).to_string().into_bytes()
            }
            Self::Date(date) => date.text(),
        }
    }
}

impl Date<'_> {
    /// Most fields are a little wider than the calendar allows.
    fn text(&self) -> Vec<u8> {
        let zone = match self.zone {
            "+" | "-" => format!("{}{:02}:{:02}", self.zone, self.offset.0 % 26, self.offset.1 % 62),
            other => other.to_owned(),
        };
        let fraction = self.fraction.map(|text| format!(".{text}"));
        let fraction = fraction.or(self.digits.map(|digits| format!(".{digits}"))).unwrap_or_default();
        let mut text = format!(
            "{:04}-{:02}-{:02}{}{:02}:{:02}:{:02}{fraction}{zone}",
            self.year % 10_001,
            self.month % 14,
            self.day % 33,
            self.between,
            self.hour % 26,
            self.minute % 62,
            self.second % 63,
        )
        .into_bytes();
        if let Some((at, byte)) = self.edit {
            let at = usize::from(at) % text.len();
            text[at] = byte;
        }
        text
    }
}

/// Reads and judges the moment that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let text = input.text.text();
    for unit in TimeUnit::ALL {
        let read = Timestamp::parse(&text, unit).map(|moment| i128::from(moment.as_milliseconds()));
        assert_eq!(read, milliseconds(&text, unit), "{unit:?}: {}", text.escape_ascii());
    }

    let moment = milliseconds(&text, input.unit);
    let (past, future) = (i128::from(input.past) * 1000, i128::from(input.future) * 1000);
    let now = match input.now {
        Now::AfterPast(off) => moment.unwrap_or(0) + past + i128::from(off),
        Now::BeforeFuture(off) => moment.unwrap_or(0) - future + i128::from(off),
        Now::At(now) => i128::from(now),
    };
    let now = Timestamp::from_milliseconds(i64::try_from(now).unwrap_or(if now < 0 { i64::MIN } else { i64::MAX }));
    let age = moment.map(|moment| i128::from(now.as_milliseconds()) - moment);
    let expected = match age {
        None => Err(Rejection::MalformedTimestamp),
        Some(age) if age > past => Err(Rejection::Expired),
        Some(age) if -age > future => Err(Rejection::FromFuture),
        Some(_) => Ok(()),
    };

    let tolerance = Some(Tolerance { past: input.past, future: input.future });
    let scheme = HmacScheme {
        header: "X-Sign",
        format: Format::Bare,
        algorithm: AlgorithmRule::Fixed(Algorithm::Sha256),
        encoding: Encoding::HexaDecimal,
        signed: Some("{timestamp}:{body}"),
        timestamp: Some(TimestampRule { from: Source::Header("X-Time"), unit: input.unit, tolerance }),
        id: None,
    };
    let key = Key::hmac(Algorithm::Sha256, b"secret").expect("it is not empty");
    let verifier = Verifier::new(Scheme::Hmac(scheme), [key]).expect("its parts go together");
    let tag = hex::encode(crate::tag(Algorithm::Sha256, b"secret", &[&text[..], b":", input.body].concat()));
    let headers = [("X-Sign", tag.as_bytes()), ("X-Time", &text)];
    let delivery = Delivery { method: "POST", url: "/", headers: &headers[..], body: input.body };
    assert_eq!(verifier.verify(&delivery, now).map(|_| ()), expected, "{input:?}");
    let streamed =
        verifier.streaming().expect("the body is last").begin(&delivery.head(), now).and_then(|mut stream| {
            stream.update(input.body);
            stream.finish()
        });
    assert_eq!(streamed.map(|_| ()), expected, "streamed, {input:?}");
    // "Stale" is said of what is authentic, and of nothing else.
    let nobodys = "0".repeat(64);
    let forged = [("X-Sign", nobodys.as_bytes()), ("X-Time", &text)];
    let delivery = Delivery { method: "POST", url: "/", headers: &forged[..], body: input.body };
    let verdict = verifier.verify(&delivery, now).map(|_| ());
    assert_eq!(verdict, Err(if moment.is_some() { Rejection::Mismatch } else { Rejection::MalformedTimestamp }));
    Some(expected.map_or_else(Rejection::code, |()| 0))
}

/// The milliseconds since 1970 that a text stands for, by the rule and with numbers that have room enough.
pub(crate) fn milliseconds(text: &[u8], unit: TimeUnit) -> Option<i128> {
    let text = str::from_utf8(text).ok()?;
    let moment = match unit {
        TimeUnit::Seconds => shortest(text)?.checked_mul(1000)?,
        TimeUnit::Milliseconds => shortest(text)?,
        TimeUnit::Rfc3339 => return date(text),
        TimeUnit::Utc => return date(&format!("{text}Z")),
    };
    i128::try_from(moment).ok().filter(|&moment| moment <= i128::from(i64::MAX))
}

/// A number with no zero in front of other digits.
fn shortest(text: &str) -> Option<u128> {
    if text == "0" || !text.starts_with('0') { number(text) } else { None }
}

/// One ASCII digit or more, leading zeros and all.
fn number(text: &str) -> Option<u128> {
    if text.is_empty() || !text.chars().all(|c| c.is_ascii_digit()) {
        return None;
    }
    match text.trim_start_matches('0') {
        "" => Some(0),
        digits => digits.parse().ok(),
    }
}

/// `jiff` knows the calendar; the form is checked here.
fn date(text: &str) -> Option<i128> {
    let whole = text.to_ascii_uppercase();
    let (date, time) = whole.split_once('T')?;
    let (time, sign, zone) = match time.strip_suffix('Z') {
        Some(time) => (time, 1, "00:00"),
        None => {
            let at = time.find(['+', '-'])?;
            (&time[..at], if time[at..].starts_with('+') { 1 } else { -1 }, &time[at + 1..])
        }
    };
    let (clock, fraction) = time.split_once('.').map_or((time, None), |(clock, fraction)| (clock, Some(fraction)));
    let fixed = |text: &str, lengths: &[usize], between: char| -> Option<Vec<i64>> {
        let parts: Vec<&str> = text.split(between).collect();
        if parts.iter().map(|part| part.len()).collect::<Vec<_>>() != lengths {
            return None;
        }
        parts.into_iter().map(|part| number(part).and_then(|number| i64::try_from(number).ok())).collect()
    };
    let (date, clock, zone) =
        (fixed(date, &[4, 2, 2], '-')?, fixed(clock, &[2, 2, 2], ':')?, fixed(zone, &[2, 2], ':')?);
    if clock[0] > 23 || clock[1] > 59 || clock[2] > 60 || zone[0] > 23 || zone[1] > 59 {
        return None;
    }
    if fraction.is_some_and(|digits| digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit())) {
        return None;
    }
    let cut: String = match fraction {
        Some(digits) => format!("{digits}00").chars().take(3).collect(),
        None => "0".to_owned(),
    };
    let day = jiff::civil::Date::new(date[0] as i16, date[1] as i8, date[2] as i8).ok()?;
    let minute = day.at(clock[0] as i8, clock[1] as i8, 0, 0);
    let since = minute.duration_since(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0)).as_secs();
    let seconds = since + clock[2] - sign * (zone[0] * 3600 + zone[1] * 60);
    let moment = i128::from(seconds) * 1000 + cut.parse::<i128>().ok()?;
    // Of leap seconds, jiff says that they are the second before.
    if let (true, Ok(theirs)) = (clock[2] < 60, text.parse::<jiff::Timestamp>()) {
        assert_eq!(theirs.as_nanosecond().div_euclid(1_000_000), moment, "jiff: {text}");
    }
    Some(moment)
}
