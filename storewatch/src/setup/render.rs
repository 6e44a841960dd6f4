//! A plan for people and for programs.

use std::io::{self, Write};

use pipelines::plan::{Change, Step};
use runtime::plain;
use serde_json::{Value, json};

use super::Outcome;
use crate::cli::Effect;

pub(super) fn plan(
    out: &mut dyn Write,
    title: &str,
    steps: &[Step],
    effect: Effect,
) -> io::Result<()> {
    writeln!(out, "{title}")?;
    let mut said: Vec<&str> = Vec::new();
    for step in steps {
        if step.change == Change::Same && effect == Effect::Apply {
            continue;
        }
        writeln!(
            out,
            "  {:<18} {:<18} {}",
            verb(&step.change),
            step.subject.to_string(),
            plain(&step.name)
        )?;
        if let Change::Leave(why) | Change::Refuse(why) = &step.change
            && !said.contains(&why.as_str())
        {
            said.push(why);
            writeln!(out, "      {}", plain(why))?;
        }
        for remark in &step.remarks {
            if !said.contains(&remark.as_str()) {
                said.push(remark);
                writeln!(out, "      {}", plain(remark))?;
            }
        }
        if effect == Effect::ShowDifferences {
            differences(out, step)?;
        }
    }
    Ok(())
}

fn verb(change: &Change) -> &'static str {
    match change {
        Change::Create => "create",
        Change::Update => "update",
        Change::Same => "unchanged",
        Change::Remove => "remove",
        Change::Leave(_) => "left alone",
        Change::Refuse(_) => "REFUSED",
    }
}

/// Prints each leaf that differs, with its path.
fn differences(out: &mut dyn Write, step: &Step) -> io::Result<()> {
    let (Some(present), Some(wanted)) =
        (&step.present, step.request.as_ref().and_then(|request| request.body.as_ref()))
    else {
        return Ok(());
    };
    let (present, wanted) = (leaves(present), leaves(wanted));
    for (path, value) in &present {
        if !wanted.contains(&(path.clone(), value.clone())) {
            writeln!(out, "      - {path}: {value}")?;
        }
    }
    for (path, value) in &wanted {
        if !present.contains(&(path.clone(), value.clone())) {
            writeln!(out, "      + {path}: {value}")?;
        }
    }
    Ok(())
}

/// Returns all leaves of a JSON value with their paths, texts for numbers and truths, as the cluster returns settings.
fn leaves(value: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(value, String::new(), &mut found);
    found
}

fn collect(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, inner) in members {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                collect(inner, path, found);
            }
        }
        Value::String(text) => found.push((path, text.clone())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            found.push((path, value.to_string()));
        }
    }
}

pub(super) fn summary(
    out: &mut dyn Write,
    steps: &[Step],
    outcomes: &[Outcome],
    effect: Effect,
) -> io::Result<()> {
    for (step, outcome) in steps.iter().zip(outcomes) {
        if let Outcome::Failed(why) = outcome {
            writeln!(
                out,
                "  FAILED             {:<18} {}: {}",
                step.subject.to_string(),
                step.name,
                plain(why)
            )?;
        }
    }
    let done = || steps.iter().zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Done);
    let count =
        |wanted: fn(&Change) -> bool| done().filter(|(step, _)| wanted(&step.change)).count();
    let failed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Failed(_))).count();
    let counts = [
        ("create", "created", count(|change| *change == Change::Create)),
        ("update", "updated", count(|change| *change == Change::Update)),
        ("remove", "removed", count(|change| *change == Change::Remove)),
        ("unchanged", "unchanged", count(|change| *change == Change::Same)),
        ("left alone", "left alone", count(|change| matches!(change, Change::Leave(_)))),
        ("refused", "refused", count(|change| matches!(change, Change::Refuse(_)))),
        ("failed", "failed", failed),
    ];
    let words = counts.iter().filter(|(_, _, number)| *number > 0).map(|(plan, done, number)| {
        let word = if effect == Effect::Apply { done } else { plan };
        format!("{number} {word}")
    });
    let words = words.collect::<Vec<_>>().join(", ");
    match effect {
        Effect::Apply => writeln!(out, "{words}"),
        Effect::Show | Effect::ShowDifferences => {
            writeln!(out, "plan: {words}; nothing was changed")
        }
    }
}

pub(super) fn json(
    out: &mut dyn Write,
    title: &str,
    steps: &[Step],
    outcomes: &[Outcome],
) -> io::Result<()> {
    let steps: Vec<Value> = steps
        .iter()
        .zip(outcomes)
        .map(|(step, outcome)| {
            let mut row = json!({
                "subject": step.subject, "name": step.name, "change": verb(&step.change).to_lowercase().replace(' ', "_"),
                "remarks": step.remarks,
            });
            if let Change::Leave(why) | Change::Refuse(why) = &step.change {
                row["why"] = json!(why);
            }
            if let Outcome::Failed(why) = outcome {
                row["error"] = json!(why);
            }
            row
        })
        .collect();
    writeln!(out, "{}", json!({"cluster": title, "steps": steps}))
}

/// Tells whether nothing was refused and nothing failed.
pub(super) fn is_clean(steps: &[Step], outcomes: &[Outcome]) -> bool {
    !steps.iter().any(|step| matches!(step.change, Change::Refuse(_)))
        && !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use pipelines::plan::{Request, Subject, Verb};

    fn step(change: Change) -> Step {
        Step::quiet(Subject::IndexTemplate, "storewatch-order", change)
    }

    fn shown(steps: &[Step], effect: Effect) -> String {
        let mut out = Vec::new();
        plan(&mut out, "https://es:9200", steps, effect).unwrap();
        summary(&mut out, steps, &vec![Outcome::Done; steps.len()], effect).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_reason_is_said_once_and_what_is_unchanged_is_only_counted() {
        let why = "this cluster makes a stream by its first document".to_owned();
        let steps = [
            step(Change::Create),
            step(Change::Same),
            step(Change::Leave(why.clone())),
            step(Change::Leave(why)),
        ];
        expect![[r"
            https://es:9200
              create             index template     storewatch-order
              left alone         index template     storewatch-order
                  this cluster makes a stream by its first document
              left alone         index template     storewatch-order
            1 created, 1 unchanged, 2 left alone
        "]]
        .assert_eq(&shown(&steps, Effect::Apply));
    }

    #[test]
    fn what_failed_does_not_count_as_done() {
        let steps = [step(Change::Remove), step(Change::Remove)];
        let outcomes = [Outcome::Done, Outcome::Failed("in use".to_owned())];
        let mut out = Vec::new();
        summary(&mut out, &steps, &outcomes, Effect::Apply).unwrap();
        expect![[r"
              FAILED             index template     storewatch-order: in use
            1 removed, 1 failed
        "]]
        .assert_eq(&String::from_utf8(out).unwrap());
    }

    #[test]
    fn differences_name_the_path_of_each_leaf() {
        let request = Request {
            verb: Verb::Put,
            path: "/x".into(),
            body: Some(json!({"a": {"b": 2}, "c": true})),
        };
        let step = Step {
            present: Some(json!({"a": {"b": "1"}, "c": "true"})),
            request: Some(request),
            ..step(Change::Update)
        };
        expect![[r"
            https://es:9200
              update             index template     storewatch-order
                  - a.b: 1
                  + a.b: 2
            plan: 1 update; nothing was changed
        "]]
        .assert_eq(&shown(&[step], Effect::ShowDifferences));
    }

    #[test]
    fn a_refusal_or_a_failure_is_not_clean() {
        assert!(is_clean(&[step(Change::Create)], &[Outcome::Done]));
        assert!(!is_clean(&[step(Change::Refuse(String::new()))], &[Outcome::Done]));
        assert!(!is_clean(&[step(Change::Create)], &[Outcome::Failed(String::new())]));
    }
}
