//! What a person should know of a preset's handshake: which request it is, what is answered, and where that is documented.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use countersign::Preset;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::terminal::Palette;

/// The handshake of a scheme, as far as it is shown.
#[derive(Deserialize)]
struct Rule<'a> {
    method: &'a str,
    #[serde(default, rename = "where")]
    conditions: BTreeMap<&'a str, Option<&'a str>>,
    challenge: Option<&'a str>,
    #[serde(default)]
    signed: bool,
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<&'a str, &'a str>,
    text: Option<&'a str>,
    /// As it is written, since the order of its fields is that of the answer.
    #[serde(borrow)]
    json: Option<&'a RawValue>,
    hmac: Option<&'a str>,
    #[serde(default)]
    chooses_secret: bool,
}

#[derive(Deserialize)]
struct Scheme<'a> {
    #[serde(borrow)]
    handshake: Option<Rule<'a>>,
}

/// The remarks on the handshake; empty if the sender demands none.
pub(super) fn handshake(preset: &Preset, palette: &Palette) -> String {
    let Palette { strong, faint, .. } = palette;
    let Ok(Scheme { handshake: Some(rule) }) = serde_json::from_str(preset.json()) else { return String::new() };
    let (asked, answered) = (rule.asked(), rule.answered());
    let mut text = format!("{strong}Handshake{strong:#}: {asked}\n{strong}Answered with{strong:#}: {answered}\n");
    if rule.chooses_secret {
        text += "The challenge is the secret with which this sender signs from then on. Anyone can send such a request: \
                 keep the secret only while you wait for one, and never over one that is in use.\n";
    }
    if let Some(source) = &preset.handshake_source {
        let _ = writeln!(text, "{faint}{source}{faint:#}");
    }
    text
}

impl Rule<'_> {
    /// Which request is the handshake.
    fn asked(&self) -> String {
        let mut parts = vec![self.method.to_owned()];
        if self.signed {
            parts.push("signed like an event".to_owned());
        }
        parts.extend(self.conditions.iter().map(|(place, value)| match value {
            Some(value) => format!("{place} is {value}"),
            None => format!("no {place}"),
        }));
        parts.extend(self.challenge.map(|place| format!("the challenge at {place}")));
        parts.join(", ")
    }

    /// What the answer holds.
    fn answered(&self) -> String {
        let mut parts = vec![self.status.unwrap_or(200).to_string()];
        parts.extend(self.headers.iter().map(|(name, value)| format!("{name}: {value}")));
        parts.push(match (self.text, self.json) {
            (Some(text), _) => format!("the text {text}"),
            (None, Some(fields)) => format!("the JSON {fields}"),
            (None, None) => "no body".to_owned(),
        });
        parts.extend(self.hmac.map(|encoding| format!("where {{hmac}} is the HMAC of the challenge in {encoding}")));
        parts.join(", ")
    }
}
