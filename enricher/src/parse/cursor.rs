//! Walks over the fields of a line that are divided by spaces, brackets and quotes. All cuts are made at ASCII bytes.

/// A place in a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    rest: &'a str,
}

/// A field in quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quoted<'a> {
    /// The next field has no quote before it, or there is none.
    Absent,
    /// What stands between the quotes.
    Closed(&'a str),
    /// The line ends before the second quote.
    Cut(&'a str),
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { rest: text }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.rest
    }

    fn split(&mut self, at: usize) -> &'a str {
        let (head, tail) = self.rest.split_at_checked(at).unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    pub(super) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    /// Takes what stands before the next space; empty at the end of the line.
    pub(super) fn word(&mut self) -> &'a str {
        self.skip_spaces();
        let end = memchr::memchr(b' ', self.rest.as_bytes()).unwrap_or(self.rest.len());
        self.split(end)
    }

    /// Takes a field in quotes. A backslash keeps a quote from ending the field.
    pub(super) fn quoted(&mut self) -> Quoted<'a> {
        self.skip_spaces();
        let Some(inner) = self.rest.strip_prefix('"') else { return Quoted::Absent };
        let bytes = inner.as_bytes();
        let mut from = 0;
        while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[from..]) {
            let at = from + found;
            if bytes[at] == b'"' {
                self.rest = inner;
                let field = self.split(at);
                self.split(1);
                return Quoted::Closed(field);
            }
            from = (at + 2).min(bytes.len());
        }
        self.rest = "";
        Quoted::Cut(inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_end_where_no_backslash_stands_before_them() {
        let mut cursor = Cursor::new(r#" "a \"b\" \\" next "cut"#);
        assert_eq!(cursor.quoted(), Quoted::Closed(r#"a \"b\" \\"#));
        assert_eq!(cursor.quoted(), Quoted::Absent);
        assert_eq!(cursor.word(), "next");
        assert_eq!(cursor.quoted(), Quoted::Cut("cut"));
        assert_eq!(cursor.word(), "");
    }

    #[test]
    fn a_backslash_at_the_end_ends_nothing() {
        assert_eq!(Cursor::new("\"a\\").quoted(), Quoted::Cut("a\\"));
    }
}
