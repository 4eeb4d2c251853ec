//! Every form of a family and every attribute.
use caas_metrics::{Label, metrics};
use std::borrow::Cow;
use std::time::Duration;

#[derive(Label, Clone, Copy)]
pub enum Method {
    Get,
    Post,
}

metrics! {
    namespace = "caas";
    crate = ::caas_metrics;

    /// Requests.
    pub counter RequestsTotal { method: Method, path: &str, tenant: Cow<'_, str>, r#type: Option<&str> }

    /// CPU time in seconds.
    #[lazy]
    #[exemplars]
    counter CpuSecondsTotal<f64>;

    /// Sessions.
    #[limit = 10_000]
    pub(crate) gauge Sessions { server: String, region: &'static str }

    /// Temperature.
    gauge HeatCelsius<f64>;

    /// Requests being served.
    #[updown]
    #[zeroed]
    gauge RequestsInFlight { method: Method }

    /// Bytes in buffers.
    #[held]
    gauge BufferedBytes<f64> { method: Method }

    /** Time to store
     * in seconds.
     *
     * This is not part of the help text. */
    #[buckets(linear(0.1, 0.1, 5))]
    histogram StoreSeconds { table: &str }

    /// Latency.
    #[unit = "seconds"]
    #[buckets(exponential(0.001, 2, 12))]
    histogram FetchLatency;

    /// Drift.
    #[buckets(-1, -0.5, 0, 0.5f64, 1,)]
    histogram ClockDriftSeconds;

    /// What runs.
    info BuildInfo { version: &str }

    /// A name of old.
    #[name = "httpRequests"]
    #[legacy(reason = "the dashboards of 2019",)]
    #[allow(non_snake_case)]
    #[doc(hidden)]
    #[deprecated]
    counter OldRequests {
        /// The code.
        statusCode: u16,
    }
}

#[allow(deprecated)]
fn main() {
    let (method, path) = (Method::Get, "/");
    RequestsTotal { method, path, tenant: "a".into(), r#type: Some("x") }.inc_by(2);
    CpuSecondsTotal.inc_by(0.5);
    Sessions { server: "s1".to_owned(), region: "eu" }.set(7);
    HeatCelsius.set(36.6);
    RequestsInFlight { method }.inc();
    RequestsInFlight { method: Method::Post }.dec_by(3);
    StoreSeconds { table: "users" }.observe(Duration::from_millis(100));
    StoreSeconds { table: "users" }.start_timer().discard();
    FetchLatency.start_timer().discard();
    ClockDriftSeconds.observe(-0.25);
    BuildInfo { version: "1.0" }.set();
    OldRequests { statusCode: 200 }.inc();

    let child = RequestsTotal { method, path, tenant: "a".into(), r#type: Some("x") }.child();
    child.inc();
    RequestsTotal::retain(|view| view.r#type == "x" && matches!(view.method, Method::Get));
    assert_eq!(RequestsTotal { method, path, tenant: "a".into(), r#type: Some("x") }.get(), Some(3));
    assert_eq!(HeatCelsius.get(), Some(36.6));
    assert_eq!(StoreSeconds { table: "users" }.get().unwrap().buckets, [1, 0, 0, 0, 0, 0]);
    assert_eq!(ClockDriftSeconds.get().unwrap().buckets, [0, 0, 1, 0, 0, 0]);
    assert!(Sessions { server: "s1".to_owned(), region: "eu" }.remove());
    Sessions::clear();
    RequestsInFlight::reset();
}
