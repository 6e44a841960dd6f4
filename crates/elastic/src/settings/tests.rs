use std::fmt::Write as _;

use expect_test::{Expect, expect};
use runtime::settings::{Environment, Settings};

use super::*;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    cluster: RawCluster,
}

fn checked(text: &str, environment: Environment) -> Result<(Option<Cluster>, String), String> {
    let settings = Settings::of_text_with("shipper.yml", text, environment)
        .map_err(|error| error.to_string())?;
    let raw: Raw = settings.read().map_err(|error| error.to_string())?;
    let mut check = Check::new(&settings);
    let cluster = check.within("cluster", |check| raw.cluster.check(check));
    let (cluster, warnings) = check.finish(cluster).map_err(|error| error.to_string())?;
    Ok((cluster, warnings.to_string()))
}

fn fails(text: &str, want: &Expect) {
    let mut shown = checked(text, Environment::default()).unwrap_err();
    writeln!(shown).unwrap();
    want.assert_eq(&shown);
}

fn cluster(text: &str) -> Cluster {
    checked(text, Environment::default()).unwrap().0.unwrap()
}

#[test]
fn an_address_is_enough_on_this_machine() {
    let cluster = cluster("cluster:\n  addresses: [http://127.0.0.1:9200]\n");
    assert_eq!(cluster.addresses()[0].to_string(), "http://127.0.0.1:9200");
    assert!(matches!(cluster.credentials(), Credentials::None));
    assert_eq!(cluster.time_limit, Cluster::TIME_LIMIT);
}

#[test]
fn a_cluster_without_address_is_refused() {
    fails(
        "cluster:\n  time_limit: 30s\n",
        &expect![[r"
            shipper.yml:1: cluster.addresses is empty; write at least one, such as https://es.example.org:9200
        "]],
    );
}

#[test]
fn an_address_that_is_none_is_named_and_not_shown() {
    fails(
        "cluster:\n  addresses:\n    - https://es-1\n    - https://elastic:changeme@es-2\n    - es-3\n",
        &expect![[r"
            shipper.yml:4: cluster.addresses[1] is refused: the address holds credentials; they belong to `username` and `password_file`, or to `api_key_file`
            shipper.yml:5: cluster.addresses[2] is refused: this is no URL; such as https://es.example.org:9200 is expected
        "]],
    );
}

#[test]
fn a_time_limit_has_bounds_and_a_unit() {
    fails(
        "cluster:\n  addresses: [https://es]\n  time_limit: 0s\n",
        &expect![[r"
        shipper.yml:3: cluster.time_limit is 0s, which is not between 1s and 10m
    "]],
    );
    fails(
        "cluster:\n  addresses: [https://es]\n  time_limit: 30\n",
        &expect![[r"
        shipper.yml:3: cluster.time_limit is 30, which has no unit of time (ms, s, m, h, d, w)
    "]],
    );
}

#[test]
fn an_unknown_key_is_refused() {
    fails(
        "cluster:\n  adresses: [https://es]\n",
        &expect![[r"
        shipper.yml:2: cluster.adresses is not a key that is known here (allowed: addresses, api_key_file, api_key, username, password_file, password, ca_file, proxy_url, dangerously_skip_verify, time_limit); did you mean cluster.addresses?
    "]],
    );
}

#[test]
fn a_password_does_not_stand_in_the_file() {
    fails(
        "cluster:\n  addresses: [https://es]\n  username: u\n  password: changeme\n",
        &expect![[r"
            shipper.yml:4: cluster.password is a secret and is not written here; put it into a file of mode 0600 and name that with password_file, or write ${NAME} (or allow_inline_secrets: true for a try-out)
        "]],
    );
}

#[test]
fn a_key_comes_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    runtime::DurableFile::replace(&runtime::RealDisk, &path, b"aWQ6a2V5\n").unwrap();
    let cluster = cluster(&format!(
        "cluster:\n  addresses: [https://es]\n  api_key_file: {}\n",
        path.display()
    ));
    assert_eq!(cluster.credentials().header().unwrap(), "ApiKey aWQ6a2V5");
}

#[test]
fn a_key_file_that_is_missing_is_named() {
    fails(
        "cluster:\n  addresses: [https://es]\n  api_key_file: /missing/key\n",
        &expect![[r"
            shipper.yml:3: cluster.api_key_file cannot be used: cannot read secret file /missing/key: No such file or directory (os error 2)
        "]],
    );
}

#[test]
fn a_password_may_come_from_the_environment() {
    let text = "cluster:\n  addresses: [https://es]\n  username: u\n  password: ${ES_PASSWORD}\n";
    let environment = Environment::from_iter([("ES_PASSWORD", "p")]);
    let cluster = checked(text, environment).unwrap().0.unwrap();
    assert_eq!(cluster.credentials().header().unwrap(), "Basic dTpw");
}

#[test]
fn a_user_and_a_key_exclude_each_other() {
    fails(
        "cluster:\n  addresses: [https://es]\n  username: u\n  api_key_file: /key\n",
        &expect![[r"
            shipper.yml:3: cluster.username stands beside an API key; keep one of the two
        "]],
    );
    fails(
        "cluster:\n  addresses: [https://es]\n  username: u\n",
        &expect![[r"
            shipper.yml:1: cluster.password_file is missing beside a username
        "]],
    );
    fails(
        "cluster:\n  addresses: [https://es]\n  password_file: /p\n",
        &expect![[r"
            shipper.yml:1: cluster.username is missing beside a password
        "]],
    );
}

#[test]
fn credentials_do_not_go_to_a_network_in_the_open() {
    let text = "cluster:\n  addresses: ['http://es:9200']\n  username: u\n  password: ${P}\n";
    let error = checked(text, Environment::from_iter([("P", "p")])).unwrap_err();
    expect!["shipper.yml:2: cluster.addresses is refused: credentials would go to http://es:9200 unencrypted; use https"].assert_eq(&error);
}

#[test]
fn a_certificate_file_holds_certificates() {
    fails(
        "cluster:\n  addresses: [https://es]\n  ca_file: /missing.pem\n",
        &expect![[r"
        shipper.yml:3: cluster.ca_file is /missing.pem, which cannot be read: No such file or directory (os error 2)
    "]],
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    runtime::DurableFile::replace(&runtime::RealDisk, &path, b"no certificate").unwrap();
    let text = format!("cluster:\n  addresses: [https://es]\n  ca_file: {}\n", path.display());
    let error = checked(&text, Environment::default()).unwrap_err();
    assert!(error.ends_with("which holds no PEM certificate"), "{error}");
}

#[test]
fn a_proxy_is_a_url_without_secrets() {
    fails(
        "cluster:\n  addresses: [https://es]\n  proxy_url: proxy\n",
        &expect![[r"
        shipper.yml:3: cluster.proxy_url is no URL; such as http://proxy.example.org:3128
    "]],
    );
    fails(
        "cluster:\n  addresses: [https://es]\n  proxy_url: http://u:p@proxy\n",
        &expect![[r"
        shipper.yml:3: cluster.proxy_url is refused: the proxy must be an http or https URL without credentials
    "]],
    );
}

#[test]
fn believing_every_certificate_is_warned_of() {
    let text = "cluster:\n  addresses: [https://es]\n  dangerously_skip_verify: true\n";
    let (cluster, warnings) = checked(text, Environment::default()).unwrap();
    assert!(matches!(cluster.unwrap().trust(), Trust::Unverified));
    expect!["shipper.yml:3: warning: cluster.dangerously_skip_verify is set: whoever stands between this program and the cluster can read the key and all events; use ca_file"].assert_eq(&warnings);
}
