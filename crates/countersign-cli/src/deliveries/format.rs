//! Files that are no lines of JSON, known by their first bytes.

/// What a file is that cannot be read as lines of JSON, and what to do with it.
///
/// The commands say `pipefail`: without it, a shell reports nothing of a program that fails in front of a pipe, and what it
/// has written until then can all be authentic.
pub(crate) fn foreign_format(start: &[u8]) -> Option<&'static str> {
    const FORMATS: &[(&[u8], &str)] = &[
        // What is compressed once is not asked for here.
        (b"\x1f\x8b", TWICE),
        (b"\x28\xb5\x2f\xfd", TWICE),
        (b"BZh", "this is bzip2; undo it first: set -o pipefail; bzcat FILE | countersign verify … --deliveries -"),
        (b"\xfd7zXZ", "this is xz; undo it first: set -o pipefail; xzcat FILE | countersign verify … --deliveries -"),
        (
            b"PK\x03\x04",
            "this is a ZIP archive; undo it first: set -o pipefail; unzip -p FILE | countersign verify … --deliveries -",
        ),
        (b"PAR1", "this is Parquet; the Python package verifies its columns (verify_arrow)"),
        (b"\xff\xfe", UTF_16),
        (b"\xfe\xff", UTF_16),
        // Without a byte-order mark.
        (b"{\0", UTF_16),
        (b"\0{", UTF_16),
    ];
    FORMATS.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, hint)| *hint)
}

const TWICE: &str = "this is compressed twice; undo it once: set -o pipefail; zcat or zstdcat FILE | countersign verify … --deliveries -";

const UTF_16: &str = "this is UTF-16, as Windows PowerShell writes it; turn it into UTF-8 first: \
                      set -o pipefail; iconv -f UTF-16 -t UTF-8 FILE | countersign verify … --deliveries -";

#[cfg(test)]
mod tests {
    use super::foreign_format;

    #[test]
    fn json_is_not_taken_for_something_else() {
        for start in [&b""[..], b"{", b"\xef\xbb\xbf{\"id", b"[", b"P", b"\x1f", b"\n", b"\xff"] {
            assert_eq!(foreign_format(start), None, "{start:?}");
        }
    }

    #[test]
    fn utf_16_is_known_without_its_mark() {
        for start in [&b"\xff\xfe{\0"[..], b"\xfe\xff\0{", b"{\0\"\0", b"\0{\0\""] {
            assert_eq!(foreign_format(start), Some(super::UTF_16), "{start:?}");
        }
    }
}
