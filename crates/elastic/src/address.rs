//! Where a node of the cluster listens.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use url::{Host, Url};

/// The address of one node or balancer: http or https, without credentials. So it can be shown anywhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Arc<Url>);

/// The text is no address of a cluster. The text is not repeated: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// It is not a URL.
    #[error("this is no URL; such as https://es.example.org:9200 is expected")]
    NotAUrl,
    /// It is a URL of another kind.
    #[error("the scheme {0:?} is neither http nor https")]
    Scheme(String),
    /// It holds a user name or a password.
    #[error(
        "the address holds credentials; they belong to `username` and `password_file`, or to `api_key_file`"
    )]
    Credentials,
    /// It has a query or a fragment.
    #[error("the address ends in a query or fragment")]
    Query,
}

impl Address {
    /// Returns the address that a text writes.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let url = Url::parse(text).map_err(|_| NoAddress::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(NoAddress::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NoAddress::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(NoAddress::Query);
        }
        Ok(Self(Arc::new(url)))
    }

    /// Returns the URL.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Tells whether bytes go over the network unencrypted: http, and not to this very machine.
    pub fn is_exposed(&self) -> bool {
        self.0.scheme() == "http" && !self.is_loopback()
    }

    fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_as_it_was_written() {
        for text in ["http://127.0.0.1:9200", "https://es.example.org", "https://es.example.org/es"]
        {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn credentials_in_an_address_are_refused_and_not_repeated() {
        let error = Address::parse("https://elastic:changeme@es.example.org").unwrap_err();
        assert_eq!(error, NoAddress::Credentials);
        let error = Address::parse("elastic:changeme@es.example.org").unwrap_err();
        assert!(!error.to_string().contains("changeme"), "{error}");
    }

    #[test]
    fn only_http_is_spoken() {
        assert_eq!(Address::parse("ftp://es"), Err(NoAddress::Scheme("ftp".to_owned())));
        assert_eq!(Address::parse("es.example.org"), Err(NoAddress::NotAUrl));
        assert_eq!(Address::parse("http://es/?pretty"), Err(NoAddress::Query));
    }

    #[test]
    fn plain_http_is_exposed_beyond_this_machine() {
        let exposed = |text: &str| Address::parse(text).unwrap().is_exposed();
        assert!(exposed("http://es.example.org:9200"));
        assert!(exposed("http://10.0.0.1:9200"));
        assert!(exposed("http://localhost.example.org"));
        assert!(!exposed("https://es.example.org:9200"));
        assert!(!exposed("http://127.0.0.1:9200"));
        assert!(!exposed("http://[::1]:9200"));
        assert!(!exposed("http://localhost:9200"));
    }
}
