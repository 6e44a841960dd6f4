//! Parsing: what a line says goes to fields of its draft; a line that cannot be read is kept whole.

mod access;
mod alb;
mod apache_error;
mod auto;
mod bare;
mod cef;
mod clients;
mod context;
mod credential;
mod cursor;
mod duration;
mod envoy;
mod escape;
mod exception;
mod form;
mod haproxy;
pub(crate) mod headers;
mod ids;
mod inside;
mod java;
pub(crate) mod json;
mod json_log;
mod judge;
mod keep;
pub(crate) mod keys;
mod leading;
pub(crate) mod level;
mod log_keys;
mod logfmt;
mod mapper;
mod monolog;
mod mysql_slow;
mod ndjson;
mod nginx_error;
mod nginx_json;
pub(crate) mod own;
mod parts;
mod php_error;
mod plain;
mod python;
mod row;
mod s3;
mod service;
mod split;
mod syslog;
mod tail;
mod tell;
pub(crate) mod text;
mod trailing;
mod value;
mod w3c;
mod woocommerce;

use crate::draft::Draft;
use crate::settings::{Format, PipelineSettings};

pub(crate) use mapper::More;
use service::Service;
pub(crate) use tell::is_no_id;

/// Reads the lines of one format.
pub(crate) trait LineParser: std::fmt::Debug + Send {
    /// Puts what a line says into the draft. The time that it takes is linear in the length of the line.
    fn parse(&mut self, text: &str, draft: &mut Draft);

    /// Puts what the name of its file says into the draft of a line that was parsed.
    fn of_file(&mut self, _path: &str, _draft: &mut Draft) {}

    /// Returns what it decided about the file of the last line, once.
    fn decided(&mut self) -> Option<Decision> {
        None
    }

    /// Puts the next event of the same line into the draft, if it has more than one.
    fn more(&mut self, _draft: &mut Draft) -> More {
        More::None
    }
}

/// The format of a file, as its first lines told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The format.
    pub format: &'static str,
    /// Why, as text for people.
    pub why: String,
}

/// Returns the parser of an input. A new format is a file with a [`LineParser`] and a line here.
pub(crate) fn parser(input: &PipelineSettings) -> Box<dyn LineParser> {
    match input.format {
        Format::Auto => Box::new(auto::Auto::new(input)),
        Format::Ndjson => Box::new(ndjson::Ndjson::new(input)),
        // Combined and common differ by two fields at the end, which the line itself shows.
        Format::Combined | Format::Common => Box::new(access::Access::new(&input.trusted_proxies)),
        Format::NginxJson => Box::new(nginx_json::NginxJson::new(input)),
        Format::NginxError => Box::new(nginx_error::NginxError::new(input)),
        Format::ApacheError => Box::new(apache_error::ApacheError::new(input)),
        Format::W3c => Box::new(w3c::W3c::new(input)),
        Format::S3 => Box::new(s3::S3::new(input)),
        Format::Alb => Box::new(alb::Alb::new(input)),
        Format::Tomcat => {
            Box::new(Service::new(input.provider.as_ref(), "tomcat", service::tomcat))
        }
        Format::Redis => Box::new(Service::new(input.provider.as_ref(), "redis", service::redis)),
        Format::Kafka => Box::new(Service::new(input.provider.as_ref(), "kafka", service::kafka)),
        Format::PhpFpm => {
            Box::new(Service::new(input.provider.as_ref(), "php_fpm", service::php_fpm))
        }
        Format::PhpFpmAccess => {
            Box::new(Service::new(input.provider.as_ref(), "php_fpm", service::php_fpm_access))
        }
        Format::PhpFpmSlow => {
            Box::new(Service::new(input.provider.as_ref(), "php_fpm", service::php_fpm_slow))
        }
        Format::Cef => Box::new(Service::new(input.provider.as_ref(), "cef", cef::cef)),
        Format::Leef => Box::new(Service::new(input.provider.as_ref(), "leef", cef::leef)),
        Format::MysqlSlow => {
            Box::new(Service::new(input.provider.as_ref(), "mysql", mysql_slow::mysql_slow))
        }
        Format::Envoy => Box::new(envoy::Envoy::new(input)),
        Format::Haproxy => Box::new(haproxy::Haproxy::new(input)),
        Format::Syslog => Box::new(syslog::Syslog),
        Format::JsonLog => Box::new(json_log::JsonLog::new(input)),
        Format::Java => Box::new(java::Java),
        Format::Logfmt => Box::new(logfmt::Logfmt::new(input)),
        Format::Python => Box::new(python::Python),
        Format::Monolog => Box::new(monolog::Monolog::new(input)),
        Format::PhpError => Box::new(php_error::PhpError::new(input)),
        Format::WooCommerce => Box::new(woocommerce::WooCommerce::new(input)),
        Format::Plain => Box::new(plain::Plain),
        Format::Form => Box::new(form::Form::new(input)),
        Format::Regex | Format::Grok | Format::Dissect | Format::Delimited | Format::KeyValue => {
            own::parser(input)
        }
    }
}
