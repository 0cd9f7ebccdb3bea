//! How a delivery was verified, as it is stored with the event: the algorithm, which of the secrets, under which configuration.

use countersign::{Algorithm, Verified};

/// The length of a stored verdict, in bytes.
const BYTES: usize = 11;

/// A stored verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredVerdict {
    /// The algorithm of the HMAC; none for a token, or if nothing is checked.
    pub algorithm: Option<Algorithm>,
    /// Which of the connection's secrets, from 0; none if nothing is checked.
    pub secret_index: Option<u8>,
    /// The number of the configuration: when it was loaded, in microseconds since 1970.
    pub configuration: u64,
}

const ALGORITHMS: [Algorithm; 6] =
    [Algorithm::Md5, Algorithm::Sha1, Algorithm::Sha224, Algorithm::Sha256, Algorithm::Sha384, Algorithm::Sha512];

impl StoredVerdict {
    /// The verdict of a delivery that was verified.
    #[must_use]
    pub fn new(verified: Verified, configuration: u64) -> Self {
        Self { algorithm: verified.algorithm, secret_index: verified.secret_index, configuration }
    }

    /// The bytes: version, algorithm from 1 (0 if none), secret from 1 (0 if none), configuration (little-endian).
    #[must_use]
    pub fn encode(&self) -> [u8; BYTES] {
        let place = self.algorithm.and_then(|algorithm| ALGORITHMS.iter().position(|other| *other == algorithm));
        let algorithm = place.and_then(|place| u8::try_from(place + 1).ok()).unwrap_or(0);
        let mut bytes = [0; BYTES];
        bytes[..3].copy_from_slice(&[1, algorithm, self.secret_index.map_or(0, |index| index + 1)]);
        bytes[3..].copy_from_slice(&self.configuration.to_le_bytes());
        bytes
    }

    /// The verdict in these bytes; none if it is not one, or of a later version.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let [1, algorithm, secret, configuration @ ..] = <&[u8; BYTES]>::try_from(bytes).ok()? else { return None };
        let algorithm = match usize::from(*algorithm) {
            0 => None,
            place => Some(*ALGORITHMS.get(place - 1)?),
        };
        let configuration = u64::from_le_bytes(*configuration);
        Some(Self { algorithm, secret_index: secret.checked_sub(1), configuration })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let algorithms = ALGORITHMS.into_iter().map(Some).chain([None]);
        for (algorithm, secret_index) in algorithms.flat_map(|one| [None, Some(0), Some(7)].map(|index| (one, index))) {
            let verdict = StoredVerdict { algorithm, secret_index, configuration: u64::MAX - 3 };
            assert_eq!(StoredVerdict::decode(&verdict.encode()), Some(verdict));
        }
        assert_eq!(StoredVerdict::decode(&[]), None);
        assert_eq!(StoredVerdict::decode(&[1, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0]), None);
        assert_eq!(StoredVerdict::decode(&[2; BYTES]), None);
    }
}
