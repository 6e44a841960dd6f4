//! Asking a server whether it is there.

use std::fs;
use std::time::Duration;

use crate::{Access, Error};

const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Asks servers, over plain HTTP or TLS.
#[derive(Debug)]
pub(crate) struct Probe {
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Probe {
    pub(crate) fn new(access: &Access) -> Result<Self, Error> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::io("start", "the runtime of the probe"))?;
        let mut builder = reqwest::Client::builder().no_proxy().timeout(ANSWER_WITHIN);
        if let Some(path) = &access.ca_file {
            let pem = fs::read(path).map_err(Error::io("read", path))?;
            builder = builder.add_root_certificate(
                reqwest::Certificate::from_pem(&pem).map_err(|error| tls(&error))?,
            );
        }
        Ok(Self { runtime, client: builder.build().map_err(|error| tls(&error))? })
    }

    /// Tells whether the server answers us, as who we say we are, with shards that can take documents.
    pub(crate) fn is_answered(&self, access: &Access) -> bool {
        let url = format!("{}/_cluster/health?wait_for_status=yellow&timeout=1s", access.url);
        let mut request = self.client.get(url);
        if let Some((username, password)) = access.basic() {
            request = request.basic_auth(username, Some(password));
        }
        // In a block of its own: the request wants the runtime around it already when it is built.
        let reply = self.runtime.block_on(async { request.send().await });
        reply.is_ok_and(|reply| reply.status().is_success())
    }
}

fn tls(error: &reqwest::Error) -> Error {
    Error::Tool {
        act: "reading the server's certificate",
        status: "an error".to_owned(),
        output: error.to_string(),
    }
}
