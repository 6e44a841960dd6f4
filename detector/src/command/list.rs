//! `rules list`: which rules are followed, and what they ask.

use std::io::{self, Write};

use serde_json::json;

use super::Style;
use crate::rule::{Rule, RuleSet};

/// Writes the rules.
///
/// # Errors
/// When the output cannot be written.
pub fn rules(rules: &RuleSet, style: Style, out: &mut dyn Write) -> io::Result<()> {
    match style {
        Style::Json => {
            let listed: Vec<_> = rules.iter().map(listed).collect();
            writeln!(out, "{}", json!({ "rules": listed }))
        }
        Style::Lines => rules.iter().try_for_each(|rule| {
            let groups: Vec<&str> = rule.group_by.iter().map(|field| field.path()).collect();
            let by = if groups.is_empty() {
                String::new()
            } else {
                format!(" by {}", groups.join(", "))
            };
            writeln!(
                out,
                "{:<18} {:>4}  {:<10} {:<14} {}{by}",
                rule.id,
                rule.span.interval(),
                rule.kind.as_str(),
                rule.model.name(),
                rule.measure.describe(),
            )?;
            writeln!(out, "{:<18} {}", "", rule.description)
        }),
    }
}

fn listed(rule: &Rule) -> serde_json::Value {
    let groups: Vec<&str> = rule.group_by.iter().map(|field| field.path()).collect();
    json!({
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "type": rule.kind.as_str(),
        "model": rule.model.name(),
        "span_ms": rule.span.millis(),
        "measure": rule.measure.describe(),
        "group_by": groups,
        "guard": rule.guard,
        "for": format!("{} of {}", rule.patience.hits, rule.patience.of),
        "recover": rule.patience.recover,
        "ruleset": rule.ruleset.as_str(),
        "version": rule.version,
        "runbook": rule.runbook,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_ten_shipped_rules_are_listed() {
        let set = RuleSet::load(None, "UTC").unwrap();
        let mut out = Vec::new();
        rules(&set, Style::Json, &mut out).unwrap();
        let listed: serde_json::Value = serde_json::from_slice(&out).unwrap();
        let ids: Vec<_> = listed["rules"]
            .as_array()
            .unwrap()
            .iter()
            .map(|rule| rule["id"].as_str().unwrap())
            .collect();
        assert_eq!(
            ids,
            [
                "carrier-delay",
                "http-5xx",
                "latency",
                "login-failures",
                "order-rate",
                "order-silence",
                "order-value",
                "parse-failures",
                "payment-failures",
                "refunds",
            ]
        );
    }
}
