//! Listening, and ending in order.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, bail};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{net::TcpListener, sync::Semaphore};

use super::patience::Patient;

/// How long requests in progress may take after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(5);
/// Rest after a connection could not be accepted, for instance for want of file handles.
const PAUSE: Duration = Duration::from_millis(200);
/// Longest head of a request.
const LONGEST_HEAD: usize = 64 << 10;

/// What a client may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// Until the head of a request is there, also the first or next one of an idle connection.
    pub head: Duration,
    /// Until some of an answer is taken.
    pub taking: Duration,
}

impl Default for Limits {
    /// 512 connections (systems give a program a thousand files), 10 s for a request, half a minute for a piece of an
    /// answer.
    fn default() -> Self {
        Self { connections: 512, head: Duration::from_secs(10), taking: Duration::from_secs(30) }
    }
}

/// A server that listens already.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    /// Where it listens; the port is the real one.
    pub address: SocketAddr,
    limits: Limits,
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
        Ok(Self { listener, address, limits: Limits::default() })
    }

    /// Other limits than the usual ones.
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Answers requests until Ctrl-C or a termination signal, then lets those in progress finish.
    ///
    /// # Errors
    /// If signals cannot be waited for.
    pub async fn run(self, router: Router) -> anyhow::Result<()> {
        let Limits { connections, head, taking } = self.limits;
        let room = Arc::new(Semaphore::new(connections));
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(head).max_buf_size(LONGEST_HEAD);
        let ending = GracefulShutdown::new();
        let mut signal = std::pin::pin!(signal());
        loop {
            // Who finds no room waits in the system's queue until a connection ends.
            let next = async {
                let place = room.clone().acquire_owned().await;
                (place, self.listener.accept().await)
            };
            let (place, accepted) = tokio::select! {
                next = next => next,
                signal = &mut signal => { signal?; break }
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!("a connection failed: {error}");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            // Else the head of an answer waits for the other side's late receipt before the body follows: 40 ms a file.
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!("a connection cannot send at once: {error}");
            }
            let stream = TokioIo::new(Patient::new(stream, taking));
            let answers = builder.serve_connection(stream, TowerToHyperService::new(router.clone()));
            let answers = ending.watch(answers);
            tokio::spawn(async move {
                let _place = place;
                if let Err(error) = answers.await {
                    tracing::debug!("a connection ended: {error}");
                }
            });
        }
        // Connections kept open by browsers must not keep the program alive.
        let _ = tokio::time::timeout(PATIENCE, ending.shutdown()).await;
        Ok(())
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
    use std::time::Instant;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpStream,
    };

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

    /// A server of one answer with these limits.
    async fn served(limits: Limits, answer: &'static [u8]) -> SocketAddr {
        let server = Server::bind("127.0.0.1:0", false).await.unwrap().with_limits(limits);
        let address = server.address;
        let router = Router::new().fallback(axum::routing::get(move || async move { answer }));
        tokio::spawn(server.run(router));
        address
    }

    async fn get(address: SocketAddr) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Milliseconds until the server closes a connection; what it said before.
    async fn until_closed(stream: &mut TcpStream) -> (u128, String) {
        let (started, mut said) = (Instant::now(), Vec::new());
        let _ = stream.read_to_end(&mut said).await;
        (started.elapsed().as_millis(), String::from_utf8_lossy(&said).into_owned())
    }

    const QUICK: Limits =
        Limits { connections: 64, head: Duration::from_millis(300), taking: Duration::from_millis(300) };

    #[tokio::test]
    async fn a_head_that_comes_by_drops_is_not_waited_for() {
        let address = served(QUICK, b"here").await;
        let (mut reads, mut writes) = TcpStream::connect(address).await.unwrap().into_split();
        let drops = tokio::spawn(async move {
            for byte in b"GET / HTTP/1.1\r\nhost: x\r\n".iter().cycle() {
                tokio::time::sleep(Duration::from_millis(40)).await;
                if writes.write_all(&[*byte]).await.is_err() {
                    break;
                }
            }
        });
        let started = Instant::now();
        let _ = reads.read_to_end(&mut Vec::new()).await;
        assert!((250..3000).contains(&started.elapsed().as_millis()), "{:?}", started.elapsed());
        drops.abort();
        assert!(get(address).await.ends_with("here"));
    }

    #[tokio::test]
    async fn an_idle_connection_is_closed() {
        let address = served(QUICK, b"here").await;
        let mut silent = TcpStream::connect(address).await.unwrap();
        let mut kept = TcpStream::connect(address).await.unwrap();
        kept.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        for stream in [&mut silent, &mut kept] {
            let (waited, _) = until_closed(stream).await;
            assert!(waited < 3000, "{waited} ms");
        }
    }

    #[tokio::test]
    async fn connections_beyond_the_limit_wait_for_their_turn() {
        let limits = Limits { connections: 2, ..QUICK };
        let address = served(limits, b"here").await;
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        // Two at a time are closed as idle; meanwhile this one waits for its turn.
        let started = Instant::now();
        assert!(get(address).await.ends_with("here"));
        let waited = started.elapsed().as_millis();
        assert!((1500..20_000).contains(&waited), "{waited} ms for ten turns of two");
    }

    #[tokio::test]
    async fn sixty_four_clients_are_answered_at_once() {
        let address = served(QUICK, b"here").await;
        let clients: Vec<_> = (0..64).map(|_| tokio::spawn(get(address))).collect();
        for client in clients {
            assert!(client.await.unwrap().ends_with("here"));
        }
    }
}
