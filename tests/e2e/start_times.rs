//! Start times: what Prometheus makes of series that are born above zero, end, and begin again.
//!
//! The page is the test's own, so that a thousand events fall between two scrapes. Versions before
//! 2.50 know no start times.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;

use caas_metrics::metrics;

use crate::config::{Config, Target};
use crate::http::{get, post_json};
use crate::process::{eventually, lacks, version};
use crate::prometheus::{Prometheus, Start};
use crate::service::Service;
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

/// Scrapes a target each second with the shipped configuration.
fn scrape(start: Start, target: SocketAddr) -> Prometheus {
    let mut config = Config::shipped().unwrap();
    config.version(version(start.program));
    config.every(1);
    config.alertmanager(None);
    config.remote_write(None);
    config.targets(&[Target { app: "test".into(), pod: "test-0".into(), address: target }]);
    Prometheus::run(start, &config.0.to_string())
}

#[test]
fn the_first_thousand_events_of_a_series_count() {
    if lacks("the_first_thousand_events_of_a_series_count", &NEWER) {
        return;
    }
    let page = caas_metrics::serve("127.0.0.1:0").unwrap();
    let server = "first";
    RequestsTotal { status: 200, server }.inc();
    let servers = NEWER.map(|program| {
        let with = Start::shipped(program);
        let without = Start { program, features: "exemplar-storage".to_owned() };
        (program, scrape(with, page.local_addr()), scrape(without, page.local_addr()))
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
            assert_quiet(prometheus, program);
            assert_whole(prometheus, page.local_addr(), program);
        }
    }
}

/// Waits until all of them have a value.
fn all_expect(servers: &[(&str, Prometheus)], promql: &str, value: f64) {
    for (_, prometheus) in servers {
        prometheus.expect(promql, value);
    }
}

/// No scrape failed, and the server has nothing to say.
fn assert_quiet(prometheus: &Prometheus, program: &str) {
    let down = "up == 0 or min_over_time(up[5m]) == 0";
    assert_eq!(prometheus.query(down), BTreeMap::new(), "{program}");
    assert_eq!(prometheus.complaints(), [""; 0], "{program}");
}

/// All series of the text format are there, in whatever format the server has asked for.
fn assert_whole(prometheus: &Prometheus, page: SocketAddr, program: &str) {
    let text = get(page, "/metrics").body;
    let all = text.lines().filter(|line| !line.starts_with('#')).count() as f64;
    // 3.5 counts native histograms as scraped also where it leaves them out: so not those.
    let kept = prometheus.number("scrape_samples_post_metric_relabeling").unwrap();
    assert!(kept >= all, "{program}: {kept} of {all} samples");
}

#[test]
fn a_series_that_ends_and_begins_again_counts_both_times() {
    if lacks("a_series_that_ends_and_begins_again_counts_both_times", &NEWER) {
        return;
    }
    let page = caas_metrics::serve("127.0.0.1:0").unwrap();
    let requests = || RequestsTotal { status: 503, server: "again" };
    let servers =
        NEWER.map(|program| (program, scrape(Start::shipped(program), page.local_addr())));
    let series = "start_times_requests_total{server='again'}";

    requests().inc_by(1000);
    all_expect(&servers, series, 1000.0);
    requests().remove();
    for (program, prometheus) in &servers {
        eventually(program, || match prometheus.number(series) {
            None => Ok(()),
            Some(value) => Err(format!("still {value}")),
        });
    }
    // A start is a whole second: the next one is to be later than the last scrape that had the old.
    thread::sleep(Duration::from_secs(2));
    // More than before, so that only its start shows that it is another.
    requests().inc_by(1500);
    for (program, prometheus) in &servers {
        prometheus.expect(series, 1500.0);
        assert_eq!(prometheus.number(&format!("resets({series}[5m])")), Some(1.0), "{program}");
        let increase = prometheus.number(&format!("increase({series}[5m])")).unwrap();
        assert!((2500.0..3500.0).contains(&increase), "{program}: {increase}");
        assert_quiet(prometheus, program);
    }
}

#[test]
fn a_restart_counts_what_came_before_and_after_it_once() {
    if lacks("a_restart_counts_what_came_before_and_after_it_once", &NEWER) {
        return;
    }
    let mut gateway = Service::start("gateway", &[]);
    let servers = NEWER.map(|program| (program, scrape(Start::shipped(program), gateway.admin)));
    let series = "caas_http_requests_total{method='POST', path='/messages', status='201'}";
    let send = |gateway: &Service, times: u32| {
        let chat = r#"{"tenant_id": "acme", "type": "chat", "text": "hello"}"#;
        (0..times).for_each(|_| {
            assert_eq!(post_json(gateway.address, "/messages", chat).status, 201);
        });
    };

    all_expect(&servers, "up", 1.0);
    send(&gateway, 30);
    all_expect(&servers, series, 30.0);
    let [address, admin] = [gateway.address, gateway.admin].map(|address| address.to_string());
    gateway.process.signal(Signal::KILL);
    gateway.process.exit();
    all_expect(&servers, "up", 0.0);

    let gateway = Service::start_at(&address, &admin, "gateway", &[]);
    all_expect(&servers, "up", 1.0);
    send(&gateway, 50);
    for (program, prometheus) in &servers {
        prometheus.expect(series, 50.0);
        assert_eq!(prometheus.number(&format!("resets({series}[5m])")), Some(1.0), "{program}");
        let increase = prometheus.number(&format!("increase({series}[5m])")).unwrap();
        assert!(
            (80.0..115.0).contains(&increase),
            "{program}: {increase} instead of 80 and a little"
        );
        let lowest = format!("min(min_over_time(rate({series}[10s])[5m:1s]))");
        assert!(prometheus.number(&lowest) >= Some(0.0), "{program}");
        // The gateway was gone for a moment.
        let mut complaints = prometheus.complaints();
        complaints.retain(|line| !line.contains("connection refused"));
        assert_eq!(complaints, [""; 0], "{program}");
    }
}
