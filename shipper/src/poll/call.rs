//! One HTTP exchange with an API: bounded in time and in bytes, no cookies, no redirect to another host.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use url::Url;

use super::reply::{Failure, Kind};
use super::request::{Method, Request};

/// Redirects that are followed on one host.
const REDIRECTS: usize = 5;
/// The limit to connecting: a host that is gone must not hold a poll for the whole time limit.
const CONNECT: Duration = Duration::from_secs(10);

/// The way to one API.
#[derive(Debug)]
pub(crate) struct Wire {
    client: reqwest::Client,
    max_body: usize,
}

/// A reply, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub status: u16,
    headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Returns a header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns all values of a header, joined as RFC 9110 says.
    pub(crate) fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<&str> =
            self.headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

impl Wire {
    /// Returns a way with these limits, through a proxy if one is named.
    pub(crate) fn try_new(
        time_limit: Duration,
        max_body: usize,
        proxy: Option<&Url>,
    ) -> Result<Self, reqwest::Error> {
        // Whoever answers with a redirect chooses where the next request goes, and with it our credentials and
        // parameters: only the host that was configured is asked.
        let same_host = Policy::custom(|attempt| {
            let first = attempt.previous().first().map(Url::origin);
            if first == Some(attempt.url().origin()) && attempt.previous().len() <= REDIRECTS {
                attempt.follow()
            } else {
                attempt.stop()
            }
        });
        let builder = reqwest::Client::builder()
            .user_agent(concat!("storewatch/", env!("CARGO_PKG_VERSION")))
            .timeout(time_limit)
            .connect_timeout(CONNECT.min(time_limit))
            .redirect(same_host);
        let builder = match proxy {
            Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy.clone())?),
            // Else the client would take a proxy out of the environment, which only settings may read.
            None => builder.no_proxy(),
        };
        Ok(Self { client: builder.build()?, max_body })
    }

    /// Sends a request and reads the whole reply.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Answer, Failure> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let mut sending =
            self.client.request(method, request.url).headers(headers(&request.headers)?);
        if let Some(body) = request.body {
            sending = sending.body(body);
        }
        let mut reply = sending.send().await.map_err(|error| cut(&error))?;
        let mut answer = Answer {
            status: reply.status().as_u16(),
            headers: reply.headers().clone(),
            body: Vec::new(),
        };
        // By pieces: a reply that is longer than it may be is not read to its end.
        while let Some(piece) = reply.chunk().await.map_err(|error| cut(&error))? {
            if answer.body.len() + piece.len() > self.max_body {
                let reason = format!("the reply is longer than max_body ({} bytes)", self.max_body);
                return Err(Failure::new(Kind::TooLong, reason));
            }
            answer.body.extend_from_slice(&piece);
        }
        Ok(answer)
    }
}

fn headers(pairs: &[(String, String)]) -> Result<HeaderMap, Failure> {
    let mut map = HeaderMap::with_capacity(pairs.len());
    for (name, value) in pairs {
        let fault =
            || Failure::new(Kind::Rejected, format!("the value of header {name} is no text"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| fault())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| fault())?;
        // Not shown by anything that prints headers.
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}

/// Returns the causes of an error in one line, without the URL: a token may stand in it.
fn cut(error: &reqwest::Error) -> Failure {
    if error.is_timeout() {
        return Failure::new(Kind::Cut, "no whole reply came in time");
    }
    let mut texts: Vec<String> = Vec::new();
    let mut next = std::error::Error::source(error);
    while let Some(inner) = next {
        let text = inner.to_string();
        if texts.last() != Some(&text) {
            texts.push(text);
        }
        next = inner.source();
    }
    let what = if error.is_connect() { "cannot connect" } else { "the connection was cut" };
    Failure::new(Kind::Cut, runtime::plain(&format!("{what}: {}", texts.join(": "))))
}
