//! Generates header texts that are often correct and often nearly correct.
//!
//! A text is made from a list of choices, which are numbers, so that proptest can generate and shrink them. Zero is
//! always the simplest choice.

use std::vec::IntoIter;

use countersign_core::{Algorithm, Encoding};
use proptest::collection::vec;
use proptest::prelude::*;

use super::encode::encode;
use super::reference::Setup;

/// The body that is signed and verified.
pub(crate) const BODY: &[u8] = b"{\"order\":1001,\"total\":\"20.00\"}";

/// A verifier and the headers of a delivery.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) setup: Setup,
    pub(crate) line: Vec<u8>,
    /// The lines of the companion header.
    pub(crate) companions: Vec<Vec<u8>>,
}

pub(crate) fn case() -> impl Strategy<Value = Case> {
    vec(any::<u16>(), 64).prop_map(|numbers| {
        let mut choices = Choices(numbers.into_iter());
        let setup = setup(&mut choices);
        Case { line: line(&mut choices, &setup), companions: companions(&mut choices, &setup), setup }
    })
}

/// The remaining choices; zeros after the last one.
struct Choices(IntoIter<u16>);

impl Choices {
    fn below(&mut self, count: usize) -> usize {
        usize::from(self.0.next().unwrap_or_default()) % count
    }

    fn one_of<T: Clone>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())].clone()
    }

    /// `usual`, but once in `once_in` times the result of `exception`.
    fn rarely<T>(&mut self, once_in: usize, usual: T, exception: impl FnOnce(&mut Self) -> T) -> T {
        if self.below(once_in) == once_in - 1 { exception(self) } else { usual }
    }
}

/// A fixed or inferred algorithm, sometimes with only some algorithms accepted, and one or two secrets.
fn setup(choices: &mut Choices) -> Setup {
    let fixed = choices.one_of(&[None, Some(())]).map(|()| choices.one_of(&Algorithm::ALL));
    let mut accept = Algorithm::ALL.to_vec();
    for _ in 0..choices.one_of(&[0, 0, 1, 3, 5]) {
        accept.remove(choices.below(accept.len()));
    }
    let encoding = choices.one_of(&Encoding::ALL);
    let secrets = choices.one_of(&[vec![b"first".to_vec()], vec![b"first".to_vec(), b"second".to_vec()]]);
    Setup { fixed, accept, encoding, secrets }
}

/// Mostly an algorithm that the verifier accepts.
fn algorithm(choices: &mut Choices, setup: &Setup) -> Algorithm {
    let expected = setup.fixed.unwrap_or_else(|| choices.one_of(&setup.accept));
    choices.rarely(8, expected, |choices| choices.one_of(&Algorithm::ALL))
}

/// A label for `algorithm` in one of its spellings, or one that is nearly correct.
fn label(choices: &mut Choices, algorithm: Algorithm, encoding: Encoding) -> String {
    let prefix = choices.one_of(&["", "", "", "hmac", "hmac-", "HMAC_", "Hmac"]);
    let prefix = choices.rarely(40, prefix, |choices| choices.one_of(&["hmac--", "hmachmac", "-", "mac"]));
    let sha = choices.one_of(&["sha", "SHA", "Sha"]);
    let between = choices.one_of(&["", "-", "_"]);
    let between = choices.rarely(40, between, |choices| choices.one_of(&["--", " ", "3-", "-2-", "0"]));
    let name = match algorithm {
        Algorithm::Md5 => choices.one_of(&["md5", "MD5", "Md5"]).to_owned(),
        _ => format!("{sha}{between}{}", algorithm.name().trim_start_matches("SHA_")),
    };
    let matching = if encoding == Encoding::HexaDecimal { ["-hex", "_HEX"] } else { ["-base64", "_Base64"] };
    let suffix = choices.one_of(&["", "", "", matching[0], matching[1]]);
    let suffix = choices.rarely(25, suffix, |choices| choices.one_of(&["-hex", "-base64", "_base64url", "-", "hex"]));
    format!("{prefix}{name}{suffix}")
}

/// The text before the tag: nothing, a label with its separator, or something similar.
fn text_before_tag(choices: &mut Choices, signed_with: Algorithm, setup: &Setup) -> String {
    if choices.below(3) == 0 {
        return String::new();
    }
    let named = choices.rarely(8, signed_with, |choices| choices.one_of(&Algorithm::ALL));
    let name = label(choices, named, setup.encoding);
    let name = choices
        .rarely(25, name, |choices| choices.one_of(&["v1", "t", "", "sig", "sha", "hmac", "none", "é"]).to_owned());
    let separator = choices.one_of(&["=", ":"]);
    name + choices.rarely(25, separator, |choices| choices.one_of(&["", "==", ":=", "= ", ", ", ";", " ="]))
}

/// A signature header.
fn line(choices: &mut Choices, setup: &Setup) -> Vec<u8> {
    let algorithm = algorithm(choices, setup);
    let encoding = choices.rarely(10, setup.encoding, |choices| choices.one_of(&Encoding::ALL));
    let secret = choices.one_of(&[&b"first"[..], b"second"]);
    let secret = choices.rarely(10, secret, |_| b"third");
    let before_tag = text_before_tag(choices, algorithm, setup);
    let mut text = encode(encoding, &super::tag(algorithm, secret, BODY)).into_bytes();
    for _ in 0..choices.one_of(&[0, 0, 1, 2]) {
        change(choices, &mut text);
    }
    let space =
        |choices: &mut Choices| choices.rarely(6, "", |choices| choices.one_of(&[" ", "\t", " \t ", "\n", "\u{a0}"]));
    let (before, after) = (space(choices), space(choices));
    [before.as_bytes(), before_tag.as_bytes(), &text, after.as_bytes()].concat()
}

/// Changes an encoded tag at random.
fn change(choices: &mut Choices, text: &mut Vec<u8>) {
    let byte = choices.one_of(b"AZaz09+/-_=: \t,\n\0\x7f\x80\xff");
    let byte = choices.rarely(4, byte, |choices| choices.below(256).to_le_bytes()[0]);
    let end = text.iter().rposition(|&byte| byte != b'=').map_or(0, |last| last + 1);
    let at = choices.below(text.len() + 1);
    match choices.below(10) {
        // Padding may be absent.
        0..=2 => text.truncate(end),
        3 => text.extend(choices.one_of(&["=", "==", "==="]).bytes()),
        4 => text.make_ascii_uppercase(),
        5 => text.insert(at, byte),
        6 => text.truncate(at),
        // In base64, where the last character often has unused bits, this makes a second spelling of the same tag.
        7 if end > 0 => text[end - 1] ^= 1,
        8 if at < text.len() => text[at] = byte,
        9 if at < text.len() => drop(text.remove(at)),
        _ => text.clear(),
    }
}

/// The lines of the companion header: none, one or two, mostly labels.
fn companions(choices: &mut Choices, setup: &Setup) -> Vec<Vec<u8>> {
    let count = choices.rarely(10, 1, |_| 2);
    let line = |choices: &mut Choices| {
        let algorithm = algorithm(choices, setup);
        let name = label(choices, algorithm, setup.encoding);
        let malformed = ["", " ", "none", "sha256=", "HmacSHA256 ", "\tSHA_256", "sha3-256"];
        choices.rarely(8, name, |choices| choices.one_of(&malformed).to_owned()).into_bytes()
    };
    (0..count * choices.below(2)).map(|_| line(choices)).collect()
}
