//! The server: the thread that it runs on, and how it is stopped.
//!
//! Not here: which clients it serves (`connections`), and what they are answered (`route`).
//! Invariant: nobody waits for ever for the server to start or to stop.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use http::Request;
use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::connections::{Connections, accept};
use super::last_scrape::{Deliveries, LastScrape};
use super::limits::Limits;
use super::listen::Listener;
use super::route::Routes;
use crate::Registry;
use crate::isolation::Isolation;
use crate::storage::flag::Tally;

/// Serves the process's registry on its own address.
///
/// Listens before it returns, then runs on a thread of its own, so it needs no async runtime and
/// may be called within one. Keep what it returns: dropping it stops the server.
///
/// With the feature `process`, the page then has the metrics of the process.
///
/// # Errors
///
/// If the address is malformed, cannot be resolved or is taken. The message names it.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let server = caas_metrics::serve("127.0.0.1:0")?;
/// println!("metrics on http://{}/metrics", server.local_addr());
/// server.shutdown();
/// # Ok(())
/// # }
/// ```
pub fn serve(address: impl ToSocketAddrs + Debug) -> io::Result<Server> {
    serve_from(crate::registry(), address)
}

/// [`serve`], for a registry of your own: a `&'static`, an `Arc` or the registry itself.
///
/// # Errors
///
/// As [`serve`].
///
/// ```
/// use caas_metrics::{Registry, http::serve_from};
///
/// # fn main() -> std::io::Result<()> {
/// let server = serve_from(Registry::new(), "127.0.0.1:0")?;
/// # Ok(())
/// # }
/// ```
pub fn serve_from<R>(registry: R, address: impl ToSocketAddrs + Debug) -> io::Result<Server>
where
    R: Borrow<Registry> + Send + 'static,
{
    Server::builder().registry(registry).serve(address)
}

/// Starts a server with what `ServerBuilder` has checked.
pub(super) fn start<R, A>(
    registry: R,
    routes: Routes,
    limits: Limits,
    listen: impl FnOnce() -> io::Result<(Listener, A)> + Send + 'static,
) -> io::Result<Server<A>>
where
    R: Borrow<Registry> + Send + 'static,
    A: Send + 'static,
{
    let (started, starting) = mpsc::sync_channel(1);
    let (stop, stopping) = oneshot::channel();
    let (running, ended) = mpsc::channel::<()>();
    let delivered = Arc::new(Tally::new());
    let deliveries = Arc::clone(&delivered);
    let isolation = Isolation::current();
    let run = move || {
        let _inside = isolation.enter();
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(started.send(Err(error))),
        };
        let listening = async move {
            let (listener, address) = match listen() {
                Ok(listening) => listening,
                Err(error) => return drop(started.send(Err(error))),
            };
            let answer = Rc::new(move |request: &Request<Incoming>| {
                routes.answer(registry.borrow(), request)
            });
            // Before the program may take the descriptors that the server keeps in reserve.
            let connections = Connections::new(limits, answer, Deliveries::new(deliveries));
            drop(started.send(Ok(address)));
            accept(listener, connections, stopping).await;
        };
        LocalSet::new().block_on(&runtime, listening);
        drop(running);
    };
    thread::Builder::new().name("caas-metrics".to_owned()).spawn(run)?;
    let gone = |_| Err(io::Error::other("the server's thread ended early"));
    let local_addr = starting.recv().unwrap_or_else(gone)?;
    let patience = limits.shutdown + Duration::from_secs(1);
    Ok(Server { local_addr, stop: Some(stop), ended, patience, delivered })
}

/// A running server.
///
/// Dropping it stops it at once and frees its port; [`shutdown`](Self::shutdown) lets answers
/// finish first; [`detach`](Self::detach) leaves it running for the life of the process.
///
/// `A` is the kind of address that it listens on: a [`SocketAddr`], or a `PathBuf` if it is a Unix socket.
#[derive(Debug)]
#[must_use = "dropping the server stops it; `detach` leaves it running"]
pub struct Server<A = SocketAddr> {
    local_addr: A,
    stop: Option<oneshot::Sender<Stop>>,
    /// Hangs up when the server's thread has ended.
    ended: mpsc::Receiver<()>,
    /// How long to wait for the thread to end.
    patience: Duration,
    /// The scrapes that count as last ones.
    delivered: Arc<Tally>,
}

/// How a server shall stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    Gracefully,
    /// Gracefully after this many scrapes, or after this time.
    AfterScrapes {
        count: u64,
        limit: Duration,
    },
    AtOnce,
    Never,
}

impl<A: Clone> Server<A> {
    /// The address that the server listens on, with the port that was chosen if port 0 was asked for; the
    /// path, if it is a Unix socket.
    #[must_use]
    pub fn local_addr(&self) -> A {
        self.local_addr.clone()
    }
}

impl<A> Server<A> {
    /// Accepts no more connections, lets the answers under way finish, and returns when they have, or
    /// after 5 seconds ([`ServerBuilder::shutdown_timeout`](super::ServerBuilder::shutdown_timeout)). Answers
    /// that wait for a collector get its last values after half a second.
    ///
    /// Blocks the calling thread meanwhile; in an async program that cares, call it through
    /// `spawn_blocking`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// caas_metrics::serve("127.0.0.1:0")?.shutdown();
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(mut self) {
        self.end(Stop::Gracefully);
    }

    /// Waits for one more scrape, then [shuts down](Self::shutdown). So Prometheus has the last values, which
    /// it would otherwise miss: those since its last scrape.
    ///
    /// Call it when the work is done and all is counted. Until the scrape, or until the limit has passed,
    /// the server serves as before. A scrape is a `GET` of the page with all families, which began after
    /// this call and was delivered whole: all of its bytes were handed to the operating system. `HEAD`,
    /// `/healthz`, a page by `name[]`, errors and transfers that break off are none.
    ///
    /// The limit should be longer than the interval between two scrapes. With Kubernetes, it and what comes
    /// after must fit into `terminationGracePeriodSeconds`. A process that ends is scraped as long as
    /// Prometheus knows it as a target: a pod until it is gone.
    ///
    /// Blocks the calling thread meanwhile; in an async program call it through `spawn_blocking`.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use caas_metrics::http::LastScrape;
    ///
    /// # fn work() {}
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = caas_metrics::serve("0.0.0.0:9100")?;
    /// work();
    /// let last = move || server.shutdown_after_scrape(Duration::from_secs(20));
    /// if tokio::task::spawn_blocking(last).await? == LastScrape::Missed {
    ///     eprintln!("nobody scraped the last values");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown_after_scrape(self, limit: Duration) -> LastScrape {
        self.shutdown_after_scrapes(1, limit)
    }

    /// [`shutdown_after_scrape`](Self::shutdown_after_scrape), after this many scrapes.
    ///
    /// It is for several Prometheus servers that scrape the same, at the same interval: between two scrapes
    /// of one there is one of each other. Who scrapes is not looked at: servers may share an address or come
    /// through a proxy, and each may use several connections. If one of two is down, the second scrape is
    /// the other one's next.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let server = caas_metrics::serve("0.0.0.0:9100")?;
    /// // … the work …
    /// let _ = server.shutdown_after_scrapes(2, Duration::from_secs(20));
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown_after_scrapes(mut self, count: u64, limit: Duration) -> LastScrape {
        let limit = limit.min(Limits::LONGEST);
        self.patience += limit;
        self.end(Stop::AfterScrapes { count, limit });
        // Those that the shutdown let finish count, too.
        if self.delivered.get() < count { LastScrape::Missed } else { LastScrape::Delivered }
    }

    /// Leaves the server running until the process ends.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// caas_metrics::serve("127.0.0.1:0")?.detach();
    /// # Ok(())
    /// # }
    /// ```
    pub fn detach(mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only if the server has ended already.
            let _ = stop.send(Stop::Never);
        }
    }

    fn end(&mut self, how: Stop) {
        let Some(stop) = self.stop.take() else { return };
        let _ = stop.send(how);
        // Longer than the server needs.
        let _ = self.ended.recv_timeout(self.patience);
    }
}

impl<A> Drop for Server<A> {
    fn drop(&mut self) {
        self.end(Stop::AtOnce);
    }
}
