//! The part of KQL that our boards use: parsed, so that fields can be checked and queries run without Kibana.
//!
//! `field: value`, `field: (a or b)`, `field: *`, `field >= 3`, `and`, `or`, `not`, parentheses. A value with `*` is a
//! pattern, a quoted one is taken as it is.

use std::iter::Peekable;
use std::str::Chars;

use serde_json::{Value, json};

/// A parsed query.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// Finds everything.
    All,
    /// The field has this value.
    Is {
        /// Dotted path.
        field: String,
        /// Value; `*` stands for any text.
        value: String,
    },
    /// The field has a value.
    Exists(String),
    /// The field compares so with a value.
    Range {
        /// Dotted path.
        field: String,
        /// `gt`, `gte`, `lt`, `lte`.
        operator: &'static str,
        /// Value.
        value: String,
    },
    /// All of these.
    And(Vec<Query>),
    /// Any of these.
    Or(Vec<Query>),
    /// Not this.
    Not(Box<Query>),
}

/// The text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no KQL at {at:?}: expected {expected}")]
pub struct NoQuery {
    /// What stood there.
    pub at: String,
    /// What should have stood there.
    pub expected: &'static str,
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Quoted(String),
    Colon,
    Open,
    Close,
    Compare(&'static str),
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(&next) = rest.peek() {
        let token = match next {
            ':' => Token::Colon,
            '(' => Token::Open,
            ')' => Token::Close,
            '<' | '>' => {
                rest.next();
                let equal = rest.next_if_eq(&'=').is_some();
                tokens.push(Token::Compare(match (next, equal) {
                    ('<', false) => "lt",
                    ('<', true) => "lte",
                    (_, false) => "gt",
                    (_, true) => "gte",
                }));
                continue;
            }
            '"' => {
                rest.next();
                tokens.push(Token::Quoted(quoted(&mut rest)));
                continue;
            }
            space if space.is_whitespace() => {
                rest.next();
                continue;
            }
            _ => {
                tokens.push(Token::Word(word(&mut rest)));
                continue;
            }
        };
        rest.next();
        tokens.push(token);
    }
    tokens
}

fn quoted(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(next) = rest.next() {
        match next {
            '"' => break,
            '\\' => text.extend(rest.next()),
            other => text.push(other),
        }
    }
    text
}

fn word(rest: &mut Peekable<Chars<'_>>) -> String {
    let mut text = String::new();
    while let Some(next) = rest.next_if(|c| !c.is_whitespace() && !":()<>\"".contains(*c)) {
        if next == '\\' { text.extend(rest.next()) } else { text.push(next) }
    }
    text
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let found =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(found);
        found
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    fn missing(&self, expected: &'static str) -> NoQuery {
        NoQuery { at: format!("{:?}", self.peek()), expected }
    }

    fn any(&mut self, field: Option<&str>) -> Result<Query, NoQuery> {
        let mut parts = vec![self.all(field)?];
        while self.take_word("or") {
            parts.push(self.all(field)?);
        }
        Ok(one_or(parts, Query::Or))
    }

    fn all(&mut self, field: Option<&str>) -> Result<Query, NoQuery> {
        let mut parts = vec![self.single(field)?];
        while self.take_word("and") {
            parts.push(self.single(field)?);
        }
        Ok(one_or(parts, Query::And))
    }

    fn single(&mut self, field: Option<&str>) -> Result<Query, NoQuery> {
        if self.take_word("not") {
            return Ok(Query::Not(Box::new(self.single(field)?)));
        }
        if self.take(&Token::Open) {
            let inner = self.any(field)?;
            return if self.take(&Token::Close) { Ok(inner) } else { Err(self.missing(")")) };
        }
        match field {
            Some(field) => self.value(field),
            None => self.field(),
        }
    }

    fn field(&mut self) -> Result<Query, NoQuery> {
        let Some(Token::Word(field)) = self.peek().cloned() else {
            return Err(self.missing("a field"));
        };
        self.at += 1;
        match self.peek().cloned() {
            Some(Token::Colon) => {
                self.at += 1;
                if self.peek() == Some(&Token::Open) {
                    self.single(Some(&field))
                } else {
                    self.value(&field)
                }
            }
            Some(Token::Compare(operator)) => {
                self.at += 1;
                let value = self.text()?.0;
                Ok(Query::Range { field, operator, value })
            }
            Some(Token::Word(_) | Token::Quoted(_) | Token::Open | Token::Close) | None => {
                Err(self.missing(": or a comparison"))
            }
        }
    }

    fn value(&mut self, field: &str) -> Result<Query, NoQuery> {
        let (value, quoted) = self.text()?;
        if value == "*" && !quoted {
            return Ok(Query::Exists(field.to_owned()));
        }
        Ok(Query::Is { field: field.to_owned(), value })
    }

    fn text(&mut self) -> Result<(String, bool), NoQuery> {
        let found = match self.peek() {
            Some(Token::Word(word)) => (word.clone(), false),
            Some(Token::Quoted(text)) => (text.clone(), true),
            Some(Token::Colon | Token::Open | Token::Close | Token::Compare(_)) | None => {
                return Err(self.missing("a value"));
            }
        };
        self.at += 1;
        Ok(found)
    }
}

fn one_or(mut parts: Vec<Query>, many: fn(Vec<Query>) -> Query) -> Query {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

impl Query {
    /// Returns the query that a text in KQL says; an empty text finds everything.
    pub fn parse(text: &str) -> Result<Self, NoQuery> {
        let tokens = tokens(text);
        if tokens.is_empty() {
            return Ok(Self::All);
        }
        let mut parser = Parser { tokens, at: 0 };
        let query = parser.any(None)?;
        if parser.peek().is_some() { Err(parser.missing("the end, and, or or")) } else { Ok(query) }
    }

    /// Returns the fields it asks for.
    pub fn fields(&self) -> Vec<&str> {
        match self {
            Self::All => Vec::new(),
            Self::Is { field, .. } | Self::Exists(field) | Self::Range { field, .. } => vec![field],
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(inner) => inner.fields(),
        }
    }

    /// Returns the query that Elasticsearch understands.
    pub fn to_dsl(&self) -> Value {
        let all = |parts: &[Self]| parts.iter().map(Self::to_dsl).collect::<Vec<_>>();
        match self {
            Self::All => json!({"match_all": {}}),
            Self::Is { field, value } if value.contains('*') => {
                json!({"query_string": {"fields": [field], "query": value.replace(' ', "\\ ")}})
            }
            Self::Is { field, value } => json!({"match": {field: value}}),
            Self::Exists(field) => json!({"exists": {"field": field}}),
            Self::Range { field, operator, value } => json!({"range": {field: {*operator: value}}}),
            Self::And(parts) => json!({"bool": {"filter": all(parts)}}),
            Self::Or(parts) => json!({"bool": {"should": all(parts), "minimum_should_match": 1}}),
            Self::Not(inner) => json!({"bool": {"must_not": [inner.to_dsl()]}}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, dsl: &str) {
        assert_eq!(Query::parse(text).unwrap().to_dsl().to_string(), dsl, "{text}");
    }

    #[test]
    fn a_field_has_a_value_one_of_several_or_any() {
        check("event.action: open", r#"{"match":{"event.action":"open"}}"#);
        check("a: \"x y\"", r#"{"match":{"a":"x y"}}"#);
        check("a: *", r#"{"exists":{"field":"a"}}"#);
        check(
            "a: (x or y)",
            r#"{"bool":{"minimum_should_match":1,"should":[{"match":{"a":"x"}},{"match":{"a":"y"}}]}}"#,
        );
    }

    #[test]
    fn and_binds_more_closely_than_or_and_not_most() {
        check(
            "a: 1 or b: 2 and not c: 3",
            r#"{"bool":{"minimum_should_match":1,"should":[{"match":{"a":"1"}},{"bool":{"filter":[{"match":{"b":"2"}},{"bool":{"must_not":[{"match":{"c":"3"}}]}}]}}]}}"#,
        );
    }

    #[test]
    fn numbers_are_compared() {
        check(
            "http.response.status_code >= 500",
            r#"{"range":{"http.response.status_code":{"gte":"500"}}}"#,
        );
    }

    #[test]
    fn an_empty_text_finds_everything() {
        check("  ", r#"{"match_all":{}}"#);
    }

    #[test]
    fn what_is_no_query_says_where() {
        for text in ["a", "a:", "a: (b", "and", "a: 1 b: 2", ": 1"] {
            assert!(Query::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn all_fields_are_named() {
        let query = Query::parse("a.b: 1 and (c: (2 or 3) or not d: *)").unwrap();
        assert_eq!(query.fields(), ["a.b", "c", "c", "d"]);
    }
}
