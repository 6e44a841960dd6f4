//! `${NAME}` in values of files. It happens after parsing, so whatever a variable holds, it stays one value.

use super::{
    Environment, Finding, Findings,
    node::{Node, ScalarStyle, Value, join},
};

/// Replaces `${NAME}` in all values; an unknown name is a finding.
pub(super) fn expand(node: &mut Node, environment: &Environment, findings: &mut Findings) {
    expand_in("", node, environment, findings);
}

fn expand_in(key: &str, node: &mut Node, environment: &Environment, findings: &mut Findings) {
    match &mut node.value {
        Value::Null => {}
        Value::Scalar(scalar) => {
            if !scalar.text.contains("${") {
                return;
            }
            match replaced(&scalar.text, environment) {
                Ok(Replaced { text, names: 0 }) => scalar.text = text,
                Ok(Replaced { text, .. }) => {
                    scalar.text = text;
                    scalar.style = ScalarStyle::Expanded;
                }
                Err(Fault { message, hint }) => {
                    let finding = Finding::error(node.origin.clone(), key, message);
                    findings.push(finding.hint(hint));
                }
            }
        }
        Value::List(items) => {
            for (place, item) in items.iter_mut().enumerate() {
                expand_in(&format!("{key}[{place}]"), item, environment, findings);
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                let key = join(key, &entry.key);
                expand_in(&key, &mut entry.node, environment, findings);
            }
        }
    }
}

struct Replaced {
    text: String,
    names: usize,
}

struct Fault {
    message: String,
    hint: String,
}

fn replaced(text: &str, environment: &Environment) -> Result<Replaced, Fault> {
    const LITERAL: &str = "write $${ for a literal ${";
    let mut done = Replaced { text: String::with_capacity(text.len()), names: 0 };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            done.text.push_str(before);
            done.text.push_str("${");
            rest = after;
            continue;
        }
        done.text.push_str(before);
        let name = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, after)) = name else {
            let message = "has a ${ that no name and } follow".to_owned();
            return Err(Fault { message, hint: LITERAL.to_owned() });
        };
        let Some(value) = environment.get(name) else {
            let message = format!("names ${{{name}}}, which is not in the environment");
            return Err(Fault { message, hint: format!("set {name}, or {LITERAL}") });
        };
        done.text.push_str(value);
        done.names += 1;
        rest = after;
    }
    done.text.push_str(rest);
    Ok(done)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}
