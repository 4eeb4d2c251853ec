//! The metrics of the socket service.

use caas_metrics::{Label, metrics};

#[path = "../shared/metrics.rs"]
pub mod shared;

/// Why a connection ended.
#[derive(Label, Clone, Copy)]
pub enum Reason {
    /// The client said goodbye.
    Closed,
    /// The client disappeared, or broke the protocol.
    Aborted,
    /// The client did not read what was sent.
    Slow,
    /// This server stops.
    Shutdown,
}

metrics! {
    namespace = "caas";

    /// Socket connections that are open.
    #[held]
    pub gauge SocketConnectionsActive { server_id: &str }

    /// Connections that have ended.
    #[zeroed(reason)]
    pub counter SocketDisconnectsTotal { server_id: &str, reason: Reason }

    /// Messages sent to connected clients, each counted once for each client.
    pub counter SocketMessagesDeliveredTotal { server_id: &str }
}
