//! Undoes one Content-Encoding, with a bound on what comes out.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::dead_letter::{DECODED_BYTES_MAX, Reason, Unfit};

/// Windows of Zstandard up to 8 MiB, as RFC 8878 (section 3.1.1.1.2) has it for exchange; larger ones would cost memory.
const WINDOW_LOG: u32 = 23;
/// What Brotli's decoder reads at a time.
const PIECE: usize = 4096;

/// The body without its Content-Encoding. `x-gzip` is `gzip` (RFC 9110, section 8.4.1.3); `deflate` is zlib's format, and the bare
/// one that some senders mean by it.
pub(crate) fn decode<'a>(body: &'a [u8], encoding: Option<&str>) -> Result<Cow<'a, [u8]>, Unfit> {
    let name = encoding.unwrap_or("").trim().to_ascii_lowercase();
    let decoded = match &*name {
        "" | "identity" => {
            return if body.len() > DECODED_BYTES_MAX { Err(too_large()) } else { Ok(Cow::Borrowed(body)) };
        }
        "gzip" | "x-gzip" => bounded(MultiGzDecoder::new(body)),
        // The first two bytes tell zlib's format: method 8, and a sum that 31 divides (RFC 1950, section 2.2).
        "deflate" => match body {
            [method, flags, ..] if method & 15 == 8 && u16::from_be_bytes([*method, *flags]) % 31 == 0 => {
                bounded(ZlibDecoder::new(body))
            }
            _ => bounded(DeflateDecoder::new(body)),
        },
        "zstd" => zstd::Decoder::with_buffer(body).and_then(|mut decoder| {
            decoder.window_log_max(WINDOW_LOG)?;
            bounded(decoder)
        }),
        "br" => bounded(brotli_decompressor::Decompressor::new(body, PIECE)),
        _ => {
            let shown: String = name.chars().take(40).collect();
            let detail = format!("Content-Encoding is {shown:?}; one of gzip, deflate, zstd and br can be undone");
            return Err(Unfit::new(Reason::UnknownEncoding, detail));
        }
    };
    match decoded {
        Ok(bytes) if bytes.len() > DECODED_BYTES_MAX => Err(too_large()),
        Ok(bytes) => Ok(Cow::Owned(bytes)),
        Err(error) => {
            Err(Unfit::new(Reason::NotDecodable, format!("Content-Encoding is {name}, and the body is not ({error})")))
        }
    }
}

fn bounded(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(DECODED_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn too_large() -> Unfit {
    Unfit::new(Reason::TooLarge, "the decoded body has more than 64 MiB")
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    const TEXT: &[u8] = br#"{"total": "19.90"}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// TEXT as Brotli has it without compression (RFC 7932, section 9.2): window 16, then one meta-block of bytes, then an empty last one.
    fn brotli(bytes: &[u8]) -> Vec<u8> {
        // Bits from the lowest: window 0 · last 0 · nibbles 00 · length - 1 in 16 bits · uncompressed 1, padded.
        let bits = (u32::try_from(bytes.len()).unwrap() - 1) << 4 | 1 << 20;
        [&bits.to_le_bytes()[..3], bytes, &[3]].concat()
    }

    #[test]
    fn each_encoding_is_undone() {
        let zstandard = zstd::encode_all(TEXT, 1).unwrap();
        for (encoding, body) in [
            (None, TEXT.to_vec()),
            (Some(""), TEXT.to_vec()),
            (Some("identity"), TEXT.to_vec()),
            (Some("gzip"), gzip(TEXT)),
            (Some(" GZip "), gzip(TEXT)),
            (Some("x-gzip"), gzip(TEXT)),
            (Some("gzip"), [gzip(&TEXT[..5]), gzip(&TEXT[5..])].concat()),
            (Some("deflate"), zlib(TEXT)),
            (Some("deflate"), deflate(TEXT)),
            (Some("zstd"), zstandard),
            (Some("br"), brotli(TEXT)),
        ] {
            assert_eq!(&*decode(&body, encoding).unwrap(), TEXT, "{encoding:?}");
        }
    }

    #[test]
    fn what_is_not_so_encoded_is_told() {
        for encoding in ["gzip", "zstd", "br", "deflate"] {
            assert_eq!(decode(TEXT, Some(encoding)).unwrap_err().reason, Reason::NotDecodable, "{encoding}");
        }
        let cut = gzip(TEXT);
        assert_eq!(decode(&cut[..cut.len() - 1], Some("gzip")).unwrap_err().reason, Reason::NotDecodable);
        for encoding in ["gzip, br", "compress", "aws-chunked"] {
            let unfit = decode(TEXT, Some(encoding)).unwrap_err();
            assert_eq!(unfit.reason, Reason::UnknownEncoding, "{encoding}");
            assert!(unfit.detail.contains(encoding));
        }
    }

    #[test]
    fn a_bomb_stops_at_the_bound() {
        const MIB: usize = 1 << 20;
        let zeros = vec![0; DECODED_BYTES_MAX + 1];
        assert_eq!(decode(&zeros, None).unwrap_err().reason, Reason::TooLarge);
        assert_eq!(decode(&zeros[1..], None).unwrap().len(), DECODED_BYTES_MAX);
        // Members one behind the other, which are quicker to make.
        let whole = gzip(&zeros[..MIB]).repeat(DECODED_BYTES_MAX / MIB);
        assert_eq!(decode(&whole, Some("gzip")).unwrap().len(), DECODED_BYTES_MAX);
        let more = [whole, gzip(b"0")].concat();
        assert!(more.len() < 100_000);
        assert_eq!(decode(&more, Some("gzip")).unwrap_err().reason, Reason::TooLarge);
        let zstandard = zstd::encode_all(&zeros[..], 1).unwrap();
        assert!(zstandard.len() < 10_000);
        assert_eq!(decode(&zstandard, Some("zstd")).unwrap_err().reason, Reason::TooLarge);
    }
}
