//! The families that several services have in common.

use caas_metrics::tower::Call;
use caas_metrics::{Label, metrics};

/// The HTTP methods that are counted separately. Clients may send any word; all others are `OTHER`, so
/// that invented methods cannot fill the memory.
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

caas_metrics::build_info!(namespace = "caas");

metrics! {
    namespace = "caas";

    /// Total HTTP requests.
    pub counter HttpRequestsTotal { method: Method, path: &str, status: u16 }

    /// Request duration in seconds.
    #[exemplars]
    #[native]
    #[buckets(0.01, 0.05, 0.1, 0.5, 1, 5)]
    pub histogram RequestDurationSeconds { method: Method, path: &str }

    /// HTTP requests whose response has not been sent.
    #[updown]
    pub gauge HttpRequestsInFlight;

    /// Messages of a topic that its consumer has not yet processed.
    pub gauge KafkaConsumerLag { topic: &str, partition: u32 }
}

/// Called once for each request, when the head of its response is ready, or however else it ends.
pub fn measure(call: &Call<'_>) {
    let method = Method::from_label(call.method().as_str());
    let path = call.route(); // the template, `/messages/{id}`
    HttpRequestsTotal { method, path, status: call.status() }.inc();
    RequestDurationSeconds { method, path }.observe(call.elapsed());
}
