//! A reader of JSON that shares nothing with the library: recursive, over characters, into a tree of values.

use std::collections::BTreeMap;

/// A value. Numbers are decimals by value, strings are UTF-16, so that lone surrogates have a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Decimal),
    Text(Vec<u16>),
    Array(Vec<Json>),
    Object(Vec<(Vec<u16>, Json)>),
}

/// A decimal: sign, digits without zeros at either end, and where the point stands before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    pub(crate) is_negative: bool,
    pub(crate) digits: String,
    pub(crate) point: i128,
}

impl Decimal {
    /// The value of a token such as `-12.50e-3`.
    pub(crate) fn read(token: &str) -> Self {
        let is_negative = token.starts_with('-');
        let token = token.trim_start_matches('-').to_lowercase();
        let (mantissa, power) = token.split_once('e').unwrap_or((&token, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        let leading = all.len() - all.trim_start_matches('0').len();
        let digits = all.trim_matches('0').to_owned();
        if digits.is_empty() {
            return Self { is_negative: false, digits, point: 0 };
        }
        // Powers that i128 does not hold are told apart by their sign alone, and are in no test with digits that differ.
        let power: i128 = power.parse().unwrap_or(if power.starts_with('-') { i128::MIN / 4 } else { i128::MAX / 4 });
        Self { is_negative, digits, point: power + whole.len() as i128 - leading as i128 }
    }
}

impl Json {
    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.encode_utf16().collect())
    }

    /// Reads a whole text.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut reader = Reader { chars: text.chars().collect(), at: 0 };
        let value = reader.value()?;
        reader.space();
        (reader.at == reader.chars.len()).then_some(value)
    }

    /// The members that are not null, by key; `None` if a key stands twice.
    pub(crate) fn members(&self) -> Option<BTreeMap<Vec<u16>, Json>> {
        let Self::Object(members) = self else { return None };
        let all: BTreeMap<_, _> = members.iter().cloned().collect();
        (all.len() == members.len()).then(|| all.into_iter().filter(|(_, value)| *value != Self::Null).collect())
    }
}

struct Reader {
    chars: Vec<char>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn take(&mut self, wanted: char) -> Option<()> {
        (self.peek() == Some(wanted)).then(|| self.at += 1)
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|char| "\u{20}\u{9}\u{a}\u{d}".contains(char)) {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Json> {
        self.space();
        match self.peek()? {
            '"' => Some(Json::Text(self.string()?)),
            '[' => {
                self.at += 1;
                let mut elements = Vec::new();
                self.space();
                if self.take(']').is_some() {
                    return Some(Json::Array(elements));
                }
                loop {
                    elements.push(self.value()?);
                    self.space();
                    if self.take(',').is_none() {
                        self.take(']')?;
                        return Some(Json::Array(elements));
                    }
                }
            }
            '{' => {
                self.at += 1;
                let mut members = Vec::new();
                self.space();
                if self.take('}').is_some() {
                    return Some(Json::Object(members));
                }
                loop {
                    self.space();
                    let key = self.string()?;
                    self.space();
                    self.take(':')?;
                    members.push((key, self.value()?));
                    self.space();
                    if self.take(',').is_none() {
                        self.take('}')?;
                        return Some(Json::Object(members));
                    }
                }
            }
            _ => {
                let start = self.at;
                while self.peek().is_some_and(|char| char.is_ascii_alphanumeric() || "+-.".contains(char)) {
                    self.at += 1;
                }
                let token: String = self.chars[start..self.at].iter().collect();
                match &*token {
                    "null" => Some(Json::Null),
                    "true" => Some(Json::Bool(true)),
                    "false" => Some(Json::Bool(false)),
                    _ => is_number(&token).then(|| Json::Number(Decimal::read(&token))),
                }
            }
        }
    }

    fn string(&mut self) -> Option<Vec<u16>> {
        self.take('"')?;
        let mut units = Vec::new();
        loop {
            let char = self.peek()?;
            self.at += 1;
            match char {
                '"' => return Some(units),
                '\0'..='\u{1f}' => return None,
                '\\' => {
                    let letter = self.peek()?;
                    self.at += 1;
                    if letter == 'u' {
                        let hex: String = self.chars.get(self.at..self.at + 4)?.iter().collect();
                        if !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                            return None;
                        }
                        units.push(u16::from_str_radix(&hex, 16).ok()?);
                        self.at += 4;
                    } else {
                        let place = "\"\\/bfnrt".find(letter)?;
                        units.push(u16::from(b"\"\\/\x08\x0c\n\r\t"[place]));
                    }
                }
                char => units.extend(char.encode_utf16(&mut [0; 2]).iter()),
            }
        }
    }
}

fn is_number(token: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let token = token.strip_prefix('-').unwrap_or(token);
    let (mantissa, power) = match token.split_once(['e', 'E']) {
        Some((mantissa, power)) => (mantissa, Some(power.strip_prefix(['+', '-']).unwrap_or(power))),
        None => (token, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && power.is_none_or(digits)
}

#[test]
fn the_reader_reads() {
    let value = Json::read(r#" {"a":[1.50e1,null,true,"\u00e9\n"],"":{}} "#).unwrap();
    let Json::Object(members) = &value else { panic!() };
    let Json::Array(elements) = &members[0].1 else { panic!() };
    assert_eq!(elements[0], Json::Number(Decimal::read("15")));
    assert_eq!(elements[3], Json::text("é\n"));
    for wrong in
        ["", "01", "1.", "+1", "[1,]", "{\"a\"}", "\"\u{1}\"", "nul", "[] x", "-", "1e", "\"\\u12\"", "\"\\x\""]
    {
        assert_eq!(Json::read(wrong), None, "{wrong}");
    }
    assert_ne!(Decimal::read("1e400"), Decimal::read("1e401"));
    assert_eq!(Decimal::read("0.00120e2"), Decimal::read("12E-2"));
    assert_eq!(Decimal::read("-0.0"), Decimal::read("0"));
}
