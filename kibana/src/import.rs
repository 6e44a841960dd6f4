//! The import: one request, and every row of its answer read. A status of 200 is not success.

use std::time::Duration;

use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::object::{SavedObject, to_ndjson};

/// How Kibana knows us.
#[derive(Debug, Clone)]
pub enum Login {
    /// It does not ask.
    None,
    /// A name and its password.
    Basic {
        /// The name.
        username: String,
        /// The password.
        password: SecretString,
    },
    /// A key, base64 of `id:secret`.
    ApiKey(SecretString),
}

/// What became of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is written.
    Written,
    /// It is not, and why.
    Failed(String),
}

/// One object of an import and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Type.
    pub object_type: &'static str,
    /// Id.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What became of it.
    pub outcome: Outcome,
}

/// An import that did not come to an answer with rows.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No answer.
    #[error("cannot reach Kibana at {url}")]
    Unreachable {
        /// Where.
        url: String,
        /// Why.
        source: reqwest::Error,
    },
    /// Kibana refused the whole file.
    #[error("Kibana refused the import with {status}: {message}")]
    Refused {
        /// Status of HTTP.
        status: u16,
        /// What it said.
        message: String,
    },
}

/// A Kibana, and perhaps a space of it.
#[derive(Debug)]
pub struct Kibana {
    url: Url,
    space: Option<String>,
    login: Login,
    client: reqwest::Client,
}

/// A large import migrates each object; Kibana itself gives up after a minute.
const TIME_LIMIT: Duration = Duration::from_mins(1);

impl Kibana {
    /// Returns the Kibana at this address.
    pub fn try_new(url: Url, space: Option<String>, login: Login) -> Result<Self, ImportError> {
        let client = reqwest::Client::builder()
            .timeout(TIME_LIMIT)
            .build()
            .map_err(|source| ImportError::Unreachable { url: url.to_string(), source })?;
        Ok(Self { url, space, login, client })
    }

    fn endpoint(&self, path: &str) -> String {
        let base = self.url.as_str().trim_end_matches('/');
        match &self.space {
            Some(space) => format!("{base}/s/{space}{path}"),
            None => format!("{base}{path}"),
        }
    }

    fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, url).header("kbn-xsrf", "storewatch");
        match &self.login {
            Login::None => request,
            Login::Basic { username, password } => {
                request.basic_auth(username, Some(password.expose_secret()))
            }
            Login::ApiKey(key) => {
                request.header("authorization", format!("ApiKey {}", key.expose_secret()))
            }
        }
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        url: &str,
    ) -> Result<(u16, String), ImportError> {
        let unreachable = |source| ImportError::Unreachable { url: url.to_owned(), source };
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        Ok((status, response.text().await.map_err(unreachable)?))
    }

    /// Imports all objects in one request, over what is there, and returns what became of each.
    pub async fn import(&self, objects: &[SavedObject]) -> Result<Vec<Row>, ImportError> {
        let url = self.endpoint("/api/saved_objects/_import?overwrite=true");
        let file = Part::text(to_ndjson(objects)).file_name("storewatch.ndjson");
        let request =
            self.request(reqwest::Method::POST, &url).multipart(Form::new().part("file", file));
        let (status, body) = self.answer(request, &url).await?;
        judge(status, &body, objects)
    }

    /// Tells whether an object is there.
    pub async fn has(&self, object: &SavedObject) -> Result<bool, ImportError> {
        let url = self.endpoint(&format!(
            "/api/saved_objects/{}/{}",
            object.object_type.as_str(),
            object.id
        ));
        let (status, body) = self.answer(self.request(reqwest::Method::GET, &url), &url).await?;
        match status {
            200 => Ok(true),
            404 => Ok(false),
            _ => Err(ImportError::Refused { status, message: shorten(&body) }),
        }
    }

    /// Removes an object of ours; one that is not there is fine.
    pub async fn remove(&self, object: &SavedObject) -> Result<(), ImportError> {
        let path =
            format!("/api/saved_objects/{}/{}?force=true", object.object_type.as_str(), object.id);
        let url = self.endpoint(&path);
        let (status, body) = self.answer(self.request(reqwest::Method::DELETE, &url), &url).await?;
        match status {
            200 | 404 => Ok(()),
            _ => Err(ImportError::Refused { status, message: shorten(&body) }),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(500).collect()
}

#[derive(Debug, Deserialize)]
struct Answer {
    success: bool,
    #[serde(default)]
    errors: Vec<RowError>,
}

#[derive(Debug, Deserialize)]
struct RowError {
    id: String,
    #[serde(rename = "type")]
    object_type: String,
    error: Value,
}

/// Reads the answer. With a conflict or a missing reference nothing was written, whatever the count says; with other
/// errors the rest was.
fn judge(status: u16, body: &str, objects: &[SavedObject]) -> Result<Vec<Row>, ImportError> {
    if status != 200 {
        let message = serde_json::from_str::<Value>(body).ok();
        let message = message.as_ref().and_then(|value| value["message"].as_str()).unwrap_or(body);
        return Err(ImportError::Refused { status, message: shorten(message) });
    }
    let answer: Answer = serde_json::from_str(body).map_err(|error| ImportError::Refused {
        status,
        message: format!("its answer cannot be read: {error}"),
    })?;
    let nothing_written = answer.errors.iter().any(|row| {
        matches!(kind_of(&row.error), "conflict" | "ambiguous_conflict" | "missing_references")
    });
    let rows = objects.iter().map(|object| {
        let failed = answer
            .errors
            .iter()
            .find(|row| row.id == object.id && row.object_type == object.object_type.as_str());
        let outcome = match failed {
            Some(row) => Outcome::Failed(describe(&row.error)),
            None if nothing_written => {
                Outcome::Failed("nothing was written, because another object failed".into())
            }
            None if !answer.success && answer.errors.is_empty() => {
                Outcome::Failed("Kibana reports no success and no reason".into())
            }
            None => Outcome::Written,
        };
        Row {
            object_type: object.object_type.as_str(),
            id: object.id.clone(),
            title: object.title().to_owned(),
            outcome,
        }
    });
    Ok(rows.collect())
}

fn kind_of(error: &Value) -> &str {
    error["type"].as_str().unwrap_or("unknown")
}

fn describe(error: &Value) -> String {
    let detail = match kind_of(error) {
        "missing_references" => error["references"].to_string(),
        "unknown" => {
            format!("{} {}", error["statusCode"], error["message"].as_str().unwrap_or_default())
        }
        _ => String::new(),
    };
    format!("{} {detail}", kind_of(error)).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boards::objects;
    use serde_json::json;

    fn check(status: u16, body: &Value, written: usize) {
        let objects = objects();
        let rows = judge(status, &body.to_string(), &objects).unwrap();
        assert_eq!(rows.len(), objects.len());
        assert_eq!(
            rows.iter().filter(|row| row.outcome == Outcome::Written).count(),
            written,
            "{rows:#?}"
        );
    }

    fn error(of: &SavedObject, kind: &str) -> Value {
        json!({"id": of.id, "type": of.object_type.as_str(), "title": "x", "error": {"type": kind}})
    }

    #[test]
    fn success_writes_every_row() {
        check(200, &json!({"success": true, "successCount": 20}), objects().len());
    }

    #[test]
    fn a_conflict_or_a_missing_reference_writes_nothing_although_the_count_says_so() {
        let first = &objects()[0];
        for kind in ["conflict", "ambiguous_conflict", "missing_references"] {
            check(
                200,
                &json!({"success": false, "successCount": 19, "errors": [error(first, kind)]}),
                0,
            );
        }
    }

    #[test]
    fn an_unsupported_type_is_a_partial_import() {
        let first = &objects()[0];
        let body = json!({"success": false, "successCount": 19, "errors": [error(first, "unsupported_type")]});
        check(200, &body, objects().len() - 1);
    }

    #[test]
    fn a_refusal_gives_its_reason() {
        let body = r#"{"statusCode":422,"message":"a more recent version of Kibana"}"#;
        let refused = judge(422, body, &objects()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Kibana refused the import with 422: a more recent version of Kibana"
        );
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        let login = format!("{:?}", Login::ApiKey(SecretString::from("abc")));
        assert!(!login.contains("abc"), "{login}");
    }
}
