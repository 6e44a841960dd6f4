//! Stamps that come with the pattern by which they were written, in the letters of Java's `SimpleDateFormat`.

use std::fmt::Write as _;

use super::civil;

/// Longest pattern that is looked at.
const LONGEST: usize = 64;
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// What a stamp says, piece by piece.
#[derive(Debug, Default)]
struct Said<'a> {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    hour: i64,
    minute: i64,
    second: i64,
    fraction: &'a str,
    half: Option<Half>,
    zone: &'a str,
}

/// The half of a day that its hours are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

/// A piece of a pattern.
#[derive(Debug, Clone, Copy)]
enum Piece {
    /// So many of one letter.
    Field(char, usize),
    /// Itself.
    Literal(char),
}

/// Writes a stamp in a form that is read without its pattern; `None` where it does not fit.
pub(crate) fn rewritten(text: &str, pattern: &str) -> Option<String> {
    let pieces = pieces(pattern)?;
    let mut said = Said::default();
    let mut rest = text.trim_ascii();
    for (place, piece) in pieces.iter().enumerate() {
        match *piece {
            Piece::Literal(wanted) => rest = rest.strip_prefix(wanted)?,
            Piece::Field(letter, count) => {
                let is_digit_next = matches!(pieces.get(place + 1), Some(Piece::Field(next, _)) if "yMdHhkKmsS".contains(*next));
                let limit = if is_digit_next { count } else { usize::MAX };
                rest = said.take(letter, count, limit, rest)?;
            }
        }
    }
    if rest.is_empty() { said.write() } else { None }
}

/// Cuts a pattern; what stands between quotes means itself.
fn pieces(pattern: &str) -> Option<Vec<Piece>> {
    if pattern.len() > LONGEST {
        return None;
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut chars = pattern.trim_ascii().chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\'' {
            if chars.next_if_eq(&'\'').is_some() {
                pieces.push(Piece::Literal('\''));
                continue;
            }
            loop {
                match chars.next()? {
                    '\'' if chars.next_if_eq(&'\'').is_none() => break,
                    inner => pieces.push(Piece::Literal(inner)),
                }
            }
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while chars.next_if_eq(&c).is_some() {
                count += 1;
            }
            pieces.push(Piece::Field(c, count));
        } else {
            pieces.push(Piece::Literal(c));
        }
    }
    Some(pieces)
}

impl<'a> Said<'a> {
    /// Takes one field from the start of a text and returns what stands behind it.
    fn take(&mut self, letter: char, count: usize, limit: usize, text: &'a str) -> Option<&'a str> {
        let is_name = (letter == 'M' && count >= 3) || matches!(letter, 'E' | 'a');
        let length = if is_name {
            text.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(text.len())
        } else if matches!(letter, 'z' | 'Z' | 'X') {
            let is_part =
                |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | ':' | '/' | '_');
            text.find(|c| !is_part(c)).unwrap_or(text.len())
        } else {
            text.bytes().take(limit).take_while(u8::is_ascii_digit).count()
        };
        let (field, rest) = text.split_at_checked(length).filter(|_| length > 0)?;
        let number = || civil::digits(field.as_bytes()).filter(|_| field.len() <= 4);
        match letter {
            'y' => {
                let year = number()?;
                self.year = Some(if field.len() == 2 { 2_000 + year } else { year });
            }
            'M' if is_name => self.month = Some(civil::month(field.get(..3)?)?),
            'M' => self.month = Some(number()?),
            'd' => self.day = Some(number()?),
            'H' | 'h' | 'K' => self.hour = number()?,
            // Some count the hours of a day from 1 to 24.
            'k' => self.hour = number()? % 24,
            'm' => self.minute = number()?,
            's' => self.second = number()?,
            'S' => self.fraction = field,
            'a' if field.eq_ignore_ascii_case("PM") => self.half = Some(Half::Afternoon),
            'a' if field.eq_ignore_ascii_case("AM") => self.half = Some(Half::Morning),
            'z' | 'Z' | 'X' => self.zone = field,
            'E' => {}
            _ => return None,
        }
        Some(rest)
    }

    fn write(&self) -> Option<String> {
        let (month, day) = (self.month?, self.day?);
        let hour = match self.half {
            None => self.hour,
            Some(Half::Morning) => self.hour % 12,
            Some(Half::Afternoon) => self.hour % 12 + 12,
        };
        let mut out = if let Some(year) = self.year {
            format!("{year:04}-{month:02}-{day:02}")
        } else {
            let place = usize::try_from(month - 1).ok()?;
            format!("{} {day:02}", MONTHS.get(place)?)
        };
        write!(out, " {hour:02}:{:02}:{:02}", self.minute, self.second).ok()?;
        if !self.fraction.is_empty() {
            write!(out, ".{}", self.fraction).ok()?;
        }
        if !self.zone.is_empty() {
            write!(out, " {}", self.zone).ok()?;
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_is_read_by_its_pattern() {
        let check = |pattern: &str, text: &str, want: &str| {
            assert_eq!(rewritten(text, pattern).as_deref(), Some(want), "{pattern}");
        };
        check("MMM dd yyyy HH:mm:ss", "Jan 02 2026 03:04:05", "2026-01-02 03:04:05");
        check(
            "MMM dd yyyy HH:mm:ss.SSS z",
            "Jan 02 2026 03:04:05.678 GMT",
            "2026-01-02 03:04:05.678 GMT",
        );
        check(
            "yyyy-MM-dd'T'HH:mm:ss.SSSX",
            "2026-01-02T03:04:05.678+01",
            "2026-01-02 03:04:05.678 +01",
        );
        check("yyyy-MM-dd'T'HH:mm:ssZ", "2026-01-02T03:04:05+0100", "2026-01-02 03:04:05 +0100");
        check(
            "EEE, d MMMM yyyy hh:mm:ss a",
            "Fri, 2 January 2026 03:04:05 PM",
            "2026-01-02 15:04:05",
        );
        check("dd/MM/yy HH:mm", "02/01/26 03:04", "2026-01-02 03:04:00");
        check("MM/dd/yyyy h:mm:ss a", "1/2/2026 12:04:05 am", "2026-01-02 00:04:05");
        check("yyyyMMddHHmmssSSS", "20260102030405678", "2026-01-02 03:04:05.678");
        check("MMM dd HH:mm:ss", "Jan 02 03:04:05", "Jan 02 03:04:05");
        check("dd.MM. kk 'o''clock'", "02.01. 24 o'clock", "Jan 02 00:00:00");
    }

    #[test]
    fn what_does_not_fit_its_pattern_is_not_guessed() {
        for (pattern, text) in [
            ("yyyy-MM-dd", "2026-01"),
            ("yyyy-MM-dd", "2026-01-02 03:04:05"),
            ("HH:mm:ss", "03:04:05"),
            ("MMM dd", "Foo 02"),
            ("w yyyy", "1 2026"),
            ("'open", "open"),
            ("yyyy", "\u{4eac}"),
            ("MM dd", "13 02"),
            ("", ""),
        ] {
            assert_eq!(rewritten(text, pattern), None, "{pattern}");
        }
    }
}
