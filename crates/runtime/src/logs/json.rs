//! A line as one JSON object with ECS names.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::line::Line;

/// The version of ECS whose names are used.
const ECS_VERSION: &str = "8.11.0";

/// Returns the object and a line break.
pub(super) fn text(program: &str, now: Timestamp, line: &Line, held_back: u64) -> String {
    let mut object = Map::new();
    let mut set = |name: &str, value: Value| object.insert(name.to_owned(), value);
    set("@timestamp", Value::from(format!("{now:.3}")));
    set("log.level", Value::from(line.level.as_str().to_ascii_lowercase()));
    set("message", Value::from(line.message.as_str()));
    set("ecs.version", Value::from(ECS_VERSION));
    set("event.code", Value::from(line.code.as_str()));
    set("service.name", Value::from(program));
    set("process.pid", Value::from(std::process::id()));
    for (name, value) in &line.fields {
        set(name, value.clone());
    }
    if held_back > 0 {
        set("labels.held_back", Value::from(held_back));
    }
    let mut text = Value::Object(object).to_string();
    text.push('\n');
    text
}
