//! Groups: the values by which a rule is split, and the one text that names them.

use std::fmt::Write as _;

/// The values of a rule's group fields, in the rule's order; none for a rule that is not split.
#[derive(
    Debug,
    Clone,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(transparent)]
pub struct Group(pub Vec<String>);

impl Group {
    /// The group of a rule that is not split.
    pub const WHOLE: Self = Self(Vec::new());

    /// Returns the text that names the group: each value percent-encoded, joined by `/`; `-` without values.
    pub fn key(&self) -> String {
        if self.0.is_empty() {
            return "-".to_owned();
        }
        let mut key = String::new();
        for (number, value) in self.0.iter().enumerate() {
            if number > 0 {
                key.push('/');
            }
            for byte in value.bytes() {
                match byte {
                    b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        key.push(char::from(byte));
                    }
                    other => {
                        let written = write!(key, "%{other:02X}");
                        debug_assert!(written.is_ok(), "writing to a String does not fail");
                    }
                }
            }
        }
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_percent_encoded_and_joined() {
        let key = |values: &[&str]| Group(values.iter().map(ToString::to_string).collect()).key();
        assert_eq!(key(&[]), "-");
        assert_eq!(key(&["alipay"]), "alipay");
        assert_eq!(key(&["/cart/{id}", "顺丰"]), "%2Fcart%2F%7Bid%7D/%E9%A1%BA%E4%B8%B0");
        assert_ne!(key(&["a/b"]), key(&["a", "b"]));
    }
}
