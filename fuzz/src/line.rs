//! Header lines that are often right and often nearly right.

use arbitrary::Arbitrary;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use countersign_core::{Algorithm, Encoding, MAX_VALUE};

use crate::reference::Setup;
use crate::setting::{of, perhaps};

/// `[name separator][tag]`, then changed here and there. Without name and tag it is whatever the edits insert.
#[derive(Arbitrary, Debug)]
pub(crate) struct Line<'a> {
    tag: Option<Tag>,
    name: Option<Name>,
    edits: Vec<Edit<'a>>,
}

/// A real tag of the body, made as the verifier expects it unless something else is chosen.
#[derive(Arbitrary, Debug)]
struct Tag {
    secret: u8,
    #[arbitrary(with = perhaps(&Algorithm::ALL))]
    algorithm: Option<Algorithm>,
    #[arbitrary(with = perhaps(&Encoding::ALL))]
    encoding: Option<Encoding>,
}

/// A label: the name of the tag's algorithm, or of another one.
#[derive(Arbitrary, Debug)]
struct Name {
    #[arbitrary(with = perhaps(&Algorithm::ALL))]
    algorithm: Option<Algorithm>,
    #[arbitrary(with = of(&["", "hmac", "hmac-", "HMAC_", "hmac--", "mac"]))]
    prefix: &'static str,
    #[arbitrary(with = of(&["sha", "SHA", "Sha-", "sha_", "sha--", "s"]))]
    family: &'static str,
    #[arbitrary(with = of(&["", "-hex", "_HEX", "-base64", "_Base64", "_base64url", "hex"]))]
    suffix: &'static str,
    #[arbitrary(with = of(&["=", ":", "==", " =", "= ", ";", ""]))]
    separator: &'static str,
}

/// Something that may happen to a line on its way. Places are counted on from the beginning when the line ends.
#[derive(Arbitrary, Debug)]
pub(crate) enum Edit<'a> {
    /// From here, so many bytes are replaced by these.
    Splice(u8, u8, &'a [u8]),
    Truncate(u8),
    Unpad,
    Uppercase,
    /// Another character, mostly of the same alphabet. In base64, the last one often has bits to spare.
    Flip(u8),
    /// Filled up with one byte to about the longest value that is looked at, which chance would hardly ever find.
    Fill(u8, u8),
}

impl Line<'_> {
    /// The line that a sender with the secrets of `setup` would send with `body`, more or less.
    pub(crate) fn text(&self, setup: &Setup, body: &[u8]) -> Vec<u8> {
        let expected = setup.fixed.unwrap_or(setup.accept[0]);
        let signed_with = self.tag.as_ref().and_then(|tag| tag.algorithm).unwrap_or(expected);
        let mut text = Vec::new();
        if let Some(name) = &self.name {
            text.extend(name.text(signed_with).bytes());
            // A companion header holds nothing but the name.
            text.extend(name.separator.bytes().filter(|_| self.tag.is_some()));
        }
        if let Some(tag) = &self.tag {
            // One more secret than the verifier has, which it must refuse.
            let secret = setup.secrets.get(usize::from(tag.secret) % (setup.secrets.len() + 1));
            let bytes = crate::tag(signed_with, secret.map_or(b"stranger", |secret| secret), body);
            text.extend(encode(tag.encoding.unwrap_or(setup.encoding), &bytes).bytes());
        }
        self.edits.iter().for_each(|edit| edit.apply(&mut text));
        text
    }
}

impl Name {
    fn text(&self, signed_with: Algorithm) -> String {
        let name = match self.algorithm.unwrap_or(signed_with) {
            Algorithm::Md5 => "md5".to_owned(),
            other => other.name().replace("SHA_", self.family),
        };
        [self.prefix, &name, self.suffix].concat()
    }
}

impl Edit<'_> {
    pub(crate) fn apply(&self, text: &mut Vec<u8>) {
        let end = text.len();
        let place = |at: u8| usize::from(at) % (end + 1);
        match *self {
            Self::Splice(at, count, bytes) => {
                let range = place(at)..end.min(place(at) + usize::from(count));
                text.splice(range, bytes.iter().copied());
            }
            Self::Truncate(at) => text.truncate(place(at)),
            Self::Unpad => text.truncate(text.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1)),
            Self::Uppercase => text.make_ascii_uppercase(),
            Self::Flip(at) => text.iter_mut().skip(place(at)).take(1).for_each(|byte| *byte ^= 1),
            Self::Fill(byte, more) => text.resize(end.max(MAX_VALUE - 4 + usize::from(more) % 8), byte),
        }
    }
}

/// Writes a tag in the usual way, base64 with padding and hex in small letters.
pub(crate) fn encode(encoding: Encoding, tag: &[u8]) -> String {
    match encoding {
        Encoding::Base64 => STANDARD.encode(tag),
        Encoding::Base64Url => URL_SAFE.encode(tag),
        Encoding::HexaDecimal => hex::encode(tag),
    }
}
