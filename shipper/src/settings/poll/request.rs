//! The request of a poll: that it is one, that it fits how it is paged, and that nobody listens to its secret.

use runtime::settings::Check;
use url::Url;

use crate::poll::{Auth, Call, Method, Name, Place, Template, sample_url};

use super::{RawOrder, RawPoll};

impl RawPoll {
    pub(super) fn call(&self, check: &mut Check<'_>) -> Option<Call> {
        let url = template(check, "url", &self.url);
        let mut parameters = Vec::new();
        for (name, text) in &self.params {
            let key = format!("params.{name}");
            parameters.extend(template(check, &key, text).map(|template| (name.clone(), template)));
        }
        let body = self.body.as_deref().map(|body| template(check, "body", body));
        if self.body.is_some() && self.params_in == Place::Form {
            check.missing("body", "stands beside params_in: form", "keep one of the two");
        }
        if self.method == Method::Get && (self.body.is_some() || self.params_in == Place::Form) {
            let hint = "write method: post";
            check.missing("method", "is get, which has no body", hint);
        }
        let auth = self.auth.check(check, &self.id, self.sign.as_ref());
        let url = url?;
        let exposed = address(check, &url);
        if exposed == Exposed::Yes && !matches!(auth, Some(Auth::None)) {
            let message = "is plain http to another machine: whoever listens could read the secret";
            check.missing("url", message, "use https");
        }
        let body = match body {
            None => None,
            Some(template) => Some((template?, self.body_form)),
        };
        Some(Call {
            method: self.method,
            url,
            parameters,
            place: self.params_in,
            headers: self.headers.clone().into_iter().collect(),
            body,
            auth: auth?,
        })
    }

    /// Checks that what is asked for fits how it is paged and cut.
    pub(super) fn fits(&self, check: &mut Check<'_>, call: Option<&Call>) {
        let Some(call) = call else { return };
        let names = |name| {
            call.url.names(name)
                || call.parameters.iter().any(|(_, template)| template.names(name))
                || call.body.as_ref().is_some_and(|(template, _)| template.names(name))
        };
        let asks = names(Name::From) || names(Name::To);
        match &self.window {
            Some(_) if !names(Name::From) => {
                check.missing(
                    "window",
                    "is given, but nothing names {from}",
                    "write it into url, params or body",
                );
            }
            None if asks => {
                check.missing(
                    "window",
                    "is missing beside {from} or {to}",
                    "write window: { lookback: 1h }",
                );
            }
            Some(_) | None => {}
        }
        if self.order == RawOrder::NewestFirst && !names(Name::To) {
            let message = "is newest_first, which needs a window that ends: nothing names {to}";
            check.missing(
                "order",
                message,
                "else new rows push old ones onto pages that were read",
            );
        }
        if let Some((name, word)) = self.paging.name()
            && !names(name)
        {
            check.missing(
                "paging",
                &format!("is given, but nothing names {word}"),
                "write it into url, params or body",
            );
        }
    }
}

/// Checks that the address is one whatever stands in its places, and always on the same host.
fn address(check: &mut Check<'_>, url: &Template) -> Exposed {
    let parsed = sample_url(url);
    // The text is not shown: it may hold a password.
    let Some(parsed) = parsed else {
        let message = "is no address of an API, or its host depends on a value";
        check.missing("url", message, "such as https://api.example.org/orders?since={from}");
        return Exposed::No;
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        check.missing("url", "holds credentials", "they belong to auth");
    }
    if parsed.scheme() == "https" || is_loopback(&parsed) { Exposed::No } else { Exposed::Yes }
}

/// Whether bytes go over the network unencrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exposed {
    Yes,
    No,
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn template(check: &mut Check<'_>, key: &str, text: &str) -> Option<Template> {
    match Template::parse(text, &Name::OF_REQUEST) {
        Ok(template) => Some(template),
        // The text is not shown: it may hold a secret.
        Err(error) => {
            let text = error.to_string();
            let text = text.strip_prefix("which ").unwrap_or(&text).to_owned();
            check.missing(key, &text, "");
            None
        }
    }
}
