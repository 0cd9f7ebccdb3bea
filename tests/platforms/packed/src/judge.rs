//! What the core says of a vector: whole, and in pieces.

use countersign_core::{
    Algorithm, Delivery, Key, MAX_SECRETS, Rejection, Scheme as CoreScheme, SecretForm, SecretSet, SetupError,
    Timestamp, Verified, Verifier,
};
use serde::{Deserialize, Serialize};

use crate::scheme::Scheme;
use crate::vector::{List, Vector};

/// A verdict in the project's numbers: 0 authentic, 1 to 15 a rejection, 65 and more a fault of the set-up.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Verdict {
    /// The number.
    pub code: u8,
    /// The algorithm of an authentic delivery, as an index into the core's list.
    pub algorithm: Option<u8>,
    /// The secret of an authentic delivery.
    pub secret: Option<u8>,
}

/// What a vector that was not packed by this crate is answered with: the project's number for an internal fault.
const INTERNAL: Verdict = Verdict { code: 127, algorithm: None, secret: None };

/// One key for each secret and algorithm, and one secret too many.
type Keys = List<Key, { (MAX_SECRETS + 1) * Algorithm::ALL.len() }>;

impl From<Result<Verified, Rejection>> for Verdict {
    fn from(result: Result<Verified, Rejection>) -> Self {
        match result {
            Ok(verified) => {
                Self { code: 0, algorithm: verified.algorithm.and_then(algorithm_index), secret: verified.secret_index }
            }
            Err(rejection) => Self { code: rejection.code(), algorithm: None, secret: None },
        }
    }
}

impl From<SetupError> for Verdict {
    fn from(error: SetupError) -> Self {
        Self { code: error.code(), algorithm: None, secret: None }
    }
}

fn algorithm_index(algorithm: Algorithm) -> Option<u8> {
    Algorithm::ALL.iter().position(|other| *other == algorithm)?.try_into().ok()
}

impl Vector<'_> {
    /// Hands each way to ask to `each`, which asks: about the whole delivery, then about the body in pieces of 1, 7 and 64
    /// bytes.
    pub fn judge(&self, mut each: impl FnMut(&mut dyn FnMut() -> Verdict)) {
        // Kept in one place and borrowed: moved into the verifier, so many would fill the stack of a small machine.
        let mut keys = Keys::new();
        let Some(made) = self.make(&mut keys) else { return each(&mut || INTERNAL) };
        let verifier = match made.and_then(|scheme| Verifier::new(scheme, &keys[..])) {
            Ok(verifier) => verifier,
            Err(error) => return each(&mut || error.into()),
        };
        let now = Timestamp::from_milliseconds(self.now);
        let counting = self.secrets.iter().enumerate().filter(|(_, secret)| secret.counts(self.now));
        let usable = counting.fold(SecretSet::NONE, |set, (index, _)| set.with(index));
        let headers = &self.headers[..];
        let delivery = Delivery { method: self.method, url: self.url, headers, body: self.body };
        each(&mut || verifier.verify_using(usable, &delivery, now).into());
        // Some schemes sign what stands behind the body.
        let Ok(streaming) = verifier.streaming() else { return };
        for size in [1, 7, 64] {
            each(&mut || {
                let stream = streaming.begin_using(usable, &delivery.head(), now);
                let verdict = stream.and_then(|mut stream| {
                    self.body.chunks(size).for_each(|piece| stream.update(piece));
                    stream.finish()
                });
                verdict.into()
            });
        }
    }

    /// The core's scheme, and into `keys` those that go with it; `None` if an index has no choice.
    fn make(&self, keys: &mut Keys) -> Option<Result<CoreScheme<&str>, SetupError>> {
        let scheme = match &self.scheme {
            Scheme::None => return Some(Ok(CoreScheme::None)),
            Scheme::Token(header) => {
                for secret in &self.secrets {
                    match Key::token(secret.text) {
                        Ok(key) => keys.try_push(key).ok()?,
                        Err(error) => return Some(Err(error)),
                    }
                }
                return Some(Ok(CoreScheme::token(*header)));
            }
            Scheme::Hmac(scheme) => scheme,
        };
        let form = *SecretForm::ALL.get(usize::from(self.secret_form))?;
        let mut first = None;
        for index in &self.accept {
            let algorithm = *Algorithm::ALL.get(usize::from(*index))?;
            first.get_or_insert(algorithm);
            for secret in &self.secrets {
                match form.key(algorithm, secret.text) {
                    Ok(key) => keys.try_push(key).ok()?,
                    Err(error) => return Some(Err(error)),
                }
            }
        }
        Some(Ok(CoreScheme::Hmac(scheme.unpack(first?)?)))
    }
}
