//! Fills values into a template: `@NAME@` stands for a value.

use anyhow::{Result, bail};

/// Returns the text with all values filled in; a name without a value is an error.
pub(super) fn fill(template: &str, values: &[(&str, String)]) -> Result<String> {
    let mut text = String::with_capacity(template.len() + 256);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('@') {
        text.push_str(before);
        match behind.split_once('@') {
            Some((name, tail)) if is_name(name) => {
                let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
                    bail!("the template wants a value for {name}");
                };
                text.push_str(value);
                rest = tail;
            }
            // An at sign that begins no name is one.
            _ => {
                text.push('@');
                rest = behind;
            }
        }
    }
    text.push_str(rest);
    Ok(text)
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_and_other_signs_stay() {
        let values = [("PORT", "9200".to_owned()), ("LOGS", "/l".to_owned())];
        let filled = fill("a@PORT@b @LOGS@@PORT@ \"@timestamp\" x@", &values).unwrap();
        assert_eq!(filled, "a9200b /l9200 \"@timestamp\" x@");
    }

    #[test]
    fn a_name_without_a_value_is_told() {
        let error = fill("@PORT@", &[]).unwrap_err().to_string();
        assert_eq!(error, "the template wants a value for PORT");
    }
}
