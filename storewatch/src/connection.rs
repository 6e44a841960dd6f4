//! From flags and environment to a client.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use elastic::{Address, Client, Cluster, Credentials, Trust};
use kibana::import::{Kibana, Login};
use runtime::settings::Environment;
use runtime::{Exit, Failure, SystemClock};
use secrecy::SecretString;

use crate::cli::{ConnectionArgs, KibanaArgs};

/// A cluster that was named, and who we are to it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) address: Address,
    pub(crate) credentials: Credentials,
    pub(crate) trust: Trust,
}

impl Connection {
    /// Returns the cluster that flags or environment name.
    pub(crate) fn open(args: &ConnectionArgs, environment: &Environment) -> Result<Self> {
        let url = args.url.as_deref().or(environment.get("ELASTICSEARCH_URL"));
        let url = url.ok_or_else(|| {
            Failure::new(Exit::Usage, "no cluster is named; give --url or set ELASTICSEARCH_URL")
        })?;
        let address = Address::parse(url).map_err(|error| {
            Failure::new(Exit::Usage, "the address of the cluster").caused_by(error)
        })?;
        let credentials = credentials(args, environment)?;
        let mut cluster = Cluster::try_new(vec![address.clone()], credentials.clone())
            .map_err(|error| Failure::new(Exit::Usage, "the cluster").caused_by(error))?;
        let trust = trust(args)?;
        cluster = cluster.trusting(trust.clone());
        let client = Client::new(&cluster, Arc::new(SystemClock::new()))?;
        Ok(Self { client, address, credentials, trust })
    }
}

fn trust(args: &ConnectionArgs) -> Result<Trust> {
    let Some(path) = &args.ca_file else { return Ok(Trust::Public) };
    let pem = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let trust = Trust::also(pem).map_err(|error| {
        Failure::new(Exit::Usage, format!("--ca-file {}", path.display())).caused_by(error)
    })?;
    Ok(trust)
}

fn credentials(args: &ConnectionArgs, environment: &Environment) -> Result<Credentials> {
    if let Some(path) = &args.api_key_file {
        return Ok(Credentials::ApiKey(read_secret(path)?));
    }
    let username = args.username.as_deref().or(environment.get("ELASTICSEARCH_USERNAME"));
    if args.username.is_none()
        && args.password_file.is_none()
        && let Some(key) = environment.get("ELASTICSEARCH_API_KEY")
    {
        return Ok(Credentials::ApiKey(SecretString::from(key)));
    }
    let Some(username) = username else { return Ok(Credentials::None) };
    let password = match &args.password_file {
        Some(path) => read_secret(path)?,
        None => SecretString::from(environment.get("ELASTICSEARCH_PASSWORD").ok_or_else(|| {
            let message = format!(
                "no password for {username}; give --password-file or set ELASTICSEARCH_PASSWORD"
            );
            Failure::new(Exit::Usage, message)
        })?),
    };
    Ok(Credentials::Basic { username: username.to_owned(), password })
}

fn read_secret(path: &Path) -> Result<SecretString> {
    runtime::secret::read(path).map_err(|error| anyhow!(error))
}

/// Returns the Kibana that flags or environment name, if they do. It knows us by the same login as the cluster.
pub(crate) fn kibana(
    args: &KibanaArgs,
    environment: &Environment,
    credentials: &Credentials,
) -> Result<Option<Kibana>> {
    let Some(url) = args.kibana_url.as_deref().or(environment.get("KIBANA_URL")) else {
        return Ok(None);
    };
    let url = url::Url::parse(url)
        .map_err(|error| Failure::new(Exit::Usage, "--kibana-url").caused_by(error))?;
    let login = match credentials {
        Credentials::None => Login::None,
        Credentials::ApiKey(key) => Login::ApiKey(key.clone()),
        Credentials::Basic { username, password } => {
            Login::Basic { username: username.clone(), password: password.clone() }
        }
    };
    Ok(Some(Kibana::try_new(url, args.kibana_space.clone(), login)?))
}

/// Says what a failed call to the cluster means for the exit code, and what to do next.
pub(crate) fn explain(error: elastic::Error) -> anyhow::Error {
    let (exit, message) = match &error {
        elastic::Error::Unreachable { .. } | elastic::Error::Unknown { .. } => (
            Exit::Unreachable,
            "the cluster does not answer; check --url, that it runs, and --ca-file when its certificate is your own",
        ),
        elastic::Error::Unauthorized { .. } => (
            Exit::Permission,
            "the cluster refuses the login; check --username and the password, or the API key",
        ),
        elastic::Error::Forbidden { .. } => (
            Exit::Permission,
            "the login lacks a right; use one that may manage templates, pipelines and own keys",
        ),
        elastic::Error::Busy { .. } => (Exit::Temporary, "the cluster is busy; try again"),
        elastic::Error::NotFound { .. }
        | elastic::Error::Refused { .. }
        | elastic::Error::Unreadable { .. }
        | elastic::Error::NoClient { .. }
        | elastic::Error::NoRequest { .. } => (Exit::Difference, "the cluster refuses"),
    };
    Failure::new(exit, message).caused_by(error).into()
}
