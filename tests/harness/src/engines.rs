//! The real servers.

use std::env;
use std::sync::{Arc, OnceLock};

use dev::share::{Lease, Sharing};
use dev::{Access, Credentials, Engine, Flavour, Options, Target};
use elastic::{Address, Client, Cluster, Trust};
use runtime::SystemClock;

use crate::binaries::binary;

/// Returns the Elasticsearch that all tests share, started if need be, or the one that `ELASTICSEARCH_URL` names.
pub fn elasticsearch() -> &'static Access {
    static NAMED: OnceLock<Option<Access>> = OnceLock::new();
    let named = NAMED.get_or_init(|| named_by(&|variable| env::var(variable).ok()));
    named.as_ref().unwrap_or_else(|| shared(Flavour::Elasticsearch))
}

/// Returns the OpenSearch that all tests share, started if need be.
pub fn opensearch() -> &'static Access {
    shared(Flavour::OpenSearch)
}

/// Returns a server that `dev` started and all tests share.
pub fn shared(flavour: Flavour) -> &'static Access {
    // A lease in a static is given back by the system at the end of the process, also when it is killed.
    static ELASTICSEARCH: OnceLock<Lease> = OnceLock::new();
    static OPENSEARCH: OnceLock<Lease> = OnceLock::new();
    let lease = match flavour {
        Flavour::Elasticsearch => &ELASTICSEARCH,
        Flavour::OpenSearch => &OPENSEARCH,
    };
    let get =
        || Lease::get(flavour, &sharing()).unwrap_or_else(|error| panic!("{}", chain(&error)));
    lease.get_or_init(get).access()
}

/// Returns the options of a server for one test alone.
pub fn engine_options() -> Options {
    let target = Target::find().unwrap_or_else(|error| panic!("{}", chain(&error)));
    Options::new(target.cache(), binary("dev"))
}

/// Returns where the servers that all tests share are found.
pub fn sharing() -> Sharing {
    let Options { cache, program, .. } = engine_options();
    Sharing::new(cache, program)
}

/// Starts a server for one test alone, to be killed and started again at will.
pub fn private_engine(flavour: Flavour, options: &Options) -> Engine {
    Engine::start(flavour, options).unwrap_or_else(|error| panic!("{}", chain(&error)))
}

/// Returns a name that no other test has, for the streams and indices of this one.
pub fn namespace() -> String {
    let token = dev::token().unwrap_or_else(|error| panic!("{}", chain(&error)));
    format!("t{token}")
}

/// Returns the settings with which our programs reach a server.
pub fn cluster(access: &Access) -> Cluster {
    let address =
        Address::parse(&access.url).unwrap_or_else(|error| panic!("{}: {error}", access.url));
    let credentials = match &access.credentials {
        Credentials::Basic { username, password } => elastic::Credentials::Basic {
            username: username.clone(),
            password: password.clone().into(),
        },
        Credentials::ApiKey { api_key } => elastic::Credentials::api_key(api_key),
        Credentials::None {} => elastic::Credentials::None,
    };
    let cluster =
        Cluster::try_new(vec![address], credentials).unwrap_or_else(|error| panic!("{error}"));
    let Some(path) = &access.ca_file else { return cluster };
    let pem = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    cluster.trusting(Trust::also(pem).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Returns a client of a server; nothing is sent yet.
pub fn client(access: &Access) -> Client {
    Client::new(&cluster(access), Arc::new(SystemClock::new()))
        .unwrap_or_else(|error| panic!("{error}"))
}

/// Waits for what a client promises.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap_or_else(|error| panic!("cannot start a runtime: {error}")).block_on(future)
}

/// Reads the cluster that the environment names, if it names one.
fn named_by(environment: &dyn Fn(&str) -> Option<String>) -> Option<Access> {
    let url = environment("ELASTICSEARCH_URL")?.trim_end_matches('/').to_owned();
    let username = environment("ELASTICSEARCH_USERNAME").zip(environment("ELASTICSEARCH_PASSWORD"));
    let credentials = match (environment("ELASTICSEARCH_API_KEY"), username) {
        (Some(api_key), _) => Credentials::ApiKey { api_key },
        (None, Some((username, password))) => Credentials::Basic { username, password },
        (None, None) => Credentials::None {},
    };
    let ca_file = environment("ELASTICSEARCH_CA_FILE").map(Into::into);
    Some(Access { url, credentials, ca_file })
}

/// Returns an error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |message, cause| format!("{message}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(pairs: &[(&str, &str)]) -> Option<Access> {
        let find = |name: &str| {
            pairs.iter().find(|(given, _)| *given == name).map(|(_, value)| (*value).to_owned())
        };
        named_by(&find)
    }

    #[test]
    fn a_cluster_is_named_by_its_address_alone_or_with_credentials() {
        let url = ("ELASTICSEARCH_URL", "https://es.example:9200/");
        let (user, password) = (("ELASTICSEARCH_USERNAME", "u"), ("ELASTICSEARCH_PASSWORD", "p"));
        assert_eq!(named(&[user, password]), None);
        assert_eq!(named(&[url]).unwrap().credentials, Credentials::None {});
        assert_eq!(named(&[url]).unwrap().url, "https://es.example:9200");
        assert_eq!(named(&[url, user, password]).unwrap().basic(), Some(("u", "p")));
        let key =
            named(&[url, user, password, ("ELASTICSEARCH_API_KEY", "k")]).unwrap().credentials;
        assert_eq!(key, Credentials::ApiKey { api_key: "k".to_owned() });
    }

    #[test]
    fn two_tests_have_two_namespaces_that_may_stand_in_an_index_name() {
        let (first, second) = (namespace(), namespace());
        assert_ne!(first, second);
        assert!(first.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    }

    #[test]
    fn an_error_is_shown_with_its_causes() {
        let cause = std::io::Error::other("no space");
        let error = dev::Error::Io { act: "write", path: "file".into(), source: cause };
        assert_eq!(chain(&error), "cannot write file: no space");
    }
}
