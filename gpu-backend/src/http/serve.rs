//! Listening, and ending in order.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    time::Duration,
};

use anyhow::{Context, bail};
use axum::Router;
use tokio::net::TcpListener;

/// How long requests in progress may take after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that listens already.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    /// Where it listens; the port is the real one.
    pub address: SocketAddr,
}

impl Server {
    /// Listens on `bind`, for instance `127.0.0.1:8080` or `localhost:0`.
    ///
    /// # Errors
    /// If it is no address, is taken, or can be reached from other computers while no token protects it.
    pub async fn bind(bind: &str, token: bool) -> anyhow::Result<Self> {
        let addresses: Vec<SocketAddr> = bind
            .to_socket_addrs()
            .with_context(|| format!("--bind {bind}: not an address such as 127.0.0.1:8080"))?
            .collect();
        if !token && let Some(open) = addresses.iter().find(|address| !address.ip().is_loopback()) {
            bail!(
                "--bind {bind}: {open} can be reached from other computers, so a token is needed: \
                 give --token-file FILE, or bind to 127.0.0.1"
            );
        }
        let listener = TcpListener::bind(&addresses[..])
            .await
            .with_context(|| format!("cannot listen on {bind} (--bind takes another address or port)"))?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// Answers requests until Ctrl-C or a termination signal, then lets those in progress finish.
    ///
    /// # Errors
    /// If signals cannot be waited for or the listener fails.
    pub async fn run(self, router: Router) -> anyhow::Result<()> {
        let (tell, told) = tokio::sync::oneshot::channel::<()>();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async {
            let _ = told.await;
        });
        let mut serving = std::pin::pin!(serving.into_future());
        tokio::select! {
            ended = &mut serving => return Ok(ended?),
            signal = signal() => signal?,
        }
        let _ = tell.send(());
        // Connections kept open by browsers must not keep the program alive.
        match tokio::time::timeout(PATIENCE, serving).await {
            Ok(ended) => Ok(ended?),
            Err(_) => Ok(()),
        }
    }
}

async fn signal() -> anyhow::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed?,
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_network_needs_a_token() {
        for open in ["0.0.0.0:0", "[::]:0"] {
            let error = Server::bind(open, false).await.unwrap_err().to_string();
            assert!(error.contains("--token-file"), "{error}");
        }
        assert!(Server::bind("0.0.0.0:0", true).await.is_ok());
        let server = Server::bind("127.0.0.1:0", false).await.unwrap();
        assert_ne!(server.address.port(), 0);
        let taken = Server::bind(&server.address.to_string(), false).await.unwrap_err().to_string();
        assert!(taken.contains("cannot listen on 127.0.0.1:"), "{taken}");
        assert!(Server::bind("nonsense", false).await.unwrap_err().to_string().contains("--bind nonsense"));
    }
}
