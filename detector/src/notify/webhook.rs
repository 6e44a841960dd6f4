//! The channel `webhook`: a POST of JSON, signed by HMAC-SHA256 over time and body.
//!
//! `Storewatch-Signature: t=<seconds>,v1=<hex>` signs `<seconds>.<body>`; a receiver refuses old times, so that a
//! recorded request cannot be played again. `Idempotency-Key` is the same at each try. Any 2xx is success; network
//! faults, 408, 429 and 5xx are tried again, all else is final.

use std::fmt::Write as _;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use reqwest::{Client, StatusCode, redirect};
use runtime::secret::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;
use url::Url;

use super::{Delivery, Notifier, Parcel, Sending};

/// A receiver of messages.
#[derive(Debug)]
pub struct Webhook {
    client: Client,
    url: Url,
    secret: Option<SecretString>,
}

/// The HTTP client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make the client of a webhook")]
pub struct NoWebhook {
    source: reqwest::Error,
}

impl Webhook {
    /// Returns the channel to this address.
    ///
    /// # Errors
    /// When no TLS can be set up.
    pub fn try_new(
        url: Url,
        secret: Option<SecretString>,
        limit: Duration,
    ) -> Result<Self, NoWebhook> {
        let client = Client::builder()
            .timeout(limit)
            .no_proxy()
            // A redirect would carry signature and alert to an address nobody checked.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|source| NoWebhook { source })?;
        Ok(Self { client, url, secret })
    }

    async fn post(&self, parcel: Parcel<'_>, now: Timestamp) -> Delivery {
        let body = json!({
            "version": 1,
            "status": parcel.trigger.as_str(),
            "dedup_key": parcel.episode,
            "message": parcel.body["message"],
            "alert": parcel.body["alert"],
        })
        .to_string();
        let mut request = self
            .client
            .post(self.url.clone())
            .header("content-type", "application/json")
            .header("idempotency-key", parcel.key);
        if let Some(secret) = &self.secret {
            let signed = signature(secret.expose_secret(), now.as_second(), &body);
            request = request.header("storewatch-signature", signed);
        }
        match request.body(body).send().await {
            Ok(reply) => judge(reply.status(), retry_after(&reply)),
            // The address may hold a token: what reqwest prints of it is left out.
            Err(error) => Delivery::Retry { after: None, reason: error.without_url().to_string() },
        }
    }
}

impl Notifier for Webhook {
    fn send<'a>(&'a self, parcel: Parcel<'a>, now: Timestamp) -> Sending<'a> {
        Box::pin(self.post(parcel, now))
    }
}

/// Returns the value of the signature header.
///
/// # Panics
/// Never: HMAC takes keys of any length.
pub fn signature(secret: &str, seconds: i64, body: &str) -> String {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{seconds}.{body}").as_bytes());
    let mut hex = String::new();
    for byte in mac.finalize().into_bytes() {
        let written = write!(hex, "{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a String does not fail");
    }
    format!("t={seconds},v1={hex}")
}

fn retry_after(reply: &reqwest::Response) -> Option<Duration> {
    let seconds = reply.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn judge(status: StatusCode, after: Option<Duration>) -> Delivery {
    let reason = format!("the receiver answered {}", status.as_u16());
    match status.as_u16() {
        200..=299 => Delivery::Sent,
        408 | 429 | 500..=599 => Delivery::Retry { after, reason },
        _ => Delivery::Permanent { reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread;

    #[test]
    fn a_signature_can_be_recomputed_by_any_receiver() {
        // printf '1772445600.{"a":1}' | openssl dgst -sha256 -hmac secret
        assert_eq!(
            signature("secret", 1_772_445_600, r#"{"a":1}"#),
            "t=1772445600,v1=2235e1eaebe27e5543cf4a2e961bc82b816d9acb874d46bebf64342326ae64f5"
        );
    }

    #[test]
    fn answers_decide_what_comes_next() {
        let status = |code| judge(StatusCode::from_u16(code).unwrap(), None);
        assert_eq!(status(204), Delivery::Sent);
        for code in [408, 429, 500, 503] {
            assert!(matches!(status(code), Delivery::Retry { .. }), "{code}");
        }
        for code in [301, 400, 401, 404] {
            assert!(matches!(status(code), Delivery::Permanent { .. }), "{code}");
        }
    }

    /// Answers one request with these bytes and returns what was asked; then nobody listens any more.
    fn told(answer: &'static str) -> (Delivery, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}/hook", listener.local_addr().unwrap())).unwrap();
        let receiver = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            // The body is the last thing sent and ends the object.
            while !asked.ends_with(b"\"version\":1}") {
                let mut bytes = [0; 4_096];
                let read = stream.read(&mut bytes).unwrap();
                asked.extend_from_slice(&bytes[..read]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(asked).unwrap()
        });
        let secret = Some("secret".into());
        let webhook = Webhook::try_new(url, secret, Duration::from_secs(10)).unwrap();
        let body = json!({"message": "orders too low", "alert": {"event": {"id": "e1"}}});
        let trigger = crate::notify::Trigger::Trigger;
        let parcel = Parcel { key: "k1", episode: "e1", trigger, body: &body };
        let now = Timestamp::from_second(1_772_445_600).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let delivery = runtime.block_on(webhook.send(parcel, now));
        (delivery, receiver.join().unwrap())
    }

    #[test]
    fn a_receiver_gets_a_signed_body_and_the_same_key_at_each_try() {
        let (delivery, asked) = told("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n");
        assert_eq!(delivery, Delivery::Sent);
        let (head, body) = asked.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("POST /hook HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("idempotency-key: k1\r\n"), "{head}");
        let signed = signature("secret", 1_772_445_600, body);
        assert!(head.contains(&format!("storewatch-signature: {signed}")), "{head}");
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["status"], json!("trigger"));
        assert_eq!(body["dedup_key"], json!("e1"));
        assert_eq!(body["alert"]["event"]["id"], json!("e1"));
    }

    #[test]
    fn a_receiver_that_is_busy_is_tried_again_when_it_says() {
        let answer =
            "HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        let (delivery, _) = told(answer);
        let after = Some(Duration::from_secs(7));
        assert_eq!(delivery, Delivery::Retry { after, reason: "the receiver answered 429".into() });
    }

    #[test]
    fn a_connection_that_ends_without_an_answer_is_tried_again_and_names_no_address() {
        let (delivery, _) = told("");
        let Delivery::Retry { after: None, reason } = delivery else { panic!("{delivery:?}") };
        assert!(!reason.contains("/hook"), "{reason}");
    }
}
