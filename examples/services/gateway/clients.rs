//! Counts the clients that are connected.

use crate::metrics::shared::SocketConnectionsActive;

const SERVER_ID: &str = "gateway-1";

/// One open connection: it is made when a client connects, and dropped when the client has gone.
pub struct Client(());

impl Client {
    pub fn connected() -> Self {
        SocketConnectionsActive { server_id: SERVER_ID }.inc();
        Self(())
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        SocketConnectionsActive { server_id: SERVER_ID }.dec();
    }
}
