//! As much HTTP/1.1 as an API needs.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read};
use std::net::TcpStream;

/// A request, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: String,
    /// The path.
    pub path: String,
    /// The host that was meant, when the API is asked as a proxy.
    pub proxied_to: Option<String>,
    /// Parameters of query and form.
    pub parameters: BTreeMap<String, String>,
    /// Headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

impl Request {
    /// Returns a parameter as a number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.parameters.get(name)?.parse().ok()
    }

    /// Reads the next request; none when the client has closed the connection.
    pub(super) fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (proxied_to, target) = match target.strip_prefix("http://") {
            Some(rest) => {
                let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(host.to_owned()), target)
            }
            None => (None, target),
        };
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut request = Self {
            method: method.to_owned(),
            path: path.to_owned(),
            proxied_to,
            parameters: pairs(query),
            ..Self::default()
        };
        loop {
            let mut line = String::new();
            stream.read_line(&mut line)?;
            let Some((name, value)) = line.trim_end().split_once(':') else { break };
            request.headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = request.headers.get("content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        request.body = String::from_utf8_lossy(&body).into_owned();
        let form = "application/x-www-form-urlencoded";
        if request.headers.get("content-type").is_some_and(|kind| kind == form) {
            let body = request.body.clone();
            request.parameters.extend(pairs(&body));
        }
        Ok(Some(request))
    }
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=')?;
        Some((decoded(name), decoded(value)))
    };
    text.split('&').filter_map(pair).collect()
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let escaped = byte.filter(|_| bytes[at] == b'%');
        out.push(escaped.unwrap_or(bytes[at]));
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn parameters_are_decoded() {
        let pairs = super::pairs("a=1%202&b=%E4%BA%AC&c=%zz&d");
        assert_eq!(pairs["a"], "1 2");
        assert_eq!(pairs["b"], "京");
        assert_eq!((pairs["c"].as_str(), pairs.len()), ("%zz", 3));
    }
}
