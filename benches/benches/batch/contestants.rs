//! Those who take part. Each makes its keys ready beforehand.

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod hmac;
#[cfg(feature = "ipsec-mb")]
mod ipsec_mb;
#[cfg(feature = "openssl")]
mod openssl;
mod ours;
mod ring;

use countersign::Encoding;
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
        hmac::new(work),
    ];
    all.extend(ring::new(work));
    #[cfg(feature = "aws-lc-rs")]
    all.extend(aws_lc::new(work));
    #[cfg(feature = "openssl")]
    all.push(Box::new(openssl::Openssl::new(work)));
    all
}

/// Those who make one tag after the other: how a key is made, and how a tag.
pub struct OneByOne<'w, K, T> {
    name: &'static str,
    keys: Vec<K>,
    sign: fn(&K, &[u8]) -> T,
    messages: &'w [Vec<u8>],
    tags: Vec<T>,
}

impl<'w, K, T: AsRef<[u8]>> OneByOne<'w, K, T> {
    pub fn new(name: &'static str, work: &'w Work, key: impl Fn(&[u8]) -> K, sign: fn(&K, &[u8]) -> T) -> Self {
        let keys = work.secrets().iter().map(|secret| key(secret)).collect();
        Self { name, keys, sign, messages: work.messages(), tags: Vec::with_capacity(work.messages().len()) }
    }
}

impl<K, T: AsRef<[u8]>> Contestant for OneByOne<'_, K, T> {
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
