//! Restarts: that of a service only resets its counters, that of Prometheus loses nothing.

use std::time::SystemTime;

use rustix::process::Signal;

use crate::pipeline::Pipeline;
use crate::process::{lacks, within};
use crate::prometheus::Prometheus;
use crate::service::Service;
use crate::store::Store;

#[test]
fn samples_reach_the_store_and_survive_a_restart() {
    if lacks("samples_reach_the_store_and_survive_a_restart", &["prometheus", "victoria-metrics"]) {
        return;
    }
    let pipeline = Pipeline::start();
    let store = Store::start();
    let config = pipeline.config(None, Some(&store.write_url()));
    let mut prometheus = Prometheus::with(&config.0.to_string());
    let sent = "sum(caas_messages_sent_total)";
    let expect_stored = |promql: &str, expected: f64| {
        within(40, promql, || match store.number(promql) {
            Some(value) if (value - expected).abs() < 1e-9 => Ok(()),
            other => Err(format!("{other:?} instead of {expected}")),
        });
    };

    let token = pipeline.login();
    for _ in 0..20 {
        assert_eq!(pipeline.send(&token, "acme", "hello"), 201);
    }
    prometheus.expect(sent, 20.0);
    expect_stored(sent, 20.0);
    // With the labels that tell who scraped it.
    expect_stored(
        "count(caas_messages_sent_total{cluster='caas-1',replica='a',app='gateway'})",
        1.0,
    );

    let before = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let history = format!("count_over_time(up{{app='gateway'}}[1h] @ {before})");
    let scrapes = prometheus.number(&history).unwrap();
    assert!(scrapes > 0.0);
    prometheus.restart();
    assert_eq!(prometheus.number(&history), Some(scrapes));
    assert_eq!(prometheus.number(&format!("sum(caas_messages_sent_total @ {before})")), Some(20.0));

    for _ in 0..5 {
        assert_eq!(pipeline.send(&token, "acme", "hello"), 201);
    }
    prometheus.expect(sent, 25.0);
    expect_stored(sent, 25.0);
    // The store has the time before the restart too.
    assert_eq!(
        store.number("min(min_over_time(caas_messages_sent_total[5m])) <= bool 20"),
        Some(1.0)
    );
    prometheus.stop(); // before the store, which takes the last samples
}

#[test]
fn a_restarted_service_is_a_counter_reset() {
    if lacks("a_restarted_service_is_a_counter_reset", &["prometheus"]) {
        return;
    }
    let mut pipeline = Pipeline::start();
    let prometheus = Prometheus::with(&pipeline.config(None, None).0.to_string());
    let logins = "caas_logins_total{outcome='granted'}";
    let log_in = |pipeline: &Pipeline, times: u32| {
        for _ in 0..times {
            pipeline.login();
        }
    };
    prometheus.expect(&format!("sum({logins})"), 0.0); // the series is born at zero

    log_in(&pipeline, 30);
    prometheus.expect(&format!("sum({logins})"), 30.0);
    let [address, admin] =
        [pipeline.auth.address, pipeline.auth.admin].map(|address| address.to_string());
    pipeline.auth.process.signal(Signal::KILL);
    pipeline.auth.process.exit();
    prometheus.expect("sum(up)", 3.0);

    pipeline.auth = Service::start_at(&address, &admin, "auth", &[]);
    prometheus.expect("sum(up)", 4.0);
    log_in(&pipeline, 12);
    prometheus.expect(&format!("sum({logins})"), 12.0);

    assert_eq!(prometheus.number(&format!("sum(resets({logins}[5m]))")), Some(1.0));
    // 42 logins. `increase` adds what it supposes to have happened between the window's edges and
    // the samples next to them: at most half a scrape interval or so of what is some seconds long.
    let increase = prometheus.number(&format!("sum(increase({logins}[5m]))")).unwrap();
    assert!((42.0..=55.0).contains(&increase), "{increase} instead of 42 and a little");
    let rate = prometheus.number(&format!("sum(rate({logins}[5m]))")).unwrap();
    assert!((rate * 300.0 - increase).abs() < increase / 10.0, "{rate} against {increase}");
    // And at no moment does it go below zero.
    let lowest = format!("min(min_over_time(rate({logins}[10s])[5m:1s]))");
    assert!(prometheus.number(&lowest) >= Some(0.0));
}
