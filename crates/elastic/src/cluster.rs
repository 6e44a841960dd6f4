//! A cluster as checked settings: a value of this type in hand can be connected to.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use elasticsearch::cert::Certificate;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::address::Address;

/// Where the cluster is and how to speak to it.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub(crate) addresses: Vec<Address>,
    pub(crate) credentials: Credentials,
    pub(crate) trust: Trust,
    pub(crate) proxy: Option<Url>,
    pub(crate) time_limit: Duration,
    pub(crate) key_expires: Option<Timestamp>,
}

/// Who we are to the cluster.
#[derive(Debug, Clone, Default)]
pub enum Credentials {
    /// No security: a cluster on this machine.
    #[default]
    None,
    /// An API key in the form that servers hand out: base64 of `id:key`.
    ApiKey(SecretString),
    /// A user.
    Basic {
        /// Who.
        username: String,
        /// The proof.
        password: SecretString,
    },
}

/// Which servers are believed, over https.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// Those whose certificate leads to a public root.
    #[default]
    Public,
    /// Those too whose certificate leads to one of these (PEM); made by [`Trust::also`].
    Also(Vec<u8>),
    /// Every one: nobody is verified. Whoever sets this is warned at each start.
    Unverified,
}

/// The values do not make a cluster.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoCluster {
    /// There is no address.
    #[error("at least one address is needed")]
    NoAddress,
    /// A password or key would cross a network in the open.
    #[error("credentials would go to {0} unencrypted; use https")]
    Exposed(Address),
    /// A proxy whose scheme or form is not known.
    #[error("the proxy must be an http or https URL without credentials")]
    Proxy,
    /// A time limit of zero.
    #[error("the time limit must be above zero")]
    TimeLimit,
}

/// The text holds no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("which holds no PEM certificate")]
pub struct NoCertificate;

impl Cluster {
    /// The time that one call may take in all, unless set otherwise.
    pub const TIME_LIMIT: Duration = Duration::from_mins(1);

    /// Returns a cluster at these addresses.
    pub fn try_new(addresses: Vec<Address>, credentials: Credentials) -> Result<Self, NoCluster> {
        if addresses.is_empty() {
            return Err(NoCluster::NoAddress);
        }
        if !matches!(credentials, Credentials::None)
            && let Some(exposed) = addresses.iter().find(|address| address.is_exposed())
        {
            return Err(NoCluster::Exposed(exposed.clone()));
        }
        let (trust, proxy, time_limit) = (Trust::Public, None, Self::TIME_LIMIT);
        Ok(Self { addresses, credentials, trust, proxy, time_limit, key_expires: None })
    }

    /// Returns the cluster, believed on other grounds.
    #[must_use]
    pub fn trusting(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Returns the cluster behind an HTTP proxy. The environment names no proxy: only this does.
    pub fn behind(mut self, proxy: Url) -> Result<Self, NoCluster> {
        let is_http = matches!(proxy.scheme(), "http" | "https");
        if !is_http || !proxy.username().is_empty() || proxy.password().is_some() {
            return Err(NoCluster::Proxy);
        }
        self.proxy = Some(proxy);
        Ok(self)
    }

    /// Returns the cluster with another limit to each call.
    pub fn within(mut self, time_limit: Duration) -> Result<Self, NoCluster> {
        if time_limit.is_zero() {
            return Err(NoCluster::TimeLimit);
        }
        self.time_limit = time_limit;
        Ok(self)
    }

    /// Returns the cluster, with the end of its key where that is known.
    #[must_use]
    pub fn until(mut self, key_expires: Option<Timestamp>) -> Self {
        self.key_expires = key_expires;
        self
    }

    /// Returns when the key ends, where whoever made it left word beside its file.
    pub fn key_expires(&self) -> Option<Timestamp> {
        self.key_expires
    }

    /// Returns the addresses.
    pub fn addresses(&self) -> &[Address] {
        &self.addresses
    }

    /// Returns who we are to it.
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Returns how its certificate is believed.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }
}

impl Trust {
    /// Returns the public roots and these certificates, if there are any in the text.
    pub fn also(pem: Vec<u8>) -> Result<Self, NoCertificate> {
        match Certificate::from_pem(&pem) {
            Ok(_) => Ok(Self::Also(pem)),
            Err(_) => Err(NoCertificate),
        }
    }
}

impl Credentials {
    /// Returns an API key from the text of its file: base64 as the server encodes it, or `id:key`.
    pub fn api_key(text: &str) -> Self {
        let text = text.trim();
        // base64 knows no colon, so the two forms cannot be confused.
        let encoded = if text.contains(':') { STANDARD.encode(text) } else { text.to_owned() };
        Self::ApiKey(encoded.into())
    }

    /// Returns a user with a password.
    pub fn basic(username: impl Into<String>, password: &str) -> Self {
        Self::Basic { username: username.into(), password: password.into() }
    }

    /// Returns the value of the header `Authorization`.
    pub(crate) fn header(&self) -> Option<String> {
        match self {
            Self::None => None,
            Self::ApiKey(key) => Some(format!("ApiKey {}", key.expose_secret())),
            Self::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                Some(format!("Basic {}", STANDARD.encode(pair)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        Address::parse(text).unwrap()
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let addresses = vec![address("https://es")];
        for credentials in [Credentials::api_key("id:s3cret"), Credentials::basic("u", "s3cret")] {
            let encoded = credentials.header().unwrap();
            let cluster = Cluster::try_new(addresses.clone(), credentials).unwrap();
            let text = format!("{cluster:?}");
            assert!(!text.contains("s3cret"), "{text}");
            assert!(!text.contains(encoded.split_once(' ').unwrap().1), "{text}");
        }
    }

    #[test]
    fn both_forms_of_an_api_key_are_known() {
        let header = |text| Credentials::api_key(text).header().unwrap();
        assert_eq!(header("aWQ6a2V5\n"), "ApiKey aWQ6a2V5");
        assert_eq!(header("id:key\n"), "ApiKey aWQ6a2V5");
    }

    #[test]
    fn credentials_do_not_cross_a_network_in_the_open() {
        let made = |text, credentials| Cluster::try_new(vec![address(text)], credentials);
        assert_eq!(
            made("http://es:9200", Credentials::basic("u", "p")).unwrap_err(),
            NoCluster::Exposed(address("http://es:9200"))
        );
        assert!(made("http://es:9200", Credentials::None).is_ok());
        assert!(made("http://127.0.0.1:9200", Credentials::basic("u", "p")).is_ok());
        assert!(made("https://es:9200", Credentials::basic("u", "p")).is_ok());
    }

    #[test]
    fn a_cluster_has_an_address_and_a_time_limit() {
        assert_eq!(Cluster::try_new(vec![], Credentials::None).unwrap_err(), NoCluster::NoAddress);
        let cluster = Cluster::try_new(vec![address("http://es")], Credentials::None).unwrap();
        assert_eq!(cluster.within(Duration::ZERO).unwrap_err(), NoCluster::TimeLimit);
    }

    #[test]
    fn a_proxy_is_http_and_holds_no_secret() {
        let behind = |proxy: &str| {
            let cluster = Cluster::try_new(vec![address("http://es")], Credentials::None).unwrap();
            cluster.behind(proxy.parse().unwrap())
        };
        assert!(behind("http://proxy:3128").is_ok());
        assert_eq!(behind("socks5://proxy").unwrap_err(), NoCluster::Proxy);
        assert_eq!(behind("http://u:p@proxy").unwrap_err(), NoCluster::Proxy);
    }
}
