//! What happened, by what stands in a line.

use std::collections::BTreeMap;

use crate::settings::is_action;

use super::Refusal;
use super::raw::RawRule;

/// Rules in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Rules {
    rules: Vec<Rule>,
    /// The paths that rules look at, and those whose meaning depends on the rule.
    paths: Vec<String>,
}

/// One rule.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// The number of a path, and the patterns of which one must fit what stands there.
    when: Vec<(usize, Vec<Pattern>)>,
    happened: Happened,
}

/// What happened, and what that says about the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Happened {
    /// Nothing where the event is not wanted; members of its list may be.
    pub(crate) action: Option<String>,
    /// What happened with each member of the line's list.
    pub(crate) each: Option<String>,
    /// The number of a path, and our key for what stands there.
    pub(crate) keys: Vec<(usize, String)>,
    /// Our key, and what it holds.
    pub(crate) set: BTreeMap<String, String>,
}

/// What must stand at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    /// Nothing, or an empty text.
    Nothing,
    /// Exactly this.
    Is(String),
    /// A text with this beginning and this end; both may be empty, and the text may not.
    Between(String, String),
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, Refusal> {
        Ok(match text.split_once('*') {
            None if text.is_empty() => Self::Nothing,
            None => Self::Is(text.to_owned()),
            Some((_, end)) if end.contains('*') => {
                return Err(format!(
                    "which looks for {text}: a text, or one * with text before and behind it"
                ));
            }
            Some((start, end)) => Self::Between(start.to_owned(), end.to_owned()),
        })
    }

    fn fits(&self, value: Option<&str>) -> bool {
        let value = value.unwrap_or_default();
        match self {
            Self::Nothing => value.is_empty(),
            Self::Is(text) => value == text,
            Self::Between(start, end) => {
                let rest = value.strip_prefix(start.as_str());
                !value.is_empty() && rest.is_some_and(|rest| rest.ends_with(end.as_str()))
            }
        }
    }
}

impl Rules {
    pub(super) fn check(raw: Vec<RawRule>) -> Result<Self, Refusal> {
        let mut rules = Self::default();
        for RawRule { when, action, each, keys, set } in raw {
            let is_odd = |said: &&String| !is_action(said) && *said != "drop";
            if let Some(action) = [Some(&action), each.as_ref()].into_iter().flatten().find(is_odd)
            {
                return Err(format!(
                    "which has the action {action}: two words with a dot between, for example order.submitted, or drop"
                ));
            }
            let keys = keys.into_iter().map(|(path, ours)| (rules.path(path), ours)).collect();
            let action = Some(action).filter(|said| said != "drop");
            let happened = Happened { action, each, keys, set };
            let when = when.into_iter().map(|(path, patterns)| {
                let texts = patterns.into_list();
                let patterns = texts.iter().map(|text| Pattern::parse(text));
                Ok((rules.path(path), patterns.collect::<Result<_, Refusal>>()?))
            });
            let when = when.collect::<Result<_, Refusal>>()?;
            rules.rules.push(Rule { when, happened });
        }
        Ok(rules)
    }

    pub(super) fn path(&mut self, path: String) -> usize {
        let known = self.paths.iter().position(|known| *known == path);
        known.unwrap_or_else(|| {
            self.paths.push(path);
            self.paths.len() - 1
        })
    }

    /// Returns what can happen.
    pub(super) fn happenings(&self) -> impl Iterator<Item = &Happened> {
        self.rules.iter().map(|rule| &rule.happened)
    }

    /// Tells whether the meaning of a path, by its number, depends on the rule.
    pub(crate) fn gives_meaning(&self, path: usize) -> bool {
        self.happenings().any(|happened| happened.keys.iter().any(|(known, _)| *known == path))
    }

    /// Returns the paths whose values are looked at.
    pub(crate) fn paths(&self) -> &[String] {
        &self.paths
    }

    /// Returns every action that a rule may say.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        self.happenings()
            .flat_map(|happened| [happened.action.as_deref(), happened.each.as_deref()])
            .flatten()
    }

    /// Returns what the first rule says that fits; `value` tells what stands at a path, by its number.
    pub(crate) fn judge<'v>(&self, value: impl Fn(usize) -> Option<&'v str>) -> Option<&Happened> {
        let fits = |rule: &&Rule| {
            rule.when
                .iter()
                .all(|(path, patterns)| patterns.iter().any(|pattern| pattern.fits(value(*path))))
        };
        self.rules.iter().find(fits).map(|rule| &rule.happened)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(yaml: &str) -> Rules {
        Rules::check(serde_saphyr::from_str(yaml).unwrap()).unwrap()
    }

    fn judge(rules: &Rules, values: &[(&str, &str)]) -> Option<String> {
        let value = |path: usize| {
            let path = rules.paths().get(path)?;
            values.iter().find(|(key, _)| key == path).map(|(_, value)| *value)
        };
        let action = |happened: &Happened| happened.action.clone();
        rules.judge(value).map(|happened| action(happened).unwrap_or_else(|| "drop".to_owned()))
    }

    #[test]
    fn the_first_rule_that_fits_says_what_happened() {
        let rules = rules(
            r#"[{ when: { no: "C*" }, action: order.cancelled },
                { when: { quantity: "-*", price: ["0", ""] }, action: stock.adjusted },
                { when: { quantity: "*" }, action: order.line },
                { action: drop }]"#,
        );
        let check = |values: &[(&str, &str)], want: &str| {
            assert_eq!(judge(&rules, values).as_deref(), Some(want), "{values:?}");
        };
        check(&[("no", "C1"), ("quantity", "-2"), ("price", "0")], "order.cancelled");
        check(&[("no", "1"), ("quantity", "-2"), ("price", "0")], "stock.adjusted");
        check(&[("no", "1"), ("quantity", "-2")], "stock.adjusted");
        check(&[("no", "1"), ("quantity", "-2"), ("price", "3")], "order.line");
        check(&[("no", "1")], "drop");
        check(&[("no", "1"), ("quantity", "")], "drop");
    }

    #[test]
    fn without_a_rule_nothing_is_said() {
        assert_eq!(judge(&Rules::default(), &[("a", "b")]), None);
    }
}
