//! Where the server listens.
//!
//! Not here: files of Unix sockets (`unix`), and what becomes of connections (`connections`).
//! Invariant: above this file a connection is a stream of bytes, wherever it comes from.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};

#[cfg(unix)]
use super::unix::UnixSocket;

/// Connections that the system holds for us until we accept them.
const BACKLOG: u32 = 1024;

/// Bytes that the system may buffer for a client. If it never reads, they were encoded in vain.
const SEND_BUFFER: u32 = 128 * 1024;

/// A connection.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin {}

impl<S: AsyncRead + AsyncWrite + Unpin> Stream for S {}

/// What connections come from.
pub(super) enum Listener {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

impl Listener {
    /// Listens on the first of the addresses that is free.
    pub(super) fn tcp(addresses: &[SocketAddr]) -> io::Result<(Self, SocketAddr)> {
        let mut result = Err(io::Error::new(io::ErrorKind::InvalidInput, "it names no address"));
        for &address in addresses {
            result = listen_on(address);
            if result.is_ok() {
                break;
            }
        }
        let (listener, address) = result?;
        Ok((Self::Tcp(listener), address))
    }

    pub(super) async fn accept(&self) -> io::Result<Box<dyn Stream>> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Stream>>> {
        Poll::Ready(Ok(match self {
            Self::Tcp(listener) => {
                let (stream, _) = ready!(listener.poll_accept(cx))?;
                // Without it the last bytes of an answer may wait until the client has confirmed the
                // others.
                let _ = stream.set_nodelay(true);
                Box::new(stream)
            }
            #[cfg(unix)]
            Self::Unix(socket) => Box::new(ready!(socket.listener.poll_accept(cx))?.0),
        }))
    }
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
