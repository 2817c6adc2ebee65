//! Who may ask.
//!
//! Without a token the server listens on this computer only, and answers only requests that name it: otherwise any
//! web page could read the bundles here by pointing a name of its own at this address (DNS rebinding).

use std::{net::IpAddr, path::Path, sync::Arc};

use anyhow::{Context, bail};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use headers::{
    Authorization, HeaderMapExt,
    authorization::{Basic, Bearer},
};
use sha2::{Digest, Sha256};

use super::problem::Problem;

use crate::work::regular;

/// Shortest token.
const SHORTEST: usize = 16;

/// A secret that requests must carry. Only its digest is kept, and digests are compared, all bytes of them, so that
/// the time an answer takes tells nothing about it.
#[derive(Clone)]
pub struct Token([u8; 32]);

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

impl Token {
    /// A token.
    ///
    /// # Errors
    /// If it is shorter than 16 characters or has others than visible ASCII.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        if text.len() < SHORTEST || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            bail!("a token has at least {SHORTEST} visible ASCII characters and no spaces");
        }
        Ok(Self(Sha256::digest(text).into()))
    }

    /// The token in a file; spaces and line ends around it do not count.
    ///
    /// # Errors
    /// If the file cannot be read or holds no token.
    pub fn read(file: &Path) -> anyhow::Result<Self> {
        let text = regular::text(file, regular::SETTINGS)
            .with_context(|| format!("cannot read {}", file.display()))?;
        Self::new(text.trim()).with_context(|| file.display().to_string())
    }

    fn is(&self, given: &str) -> bool {
        let given: [u8; 32] = Sha256::digest(given).into();
        self.0.iter().zip(given).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

/// What a request must bring.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The token, where one is needed: `Authorization: Bearer TOKEN`, or as the password of a browser's own dialogue.
    pub token: Option<Token>,
    /// Further names of this server, for requests without token.
    pub hosts: Vec<String>,
}

/// Lets a request pass or tells why not.
pub async fn check(State(access): State<Arc<Access>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    match &access.token {
        // A watchdog has no token, and learns nothing from this.
        Some(_) if request.uri().path() == "/health" => {}
        Some(token) if given(headers).is_some_and(|given| token.is(&given)) => {}
        Some(_) => return unauthorized(),
        None if known_host(headers, request.uri().host(), &access.hosts) => {}
        None => {
            let what = "this server answers requests to localhost only: name other hosts with --allow-host";
            return Problem::new(StatusCode::MISDIRECTED_REQUEST, what).into_response();
        }
    }
    let mut response = next.run(request).await;
    if access.token.is_some() {
        keep_private(response.headers_mut());
    }
    response
}

/// What needs a token is for who has it: a proxy or a cache between may not keep it.
fn keep_private(headers: &mut HeaderMap) {
    let said = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or("no-store");
    let rest: Vec<&str> = said.split(',').map(str::trim).filter(|part| *part != "public").collect();
    if let Ok(value) = HeaderValue::from_str(&format!("private, {}", rest.join(", "))) {
        headers.insert(header::CACHE_CONTROL, value);
    }
}

fn unauthorized() -> Response {
    let what = "a token is needed: Authorization: Bearer TOKEN, or any user name with the token as password";
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, what).into_response();
    let schemes = HeaderValue::from_static("Basic realm=\"cellprism\", charset=\"UTF-8\", Bearer");
    response.headers_mut().insert(header::WWW_AUTHENTICATE, schemes);
    response
}

/// The token in a request.
fn given(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.typed_get::<Authorization<Bearer>>().map(|given| given.token().to_owned());
    let password = || headers.typed_get::<Authorization<Basic>>().map(|given| given.password().to_owned());
    bearer.or_else(password)
}

/// Whether the request names this computer.
fn known_host(headers: &HeaderMap, by_uri: Option<&str>, allowed: &[String]) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(by_uri);
    let Some(name) = host.map(without_port) else { return false };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        || allowed.iter().any(|known| known.eq_ignore_ascii_case(name))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.ends_with(':') => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let token = Token::new("0123456789abcdef").unwrap();
        assert!(token.is("0123456789abcdef"));
        for wrong in ["", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef0"] {
            assert!(!token.is(wrong), "{wrong}");
        }
        assert!(Token::new("short").is_err() && Token::new("with spaces in between").is_err());
        assert_eq!(format!("{token:?}"), "Token(…)");
    }

    #[test]
    fn only_names_of_this_computer_are_known() {
        let known = |host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
            known_host(&headers, None, &["lab.example".to_owned()])
        };
        for host in
            ["localhost", "LOCALHOST:8080", "127.0.0.1:1", "127.8.0.1", "[::1]:80", "[::1]", "lab.example:9"]
        {
            assert!(known(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example:8080", "10.0.0.1", "[2001:db8::1]:80", ""] {
            assert!(!known(host), "{host}");
        }
    }

    #[test]
    fn the_token_is_a_bearers_or_a_password() {
        let token = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
            given(&headers)
        };
        assert_eq!(token("bearer secret").as_deref(), Some("secret"));
        assert_eq!(token("Basic dTpzZWNyZXQ=").as_deref(), Some("secret"));
        for wrong in ["Basic a b", "Basic YQ==", "Digest x", "secret"] {
            assert_eq!(token(wrong), None, "{wrong}");
        }
    }
}
