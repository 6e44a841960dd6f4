//! Walks over the members of a JSON object in one pass and tells each leaf with its path.
//!
//! It is ours for three reasons: numbers keep their text, so ids of 64 bits and amounts stay exact; the one pass makes its
//! cost linear in the length of a line however deep it nests; and what shops write beside the standard (`NaN`, raw tabs,
//! `\x` escapes) costs one value, not the line.

use std::borrow::Cow;

use crate::counters::Failure;

/// Objects and lists within one another, at most.
const MOST_DEPTH: u32 = 64;
/// Keys of a line, at most, and of each object in its lists.
const MOST_KEYS: u32 = 512;

/// A value that is no object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Leaf<'a> {
    Null,
    Truth(bool),
    /// A number as it was written.
    Number(&'a str),
    Text(Cow<'a, str>),
    /// A list as it was written.
    List(&'a str, List),
    /// `NaN` and the like: a number that JSON does not know.
    NotANumber,
}

impl Leaf<'_> {
    /// Returns a value as text; what holds none has none.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Number(text) | Self::List(text, _) => Some(text),
            Self::Text(text) => Some(text),
            Self::Truth(true) => Some("true"),
            Self::Truth(false) => Some("false"),
            Self::Null | Self::NotANumber => None,
        }
    }
}

/// What a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    /// Numbers, truths and texts: valid JSON as it stands.
    Plain,
    /// Objects, lists, or something that is not quite JSON.
    Other,
}

/// Reads one object and tells each leaf; `path` is a buffer.
pub(super) fn walk<'a>(
    text: &'a str,
    path: &mut String,
    tell: &mut dyn FnMut(&str, Leaf<'a>),
) -> Result<(), Failure> {
    path.clear();
    let mut scanner = Scanner { text, bytes: text.as_bytes(), at: 0, keys: 0 };
    scanner.spaces();
    if scanner.peek() != Some(b'{') {
        scanner.skip(1)?;
        return Err(Failure::NotAnObject);
    }
    scanner.object(1, path, tell)?;
    scanner.spaces();
    if scanner.at == scanner.bytes.len() { Ok(()) } else { Err(Failure::NotJson) }
}

struct Scanner<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    keys: u32,
}

impl<'a> Scanner<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn spaces(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), Failure> {
        self.spaces();
        if self.peek() != Some(byte) {
            return Err(Failure::NotJson);
        }
        self.at += 1;
        Ok(())
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn object(
        &mut self,
        depth: u32,
        path: &mut String,
        tell: &mut dyn FnMut(&str, Leaf<'a>),
    ) -> Result<(), Failure> {
        if depth > MOST_DEPTH {
            return Err(Failure::TooDeep);
        }
        self.take(b'{')?;
        self.spaces();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        let parent = path.len();
        loop {
            self.key(path, parent)?;
            self.take(b':')?;
            self.spaces();
            if self.peek() == Some(b'{') {
                self.object(depth + 1, path, tell)?;
            } else {
                let leaf = self.leaf(depth)?;
                tell(path, leaf);
            }
            path.truncate(parent);
            self.spaces();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(Failure::NotJson),
            }
        }
    }

    /// Reads a key behind its parent's path.
    fn key(&mut self, path: &mut String, parent: usize) -> Result<(), Failure> {
        self.keys += 1;
        if self.keys > MOST_KEYS {
            return Err(Failure::TooManyKeys);
        }
        self.spaces();
        let (name, _) = self.string()?;
        if parent > 0 {
            path.push('.');
        }
        path.push_str(&name);
        Ok(())
    }

    fn leaf(&mut self, depth: u32) -> Result<Leaf<'a>, Failure> {
        match self.peek() {
            Some(b'"') => Ok(Leaf::Text(self.string()?.0)),
            Some(b'[') => {
                let start = self.at;
                let list = self.list(depth + 1)?;
                Ok(Leaf::List(self.slice(start, self.at), list))
            }
            _ => self.word(),
        }
    }

    /// Reads a number, a truth or null.
    fn word(&mut self) -> Result<Leaf<'a>, Failure> {
        let start = self.at;
        while let Some(b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') = self.peek() {
            self.at += 1;
        }
        let word = self.slice(start, self.at);
        match word {
            "null" => Ok(Leaf::Null),
            "true" => Ok(Leaf::Truth(true)),
            "false" => Ok(Leaf::Truth(false)),
            "NaN" | "nan" | "Infinity" | "-Infinity" | "inf" | "-inf" | "undefined" => {
                Ok(Leaf::NotANumber)
            }
            _ if is_number(word.as_bytes()) => Ok(Leaf::Number(word)),
            _ => Err(Failure::NotJson),
        }
    }

    fn list(&mut self, depth: u32) -> Result<List, Failure> {
        if depth > MOST_DEPTH {
            return Err(Failure::TooDeep);
        }
        let mut kind = List::Plain;
        self.at += 1;
        self.spaces();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(kind);
        }
        loop {
            self.spaces();
            match self.peek() {
                Some(b'"') => {
                    if self.string()?.1 == Form::Odd {
                        kind = List::Other;
                    }
                }
                Some(b'{' | b'[') => {
                    self.skip(depth + 1)?;
                    kind = List::Other;
                }
                _ => {
                    let word = self.word()?;
                    if word == Leaf::NotANumber
                        || matches!(word, Leaf::Number(text) if is_huge(text))
                    {
                        kind = List::Other;
                    }
                }
            }
            self.spaces();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(kind);
                }
                _ => return Err(Failure::NotJson),
            }
        }
    }

    /// Passes over any value.
    fn skip(&mut self, depth: u32) -> Result<(), Failure> {
        match self.peek() {
            Some(b'{') => {
                // Keys within a list are told to nobody, so an order with many lines has not too many of them.
                let keys = std::mem::take(&mut self.keys);
                self.object(depth, &mut String::new(), &mut |_, _| {})?;
                self.keys = keys;
                Ok(())
            }
            Some(b'[') => self.list(depth).map(|_| ()),
            Some(b'"') => self.string().map(|_| ()),
            _ => self.word().map(|_| ()),
        }
    }

    /// Reads a string; tells whether it was written as the standard wants.
    fn string(&mut self) -> Result<(Cow<'a, str>, Form), Failure> {
        if self.peek() != Some(b'"') {
            return Err(Failure::NotJson);
        }
        let start = self.at + 1;
        let mut at = start;
        let mut escapes = false;
        let mut form = Form::Standard;
        loop {
            match self.bytes.get(at) {
                None => return Err(Failure::NotJson),
                Some(b'"') => break,
                Some(b'\\') => {
                    escapes = true;
                    at += 2;
                }
                Some(0..=0x1f) => {
                    form = Form::Odd;
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        let raw = self.slice(start, at);
        self.at = at + 1;
        if !escapes {
            return Ok((Cow::Borrowed(raw), form));
        }
        let mut text = String::with_capacity(raw.len());
        if unescape(raw, &mut text) == Form::Odd {
            form = Form::Odd;
        }
        Ok((Cow::Owned(text), form))
    }
}

/// Whether something was written as the standard wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Standard,
    Odd,
}

/// Returns a text without its escapes.
pub(super) fn unescaped(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    let mut text = String::with_capacity(raw.len());
    unescape(raw, &mut text);
    Cow::Owned(text)
}

/// Resolves escapes; what is no escape of JSON stays as it is, half a surrogate becomes U+FFFD.
fn unescape(raw: &str, out: &mut String) -> Form {
    let mut form = Form::Standard;
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        let (plain, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(plain);
        let (c, length) = match escape.as_bytes().get(1) {
            Some(b'"') => ('"', 2),
            Some(b'\\') => ('\\', 2),
            Some(b'/') => ('/', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'n') => ('\n', 2),
            Some(b'r') => ('\r', 2),
            Some(b't') => ('\t', 2),
            Some(b'u') => unicode(escape).unwrap_or_else(|| {
                form = Form::Odd;
                ('\\', 1)
            }),
            _ => {
                form = Form::Odd;
                ('\\', 1)
            }
        };
        if c == char::REPLACEMENT_CHARACTER {
            form = Form::Odd;
        }
        // NUL means nothing to people, and the cluster refuses it in some places.
        if c != '\0' {
            out.push(c);
        }
        rest = escape.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    form
}

/// Reads `\uXXXX`, and the second half of a pair behind it; returns the character and the length of its escape.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = escape.get(from..from + 4)?;
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if is_hex { u32::from_str_radix(digits, 16).ok() } else { None }
    };
    let high = unit(2)?;
    if !(0xd800..0xdc00).contains(&high) {
        return Some((char::from_u32(high).unwrap_or(char::REPLACEMENT_CHARACTER), 6));
    }
    if escape.get(6..8) == Some("\\u")
        && let Some(low @ 0xdc00..=0xdfff) = unit(8)
    {
        let code = 0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00);
        return Some((char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12));
    }
    Some((char::REPLACEMENT_CHARACTER, 6))
}

/// Tells whether a number is beyond what readers of JSON take for one.
pub(super) fn is_huge(number: &str) -> bool {
    let may_be = number.len() > 300 || number.contains(['e', 'E']);
    may_be && !number.parse::<f64>().is_ok_and(f64::is_finite)
}

/// Tells whether bytes are a number of JSON.
pub(super) fn is_number(bytes: &[u8]) -> bool {
    let digits = |bytes: &[u8]| bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest[0] == b'0') {
        return false;
    }
    let mut rest = &rest[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let Some((b'e' | b'E', exponent)) = rest.split_first() {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests;
