//! Rejections: the reasons why a delivery is not authentic, with names and numbers that are the same in every language.

use core::fmt;

/// Why a delivery was rejected.
///
/// The number ([`code`](Self::code)) and the name ([`name`](Self::name)) never change. They are for the operator's log
/// and metrics; the answer to the sender must be the same for every rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[repr(u8)]
pub enum Rejection {
    /// 1: the signature header is absent.
    MissingSignature = 1,
    /// 2: a header that may appear only once appears more than once.
    RepeatedSignature = 2,
    /// 3: the value is empty, longer than [`MAX_VALUE`](crate::MAX_VALUE) bytes, or does not fit the format.
    MalformedSignature = 3,
    /// 4: a label names no known algorithm.
    UnknownAlgorithm = 4,
    /// 5: a known algorithm that contradicts the configured one, another source, or what is accepted.
    AlgorithmNotAccepted = 5,
    /// 6: not valid text of the configured encoding: an odd number of hex digits, wrong alphabet, a space inside,
    /// partial padding, non-zero trailing bits.
    MalformedEncoding = 6,
    /// 7: the decoded length is not that of the algorithm, or of any of the six if the algorithm is inferred.
    WrongLength = 7,
    /// 8: everything is well-formed, but the tag (or token) is not equal.
    Mismatch = 8,
    /// 9: the scheme signs a timestamp and there is none.
    MissingTimestamp = 9,
    /// 10: the timestamp is not a number or date of the configured unit, or has the wrong number of digits.
    MalformedTimestamp = 10,
    /// 11: authentic, but older than the tolerance.
    Expired = 11,
    /// 12: authentic, but further in the future than the tolerance.
    FromFuture = 12,
    /// 13: a part of the signed text (an id, a header, the method, the URL) is missing, or contains its delimiter, so
    /// that the text could be split elsewhere.
    MissingPart = 13,
    /// 14: authentic, but accepted before.
    Replayed = 14,
    /// 15: the body is larger than the configured limit, or its form has too many parameters.
    BodyTooLarge = 15,
}

impl Rejection {
    /// All rejections, in the order of their numbers.
    pub const ALL: [Self; 15] = [
        Self::MissingSignature,
        Self::RepeatedSignature,
        Self::MalformedSignature,
        Self::UnknownAlgorithm,
        Self::AlgorithmNotAccepted,
        Self::MalformedEncoding,
        Self::WrongLength,
        Self::Mismatch,
        Self::MissingTimestamp,
        Self::MalformedTimestamp,
        Self::Expired,
        Self::FromFuture,
        Self::MissingPart,
        Self::Replayed,
        Self::BodyTooLarge,
    ];

    /// The fixed number, 1 to 15. (0 means authentic.)
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The fixed name, such as `missing_signature`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingSignature => "missing_signature",
            Self::RepeatedSignature => "repeated_signature",
            Self::MalformedSignature => "malformed_signature",
            Self::UnknownAlgorithm => "unknown_algorithm",
            Self::AlgorithmNotAccepted => "algorithm_not_accepted",
            Self::MalformedEncoding => "malformed_encoding",
            Self::WrongLength => "wrong_length",
            Self::Mismatch => "mismatch",
            Self::MissingTimestamp => "missing_timestamp",
            Self::MalformedTimestamp => "malformed_timestamp",
            Self::Expired => "expired",
            Self::FromFuture => "from_future",
            Self::MissingPart => "missing_part",
            Self::Replayed => "replayed",
            Self::BodyTooLarge => "body_too_large",
        }
    }

    /// One sentence for a person.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::MissingSignature => "the signature header is absent",
            Self::RepeatedSignature => "a header that may appear only once appears more than once",
            Self::MalformedSignature => "the signature header is empty, too long, or not in the expected format",
            Self::UnknownAlgorithm => "the label before the signature names no known algorithm",
            Self::AlgorithmNotAccepted => "the algorithm named or inferred is not one that is accepted here",
            Self::MalformedEncoding => "the signature is not valid text of the configured encoding",
            Self::WrongLength => "the signature decodes to a length that is not the algorithm's",
            Self::Mismatch => "the signature does not belong to this body and secret",
            Self::MissingTimestamp => "the timestamp is absent",
            Self::MalformedTimestamp => "the timestamp is not in the expected form",
            Self::Expired => "the delivery is authentic but too old",
            Self::FromFuture => "the delivery is authentic but dated in the future",
            Self::MissingPart => "a part of the signed text is absent, or could end elsewhere",
            Self::Replayed => "the delivery is authentic but was seen before",
            Self::BodyTooLarge => "the body is larger than the limit",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Rejection {}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// The table in DESIGN.md. Logs, metrics and other languages use these numbers and names: never change one.
    const TABLE: [(u8, &str, Rejection); 15] = [
        (1, "missing_signature", Rejection::MissingSignature),
        (2, "repeated_signature", Rejection::RepeatedSignature),
        (3, "malformed_signature", Rejection::MalformedSignature),
        (4, "unknown_algorithm", Rejection::UnknownAlgorithm),
        (5, "algorithm_not_accepted", Rejection::AlgorithmNotAccepted),
        (6, "malformed_encoding", Rejection::MalformedEncoding),
        (7, "wrong_length", Rejection::WrongLength),
        (8, "mismatch", Rejection::Mismatch),
        (9, "missing_timestamp", Rejection::MissingTimestamp),
        (10, "malformed_timestamp", Rejection::MalformedTimestamp),
        (11, "expired", Rejection::Expired),
        (12, "from_future", Rejection::FromFuture),
        (13, "missing_part", Rejection::MissingPart),
        (14, "replayed", Rejection::Replayed),
        (15, "body_too_large", Rejection::BodyTooLarge),
    ];

    #[test]
    fn numbers_and_names_are_fixed() {
        for ((code, name, rejection), listed) in TABLE.into_iter().zip(Rejection::ALL) {
            assert_eq!((rejection.code(), rejection.name()), (code, name));
            assert_eq!(rejection, listed);
        }
    }

    #[test]
    fn each_message_is_different() {
        let messages: HashSet<_> = Rejection::ALL.into_iter().map(Rejection::message).collect();
        assert_eq!(messages.len(), Rejection::ALL.len());
        for rejection in Rejection::ALL {
            assert_eq!(std::format!("{rejection}"), rejection.message());
        }
    }
}
