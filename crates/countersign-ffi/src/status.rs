//! The fixed numbers, what they mean, and how an exported function returns one.

use std::ffi::{CStr, c_char};

use countersign::{ConfigErrorKind, Rejection};

use crate::panic::boundary_or;

/// The result of a call. The numbers and names are the same in every language and never change.
///
/// 0 is the only number that means that a delivery is authentic (or, for a function that verifies nothing, that it
/// succeeded). 1 to 15 are verdicts: the delivery is rejected. 64 to 69 are faults of the caller or of the
/// configuration. 127 is a fault of this library. Later versions may add numbers: treat every number but 0 as a
/// rejection. All rejections must look the same to the sender; the reason is for logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    /// The delivery is authentic; or the function succeeded.
    Authentic = 0,
    /// The signature header is absent.
    MissingSignature = 1,
    /// A header that may appear only once appears more than once.
    RepeatedSignature = 2,
    /// The signature header is empty, longer than 4,096 bytes, or does not fit the format.
    MalformedSignature = 3,
    /// A label names no known algorithm.
    UnknownAlgorithm = 4,
    /// A known algorithm that contradicts the configured one, another source, or what is accepted.
    AlgorithmNotAccepted = 5,
    /// Not the configured encoding: odd hex, wrong alphabet, a space inside, partial padding, non-zero trailing bits.
    MalformedEncoding = 6,
    /// The decoded length is not the algorithm's, or none of the six when inferring.
    WrongLength = 7,
    /// Everything is well-formed, but the signature (or token) is not the right one.
    Mismatch = 8,
    /// The scheme signs a timestamp and there is none.
    MissingTimestamp = 9,
    /// The timestamp is not a plain number or date of the configured unit.
    MalformedTimestamp = 10,
    /// Authentic, but older than the tolerance.
    Expired = 11,
    /// Authentic, but further in the future than the tolerance.
    FromFuture = 12,
    /// A part of the signed text (an id, a header, the method, the URL) is missing, or could end elsewhere.
    MissingPart = 13,
    /// Authentic, but accepted before. Only `countersign_replay_memory_take` returns this.
    Replayed = 14,
    /// The body is larger than a limit. For services that limit bodies; in this library, only a form with too many
    /// parameters (`twilio`, `mandrill`) gives it.
    BodyTooLarge = 15,
    /// An argument cannot be used: NULL, misaligned, longer than any object can be, text that is not UTF-8, a number
    /// that names nothing, or a call in the wrong order.
    InvalidArgument = 64,
    /// A secret is required and there is none, or it has no bytes, only zero bytes, only white space (spaces, tabs, line
    /// breaks) or only `*`.
    EmptySecret = 65,
    /// A secret is not in the required form.
    MalformedSecret = 66,
    /// A field of the configuration is missing, unknown, of the wrong type or out of range.
    InvalidConfig = 67,
    /// No preset has this name.
    UnknownPreset = 68,
    /// Something valid that is not supported.
    Unsupported = 69,
    /// A fault of this library. Nothing is authentic. Please report it.
    Internal = 127,
}

/// All of them, in the order of their numbers.
const ALL: [Status; 23] = [
    Status::Authentic,
    Status::MissingSignature,
    Status::RepeatedSignature,
    Status::MalformedSignature,
    Status::UnknownAlgorithm,
    Status::AlgorithmNotAccepted,
    Status::MalformedEncoding,
    Status::WrongLength,
    Status::Mismatch,
    Status::MissingTimestamp,
    Status::MalformedTimestamp,
    Status::Expired,
    Status::FromFuture,
    Status::MissingPart,
    Status::Replayed,
    Status::BodyTooLarge,
    Status::InvalidArgument,
    Status::EmptySecret,
    Status::MalformedSecret,
    Status::InvalidConfig,
    Status::UnknownPreset,
    Status::Unsupported,
    Status::Internal,
];

impl Status {
    fn of(number: u32) -> Option<Self> {
        ALL.into_iter().find(|&status| status as u32 == number)
    }

    fn name(self) -> &'static CStr {
        match self {
            Self::Authentic => c"authentic",
            Self::MissingSignature => c"missing_signature",
            Self::RepeatedSignature => c"repeated_signature",
            Self::MalformedSignature => c"malformed_signature",
            Self::UnknownAlgorithm => c"unknown_algorithm",
            Self::AlgorithmNotAccepted => c"algorithm_not_accepted",
            Self::MalformedEncoding => c"malformed_encoding",
            Self::WrongLength => c"wrong_length",
            Self::Mismatch => c"mismatch",
            Self::MissingTimestamp => c"missing_timestamp",
            Self::MalformedTimestamp => c"malformed_timestamp",
            Self::Expired => c"expired",
            Self::FromFuture => c"from_future",
            Self::MissingPart => c"missing_part",
            Self::Replayed => c"replayed",
            Self::BodyTooLarge => c"body_too_large",
            Self::InvalidArgument => c"invalid_argument",
            Self::EmptySecret => c"empty_secret",
            Self::MalformedSecret => c"malformed_secret",
            Self::InvalidConfig => c"invalid_config",
            Self::UnknownPreset => c"unknown_preset",
            Self::Unsupported => c"unsupported",
            Self::Internal => c"internal",
        }
    }

    fn message(self) -> &'static CStr {
        match self {
            Self::Authentic => c"the delivery is authentic",
            Self::MissingSignature => c"the signature header is absent",
            Self::RepeatedSignature => c"a header that may appear only once appears more than once",
            Self::MalformedSignature => c"the signature header is empty, too long, or not in the expected format",
            Self::UnknownAlgorithm => c"the label before the signature names no known algorithm",
            Self::AlgorithmNotAccepted => c"the algorithm named or inferred is not one that is accepted here",
            Self::MalformedEncoding => c"the signature is not valid text of the configured encoding",
            Self::WrongLength => c"the signature decodes to a length that is not the algorithm's",
            Self::Mismatch => c"the signature does not belong to this body and secret",
            Self::MissingTimestamp => c"the timestamp is absent",
            Self::MalformedTimestamp => c"the timestamp is not in the expected form",
            Self::Expired => c"the delivery is authentic but too old",
            Self::FromFuture => c"the delivery is authentic but dated in the future",
            Self::MissingPart => c"a part of the signed text is absent, or could end elsewhere",
            Self::Replayed => c"the delivery is authentic but was seen before",
            Self::BodyTooLarge => c"the body is larger than the limit",
            Self::InvalidArgument => c"an argument of the call cannot be used",
            Self::EmptySecret => {
                c"a secret is required and there is none, or it has no bytes, only zero bytes, only white space or only *"
            }
            Self::MalformedSecret => c"a secret is not of the form that is asked for",
            Self::InvalidConfig => c"the configuration is at fault",
            Self::UnknownPreset => c"no preset has this name",
            Self::Unsupported => c"this is understood but cannot be done",
            Self::Internal => c"a fault of countersign; please report it",
        }
    }
}

impl From<Rejection> for Status {
    #[inline]
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::MissingSignature => Self::MissingSignature,
            Rejection::RepeatedSignature => Self::RepeatedSignature,
            Rejection::MalformedSignature => Self::MalformedSignature,
            Rejection::UnknownAlgorithm => Self::UnknownAlgorithm,
            Rejection::AlgorithmNotAccepted => Self::AlgorithmNotAccepted,
            Rejection::MalformedEncoding => Self::MalformedEncoding,
            Rejection::WrongLength => Self::WrongLength,
            Rejection::Mismatch => Self::Mismatch,
            Rejection::MissingTimestamp => Self::MissingTimestamp,
            Rejection::MalformedTimestamp => Self::MalformedTimestamp,
            Rejection::Expired => Self::Expired,
            Rejection::FromFuture => Self::FromFuture,
            Rejection::MissingPart => Self::MissingPart,
            Rejection::Replayed => Self::Replayed,
            Rejection::BodyTooLarge => Self::BodyTooLarge,
            // An unknown rejection is still a rejection.
            _ => Self::Internal,
        }
    }
}

impl From<ConfigErrorKind> for Status {
    fn from(kind: ConfigErrorKind) -> Self {
        match kind {
            ConfigErrorKind::EmptySecret => Self::EmptySecret,
            ConfigErrorKind::MalformedSecret => Self::MalformedSecret,
            ConfigErrorKind::InvalidConfig => Self::InvalidConfig,
            ConfigErrorKind::UnknownPreset => Self::UnknownPreset,
            ConfigErrorKind::Unsupported => Self::Unsupported,
            _ => Self::Internal,
        }
    }
}

/// Runs the body of an exported function that returns a status. A panic becomes `internal`; see [`boundary_or`].
#[inline]
pub(crate) fn boundary(body: impl FnOnce() -> Result<(), Status>) -> Status {
    boundary_or(Status::Internal, || match body() {
        Ok(()) => Status::Authentic,
        Err(status) => status,
    })
}

/// The fixed name of a status, for logs and metrics: `authentic` for 0, `missing_signature` for 1, and so on;
/// `unknown_status` for a number that is no status. The name of 0 is `authentic` whatever function returned it. If that
/// function verifies nothing, 0 only means that it succeeded, so print the name only if the status is not 0.
///
/// Returns a NUL-terminated text that lives as long as the program. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_status_name(status: u32) -> *const c_char {
    let text = |status: Option<Status>| status.map_or(c"unknown_status", Status::name).as_ptr();
    boundary_or(c"unknown_status".as_ptr(), || text(Status::of(status)))
}

/// One sentence about a status, in English, for a person who reads logs. It contains nothing of the delivery. For 0 it is
/// "the delivery is authentic", whatever function returned it; see `countersign_status_name`.
///
/// Returns a NUL-terminated text that lives as long as the program. Never NULL.
#[unsafe(no_mangle)]
pub extern "C" fn countersign_status_message(status: u32) -> *const c_char {
    let text = |status: Option<Status>| status.map_or(c"a number that is no status", Status::message).as_ptr();
    boundary_or(c"a number that is no status".as_ptr(), || text(Status::of(status)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status() {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| ()));
        let status = boundary(|| panic!("on purpose"));
        std::panic::set_hook(hook);
        assert_eq!(status, Status::Internal);
        assert_eq!(boundary(|| Ok(())), Status::Authentic);
        assert_eq!(boundary(|| Err(Status::Mismatch)), Status::Mismatch);
    }

    #[test]
    fn rejections_keep_their_numbers_names_and_sentences() {
        for rejection in Rejection::ALL {
            let status = Status::from(rejection);
            assert_eq!(status as u32, u32::from(rejection.code()));
            assert_eq!(status.name().to_str(), Ok(rejection.name()));
            assert_eq!(status.message().to_str(), Ok(rejection.message()));
        }
    }

    #[test]
    fn configuration_errors_keep_their_numbers_and_names() {
        use ConfigErrorKind::{EmptySecret, InvalidConfig, MalformedSecret, UnknownPreset, Unsupported};
        for kind in [EmptySecret, MalformedSecret, InvalidConfig, UnknownPreset, Unsupported] {
            let status = Status::from(kind);
            assert_eq!(status as u32, u32::from(kind.code()));
            assert_eq!(status.name().to_str(), Ok(kind.name()));
        }
    }

    #[test]
    fn only_the_numbers_of_the_table_have_names() {
        let known: Vec<u32> = (0..1000).filter(|&number| Status::of(number).is_some()).collect();
        assert_eq!(known, (0..=15).chain(64..=69).chain([127]).collect::<Vec<_>>());
        assert_eq!(Status::of(u32::MAX), None);
    }
}
