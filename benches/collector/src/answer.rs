//! Answers in HTTP/1.1.

use std::io;

use uuid::Uuid;

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// Whether the server closes the TCP connection.
    pub(crate) is_last: bool,
}

impl Answer {
    /// The answer at the beginning of the bytes; none if more must be read.
    ///
    /// # Errors
    /// `InvalidData` if it is not HTTP.
    pub(crate) fn parse(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| io::ErrorKind::InvalidData)?;
        let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or(io::ErrorKind::InvalidData)?;
        let (mut length, mut is_last) = (0, false);
        for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse().map_err(|_| io::ErrorKind::InvalidData)?;
            } else if name.eq_ignore_ascii_case("connection") {
                is_last = value.trim() == "close";
            }
        }
        let Some(body) = bytes.get(end + 4..end + 4 + length) else { return Ok(None) };
        Ok(Some(Self { status, body: body.to_vec(), is_last }))
    }

    /// The `_id` in an answer of countersignd; none in that of a peer.
    pub(crate) fn id(&self) -> Option<Uuid> {
        let text = std::str::from_utf8(&self.body).ok()?.strip_prefix("{\"id\":\"")?;
        Uuid::parse_str(text.get(..36)?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_when_it_is_whole() {
        let id = "0193f0a0-0000-8000-8000-000000000001";
        let text = format!("HTTP/1.1 200 OK\r\nContent-Length: 45\r\nConnection: close\r\n\r\n{{\"id\":\"{id}\"}}");
        for end in 0..text.len() {
            assert!(Answer::parse(&text.as_bytes()[..end]).unwrap().is_none(), "{end}");
        }
        let answer = Answer::parse(text.as_bytes()).unwrap().unwrap();
        assert_eq!((answer.status, answer.is_last), (200, true));
        assert_eq!(answer.id().unwrap().to_string(), id);
        assert!(Answer::parse(b"SMTP\r\n\r\n").is_err());
    }
}
