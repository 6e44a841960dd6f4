//! The settings of the detector: what the files say, then what is known to make sense.

mod channel;
mod raw;

use std::path::PathBuf;
use std::time::Duration;

use elastic::Cluster;
use event::Namespace;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use runtime::admin::Address;
use runtime::settings::{Check, Findings, Settings};
use runtime::unit::Span;
use url::Url;

pub use channel::ChannelSettings;
pub use raw::RawDetector;

use crate::rule::RuleSet;

/// Everything a detector needs to know.
#[derive(Debug)]
pub struct DetectorSettings {
    /// The cluster.
    pub cluster: Cluster,
    /// The namespace it serves.
    pub namespace: Namespace,
    /// The one shop it watches, if the namespace holds several.
    pub store: Option<String>,
    /// Its name.
    pub instance: String,
    /// The folder with the operator's rules, if there is one.
    pub rules_dir: Option<PathBuf>,
    /// The rules.
    pub rules: RuleSet,
    /// The shop's zone.
    pub zone: TimeZone,
    /// The zone's name.
    pub zone_name: String,
    /// How long after its end a bucket is closed.
    pub query_delay: SignedDuration,
    /// How long a search may take.
    pub query_time_limit: Duration,
    /// How much history is learned at first.
    pub history: SignedDuration,
    /// For how long a lease holds.
    pub lease_ttl: Duration,
    /// Where people open Kibana.
    pub kibana_url: Option<String>,
    /// The channels.
    pub channels: Vec<(String, ChannelSettings)>,
    /// Where the admin endpoint listens.
    pub admin: Address,
}

/// The port of the admin endpoint.
pub const ADMIN_PORT: u16 = 8631;

impl DetectorSettings {
    /// Checks the settings and the rules they name.
    ///
    /// # Errors
    /// Returns everything that is wrong, in settings and rules.
    pub fn check(settings: &Settings) -> Result<(Self, Findings), Findings> {
        let raw: RawDetector = settings.read()?;
        let mut check = Check::new(settings);
        let cluster = check.within("cluster", |check| raw.cluster.check(check));
        let namespace = check.take("namespace", &raw.namespace, raw.namespace.parse());
        let zone = check.take("timezone", &raw.timezone, TimeZone::get(&raw.timezone));
        let delay = check.range("query_delay", raw.query_delay, Span::seconds(0)..=Span::hours(24));
        let limit = Span::seconds(1)..=Span::minutes(10);
        let limit = check.range("query_time_limit", raw.query_time_limit, limit);
        let history = check.range("history", raw.history, Span::days(1)..=Span::days(56));
        let ttl = check.range("lease.ttl", raw.lease.ttl, Span::seconds(1)..=Span::minutes(10));
        let kibana = kibana(&mut check, raw.kibana_url.as_deref());
        let channels = channel::all(&mut check, &raw.channels);
        let default = ([127, 0, 0, 1], ADMIN_PORT).into();
        let admin = check.within("admin", |check| raw.admin.check(check, default));
        let rules = RuleSet::load(raw.rules_dir.as_deref(), &raw.timezone);
        let rules = rules.map_err(|findings| check.extend(findings)).ok();
        if let Some(rules) = &rules {
            unknown_channels(&mut check, rules, &channels);
            unknown_rules(&mut check, rules, &raw.disabled_rules);
        }
        check.findings().refuse()?;
        let (Some(cluster), Some(namespace), Some(zone), Some(mut rules)) =
            (cluster, namespace, zone, rules)
        else {
            return Err(check.findings().clone());
        };
        rules.without(&raw.disabled_rules);
        if let Some(store) = &raw.store {
            rules.only_store(store);
        }
        check.finish(Self {
            cluster,
            namespace,
            store: raw.store,
            instance: raw.instance.unwrap_or_else(|| "detector".to_owned()),
            rules_dir: raw.rules_dir,
            rules,
            zone,
            zone_name: raw.timezone,
            query_delay: signed(delay),
            query_time_limit: limit.duration(),
            history: signed(history),
            lease_ttl: ttl.duration(),
            kibana_url: kibana,
            channels,
            admin,
        })
    }
}

fn signed(span: Span) -> SignedDuration {
    SignedDuration::try_from(span.duration()).unwrap_or(SignedDuration::MAX)
}

fn kibana(check: &mut Check<'_>, url: Option<&str>) -> Option<String> {
    let url = url?;
    let parsed = check.take("kibana_url", url, Url::parse(url))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        check.fault("kibana_url", url, "which is not http or https", "");
    }
    Some(url.trim_end_matches('/').to_owned())
}

fn unknown_rules(check: &mut Check<'_>, rules: &RuleSet, ids: &[String]) {
    for (number, id) in ids.iter().enumerate().filter(|(_, id)| rules.get(id).is_none()) {
        check.fault(
            &format!("disabled_rules[{number}]"),
            id,
            "which is no rule",
            "see `rules list`",
        );
    }
}

fn unknown_channels(
    check: &mut Check<'_>,
    rules: &RuleSet,
    channels: &[(String, ChannelSettings)],
) {
    for rule in rules.iter() {
        for name in rule.channels.iter().flatten() {
            if !channels.iter().any(|(known, _)| known == name) {
                let message = format!("has no {name}, which rule {} names", rule.id);
                check.missing("channels", &message, "add the channel, or correct the rule");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::{Expect, expect};

    fn check(text: &str, want: &Expect) {
        let settings = Settings::of_text("detector.yml", text);
        let checked = settings.and_then(|settings| DetectorSettings::check(&settings));
        want.assert_eq(&match checked {
            Ok((settings, findings)) => {
                format!("{} rules\n{findings}", settings.rules.iter().count())
            }
            Err(findings) => findings.to_string(),
        });
    }

    #[test]
    fn three_lines_are_enough() {
        check(
            "cluster:\n  addresses: [http://127.0.0.1:9200]\ntimezone: Asia/Shanghai\n",
            &expect![[r"
                10 rules
            "]],
        );
    }

    #[test]
    fn all_that_is_wrong_is_named_with_its_line() {
        check(
            "cluster:\n  addresses: [http://127.0.0.1:9200]\nnamespace: A-b\ntimezone: Mars/Base\nquery_delay: 30h\n\
             lease:\n  ttl: 1ms\nchannels:\n  pager:\n    webhook:\n      url: ftp://x\n",
            &expect![[r#"
                detector.yml:3: namespace is A-b: "A-b" is no namespace: 1 to 100 characters of a-z, 0-9, _ and . are allowed, not starting with _ or .
                detector.yml:4: timezone is Mars/Base: failed to find time zone `Mars/Base` in time zone database
                detector.yml:5: query_delay is 1d6h, which is not between 0s and 1d
                detector.yml:7: lease.ttl is 1ms, which is not between 1s and 10m
                detector.yml:11: channels.pager.webhook.url is not http or https"#]],
        );
    }

    #[test]
    fn an_unknown_key_is_refused() {
        check(
            "cluster:\n  addresses: [http://127.0.0.1:9200]\nquery_dely: 1m\n",
            &expect![
                "detector.yml:3: query_dely is not a key that is known here (allowed: cluster, namespace, store, instance, rules_dir, disabled_rules, timezone, query_delay, query_time_limit, history, lease, kibana_url, channels, admin, logs); did you mean query_delay?"
            ],
        );
    }
}
