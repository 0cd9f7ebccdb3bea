//! How a verifier is set up, as the fuzzer chooses it.

use arbitrary::{Arbitrary, Result, Unstructured};
use countersign_core::{
    ALGORITHM_HEADER, Algorithm, AlgorithmRule, Encoding, Key, MAX_SECRETS, SIGNATURE_HEADER, Scheme, Verifier,
};

use crate::reference::Setup;

/// Around the block lengths of 64 and 128 bytes, where the preparation of keys takes another way. The second is the
/// same HMAC key as the first, since short secrets are filled up with zeros.
const SECRETS: [&[u8]; 8] =
    [b"first", b"first\0", b"second", &[0xa5; 64], &[0xa5; 65], &[0x5a; 128], &[0x5a; 129], &[0x3c; 300]];

/// Fixed or inferring, an encoding, and one secret or several.
#[derive(Arbitrary, Debug)]
pub(crate) struct Setting {
    #[arbitrary(with = perhaps(&Algorithm::ALL))]
    fixed: Option<Algorithm>,
    /// One bit for each algorithm that may not be inferred.
    refused: u8,
    #[arbitrary(with = of(&Encoding::ALL))]
    encoding: Encoding,
    #[arbitrary(with = secrets)]
    secrets: Vec<&'static [u8]>,
}

impl Setting {
    pub(crate) fn setup(&self) -> Setup {
        let taken = |(index, _): &(usize, Algorithm)| self.refused >> index & 1 == 0;
        let mut accept: Vec<_> = Algorithm::ALL.into_iter().enumerate().filter(taken).map(|pair| pair.1).collect();
        if accept.is_empty() {
            accept = Algorithm::ALL.to_vec();
        }
        let secrets = self.secrets.iter().map(|secret| secret.to_vec()).collect();
        Setup { fixed: self.fixed, accept, encoding: self.encoding, secrets }
    }
}

/// The verifier under test, in the way the plain one is set up.
pub(crate) fn verifier(setup: &Setup) -> Verifier<Vec<Key>> {
    let (rule, algorithms) = match setup.fixed {
        Some(fixed) => (AlgorithmRule::Fixed(fixed), vec![fixed]),
        None => (AlgorithmRule::Infer { header: ALGORITHM_HEADER }, setup.accept.clone()),
    };
    let pairs = algorithms.iter().flat_map(|&algorithm| setup.secrets.iter().map(move |secret| (algorithm, secret)));
    let keys = pairs.map(|(algorithm, secret)| Key::hmac(algorithm, secret).expect("no secret is empty")).collect();
    Verifier::new(Scheme::hmac(SIGNATURE_HEADER, rule, setup.encoding), keys).expect("the keys suit the scheme")
}

/// One of `options`; the first is what an input that is used up gives.
pub(crate) fn of<T: Copy>(options: &'static [T]) -> impl Fn(&mut Unstructured<'_>) -> Result<T> {
    move |u| u.choose(options).copied()
}

/// None, or one of `options`.
pub(crate) fn perhaps<T: Copy>(options: &'static [T]) -> impl Fn(&mut Unstructured<'_>) -> Result<Option<T>> {
    move |u| if u.arbitrary()? { u.choose(options).copied().map(Some) } else { Ok(None) }
}

fn secrets(u: &mut Unstructured<'_>) -> Result<Vec<&'static [u8]>> {
    let count = u.int_in_range(1..=MAX_SECRETS)?;
    (0..count).map(|_| u.choose(&SECRETS).copied()).collect()
}
