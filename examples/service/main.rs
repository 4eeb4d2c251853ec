//! A whole service: what its clients get, how one function ends and why, and which build runs.
//! `cargo run --example service`, then `curl -X POST http://127.0.0.1:8000/orders/tea` and
//! `curl http://127.0.0.1:9000/metrics`. Its tests are in `tests.rs`.

#[cfg(test)]
mod tests;

use axum::{Router, extract::Path, http::StatusCode, routing::post};
use caas_metrics::{Exit, FromExit, Label, Outcome, counted, in_flight, metrics, timed};

caas_metrics::build_info!(namespace = "shop");
caas_metrics::http_metrics! { namespace = "shop"; struct HttpMetrics; }

metrics! {
    namespace = "shop";

    /// Orders by how they ended and why they were refused.
    counter OrdersTotal { outcome: Outcome, reason: Reason }
}

#[derive(Label, Clone, Copy)]
enum Reason {
    None,
    SoldOut,
    Unknown,
}

impl FromExit<StatusCode> for Reason {
    fn from_exit(exit: Exit<'_, StatusCode>) -> Self {
        match exit {
            Exit::Err(&StatusCode::GONE) => Self::SoldOut,
            Exit::Err(_) => Self::Unknown,
            _ => Self::None,
        }
    }
}

#[timed]
#[in_flight]
#[counted(OrdersTotal { outcome: _, reason: _ })]
async fn order(Path(item): Path<String>) -> Result<&'static str, StatusCode> {
    match &*item {
        "tea" => Ok("on its way\n"),
        "coffee" => Err(StatusCode::GONE),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

fn app() -> Router {
    Router::new().route("/orders/{item}", post(order)).layer(HttpMetrics)
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let metrics = caas_metrics::serve("127.0.0.1:9000")?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    println!("orders on {}, metrics on {}", listener.local_addr()?, metrics.local_addr());
    axum::serve(listener, app()).await
}
