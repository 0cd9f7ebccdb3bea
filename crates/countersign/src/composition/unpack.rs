//! Bodies that are packed on the way and signed before.

use std::io::{self, Read};

use countersign_core::{Headers, Rejection};
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

use super::limit::max_unpacked;
use crate::header_line::single_line;

/// How many bytes are unpacked at a time. It is much less than a body that is worth the packing, and enough that a hash
/// function is not called for single blocks.
const PIECE: usize = 32 << 10;

/// The unpacked body; `None` if its header does not say that it is packed.
///
/// It never takes more memory than [`max_unpacked`] says: it does not grow by doubling. Only what is written of that memory
/// is taken from the system.
///
/// # Errors
/// As [`unpack`].
pub(super) fn unpacked<H: Headers + ?Sized>(headers: &H, body: &[u8]) -> Result<Option<Vec<u8>>, Rejection> {
    let mut out = Vec::new();
    let is_packed = unpack(headers, body, |piece| {
        if out.capacity() == 0 {
            out.reserve_exact(max_unpacked(body.len()));
        }
        out.extend_from_slice(piece);
    })?;
    Ok(is_packed.then_some(out))
}

/// Unpacks a body, and calls `each` with its pieces, one after the other. Returns `false`, without a call, if its header does
/// not say that it is packed. What `each` was given is the body only if there is no error.
///
/// # Errors
/// `missing_part` for an encoding that is unknown, and for a body that cannot be unpacked; `body_too_large` for one that is
/// longer unpacked than [`max_unpacked`] allows.
pub(super) fn unpack<H: Headers + ?Sized>(
    headers: &H,
    body: &[u8],
    each: impl FnMut(&[u8]),
) -> Result<bool, Rejection> {
    let Some(encoding) = single_line(headers, "Content-Encoding")? else { return Ok(false) };
    match encoding.to_ascii_lowercase().as_slice() {
        b"" | b"identity" => return Ok(false),
        // All members, as whoever reads the body unpacks it (RFC 1952 section 2.2).
        b"gzip" | b"x-gzip" => read_pieces(&mut MultiGzDecoder::new(body), max_unpacked(body.len()), each)?,
        b"deflate" => {
            let mut decoder = ZlibDecoder::new(body);
            read_pieces(&mut decoder, max_unpacked(body.len()), each)?;
            // What follows would reach a handler, and nobody signed it.
            if !decoder.get_ref().is_empty() {
                return Err(Rejection::MissingPart);
            }
        }
        _ => return Err(Rejection::MissingPart),
    }
    Ok(true)
}

/// Calls `each` with the pieces of what `source` gives.
///
/// # Errors
/// As [`unpack`]: `body_too_large` for more than `limit` bytes, of which `each` is then given no more than that.
fn read_pieces(source: &mut impl Read, limit: usize, mut each: impl FnMut(&[u8])) -> Result<(), Rejection> {
    let mut buffer = vec![0; PIECE];
    let mut left = limit;
    loop {
        let length = match source.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return Err(Rejection::MissingPart),
        };
        left = left.checked_sub(length).ok_or(Rejection::BodyTooLarge)?;
        each(buffer.get(..length).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(text: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    type Pack = fn(&[u8]) -> Vec<u8>;

    const ENCODINGS: [(&str, Pack); 2] = [("gzip", gzip), ("deflate", deflate)];

    fn unpacked_as(encoding: &str, body: &[u8]) -> Result<Option<Vec<u8>>, Rejection> {
        let headers = [("Content-Encoding", encoding.as_bytes())];
        unpacked(&headers[..], body)
    }

    /// `length` bytes that hardly can be packed.
    fn noise(length: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        std::iter::repeat_with(next).take(length).collect()
    }

    #[test]
    fn a_short_body_may_be_a_mebibyte_long_unpacked_and_no_longer() {
        for (encoding, pack) in ENCODINGS {
            let text = vec![b' '; 1 << 20];
            let packed = pack(&text);
            assert!(packed.len() * 100 < text.len(), "{encoding}: the ratio alone would not allow it");
            assert_eq!(unpacked_as(encoding, &packed), Ok(Some(text)), "{encoding}");
            let longer = vec![b' '; (1 << 20) + 1];
            assert_eq!(unpacked_as(encoding, &pack(&longer)), Err(Rejection::BodyTooLarge), "{encoding}");
        }
    }

    /// A longer one may be a hundred times as long as packed.
    #[test]
    fn the_ratio_has_a_limit() {
        for (encoding, pack) in ENCODINGS {
            let start = noise(12 << 10);
            let text = |blanks: usize| [&start[..], &vec![b' '; blanks]].concat();
            // The blanks are packed some hundreds to one, so a few more of them change the packed length by a byte or none.
            let ratio_of = |blanks: usize| (start.len() + blanks).div_ceil(pack(&text(blanks)).len());
            let (mut within, mut beyond) = (0, 2 << 20);
            assert!(ratio_of(within) <= 100 && ratio_of(beyond) > 100, "{encoding}");
            while beyond - within > 1 {
                let middle = usize::midpoint(within, beyond);
                *if ratio_of(middle) <= 100 { &mut within } else { &mut beyond } = middle;
            }
            assert!(within > 1 << 20, "{encoding}: longer than is always allowed");
            assert_eq!(unpacked_as(encoding, &pack(&text(within))), Ok(Some(text(within))), "{encoding}");
            assert_eq!(unpacked_as(encoding, &pack(&text(beyond))), Err(Rejection::BodyTooLarge), "{encoding}");
        }
    }

    #[test]
    fn no_body_may_be_longer_than_32_mebibytes_unpacked() {
        let mut text = noise(400 << 10);
        text.resize(32 << 20, b' ');
        let packed = gzip(&text);
        assert!(packed.len() * 100 > text.len() + 1, "the ratio would allow more");
        assert_eq!(unpacked_as("gzip", &packed).map(|text| text.map(|text| text.len())), Ok(Some(32 << 20)));
        text.push(b' ');
        assert_eq!(unpacked_as("gzip", &gzip(&text)), Err(Rejection::BodyTooLarge));
    }

    /// Events that repeat each other are packed well, and are within the limit.
    #[test]
    fn a_list_of_equal_events_is_no_bomb() {
        let event = r#"{"type":"message.new","channel":"messaging:general","text":"hello","silent":false}"#;
        let text = format!("[{}]", vec![event; 10_000].join(","));
        for (encoding, pack) in ENCODINGS {
            assert_eq!(
                unpacked_as(encoding, &pack(text.as_bytes())),
                Ok(Some(text.clone().into_bytes())),
                "{encoding}"
            );
        }
    }

    /// The text is in memory once, however well it was packed.
    #[test]
    fn the_text_takes_no_more_memory_than_the_limit() {
        for (encoding, pack) in ENCODINGS {
            let packed = pack(&noise(100 << 10));
            let text = unpacked_as(encoding, &packed).unwrap().unwrap();
            assert!(text.capacity() <= packed.len() * 100, "{encoding}: {} bytes", text.capacity());
        }
    }

    #[test]
    fn a_body_is_all_that_was_sent_and_a_damaged_one_is_refused() {
        let packed = gzip(b"a body");
        for (encoding, pack) in ENCODINGS {
            for more in [&b"m"[..], b"\0", b"more than a header of gzip has", &pack(b"more")[1..]] {
                let followed = [&pack(b"a body")[..], more].concat();
                assert_eq!(unpacked_as(encoding, &followed), Err(Rejection::MissingPart), "{encoding}: {more:?}");
            }
        }
        let members = [gzip(b"a "), gzip(b""), gzip(b"body")].concat();
        assert_eq!(unpacked_as("gzip", &members), Ok(Some(b"a body".to_vec())));
        let streams = [deflate(b"a "), deflate(b"body")].concat();
        assert_eq!(unpacked_as("deflate", &streams), Err(Rejection::MissingPart));
        assert_eq!(unpacked_as("X-GZIP", &packed), Ok(Some(b"a body".to_vec())));
        for length in 0..packed.len() {
            assert_eq!(unpacked_as("gzip", &packed[..length]), Err(Rejection::MissingPart), "{length} bytes");
        }
        let mut damaged = packed.clone();
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        assert_eq!(unpacked_as("gzip", &damaged), Err(Rejection::MissingPart));
        assert_eq!(unpacked_as("br", &packed), Err(Rejection::MissingPart));
        assert_eq!(unpacked_as("identity", &packed), Ok(None));
        assert_eq!(unpacked(&[] as &[(&str, &[u8])], &packed), Ok(None));
    }
}
