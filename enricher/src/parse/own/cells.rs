//! The cells of a line: what stands between its delimiters, and in quotes what holds a delimiter itself.

use std::borrow::Cow;

use memchr::memmem::Finder;

/// Walks over the cells of a line. A quote is written twice within quotes.
#[derive(Debug)]
pub(crate) struct Cells<'a> {
    /// What is left; nothing behind the last cell.
    rest: Option<&'a str>,
    delimiter: Finder<'a>,
    quote: Option<char>,
    is_cut: bool,
}

impl<'a> Cells<'a> {
    pub(crate) fn new(line: &'a str, delimiter: &'a str, quote: Option<char>) -> Self {
        let delimiter = Finder::new(delimiter);
        Self { rest: Some(line), delimiter, quote, is_cut: false }
    }

    /// Tells whether the line ended within quotes.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Takes a bare cell, whose end is looked for from a place on: spaces around it are not meant.
    fn bare(&mut self, text: &'a str, from: usize) -> &'a str {
        let rest = text.as_bytes().get(from..).unwrap_or_default();
        let end = self.delimiter.find(rest).map(|end| from + end);
        self.rest = end.and_then(|end| text.get(end + self.delimiter.needle().len()..));
        end.and_then(|end| text.get(..end)).unwrap_or(text).trim_ascii()
    }

    /// Takes a cell in quotes; `inner` is what stands behind the first of them.
    fn quoted(&mut self, text: &'a str, inner: &'a str, quote: char) -> Cow<'a, str> {
        let mut doubled = 0;
        let mut marks = inner.match_indices(quote).map(|(at, _)| at);
        let closed = loop {
            let Some(at) = marks.next() else { break None };
            if !inner.get(at + quote.len_utf8()..).is_some_and(|rest| rest.starts_with(quote)) {
                break Some(at);
            }
            doubled += 1;
            marks.next();
        };
        let Some(end) = closed else {
            self.rest = None;
            self.is_cut = true;
            return single(inner, quote, doubled);
        };
        let behind = inner.get(end + quote.len_utf8()..).unwrap_or_default();
        let after = if self.is_spaced() { behind } else { behind.trim_start_matches(' ') };
        if after.is_empty() {
            self.rest = None;
        } else if after.as_bytes().starts_with(self.delimiter.needle()) {
            self.rest = after.get(self.delimiter.needle().len()..);
        } else {
            // The quotes are part of the text: `"A" and "B"`.
            return Cow::Borrowed(self.bare(text, text.len() - behind.len()));
        }
        single(inner.get(..end).unwrap_or_default(), quote, doubled)
    }

    /// Tells whether a space is part of what divides cells.
    fn is_spaced(&self) -> bool {
        self.delimiter.needle().starts_with(b" ")
    }
}

/// Undoes doubled quotes.
fn single(value: &str, quote: char, doubled: usize) -> Cow<'_, str> {
    if doubled == 0 {
        return Cow::Borrowed(value);
    }
    let mut text = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        text.push(c);
        if c == quote {
            rest.next();
        }
    }
    Cow::Owned(text)
}

impl<'a> Iterator for Cells<'a> {
    type Item = Cow<'a, str>;

    fn next(&mut self) -> Option<Cow<'a, str>> {
        let rest = self.rest?;
        let text = if self.is_spaced() { rest } else { rest.trim_start_matches(' ') };
        if let Some(quote) = self.quote
            && let Some(inner) = text.strip_prefix(quote)
        {
            return Some(self.quoted(text, inner, quote));
        }
        Some(Cow::Borrowed(self.bare(rest, 0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str, delimiter: &str, quote: Option<char>) -> (Vec<String>, bool) {
        let mut cells = Cells::new(line, delimiter, quote);
        let found = cells.by_ref().map(Cow::into_owned).collect();
        (found, cells.is_cut())
    }

    fn check(line: &str, delimiter: &str, want: &[&str]) {
        let (found, is_cut) = read(line, delimiter, Some('"'));
        assert_eq!(
            (found, is_cut),
            (want.iter().map(|&cell| cell.to_owned()).collect(), false),
            "{line}"
        );
    }

    #[test]
    fn quotes_hide_delimiters_and_are_written_twice() {
        check(r#"1,"a, b",c"#, ",", &["1", "a, b", "c"]);
        check(r#""say ""hi""","","#, ",", &[r#"say "hi""#, "", ""]);
        check(r#"7" pipe,6"#, ",", &[r#"7" pipe"#, "6"]);
        check("\"a\nb\",c", ",", &["a\nb", "c"]);
        check(r#""""""#, ",", &[r#"""#]);
    }

    #[test]
    fn spaces_around_cells_are_not_meant() {
        check(r#" a , "b" , c "#, ",", &["a", "b", "c"]);
        check("a  b", " ", &["a", "", "b"]);
        check("a\t b\t", "\t", &["a", "b", ""]);
    }

    #[test]
    fn quotes_that_are_part_of_a_text_stay() {
        check(r#""A" and "B",2"#, ",", &[r#""A" and "B""#, "2"]);
        check(r#""A"b"#, ",", &[r#""A"b"#]);
    }

    #[test]
    fn a_delimiter_may_have_several_characters() {
        check("a||b|c||", "||", &["a", "b|c", ""]);
        check("a、\"b、c\"", "、", &["a", "b、c"]);
    }

    #[test]
    fn a_quote_that_is_not_closed_is_told() {
        assert_eq!(
            read(r#"a,"b, c"#, ",", Some('"')),
            (vec!["a".to_owned(), "b, c".to_owned()], true)
        );
        assert_eq!(read(r#"a,"b"#, ",", None), (vec!["a".to_owned(), r#""b"#.to_owned()], false));
    }
}
