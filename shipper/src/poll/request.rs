//! One request, made of its description and of values. Pure: time, nonce and secrets are arguments.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use runtime::secret::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use url::Url;

use super::secret::{NoSecret, Secret};
use super::sign::{Into, Sign};
use super::template::{Escape, Name, Template, Values, percent};

/// The method of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `GET`.
    #[default]
    Get,
    /// `POST`.
    Post,
}

impl Method {
    /// Returns its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Where parameters go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Behind the question mark.
    #[default]
    Query,
    /// Into the body, as a form.
    Form,
}

/// What a body is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BodyForm {
    /// JSON.
    #[default]
    Json,
    /// `a=1&b=2`.
    Form,
}

/// Who asks.
#[derive(Debug, Clone)]
pub enum Auth {
    /// Nobody in particular.
    None,
    /// `Authorization: Bearer ..`.
    Bearer(Secret),
    /// `Authorization: Basic ..`.
    Basic {
        /// The user.
        username: String,
        /// Its password.
        password: Secret,
    },
    /// A header of the API's own.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A signature.
    Signed(Box<Signed>),
}

/// A signature, and the token that may go with it.
#[derive(Debug, Clone)]
pub struct Signed {
    /// How requests are signed.
    pub sign: Sign,
    /// With what.
    pub secret: Secret,
    /// A parameter that holds a token of the shop, such as Taobao's `session`.
    pub token: Option<(String, Secret)>,
}

/// The description of requests.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The address, up to the query or with one.
    pub url: Template,
    /// Parameters; one whose text comes out empty is left out.
    pub parameters: Vec<(String, Template)>,
    /// Where they go.
    pub place: Place,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body, where parameters do not make one.
    pub body: Option<(Template, BodyForm)>,
    /// Who asks.
    pub auth: Auth,
}

/// The secrets of a call, read from where they lie.
#[derive(Debug, Clone, Default)]
pub struct Keys {
    first: Option<SecretString>,
    token: Option<SecretString>,
}

impl Keys {
    /// Reads them.
    pub fn read(auth: &Auth) -> Result<Self, NoSecret> {
        let token = match auth {
            Auth::Signed(signed) => signed.token.as_ref(),
            Auth::None | Auth::Bearer(_) | Auth::Basic { .. } | Auth::Header { .. } => None,
        };
        let first = match auth {
            Auth::None => None,
            Auth::Bearer(secret)
            | Auth::Basic { password: secret, .. }
            | Auth::Header { value: secret, .. } => Some(secret.read()?),
            Auth::Signed(signed) => Some(signed.secret.read()?),
        };
        let token = token.map(|(_, secret)| secret.read()).transpose()?;
        Ok(Self { first, token })
    }

    /// Tells whether these are others: a request that was refused is worth another try.
    pub fn differ_from(&self, other: &Self) -> bool {
        let text = |secret: &Option<SecretString>| {
            secret.as_ref().map(|secret| secret.expose_secret().to_owned())
        };
        text(&self.first) != text(&other.first) || text(&self.token) != text(&other.token)
    }
}

/// A request that is ready to be sent. Its `Debug` shows no header, query or body: secrets may stand in them.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method.as_str(), origin(&self.url), self.url.path())
    }
}

/// A request cannot be made. The text holds no values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRequest {
    /// The rendered text is no URL.
    #[error("the address is no URL once its values stand in it")]
    Url,
    /// The next page lies elsewhere: our credentials do not go there.
    #[error("the next page is said to be on another host ({0})")]
    OtherHost(String),
}

/// Returns what a template of an address gives with a sample in each of its places; none when that is no address of
/// http or https, or when its host depends on a value.
pub fn sample_url(template: &Template) -> Option<Url> {
    let sample = |value: &str| {
        let mut values = Values::default();
        for name in Name::OF_REQUEST {
            values.set(name, value);
        }
        template.render(&values, Escape::Percent).parse::<Url>().ok()
    };
    let (one, other) = (sample("1")?, sample("2")?);
    let is_http = matches!(one.scheme(), "http" | "https");
    (is_http && one.origin() == other.origin()).then_some(one)
}

/// Returns scheme, host and port.
pub(crate) fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}

impl Call {
    /// Makes a request. `address` is the next page's where a reply named one, instead of URL and parameters.
    pub fn request(
        &self,
        values: &Values,
        address: Option<&str>,
        keys: &Keys,
        now: Timestamp,
    ) -> Result<Request, NoRequest> {
        let mut values = values.clone();
        if let Auth::Signed(signed) = &self.auth {
            values.set(Name::Timestamp, signed.sign.times.write(now));
        }
        let own = self.url.render(&values, Escape::Percent).parse().map_err(|_| NoRequest::Url)?;
        let (mut url, mut parameters) = match address {
            Some(address) => (next_page(&own, address)?, Vec::new()),
            None => (own, self.parameters(&values)),
        };
        let mut headers = self.headers.clone();
        self.authorize(keys, &mut headers, &mut parameters);
        if let Auth::Signed(signed) = &self.auth {
            let secret = keys.first.as_ref().map_or("", |secret| secret.expose_secret());
            let time = values.get(Name::Timestamp).to_owned();
            if let Some(into) = &signed.sign.timestamp_into {
                put(into, time, &mut headers, &mut parameters);
            }
            // A signature covers what is sent: query and body as they stand without the signature itself.
            let (signed_url, body) = self.assemble(url.clone(), &parameters, &values);
            values.set(Name::Method, self.method.as_str());
            values.set(Name::Path, signed_url.path());
            values.set(Name::Query, signed_url.query().unwrap_or_default());
            values.set(Name::Body, body.unwrap_or_default());
            let signature = signed.sign.signature(secret, &parameters, &values);
            put(&signed.sign.into, signature, &mut headers, &mut parameters);
        }
        let body;
        (url, body) = self.assemble(url, &parameters, &values);
        if let Some(kind) = self.content_type().filter(|_| body.is_some()) {
            headers.push(("content-type".to_owned(), kind.to_owned()));
        }
        Ok(Request { method: self.method, url, headers, body })
    }

    fn parameters(&self, values: &Values) -> Vec<(String, String)> {
        let render = |(name, template): &(String, Template)| {
            let text = template.render(values, Escape::Plain);
            (!text.is_empty()).then(|| (name.clone(), text))
        };
        self.parameters.iter().filter_map(render).collect()
    }

    fn authorize(
        &self,
        keys: &Keys,
        headers: &mut Vec<(String, String)>,
        parameters: &mut Vec<(String, String)>,
    ) {
        let first = keys.first.as_ref().map_or("", |secret| secret.expose_secret());
        match &self.auth {
            Auth::None => {}
            Auth::Bearer(_) => headers.push(("authorization".into(), format!("Bearer {first}"))),
            Auth::Basic { username, .. } => {
                let both = STANDARD.encode(format!("{username}:{first}"));
                headers.push(("authorization".into(), format!("Basic {both}")));
            }
            Auth::Header { name, .. } => headers.push((name.clone(), first.to_owned())),
            Auth::Signed(signed) => {
                if let (Some((name, _)), Some(token)) = (&signed.token, &keys.token) {
                    parameters.push((name.clone(), token.expose_secret().to_owned()));
                }
            }
        }
    }

    fn assemble(
        &self,
        mut url: Url,
        parameters: &[(String, String)],
        values: &Values,
    ) -> (Url, Option<String>) {
        let pair =
            |(name, value): &(String, String)| format!("{}={}", percent(name), percent(value));
        let joined = parameters.iter().map(pair).collect::<Vec<_>>().join("&");
        let body = self.body.as_ref().map(|(template, form)| {
            let escape = match form {
                BodyForm::Json => Escape::Json,
                BodyForm::Form => Escape::Percent,
            };
            template.render(values, escape)
        });
        match self.place {
            Place::Form => (url, Some(joined)),
            Place::Query => {
                if !joined.is_empty() {
                    let query = match url.query() {
                        Some(query) if !query.is_empty() => format!("{query}&{joined}"),
                        Some(_) | None => joined,
                    };
                    url.set_query(Some(&query));
                }
                (url, body)
            }
        }
    }

    fn content_type(&self) -> Option<&'static str> {
        let told = |(name, _): &(String, String)| name.eq_ignore_ascii_case("content-type");
        if self.headers.iter().any(told) {
            return None;
        }
        match (self.place, &self.body) {
            (Place::Form, _) | (Place::Query, Some((_, BodyForm::Form))) => {
                Some("application/x-www-form-urlencoded")
            }
            (Place::Query, Some((_, BodyForm::Json))) => Some("application/json"),
            (Place::Query, None) => None,
        }
    }
}

fn next_page(own: &Url, address: &str) -> Result<Url, NoRequest> {
    let url = own.join(address).map_err(|_| NoRequest::Url)?;
    if url.origin() == own.origin() {
        return Ok(url);
    }
    Err(NoRequest::OtherHost(origin(&url)))
}

fn put(
    into: &Into,
    value: String,
    headers: &mut Vec<(String, String)>,
    parameters: &mut Vec<(String, String)>,
) {
    match into {
        Into::Header(name) => headers.push((name.clone(), value)),
        Into::Parameter(name) => parameters.push((name.clone(), value)),
    }
}

#[cfg(test)]
mod tests;
