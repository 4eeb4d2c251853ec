//! All metrics of the gateway, in one block.

use caas_metrics::{Label, metrics};

/// The HTTP methods that are told apart. Clients may send any word; all others are `OTHER`, so
/// nobody can fill the memory by inventing methods.
#[derive(Label, Clone, Copy)]
#[label(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Method {
    Get,
    Post,
    Put,
    Delete,
    #[label(other)]
    Other,
}

metrics! {
    namespace = "caas";

    /// Total HTTP requests.
    pub counter HttpRequestsTotal { method: Method, path: &str, status: u16 }

    /// Request duration in seconds.
    #[buckets(0.01, 0.05, 0.1, 0.5, 1, 5)]
    pub histogram RequestDurationSeconds { method: Method, path: &str }

    /// Socket connections that are open.
    pub gauge SocketConnectionsActive { server_id: &str }

    /// Messages sent.
    pub counter MessagesSentTotal { tenant_id: &str, r#type: &str }

    /// Messages of a topic that its consumer has not yet processed.
    pub gauge KafkaConsumerLag { topic: &str, partition: u32 }
}
