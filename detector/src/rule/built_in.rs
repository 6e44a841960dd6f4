//! The rules by which the detector watches itself. They read nothing; the cycle tells them.

use runtime::settings::Settings;

use super::check::{self, Text};
use super::raw::RawRule;
use super::{Rule, Ruleset};

const QUERIES: &str = r"
id: detector-queries
name: A rule cannot be judged
description: The searches of a rule fail or give partial answers, so its buckets stay unknown.
type: frequency
datasets: [pipeline]
span: 1m
measure: count
group_by: [rule.id]
at_least: 1
for: {hits: 3, of: 3}
recover: 1
severity: high
category: [host]
tags: [pipeline]
runbook: |
  What it means: nothing is known about what this rule watches; it neither alerts nor recovers.
  Check first: the reason of the alert; the health of the cluster; the rights of the detector's key.
  What usually mends it: a healthy cluster; a longer query_time_limit; a corrected rule.
";

const GROUPS: &str = r"
id: detector-groups
name: A rule has too many groups
description: A rule finds more groups than its cap; the rest is not judged.
type: frequency
datasets: [pipeline]
span: 1m
measure: count
group_by: [rule.id]
at_least: 1
for: {hits: 1, of: 1}
recover: 1
severity: medium
category: [host]
tags: [pipeline]
runbook: |
  What it means: groups beyond the cap are not watched.
  Check first: which values the group field has; a field with an id in it was probably not meant.
  What usually mends it: another group field, a filter, or a larger group_cap.
";

/// Returns the rules about failing searches and about too many groups.
///
/// # Panics
/// Never: a test shows that the texts are rules.
pub fn built_in() -> [Rule; 2] {
    [QUERIES, GROUPS].map(|text| {
        let made = Settings::of_text("built-in", text).and_then(|settings| {
            let raw: RawRule = settings.read()?;
            let ruleset = Ruleset::BuiltIn;
            check::rule(Text { settings: &settings, content: text, ruleset, zone: "UTC" }, &raw)
        });
        made.expect("the texts above are rules, as a test shows")
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_built_in_rules_are_rules() {
        let ids = super::built_in().map(|rule| rule.id);
        assert_eq!(ids, ["detector-queries", "detector-groups"]);
    }
}
