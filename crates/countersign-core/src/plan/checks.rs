//! Checks that the parts of a scheme fit together. Each fault names the part by its name in a scheme's JSON.

use crate::encoding::Encoding;
use crate::format::{Format, SIGNATURE_FIELD};
use crate::header::is_name;
use crate::infer::AlgorithmRule;
use crate::list::split_list;
use crate::plan::Plan;
use crate::scheme::{HmacScheme, Source, TimestampRule};
use crate::setup::SchemeFault;
use crate::tag::MAX_SIGNATURES;
use crate::template::Part;
use crate::timestamp::TimeUnit;

impl Plan {
    /// The algorithm can be inferred only in formats with labels.
    pub(super) fn check_algorithm<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let AlgorithmRule::Infer { header } = &scheme.algorithm else { return Ok(()) };
        let fault = |message| Err(SchemeFault::new("algorithm", message));
        if !scheme.format.may_be_labelled() {
            return fault("INFER_FROM_HEADER goes with the formats bare and labelled only");
        }
        if self.several_headers {
            return fault("INFER_FROM_HEADER goes with one signature header only");
        }
        if !is_name(header.as_ref()) {
            return fault("the header that names the algorithm has a name that no header can have");
        }
        if header.as_ref().eq_ignore_ascii_case(scheme.header.as_ref()) {
            return fault("the header that names the algorithm cannot be the one that holds the signature");
        }
        Ok(())
    }

    /// A source must name a header or a key that can exist in this format.
    pub(super) fn check_source<S: AsRef<str>>(
        &self,
        scheme: &HmacScheme<S>,
        source: &Source<S>,
        field: &'static str,
    ) -> Result<(), SchemeFault> {
        let fault = |message| Err(SchemeFault::new(field, message));
        match (source, &scheme.format) {
            (Source::Header(name), _) if !is_name(name.as_ref()) => {
                fault("header:NAME needs the name of a header: letters, digits and !#$%&'*+-.^_`|~")
            }
            (Source::Header(_), _) => Ok(()),
            (Source::Signature(_), _) if self.several_headers => {
                fault("signature:KEY goes with one signature header only, since several could contradict each other")
            }
            (Source::Signature(name), Format::Pairs { key, separator, mark }) => {
                let name = name.as_ref();
                if name == key.as_ref() {
                    return fault("names the key of the signature itself");
                }
                if !is_key(name, &[*mark, *separator]) {
                    return fault("signature:KEY needs a key that can stand before the mark of a pair");
                }
                Ok(())
            }
            (Source::Signature(name), Format::Positional { fields, .. }) => {
                let known = split_list(fields.as_ref()).any(|field| field == name.as_ref());
                if known && name.as_ref() != SIGNATURE_FIELD {
                    return Ok(());
                }
                fault("signature:KEY must name one of signature.fields, and not the signature")
            }
            (Source::Signature(_), Format::Bare | Format::Labelled | Format::Prefixed { .. } | Format::List { .. }) => {
                fault("signature:KEY goes with the formats pairs and positional only")
            }
        }
    }

    /// Signature, timestamp and id must not be read from the same header or key.
    pub(super) fn check_sources_differ<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let holds_signature =
            |name: &str| split_list(scheme.header.as_ref()).any(|header| header.eq_ignore_ascii_case(name));
        let timestamp = scheme.timestamp.as_ref().map(|rule| &rule.from);
        for (field, source) in [("timestamp.from", timestamp), ("id.from", scheme.id.as_ref())] {
            if let Some(Source::Header(name)) = source
                && holds_signature(name.as_ref())
            {
                return Err(SchemeFault::new(
                    field,
                    "this header holds the signature; signature:KEY reads the values next to it",
                ));
            }
        }
        let is_same_source = match (timestamp, &scheme.id) {
            (Some(Source::Header(timestamp)), Some(Source::Header(id))) => {
                timestamp.as_ref().eq_ignore_ascii_case(id.as_ref())
            }
            (Some(Source::Signature(timestamp)), Some(Source::Signature(id))) => timestamp.as_ref() == id.as_ref(),
            _ => false,
        };
        if is_same_source {
            return Err(SchemeFault::new("id.from", "the id stands where the timestamp stands"));
        }
        let separator = match &scheme.format {
            Format::Pairs { separator, .. } | Format::Positional { separator, .. } => Some(*separator),
            // Nothing is read from beside the signature.
            Format::Bare | Format::Labelled | Format::Prefixed { .. } | Format::List { .. } => None,
        };
        if let (
            Some(separator),
            Some(TimestampRule { from: Source::Signature(_), unit: TimeUnit::Rfc3339 | TimeUnit::Utc, .. }),
        ) = (separator, &scheme.timestamp)
            && b":-+.".contains(&separator)
        {
            return Err(SchemeFault::new(
                "signature.separator",
                "this character occurs in the timestamp, which is a date",
            ));
        }
        let is_signature_header = |part: Part| match part {
            Part::Header(range) => holds_signature(range.text_in(scheme.template())),
            _ => false,
        };
        if self.template.parts().any(is_signature_header) {
            return Err(SchemeFault::new("signed", "the signature's header cannot be a part of what is signed"));
        }
        Ok(())
    }

    /// The template may contain only values that the scheme reads, and only a signed timestamp can have a tolerance.
    pub(super) fn check_template<S: AsRef<str>>(&self, scheme: &HmacScheme<S>) -> Result<(), SchemeFault> {
        let signs = |part| self.template.contains(part);
        if signs(Part::Timestamp) && scheme.timestamp.is_none() {
            return Err(SchemeFault::new("signed", "{timestamp} needs a timestamp.from that says where it stands"));
        }
        if signs(Part::Id) && scheme.id.is_none() {
            return Err(SchemeFault::new("signed", "{id} needs an id.from that says where it stands"));
        }
        if let Some(TimestampRule { tolerance: Some(_), from, .. }) = &scheme.timestamp
            && !signs(Part::Timestamp)
            && !self.signs_header(scheme, from)
        {
            return Err(SchemeFault::new(
                "timestamp.tolerance",
                "the timestamp is not signed ({timestamp} is not part of signed), so anyone could write it; a tolerance over \
                 it would check nothing",
            ));
        }
        Ok(())
    }
}

/// Each must be a valid header name, and different from the others.
pub(super) fn check_header_names(text: &str) -> Result<(), SchemeFault> {
    let fault = |message| Err(SchemeFault::new("signature.header", message));
    let names = || split_list(text);
    for (index, name) in names().enumerate() {
        if !is_name(name) {
            return fault("needs the name of a header: letters, digits and !#$%&'*+-.^_`|~");
        }
        if names().take(index).any(|earlier| earlier.eq_ignore_ascii_case(name)) {
            return fault("a name stands twice");
        }
        if index >= MAX_SIGNATURES {
            return fault("more than 16 names");
        }
    }
    Ok(())
}

/// The prefix, keys, names and separators of a format must be unambiguous.
pub(super) fn check_format<S: AsRef<str>>(format: &Format<S>, encoding: Encoding) -> Result<(), SchemeFault> {
    let fault = |field, message| Err(SchemeFault::new(field, message));
    match format {
        Format::Bare | Format::Labelled => Ok(()),
        Format::Prefixed { prefix, separator } => {
            if prefix.as_ref().is_empty() {
                return fault(
                    "signature.prefix",
                    "must not be empty; a signature without a prefix has the format bare",
                );
            }
            if prefix.as_ref().starts_with([' ', '\t']) {
                return fault(
                    "signature.prefix",
                    "must not begin with a blank; blanks around header values are trimmed",
                );
            }
            separator.map_or(Ok(()), |separator| check_separator(separator, b"", encoding))
        }
        Format::Pairs { separator, mark, key } => {
            check_separator(*separator, &[*mark], encoding)?;
            if !mark.is_ascii_punctuation() {
                return fault(
                    "signature.mark",
                    "must be one printable ASCII character that is neither a letter nor a digit",
                );
            }
            if is_key(key.as_ref(), &[*mark, *separator]) {
                return Ok(());
            }
            fault("signature.key", "must not be empty nor hold blanks, the mark of a pair (`=`) or the separator")
        }
        Format::List { separator, version } => {
            check_separator(*separator, b",", encoding)?;
            if is_key(version.as_ref(), &[b',', *separator]) {
                return Ok(());
            }
            fault("signature.version", "must not be empty nor hold blanks, `,` or the separator")
        }
        Format::Positional { separator, fields } => {
            check_separator(*separator, b"", encoding)?;
            let names = || split_list(fields.as_ref());
            let is_repeated = |(index, name): (usize, &str)| names().take(index).any(|earlier| earlier == name);
            if names().any(str::is_empty) {
                return fault("signature.fields", "a name is empty");
            }
            if names().enumerate().any(is_repeated) {
                return fault("signature.fields", "a name stands twice");
            }
            if names().all(|name| name != SIGNATURE_FIELD) {
                return fault("signature.fields", "one of the names must be \"signature\"");
            }
            Ok(())
        }
    }
}

/// A separator must not occur in what it separates, and must not be one of `delimiters`.
fn check_separator(separator: u8, delimiters: &[u8], encoding: Encoding) -> Result<(), SchemeFault> {
    let alphabet: &[u8] = match encoding {
        Encoding::Base64 => b"+/=",
        Encoding::Base64Url => b"-_=",
        Encoding::HexaDecimal => b"",
    };
    let fault = |message| Err(SchemeFault::new("signature.separator", message));
    if separator != b' ' && !separator.is_ascii_punctuation() {
        return fault(
            "must be one printable ASCII character that is neither a letter nor a digit; blanks around items are trimmed",
        );
    }
    if delimiters.contains(&separator) {
        return fault("this character already stands between a key or version and its value");
    }
    if alphabet.contains(&separator) {
        return fault("this character occurs in signatures of this encoding");
    }
    Ok(())
}

/// Whether a text can be a key or version: not empty, without spaces and without `delimiters`.
fn is_key(text: &str, delimiters: &[u8]) -> bool {
    !text.is_empty() && !text.bytes().any(|byte| byte.is_ascii_whitespace() || delimiters.contains(&byte))
}
