//! What a key of a JSON event means: a field of the dictionary, something that a later step reads, or nothing known.

use std::collections::BTreeMap;
use std::sync::Arc;

use event::Field;
use event::dictionary::{Area, Kind};

use super::{credential, log_keys};
use crate::draft::Personal;
use crate::memo::Memo;
use crate::schema::{self, Rest, Schema};

/// Where the value of a key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A field that takes the value as it is.
    Field(Field),
    /// When it happened.
    Time,
    /// The producer's own id of the event.
    Id,
    /// Version or modified time: part of the natural key.
    Version,
    /// An amount in major units.
    Money(Field),
    /// A search, written small and short.
    Query,
    /// Milliseconds that become `event.duration`.
    DurationMs,
    /// A duration with its unit, which becomes `event.duration`.
    Duration,
    /// A person or a secret; its pseudonym, if it gets one, goes to the field.
    Sensitive(Personal, Option<Field>),
    /// A label.
    Label,
    /// Nothing: the pipeline knows better.
    Ignored,
    /// Unknown: `store.extra`.
    Extra,
}

/// Keys of the native form that are not paths of fields.
fn native(key: &str) -> Option<Target> {
    use Personal::{Card, Dropped, Email, Id, Phone, Secret};
    Some(match key {
        "time" | "@timestamp" | "timestamp" | "ts" => Target::Time,
        "id" | "event.id" => Target::Id,
        "version" | "modified" | "modified_at" | "updated_at" => Target::Version,
        "action" => Target::Field(Field::EventAction),
        "provider" => Target::Field(Field::EventProvider),
        "outcome" => Target::Field(Field::EventOutcome),
        "reason" => Target::Field(Field::EventReason),
        "sequence" => Target::Field(Field::EventSequence),
        "level" | "severity" => Target::Field(Field::LogLevel),
        "logger" => Target::Field(Field::LogLogger),
        "msg" => Target::Field(Field::Message),
        "service" => Target::Field(Field::ServiceName),
        "service_version" => Target::Field(Field::ServiceVersion),
        "host" | "hostname" => Target::Field(Field::HostName),
        "trace_id" => Target::Field(Field::TraceId),
        "span_id" => Target::Field(Field::SpanId),
        "request_id" => Target::Field(Field::HttpRequestId),
        "duration_ms" => Target::DurationMs,
        "ip" | "client_ip" | "remote_addr" => Target::Field(Field::SourceIp),
        "user_agent" => Target::Field(Field::UserAgentOriginal),
        "search.query" | "search.query_norm" | "store.search.query_norm" => Target::Query,
        "order.status" | "store.order.status" => Target::Field(Field::StoreOrderStatusRaw),
        "payment.status" | "store.payment.status" => Target::Field(Field::StorePaymentStatus),
        "shipment.status" | "store.shipment.status" => Target::Field(Field::StoreShipmentStatusRaw),
        "payment.failure_code" | "store.payment.failure_code" => {
            Target::Field(Field::StorePaymentFailureCodeRaw)
        }
        "customer.id" | "customer_id" | "store.customer.id" => {
            Target::Sensitive(Id, Some(Field::StoreCustomerIdHash))
        }
        "coupon.code" | "coupon_code" | "store.coupon.code" => {
            Target::Sensitive(Id, Some(Field::StoreCouponCodeHash))
        }
        "shipment.tracking_number" | "tracking_number" => {
            Target::Sensitive(Id, Some(Field::StoreShipmentId))
        }
        "user" | "user.name" => Target::Sensitive(Id, Some(Field::UserName)),
        "user.id" | "user_id" | "openid" | "nick" | "buyer_nick" | "device.id" | "device_id" => {
            Target::Sensitive(Id, None)
        }
        "email" | "customer.email" | "buyer_email" | "user.email" => Target::Sensitive(Email, None),
        "phone" | "mobile" | "customer.phone" | "customer.mobile" | "user.phone" => {
            Target::Sensitive(Phone, None)
        }
        "card" | "card_number" | "card.number" | "pan" | "payment.card_number" => {
            Target::Sensitive(Card, None)
        }
        "customer.name"
        | "customer.first_name"
        | "customer.last_name"
        | "receiver_name"
        | "address"
        | "customer.address"
        | "order.note"
        | "ticket.text"
        | "review.text"
        | "user.full_name" => Target::Sensitive(Dropped, None),
        _ => {
            let last = key.rsplit('.').next().unwrap_or(key);
            let is_secret = crate::redact::names::is_secret_key(last) || credential::is_path(key);
            return is_secret.then_some(Target::Sensitive(Secret, None));
        }
    })
}

/// Fields that only the pipeline writes: nothing an event holds may choose its stream, its shop or its history.
fn is_ours(field: Field) -> bool {
    match field.area() {
        Area::Alert | Area::Series | Area::State => true,
        Area::Store => {
            let path = field.path();
            field == Field::StoreId
                || path.starts_with("store.pipeline.")
                || path.starts_with("store.origin.")
        }
        Area::Ecs => {
            let path = field.path();
            let owned =
                ["data_stream.", "agent.", "ecs.", "observer.", "rule.", "related.", "log.file."];
            owned.iter().any(|prefix| path.starts_with(prefix))
                || [
                    "event.created",
                    "event.dataset",
                    "event.hash",
                    "event.ingested",
                    "event.kind",
                    "event.module",
                    "event.original",
                    "event.timezone",
                    "event.category",
                    "tags",
                ]
                .contains(&path)
        }
    }
}

fn dictionary(path: &str) -> Option<Target> {
    let field = Field::from_path(path)?;
    match field.entry().kind {
        _ if is_ours(field) => Some(Target::Ignored),
        Kind::Flattened | Kind::StoredObject | Kind::GeoPoint | Kind::Labels => None,
        Kind::Keyword
        | Kind::ConstantKeyword
        | Kind::Wildcard
        | Kind::MatchOnlyText
        | Kind::Long
        | Kind::Integer
        | Kind::Short
        | Kind::Byte
        | Kind::Double
        | Kind::Float
        | Kind::Boolean
        | Kind::Date
        | Kind::Ip
        | Kind::StoredText => Some(Target::Field(field)),
    }
}

fn known(key: &str) -> Option<Target> {
    let label = |key: &str| key.strip_prefix("labels.").is_some_and(|name| !name.is_empty());
    native(key)
        .or_else(|| label(key).then_some(Target::Label))
        .or_else(|| dictionary(key))
        .or_else(|| dictionary(&format!("store.{key}")))
        .or_else(|| money(key))
        .or_else(|| money(&format!("store.{key}")))
}

/// Returns what a key names, if it names a person or a secret.
pub(super) fn sensitive(key: &str) -> Option<(Personal, Option<Field>)> {
    match native(key) {
        Some(Target::Sensitive(personal, field)) => Some((personal, field)),
        _ => None,
    }
}

/// An amount in major units has the path of its minor form without the ending.
fn money(path: &str) -> Option<Target> {
    Field::from_path(&format!("{path}_minor")).map(Target::Money)
}

/// Tells whether a mapping may point at this key.
pub(crate) fn is_known(key: &str) -> bool {
    !matches!(known(key), None | Some(Target::Ignored))
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where its value goes.
    pub(crate) target: Target,
    /// Whether the members of a line's list get its value too.
    pub(crate) inherits: Inherits,
    /// The place of its words in the schema, where they are translated.
    pub(crate) values: Option<usize>,
}

/// Whether the members of a line's list get a value of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Inherits {
    Yes,
    No,
}

/// Whose names the keys are.
#[derive(Debug)]
pub(crate) enum Vocabulary {
    /// Those of the native form and of the dictionary.
    Native,
    /// Those of loggers, and where they have none the native ones.
    Logger,
    /// Those of the context of a message, most of which mean nothing to us.
    Context,
    /// Those that a schema has for a line.
    Lines(Arc<Schema>),
    /// Those that a schema has for the members of one of its lists, by its number.
    Members(Arc<Schema>, usize),
}

impl Vocabulary {
    fn find(&self, key: &str, mapped: Option<&str>) -> Found {
        let plain = |target| Found { target, inherits: Inherits::No, values: None };
        let native = |ours: &str| known(ours).unwrap_or(Target::Extra);
        let (schema, theirs) = match self {
            Self::Native => return plain(native(mapped.unwrap_or(key))),
            Self::Logger | Self::Context if mapped.is_some() => {
                return plain(native(mapped.unwrap_or(key)));
            }
            Self::Logger => return plain(log_keys::of_logger(key).unwrap_or_else(|| native(key))),
            Self::Context => {
                let unnamed = || unnamed(key, Rest::Keep);
                return plain(log_keys::of_context(key).unwrap_or_else(unnamed));
            }
            Self::Lines(schema) => (schema, Some(&schema.keys)),
            Self::Members(schema, list) => (schema, schema.each.get(*list).map(|each| &each.keys)),
        };
        let named = || theirs.and_then(|keys| keys.get(key)).map(String::as_str);
        let Some(ours) = mapped.or_else(named) else { return plain(unnamed(key, schema.rest)) };
        let is_inherited = matches!(self, Self::Lines(_)) && schema.inherits(ours);
        Found {
            target: schema::word(ours).unwrap_or_else(|| native(ours)),
            inherits: if is_inherited { Inherits::Yes } else { Inherits::No },
            values: schema.values.keys().position(|name| name == ours),
        }
    }
}

/// Returns where a value goes whose key a schema does not name. Words of ours mean nothing there, but for those that name
/// persons and secrets.
fn unnamed(key: &str, rest: Rest) -> Target {
    let is_sensitive = |target: &Target| matches!(target, Target::Sensitive(..));
    match (native(key).filter(is_sensitive), rest) {
        (_, Rest::Drop) => Target::Ignored,
        (Some(sensitive), Rest::Keep) => sensitive,
        (None, Rest::Keep) => Target::Extra,
    }
}

/// Resolves keys and remembers them: a file has few different ones.
#[derive(Debug)]
pub(crate) struct Keys {
    mapping: BTreeMap<String, String>,
    vocabulary: Vocabulary,
    seen: Memo<Found>,
    /// Our keys that a schema names without theirs.
    named: Memo<Found>,
}

impl Keys {
    pub(super) fn new(mapping: &BTreeMap<String, String>, vocabulary: Vocabulary) -> Self {
        Self { mapping: mapping.clone(), vocabulary, seen: Memo::new(), named: Memo::new() }
    }

    pub(super) fn find(&mut self, key: &str) -> Found {
        let Self { mapping, vocabulary, seen, .. } = self;
        seen.of(key, |key| vocabulary.find(key, mapping.get(key).map(String::as_str)))
    }

    /// Returns what one of our keys means.
    pub(super) fn named(&mut self, ours: &str) -> Found {
        let Self { vocabulary, named, .. } = self;
        named.of(ours, |ours| vocabulary.find(ours, Some(ours)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(key: &str) -> Target {
        let mapping = [
            ("orderNo".to_owned(), "order.id".to_owned()),
            ("total".to_owned(), "order.amount".to_owned()),
        ];
        Keys::new(&mapping.into(), Vocabulary::Native).find(key).target
    }

    #[test]
    fn a_key_is_a_field_with_or_without_its_root() {
        for key in ["order.id", "store.order.id", "orderNo"] {
            assert_eq!(find(key), Target::Field(Field::StoreOrderId), "{key}");
        }
        assert_eq!(find("error.type"), Target::Field(Field::ErrorType));
    }

    #[test]
    fn an_amount_is_known_by_its_minor_form() {
        for key in ["order.amount", "store.order.amount", "total"] {
            assert_eq!(find(key), Target::Money(Field::StoreOrderAmountMinor), "{key}");
        }
        assert_eq!(find("order.amount_minor"), Target::Field(Field::StoreOrderAmountMinor));
    }

    #[test]
    fn an_event_cannot_choose_its_stream_its_shop_or_its_history() {
        for key in
            ["data_stream.dataset", "event.dataset", "store.id", "store.alert.id", "ecs.version"]
        {
            assert_eq!(find(key), Target::Ignored, "{key}");
            assert!(!is_known(key), "{key}");
        }
    }

    #[test]
    fn persons_and_secrets_are_known_by_their_keys() {
        let customer = Target::Sensitive(Personal::Id, Some(Field::StoreCustomerIdHash));
        assert_eq!(find("customer.id"), customer);
        assert_eq!(find("payment.cvv"), Target::Sensitive(Personal::Secret, None));
        assert_eq!(find("login.password"), Target::Sensitive(Personal::Secret, None));
    }

    #[test]
    fn what_nobody_knows_is_extra() {
        for key in ["colour", "order.colour", "", "labels", "store.extra"] {
            assert_eq!(find(key), Target::Extra, "{key}");
        }
        assert_eq!(find("labels.team"), Target::Label);
    }
}
