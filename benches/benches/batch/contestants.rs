//! Those who take part. Each makes its keys ready beforehand.

#[cfg(feature = "ipsec-mb")]
mod ipsec_mb;
mod ours;

use countersign::Encoding;
use countersign_benches::macs::{Contest, rivals};
use countersign_lanes::Lanes;

use crate::work::Work;

pub trait Contestant {
    fn name(&self) -> &'static str;

    /// Does all of the work once.
    fn run(&mut self);

    /// Whether the last run came to these tags, or took them for authentic.
    fn agrees(&self, tags: &[Vec<u8>]) -> bool;
}

/// All that can do the work.
pub fn all(work: &Work, lanes: Lanes) -> Vec<Box<dyn Contestant + '_>> {
    let mut all: Vec<Box<dyn Contestant + '_>> = vec![
        #[cfg(feature = "ipsec-mb")]
        Box::new(ipsec_mb::IpsecMb::new(work)),
        Box::new(ours::Macs::new(work, lanes)),
        Box::new(ours::Verdicts::new("countersign batch, hex", work, lanes, Encoding::HexaDecimal)),
        Box::new(ours::Verdicts::new("countersign batch, base64", work, lanes, Encoding::Base64)),
        ours::single(work),
    ];
    rivals(work.algorithm(), &mut Entrants { work, all: &mut all });
    all
}

/// Rivals make one tag after the other.
struct Entrants<'a, 'w> {
    work: &'w Work,
    all: &'a mut Vec<Box<dyn Contestant + 'w>>,
}

impl Contest for Entrants<'_, '_> {
    fn enter<K: 'static, T: AsRef<[u8]> + 'static>(
        &mut self,
        name: &'static str,
        prepare: impl Fn(&[u8]) -> K + 'static,
        tag: impl Fn(&K, &[u8]) -> T + 'static,
        _once: impl Fn(&[u8], &[u8]) -> T + 'static,
    ) {
        self.all.push(Box::new(OneByOne::new(name, self.work, prepare, tag)));
    }
}

/// Those who make one tag after the other: how a key is made, and how a tag.
pub struct OneByOne<'w, K, T, F> {
    name: &'static str,
    keys: Vec<K>,
    sign: F,
    messages: &'w [Vec<u8>],
    tags: Vec<T>,
}

impl<'w, K, T, F: Fn(&K, &[u8]) -> T> OneByOne<'w, K, T, F> {
    pub fn new(name: &'static str, work: &'w Work, key: impl Fn(&[u8]) -> K, sign: F) -> Self {
        let keys = work.secrets().iter().map(|secret| key(secret)).collect();
        Self { name, keys, sign, messages: work.messages(), tags: Vec::with_capacity(work.messages().len()) }
    }
}

impl<K, T: AsRef<[u8]>, F: Fn(&K, &[u8]) -> T> Contestant for OneByOne<'_, K, T, F> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self) {
        self.tags.clear();
        for (message, key) in self.messages.iter().zip(self.keys.iter().cycle()) {
            self.tags.push((self.sign)(key, message));
        }
    }

    fn agrees(&self, tags: &[Vec<u8>]) -> bool {
        self.tags.len() == tags.len() && self.tags.iter().zip(tags).all(|(ours, tag)| ours.as_ref() == tag)
    }
}
