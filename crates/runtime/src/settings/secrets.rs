//! Secrets do not stand in files of settings: those are copied, backed up and shown around.

use super::{
    Finding, Findings, Origin,
    node::{Node, ScalarStyle, Value},
};

/// The key that allows secrets in files, for a try-out.
const ALLOW: &str = "allow_inline_secrets";

const NAMES: [&str; 8] = [
    "password",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "access_key",
    "private_key",
    "authorization",
];

/// Returns whether the value of a key is a secret, by the last part of its name; `password_file` is none.
pub(super) fn is_secret(key: &str) -> bool {
    let last = key.rsplit('.').next().unwrap_or(key);
    let last = last.split('[').next().unwrap_or(last);
    NAMES.iter().any(|name| {
        last.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('_'))
    })
}

/// Finds secrets that stand in files or flags. One that comes from the environment, through `${NAME}` or as a variable
/// of its own, is fine.
pub(super) fn refuse_inline(root: &mut Node, findings: &mut Findings) {
    let allowed = root
        .find(ALLOW)
        .is_some_and(|node| matches!(&node.value, Value::Scalar(scalar) if scalar.text == "true"));
    // The program's own types need not know the key.
    root.remove(ALLOW);
    if allowed {
        return;
    }
    root.visit("", &mut |key, node| {
        if is_secret(key) && stands_inline(node) {
            let last = key.rsplit('.').next().unwrap_or(key);
            let hint = format!(
                "put it into a file of mode 0600 and name that with {last}_file, or write ${{NAME}} \
                 (or {ALLOW}: true for a try-out)"
            );
            let message = "is a secret and is not written here";
            findings.push(Finding::error(node.origin.clone(), key, message).hint(hint));
        }
    });
}

fn stands_inline(node: &Node) -> bool {
    let from_environment = matches!(node.origin, Origin::Environment(_));
    match &node.value {
        Value::Scalar(scalar) => scalar.style != ScalarStyle::Expanded && !from_environment,
        Value::Null | Value::List(_) | Value::Map(_) => false,
    }
}
