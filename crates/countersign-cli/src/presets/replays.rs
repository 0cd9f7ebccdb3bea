//! What a preset does against deliveries that are sent again: how old one may be, and what counts as one message.

use std::fmt::Write as _;

use countersign::{Preset, Scheme};
use serde::{Deserialize, Serialize};

use crate::terminal::Palette;

/// What is known of both, for machines.
#[derive(Serialize)]
pub(super) struct ReplaysJson {
    /// `None` if deliveries of any age are accepted.
    tolerance: Option<ToleranceJson>,
    /// The note that people get if there is no tolerance.
    tolerance_note: Option<&'static str>,
    /// `id`, `signed text`, or `None` if nothing tells messages apart.
    message_identity: Option<&'static str>,
}

#[derive(Serialize)]
struct ToleranceJson {
    past: u32,
    future: u32,
}

/// The fields of a scheme that say what is signed.
#[derive(Deserialize)]
struct Signed {
    token: Option<serde::de::IgnoredAny>,
    timestamp: Option<serde::de::IgnoredAny>,
    id: Option<serde::de::IgnoredAny>,
}

const NOT_SET: &str = "an old delivery is accepted, until you set a tolerance: --tolerance, or the tolerance of the \
                       verifier in Rust (Scheme::with_tolerance), Go, Python and C";
const NOT_SIGNED: &str = "an old delivery is accepted, since no timestamp is signed that could be checked: remember the \
                          messages if one must not be handled twice";

impl Signed {
    fn of(preset: &Preset) -> Option<Self> {
        serde_json::from_str(preset.json()).ok()
    }

    /// Why a delivery of any age is accepted, if the scheme has no tolerance.
    fn without_tolerance(&self) -> &'static str {
        if self.timestamp.is_some() { NOT_SET } else { NOT_SIGNED }
    }

    /// What a replay memory and the tower layer recognise a message by.
    fn message_identity(&self) -> Option<&'static str> {
        match self {
            Self { token: Some(_), .. } => None,
            Self { id: Some(_), .. } => Some("id"),
            _ => Some("signed text"),
        }
    }

    /// The same for people, with what follows from it.
    fn message(&self) -> &'static str {
        match (self.message_identity(), &self.timestamp) {
            (None, _) => "not known, since a token says nothing of the delivery: use the delivery id, if there is one",
            (Some("id"), _) => "known to a replay memory by its signed id, also if a retry is signed anew",
            (_, Some(_)) => {
                "known to a replay memory by its whole signed text with the timestamp, not by the delivery id: \
                 a retry that is signed anew is another message"
            }
            _ => {
                "known to a replay memory by its whole signed text, not by the delivery id: \
                 two deliveries in which the same is signed are one message"
            }
        }
    }
}

impl ReplaysJson {
    pub(super) fn of(preset: &Preset) -> Self {
        let signed = Signed::of(preset);
        let tolerance = tolerance(preset);
        let note = signed.as_ref().filter(|_| tolerance.is_none()).map(Signed::without_tolerance);
        Self {
            tolerance: tolerance.map(|(past, future)| ToleranceJson { past, future }),
            tolerance_note: note,
            message_identity: signed.as_ref().and_then(Signed::message_identity),
        }
    }
}

/// How many seconds old a delivery may be, and how far ahead of the clock.
fn tolerance(preset: &Preset) -> Option<(u32, u32)> {
    let tolerance = Scheme::preset(preset.name()).ok()?.tolerance()?;
    Some((tolerance.past, tolerance.future))
}

/// For people: the tolerance or what it means that there is none, and what counts as one message.
pub(super) fn replays(preset: &Preset, palette: &Palette) -> String {
    let Palette { strong, .. } = palette;
    let Some(signed) = Signed::of(preset) else { return String::new() };
    let mut text = format!("{strong}Tolerance{strong:#}: ");
    let _ = match tolerance(preset) {
        Some((past, future)) if past == future => writeln!(text, "{past} s"),
        Some((past, future)) => writeln!(text, "{past} s old, {future} s ahead"),
        None => writeln!(text, "none: {}", signed.without_tolerance()),
    };
    text + &format!("{strong}A repeated message{strong:#}: {}\n", signed.message())
}
