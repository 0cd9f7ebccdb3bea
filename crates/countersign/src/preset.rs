//! The schemes that ship with the project, by name.

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::{ConfigError, ConfigErrorKind};
use crate::printable::quoted;
use crate::suggest::{nearest, plain};

/// A sender whose scheme ships with the project.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
#[non_exhaustive]
pub struct Preset {
    /// The sender's own name, for display.
    pub title: String,
    /// Whether the scheme was seen in the sender's own pages or code, in another project's code, or in a published
    /// example that verifies. If not, it comes only from public catalogues.
    pub confirmed: bool,
    /// The evidence for it: `vector`, `vendor-doc-or-sdk`, `third-party-vector`, `third-party-code` or `catalog`.
    pub basis: String,
    /// Pages that say how this sender signs.
    pub sources: Vec<String>,
    /// What to know before using it.
    pub note: Option<String>,
    /// Whether one signature matches several deliveries, because the sender signs that way. The note says which. Your
    /// own schemes are never ambiguous, unless they name the function of such a sender, or say `"ambiguous": true`.
    #[serde(default)]
    pub ambiguous: bool,
    /// What is known of the id by which a repeated delivery is recognised. Where it is stands in the scheme, as `id_from`.
    pub delivery_id: DeliveryIdSource,
    /// The page that says how long the sender waits for an answer, if one does. How long is in the scheme, as `answer_within`.
    pub answer_source: Option<String>,
    /// The page that describes the handshake, if the sender demands one. What it is stands in the scheme, as `handshake`.
    pub handshake_source: Option<String>,
    /// Other names under which it is found: of senders that sign in exactly this way, and other names of this sender.
    #[serde(default)]
    pub aliases: Vec<String>,
    scheme: &'static RawValue,
}

/// What a sender's documentation says of the ids of its deliveries.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct DeliveryIdSource {
    /// The page that documents the id; `None` if the sender documents none.
    pub source: Option<String>,
    /// Whether this was read on that page or in the sender's code.
    #[serde(default)]
    pub confirmed: bool,
    /// What a person should know before relying on it, or why there is no id.
    pub note: Option<String>,
}

/// A known sender whose signature no scheme describes: it is not HMAC, or does not cover the event.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Unsupported {
    /// The name that a preset for it would have.
    pub name: String,
    /// The sender's own name.
    pub title: String,
    /// Why there is no preset, and what to do instead.
    pub reason: String,
    /// Pages that say how this sender signs.
    pub sources: Vec<String>,
}

impl Preset {
    /// Returns the preset of this name, or with it among its [`aliases`](Self::aliases): `whatsapp` is `meta`. Case counts.
    ///
    /// # Errors
    /// `unsupported` for a known sender that does not sign with HMAC, with the reason; `unknown_preset` for any other name,
    /// with the most similar known one.
    pub fn find(name: &str) -> Result<&'static Self, ConfigError> {
        find(name)
    }

    /// The name, such as `stripe`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        #[derive(Deserialize)]
        struct Named {
            name: &'static str,
        }
        serde_json::from_str::<Named>(self.scheme.get()).map_or("", |scheme| scheme.name)
    }

    /// The scheme, in the JSON that [`Scheme::from_json`](crate::Scheme::from_json) reads.
    #[must_use]
    pub fn json(&self) -> &'static str {
        self.scheme.get()
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, bound(deserialize = "'de: 'static"))]
struct Catalogue {
    presets: Vec<Preset>,
    unsupported: Vec<Unsupported>,
}

// A test checks that it can be read, so the empty catalogue is never used.
static CATALOGUE: LazyLock<Catalogue> =
    LazyLock::new(|| serde_json::from_str(include_str!("../presets.json")).unwrap_or_default());

/// All presets, in the order of their names.
#[must_use]
pub fn presets() -> &'static [Preset] {
    &CATALOGUE.presets
}

/// The known senders for which there can be no preset.
#[must_use]
pub fn unsupported() -> &'static [Unsupported] {
    &CATALOGUE.unsupported
}

pub(crate) fn find(name: &str) -> Result<&'static Preset, ConfigError> {
    let is_called_so = |preset: &&Preset| preset.name() == name || preset.aliases.iter().any(|alias| alias == name);
    if let Some(preset) = presets().iter().find(is_called_so) {
        return Ok(preset);
    }
    if let Some(known) = unsupported().iter().find(|known| known.name == name) {
        return Err(ConfigError::new(ConfigErrorKind::Unsupported, format!("{}: {}", known.title, known.reason)));
    }
    // What is almost a name is no secret. Any other text is one if name and secret were swapped.
    let start = if nearest(name, names()).is_some() {
        format!("no preset is called {}", quoted(name))
    } else if name.is_empty() {
        "the name of the preset is empty (is a variable unset?)".to_owned()
    } else {
        "there is no preset of this name, which is not repeated here, since it could be a secret (were the two \
         swapped?)"
            .to_owned()
    };
    let end = "for a sender without a preset, write a scheme (crates/countersign/guide/new_sender.md in the repository shows \
         how); PRESETS.md there lists all names";
    let message = match &*similar(name) {
        [] => format!("{start}; {end}"),
        [only] => format!("{start}; did you mean \"{only}\"? If not, {end}"),
        [front @ .., last] => {
            format!("{start}; did you mean \"{}\" or \"{last}\"? If not, {end}", front.join("\", \""))
        }
    };
    Err(ConfigError::new(ConfigErrorKind::UnknownPreset, message))
}

/// The name of a preset that a text is, or almost is, quotes around it aside.
pub(crate) fn meant_by(text: &str) -> Option<&'static str> {
    const LONGEST: usize = 64;
    let text = text.trim().trim_matches(['"', '\'']);
    (text.len() <= LONGEST).then(|| nearest(text, names())).flatten()
}

/// The names that may be meant: the one that a typing error made, and those that contain it or are contained in it.
fn similar(typed: &str) -> Vec<&'static str> {
    const MOST: usize = 3;
    const SHORTEST: usize = 4;
    let mut found: Vec<_> = nearest(typed, names()).into_iter().collect();
    // Which names occur in a secret is not told.
    let is_like_a_name = is_like_a_name(typed);
    let typed = plain(typed);
    if is_like_a_name && typed.len() >= SHORTEST {
        let shares = |name: &&str| {
            let name = plain(name);
            name.contains(&typed) || (name.len() >= SHORTEST && typed.contains(&name))
        };
        let more = names().filter(|name| !found.contains(name)).filter(shares).collect::<Vec<_>>();
        found.extend(more);
    }
    found.truncate(MOST);
    found
}

/// All names that are known: of presets, their aliases, and of senders for which there can be none.
fn names() -> impl Iterator<Item = &'static str> + Clone {
    let of_presets = presets()
        .iter()
        .flat_map(|preset| std::iter::once(preset.name()).chain(preset.aliases.iter().map(String::as_str)));
    of_presets.chain(unsupported().iter().map(|known| known.name.as_str()))
}

/// Whether a text looks like the name of a preset. Most secrets are longer or have other characters.
fn is_like_a_name(name: &str) -> bool {
    const LONGEST: usize = 24;
    name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use crate::Scheme;

    #[test]
    fn every_preset_can_be_read() {
        let read = serde_json::from_str::<Catalogue>(include_str!("../presets.json"));
        assert_eq!(read.err().map(|error| error.to_string()), None);
        assert!(presets().len() >= 70, "{}", presets().len());
        for preset in presets() {
            let scheme = Scheme::from_json(preset.json()).unwrap_or_else(|error| panic!("{}: {error}", preset.name()));
            assert_eq!(scheme.name(), Some(preset.name()));
            assert!(!preset.sources.is_empty() && !preset.title.is_empty());
            assert_eq!(preset.confirmed, preset.basis != "catalog", "{}", preset.name());
        }
    }

    /// Each preset says where the id of a delivery is, with the page that documents it, or why there is none.
    #[test]
    fn every_preset_says_what_it_knows_of_ids() {
        let mut with_id = 0;
        for preset in presets() {
            let scheme = Scheme::preset(preset.name()).unwrap();
            let DeliveryIdSource { source, confirmed, note } = &preset.delivery_id;
            assert_eq!(scheme.id_from.is_some(), source.is_some(), "{}", preset.name());
            assert!(source.is_some() || (note.is_some() && !confirmed), "{}", preset.name());
            assert_eq!(scheme.answer_within().is_some(), preset.answer_source.is_some(), "{}", preset.name());
            assert_eq!(scheme.handshake.is_some(), preset.handshake_source.is_some(), "{}", preset.name());
            let pages = source.iter().chain(&preset.answer_source).chain(&preset.handshake_source);
            assert!(pages.clone().all(|page| page.starts_with("https://")), "{}", preset.name());
            with_id += usize::from(scheme.id_from.is_some());
        }
        assert!(with_id >= 46, "{with_id}");
    }

    #[test]
    fn names_are_unique_and_in_order() {
        let in_order: Vec<_> = presets().iter().map(Preset::name).collect();
        assert!(in_order.windows(2).all(|pair| pair[0] < pair[1]), "{in_order:?}");
        let mut all: Vec<_> = names().collect();
        all.sort_unstable();
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
        assert!(all.iter().all(|name| is_like_a_name(name)), "{all:?}");
    }

    #[test]
    fn an_alias_is_the_preset_itself() {
        for (alias, name) in [("whatsapp", "meta"), ("clerk", "svix"), ("resend", "svix"), ("x-twitter", "twitter")] {
            assert_eq!(Preset::find(alias).unwrap().name(), name);
            assert_eq!(Scheme::preset(alias).unwrap().name(), Some(name));
        }
    }

    #[test]
    fn other_names_are_answered_with_a_reason() {
        let error = |name: &str| Scheme::preset(name).unwrap_err();
        assert_eq!(error("discord").kind(), ConfigErrorKind::Unsupported);
        assert!(error("discord").to_string().contains("Ed25519"));
        assert!(error("microsoft-graph").to_string().contains("signs nothing"));
        assert_eq!(error("strpe").kind(), ConfigErrorKind::UnknownPreset);
        assert!(error("strpe").to_string().contains("did you mean \"stripe\"?"));
        assert_eq!(error("").kind(), ConfigErrorKind::UnknownPreset);
        let empty =
            "the name of the preset is empty (is a variable unset?); for a sender without a preset, write a scheme (";
        assert!(error("").to_string().starts_with(empty), "{}", error(""));
        assert!(error("Facebook").to_string().contains("did you mean \"facebook\"?"));
        for (name, message) in [
            ("githob", "no preset is called \"githob\"; did you mean \"github\"?"),
            ("GitHub", "no preset is called \"GitHub\"; did you mean \"github\"?"),
            ("Standard Webhooks", "no preset is called \"Standard Webhooks\"; did you mean \"standard-webhooks\"?"),
            ("SendGrid", "no preset is called \"SendGrid\"; did you mean \"sendgrid\"?"),
            ("GitHob", "no preset is called \"GitHob\"; did you mean \"github\"?"),
            (
                "stripe-connect",
                "there is no preset of this name, which is not repeated here, since it could be a secret (were the two \
                 swapped?); did you mean \"stripe\"?",
            ),
            (
                "zzzzzzzzzzz",
                "there is no preset of this name, which is not repeated here, since it could be a secret (were the two \
                 swapped?)",
            ),
        ] {
            let end = "for a sender without a preset, write a scheme (crates/countersign/guide/new_sender.md in the repository shows \
         how); PRESETS.md there lists all names";
            let between = if message.ends_with('?') { " If not, " } else { "; " };
            assert_eq!(error(name).to_string(), format!("{message}{between}{end}"));
        }
    }

    #[test]
    fn what_may_be_a_secret_is_not_repeated() {
        for secret in [
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "My-Secret",
            "correct horse",
            "5f4dcc3b5aa765d61d8327deb882cf99",
            "s3cr3t",
            "swordfish",
            "github-secret",
        ] {
            let error = Scheme::preset(secret).unwrap_err();
            assert!(!format!("{error} {error:?}").contains(secret), "{error}");
            assert_eq!(error.kind(), ConfigErrorKind::UnknownPreset);
        }
        for preset in presets() {
            assert!(is_like_a_name(preset.name()), "{}", preset.name());
        }
    }
}
