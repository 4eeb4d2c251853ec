//! A whole service: what its clients get, how one function ends and why, and which build runs.
//!
//! ```sh
//! cargo run --example service
//! curl -X POST http://127.0.0.1:8000/orders/tea
//! curl http://127.0.0.1:9000/metrics
//! ```

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use caas_metrics::{Exit, FromExit, Label, Outcome, counted, in_flight, metrics, timed};

caas_metrics::build_info!(namespace = "shop");
caas_metrics::http_metrics! { namespace = "shop"; struct HttpMetrics; }

metrics! {
    namespace = "shop";

    /// Orders by how they ended and why they were refused.
    counter OrdersTotal { outcome: Outcome, reason: Reason }
}

#[derive(Label, Clone, Copy, Debug)]
enum Reason {
    None,
    SoldOut,
    Unknown,
}

impl FromExit<Reason> for Reason {
    fn from_exit(exit: Exit<'_, Reason>) -> Self {
        if let Exit::Err(reason) = exit { *reason } else { Self::None }
    }
}

#[timed]
#[in_flight]
#[counted(OrdersTotal { outcome: _, reason: _ })]
async fn order(item: &str) -> Result<&'static str, Reason> {
    match item {
        "tea" => Ok("on its way\n"),
        "coffee" => Err(Reason::SoldOut),
        _ => Err(Reason::Unknown),
    }
}

async fn orders(Path(item): Path<String>) -> Result<&'static str, (StatusCode, String)> {
    order(&item).await.map_err(|reason| (StatusCode::CONFLICT, format!("{reason:?}\n")))
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut address = |default: &str| args.next().unwrap_or(default.to_owned());
    let listener = tokio::net::TcpListener::bind(address("127.0.0.1:8000")).await?;
    let metrics = caas_metrics::serve(address("127.0.0.1:9000"))?;
    println!("http://{}, metrics on http://{}", listener.local_addr()?, metrics.local_addr());
    let app = Router::new().route("/orders/{item}", post(orders)).layer(HttpMetrics);
    axum::serve(listener, app).await
}
