//! Claims: a tag's text is taken where the `base64` and `hex` crates take it, and stands for the bytes that they read; the text
//! of a secret likewise, where a little more is forgiven. What is decoded shows as the verdict on a body.

use arbitrary::{Arbitrary, Unstructured};
use base64::Engine as _;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use countersign_core::{
    Algorithm, AlgorithmRule, Encoding, Format, HmacScheme, Key, MAX_VALUE, Rejection, Scheme, SecretForm, SetupError,
    Timestamp, Verifier,
};

use crate::line::{Edit, encode};
use crate::setting::of;

const SECRET: &[u8] = b"secret";

/// Trailing bits are forgiven in secrets. So is padding, which is cut off before.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Tag(Tag<'a>),
    Secret(Secret<'a>),
}

#[derive(Arbitrary, Debug)]
struct Tag<'a> {
    #[arbitrary(with = of(&Algorithm::ALL))]
    algorithm: Algorithm,
    #[arbitrary(with = of(&Encoding::ALL))]
    encoding: Encoding,
    /// The right tag is what is changed; else nothing.
    is_right: bool,
    edits: Vec<Edit<'a>>,
    body: &'a [u8],
}

#[derive(Arbitrary, Debug)]
struct Secret<'a> {
    #[arbitrary(with = of(&Algorithm::ALL))]
    algorithm: Algorithm,
    #[arbitrary(with = of(&SecretForm::ALL))]
    form: SecretForm,
    prefixed: bool,
    edits: Vec<Edit<'a>>,
    bytes: &'a [u8],
}

/// Decodes what `data` describes.
pub fn run(data: &[u8]) -> Option<u8> {
    match Input::arbitrary_take_rest(Unstructured::new(data)).ok()? {
        Input::Tag(tag) => judge(&tag),
        Input::Secret(secret) => Some(prepare(&secret)),
    }
}

/// A format without labels, so that nothing but the decoder looks at the text.
fn judge(input: &Tag<'_>) -> Option<u8> {
    let right = crate::tag(input.algorithm, SECRET, input.body);
    let mut text = if input.is_right { encode(input.encoding, &right).into_bytes() } else { Vec::new() };
    input.edits.iter().for_each(|edit| edit.apply(&mut text));
    let blank = |byte: Option<&u8>| matches!(byte, Some(b' ' | b'\t'));
    // Blanks at the end are the header's, and so is a value's length.
    if text.is_empty() || blank(text.last()) || text.len() + 1 > MAX_VALUE {
        return None;
    }
    let expected = match tag(input.encoding, &text) {
        None => Err(Rejection::MalformedEncoding),
        Some(bytes) if bytes.len() != input.algorithm.tag_len() => Err(Rejection::WrongLength),
        Some(bytes) if bytes != right => Err(Rejection::Mismatch),
        Some(_) => Ok(()),
    };
    let scheme = HmacScheme {
        header: "X-Sign",
        format: Format::Prefixed { prefix: "~", separator: None },
        algorithm: AlgorithmRule::Fixed(input.algorithm),
        encoding: input.encoding,
        signed: None,
        timestamp: None,
        id: None,
    };
    let key = Key::hmac(input.algorithm, SECRET).expect("it is not empty");
    let verifier = Verifier::new(Scheme::Hmac(scheme), [key]).expect("the key suits the scheme");
    let value = [b"~", &text[..]].concat();
    let verdict = verifier.verify_signature(&value, input.body, Timestamp::from_seconds(0)).map(|_| ());
    assert_eq!(verdict, expected, "{input:?}: {}", text.escape_ascii());
    Some(expected.map_or_else(Rejection::code, |()| 0))
}

/// The bytes that the text of a tag stands for.
fn tag(encoding: Encoding, text: &[u8]) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Base64 => STANDARD.decode(text).or_else(|_| STANDARD_NO_PAD.decode(text)).ok(),
        Encoding::Base64Url => URL_SAFE.decode(text).or_else(|_| URL_SAFE_NO_PAD.decode(text)).ok(),
        Encoding::HexaDecimal => hex::decode(text).ok(),
    }
}

fn prepare(input: &Secret<'_>) -> u8 {
    let text = match input.form {
        SecretForm::Utf8 => input.bytes.to_vec(),
        SecretForm::Base64 => STANDARD.encode(input.bytes).into_bytes(),
        SecretForm::HexaDecimal => hex::encode(input.bytes).into_bytes(),
    };
    let mut text = if input.prefixed { [b"whsec_", &text[..]].concat() } else { text };
    input.edits.iter().for_each(|edit| edit.apply(&mut text));
    let expected = match input.form {
        SecretForm::Utf8 => Some(text.clone()),
        SecretForm::HexaDecimal => hex::decode(&text).ok(),
        SecretForm::Base64 => {
            let text = text.strip_prefix(b"whsec_").unwrap_or(&text);
            // Less padding than usual is forgiven, and as much as two that nothing asks for.
            let bare = text.strip_suffix(b"==").or(text.strip_suffix(b"=")).unwrap_or(text);
            FORGIVING.decode(bare).ok()
        }
    };
    let expected = match expected {
        None => Err(SetupError::MalformedSecret),
        Some(bytes) if bytes.is_empty() => Err(SetupError::EmptySecret),
        Some(bytes) if bytes.iter().all(|&byte| byte == 0) => Err(SetupError::ZeroSecret),
        // What stands where a secret was never filled in is seen in a text that is the secret, and in no other.
        Some(bytes) if input.form == SecretForm::Utf8 && bytes.iter().all(|byte| b" \t\r\n".contains(byte)) => {
            Err(SetupError::BlankSecret)
        }
        Some(bytes) if input.form == SecretForm::Utf8 && bytes.iter().all(|&byte| byte == b'*') => {
            Err(SetupError::MaskedSecret)
        }
        Some(bytes) => Ok(crate::tag(input.algorithm, &bytes, b"body")),
    };
    let sign = |key: Key| key.sign(&[b"body"]).expect("it is a key for HMAC").as_bytes().to_vec();
    let signed = input.form.key(input.algorithm, &text).map(sign);
    assert_eq!(signed, expected, "{input:?}: {}", text.escape_ascii());
    expected.map_or_else(number, |_| 0)
}

/// A number for each reason why a secret is refused; the codes have one for several.
fn number(error: SetupError) -> u8 {
    match error {
        SetupError::EmptySecret => 65,
        SetupError::MalformedSecret => 66,
        SetupError::ZeroSecret => 101,
        SetupError::BlankSecret => 102,
        SetupError::MaskedSecret => 103,
        other => panic!("the text of a secret has not this fault: {other}"),
    }
}
