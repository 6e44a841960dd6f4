//! How to reach a running server.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What a client needs in order to talk to a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Where it answers, without a slash at the end.
    pub url: String,
    /// Who we are to it.
    #[serde(flatten)]
    pub credentials: Credentials,
    /// The certificate authority that signed its certificate, in a PEM file, when it speaks TLS with one of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ca_file: Option<PathBuf>,
}

/// Who a client is to the server.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Credentials {
    /// A user and a password.
    Basic {
        /// The user's name.
        username: String,
        /// The user's password.
        password: String,
    },
    /// An API key in its encoded form.
    ApiKey {
        /// What follows `ApiKey ` in the header.
        api_key: String,
    },
    /// Nobody: the server has no security.
    None {},
}

impl Access {
    /// Returns the value of the `Authorization` header as a user and a password, if that is who we are.
    pub fn basic(&self) -> Option<(&str, &str)> {
        match &self.credentials {
            Credentials::Basic { username, password } => Some((username, password)),
            Credentials::ApiKey { .. } | Credentials::None {} => None,
        }
    }
}

impl fmt::Debug for Credentials {
    // Test output is kept and passed on; a cluster named by the environment may be somebody's real one.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Basic { username, .. } => write!(formatter, "Basic({username})"),
            Self::ApiKey { .. } => formatter.write_str("ApiKey"),
            Self::None {} => formatter.write_str("None"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(credentials: Credentials) -> Access {
        Access { url: "http://127.0.0.1:9200".to_owned(), credentials, ca_file: None }
    }

    fn basic() -> Credentials {
        Credentials::Basic { username: "elastic".to_owned(), password: "geheim".to_owned() }
    }

    #[test]
    fn access_is_one_flat_object_and_comes_back_as_it_was() {
        let line = serde_json::to_string(&access(basic())).unwrap();
        assert_eq!(
            line,
            r#"{"url":"http://127.0.0.1:9200","username":"elastic","password":"geheim"}"#
        );
        for credentials in
            [basic(), Credentials::ApiKey { api_key: "a2V5".to_owned() }, Credentials::None {}]
        {
            let given = access(credentials);
            let line = serde_json::to_string(&given).unwrap();
            assert_eq!(serde_json::from_str::<Access>(&line).unwrap(), given, "{line}");
        }
    }

    #[test]
    fn a_password_is_not_printed() {
        assert!(!format!("{:?}", access(basic())).contains("geheim"));
    }
}
