//! The network: HTTP and HTTPS, with the certificates that this computer trusts.

use std::time::Duration;

use reqwest::blocking::ClientBuilder;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(20);

/// A client that is not built yet.
pub fn client() -> ClientBuilder {
    // Where another part of the program was faster, its provider is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::blocking::Client::builder()
        .connect_timeout(CONNECT)
        .user_agent(concat!("cellprism/", env!("CARGO_PKG_VERSION")))
}
