//! Writes one JSON object on one line, member by member, in the order of the calls.

/// An object being written. Keys are ours and need no escape; text is escaped.
#[derive(Debug)]
pub(crate) struct Object {
    out: Vec<u8>,
}

impl Object {
    pub(crate) fn new() -> Self {
        let mut out = Vec::with_capacity(512);
        out.push(b'{');
        Self { out }
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        self.out.push(b'"');
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        if value.bytes().all(is_plain) {
            self.out.extend_from_slice(value.as_bytes());
            self.out.push(b'"');
            return self;
        }
        for byte in value.bytes() {
            match byte {
                b'"' | b'\\' => self.out.extend_from_slice(&[b'\\', byte]),
                0..=0x1f => self.out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                _ => self.out.push(byte),
            }
        }
        self.out.push(b'"');
        self
    }

    pub(crate) fn text_if(&mut self, key: &str, value: Option<&str>) -> &mut Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    pub(crate) fn number(&mut self, key: &str, value: i64) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(value.to_string().as_bytes());
        self
    }

    /// Writes money the way shops do: minor units as a decimal in a string.
    pub(crate) fn money(&mut self, key: &str, minor: i64) -> &mut Self {
        let sign = if minor < 0 { "-" } else { "" };
        let whole = minor.unsigned_abs();
        self.text(key, &format!("{sign}{}.{:02}", whole / 100, whole % 100))
    }

    /// Writes a member that is an object; `fill` writes what is in it.
    pub(crate) fn nested(&mut self, key: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.key(key);
        self.out.push(b'{');
        fill(self);
        self.out.push(b'}');
        self
    }

    pub(crate) fn literal(&mut self, key: &str, json: &str) -> &mut Self {
        self.key(key);
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    pub(crate) fn finish(&mut self) -> Vec<u8> {
        self.out.push(b'}');
        std::mem::take(&mut self.out)
    }

    fn key(&mut self, key: &str) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stand_in_the_order_of_the_calls_and_text_is_escaped() {
        let mut object = Object::new();
        object.text("a", "x\"\\\n").number("b", -3).text_if("c", None).money("d", 20_007);
        object.nested("e", |inner| {
            inner.money("f", 5).literal("g", "true");
        });
        let text = String::from_utf8(object.text_if("h", Some("é")).finish()).unwrap();
        let expected =
            r#"{"a":"x\"\\\u000a","b":-3,"d":"200.07","e":{"f":"0.05","g":true},"h":"é"}"#;
        assert_eq!(text, expected);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
