//! Random bytes of the operating system, which nobody can foretell.

/// So many bytes.
///
/// # Panics
/// If the system has none. There is then nothing that could be made safely.
#[must_use]
pub fn bytes<const COUNT: usize>() -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    getrandom::fill(&mut bytes).expect("random numbers of the system");
    bytes
}

/// So many bytes in hex, lower case.
///
/// # Panics
/// As [`bytes`](fn@bytes).
#[must_use]
pub fn hex<const COUNT: usize>() -> String {
    to_hex(&bytes::<COUNT>())
}

/// Bytes in hex, lower case.
#[must_use]
pub fn to_hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    // As long as it will be: a text that grows would leave copies behind.
    let mut text = String::with_capacity(2 * bytes.len());
    text.extend(bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[digit as usize])));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_is_what_everybody_reads() {
        assert_eq!(to_hex(&[0, 0x0f, 0xa5, 0xff]), "000fa5ff");
        assert_ne!(hex::<16>(), hex::<16>());
    }
}
