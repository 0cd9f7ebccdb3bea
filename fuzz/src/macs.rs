//! Claim: every MAC is that of the `hmac` crate, and of `ring` where it has the algorithm: alone, in parts, and in lanes of
//! every instruction set, beside any other messages.

use std::sync::LazyLock;

use arbitrary::{Arbitrary, Result, Unstructured};
use countersign::lanes::{Feature, Lanes, Mac, Message};
use countersign_core::{Algorithm, Key};

use crate::setting::of;

/// Around the block lengths, and one long enough to be hashed first.
const SECRETS: [&[u8]; 6] = [b"first", b"second", &[0xa5; 64], &[0xa5; 65], &[0x5a; 128], &[0x5a; 129]];

/// What messages are cut from.
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| (0..4096_u32).map(|at| (at * 151 + 7).to_le_bytes()[0]).collect());

#[derive(Arbitrary, Debug)]
struct Input {
    /// One bit for each instruction set that the processor is taken not to have.
    without: u8,
    items: Vec<Item>,
    /// How often the items are repeated, so that short inputs fill lanes.
    times: u8,
}

#[derive(Arbitrary, Debug)]
struct Item {
    #[arbitrary(with = of(&Algorithm::ALL))]
    algorithm: Algorithm,
    #[arbitrary(with = of(&SECRETS))]
    secret: &'static [u8],
    /// Lengths of the parts.
    #[arbitrary(with = lengths)]
    parts: Vec<usize>,
    offset: u8,
}

fn lengths(u: &mut Unstructured<'_>) -> Result<Vec<usize>> {
    let count = u.int_in_range(0..=4)?;
    (0..count).map(|_| if u.ratio(1, 8)? { u.int_in_range(0..=900) } else { u.int_in_range(0..=140) }).collect()
}

/// Makes the MACs that `data` describes in all ways. Tells how many lanes' worth of messages there were, up to a few.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let times = 1 + usize::from(input.times) % 20;
    let items: Vec<&Item> = input.items.iter().cycle().take((input.items.len() * times).min(600)).collect();
    let keys: Vec<_> =
        items.iter().map(|item| Key::hmac(item.algorithm, item.secret).expect("no secret is empty")).collect();
    let parts: Vec<Vec<&[u8]>> = items.iter().map(|item| item.slices()).collect();
    let messages: Vec<_> = keys.iter().zip(&parts).map(|(key, parts)| Message { key, parts }).collect();

    let left_out = Feature::ALL.into_iter().enumerate().filter(|(at, _)| input.without >> at & 1 == 1);
    let lanes = left_out.fold(Lanes::detect(), |lanes, (_, feature)| lanes.without(feature));
    let mut macs = vec![Mac::empty(); messages.len()];
    lanes.mac_batch(&messages, &mut macs);
    for ((item, message), mac) in items.iter().zip(&messages).zip(&macs) {
        let expected = crate::tag(item.algorithm, item.secret, &message.parts.concat());
        if let Some(theirs) = by_ring(item.algorithm, item.secret, &message.parts.concat()) {
            assert_eq!(theirs, expected, "ring and hmac disagree: {item:?}");
        }
        let (tag, behind) = mac.as_bytes().split_at(expected.len());
        assert_eq!(tag, expected, "in lanes: {item:?} {lanes:?}");
        assert!(behind.iter().all(|byte| *byte == 0), "something stands behind the tag: {item:?}");
        let one = lanes.mac_one(*message);
        assert_eq!(one.as_bytes(), mac.as_bytes(), "alone: {item:?} {lanes:?}");
        let signed = message.key.sign(message.parts).expect("it is a key for HMAC");
        assert_eq!(signed.as_bytes(), expected, "by the core: {item:?}");
    }
    Some(match messages.len() {
        0 => 0,
        1..8 => 1,
        8..64 => 2,
        _ => 3,
    })
}

impl Item {
    fn slices(&self) -> Vec<&'static [u8]> {
        let mut rest = &TEXT[usize::from(self.offset) % 70..];
        let mut slices = Vec::new();
        for length in &self.parts {
            let (part, behind) = rest.split_at((*length).min(rest.len()));
            slices.push(part);
            rest = behind;
        }
        slices
    }
}

fn by_ring(algorithm: Algorithm, secret: &[u8], text: &[u8]) -> Option<Vec<u8>> {
    use ring::hmac;
    let algorithm = match algorithm {
        Algorithm::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Algorithm::Sha256 => hmac::HMAC_SHA256,
        Algorithm::Sha384 => hmac::HMAC_SHA384,
        Algorithm::Sha512 => hmac::HMAC_SHA512,
        Algorithm::Md5 | Algorithm::Sha224 => return None,
    };
    Some(hmac::sign(&hmac::Key::new(algorithm, secret), text).as_ref().to_vec())
}
