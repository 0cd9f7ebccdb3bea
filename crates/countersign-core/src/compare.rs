//! Stage 4, compare: which secret, if any, made the tag; told in constant time.

use subtle::Choice;

use crate::rejection::Rejection;

/// The outcome of comparing with one secret after the other. All are compared, whatever the outcome of the first.
///
/// How two tags differ stays inside [`Choice`]; only *whether* they do comes out, and it is added up without a branch.
pub(crate) struct Matches {
    /// 1 once a secret has matched.
    any: u8,
    /// How many did not match before the first that did.
    before: u8,
}

impl Matches {
    #[inline]
    pub(crate) fn none() -> Self {
        Self { any: 0, before: 0 }
    }

    /// Notes the outcome for the next secret.
    #[inline]
    pub(crate) fn note(&mut self, equal: Choice) {
        self.any |= equal.unwrap_u8();
        self.before = self.before.wrapping_add(self.any ^ 1);
    }

    /// The index of the first secret that matched. The only place where the comparison becomes a branch.
    #[inline]
    pub(crate) fn reveal(self) -> Result<u8, Rejection> {
        #[cfg(not(countersign_declassify))]
        let Self { any, before } = self;
        #[cfg(countersign_declassify)]
        let Self { any, before } = declassified(self);
        if any == 1 { Ok(before) } else { Err(Rejection::Mismatch) }
    }
}

/// What `tests/constant-time` puts here is told of each outcome, just before it may be known. Only that proof is compiled
/// with `--cfg countersign_declassify`.
#[cfg(countersign_declassify)]
pub static DECLASSIFY: std::sync::OnceLock<fn(&mut u8, &mut u8)> = std::sync::OnceLock::new();

/// The same for what a secret's bytes come to when a key is made.
#[cfg(countersign_declassify)]
pub(crate) fn declassified_byte(mut byte: u8) -> u8 {
    if let Some(declassify) = DECLASSIFY.get() {
        declassify(&mut byte, &mut 0);
    }
    byte
}

#[cfg(countersign_declassify)]
fn declassified(mut matches: Matches) -> Matches {
    if let Some(declassify) = DECLASSIFY.get() {
        declassify(&mut matches.any, &mut matches.before);
    }
    matches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every pattern of matches among up to eight secrets.
    #[test]
    fn the_first_match_is_told() {
        for count in 0..=8_u32 {
            for pattern in 0..1_u32 << count {
                let mut matches = Matches::none();
                (0..count).for_each(|at| matches.note(Choice::from((pattern >> at & 1) as u8)));
                let first = (0..8_u8).find(|at| pattern >> at & 1 == 1);
                assert_eq!(matches.reveal(), first.ok_or(Rejection::Mismatch), "{count} {pattern:b}");
            }
        }
    }
}
