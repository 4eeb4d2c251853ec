//! Start times: what Prometheus makes of series that are born above zero, end, and begin again.
//!
//! The page is the test's own, so that a thousand events fall between two scrapes. Versions before
//! 2.50 know no start times.

use std::collections::BTreeMap;
use std::fs;

use caas_metrics::metrics;

use crate::config::{Config, Target, deploy};
use crate::process::{eventually, lacks};
use crate::prometheus::{Prometheus, Start, version};
use crate::versions::PROGRAMS;

metrics! {
    namespace = "start_times";

    /// Requests of a service that has just begun to fail.
    counter RequestsTotal { status: u16, server: &str }

    /// How long they take.
    #[native]
    #[buckets(0.1, 0.5, 1)]
    histogram RequestSeconds { server: &str }
}

/// Those that know start times.
const NEWER: [&str; 3] = [PROGRAMS[1], PROGRAMS[2], PROGRAMS[3]];

/// The shipped configuration and flags, with the target that the test scrapes each second.
fn shipped(
    program: &'static str,
    features: &'static str,
    target: std::net::SocketAddr,
) -> Prometheus {
    let mut config = Config::shipped().unwrap();
    config.version(version(program));
    config.every(1);
    config.alertmanager(None);
    config.remote_write(None);
    config.targets(&[Target { app: "test".into(), pod: "test-0".into(), address: target }]);
    Prometheus::run(Start { program, features }, &config.0.to_string())
}

/// The features in the manifest of Prometheus.
fn shipped_features() -> String {
    let manifest = deploy().join("kubernetes/monitoring/prometheus.yaml");
    let manifest = fs::read_to_string(manifest).unwrap();
    let features =
        manifest.lines().find_map(|line| line.trim().strip_prefix("- --enable-feature="));
    features.unwrap().to_owned()
}

#[test]
fn the_first_thousand_events_of_a_series_count() {
    if lacks("the_first_thousand_events_of_a_series_count", &NEWER) {
        return;
    }
    let features: &'static str = shipped_features().leak();
    let page = caas_metrics::serve("127.0.0.1:0").unwrap();
    let server = "first";
    RequestsTotal { status: 200, server }.inc();
    let servers = NEWER.map(|program| {
        let start = |features| shipped(program, features, page.local_addr());
        (program, start(features), start("exemplar-storage"))
    });
    let steady = "start_times_requests_total{server='first', status='200'}";
    for (_, with, without) in &servers {
        for prometheus in [with, without] {
            let scrapes = format!("count_over_time({steady}[5m]) >= bool 3");
            prometheus.expect(&scrapes, 1.0);
        }
    }
    // Between two scrapes, or nearly so: one update, and 1,000 in a millisecond.
    RequestsTotal { status: 503, server }.inc_by(1000);
    let seconds = RequestSeconds { server }.child();
    (0..1000).for_each(|_| seconds.observe(0.3));

    let counts = [
        "start_times_requests_total{server='first', status='503'}",
        // The shipped rules and dashboards use these, whatever format comes with start times.
        "start_times_request_seconds_count{server='first'}",
        "start_times_request_seconds_bucket{server='first', le='0.5'}",
    ];
    for (program, with, without) in &servers {
        for series in counts {
            let increase = format!("increase({series}[1m])");
            let count = format!("count_over_time({series}[1m])");
            let settled = |prometheus: &Prometheus| {
                eventually(&format!("{program}: {series}"), || {
                    let samples = prometheus.number(&count);
                    if samples >= Some(8.0) { Ok(()) } else { Err(format!("{samples:?} samples")) }
                });
                prometheus.number(&increase).unwrap()
            };
            // A little more than 1,000: Prometheus supposes that it goes on until now.
            let counted = settled(with);
            assert!((1000.0..1300.0).contains(&counted), "{program}: {increase} is {counted}");
            let counted = settled(without);
            assert_eq!(counted, 0.0, "{program}, without start times: {increase}");
        }
        for prometheus in [with, without] {
            let lost = "scrape_samples_scraped != scrape_samples_post_metric_relabeling";
            let down = "up == 0 or min_over_time(up[5m]) == 0";
            assert_eq!(prometheus.query(down), BTreeMap::new(), "{program}");
            let _ = lost;
            assert_eq!(prometheus.complaints(), [""; 0], "{program}");
        }
    }
}
