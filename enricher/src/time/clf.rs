//! Stamps of access logs: `17/May/2015:10:05:03 +0000`.

use jiff::Timestamp;

use super::civil;

/// Bytes of a stamp.
pub(crate) const LENGTH: usize = 26;

/// Reads a stamp.
pub(crate) fn parse(bytes: &[u8]) -> Option<Timestamp> {
    let &[
        d1,
        d2,
        b'/',
        m1,
        m2,
        m3,
        b'/',
        y1,
        y2,
        y3,
        y4,
        b':',
        h1,
        h2,
        b':',
        n1,
        n2,
        b':',
        s1,
        s2,
        b' ',
        sign,
        z1,
        z2,
        z3,
        z4,
    ] = bytes
    else {
        return None;
    };
    let month = civil::month_of(&[m1, m2, m3])?;
    let seconds = civil::seconds(&civil::Civil {
        year: civil::digits(&[y1, y2, y3, y4])?,
        month,
        day: civil::digits(&[d1, d2])?,
        hour: civil::digits(&[h1, h2])?,
        minute: civil::digits(&[n1, n2])?,
        second: civil::digits(&[s1, s2])?,
    })?;
    let offset = civil::offset(sign, &[z1, z2], &[z3, z4])?;
    Timestamp::from_second(seconds - offset).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_instants() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(parse(text.as_bytes()).map(|t| t.to_string()).as_deref(), want, "{text}");
        };
        check("17/May/2015:10:05:03 +0000", Some("2015-05-17T10:05:03Z"));
        check("01/Jan/2026:00:30:00 +0800", Some("2025-12-31T16:30:00Z"));
        check("29/Feb/2024:23:59:60 -0330", Some("2024-03-01T03:29:59Z"));
        check("29/Feb/2023:10:00:00 +0000", None);
        check("32/Jan/2026:00:00:00 +0000", None);
        check("17/Mai/2015:10:05:03 +0000", None);
        check("17/May/2015:10:05:03", None);
    }
}
