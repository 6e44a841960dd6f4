//! Schemas: what the keys of others mean. A schema is a YAML file; some ship with the program, and a user may write his own.
//!
//! ```yaml
//! version: 1
//! name: my_platform
//! about: orders of my platform, one JSON object a line
//! provider: my_platform
//! timezone: Asia/Shanghai          # of stamps that carry none
//! set: { currency: CNY }           # what holds where the line does not say
//! id: [event, topic]               # what names an event, where one value alone does not
//! rest: drop                       # keys that are not named here: kept in store.extra (keep), or not (drop)
//! keys:
//!   order.no: order.id             # their path: our key, or one of the words in brackets
//!   order.total: order.amount
//!   buyer.nick: (pseudonym)        # (email) (phone) (personal) (secret) (ignore) (extra)
//! split: [events]                  # a list whose members are lines of their own
//! inside:
//!   body: json                     # a text that holds JSON, or a form; a list with one member (single) or of pairs
//! values:
//!   payment.status: { OK: captured }
//! actions:                         # the first that fits says what happened
//!   - when: { type: [created, opened], order.no: "*" }
//!     action: order.submitted
//!     keys: { no: order.id }       # keys that mean this only then
//!     set: { funnel.step: submitted }
//!     each: order.line             # and each member of the list is an event of its own
//!   - action: drop                 # anything else is dropped, and counted
//! each:                            # the list
//!   list: order.lines
//!   keys: { sku: product.sku, qty: line.quantity }
//!   inherit: [order.id, time]      # our keys that each of them gets from the line
//! ```

mod raw;
mod rule;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::tz::TimeZone;

use crate::draft::Personal;
use crate::parse::json::Leaf;
use crate::parse::keys::{self, Target};

pub(crate) use raw::{Inside, Rest};
pub(crate) use rule::{Happened, Rules};

use raw::{RawEach, RawSchema};

/// Schemas that ship with the program.
const SHIPPED: &[(&str, &str)] = &[
    ("alipay", include_str!("../../schemas/alipay.yml")),
    ("braze", include_str!("../../schemas/braze.yml")),
    ("ga4", include_str!("../../schemas/ga4.yml")),
    ("kuaidi100", include_str!("../../schemas/kuaidi100.yml")),
    ("otel_demo", include_str!("../../schemas/otel_demo.yml")),
    ("retail", include_str!("../../schemas/retail.yml")),
    ("schema_org", include_str!("../../schemas/schema_org.yml")),
    ("segment", include_str!("../../schemas/segment.yml")),
    ("shopify", include_str!("../../schemas/shopify.yml")),
    ("snowplow", include_str!("../../schemas/snowplow.yml")),
    ("taobao", include_str!("../../schemas/taobao.yml")),
    ("tracking51", include_str!("../../schemas/tracking51.yml")),
    ("wechat_pay", include_str!("../../schemas/wechat_pay.yml")),
    ("woocommerce_webhook", include_str!("../../schemas/woocommerce_webhook.yml")),
];

/// What the keys of somebody mean, checked.
#[derive(Debug, Clone)]
pub(crate) struct Schema {
    pub(crate) name: String,
    pub(crate) provider: Option<String>,
    pub(crate) zone: Option<TimeZone>,
    pub(crate) set: BTreeMap<String, String>,
    pub(crate) split: Vec<String>,
    pub(crate) rest: Rest,
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) inside: BTreeMap<String, Inside>,
    /// Our key, then their value, then ours.
    pub(crate) values: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) rules: Rules,
    pub(crate) each: Vec<Each>,
    /// Numbers of the paths whose values are the id of an event.
    pub(crate) id: Vec<usize>,
}

/// A list of which each member is an event of its own; of several lists, the one that the line has.
#[derive(Debug, Clone)]
pub(crate) struct Each {
    pub(crate) lists: Vec<String>,
    pub(crate) keys: BTreeMap<String, String>,
    pub(crate) inherit: Vec<String>,
    pub(crate) rules: Rules,
}

/// Why a schema cannot be used, as text that goes on after its name.
pub(crate) type Refusal = String;

impl Schema {
    /// Returns every action that its rules may say, of lines and of members.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        self.rules.actions().chain(self.each.iter().flat_map(|each| each.rules.actions()))
    }

    /// Returns a schema that ships with the program, or that of a file: a name with a slash is a path.
    pub(crate) fn find(name: &str) -> Result<Self, Refusal> {
        if name.contains('/') {
            let text = fs::read_to_string(Path::new(name));
            return Self::read(&text.map_err(|error| format!("which cannot be read: {error}"))?);
        }
        let shipped = SHIPPED.iter().find(|(known, _)| *known == name);
        let (_, text) = shipped.ok_or_else(|| {
            let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            format!("which is no schema: there are {}", names.join(", "))
        })?;
        Self::read(text)
    }

    /// Reads a schema and checks it.
    fn read(text: &str) -> Result<Self, Refusal> {
        let raw: RawSchema =
            serde_saphyr::from_str(text).map_err(|error| format!("which is no schema: {error}"))?;
        if raw.version != 1 {
            let version = raw.version;
            return Err(format!("which has version {version}, and this program knows version 1"));
        }
        let mut rules = Rules::check(raw.actions)?;
        let id = raw.id.into_iter().map(|path| rules.path(path)).collect();
        let of_rules = rules.happenings().flat_map(|happened| {
            happened.keys.iter().map(|(_, ours)| ours).chain(happened.set.keys())
        });
        let lists = raw.each.into_list();
        let of_members = lists.iter().flat_map(|each| each.keys.values().chain(&each.inherit));
        raw.keys
            .values()
            .chain(raw.values.keys())
            .chain(raw.set.keys())
            .chain(of_members)
            .chain(of_rules)
            .try_for_each(|ours| check_key(ours))?;
        let zone = raw.timezone.map(|name| {
            TimeZone::get(&name).map_err(|_| format!("which has the zone {name}, and that is none"))
        });
        let each = lists.into_iter().map(|RawEach { list, keys, inherit, actions }| {
            let rules = Rules::check(actions.into_iter().map(Into::into).collect())?;
            Ok(Each { lists: list.into_list(), keys, inherit, rules })
        });
        let each = each.collect::<Result<_, Refusal>>()?;
        Ok(Self {
            name: raw.name,
            provider: raw.provider,
            zone: zone.transpose()?,
            set: raw.set,
            split: raw.split,
            rest: raw.rest,
            keys: raw.keys,
            inside: raw.inside,
            values: raw.values,
            rules,
            each,
            id,
        })
    }

    /// Tells whether members of lists get the value of one of our keys.
    pub(crate) fn inherits(&self, ours: &str) -> bool {
        self.each.iter().flat_map(|each| &each.inherit).any(|name| name == ours)
    }

    /// Returns a path as it is looked up: what is read in its place has the name that it has there.
    pub(crate) fn in_place<'p>(&self, path: &'p str) -> &'p str {
        let objects = || self.inside.iter().filter(|(_, inside)| **inside == Inside::Json);
        let mut path = path;
        while let Some(within) = objects().find_map(|(name, _)| within(name, path)) {
            path = within;
        }
        path
    }

    /// Tells whether a path leads into the members of a list that are lines of their own.
    pub(crate) fn is_of_member(&self, path: &str) -> bool {
        self.split.iter().any(|list| within(list, path).is_some())
    }

    /// Returns a value as we write it, where the schema says how.
    pub(crate) fn translated<'l>(&'l self, values: Option<usize>, leaf: &Leaf<'l>) -> Leaf<'l> {
        let ours = values.and_then(|place| {
            let (Leaf::Text(_) | Leaf::Number(_)) = leaf else { return None };
            let (_, words) = self.values.iter().nth(place)?;
            let text = leaf.text()?;
            words.get(text).or_else(|| by_beginning(words, text))
        });
        ours.map_or_else(|| leaf.clone(), |ours| Leaf::Text(ours.as_str().into()))
    }
}

/// Returns what the longest beginning says that a text has: `CN11*`.
fn by_beginning<'w>(words: &'w BTreeMap<String, String>, text: &str) -> Option<&'w String> {
    let fits = |word: &&str| text.starts_with(*word);
    let beginnings =
        words.iter().filter_map(|(theirs, ours)| Some((theirs.strip_suffix('*')?, ours)));
    beginnings
        .filter(|(theirs, _)| fits(theirs))
        .max_by_key(|(theirs, _)| theirs.len())
        .map(|(_, ours)| ours)
}

/// Returns the path behind an object's name.
fn within<'p>(name: &str, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(name)?.strip_prefix('.')
}

fn check_key(ours: &str) -> Result<(), Refusal> {
    if word(ours).is_some() || keys::is_known(ours) {
        return Ok(());
    }
    Err(format!("which maps to {ours}, and that is no field"))
}

/// Returns what a word in brackets does with a value.
pub(crate) fn word(ours: &str) -> Option<Target> {
    Some(match ours {
        "(ignore)" => Target::Ignored,
        "(extra)" => Target::Extra,
        "(pseudonym)" => Target::Sensitive(Personal::Id, None),
        "(email)" => Target::Sensitive(Personal::Email, None),
        "(phone)" => Target::Sensitive(Personal::Phone, None),
        "(personal)" => Target::Sensitive(Personal::Dropped, None),
        "(secret)" => Target::Sensitive(Personal::Secret, None),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> String {
        Schema::read(text).map_or_else(|why| why, |schema| format!("fine: {}", schema.name))
    }

    #[test]
    fn what_is_wrong_with_a_schema_is_told() {
        let with = |more: &str| format!("version: 1\nname: x\nabout: y\n{more}");
        assert_eq!(refusal(&with("keys: { a: order.id, b: (personal) }")), "fine: x");
        assert_eq!(
            refusal(&with("keys: { a: order.colour }")),
            "which maps to order.colour, and that is no field"
        );
        assert!(refusal(&with("colour: red")).contains("colour"));
        assert_eq!(
            refusal("version: 2\nname: x\nabout: y\n"),
            "which has version 2, and this program knows version 1"
        );
        assert_eq!(
            refusal(&with("actions: [{ action: Submitted }]")),
            "which has the action Submitted: two words with a dot between, for example order.submitted, or drop"
        );
        assert_eq!(
            refusal(&with("actions: [{ when: { a: x*y* }, action: drop }]")),
            "which looks for x*y*: a text, or one * with text before and behind it"
        );
        assert!(Schema::find("no_such").unwrap_err().starts_with("which is no schema: there are "));
        assert!(Schema::find("./none.yml").unwrap_err().starts_with("which cannot be read"));
    }

    #[test]
    fn every_schema_that_ships_can_be_used_under_its_name() {
        for (name, _) in SHIPPED {
            assert_eq!(Schema::find(name).map(|schema| schema.name).as_deref(), Ok(*name));
        }
    }
}
