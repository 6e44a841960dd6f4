//! Fields of requests: parts of the URL, route, agent, outcome, addresses.

use std::net::IpAddr;

use event::{Document, Field};

use super::agent::{self, Agents};
use super::behaviour::{Claims, Clients};
use super::route::{self, Template};
use crate::address;
use crate::counters::Counters;
use crate::draft::Draft;
use crate::settings::ClientLimits;

/// Completes requests.
#[derive(Debug)]
pub(super) struct Web {
    routes: Vec<Template>,
    agents: Agents,
    clients: Clients,
    text: String,
}

impl Web {
    pub(super) fn new(routes: &[Template], limits: ClientLimits) -> Self {
        let clients = Clients::new(limits);
        Self { routes: routes.to_vec(), agents: Agents::new(), clients, text: String::new() }
    }

    /// Completes a line of an access log.
    pub(super) fn request(&mut self, draft: &mut Draft, counters: &mut Counters) {
        let is_told = draft.event.document.has(Field::StoreClientClass);
        self.parts(draft);
        if !is_told {
            self.behaviour(draft, counters);
        }
        let document = &mut draft.event.document;
        let status = document.long(Field::HttpResponseStatusCode).unwrap_or(0);
        document.set_static(Field::EventAction, "http.request");
        document.set_static(Field::EventCategory, "web");
        let kind = if matches!(status, 401 | 403) { "denied" } else { "access" };
        document.set_static(Field::EventType, kind);
        let outcome = if status >= 400 { "failure" } else { "success" };
        document.set_static(Field::EventOutcome, outcome);
        self.message(document, status);
    }

    /// Looks through clients that pose as people. Bots and monitors that say what they are stay what they say.
    fn behaviour(&mut self, draft: &mut Draft, counters: &mut Counters) {
        let document = &mut draft.event.document;
        let claims = match document.text(Field::StoreClientClass) {
            Some("human") => Claims::Browser,
            Some("unknown") => Claims::Nothing,
            _ => return,
        };
        if let Some(behaviour) = self.clients.judge(document, claims, draft.event.time) {
            document.set_static(Field::StoreClientClass, "bad_bot");
            counters.count_judged(behaviour);
        }
    }

    /// Writes `METHOD path status`; what was no request keeps its text before the status.
    fn message(&mut self, document: &mut Document, status: i64) {
        self.text.clear();
        let odd = document.text(Field::Message);
        match (document.text(Field::HttpRequestMethod), document.text(Field::UrlPath)) {
            (Some(method), Some(path)) => {
                self.text.push_str(method);
                self.text.push(' ');
                self.text.push_str(path);
            }
            _ => self.text.push_str(odd.unwrap_or("-")),
        }
        self.text.push(' ');
        self.text.push_str(itoa::Buffer::new().format(status));
        document.set_text(Field::Message, &self.text);
    }

    /// Takes a URL apart, finds its route, reads the agent.
    pub(super) fn parts(&mut self, draft: &mut Draft) {
        let document = &mut draft.event.document;
        if let Some(original) = document.text(Field::UrlOriginal) {
            self.text.clear();
            self.text.push_str(original);
            split(&self.text, document);
        }
        if let Some(path) = document.text(Field::UrlPath) {
            self.text.clear();
            route::write_route(path, &self.routes, &mut self.text);
            document.set_text(Field::StoreRoute, &self.text);
        }
        if let Some(agent) = document.text(Field::UserAgentOriginal) {
            self.text.clear();
            self.text.push_str(agent);
            self.agent(document);
        } else if draft.is_request {
            document.set_static(Field::StoreClientClass, "unknown");
        }
    }

    fn agent(&mut self, document: &mut Document) {
        let agent = self.agents.of(&self.text, agent::read);
        if !document.has(Field::StoreClientClass) {
            document.set_static(Field::StoreClientClass, agent.class);
        }
        let told = [
            (Field::UserAgentName, agent.name),
            (Field::UserAgentOsName, agent.system),
            (Field::StoreClientBotName, agent.bot),
        ];
        for (field, name) in told {
            if let Some(name) = name {
                document.set_static(field, name);
            }
        }
        if let Some(version) = agent.version(&self.text) {
            document.set_text(Field::UserAgentVersion, version);
        }
    }
}

/// Splits a target into host, path and query.
fn split(target: &str, document: &mut Document) {
    let mut rest = target;
    if !rest.starts_with('/')
        && let Some((scheme, behind)) = rest.split_once("://")
        && scheme.bytes().all(|byte| byte.is_ascii_alphabetic())
    {
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        let (host, tail) = behind.split_at_checked(end).unwrap_or((behind, ""));
        let host = host.rsplit('@').next().unwrap_or(host);
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        document.set_text(Field::UrlDomain, name);
        rest = if tail.is_empty() { "/" } else { tail };
    }
    let whole = rest.split('#').next().unwrap_or_default();
    match whole.split_once('?') {
        Some((path, query)) => {
            document.set_text(Field::UrlPath, path);
            document.set_text(Field::UrlQuery, query);
        }
        None => document.set_text(Field::UrlPath, whole),
    }
}

/// Cuts the addresses of clients to their networks; tells whether there was one.
pub(super) fn coarsen(draft: &mut Draft) -> bool {
    let document = &mut draft.event.document;
    let mut found = false;
    let written = document.text(Field::SourceAddress);
    if let Some((length, client)) = written.map(|text| (text.len(), address::read(text))) {
        if let Some(client) = client {
            let network = address::coarsen(client);
            for field in [Field::SourceIp, Field::SourceAddress] {
                set_address(document, field, network);
            }
            found = true;
        } else if length > 256 {
            document.remove(Field::SourceAddress);
        }
    }
    for field in [Field::SourceIp, Field::ClientIp, Field::ClientAddress, Field::HostIp] {
        if field == Field::SourceIp && found {
            continue;
        }
        if let Some(client) = document.text(field).and_then(address::read) {
            set_address(document, field, address::coarsen(client));
            found = true;
        }
    }
    found
}

/// Writes an address; the formatting machinery takes its time, and most addresses are of version 4.
fn set_address(document: &mut Document, field: Field, address: IpAddr) {
    let IpAddr::V4(address) = address else {
        document.set_format(field, format_args!("{address}"));
        return;
    };
    let mut text = [0; 15];
    let mut end = 0;
    for (at, part) in address.octets().into_iter().enumerate() {
        if at > 0 {
            text[end] = b'.';
            end += 1;
        }
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(part).as_bytes();
        text[end..end + digits.len()].copy_from_slice(digits);
        end += digits.len();
    }
    document.set_text(field, std::str::from_utf8(&text[..end]).unwrap_or_default());
}
