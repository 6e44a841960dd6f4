//! Keys `auth` and `sign` of a poll: who asks, and how requests are signed.

use std::path::PathBuf;

use runtime::secret::SecretString;
use runtime::settings::Check;
use serde::Deserialize;

use crate::poll::{Algorithm, Auth, Encoding, Into, Name, Secret, Sign, Signed, Template, Text};

use super::times;

/// Key `auth`: who asks.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawAuth {
    /// Nobody in particular.
    #[default]
    None,
    /// A token in the header `Authorization`.
    Bearer(RawToken),
    /// User and password.
    Basic(RawBasic),
    /// A header of the API's own.
    Header(RawHeader),
    /// A signature, as `sign` describes it.
    Signed,
}

/// A token: credential `poll_<id>_token`, or a file, or `${NAME}`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawToken {
    /// The file that holds it.
    pub token_file: Option<PathBuf>,
    /// The token, by `${NAME}`.
    pub token: Option<SecretString>,
}

/// A user: password by credential `poll_<id>_password`, or a file, or `${NAME}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawBasic {
    /// The user.
    pub username: String,
    /// The file that holds the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The password, by `${NAME}`.
    #[serde(default)]
    pub password: Option<SecretString>,
}

/// A header: value by credential `poll_<id>_secret`, or a file, or `${NAME}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawHeader {
    /// Its name.
    pub name: String,
    /// The file that holds its value.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// Its value, by `${NAME}`.
    #[serde(default)]
    pub secret: Option<SecretString>,
}

/// Block `sign`: how requests are signed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawSign {
    /// The text that is signed, such as `{method}\n{path}\n{timestamp}\n{body}`; without it all parameters in the order of
    /// their names, each name followed by its value.
    #[serde(default)]
    pub template: Option<String>,
    /// `md5` (the secret around the text), `hmac_md5` or `hmac_sha256`.
    pub algorithm: Algorithm,
    /// `hex`, `upper_hex` or `base64`; `upper_hex` for parameters and `hex` for a template by default.
    #[serde(default)]
    pub encoding: Option<Encoding>,
    /// Where the signature goes: `{ parameter: sign }` or `{ header: X-Signature }`.
    pub into: RawInto,
    /// How `{timestamp}` is written, as `time_format`; `epoch_s` by default.
    #[serde(default = "default_timestamp")]
    pub timestamp_format: String,
    /// The zone of a pattern; UTC by default.
    #[serde(default)]
    pub timestamp_zone: Option<String>,
    /// Where the time goes besides, if anywhere.
    #[serde(default)]
    pub timestamp_into: Option<RawInto>,
    /// The file that holds the secret; credential `poll_<id>_secret` comes first.
    #[serde(default)]
    pub secret_file: Option<PathBuf>,
    /// The secret, by `${NAME}`.
    #[serde(default)]
    pub secret: Option<SecretString>,
    /// A parameter that holds a token of the shop, such as Taobao's `session`.
    #[serde(default)]
    pub token_parameter: Option<String>,
    /// The file that holds that token; credential `poll_<id>_token` comes first.
    #[serde(default)]
    pub token_file: Option<PathBuf>,
    /// The token, by `${NAME}`.
    #[serde(default)]
    pub token: Option<SecretString>,
}

fn default_timestamp() -> String {
    "epoch_s".to_owned()
}

/// Where a value goes.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RawInto {
    /// A parameter.
    Parameter(String),
    /// A header.
    Header(String),
}

impl RawInto {
    fn checked(&self) -> Into {
        match self {
            Self::Parameter(name) => Into::Parameter(name.clone()),
            Self::Header(name) => Into::Header(name.to_ascii_lowercase()),
        }
    }
}

/// The secrets of one poll.
struct Secrets<'a> {
    poll: &'a str,
}

impl Secrets<'_> {
    /// Returns a secret that can be had now; one that cannot is a finding.
    fn take(
        &self,
        check: &mut Check<'_>,
        key: &str,
        what: &str,
        file: Option<&PathBuf>,
        inline: Option<&SecretString>,
    ) -> Option<Secret> {
        let name = Secret::name(self.poll, what);
        let places = check.settings().secrets();
        let secret = Secret::new(places, name, file.cloned(), inline.cloned());
        match secret.read() {
            Ok(_) => Some(secret),
            Err(error) => {
                check.missing(key, &format!("cannot be used: {error}"), "");
                None
            }
        }
    }
}

impl RawAuth {
    pub(super) fn check(
        &self,
        check: &mut Check<'_>,
        poll: &str,
        sign: Option<&RawSign>,
    ) -> Option<Auth> {
        let secrets = Secrets { poll };
        if sign.is_some() && !matches!(self, Self::Signed) {
            check.missing("sign", "is given, but auth is not signed", "write auth: signed");
        }
        match self {
            Self::None => Some(Auth::None),
            Self::Bearer(raw) => {
                let (file, inline) = (raw.token_file.as_ref(), raw.token.as_ref());
                let key = "auth.bearer.token_file";
                Some(Auth::Bearer(secrets.take(check, key, "token", file, inline)?))
            }
            Self::Basic(raw) => {
                let (file, inline) = (raw.password_file.as_ref(), raw.password.as_ref());
                let key = "auth.basic.password_file";
                let password = secrets.take(check, key, "password", file, inline)?;
                Some(Auth::Basic { username: raw.username.clone(), password })
            }
            Self::Header(raw) => {
                let (file, inline) = (raw.secret_file.as_ref(), raw.secret.as_ref());
                let key = "auth.header.secret_file";
                let value = secrets.take(check, key, "secret", file, inline)?;
                Some(Auth::Header { name: raw.name.to_ascii_lowercase(), value })
            }
            Self::Signed => {
                let Some(sign) = sign else {
                    check.missing(
                        "sign",
                        "is missing beside auth: signed",
                        "describe the signature",
                    );
                    return None;
                };
                sign.check(check, &secrets).map(|signed| Auth::Signed(Box::new(signed)))
            }
        }
    }
}

impl RawSign {
    fn check(&self, check: &mut Check<'_>, secrets: &Secrets<'_>) -> Option<Signed> {
        let text = match &self.template {
            None => Some(Text::SortedParameters),
            Some(text) => {
                let parsed = Template::parse(text, &Name::OF_SIGNATURE);
                check.take("sign.template", text, parsed).map(Text::Template)
            }
        };
        if self.template.is_some() && self.algorithm == Algorithm::Md5 {
            let message = "which goes with parameters only: a text of parts is signed with a key";
            check.fault("sign.algorithm", "md5", message, "hmac_sha256");
        }
        let encoding = self.encoding.unwrap_or(match self.template {
            None => Encoding::UpperHex,
            Some(_) => Encoding::Hex,
        });
        let times = times(
            check,
            ("sign.timestamp_format", &self.timestamp_format),
            ("sign.timestamp_zone", self.timestamp_zone.as_deref()),
        );
        let (file, inline) = (self.secret_file.as_ref(), self.secret.as_ref());
        let secret = secrets.take(check, "sign.secret_file", "secret", file, inline);
        let (file, inline) = (self.token_file.as_ref(), self.token.as_ref());
        let token = match &self.token_parameter {
            None => None,
            Some(name) => {
                let token = secrets.take(check, "sign.token_file", "token", file, inline)?;
                Some((name.clone(), token))
            }
        };
        let sign = Sign {
            text: text?,
            algorithm: self.algorithm,
            encoding,
            into: self.into.checked(),
            times: times?,
            timestamp_into: self.timestamp_into.as_ref().map(RawInto::checked),
        };
        Some(Signed { sign, secret: secret?, token })
    }
}
