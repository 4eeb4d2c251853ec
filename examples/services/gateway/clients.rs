//! Counts the clients that are connected.

use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

use crate::metrics::shared::SocketConnectionsActive;

const SERVER_ID: &str = "gateway-1";

/// One open connection; axum makes it when a client connects and drops it, with all clones that
/// its requests had, after the client has gone.
#[derive(Clone)]
pub struct Client {
    _open: Arc<Open>,
}

impl Connected<IncomingStream<'_, TcpListener>> for Client {
    fn connect_info(_: IncomingStream<'_, TcpListener>) -> Self {
        Self { _open: Arc::new(Open::new()) }
    }
}

struct Open;

impl Open {
    fn new() -> Self {
        SocketConnectionsActive { server_id: SERVER_ID }.inc();
        Self
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        SocketConnectionsActive { server_id: SERVER_ID }.dec();
    }
}
