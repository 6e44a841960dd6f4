//! Addresses of clients: which keys mean them, and where they stand in messages behind a name.

use std::borrow::Cow;
use std::net::IpAddr;

use crate::address;
use crate::redact::names::plain;

/// Words of keys that mean a host's own side; a number of a version looks like an address too.
const OWN: &[&str] = &[
    "server", "local", "upstream", "backend", "listen", "listener", "node", "pod", "bind",
    "device", "dvc", "agent", "agt", "s", "version", "ver", "build",
];
/// Words of keys that mean somebody else, whatever else the key says.
const OTHERS: &[&str] = &["client", "remote", "peer", "source", "src", "forwarded", "user"];
/// Names in messages behind which the address of a client stands, with `=` or `:` between or within brackets.
const NAMES: &[&str] = &[
    "client",
    "clientip",
    "remote",
    "remoteaddr",
    "remoteip",
    "remoteaddress",
    "rhost",
    "rip",
    "src",
    "source",
    "srcip",
    "sourceip",
    "ip",
    "ipaddress",
    "peer",
    "from",
    "addr",
    "xff",
    "xforwardedfor",
    "xrealip",
    "for",
    "dst",
    "dstip",
];
/// Names behind which it stands with a space only.
const BEFORE_SPACE: &[&str] = &["client", "from", "by", "peer", "ip"];
/// Longest name that is looked at.
const LONGEST_NAME: usize = 32;

/// Tells whether a key means the address of the host itself.
pub(super) fn is_own(key: &str) -> bool {
    let has = |wanted: &[&str]| {
        words(key).any(|word| wanted.iter().any(|w| word.eq_ignore_ascii_case(w)))
    };
    let is_host = matches!(key, "host" | "host.ip" | "host_ip" | "hostIp");
    (is_host || has(OWN)) && !has(OTHERS)
}

/// Cuts a key into words, also where only a capital tells: `clientIp`, `localIP`, `IPAddress`.
fn words(key: &str) -> impl Iterator<Item = &str> {
    key.split(|c: char| !c.is_ascii_alphanumeric()).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let bytes = rest.as_bytes();
            let begins = |at: &usize| {
                let small = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
                let is_capital = bytes.get(*at).is_some_and(u8::is_ascii_uppercase);
                is_capital && (small(at - 1) || small(at + 1))
            };
            let end = (1..bytes.len()).find(begins).unwrap_or(bytes.len());
            let (word, behind) = rest.split_at_checked(end)?;
            rest = behind;
            (!word.is_empty()).then_some(word)
        })
    })
}

/// Cuts the addresses of a message to their networks that stand behind the name of a client.
pub(super) fn coarse_named(text: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut floor, mut at) = (0, 0);
    while let Some((start, end)) = next_run(text.as_bytes(), at) {
        at = end;
        let run = text.get(start..end).unwrap_or_default();
        let Some((found, length)) = address_of(run) else { continue };
        let before = text.get(..start).unwrap_or_default();
        let behind = text.get(start + length..).unwrap_or_default();
        if is_named(before) || is_of_ssh(behind) {
            out.push_str(text.get(floor..start).unwrap_or_default());
            out.push_str(&address::coarsen(found).to_string());
            floor = start + length;
        }
    }
    if floor == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(floor..).unwrap_or_default());
    Cow::Owned(out)
}

/// Finds what may be an address: figures, dots and colons of at least the length of `::1`.
fn next_run(bytes: &[u8], from: usize) -> Option<(usize, usize)> {
    let is_part = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':');
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        let start = at + rest.iter().position(is_part)?;
        let length = bytes.get(start..)?.iter().take_while(|byte| is_part(byte)).count();
        let is_inside = start
            .checked_sub(1)
            .and_then(|at| bytes.get(at))
            .is_some_and(u8::is_ascii_alphanumeric);
        let goes_on = bytes.get(start + length).is_some_and(u8::is_ascii_alphanumeric);
        if length >= 3 && !is_inside && !goes_on {
            return Some((start, start + length));
        }
        at = start + length;
    }
}

/// Reads the address that a run is or begins with, and tells how long it is: a port or the end of a sentence may follow.
fn address_of(run: &str) -> Option<(IpAddr, usize)> {
    let whole = run.trim_end_matches(['.', ':']);
    if let Ok(found) = whole.parse() {
        return Some((found, whole.len()));
    }
    let (host, _) = run.split_once(':')?;
    Some((host.parse().ok()?, host.len()))
}

/// Tells whether the text before an address names a client: `client=`, `from `, `client=host.example[`.
fn is_named(before: &str) -> bool {
    let (head, is_bracket) = match before.strip_suffix('[') {
        // Mail servers write the name of the host before its address.
        Some(head) => (
            head.trim_end_matches(|c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
            }),
            true,
        ),
        None => (before, false),
    };
    let head = if is_bracket && head.is_empty() { before.trim_end_matches('[') } else { head };
    let bare = head.trim_end_matches(['"', '\'', '(', '[', '\\']);
    if let Some(name) = bare.strip_suffix(['=', ':']).or_else(|| bare.strip_suffix(": ")) {
        return is_one_of(name.trim_end_matches(['"', '\'', '\\']), NAMES);
    }
    bare.strip_suffix(' ').is_some_and(|name| is_one_of(name, BEFORE_SPACE))
}

fn is_one_of(head: &str, names: &[&str]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let length = head.bytes().rev().take(LONGEST_NAME + 1).take_while(is_part).count();
    let name = head.get(head.len() - length..).unwrap_or_default();
    names.contains(&plain(name).as_str())
}

/// `.. user root 203.0.113.7 port 22` of an SSH server.
fn is_of_ssh(behind: &str) -> bool {
    behind.strip_prefix(" port ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_behind_names_of_clients_are_cut_to_their_networks() {
        let check = |text: &str, want: &str| assert_eq!(coarse_named(text), want, "{text}");
        check("client=203.0.113.77, server: 10.0.0.5", "client=203.0.113.0, server: 10.0.0.5");
        check("remote_addr=\"203.0.113.77\" ok", "remote_addr=\"203.0.113.0\" ok");
        check("IN=eth0 SRC=203.0.113.77 LEN=40", "IN=eth0 SRC=203.0.113.0 LEN=40");
        check("rhost=2001:db8:1:2::4  user=root", "rhost=2001:db8:1::  user=root");
        check("client=mx.example[203.0.113.77]", "client=mx.example[203.0.113.0]");
        check("client=unknown[2001:db8:1:2::4], x", "client=unknown[2001:db8:1::], x");
        check("[client 203.0.113.77:50000] AH1", "[client 203.0.113.0:50000] AH1");
        check(
            "Accepted key for ada from 203.0.113.77 port 22",
            "Accepted key for ada from 203.0.113.0 port 22",
        );
        check(
            "closed by user root 203.0.113.77 port 5 [preauth]",
            "closed by user root 203.0.113.0 port 5 [preauth]",
        );
        check("rip=203.0.113.77, lip=10.0.0.1", "rip=203.0.113.0, lip=10.0.0.1");
        check("refused from 203.0.113.77.", "refused from 203.0.113.0.");
    }

    #[test]
    fn other_figures_stay() {
        for text in [
            "",
            "version 1.2.3.4",
            "at 03:04:05",
            "listening on 10.0.0.5:80",
            "from: Ada",
            "ip=",
            "x::y",
            "京 from 京",
        ] {
            assert_eq!(coarse_named(text), text);
        }
    }

    #[test]
    fn a_key_means_the_host_itself_or_somebody_else() {
        for key in [
            "server_addr",
            "s-ip",
            "upstream_local_address",
            "localIp",
            "dvc",
            "app_version",
            "deviceAddress",
            "localIP",
            "SERVERAddr",
        ] {
            assert!(is_own(key), "{key}");
        }
        for key in [
            "c-ip",
            "remote_addr",
            "clientIp",
            "dst",
            "server_client_ip",
            "x",
            "SRC",
            "remote_host",
        ] {
            assert!(!is_own(key), "{key}");
        }
    }
}
