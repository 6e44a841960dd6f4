//! Addresses of clients within a line that is kept whole.

use std::net::Ipv4Addr;

use super::scan::Found;
use crate::address;

/// Copies text with each IPv4 address cut to its network, and an address that the line starts with whatever its kind.
pub(super) fn coarsen_all(text: &str, out: &mut String) -> Found {
    out.clear();
    let mut rest = text;
    let first = text.split(' ').next().unwrap_or_default();
    if let Some(client) = address::read(first) {
        out.push_str(&address::coarsen(client).to_string());
        rest = text.get(first.len()..).unwrap_or_default();
    }
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, tail) = rest.split_at_checked(start).unwrap_or((rest, ""));
        out.push_str(before);
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let length = tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        let (word, behind) = tail.split_at_checked(length).unwrap_or((tail, ""));
        let inside = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
        match word.trim_end_matches('.').parse::<Ipv4Addr>() {
            Ok(found) if !inside => {
                out.push_str(&address::coarsen(found.into()).to_string());
                out.push_str(word.get(word.trim_end_matches('.').len()..).unwrap_or_default());
            }
            Ok(_) | Err(_) => out.push_str(word),
        }
        rest = behind;
    }
    out.push_str(rest);
    if out == text { Found::Nothing } else { Found::Something }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_their_last_part() {
        let check = |text: &str, want: &str| {
            let mut out = String::new();
            coarsen_all(text, &mut out);
            assert_eq!(out, want);
        };
        check("203.0.113.77 - - [garbage", "203.0.113.0 - - [garbage");
        check("2001:db8:1:2::4 - - [x", "2001:db8:1:: - - [x");
        check(
            "from 203.0.113.77:80 to \"198.51.100.9\".",
            "from 203.0.113.0:80 to \"198.51.100.0\".",
        );
        check("Chrome/32.0.1700.107 v1.2.3 order 1001", "Chrome/32.0.1700.107 v1.2.3 order 1001");
    }
}
