//! One HTTP exchange with one node: the `elasticsearch` crate's transport, and what it leaves open.
//!
//! The crate has no retry, no resting of dead nodes and no default time limit; its sniffer can panic; its own bulk body
//! copies every item and its compression is level 6. So only its generic `send` is used, one transport per address.

use std::time::Duration;

use bytes::Bytes;
use elasticsearch::cert::{Certificate, CertificateValidation};
use elasticsearch::http::headers::{
    ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER,
    USER_AGENT,
};
use elasticsearch::http::response::Response;
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use jiff::Timestamp;

use crate::address::Address;
use crate::cluster::{Cluster, Trust};
use crate::error::{Cause, Error};
use crate::request::{Body, Method};

/// A node and the connections to it.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) address: Address,
    // Holds no credentials: those go with each request, in a header that is marked as secret.
    transport: Transport,
}

/// What is sent.
#[derive(Debug, Clone)]
pub(crate) struct Letter<'a> {
    pub(crate) method: Method,
    /// With its query.
    pub(crate) path: &'a str,
    pub(crate) body: Body,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) time_limit: Duration,
}

/// What came back, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    pub(crate) retry_after: Option<RetryAfter>,
    /// The header by which Elasticsearch, and nobody else, names itself.
    pub(crate) product: Option<String>,
    /// When the server, or a proxy before it, says it answered.
    pub(crate) date: Option<Timestamp>,
}

/// The header `Retry-After`, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RetryAfter {
    In(Duration),
    At(Timestamp),
}

/// Why no answer came.
#[derive(Debug)]
pub(crate) enum Lost {
    /// Nothing reached the server.
    Unsent(Cause),
    /// Perhaps all of it did.
    Underway(Cause),
}

/// The text of what a lower layer said.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Said(String);

impl Wire {
    pub(crate) fn try_new(address: &Address, cluster: &Cluster) -> Result<Self, Error> {
        let transport = transport(address, cluster)
            .map_err(|source| Error::NoClient { address: address.clone(), source })?;
        Ok(Self { address: address.clone(), transport })
    }

    pub(crate) async fn exchange(&self, letter: &Letter<'_>) -> Result<Answer, Lost> {
        let (headers, body) = envelope(letter);
        // A leading dot segment keeps a name with a colon from being read as a scheme.
        let path = format!("./{}", letter.path.trim_start_matches('/'));
        let limit = Some(letter.time_limit);
        let method = letter.method.into();
        let response = self.transport.send(method, &path, headers, None::<&()>, body, limit).await;
        match response {
            Ok(response) => read(response, letter.time_limit).await,
            Err(error) => Err(lost(&error, letter.time_limit)),
        }
    }
}

fn transport(address: &Address, cluster: &Cluster) -> Result<Transport, Cause> {
    let builder = TransportBuilder::new(SingleNodeConnectionPool::new(address.url().clone()))
        .enable_meta_header(false);
    let builder = match &cluster.trust {
        Trust::Public => builder,
        Trust::Also(pem) => {
            let roots = Certificate::from_pem(pem).map_err(|error| said(&error))?;
            builder.cert_validation(CertificateValidation::Full(roots))
        }
        Trust::Unverified => builder.cert_validation(CertificateValidation::None),
    };
    let builder = match &cluster.proxy {
        Some(proxy) => builder.proxy(proxy.clone(), None, None),
        // Else the HTTP client would take a proxy out of the environment, which only settings may read.
        None => builder.disable_proxy(),
    };
    builder.build().map_err(|error| said(&error))
}

fn envelope(letter: &Letter<'_>) -> (HeaderMap, Option<Bytes>) {
    let mut headers = HeaderMap::with_capacity(5);
    headers.insert(
        USER_AGENT,
        HeaderValue::from_static(concat!("storewatch/", env!("CARGO_PKG_VERSION"))),
    );
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    if let Some(authorization) = &letter.authorization {
        headers.insert(AUTHORIZATION, authorization.clone());
    }
    let (kind, body) = match &letter.body {
        Body::Empty => return (headers, None),
        Body::Json(bytes) => ("application/json", bytes),
        Body::Lines(bytes) => ("application/x-ndjson", bytes),
        Body::PackedLines(bytes) => {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            ("application/x-ndjson", bytes)
        }
    };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    (headers, Some(body.clone()))
}

async fn read(response: Response, limit: Duration) -> Result<Answer, Lost> {
    let status = response.status_code().as_u16();
    let text = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after = text(RETRY_AFTER.as_str()).and_then(RetryAfter::parse);
    let product = text("x-elastic-product").map(str::to_owned);
    let date = text("date").and_then(|text| jiff::fmt::rfc2822::parse(text.trim()).ok());
    let date = date.map(|zoned| zoned.timestamp());
    match response.bytes().await {
        Ok(body) => Ok(Answer { status, body, retry_after, product, date }),
        Err(error) => match lost(&error, limit) {
            // The head of an answer had come: the request had arrived.
            Lost::Unsent(cause) | Lost::Underway(cause) => Err(Lost::Underway(cause)),
        },
    }
}

fn lost(error: &elasticsearch::Error, limit: Duration) -> Lost {
    let http =
        std::error::Error::source(error).and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    match http {
        Some(http) if http.is_connect() || http.is_builder() => Lost::Unsent(said(http)),
        Some(http) if http.is_timeout() => {
            Lost::Underway(Box::new(Said(format!("nothing came within {limit:?}"))))
        }
        Some(http) => Lost::Underway(said(http)),
        None => Lost::Unsent(said(error)),
    }
}

/// Returns the causes of an error in one line. The outermost text is left out when it has causes: it repeats the URL.
fn said(error: &(dyn std::error::Error + 'static)) -> Cause {
    let mut texts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(inner) = next {
        let text = inner.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = inner.source();
    }
    if texts.is_empty() {
        texts.push(error.to_string());
    }
    Box::new(Said(crate::plain::cut(&texts.join(": "))))
}

impl RetryAfter {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(seconds) = text.trim().parse() {
            return Some(Self::In(Duration::from_secs(seconds)));
        }
        let zoned = jiff::fmt::rfc2822::parse(text.trim()).ok()?;
        Some(Self::At(zoned.timestamp()))
    }

    /// Returns how long that is from now on.
    pub(crate) fn from(self, now: Timestamp) -> Duration {
        match self {
            Self::In(span) => span,
            Self::At(then) => Duration::try_from(then.duration_since(now)).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now: Timestamp = "2015-10-21T07:27:00Z".parse().unwrap();
        let check = |text, want: Option<u64>| {
            let got = RetryAfter::parse(text).map(|after| after.from(now));
            assert_eq!(got, want.map(Duration::from_secs), "{text}");
        };
        check("120", Some(120));
        check(" 0 ", Some(0));
        check("Wed, 21 Oct 2015 07:28:00 GMT", Some(60));
        check("Wed, 21 Oct 2015 07:26:00 GMT", Some(0));
        check("-1", None);
        check("soon", None);
    }
}
