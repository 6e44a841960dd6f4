//! From what a rule file says to a rule that makes sense. Every finding names file, line and key.

use event::Field;
use runtime::settings::{Check, Findings, Settings};

use super::filter::known_field;
use super::raw::RawRule;
use super::{BucketSpan, Filter, Fires, Measure, NoData, Rule, RuleType, Ruleset, identity};
use crate::alert::Patience;
use crate::model::config::{RawSeasonalCount, RawThreshold};
use crate::model::{ModelConfig, RawModelConfig, Sides};

/// Most fields by which a rule may be split.
const MOST_GROUP_FIELDS: usize = 3;

/// Where the text of a rule comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub settings: &'a Settings,
    pub content: &'a str,
    pub ruleset: Ruleset,
    pub zone: &'a str,
}

/// Checks one rule.
pub(super) fn rule(source: Text<'_>, raw: &RawRule) -> Result<Rule, Findings> {
    let mut check = Check::new(source.settings);
    identifier(&mut check, &raw.id);
    if raw.datasets.is_empty() {
        check.missing("datasets", "is empty", "name the streams that the rule reads");
    }
    let span = span(&mut check, raw);
    let filter = check.take("filter", "a list", Filter::try_new(&raw.filter)).unwrap_or_default();
    let measure = check.take("measure", "set", Measure::try_new(&raw.measure));
    let measure = measure.unwrap_or(Measure::Count);
    let group_by = fields(&mut check, "group_by", &raw.group_by);
    if group_by.len() > MOST_GROUP_FIELDS {
        let given = group_by.len();
        check.fault("group_by", given, "which is more than 3 fields", "split by fewer fields");
    }
    let explain = fields(&mut check, "explain", &raw.explain);
    let judge = judge(&mut check, raw, &measure);
    patience(&mut check, raw);
    check.range("group_cap", raw.group_cap, 1..=10_000);
    check.range("settle_buckets", raw.settle_buckets, 0..=288);
    check.range("guard", raw.guard, 0.0..=1e12);
    if raw.runbook.trim().is_empty() {
        let hint = "say what it means, what to check first, what usually mends it";
        check.missing("runbook", "is empty", hint);
    }
    // A rule with findings is refused below; these stand in until then.
    let (model, fires) = judge.unwrap_or_else(stand_in);
    let rule = Rule {
        id: raw.id.clone(),
        name: raw.name.clone(),
        description: raw.description.clone(),
        quantity: raw.quantity.clone(),
        kind: raw.kind,
        datasets: raw.datasets.clone(),
        span,
        filter,
        measure,
        group_by,
        model,
        fires,
        guard: raw.guard,
        patience: Patience { hits: raw.opens.hits, of: raw.opens.of, recover: raw.recover },
        no_data: NoData { after: raw.no_data.after.duration(), policy: raw.no_data.policy },
        severity: raw.severity,
        explain,
        category: raw.category.clone(),
        tags: raw.tags.clone(),
        runbook: raw.runbook.trim().to_owned(),
        reference: raw.reference.clone(),
        channels: raw.channels.clone(),
        group_cap: raw.group_cap,
        settle: raw.settle_buckets,
        ruleset: source.ruleset,
        version: identity::version(source.content),
        learned: String::new(),
    };
    let learned = identity::learned(&rule, source.zone);
    check.finish(Rule { learned, ..rule }).map(|(rule, _)| rule)
}

fn identifier(check: &mut Check<'_>, id: &str) {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if id.is_empty() || id.len() > 64 || !id.bytes().all(allowed) {
        check.fault("id", id, "which is not 1 to 64 characters of a-z, 0-9 and -", "");
    }
}

fn span(check: &mut Check<'_>, raw: &RawRule) -> BucketSpan {
    let given = raw.span.duration();
    BucketSpan::try_new(given).unwrap_or_else(|| {
        check.fault("span", raw.span, "which is not 1m, 5m, 10m, 15m, 30m or 1h", "");
        BucketSpan::MINUTE
    })
}

fn fields(check: &mut Check<'_>, key: &str, paths: &[String]) -> Vec<Field> {
    let found = paths.iter().enumerate().filter_map(|(number, path)| {
        check.take(&format!("{key}[{number}]"), path, known_field(path))
    });
    found.collect()
}

fn patience(check: &mut Check<'_>, raw: &RawRule) {
    check.range("for.of", raw.opens.of, 1..=100);
    check.range("for.hits", raw.opens.hits, 1..=raw.opens.of.max(1));
    check.range("recover", raw.recover, 1..=1_000);
}

fn stand_in() -> (ModelConfig, Fires) {
    let model = ModelConfig::try_from(RawModelConfig::SeasonalCount(RawSeasonalCount::default()));
    (model.expect("the defaults of a model are within range"), Fires::AtGrade)
}

/// Chooses the model and says when it fires, by the type of the rule.
fn judge(check: &mut Check<'_>, raw: &RawRule, measure: &Measure) -> Option<(ModelConfig, Fires)> {
    let model = match raw.kind {
        RuleType::Anomaly => {
            unused(check, raw, &["at_least", "at_most", "fewer_than"]);
            raw.model.clone().or_else(|| {
                check.missing("model", "is missing", "an anomaly rule names its model");
                None
            })?
        }
        RuleType::Flatline => return flatline(check, raw),
        RuleType::Frequency | RuleType::Percentage | RuleType::Metric => {
            let is_ratio = matches!(measure, Measure::Ratio { .. });
            if is_ratio != (raw.kind == RuleType::Percentage) {
                let kind = raw.kind.as_str();
                check.fault(
                    "type",
                    kind,
                    "which does not fit the measure",
                    "a ratio is a percentage",
                );
            }
            unused(check, raw, &["model", "fewer_than"]);
            RawModelConfig::Threshold(RawThreshold { upper: raw.at_least, lower: raw.at_most })
        }
    };
    let model = check.take("model", "set", ModelConfig::try_from(model))?;
    Some((model, Fires::AtGrade))
}

/// Fewer than there must be: without a guard a plain bound, with one only where enough are expected.
fn flatline(check: &mut Check<'_>, raw: &RawRule) -> Option<(ModelConfig, Fires)> {
    unused(check, raw, &["at_least", "at_most"]);
    let Some(than) = raw.fewer_than else {
        check.missing("fewer_than", "is missing", "a flatline fires below it");
        return None;
    };
    let expects = RawSeasonalCount { sides: Sides::Low, ..RawSeasonalCount::default() };
    let model = raw.model.clone().unwrap_or(RawModelConfig::SeasonalCount(expects));
    let model = check.take("model", "set", ModelConfig::try_from(model))?;
    Some((model, Fires::Fewer { than, expected: raw.guard }))
}

fn unused(check: &mut Check<'_>, raw: &RawRule, keys: &[&str]) {
    for key in keys {
        let given = match *key {
            "model" => raw.model.is_some(),
            "at_least" => raw.at_least.is_some(),
            "at_most" => raw.at_most.is_some(),
            _ => raw.fewer_than.is_some(),
        };
        if given {
            let kind = raw.kind.as_str();
            check.missing(key, &format!("is not used by a rule of type {kind}"), "remove it");
        }
    }
}
