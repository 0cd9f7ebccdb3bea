//! Bodies that are packed on the way and signed before.

use std::io::Read as _;

use countersign_core::{Headers, Rejection};
use flate2::read::{GzDecoder, ZlibDecoder};

use crate::header_line::single_line;

/// The longest body, unpacked. A longer one is refused before it is unpacked whole.
const MAX_UNPACKED: usize = 32 << 20;

/// The unpacked body; `None` if its header does not say that it is packed.
///
/// # Errors
/// `missing_part` for an encoding that is unknown, and for a body that cannot be unpacked; `body_too_large` for one that is
/// longer than 32 MiB unpacked.
pub(super) fn unpacked<H: Headers + ?Sized>(headers: &H, body: &[u8]) -> Result<Option<Vec<u8>>, Rejection> {
    let Some(encoding) = single_line(headers, "Content-Encoding")? else { return Ok(None) };
    let mut out = Vec::new();
    let limit = MAX_UNPACKED as u64 + 1;
    let read = match encoding.to_ascii_lowercase().as_slice() {
        b"" | b"identity" => return Ok(None),
        b"gzip" | b"x-gzip" => GzDecoder::new(body).take(limit).read_to_end(&mut out),
        b"deflate" => ZlibDecoder::new(body).take(limit).read_to_end(&mut out),
        _ => return Err(Rejection::MissingPart),
    };
    read.map_err(|_| Rejection::MissingPart)?;
    if out.len() > MAX_UNPACKED { Err(Rejection::BodyTooLarge) } else { Ok(Some(out)) }
}
