//! How a server shall be: its registry, its path, and its limits.
//!
//! Not here: what the limits are for (`limits`), and the server itself (`server`).
//! Invariant: a server that started keeps what was asked for; bad values are errors before it listens.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::io;
use std::net::ToSocketAddrs;
#[cfg(unix)]
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::limits::Limits;
use super::listen::Listener;
use super::route::Routes;
use super::server::{Server, start};
#[cfg(unix)]
use super::unix::UnixSocket;
use crate::Registry;

/// What a [`Server`] shall be like.
///
/// Each value has a default, with which the server is that of [`serve`](crate::serve). Bad values are
/// errors when the server starts. A time-out of [`Duration::MAX`] is none.
///
/// ```
/// use std::time::Duration;
/// use caas_metrics::http::Server;
///
/// # fn main() -> std::io::Result<()> {
/// let server = Server::builder()
///     .path("/internal/metrics")
///     .max_connections(32)
///     .header_timeout(Duration::from_secs(2))
///     .idle_timeout(Duration::from_secs(120))
///     .stall_timeout(Duration::from_secs(5))
///     .response_timeout(Duration::from_secs(15))
///     .max_connection_age(Duration::MAX)
///     .shutdown_timeout(Duration::from_secs(1))
///     .serve("127.0.0.1:0")?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[must_use = "it does nothing until `serve` is called"]
pub struct ServerBuilder<R = &'static Registry> {
    pub(super) registry: R,
    pub(super) path: String,
    pub(super) limits: Limits,
    /// Adds to the registry what it shall have when the server starts.
    pub(super) prepare: fn(&Registry),
}

impl Server {
    /// A server that can be changed before it starts.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let server = caas_metrics::http::Server::builder().path("/m").serve("127.0.0.1:0")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder() -> ServerBuilder {
        let path = Routes::METRICS.to_owned();
        #[cfg(feature = "process")]
        let prepare = crate::process::register_for;
        #[cfg(not(feature = "process"))]
        let prepare = |_: &Registry| ();
        ServerBuilder { registry: crate::registry(), path, limits: Limits::DEFAULT, prepare }
    }
}

impl<R> ServerBuilder<R> {
    /// Serves a registry of your own: a `&'static`, an `Arc` or the registry itself. Default: the
    /// process's.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use caas_metrics::{Registry, http::Server};
    ///
    /// let server = Server::builder().registry(Registry::new()).serve("127.0.0.1:0")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn registry<S: Borrow<Registry>>(self, registry: S) -> ServerBuilder<S> {
        let Self { path, limits, prepare, .. } = self;
        ServerBuilder { registry, path, limits, prepare }
    }

    /// Where the page is. Default: `/metrics`.
    ///
    /// It begins with `/`, and has no query. `/` and `/healthz` are taken.
    ///
    /// ```
    /// # use caas_metrics::http::Server;
    /// let error = Server::builder().path("metrics").serve("127.0.0.1:0").unwrap_err();
    /// assert_eq!(error.to_string(), "can't serve metrics at \"metrics\": it must begin with `/`");
    /// ```
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Leaves the metrics of the [process](crate::process) out. Default: the process's registry has them
    /// from when the server starts; a registry of your own does not. If they are there already, they stay.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use caas_metrics::http::Server;
    ///
    /// let server = Server::builder().without_process_metrics().serve("127.0.0.1:0")?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "process")]
    pub fn without_process_metrics(mut self) -> Self {
        self.prepare = |_| ();
        self
    }

    /// The most connections at a time. Default: [`MAX_CONNECTIONS`](super::MAX_CONNECTIONS).
    ///
    /// For one more, the connection gives way that has been quiet longest.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.limits.connections = count;
        self
    }

    /// How long a client may take to send a request line and headers. Default: 5 seconds.
    pub fn header_timeout(mut self, time: Duration) -> Self {
        self.limits.header = time;
        self
    }

    /// How long a connection may be idle between two requests. Default: 75 seconds, more than the usual
    /// interval between two scrapes.
    pub fn idle_timeout(mut self, time: Duration) -> Self {
        self.limits.idle = time;
        self
    }

    /// How long a client may go without reading any of an answer. Default: 10 seconds.
    pub fn stall_timeout(mut self, time: Duration) -> Self {
        self.limits.stall = time;
        self
    }

    /// How long a client may take to read a whole answer. Default: 60 seconds.
    pub fn response_timeout(mut self, time: Duration) -> Self {
        self.limits.response = time;
        self
    }

    /// How long a connection is kept alive: the first answer after this time is its last.
    /// Default: 10 minutes.
    pub fn max_connection_age(mut self, time: Duration) -> Self {
        self.limits.age = time;
        self
    }

    /// How long [`Server::shutdown`] lets answers under way finish. Default: 5 seconds.
    pub fn shutdown_timeout(mut self, time: Duration) -> Self {
        self.limits.shutdown = time;
        self
    }
}

impl<R: Borrow<Registry> + Send + 'static> ServerBuilder<R> {
    /// Starts the server on a TCP address, as [`serve`](crate::serve) does.
    ///
    /// # Errors
    ///
    /// If a value of the builder is bad, or if the address is malformed, cannot be resolved or is
    /// taken. The message names it.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let server = caas_metrics::http::Server::builder().serve("127.0.0.1:0")?;
    /// assert_ne!(server.local_addr().port(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn serve(self, address: impl ToSocketAddrs + Debug) -> io::Result<Server> {
        let (registry, routes, limits) = self.prepared()?;
        let named = cannot_listen(&address);
        let addresses: Vec<_> = address.to_socket_addrs().map_err(&named)?.collect();
        start(registry, routes, limits, move || Listener::tcp(&addresses)).map_err(named)
    }

    /// Starts the server on a Unix socket.
    ///
    /// Who may connect is decided by the permissions of the socket's folder, and by the `umask`. The file
    /// is removed when the server stops. If an earlier server could not do that, because its process was
    /// killed, its file is replaced.
    ///
    /// # Errors
    ///
    /// If a value of the builder is bad, if there can't be a socket at this path, if there is a file that
    /// is not a socket, or if another server listens there. The message names it.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// use caas_metrics::http::Server;
    ///
    /// let path = std::env::temp_dir().join(format!("caas-{}.sock", std::process::id()));
    /// let server = Server::builder().serve_unix(&path)?;
    /// assert_eq!(server.local_addr(), path);
    /// server.shutdown();
    /// assert!(!path.exists());
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(unix)]
    pub fn serve_unix(self, path: impl AsRef<Path>) -> io::Result<Server<PathBuf>> {
        let (registry, routes, limits) = self.prepared()?;
        let path = path.as_ref().to_owned();
        let named = cannot_listen(&path);
        let listen = {
            let path = path.clone();
            move || UnixSocket::bind(&path).map(|socket| (Listener::Unix(socket), path))
        };
        start(registry, routes, limits, listen).map_err(named)
    }

    /// Checks the values, and has the registry prepared.
    fn prepared(self) -> io::Result<(R, Routes, Limits)> {
        let bad = |text: String| io::Error::new(io::ErrorKind::InvalidInput, text);
        let routes = Routes::new(self.path).map_err(bad)?;
        let limits = self.limits.checked().map_err(bad)?;
        (self.prepare)(self.registry.borrow());
        Ok((self.registry, routes, limits))
    }
}

/// Adds to an error where the server should have listened.
fn cannot_listen(address: &impl Debug) -> impl Fn(io::Error) -> io::Error {
    let address = format!("{address:?}");
    move |error| io::Error::new(error.kind(), format!("can't listen on {address}: {error}"))
}
