//! Annotated functions in isolations: their sites are statics that remember series.

use caas_metrics::{
    Exit, FromExit, Label, assert_metrics, counted, in_flight, testing, testing::Isolation, timed,
};

#[derive(Label, Clone, Copy)]
enum Why {
    Short,
    #[label(other)]
    Other,
}

impl FromExit<String> for Why {
    fn from_exit(exit: Exit<'_, String>) -> Self {
        if let Exit::Err(_) = exit { Self::Short } else { Self::Other }
    }
}

caas_metrics::metrics! {
    namespace = "attributes";

    /// Calls.
    counter CallsTotal { to: &str }

    /// Failures.
    counter FailuresTotal { to: &str, why: Why }

    /// Errors only.
    counter ErrorsTotal { to: &str }

    /// Calls that run.
    gauge Running { to: &str }

    /// Time in seconds.
    histogram RunSeconds { to: &str }
}

#[timed]
#[counted]
#[in_flight]
fn bare(text: &str) -> Result<(), String> {
    if text.is_empty() { Err("empty".into()) } else { Ok(()) }
}

#[timed(RunSeconds { to: "site" })]
#[counted(CallsTotal { to: "site" })]
#[counted(FailuresTotal { to: "site", why: _ }, on(err))]
#[counted(ErrorsTotal { to: "site" }, on(err))]
#[in_flight(Running { to: "site" })]
fn with_families(text: &str) -> Result<(), String> {
    bare(text)
}

#[timed]
#[counted]
#[in_flight]
#[in_flight(Running { to: "waits" })]
#[counted(CallsTotal { to: "waits" })]
async fn waits() -> Result<(), String> {
    std::future::pending().await
}

fn calls(function: &str, outcome: &str) -> Option<f64> {
    let module = module_path!();
    let labels = [("module", module), ("function", function), ("outcome", outcome)];
    testing::snapshot().value("function_calls_total", labels)
}

fn in_flight(function: &str) -> Option<f64> {
    let labels = [("module", module_path!()), ("function", function)];
    testing::snapshot().value("functions_in_flight", labels)
}

macro_rules! tests {
    ($($name:ident)*) => {$(
        #[test]
        fn $name() {
            let _metrics = testing::isolate();
            assert_eq!(calls("bare", "ok"), Some(0.0), "sites are there from the start");
            assert_eq!(calls("bare", "err"), Some(0.0));
            assert_eq!(calls("waits", "cancelled"), Some(0.0));
            // What a site may remember of another test is another series here.
            for other in 0..stringify!($name).len() % 4 {
                CallsTotal { to: &other.to_string() }.init();
                RunSeconds { to: &other.to_string() }.init();
            }
            with_families("a").unwrap();
            with_families("").unwrap_err();
            bare("b").unwrap();
            assert_eq!(calls("bare", "ok"), Some(2.0));
            assert_eq!(calls("bare", "err"), Some(1.0));
            assert_eq!(in_flight("bare"), Some(0.0));
            let labels = [("module", module_path!()), ("function", "bare")];
            let times = testing::snapshot().value("function_duration_seconds_count", labels);
            assert_eq!(times, Some(3.0));
            assert_metrics! {
                CallsTotal { to: "site" } => 2,
                FailuresTotal { to: "site", why: Why::Short } => 1,
                ErrorsTotal { to: "site" } => 1,
                Running { to: "site" } => 0,
                RunSeconds { to: "site" } => count 2,
            }
        }
    )*};
}

tests! {
    calls_count_for_the_test_that_makes_them
    also_for_the_second
    also_for_the_third
    also_for_the_fourth
}

/// A future that begins in an isolation, and ends where there is none, or another one.
fn begun(
    isolation: &Isolation,
) -> std::pin::Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
    let mut future = Box::pin(waits());
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let polled = isolation.run(|| future.as_mut().poll(&mut context));
    assert!(polled.is_pending());
    future
}

#[test]
fn a_call_is_recorded_where_it_began() {
    let isolation = Isolation::new();
    let [first, second, third] = [begun(&isolation), begun(&isolation), begun(&isolation)];
    isolation.run(|| {
        assert_eq!(in_flight("waits"), Some(3.0));
        assert_metrics! { Running { to: "waits" } => 3, CallsTotal { to: "waits" } => 0 }
    });
    drop(first);
    testing::isolated(|| {
        drop(second);
        assert_metrics! { Running { to: "waits" } => none, CallsTotal { to: "waits" } => none }
        assert_eq!(calls("waits", "cancelled"), Some(0.0));
    });
    std::thread::spawn(|| drop(third)).join().expect("it ends");
    isolation.run(|| {
        assert_eq!(in_flight("waits"), Some(0.0));
        assert_eq!(calls("waits", "cancelled"), Some(3.0));
        assert_metrics! { Running { to: "waits" } => 0, CallsTotal { to: "waits" } => 3 }
    });
    assert_eq!(Running { to: "waits" }.get(), None);
}

mod tower_layer {
    use std::convert::Infallible;

    use caas_metrics::{
        assert_metrics, testing,
        tower::{Call, MetricsLayer},
    };
    use http::{Request, Response};
    use tower::{Service, ServiceBuilder, service_fn};

    caas_metrics::metrics! {
        namespace = "layer";

        /// Requests in flight.
        gauge InFlight;

        /// Requests.
        counter RequestsTotal { status: u16 }
    }

    #[test]
    fn a_request_is_recorded_where_it_came() {
        let layer = MetricsLayer::new(
            |_: &http::Extensions| None::<String>,
            |call: &Call<'_>| {
                InFlight.dec();
                RequestsTotal { status: call.status() }.inc();
            },
        )
        .on_start(|_| InFlight.inc());
        let never = |_: Request<()>| std::future::pending::<Result<Response<String>, Infallible>>();
        let mut service = ServiceBuilder::new().layer(layer).service(service_fn(never));
        let isolation = testing::Isolation::new();
        let call = isolation.run(|| service.call(Request::new(())));
        isolation.run(|| assert_metrics! { InFlight => 1 });
        drop(call);
        isolation.run(|| assert_metrics! { InFlight => 0, RequestsTotal { status: 499 } => 1 });
        assert_eq!(RequestsTotal { status: 499 }.get(), None);
    }
}
