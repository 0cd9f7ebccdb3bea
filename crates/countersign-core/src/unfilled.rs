//! Texts that stand where a secret was never filled in.

/// Whether a text is nothing but spaces, tabs and line breaks. Form feeds are none of them: RFC 2202 has a key of those.
pub(crate) fn is_blank(text: &[u8]) -> bool {
    consists_of(text, b" \t\r\n")
}

/// Whether a text is what APIs and pages show in place of a secret. Somebody has copied it from there.
pub(crate) fn is_mask(text: &[u8]) -> bool {
    consists_of(text, b"*")
}

/// Whether a text is nothing but some characters. The answer may become public, since such a secret is refused. No single byte
/// decides a branch.
fn consists_of(text: &[u8], characters: &[u8]) -> bool {
    let differs = |byte: u8, other: u8| {
        let difference = byte ^ other;
        (difference | difference.wrapping_neg()).wrapping_shr(7)
    };
    let is_other = |byte: u8| characters.iter().fold(1, |is_other, other| is_other & differs(byte, *other));
    let others = text.iter().fold(0, |others, byte| others | is_other(*byte));
    #[cfg(countersign_declassify)]
    let others = crate::declassify::byte(others);
    !text.is_empty() && others == 0
}
