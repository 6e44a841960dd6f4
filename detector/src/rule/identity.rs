//! Hashes by which a changed rule is seen: one of its whole content, one of what its models learn from.

use event::EventId;

use super::Rule;

/// Returns the hash of a rule's content, as its file has it.
pub(super) fn version(text: &str) -> String {
    EventId::from_parts(&["rule", text]).to_string()
}

/// Returns the hash of all that decides what a model learns. A new runbook text leaves it as it is.
pub(super) fn learned(rule: &Rule, zone: &str) -> String {
    let filter = rule.filter.to_query().to_string();
    let measure = rule.measure.aggregations().to_string();
    let groups: Vec<&str> = rule.group_by.iter().map(|field| field.path()).collect();
    let groups = groups.join(",");
    // The textual form of a checked model is total: it was read from the same form.
    let model = serde_json::to_string(&rule.model).unwrap_or_default();
    let datasets: Vec<&str> = rule.datasets.iter().map(|dataset| dataset.as_str()).collect();
    let (datasets, span) = (datasets.join(","), rule.span.interval());
    EventId::from_parts(&["learned", &datasets, &filter, &measure, &groups, &span, zone, &model])
        .to_string()
}
