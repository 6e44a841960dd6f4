//! The block `cluster:` of every program's settings.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use runtime::settings::Check;
use runtime::unit::Span;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::address::Address;
use crate::cluster::{Cluster, Credentials, Trust};

/// The block as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawCluster {
    /// Where the nodes listen: `https://es-1.example.org:9200`.
    pub addresses: Vec<String>,
    /// The file that holds an API key.
    pub api_key_file: Option<PathBuf>,
    /// An API key, by `${NAME}`.
    pub api_key: Option<SecretString>,
    /// A user, instead of a key.
    pub username: Option<String>,
    /// The file that holds the user's password.
    pub password_file: Option<PathBuf>,
    /// The user's password, by `${NAME}`.
    pub password: Option<SecretString>,
    /// Certificates (PEM) that are believed besides the public roots.
    pub ca_file: Option<PathBuf>,
    /// An HTTP proxy on the way.
    pub proxy_url: Option<String>,
    /// Believes every certificate.
    pub dangerously_skip_verify: bool,
    /// The limit to one call, in all; `60s` when it is not written.
    pub time_limit: Option<Span>,
}

/// The shortest time limit that leaves a healthy cluster room to answer.
const SHORTEST: Span = Span::seconds(1);
const LONGEST: Span = Span::minutes(10);

impl RawCluster {
    /// Returns the checked form. What is wrong is added to the findings, under the block that the check stands in; there is
    /// no cluster when something essential is wrong.
    pub fn check(&self, check: &mut Check<'_>) -> Option<Cluster> {
        let addresses = self.addresses(check);
        let credentials = self.credentials(check);
        let trust = self.trust(check);
        let proxy = self.proxy(check);
        let time_limit = self.time_limit.map_or(Cluster::TIME_LIMIT, |span| {
            check.range("time_limit", span, SHORTEST..=LONGEST).duration()
        });
        if addresses.is_empty() {
            return None;
        }
        let cluster = Cluster::try_new(addresses, credentials?)
            .map_err(|error| check.missing("addresses", &format!("is refused: {error}"), ""))
            .ok()?
            .trusting(trust?)
            .until(self.api_key_file.as_deref().and_then(key_expires))
            .within(time_limit)
            .ok()?;
        match proxy {
            None => Some(cluster),
            Some(proxy) => cluster
                .behind(proxy)
                .map_err(|error| check.missing("proxy_url", &format!("is refused: {error}"), ""))
                .ok(),
        }
    }

    fn addresses(&self, check: &mut Check<'_>) -> Vec<Address> {
        if self.addresses.is_empty() {
            let hint = "write at least one, such as https://es.example.org:9200";
            check.missing("addresses", "is empty", hint);
        }
        let mut addresses = Vec::new();
        for (index, text) in self.addresses.iter().enumerate() {
            match Address::parse(text) {
                Ok(address) => addresses.push(address),
                // The text is not shown: it may hold a password.
                Err(error) => {
                    check.missing(
                        &format!("addresses[{index}]"),
                        &format!("is refused: {error}"),
                        "",
                    );
                }
            }
        }
        addresses
    }

    fn credentials(&self, check: &mut Check<'_>) -> Option<Credentials> {
        let has_key = self.api_key.is_some() || self.api_key_file.is_some();
        let Some(username) = &self.username else {
            if self.password.is_some() || self.password_file.is_some() {
                check.missing("username", "is missing beside a password", "");
                return None;
            }
            let key =
                secret(check, "api_key", self.api_key_file.as_ref(), self.api_key.as_ref()).ok()?;
            return Some(
                key.map_or(Credentials::None, |key| Credentials::api_key(key.expose_secret())),
            );
        };
        if has_key {
            check.missing("username", "stands beside an API key", "keep one of the two");
            return None;
        }
        let file = self.password_file.as_ref();
        if let Some(password) = secret(check, "password", file, self.password.as_ref()).ok()? {
            Some(Credentials::basic(username, password.expose_secret()))
        } else {
            check.missing("password_file", "is missing beside a username", "");
            None
        }
    }

    fn trust(&self, check: &mut Check<'_>) -> Option<Trust> {
        if self.dangerously_skip_verify {
            let message = "is set: whoever stands between this program and the cluster can read the key and all events";
            check.warn("dangerously_skip_verify", message, "use ca_file");
            return Some(Trust::Unverified);
        }
        let Some(path) = &self.ca_file else { return Some(Trust::Public) };
        let pem = match fs::read(path) {
            Ok(pem) => pem,
            Err(error) => {
                check.fault(
                    "ca_file",
                    path.display(),
                    &format!("which cannot be read: {error}"),
                    "",
                );
                return None;
            }
        };
        check.take("ca_file", path.display(), Trust::also(pem))
    }

    fn proxy(&self, check: &mut Check<'_>) -> Option<Url> {
        let text = self.proxy_url.as_deref()?;
        Url::parse(text)
            .map_err(|_| {
                check.missing("proxy_url", "is no URL", "such as http://proxy.example.org:3128");
            })
            .ok()
    }
}

/// Reads the end of a key out of the file `KEY.expires` that `storewatch setup` writes beside it. A cluster tells it only to
/// those with more rights than a key of ours has, so without the file it is not known, and that is no fault.
fn key_expires(key: &Path) -> Option<Timestamp> {
    let mut name = key.as_os_str().to_owned();
    name.push(".expires");
    fs::read_to_string(name).ok()?.trim().parse().ok()
}

/// What is wrong stands among the findings.
struct Reported;

/// Looks in all places for a secret: none at all is fine, one that cannot be had is a finding.
fn secret(
    check: &mut Check<'_>,
    name: &str,
    file: Option<&PathBuf>,
    inline: Option<&SecretString>,
) -> Result<Option<SecretString>, Reported> {
    match check.settings().secrets().find(name, file.map(PathBuf::as_path)) {
        Ok(found) => Ok(found.or_else(|| inline.cloned())),
        Err(error) => {
            let source = std::error::Error::source(&error);
            let text =
                source.map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"));
            check.missing(&format!("{name}_file"), &format!("cannot be used: {text}"), "");
            Err(Reported)
        }
    }
}

#[cfg(test)]
mod tests;
