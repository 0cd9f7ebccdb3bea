//! The causes that an explanation can name.

use std::fmt;

/// What explains a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// The timestamp is written in another unit than the scheme says.
    TimestampUnit,
    /// The sender's clock and ours differ, or the delivery is old.
    ClockOff,
    /// The signature was made with a secret that may not be used at this time.
    SecretNotValid,
    /// The signature is in another header.
    WrongHeader,
    /// The signature lacks its prefix.
    MissingPrefix,
    /// The signature has a prefix that the scheme does not know, such as a label with a blank behind it.
    ExtraPrefix,
    /// Behind the signature stands something that is no part of it.
    ExtraSuffix,
    /// The end of the signature is missing.
    TruncatedSignature,
    /// The signature appears twice.
    DoubledSignature,
    /// The value of the signature's header has other parts than the scheme expects, such as pairs or a timestamp in front.
    WrongFormat,
    /// Hex where base64 was expected, or the reverse; or base64 with the escapes of a URL.
    WrongEncoding,
    /// The URL alphabet of base64 where the standard one was expected, or the reverse.
    UrlAlphabet,
    /// Another hash function.
    WrongAlgorithm,
    /// A plain hash of the secret and the text where an HMAC was expected, or the reverse.
    HashKind,
    /// The secret starts or ends with a space or newline that the sender's does not have, or the reverse.
    SecretWhitespace,
    /// The secret begins with a UTF-8 byte-order mark that does not belong to it.
    SecretBom,
    /// The secret has quotes around it that do not belong to it.
    SecretQuotes,
    /// The secret is escaped for HTML or a URL, such as `&amp;` for `&`, and the sender's is not, or the reverse.
    SecretEscaped,
    /// The secret is base64 of the key.
    SecretIsBase64,
    /// The secret is hex of the key.
    SecretIsHex,
    /// The secret is the key itself, and not base64 or hex of it.
    SecretIsText,
    /// `whsec_` belongs to the secret and is missing, or the reverse.
    SecretWhsec,
    /// The sender signs the URL, and calls it in another spelling than the one given.
    WrongUrl,
    /// A newline, or other white space, was added at an end of the body.
    BodyNewlineAdded,
    /// The newline at the end of the body, or other white space at its ends, was removed.
    BodyNewlineCut,
    /// The line ends of the body were changed.
    BodyLineEndings,
    /// The byte order mark of the body was added or removed.
    BodyBom,
    /// The body is UTF-16, and was signed as UTF-8.
    BodyUtf16,
    /// The body was read in another character set than it was written in.
    BodyCharset,
    /// The body is base64 of what was signed, or the reverse.
    BodyBase64,
    /// The body is a JSON string or an object that contains what was signed, or the reverse.
    BodyJsonString,
    /// The body was parsed as JSON and printed again.
    BodyReserialised,
    /// The body was extracted from a form, or is the whole form.
    BodyFormField,
    /// The body is a form that was parsed and written again.
    BodyFormReencoded,
    /// The sender does not sign the timestamp (or id) that the scheme expects to be signed.
    TimestampNotSigned,
    /// The sender signs a timestamp (or id) that the scheme does not name.
    TimestampSigned,
    /// The signed text has the right parts, but joined in another way.
    WrongTemplate,
    /// The delivery is from another sender: it is signed the way of a preset, or lacks the expected header and has that of a
    /// preset. In the second case, whether it is the only mistake cannot be tried.
    AnotherPreset,
    /// The delivery lacks a part of the signed text. Whether it is the only mistake cannot be tried.
    MissingPart,
    /// The body is compressed, or was when it was signed. Whether it is the only mistake cannot be tried.
    BodyCompressed,
    /// The body is what a program prints for an object, such as `[object Object]`, and not what came.
    BodyObject,
    /// Characters of the body were lost when it was decoded: it contains U+FFFD. What was there cannot be tried.
    BodyCharactersLost,
    /// The body has another length than the header Content-Length says. What was cut or added cannot be tried.
    BodyLength,
    /// The body is empty. Whether it was when it was signed cannot be tried.
    BodyEmpty,
    /// A header has another form than the scheme expects, so that nothing was compared. Whether it is the only mistake
    /// cannot be tried.
    HeaderForm,
}

impl Cause {
    /// The fixed name, such as `secret_whitespace`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TimestampUnit => "timestamp_unit",
            Self::ClockOff => "clock_off",
            Self::SecretNotValid => "secret_not_valid",
            Self::WrongHeader => "wrong_header",
            Self::MissingPrefix => "missing_prefix",
            Self::ExtraPrefix => "extra_prefix",
            Self::ExtraSuffix => "extra_suffix",
            Self::TruncatedSignature => "truncated_signature",
            Self::DoubledSignature => "doubled_signature",
            Self::WrongEncoding => "wrong_encoding",
            Self::UrlAlphabet => "url_alphabet",
            Self::WrongAlgorithm => "wrong_algorithm",
            Self::HashKind => "hash_kind",
            Self::SecretWhitespace => "secret_whitespace",
            Self::SecretBom => "secret_bom",
            Self::SecretIsBase64 => "secret_is_base64",
            Self::SecretIsHex => "secret_is_hex",
            Self::SecretIsText => "secret_is_text",
            Self::SecretWhsec => "secret_whsec",
            Self::BodyNewlineAdded => "body_newline_added",
            Self::BodyNewlineCut => "body_newline_cut",
            Self::BodyLineEndings => "body_line_endings",
            Self::BodyBom => "body_bom",
            Self::BodyReserialised => "body_reserialised",
            Self::BodyFormField => "body_form_field",
            Self::TimestampNotSigned => "timestamp_not_signed",
            Self::WrongTemplate => "wrong_template",
            Self::AnotherPreset => "another_preset",
            Self::BodyUtf16 => "body_utf16",
            Self::BodyCompressed => "body_compressed",
            Self::MissingPart => "missing_part",
            Self::BodyLength => "body_length",
            Self::WrongFormat => "wrong_format",
            Self::SecretQuotes => "secret_quotes",
            Self::SecretEscaped => "secret_escaped",
            Self::WrongUrl => "wrong_url",
            Self::BodyCharset => "body_charset",
            Self::BodyBase64 => "body_base64",
            Self::BodyJsonString => "body_json_string",
            Self::BodyFormReencoded => "body_form_reencoded",
            Self::TimestampSigned => "timestamp_signed",
            Self::BodyObject => "body_object",
            Self::BodyCharactersLost => "body_characters_lost",
            Self::BodyEmpty => "body_empty",
            Self::HeaderForm => "header_form",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
