//! The backend for verifiers: decodes signatures and computes MACs with the instruction sets of this processor.

use countersign_core::hazmat::Backend;
use countersign_core::{Encoding, Key};

use crate::lanes::Lanes;
use crate::message::{Mac, Message};

impl Backend for Lanes {
    type Mac = Mac;

    #[inline(always)]
    fn decode(&self, text: &[u8], encoding: Encoding, tag: &mut [u8; 64]) -> Option<usize> {
        Lanes::decode(*self, text, encoding, tag)
    }

    #[inline(always)]
    fn mac(&self, key: &Key, parts: &[&[u8]]) -> Mac {
        self.mac_one(Message { key, parts })
    }
}
