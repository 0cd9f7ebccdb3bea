//! countersign itself: the MACs alone in lanes, whole verifications in batches, and one MAC after the other.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::{Batch, Encoding, Rejection, Secret, Verdict, Verifier};
use countersign_core::{Key, SignedTag};
use countersign_lanes::{Lanes, Mac, Message};

use super::{Contestant, OneByOne};
use crate::work::Work;

fn keys(work: &Work) -> Vec<Key> {
    work.secrets().iter().map(|secret| Key::hmac(work.algorithm(), secret).unwrap()).collect()
}

/// The MACs alone.
pub struct Macs<'w> {
    lanes: Lanes,
    keys: Vec<Key>,
    parts: Vec<[&'w [u8]; 1]>,
    out: Vec<Mac>,
}

impl<'w> Macs<'w> {
    pub fn new(work: &'w Work, lanes: Lanes) -> Self {
        let parts: Vec<_> = work.messages().iter().map(|message| [&message[..]]).collect();
        Self { lanes, keys: keys(work), out: vec![Mac::empty(); parts.len()], parts }
    }
}

impl Contestant for Macs<'_> {
    fn name(&self) -> &'static str {
        "countersign lanes"
    }

    fn run(&mut self) {
        let messages: Vec<_> =
            self.parts.iter().zip(self.keys.iter().cycle()).map(|(parts, key)| Message { key, parts }).collect();
        self.lanes.mac_batch(&messages, &mut self.out);
    }

    fn agrees(&self, tags: &[Vec<u8>]) -> bool {
        self.out.len() == tags.len() && self.out.iter().zip(tags).all(|(mac, tag)| mac.as_bytes().starts_with(tag))
    }
}

/// From the text of the header to the verdict.
pub struct Verdicts<'w> {
    name: &'static str,
    batch: Batch,
    verifiers: Vec<Verifier>,
    texts: Vec<String>,
    messages: &'w [Vec<u8>],
    out: Vec<Verdict>,
}

impl<'w> Verdicts<'w> {
    pub fn new(name: &'static str, work: &'w Work, lanes: Lanes, encoding: Encoding) -> Self {
        let verifier = |secret: &[u8; 32]| Verifier::hmac(work.algorithm(), encoding, Secret::new(*secret)).unwrap();
        let text = |tag: &Vec<u8>| match encoding {
            Encoding::HexaDecimal => hex::encode(tag),
            _ => STANDARD.encode(tag),
        };
        Self {
            name,
            batch: Batch::new().lanes(lanes),
            verifiers: work.secrets().iter().map(verifier).collect(),
            texts: work.tags().iter().map(text).collect(),
            messages: work.messages(),
            out: vec![Err(Rejection::Mismatch); work.messages().len()],
        }
    }
}

impl Contestant for Verdicts<'_> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self) {
        let items: Vec<_> = self
            .messages
            .iter()
            .zip(&self.texts)
            .zip(self.verifiers.iter().cycle())
            .map(|((message, text), verifier)| (verifier, text.as_bytes(), &message[..]))
            .collect();
        self.batch.verify_signatures(&items, &mut self.out);
    }

    fn agrees(&self, tags: &[Vec<u8>]) -> bool {
        self.out.len() == tags.len() && self.out.iter().all(Result::is_ok)
    }
}

/// One MAC after the other.
pub fn single(work: &Work) -> Box<dyn Contestant + '_> {
    let algorithm = work.algorithm();
    let key = |secret: &[u8]| Key::hmac(algorithm, secret).unwrap();
    Box::new(OneByOne::new("countersign one by one", work, key, |key, message| Tag(key.sign(&[message]).unwrap())))
}

pub struct Tag(SignedTag);

impl AsRef<[u8]> for Tag {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}
