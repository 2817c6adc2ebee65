//! Requests and answers in JSON.

use std::time::Duration;

use reqwest::{
    Method, Url,
    blocking::{self, RequestBuilder, Response},
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use serde_json::Value;

use super::ClientError;
use crate::work::https;

/// How long an answer may take: a large file is looked at before it is accepted.
const PATIENCE: Duration = Duration::from_secs(900);

/// A server, spoken to.
#[derive(Clone, Debug)]
pub struct Client {
    http: blocking::Client,
    root: Url,
    token: Option<String>,
}

impl Client {
    /// A server by its address, for instance `http://127.0.0.1:8080`, with a token where it asks for one.
    ///
    /// # Errors
    /// If it is no address that can be spoken to.
    ///
    /// ```
    /// use cellprism_gpu_backend::client::Client;
    /// assert!(Client::new("http://127.0.0.1:8080", None).is_ok());
    /// assert!(Client::new("ftp://127.0.0.1", None).is_err());
    /// ```
    pub fn new(address: &str, token: Option<String>) -> Result<Self, ClientError> {
        let wrong = |what: String| ClientError::Unknown(format!("{address}: {what}"));
        let root = Url::parse(&format!("{}/", address.trim_end_matches('/')))
            .map_err(|error| wrong(error.to_string()))?;
        if !["http", "https"].contains(&root.scheme()) {
            return Err(wrong("only http:// and https:// are spoken".into()));
        }
        let http = https::client().timeout(PATIENCE).build()?;
        Ok(Self { http, root, token })
    }

    /// A request that is not sent yet.
    pub(super) fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, ClientError> {
        let address =
            self.root.join(path.trim_start_matches('/')).map_err(|e| ClientError::Unknown(e.to_string()))?;
        let request = self.http.request(method, address);
        Ok(match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        })
    }

    /// Sends a request; what is not a success is an error with the server's words.
    pub(super) fn send(request: RequestBuilder) -> Result<Response, ClientError> {
        let answer = request.send()?;
        let status = answer.status();
        if status.is_success() {
            return Ok(answer);
        }
        let number = |text: &str| text.parse().ok();
        let retry_after = answer.headers().get(RETRY_AFTER).and_then(|value| number(value.to_str().ok()?));
        let body = answer.text().unwrap_or_default();
        let said: Option<Value> = serde_json::from_str(&body).ok();
        let detail = said.as_ref().and_then(|body| body["detail"].as_str()).unwrap_or("no reason is given");
        Err(ClientError::Refused { status: status.as_u16(), detail: detail.to_owned(), retry_after })
    }

    /// What is at an address below `/api/v1`.
    ///
    /// # Errors
    /// What the server or the network says.
    pub fn get(&self, path: &str) -> Result<Value, ClientError> {
        let answer = Self::send(self.request(Method::GET, &format!("api/v1/{path}"))?)?;
        serde_json::from_str(&answer.text()?).map_err(|error| ClientError::Unknown(error.to_string()))
    }

    /// Sends JSON to an address below `/api/v1`, under a name by which the same request may be sent again.
    ///
    /// # Errors
    /// What the server or the network says.
    pub fn post(&self, path: &str, body: &Value, once: Option<&str>) -> Result<Value, ClientError> {
        let mut request = self.request(Method::POST, &format!("api/v1/{path}"))?;
        request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        if let Some(name) = once {
            request = request.header("idempotency-key", name);
        }
        let answer = Self::send(request)?;
        serde_json::from_str(&answer.text()?).map_err(|error| ClientError::Unknown(error.to_string()))
    }

    /// Removes what is at an address below `/api/v1`.
    ///
    /// # Errors
    /// What the server or the network says.
    pub fn delete(&self, path: &str) -> Result<(), ClientError> {
        Self::send(self.request(Method::DELETE, &format!("api/v1/{path}"))?).map(|_| ())
    }
}
