//! Settings as they stand in a file, not yet checked.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use super::clients::RawClients;
pub use super::noise::{Fate, RawNoise, RawShare};
pub use super::own::{Columns, OneOrMore};
pub use crate::time::forms::DateOrder;
pub use crate::time::stamp::Epoch;

/// Block `store`: whose lines these are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawStore {
    /// The shop; partition key of every rule.
    pub id: String,
    /// Namespace of the streams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Zone of stamps that carry none; the host's zone when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Currency of amounts that carry none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// File with the shop's products, CSV or one JSON object a line: sku, category, brand, seller_id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub catalogue: Option<PathBuf>,
    /// Databases of MaxMind's format: where addresses are, and whose their networks are. Each tells by itself which it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub geo: Vec<PathBuf>,
    /// From which behaviour on a client that poses as a person is taken for a bot.
    #[serde(default)]
    pub clients: RawClients,
}

/// Block `redact`: the key of the shop's pseudonyms.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawRedact {
    /// File with the key, at least 16 bytes. Without one, what would get a pseudonym is dropped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_file: Option<PathBuf>,
    /// Name of the key, stored beside each pseudonym.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
}

/// What a line looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// What the first lines of each file tell.
    Auto,
    /// One JSON object a line.
    #[default]
    Ndjson,
    /// Access log of nginx or Apache with referrer and agent.
    Combined,
    /// Access log without referrer and agent.
    Common,
    /// Access log of nginx as JSON.
    NginxJson,
    /// Error log of nginx.
    NginxError,
    /// Error log of Apache.
    ApacheError,
    /// Access lines of Envoy.
    Envoy,
    /// Access lines of AWS application load balancers.
    Alb,
    /// Access lines of S3.
    S3,
    /// W3C extended logs: IIS, CloudFront.
    W3c,
    /// Log of Tomcat.
    Tomcat,
    /// Log of Redis.
    Redis,
    /// Log of Kafka.
    Kafka,
    /// Error log of PHP-FPM.
    PhpFpm,
    /// Access log of PHP-FPM.
    PhpFpmAccess,
    /// Slow log of PHP-FPM.
    PhpFpmSlow,
    /// Common Event Format of security devices.
    Cef,
    /// Log Event Extended Format of security devices.
    Leef,
    /// Slow log of `MySQL`.
    MysqlSlow,
    /// Lines of HAProxy.
    Haproxy,
    /// Syslog, RFC 5424 or RFC 3164.
    Syslog,
    /// Spring Boot, logback, log4j2, with their stack traces.
    Java,
    /// JSON of loggers: ECS, pino, bunyan, winston, slog, zap and others.
    JsonLog,
    /// Pairs: `level=info msg=".."`.
    Logfmt,
    /// Python's logging, with its tracebacks.
    Python,
    /// Monolog, as Laravel, Magento and Symfony write it.
    Monolog,
    /// The error log of PHP.
    PhpError,
    /// The logs of `WooCommerce`.
    #[serde(rename = "woocommerce")]
    WooCommerce,
    /// A line is a message.
    Plain,
    /// One form a line, as browsers send it: `a=1&b=2`.
    Form,
    /// A user's own: expressions with named groups.
    Regex,
    /// A user's own: expressions that are made of named ones, `%{IP:source.ip}`.
    Grok,
    /// A user's own: names and what stands between them, `%{order.id} - %{message}`.
    Dissect,
    /// A user's own: columns, such as CSV and TSV.
    Delimited,
    /// A user's own: pairs, `a=1 b="2 3"`.
    KeyValue,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::Auto,
        Self::Ndjson,
        Self::Combined,
        Self::Common,
        Self::NginxJson,
        Self::NginxError,
        Self::ApacheError,
        Self::Envoy,
        Self::Alb,
        Self::S3,
        Self::W3c,
        Self::Tomcat,
        Self::Redis,
        Self::Kafka,
        Self::PhpFpm,
        Self::PhpFpmAccess,
        Self::PhpFpmSlow,
        Self::Cef,
        Self::Leef,
        Self::MysqlSlow,
        Self::Haproxy,
        Self::Syslog,
        Self::Java,
        Self::JsonLog,
        Self::Logfmt,
        Self::Python,
        Self::Monolog,
        Self::PhpError,
        Self::WooCommerce,
        Self::Plain,
        Self::Form,
        Self::Regex,
        Self::Grok,
        Self::Dissect,
        Self::Delimited,
        Self::KeyValue,
    ];

    /// Returns the value of `store.pipeline.parser`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ndjson => "ndjson",
            Self::Combined => "combined",
            Self::Common => "common",
            Self::NginxJson => "nginx_json",
            Self::NginxError => "nginx_error",
            Self::ApacheError => "apache_error",
            Self::Envoy => "envoy",
            Self::Alb => "alb",
            Self::S3 => "s3",
            Self::W3c => "w3c",
            Self::Tomcat => "tomcat",
            Self::Redis => "redis",
            Self::Kafka => "kafka",
            Self::PhpFpmAccess => "php_fpm_access",
            Self::PhpFpmSlow => "php_fpm_slow",
            Self::Cef => "cef",
            Self::Leef => "leef",
            Self::MysqlSlow => "mysql_slow",
            Self::PhpFpm => "php_fpm",
            Self::Haproxy => "haproxy",
            Self::Syslog => "syslog",
            Self::Java => "java",
            Self::JsonLog => "json_log",
            Self::Logfmt => "logfmt",
            Self::Python => "python",
            Self::Monolog => "monolog",
            Self::PhpError => "php_error",
            Self::WooCommerce => "woocommerce",
            Self::Plain => "plain",
            Self::Form => "form",
            Self::Regex => "regex",
            Self::Grok => "grok",
            Self::Dissect => "dissect",
            Self::Delimited => "delimited",
            Self::KeyValue => "key_value",
        }
    }
}

/// Where a polled row holds the parts of its natural key, as dotted paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawKey {
    /// What names the row: `tid`, `order.id`.
    pub id: String,
    /// When it was last changed, or its version; rows that never change have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified: Option<String>,
}

/// Block `parse`: what a format leaves open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawParse {
    /// Whether days or months come first in dates of figures alone, such as 01/02/2026; without it such dates are not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dates: Option<DateOrder>,
    /// What a number that is a stamp counts.
    #[serde(default)]
    pub epoch: Epoch,
    /// Whose names the keys are: a schema that ships with the program, or the path of a file of one's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// What a line of `regex`, `grok` or `dissect` looks like; of several patterns the first that fits counts.
    #[serde(default, skip_serializing_if = "OneOrMore::is_empty")]
    pub pattern: OneOrMore,
    /// Names for expressions, beside those that `grok` knows.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub definitions: BTreeMap<String, String>,
    /// The names of the columns of `delimited`, or that each file begins with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Columns>,
    /// What stands between two columns of `delimited`; a comma when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<String>,
    /// What stands around a column of `delimited` that holds a delimiter; `"` when absent, nothing when empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What stands between two pairs of `key_value`; a space when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair_delimiter: Option<String>,
    /// What stands between a key and its value; `=` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_delimiter: Option<String>,
}

/// The part of an input that says what its lines are.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawPipeline {
    /// What a line looks like.
    pub format: Format,
    /// What the lines are about: `order`, `payment`, `traffic` and so on.
    pub dataset: String,
    /// Other datasets that some of the events may belong to, by what happened. Those that a schema says need not stand here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Who wrote them, for lines that do not say: `shopify`, `nginx`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// What happened, for lines that do not say: `order.changed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Where rows hold their natural key; their other ids are then no ids of events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<RawKey>,
    /// Service that wrote them, for lines that do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Zone of stamps that carry none; that of the shop when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// What a format leaves open.
    #[serde(default)]
    pub parse: RawParse,
    /// Their key to our key or field, for example `orderNo: order.id`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// Templates of routes, for example `/product/{id}`; the first that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<String>,
    /// Networks of proxies whose word about a client is believed; private networks when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trusted_proxies: Option<Vec<String>>,
    /// What becomes of events that few questions need.
    #[serde(default)]
    pub noise: RawNoise,
    /// Keeps the redacted line in `event.original`.
    #[serde(default)]
    pub keep_original: bool,
}
