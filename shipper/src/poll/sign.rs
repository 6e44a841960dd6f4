//! Signatures of requests, as a description in the settings says. Pure: secret, time and nonce are arguments.
//!
//! Two families cover what shop platforms ask for. *Sorted parameters* (Taobao and its kin): all parameters in the order
//! of their names, each name followed by its value, nothing between; MD5 with the secret around it, or an HMAC keyed with
//! the secret. *Template*: an HMAC over a text such as `{method}\n{path}\n{timestamp}\n{body}`.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use md5::{Digest, Md5};
use serde::Deserialize;
use sha2::Sha256;

use super::template::{Escape, Template, Values};
use super::times::TimeForm;

/// How a signature is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Algorithm {
    /// MD5 over secret, text, secret. Old, and what some platforms still ask for.
    Md5,
    /// HMAC-MD5 with the secret as key.
    HmacMd5,
    /// HMAC-SHA-256 with the secret as key.
    HmacSha256,
}

/// How a signature is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// `0a1b..`
    Hex,
    /// `0A1B..`
    UpperHex,
    /// With padding.
    Base64,
}

/// Where a value goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Into {
    /// A parameter of the request.
    Parameter(String),
    /// A header.
    Header(String),
}

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    /// All parameters, sorted.
    SortedParameters,
    /// A text made of parts of the request.
    Template(Template),
}

/// A description of signatures.
#[derive(Debug, Clone)]
pub struct Sign {
    /// What is signed.
    pub text: Text,
    /// How.
    pub algorithm: Algorithm,
    /// How it is written.
    pub encoding: Encoding,
    /// Where it goes.
    pub into: Into,
    /// How `{timestamp}` is written.
    pub times: TimeForm,
    /// Where the time of the request goes besides, if anywhere.
    pub timestamp_into: Option<Into>,
}

impl Sign {
    /// Returns the signature of a request with these parameters (sorted or not) and values.
    pub fn signature(
        &self,
        secret: &str,
        parameters: &[(String, String)],
        values: &Values,
    ) -> String {
        let text = match &self.text {
            Text::SortedParameters => joined(parameters),
            Text::Template(template) => template.render(values, Escape::Plain),
        };
        self.encode(&digest(self.algorithm, secret.as_bytes(), text.as_bytes()))
    }

    fn encode(&self, bytes: &[u8]) -> String {
        let hex = || {
            bytes.iter().fold(String::new(), |mut out, byte| {
                let written = write!(out, "{byte:02x}");
                debug_assert!(written.is_ok(), "writing to a String does not fail");
                out
            })
        };
        match self.encoding {
            Encoding::Hex => hex(),
            Encoding::UpperHex => hex().to_uppercase(),
            Encoding::Base64 => STANDARD.encode(bytes),
        }
    }
}

/// Empty names and values are left out, as the platforms do.
fn joined(parameters: &[(String, String)]) -> String {
    let mut sorted: Vec<&(String, String)> =
        parameters.iter().filter(|(name, value)| !name.is_empty() && !value.is_empty()).collect();
    sorted.sort();
    sorted.iter().fold(String::new(), |out, (name, value)| out + name + value)
}

fn digest(algorithm: Algorithm, secret: &[u8], text: &[u8]) -> Vec<u8> {
    match algorithm {
        Algorithm::Md5 => Md5::new()
            .chain_update(secret)
            .chain_update(text)
            .chain_update(secret)
            .finalize()
            .to_vec(),
        Algorithm::HmacMd5 => {
            let mac = Hmac::<Md5>::new_from_slice(secret).expect("HMAC takes keys of any length");
            mac.chain_update(text).finalize().into_bytes().to_vec()
        }
        Algorithm::HmacSha256 => {
            let mac =
                Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
            mac.chain_update(text).finalize().into_bytes().to_vec()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poll::template::Name;

    fn sign(text: Text, algorithm: Algorithm, encoding: Encoding) -> Sign {
        Sign {
            text,
            algorithm,
            encoding,
            into: Into::Parameter("sign".to_owned()),
            times: TimeForm::EpochSeconds,
            timestamp_into: None,
        }
    }

    // The vectors were computed with hashlib and hmac of Python 3.
    #[test]
    fn sorted_parameters_are_signed_as_taobao_does() {
        let parameters: Vec<(String, String)> = [
            ("method", "taobao.trades.sold.increment.get"),
            ("app_key", "12345678"),
            ("session", "test"),
            ("timestamp", "2026-01-02 11:04:05"),
            ("format", "json"),
            ("v", "2.0"),
            ("sign_method", "md5"),
            ("start_modified", "2026-01-02 10:00:00"),
            ("end_modified", "2026-01-02 11:00:00"),
            ("page_no", "1"),
            ("page_size", "50"),
            ("empty", ""),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec();
        let check = |algorithm, want: &str| {
            let sign = sign(Text::SortedParameters, algorithm, Encoding::UpperHex);
            assert_eq!(sign.signature("helloworld", &parameters, &Values::default()), want);
        };
        check(Algorithm::Md5, "64E3B331402E1795DCD14A21275A8785");
        check(Algorithm::HmacMd5, "B9C29843E8CE69082AC0574175B1C66A");
        check(
            Algorithm::HmacSha256,
            "C87EADCC1012B0E2E9000A5CD2F95E37C1F6780B804512CF738D0EAB3745C40C",
        );
    }

    #[test]
    fn a_template_is_signed_with_its_values() {
        let mut values = Values::default();
        values.set(Name::Method, "POST");
        values.set(Name::Path, "/v1/orders");
        values.set(Name::Timestamp, "1767323045");
        values.set(Name::Body, r#"{"page":1,"名":"京"}"#);
        let check = |encoding, want: &str| {
            let text = "{method}\n{path}\n{timestamp}\n{body}";
            let template = Template::parse(text, &Name::OF_SIGNATURE).unwrap();
            let sign = sign(Text::Template(template), Algorithm::HmacSha256, encoding);
            assert_eq!(sign.signature("key", &[], &values), want);
        };
        check(Encoding::Hex, "d90eb1661d2a20688387a9bc8e154be275a58e41df9a4541feee37ac0865035f");
        check(Encoding::Base64, "2Q6xZh0qIGiDh6m8jhVL4nWljkHfmkVB/u43rAhlA18=");
    }
}
