//! Claim: of any header lines, the verifier takes the one value that a plain search takes, and rejects where that does.

use arbitrary::{Arbitrary, Result, Unstructured};
use countersign_core::{
    Algorithm, AlgorithmRule, Delivery, Encoding, Key, MAX_VALUE, Rejection, Scheme, Timestamp, Verifier,
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
            "x-hub-signature-256", "X-Hub-Signature-257", "X-Hub-Signature", "@-Sign", "`-sign", "{", "[",
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
    let Ok(verifier) = Verifier::new(scheme, [key]) else {
        let can_be_one = !wanted.is_empty() && wanted.chars().all(is_name);
        assert!(!can_be_one, "no header can be called {wanted}?");
        return Some(67);
    };

    let expected = expected(&lines, wanted, &signature);
    let delivery = Delivery { method: "", url: "", headers: &lines[..], body: input.body };
    let verdict = verifier.verify(&delivery, Timestamp::from_seconds(0)).map(|_| ()).map_err(Rejection::code);
    match expected {
        Some(expected) => assert_eq!(verdict, expected, "{input:?}"),
        // What is in the value is for other targets to say.
        None => assert!(!matches!(verdict, Ok(()) | Err(1 | 2)), "{verdict:?}: {input:?}"),
    }
    Some(verdict.err().unwrap_or_default())
}

/// The verdict, if the lines alone tell it.
fn expected(lines: &[(&str, Vec<u8>)], wanted: &str, signature: &str) -> Option<std::result::Result<(), u8>> {
    let values: Vec<_> =
        lines.iter().filter(|(name, _)| name.to_ascii_lowercase() == wanted.to_ascii_lowercase()).collect();
    let [(_, value)] = values[..] else { return Some(Err(if values.is_empty() { 1 } else { 2 })) };
    let mut value: Vec<u8> = value.clone();
    while let Some(b' ' | b'\t') = value.last() {
        value.pop();
    }
    while let Some(b' ' | b'\t') = value.first() {
        value.remove(0);
    }
    if value.is_empty() || value.len() > MAX_VALUE {
        return Some(Err(3));
    }
    // Hex may be written in either case, and may have its label.
    let text = String::from_utf8(value).ok()?.to_ascii_lowercase();
    (text == signature || text == format!("sha256={signature}")).then_some(Ok(()))
}
