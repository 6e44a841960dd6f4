//! The link that a person follows from an alert to its documents in Discover.

use std::fmt::Write as _;

use event::Dataset;
use jiff::{SignedDuration, Timestamp};

use crate::rule::{Measure, Rule};
use crate::source::Group;

/// Minutes shown around an episode, so that its begin is seen.
const MARGIN: SignedDuration = SignedDuration::from_mins(30);

/// Returns the address of the documents of a rule and group around a stretch of time.
///
/// The state is Rison; it is percent-encoded after it is written. One phrase filter for each group value.
pub fn discover(
    kibana: &str,
    rule: &Rule,
    group: &Group,
    (from, to): (Timestamp, Timestamp),
) -> String {
    let view = view(&rule.datasets);
    let from = from.checked_sub(MARGIN).unwrap_or(from);
    let to = to.checked_add(MARGIN).unwrap_or(to);
    let filters: Vec<String> = rule
        .group_by
        .iter()
        .zip(&group.0)
        .map(|(field, value)| filter(view, field.path(), value))
        .collect();
    let columns = ["event.action", "message", "service.name"].map(quoted).join(",");
    let global =
        format!("(time:(from:{},to:{}))", quoted(&from.to_string()), quoted(&to.to_string()));
    let app = format!(
        "(columns:!({columns}),filters:!({}),index:{},query:(language:kuery,query:{}),sort:!(!('@timestamp',desc)))",
        filters.join(","),
        quoted(view),
        quoted(&query(rule)),
    );
    let kibana = kibana.trim_end_matches('/');
    format!("{kibana}/app/discover#/?_g={}&_a={}", encoded(&global), encoded(&app))
}

/// What a person wants to see first: of a ratio, the documents that count.
fn query(rule: &Rule) -> String {
    let mut parts = vec![rule.filter.to_kql()];
    if let Measure::Ratio { part, .. } = &rule.measure {
        parts.push(part.to_kql());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" and ")
}

fn filter(view: &str, field: &str, value: &str) -> String {
    let (view, field) = (quoted(view), quoted(field));
    if value.is_empty() {
        // An empty phrase shows an empty page.
        return format!(
            "(meta:(disabled:!f,index:{view},key:{field},negate:!t,type:exists),query:(exists:(field:{field})))"
        );
    }
    let value = quoted(value);
    format!(
        "(meta:(disabled:!f,index:{view},key:{field},negate:!f,params:(query:{value}),type:phrase),query:(match_phrase:({field}:{value})))"
    )
}

/// Returns the data view that shows these streams.
fn view(datasets: &[Dataset]) -> &'static str {
    let of = |dataset: &Dataset| match dataset {
        Dataset::Order | Dataset::Payment => "storewatch-orders",
        Dataset::Fulfilment => "storewatch-fulfilment",
        Dataset::Inventory => "storewatch-inventory",
        Dataset::Ad => "storewatch-ads",
        Dataset::Support => "storewatch-support",
        Dataset::Traffic | Dataset::App => "storewatch-traffic",
        Dataset::Pipeline => "storewatch-pipeline",
        Dataset::Alert => "storewatch-alerts",
        Dataset::Poll => "storewatch-poll",
        Dataset::Series => "storewatch-series",
    };
    let first = datasets.first().map_or("storewatch-events", of);
    if datasets.iter().all(|dataset| of(dataset) == first) { first } else { "storewatch-events" }
}

/// Returns a text as Rison, always quoted: that is never wrong.
fn quoted(text: &str) -> String {
    let mut rison = String::with_capacity(text.len() + 2);
    rison.push('\'');
    for letter in text.chars() {
        if matches!(letter, '!' | '\'') {
            rison.push('!');
        }
        rison.push(letter);
    }
    rison.push('\'');
    rison
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => out.push(char::from(byte)),
            // What Rison is made of stays readable; a fragment may hold all of it.
            b'-' | b'.' | b'_' | b'~' | b'!' | b'\'' | b'(' | b')' | b',' | b':' | b'@' | b'*' => {
                out.push(char::from(byte));
            }
            other => {
                let written = write!(out, "%{other:02X}");
                debug_assert!(written.is_ok(), "writing to a String does not fail");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use expect_test::{Expect, expect};

    fn check(rule: &str, group: &[&str], want: &Expect) {
        let set = RuleSet::load(None, "UTC").unwrap();
        let group = Group(group.iter().map(ToString::to_string).collect());
        let from = "2026-03-02T10:00:00Z".parse().unwrap();
        let to = "2026-03-02T10:20:00Z".parse().unwrap();
        let rule = set.get(rule).unwrap();
        want.assert_eq(&discover("https://kibana.example/", rule, &group, (from, to)));
    }

    #[test]
    fn a_link_shows_the_documents_that_count() {
        check(
            "payment-failures",
            &["north & 'co'!"],
            &expect![
                "https://kibana.example/app/discover#/?_g=(time:(from:'2026-03-02T09:30:00Z',to:'2026-03-02T10:50:00Z'))&_a=(columns:!('event.action','message','service.name'),filters:!((meta:(disabled:!f,index:'storewatch-orders',key:'store.payment.provider',negate:!f,params:(query:'north%20%26%20!'co!'!!'),type:phrase),query:(match_phrase:('store.payment.provider':'north%20%26%20!'co!'!!')))),index:'storewatch-orders',query:(language:kuery,query:'event.action:%20(%22payment.completed%22%20or%20%22payment.failed%22%20or%20%22payment.timeout%22)%20and%20event.action:%20(%22payment.failed%22%20or%20%22payment.timeout%22)'),sort:!(!('@timestamp',desc)))"
            ],
        );
    }

    #[test]
    fn an_empty_group_value_is_looked_for_as_missing() {
        check(
            "http-5xx",
            &[""],
            &expect![
                "https://kibana.example/app/discover#/?_g=(time:(from:'2026-03-02T09:30:00Z',to:'2026-03-02T10:50:00Z'))&_a=(columns:!('event.action','message','service.name'),filters:!((meta:(disabled:!f,index:'storewatch-traffic',key:'store.route',negate:!t,type:exists),query:(exists:(field:'store.route')))),index:'storewatch-traffic',query:(language:kuery,query:'http.response.status_code%20%3E%3D%20100%20and%20http.response.status_code%20%3C%20600%20and%20not%20store.client.class:%20%22monitor%22%20and%20http.response.status_code%20%3E%3D%20500%20and%20http.response.status_code%20%3C%20600'),sort:!(!('@timestamp',desc)))"
            ],
        );
    }

    #[test]
    fn rules_over_several_views_open_all_events() {
        assert_eq!(view(&[Dataset::Order, Dataset::Payment]), "storewatch-orders");
        assert_eq!(view(&[Dataset::Order, Dataset::Traffic]), "storewatch-events");
    }
}
