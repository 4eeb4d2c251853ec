//! The server: where it listens, what it answers, which clients it serves, and how it stops.
//!
//! Not here: what one connection may do (`connection`), and the answer to a scrape (`respond`).
//! Invariant: idle clients never keep a new one waiting.

use std::borrow::Borrow;
use std::fmt::Debug;
use std::future::{Future, poll_fn};
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::pin::pin;
use std::rc::Rc;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet, LocalSet};
use tokio::time::{sleep, sleep_until};

use super::connection::{self, Activity, Answer, Limits};
use super::respond::{Body, respond_to_from};
use crate::Registry;

/// The most connections that the server has at a time.
pub const MAX_CONNECTIONS: usize = 256;

/// Connections that the system holds for us until we accept them.
const BACKLOG: u32 = 1024;

/// Bytes that the system may buffer for a client. If it never reads, they were encoded in vain.
const SEND_BUFFER: u32 = 128 * 1024;

/// How long a connection must have been quiet before it gives way to a new one.
const MAY_BE_QUIET: Duration = Duration::from_millis(500);

/// Serves the process's registry on its own address.
///
/// Listens before it returns, then runs on a thread of its own, so it needs no async runtime and
/// may be called within one. Keep what it returns: dropping it stops the server.
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
    start(registry, address, Limits::DEFAULT)
}

/// [`serve_from`], with limits for a test.
pub(super) fn start<R>(
    registry: R,
    address: impl ToSocketAddrs + Debug,
    limits: Limits,
) -> io::Result<Server>
where
    R: Borrow<Registry> + Send + 'static,
{
    let named = |error: io::Error| {
        io::Error::new(error.kind(), format!("can't listen on {address:?}: {error}"))
    };
    let addresses: Vec<_> = address.to_socket_addrs().map_err(named)?.collect();
    let (started, starting) = mpsc::sync_channel(1);
    let (stop, stopping) = oneshot::channel();
    let (running, ended) = mpsc::channel::<()>();
    let run = move || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(started.send(Err(error))),
        };
        let listening = async move {
            let (listener, address) = match listen(&addresses) {
                Ok(listening) => listening,
                Err(error) => return drop(started.send(Err(error))),
            };
            drop(started.send(Ok(address)));
            let answer =
                Rc::new(move |request: &Request<Incoming>| route(registry.borrow(), request));
            accept(listener, Connections::new(limits, answer), stopping).await;
        };
        LocalSet::new().block_on(&runtime, listening);
        drop(running);
    };
    thread::Builder::new().name("caas-metrics".to_owned()).spawn(run).map_err(named)?;
    let gone = |_| Err(io::Error::other("the server's thread ended early"));
    let local_addr = starting.recv().unwrap_or_else(gone).map_err(named)?;
    let patience = limits.grace + Duration::from_secs(1);
    Ok(Server { local_addr, stop: Some(stop), ended, patience })
}

/// A running server.
///
/// Dropping it stops it at once and frees its port; [`shutdown`](Self::shutdown) lets answers
/// finish first; [`detach`](Self::detach) leaves it running for the life of the process.
#[derive(Debug)]
#[must_use = "dropping the server stops it; `detach` leaves it running"]
pub struct Server {
    local_addr: SocketAddr,
    stop: Option<oneshot::Sender<Stop>>,
    /// Hangs up when the server's thread has ended.
    ended: mpsc::Receiver<()>,
    /// How long to wait for the thread to end.
    patience: Duration,
}

/// How a server shall stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Gracefully,
    AtOnce,
    Never,
}

impl Server {
    /// The address that the server listens on, with the port that was chosen if port 0 was asked for.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Accepts no more connections, lets the answers under way finish, and returns when they have, or
    /// after 5 seconds.
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

impl Drop for Server {
    fn drop(&mut self) {
        self.end(Stop::AtOnce);
    }
}

/// Listens on the first of the addresses that is free.
fn listen(addresses: &[SocketAddr]) -> io::Result<(TcpListener, SocketAddr)> {
    let mut result = Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no address"));
    for &address in addresses {
        result = listen_on(address);
        if result.is_ok() {
            break;
        }
    }
    result
}

fn listen_on(address: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On other systems this would let two servers share a port. Here it lets a server that was
    // restarted have its port at once.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    // Accepted connections inherit it.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    let listener = socket.listen(BACKLOG)?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

/// Answers one request.
fn route(registry: &Registry, request: &Request<Incoming>) -> Response<Body> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    match request.uri().path() {
        "/metrics" | "/healthz" if !is_read => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            response
        }
        "/metrics" => respond_to_from(registry, request),
        "/healthz" => plain(StatusCode::OK, "ok"),
        _ => plain(StatusCode::NOT_FOUND, "not found; the metrics are at /metrics\n"),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::text(text));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Serves all clients until it is asked to stop.
async fn accept(
    listener: TcpListener,
    mut connections: Connections,
    stopping: oneshot::Receiver<Stop>,
) {
    let stopped = async {
        match stopping.await {
            Ok(Stop::Never) => std::future::pending().await,
            Ok(how) => how,
            Err(_) => Stop::AtOnce,
        }
    };
    let accepting = async {
        loop {
            connections.make_room().await;
            match listener.accept().await {
                Ok((stream, _)) => connections.add(stream),
                // The client has left already, or the process has no file descriptor left:
                // trying again at once would only burn the processor.
                Err(_) => sleep(Duration::from_millis(20)).await,
            }
        }
    };
    let how = first(stopped, accepting).await;
    drop(listener);
    if how == Stop::Gracefully {
        connections.finish().await;
    }
}

/// The connections that are open.
struct Connections {
    limits: Limits,
    answer: Answer,
    tasks: JoinSet<()>,
    open: Vec<(AbortHandle, Rc<Activity>)>,
    stop: watch::Sender<bool>,
}

impl Connections {
    fn new(limits: Limits, answer: Answer) -> Self {
        let stop = watch::Sender::new(false);
        Self { limits, answer, tasks: JoinSet::new(), open: Vec::new(), stop }
    }

    fn add(&mut self, stream: TcpStream) {
        // Without it the last bytes of an answer may wait until the client has confirmed the others.
        let _ = stream.set_nodelay(true);
        let activity = Rc::new(Activity::new(self.limits));
        let run = connection::run(
            stream,
            Rc::clone(&activity),
            Rc::clone(&self.answer),
            self.stop.subscribe(),
        );
        self.open.push((self.tasks.spawn_local(run), activity));
    }

    /// Waits for room for one more connection, and closes the quietest one if that is allowed.
    async fn make_room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.open.retain(|(task, _)| !task.is_finished());
            if self.open.len() < MAX_CONNECTIONS {
                return;
            }
            let quietest = self.open.iter().min_by_key(|(_, activity)| activity.quiet_since());
            let Some((task, activity)) = quietest else { return };
            let gives_way = activity.quiet_since() + MAY_BE_QUIET;
            if gives_way <= Instant::now() {
                task.abort();
                self.tasks.join_next().await;
            } else {
                let ended = async { drop(self.tasks.join_next().await) };
                first(ended, sleep_until(gives_way.into())).await;
            }
        }
    }

    /// Lets the answers under way finish, for a while.
    async fn finish(&mut self) {
        self.stop.send_replace(true);
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        first(finished, sleep(self.limits.grace)).await;
    }
}

/// The value of the future that is ready first. The other one is dropped.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        ready @ Poll::Ready(_) => ready,
    })
    .await
}
