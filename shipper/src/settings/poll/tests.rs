use runtime::settings::{Environment, Findings, Settings};

use crate::settings::Shipper;

const REST: &str = "\
cluster: { addresses: [\"http://127.0.0.1:9200\"] }
store: { id: my-shop }
polls:
  - id: orders
    dataset: order
    url: \"https://api.example.org/orders?since={from}&until={to}&page={page}\"
    records: orders
    key: { id: id, modified: updated_at }
    window: { overlap: 1m, longest: 1h, lookback: 1d }
";

fn check(text: &str) -> Result<Shipper, Findings> {
    let environment = Environment::from_iter([("TOKEN", "abc")]);
    Shipper::check(&Settings::of_text_with("shipper.yml", text, environment)?)
}

#[track_caller]
fn refused(more: &str, want: &str) {
    let text = format!("{REST}{more}");
    let findings = check(&text).unwrap_err().to_string();
    assert!(findings.contains(want), "{findings}");
}

#[test]
fn a_poll_needs_no_files_beside_it_and_has_two_streams() {
    let shipper = check(&format!("{REST}    paging: {{ page: {{ limit: 50 }} }}\n")).unwrap();
    let streams: Vec<String> =
        shipper.sources().iter().map(|source| source.stream.to_string()).collect();
    assert_eq!(streams, ["logs-store.order-default", "metrics-store.poll-default"]);
    assert_eq!(shipper.max_spool_bytes, 1 << 30);
}

#[test]
fn what_is_asked_for_must_fit_how_it_is_paged() {
    refused(
        "    paging: { cursor: { next: next } }\n",
        "paging is given, but nothing names {cursor}",
    );
    refused(
        "    paging: { page: { limit: 50 } }\n    order: newest_first\n",
        "paging.page.total is missing beside order: newest_first",
    );
    let path = REST.replace("records: orders", "records: a..b");
    let findings = check(&path).unwrap_err().to_string();
    assert!(findings.contains("a..b, which is no path such as"), "{findings}");
    let no_window = REST.lines().filter(|line| !line.contains("window:")).collect::<Vec<_>>();
    let findings = check(&no_window.join("\n")).unwrap_err().to_string();
    assert!(findings.contains("window is missing beside {from} or {to}"), "{findings}");
}

#[test]
fn a_window_must_move_on() {
    let text = REST.replace("longest: 1h", "longest: 1m");
    let findings = check(&text).unwrap_err().to_string();
    assert!(findings.contains("polls[0].window.longest is 1m, which is not longer"), "{findings}");
}

#[test]
fn secrets_stand_in_files_or_the_environment_and_go_by_https() {
    refused("    auth: { bearer: { token: abc } }\n", "is a secret and is not written here");
    refused("    auth: { bearer: {} }\n", "no place has it");
    refused("    auth: { bearer: { token_file: /missing/token } }\n", "/missing/token");
    refused("    auth: signed\n", "sign is missing beside auth: signed");
    let bearer = "    auth: { bearer: { token: \"${TOKEN}\" } }\n";
    assert!(check(&format!("{REST}{bearer}")).is_ok());
    let exposed = REST.replace("https://api.example.org", "http://api.example.org") + bearer;
    let findings = check(&exposed).unwrap_err().to_string();
    assert!(findings.contains("is plain http to another machine"), "{findings}");
    let loopback = REST.replace("https://api.example.org", "http://127.0.0.1:8080") + bearer;
    assert!(check(&loopback).is_ok());
}

#[test]
fn a_value_must_not_choose_the_host_and_the_address_holds_no_password() {
    let host = REST.replace("api.example.org/orders", "{cursor}.example.org/orders");
    assert!(check(&host).unwrap_err().to_string().contains("its host depends on a value"));
    let password = REST.replace("https://", "https://me:hunter2@");
    let findings = check(&password).unwrap_err().to_string();
    assert!(findings.contains("holds credentials") && !findings.contains("hunter2"), "{findings}");
    let name = REST.replace("{page}", "{pgae}");
    assert!(check(&name).unwrap_err().to_string().contains("names {pgae}"));
}

#[test]
fn a_poll_and_an_input_do_not_share_a_name() {
    let text = format!(
        "{REST}inputs:\n  - {{ id: orders, paths: [\"/var/log/a.log\"], dataset: app, format: plain }}\n"
    );
    let findings = check(&text).unwrap_err().to_string();
    assert!(
        findings.contains("polls[0].id is orders, which another input has already"),
        "{findings}"
    );
    let dots = REST.replace("id: orders", "id: ..");
    assert!(check(&dots).unwrap_err().to_string().contains("polls[0].id is .."));
}
