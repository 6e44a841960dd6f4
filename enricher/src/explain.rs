//! What each step of a pipeline did to one line: for people who ask why a document looks as it does.

use std::collections::BTreeMap;

use event::Value;
use serde::Serialize;

use crate::counters::{Counters, STEPS};
use crate::draft::Draft;
use crate::pipeline::Onlooker;

/// Stands where a value would that redaction took away later: an explanation may be pasted anywhere.
const HIDDEN: &str = "(redacted)";

/// What became of one line, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The steps that it went through, in order.
    pub steps: Vec<StepTaken>,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StepTaken {
    /// Its name, one of [`STEPS`].
    pub step: &'static str,
    /// What it set, changed or took away, by the path of the field.
    pub changes: BTreeMap<String, Change>,
    /// What it counted, by the names of [`Counters::by_name`].
    pub counted: BTreeMap<String, u64>,
}

/// What happened to one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its value before; none where it was not there.
    pub before: Option<String>,
    /// Its value since; none where it is gone.
    pub after: Option<String>,
}

type Fields = BTreeMap<String, String>;

/// Takes notes while a line goes through a pipeline.
pub(crate) struct Notebook {
    fields: Fields,
    counted: BTreeMap<String, u64>,
    steps: Vec<StepTaken>,
}

impl Notebook {
    pub(crate) fn new(counters: &Counters) -> Self {
        Self { fields: Fields::new(), counted: tell(counters), steps: Vec::new() }
    }

    /// Returns the notes, without the values that redaction took away.
    pub(crate) fn explanation(self) -> Explanation {
        let mut steps = self.steps;
        for at in 0..steps.len() {
            let (before, rest) = steps.split_at_mut(at);
            let Some(step) = rest.first_mut().filter(|step| step.has_redacted()) else { continue };
            for (path, change) in &mut step.changes {
                if change.before.is_none() {
                    continue;
                }
                hide(&mut change.before);
                for change in before.iter_mut().filter_map(|step| step.changes.get_mut(path)) {
                    hide(&mut change.before);
                    hide(&mut change.after);
                }
            }
        }
        Explanation { steps }
    }
}

fn hide(value: &mut Option<String>) {
    if let Some(value) = value {
        HIDDEN.clone_into(value);
    }
}

impl StepTaken {
    /// Returns the kinds of values that it redacted, each with how many they were.
    pub fn redacted(&self) -> impl Iterator<Item = (&str, u64)> {
        let counted = self.counted.iter();
        counted.filter_map(|(name, count)| Some((name.strip_prefix("redacted.")?, *count)))
    }

    /// Returns the fields in which it changed what was there.
    pub fn changed(&self) -> impl Iterator<Item = &str> {
        let changes = self.changes.iter().filter(|(_, change)| change.before.is_some());
        changes.map(|(path, _)| path.as_str())
    }

    fn has_redacted(&self) -> bool {
        self.redacted().next().is_some()
    }
}

impl Onlooker for Notebook {
    fn after(&mut self, step: usize, draft: &Draft, counters: &mut Counters) {
        let (fields, counted) = (read(draft), tell(counters));
        let before = |path: &String| self.fields.get(path).cloned();
        let set = fields.iter().filter(|(path, value)| self.fields.get(*path) != Some(value));
        let mut changes: BTreeMap<String, Change> = set
            .map(|(path, value)| {
                (path.clone(), Change { before: before(path), after: Some(value.clone()) })
            })
            .collect();
        let gone = self.fields.iter().filter(|(path, _)| !fields.contains_key(*path));
        changes.extend(gone.map(|(path, value)| {
            (path.clone(), Change { before: Some(value.clone()), after: None })
        }));
        let more = counted.iter().filter_map(|(name, count)| {
            let more = count - self.counted.get(name).copied().unwrap_or_default();
            (more > 0).then(|| (name.clone(), more))
        });
        let counted_here = more.collect();
        let step = STEPS.get(step).copied().unwrap_or_default();
        self.steps.push(StepTaken { step, changes, counted: counted_here });
        (self.fields, self.counted) = (fields, counted);
    }
}

fn tell(counters: &Counters) -> BTreeMap<String, u64> {
    let mut counted = counters.by_name();
    // These are of the whole line and stand in no step.
    counted.retain(|name, _| !matches!(name.as_str(), "lines" | "events"));
    counted
}

fn read(draft: &Draft) -> Fields {
    let document = &draft.event.document;
    let fields = document.fields().map(|(field, value)| (field.path().to_owned(), text(&value)));
    let mut fields: Fields = fields.collect();
    if !document.extra().is_empty() {
        fields.insert("store.extra".to_owned(), format!("{{{}}}", document.extra()));
    }
    fields
}

fn text(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) | Value::Json(text) => (*text).to_owned(),
        Value::Long(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Millis(millis) => jiff::Timestamp::from_millisecond(*millis)
            .map_or_else(|_| millis.to_string(), |time| time.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Context, Outcome, Pipeline, PipelineSettings, Provenance, RawLine, RawPipeline, RawRedact,
        RawStore, Rule, StoreSettings,
    };
    use event::{ByteOffset, FileId, Origin};

    fn explain(line: &str) -> (Outcome, Explanation) {
        let mut faults = Vec::new();
        let store = RawStore { id: "shop-1".to_owned(), ..RawStore::default() };
        let store = StoreSettings::check(&store, &RawRedact::default(), &mut faults).unwrap();
        let input = RawPipeline {
            dataset: "traffic".to_owned(),
            format: crate::Format::Combined,
            ..RawPipeline::default()
        };
        let input = PipelineSettings::check(&input, "input", &mut faults).unwrap();
        let mut pipeline = Pipeline::new(&store, &input, &Context::default());
        let span = ByteOffset::ZERO..ByteOffset::new(line.len() as u64);
        let line = RawLine {
            bytes: line.as_bytes(),
            origin: Origin { file: FileId::from_bytes([7; 16]), span, part: 0 },
            path: "/a",
            truncated: false,
            provenance: Provenance::default(),
        };
        pipeline.explain(&line, jiff::Timestamp::UNIX_EPOCH, &mut Vec::new())
    }

    #[test]
    fn each_step_tells_what_it_set_changed_and_counted() {
        let (outcome, explanation) = explain(
            r#"203.0.113.7 - - [02/Jan/2026:03:04:05 +0000] "GET /p/12?mail=jo@example.com HTTP/1.1" 200 10 "-" "curl/8""#,
        );
        assert_eq!(outcome, Outcome::Keep);
        let names: Vec<&str> = explanation.steps.iter().map(|step| step.step).collect();
        assert_eq!(names, STEPS);
        let parse = &explanation.steps[0].changes["http.response.status_code"];
        assert_eq!(parse, &Change { before: None, after: Some("200".to_owned()) });
        let redact = &explanation.steps[6];
        assert_eq!(redact.redacted().collect::<Vec<_>>(), [("email", 1)]);
        assert_eq!(redact.changed().collect::<Vec<_>>(), ["url.original"]);
        let route = &explanation.steps[7].changes["store.route"];
        assert_eq!(route.after.as_deref(), Some("/p/{id}"));
    }

    #[test]
    fn what_redaction_takes_away_stands_nowhere_in_the_explanation() {
        let (_, explanation) = explain(
            r#"203.0.113.7 - - [02/Jan/2026:03:04:05 +0000] "GET /p/12?mail=jo@example.com HTTP/1.1" 200 10 "-" "curl/8""#,
        );
        let text = serde_json::to_string(&explanation).unwrap();
        assert!(!text.contains("jo@example.com") && !text.contains("203.0.113.7"), "{text}");
        assert!(text.contains("mail=[email]") && text.contains("203.0.113.0"), "{text}");
    }

    #[test]
    fn a_line_that_is_dropped_is_explained_up_to_the_rule() {
        let (outcome, explanation) = explain(
            r#"203.0.113.7 - - [02/Jan/2026:03:04:05 +0000] "GET /healthz HTTP/1.1" 200 10 "-" "curl/8""#,
        );
        assert_eq!(outcome, Outcome::Drop(Rule::HealthPath));
        assert_eq!(explanation.steps.last().map(|step| step.step), Some("denoise"));
    }
}
