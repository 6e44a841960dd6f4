//! Access lines of nginx and Apache: common, combined, with a virtual host before and more fields behind.
//!
//! `[vhost] address ident user [time] "request" status size ["referrer" "agent"] [more ..]`. Both servers write the same
//! form, so one parser reads both, by hand: an expression with as many captures costs three times as much.

use event::Field;
use jiff::Timestamp;

use super::LineParser;
use super::cursor::{Cursor, Quoted};
use super::keep::captured;
use super::trailing;
use crate::address::{self, Network};
use crate::counters::Failure;
use crate::draft::{Draft, Stamp};
use crate::time::clf;

/// Reads access lines.
#[derive(Debug)]
pub(crate) struct Access {
    trusted: Vec<Network>,
    /// The last stamp and its instant: lines of one second share it.
    last: ([u8; clf::LENGTH], Timestamp),
}

/// How far a line could be read.
enum Extent {
    Whole,
    Part,
}

impl Access {
    pub(super) fn new(trusted: &[Network]) -> Self {
        Self { trusted: trusted.to_vec(), last: ([0; clf::LENGTH], Timestamp::UNIX_EPOCH) }
    }

    fn read(&mut self, line: &str, draft: &mut Draft) -> Result<Extent, Failure> {
        let (head, stamp, rest) = self.split_at_stamp(line).ok_or(Failure::OtherFormat)?;
        draft.stamp = Stamp::At(stamp);
        let mut cursor = Cursor::new(rest);
        let request = match cursor.quoted() {
            Quoted::Closed(request) => request,
            Quoted::Cut(_) => return Err(Failure::CutShort),
            Quoted::Absent => return Err(Failure::OtherFormat),
        };
        let status = cursor.word();
        let code = status.parse::<i64>().ok().filter(|code| (100..=999).contains(code));
        let Some(code) = code else {
            let is_cut = status.len() < 3 && cursor.rest().is_empty();
            return Err(if is_cut { Failure::CutShort } else { Failure::OtherFormat });
        };
        draft.is_request = true;
        draft.event.document.set_long(Field::HttpResponseStatusCode, code);
        read_request(request, draft);

        let size = cursor.word();
        if let Ok(size) = size.parse::<i64>() {
            draft.event.document.set_long(Field::HttpResponseBodyBytes, size);
        } else if size != "-" {
            self.read_head(head, "", draft);
            return Ok(Extent::Part);
        }
        let quotes = read_quotes(&mut cursor, draft);
        let forwarded = trailing::read(&mut cursor, draft);
        self.read_head(head, forwarded, draft);
        Ok(quotes)
    }

    /// Cuts a line at the first bracket that holds a stamp.
    fn split_at_stamp<'a>(&mut self, line: &'a str) -> Option<(&'a str, Timestamp, &'a str)> {
        let bytes = line.as_bytes();
        // A user name may hold a bracket too; a line full of them is not worth more than a few looks.
        for at in memchr::memchr_iter(b'[', bytes).take(8) {
            let Some(inner) = bytes.get(at + 1..at + 1 + clf::LENGTH) else { continue };
            if bytes.get(at + 1 + clf::LENGTH) != Some(&b']') {
                continue;
            }
            if inner != self.last.0 {
                let Some(stamp) = clf::parse(inner) else { continue };
                self.last.0.copy_from_slice(inner);
                self.last.1 = stamp;
            }
            return Some((line.get(..at)?, self.last.1, line.get(at + clf::LENGTH + 2..)?));
        }
        None
    }

    /// Reads what stands before the stamp: virtual host, address or list of addresses, ident, user.
    fn read_head(&self, head: &str, forwarded: &str, draft: &mut Draft) {
        let mut cursor = Cursor::new(head.trim_ascii_end());
        let mut chain = next_chain(&mut cursor);
        let mut rest = cursor;
        let is_host = address::read(chain).is_none() && !chain.contains(',');
        if is_host && address::read(first_hop(next_chain(&mut rest))).is_some() {
            set_host(chain, draft);
            chain = next_chain(&mut cursor);
        }
        client(chain, forwarded, &self.trusted, draft);
        cursor.word();
        user(cursor.rest().trim_ascii(), draft);
    }
}

/// Sets the client of a request, by who connected and whom the forwarding header names.
pub(super) fn client(chain: &str, forwarded: &str, trusted: &[Network], draft: &mut Draft) {
    let peer = address::client(chain, trusted);
    let is_proxy = !forwarded.is_empty()
        && address::read(peer)
            .is_some_and(|peer| trusted.iter().any(|network| network.contains(peer)));
    // Anybody can send the header; only a proxy of ours is believed.
    let client = if is_proxy { address::client(forwarded, trusted) } else { peer };
    if client != "-" && !client.is_empty() {
        draft.event.document.set_text(Field::SourceAddress, client);
    }
}

/// Puts the name of a user aside.
pub(super) fn user(user: &str, draft: &mut Draft) {
    if !user.is_empty() && user != "-" && user != "\"\"" {
        draft.add_sensitive(crate::draft::Personal::Id, Some(Field::UserName), "user.name", user);
    }
}

impl LineParser for Access {
    fn parse(&mut self, line: &str, draft: &mut Draft) {
        match self.read(line, draft) {
            Ok(Extent::Whole) => {}
            Ok(Extent::Part) => draft.partial(),
            Err(failure) => {
                let stamp = draft.stamp;
                draft.fail(failure, line);
                if matches!(stamp, Stamp::At(_)) {
                    draft.stamp = stamp;
                }
            }
        }
    }
}

/// Takes an address or a list of addresses divided by commas, in quotes or not.
fn next_chain<'a>(cursor: &mut Cursor<'a>) -> &'a str {
    if let Quoted::Closed(list) = cursor.quoted() {
        return list;
    }
    let whole = cursor.rest();
    let mut length = 0;
    loop {
        let word = cursor.word();
        let Some(taken) = whole.len().checked_sub(cursor.rest().len()) else { break };
        length = taken;
        if !word.ends_with(',') {
            break;
        }
    }
    whole.get(..length).unwrap_or_default().trim_ascii()
}

fn first_hop(chain: &str) -> &str {
    chain.split(',').next().unwrap_or_default().trim_ascii()
}

pub(super) fn set_host(host: &str, draft: &mut Draft) {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    if name != "-" {
        draft.event.document.set_text(Field::UrlDomain, name);
    }
}

/// Reads `METHOD target HTTP/version`. What is no request stays readable in the message.
pub(super) fn read_request(request: &str, draft: &mut Draft) {
    let document = &mut draft.event.document;
    let Some((method, rest)) = request.split_once(' ') else {
        if !request.is_empty() && request != "-" {
            document.set_text(Field::Message, request);
        }
        return;
    };
    if method.is_empty()
        || !method.bytes().all(|b| b.is_ascii_uppercase() || b == b'-' || b == b'_')
    {
        document.set_text(Field::Message, request);
        return;
    }
    let (target, version) = match rest.rsplit_once(" HTTP/") {
        Some((target, version)) => (target, Some(version)),
        None => (rest, None),
    };
    document.set_text(Field::HttpRequestMethod, method);
    document.set_text(Field::UrlOriginal, target);
    if let Some(version) = version {
        document.set_text(Field::HttpVersion, version);
    }
}

/// Reads referrer and agent, which common lines do not have.
fn read_quotes(cursor: &mut Cursor<'_>, draft: &mut Draft) -> Extent {
    let referrer = match cursor.quoted() {
        Quoted::Absent => return Extent::Whole,
        Quoted::Closed(referrer) | Quoted::Cut(referrer) => referrer,
    };
    let document = &mut draft.event.document;
    if !referrer.is_empty() && referrer != "-" {
        document.set_text(Field::HttpRequestReferrer, referrer);
    }
    let (agent, extent) = match cursor.quoted() {
        Quoted::Absent => ("", Extent::Part),
        Quoted::Closed(agent) => (agent, Extent::Whole),
        Quoted::Cut(agent) => (agent, Extent::Part),
    };
    if !agent.is_empty() && agent != "-" {
        document.set_text(Field::UserAgentOriginal, agent);
    }
    extent
}

/// Keeps a field that no rule knows.
pub(super) fn keep(key: &str, value: &str, draft: &mut Draft) {
    captured(key, value, draft);
}
