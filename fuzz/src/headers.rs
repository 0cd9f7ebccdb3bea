//! Claim: of any header lines, the verifier takes the values that a plain search takes, and rejects where that does.

use arbitrary::{Arbitrary, Result, Unstructured};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Key, MAX_SIGNATURES, MAX_VALUE, Rejection, Scheme, Timestamp,
    Verifier,
};

use crate::setting::of;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    wanted: Name<'a>,
    lines: Vec<(Name<'a>, Value<'a>)>,
    body: &'a [u8],
}

/// Mostly one of a few names that resemble each other, in one case or another.
#[derive(Arbitrary, Debug)]
enum Name<'a> {
    Near(
        #[arbitrary(with = of(&[
            "X-Sign", "x-sign", "X-SIGN", "X-Sigm", "X-Sign2", "X-Sig", "X_Sign", "Y-Sign", "X-Hub-Signature-256",
            "x-hub-signature-256", "X-Hub-Signature-257", "X-Hub-Signature", "@-Sign", "`-sign", "{", "[", " X-Sign",
            "X-Sign,X-Sig", "Y-Sign , X-Sig2,\tx-sign", "X-Sign,x-sign", "X-Sign,",
        ]))]
        &'static str,
    ),
    Any(&'a str),
}

/// The right signature in the middle of blanks and other bytes.
#[derive(Arbitrary, Debug)]
struct Value<'a> {
    before: &'a [u8],
    is_right: bool,
    #[arbitrary(with = filling)]
    blanks: usize,
    after: &'a [u8],
}

/// No blanks, or about as many as fit into the longest value.
fn filling(u: &mut Unstructured<'_>) -> Result<usize> {
    Ok(if u.ratio(1, 4)? { MAX_VALUE - 64 - 4 + u.int_in_range(0..=8)? } else { 0 })
}

impl Name<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Near(name) => name,
            Self::Any(name) => name,
        }
    }
}

/// Looks for a signature among the lines that `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    let input = Input::arbitrary_take_rest(Unstructured::new(data)).ok()?;
    let signature = hex::encode(crate::tag(Algorithm::Sha256, b"secret", input.body));
    let text = |value: &Value<'_>| {
        let signature = if value.is_right { signature.as_bytes() } else { b"" };
        [value.before, signature, &vec![b' '; value.blanks], value.after].concat()
    };
    let lines: Vec<_> = input.lines.iter().map(|(name, value)| (name.text(), text(value))).collect();

    let key = Key::hmac(Algorithm::Sha256, b"secret").expect("it is not empty");
    let wanted = input.wanted.text();
    let scheme = Scheme::hmac(wanted, AlgorithmRule::Fixed(Algorithm::Sha256), Encoding::HexaDecimal);
    let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    let names: Vec<_> = wanted.split(',').map(|name| name.trim().to_ascii_lowercase()).collect();
    let mut different = names.clone();
    different.sort();
    different.dedup();
    let can_be_names = names.iter().all(|name| !name.is_empty() && name.chars().all(is_name))
        && different.len() == names.len()
        && names.len() <= MAX_SIGNATURES;
    let verifier = Verifier::new(scheme, [key]);
    assert_eq!(verifier.is_ok(), can_be_names, "{wanted:?}");
    let Ok(verifier) = verifier else { return Some(67) };

    let expected = expected(&lines, &names, &signature);
    let delivery = Delivery { method: "", url: "", headers: &lines[..], body: input.body };
    let verdict = verifier.verify(&delivery, Timestamp::from_seconds(0)).map(|_| ()).map_err(Rejection::code);
    match expected {
        Some(expected) => assert_eq!(verdict, expected, "{input:?}"),
        // What else is in the values is for other targets to say. Of several, one that is right is enough.
        None => {
            let holds = |value: &[u8]| {
                value.windows(signature.len()).any(|part| part.eq_ignore_ascii_case(signature.as_bytes()))
            };
            assert!(verdict.is_err() || lines.iter().any(|(_, value)| holds(value)), "{input:?}");
            assert!(!matches!(verdict, Err(1 | 2)), "{verdict:?}: {input:?}");
        }
    }
    Some(verdict.err().unwrap_or_default())
}

/// The verdict, if the lines alone tell it.
fn expected(lines: &[(&str, Vec<u8>)], names: &[String], signature: &str) -> Option<std::result::Result<(), u8>> {
    let mut values = Vec::new();
    for wanted in names {
        let mut found = lines.iter().filter(|(name, _)| name.to_ascii_lowercase() == *wanted);
        let Some((_, value)) = found.next() else { continue };
        if found.next().is_some() {
            return Some(Err(2));
        }
        let value = without_blanks(value);
        if value.is_empty() || value.len() > MAX_VALUE {
            return Some(Err(3));
        }
        values.push(value);
    }
    if values.is_empty() {
        return Some(Err(1));
    }
    // Hex may be written in either case, and may have its label.
    let is_right = |value: &Vec<u8>| {
        let text = value.to_ascii_lowercase();
        text == signature.as_bytes() || text == format!("sha256={signature}").as_bytes()
    };
    values.iter().all(is_right).then_some(Ok(()))
}

fn without_blanks(value: &[u8]) -> Vec<u8> {
    let mut value = value.to_vec();
    while let Some(b' ' | b'\t') = value.last() {
        value.pop();
    }
    while let Some(b' ' | b'\t') = value.first() {
        value.remove(0);
    }
    value
}
