//! Who may ask.
//!
//! Without a token the server listens on this computer only, and answers only requests that name it: otherwise any
//! web page could read the bundles here by pointing a name of its own at this address (DNS rebinding).

use std::{net::IpAddr, sync::Arc};

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

use super::{
    problem::Problem,
    tokens::{Role, Tokens, Who},
};

/// What a request must bring.
#[derive(Debug, Default)]
pub struct Access {
    /// The tokens, where one is needed: `Authorization: Bearer TOKEN`, or as the password of a browser's own dialogue.
    pub tokens: Tokens,
    /// Further names of this server, for requests without token.
    pub hosts: Vec<String>,
}

/// Lets a request pass, with [`Who`] asks, or tells why not.
pub async fn check(State(access): State<Arc<Access>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let path = request.uri().path();
    // A watchdog has no token, and learns nothing from this.
    let watched = path == "/health" || path.starts_with("/health/");
    let who = if access.tokens.is_empty() {
        if !known_host(headers, request.uri().host(), &access.hosts) {
            let what = "this server answers requests to localhost only: name other hosts with --allow-host";
            return Problem::new(StatusCode::MISDIRECTED_REQUEST, what).into_response();
        }
        Who::local()
    } else {
        match given(headers).as_deref().and_then(|given| access.tokens.find(given)) {
            Some(who) => who.clone(),
            None if watched => Who { role: Role::Read, ..Who::local() },
            None => return unauthorized(),
        }
    };
    if let Err(seconds) = access.tokens.count(&who) {
        let what = format!("{:?} has made all requests of this minute", who.name);
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, what).retry_after(seconds).into_response();
    }
    request.extensions_mut().insert(who.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(who);
    if !access.tokens.is_empty() {
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
