//! As much HTTP/1.1 as a shipper needs: requests with a length, kept connections.

use std::io::{self, Read};
use std::net::TcpStream;
use std::str;

/// More than any client sends; a head that is longer is no head.
const LONGEST_HEAD: usize = 64 << 10;

/// The head of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) length: usize,
    pub(super) body: Coding,
    pub(super) accepts: Coding,
    /// The client sends its body once it is told to go on; curl does so with long ones.
    pub(super) waits: bool,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Coding {
    #[default]
    Plain,
    Gzip,
}

impl Coding {
    fn named_in(value: &str) -> Self {
        if value.contains("gzip") { Self::Gzip } else { Self::Plain }
    }
}

/// Bytes that have come and are not used yet.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    bytes: Vec<u8>,
    used: usize,
}

impl Inbox {
    /// Reads the head of the next request; none when the client has closed the connection.
    pub(super) fn head(&mut self, stream: &mut TcpStream) -> io::Result<Option<Head>> {
        self.bytes.drain(..self.used);
        self.used = 0;
        loop {
            if let Some(end) = memchr::memmem::find(&self.bytes, b"\r\n\r\n") {
                self.used = end + 4;
                return Head::parse(&self.bytes[..end]).map(Some);
            }
            if self.bytes.len() > LONGEST_HEAD {
                return Err(bad("the head is too long"));
            }
            if !self.more(stream)? {
                return Ok(None);
            }
        }
    }

    /// Reads the body of the request whose head was read.
    pub(super) fn body(&mut self, stream: &mut TcpStream, head: &Head) -> io::Result<&[u8]> {
        let end = self.used + head.length;
        if self.bytes.len() < end {
            let come = self.bytes.len();
            self.bytes.resize(end, 0);
            stream.read_exact(&mut self.bytes[come..])?;
        }
        let start = std::mem::replace(&mut self.used, end);
        Ok(&self.bytes[start..end])
    }

    fn more(&mut self, stream: &mut TcpStream) -> io::Result<bool> {
        let mut chunk = [0; 16 << 10];
        let count = stream.read(&mut chunk)?;
        self.bytes.extend_from_slice(&chunk[..count]);
        Ok(count > 0)
    }
}

impl Head {
    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let text = str::from_utf8(bytes).map_err(|_| bad("the head is no text"))?;
        let mut lines = text.split("\r\n");
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else {
            return Err(bad("there is no request line"));
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut head = Self {
            method: method.to_owned(),
            path: decoded(path),
            query: decoded(query),
            ..Self::default()
        };
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                return Err(bad("a header has no colon"));
            };
            head.take(name, value.trim())?;
        }
        Ok(head)
    }

    fn take(&mut self, name: &str, value: &str) -> io::Result<()> {
        match name.to_ascii_lowercase().as_str() {
            "content-length" => {
                self.length = value.parse().map_err(|_| bad("the length is no number"))?;
            }
            "content-encoding" => self.body = Coding::named_in(value),
            "accept-encoding" => self.accepts = Coding::named_in(value),
            "expect" => self.waits = value.eq_ignore_ascii_case("100-continue"),
            "transfer-encoding" => return Err(bad("bodies without a length are not read")),
            _ => {}
        }
        Ok(())
    }

    /// Tells whether the query holds a parameter of this name.
    pub(super) fn asks(&self, name: &str) -> bool {
        self.query.split('&').any(|pair| pair.split('=').next() == Some(name))
    }
}

/// Undoes percent encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| str::from_utf8(digits).ok());
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let escaped = byte.filter(|_| first == b'%');
        bytes.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn bad(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_where_a_body_goes_and_how_it_is_packed() {
        let head = Head::parse(
            b"POST /logs-a%2Db/_bulk?filter_path=took,errors&require_data_stream=true HTTP/1.1\r\nContent-Length: 12\r\ncontent-encoding: gzip\r\nAccept-Encoding: gzip",
        )
        .unwrap();
        assert_eq!((head.method.as_str(), head.path.as_str()), ("POST", "/logs-a-b/_bulk"));
        assert!(
            head.asks("filter_path") && head.asks("require_data_stream") && !head.asks("filter")
        );
        assert_eq!((head.body, head.accepts), (Coding::Gzip, Coding::Gzip));
        assert_eq!(head.length, 12);
    }

    #[test]
    fn a_client_may_wait_before_it_sends_its_body() {
        let head = Head::parse(b"POST /_bulk HTTP/1.1\r\nExpect: 100-continue").unwrap();
        assert!(head.waits && !Head::parse(b"POST /_bulk HTTP/1.1").unwrap().waits);
    }

    #[test]
    fn a_head_that_is_none_is_refused() {
        for text in ["", "GET", "GET / HTTP/1.1\r\nx", "GET / HTTP/1.1\r\ncontent-length: x"] {
            assert!(Head::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
