//! Prometheus returns exactly the counts that were sent through the four services.

use std::collections::BTreeMap;

use tokio_tungstenite::tungstenite;

use crate::http::{get, post_json, request};
use crate::pipeline::Pipeline;
use crate::process::lacks;
use crate::prometheus::Prometheus;

#[test]
fn prometheus_returns_what_was_sent() {
    if lacks("prometheus_returns_what_was_sent", &["prometheus"]) {
        return;
    }
    let pipeline = Pipeline::start();
    let prometheus = Prometheus::with(&pipeline.config(None, None).0.to_string());
    prometheus.expect("sum(up)", 4.0);

    send(&pipeline);
    prometheus.expect("sum(caas_charges_total{outcome='declined'})", 1.0);
    assert_eq!(pipeline.send(&pipeline.login(), "broke-1", "hello"), 402);

    assert_requests(&prometheus);
    assert_work(&prometheus);
    assert_buckets(&prometheus);
    assert_connections(&pipeline, &prometheus);
    assert_eq!(prometheus.complaints(), [""; 0]);
}

fn send(pipeline: &Pipeline) {
    let gateway = pipeline.gateway.address;
    let token = pipeline.login();
    assert_eq!(pipeline.try_login("mallory", "guess").status, 401);
    assert_eq!(pipeline.try_login("nobody", "guess").status, 401);
    assert_eq!(pipeline.try_login("nobody", "guess").status, 401);

    for _ in 0..7 {
        assert_eq!(pipeline.send(&token, "acme", "hello"), 201);
    }
    for _ in 0..2 {
        assert_eq!(pipeline.send(&token, "globex", "hello"), 201);
    }
    assert_eq!(pipeline.send(&token, "broke-1", "hello"), 201); // it can't be charged
    assert_eq!(pipeline.send(&token, "acme", " "), 422);
    assert_eq!(pipeline.send("stolen", "acme", "hello"), 401);
    let chat = r#"{"tenant_id": "acme", "type": "chat", "text": "hello"}"#;
    for _ in 0..2 {
        assert_eq!(post_json(gateway, "/messages", chat).status, 401); // without a token
    }
    for _ in 0..4 {
        assert_eq!(post_json(gateway, "/messages", r#"{"tenant_id": "#).status, 400);
    }
    for n in 0..5 {
        assert_eq!(get(gateway, &format!("/nothing/{n}")).status, 404);
    }
    for _ in 0..3 {
        assert_eq!(request(gateway, "DELETE", "/messages", &[], "").status, 405);
    }
    assert_eq!(get(gateway, "/messages/1").status, 200);
    assert_eq!(get(gateway, "/messages/999").status, 404);
}

/// All requests of all services, by what the tower layer tells apart.
fn assert_requests(prometheus: &Prometheus) {
    let expect = |app: &str, method: &str, path: &str, status: u16, count: f64| {
        let labels = format!("app='{app}',method='{method}',path='{path}',status='{status}'");
        prometheus.expect(&format!("sum(caas_http_requests_total{{{labels}}})"), count);
    };
    expect("gateway", "POST", "/messages", 201, 10.0);
    expect("gateway", "POST", "/messages", 400, 4.0);
    expect("gateway", "POST", "/messages", 401, 3.0);
    expect("gateway", "POST", "/messages", 402, 1.0);
    expect("gateway", "POST", "/messages", 422, 1.0);
    expect("gateway", "GET", "/messages/{id}", 200, 1.0);
    expect("gateway", "GET", "/messages/{id}", 404, 1.0);
    expect("gateway", "GET", "unmatched", 404, 5.0);
    expect("gateway", "DELETE", "/messages", 405, 3.0);
    expect("auth", "POST", "/login", 200, 2.0);
    expect("auth", "POST", "/login", 401, 3.0);
    // The gateway asks where there is a token: for 10 + 1 + 1 messages, and the stolen one.
    expect("auth", "POST", "/verify", 200, 12.0);
    expect("auth", "POST", "/verify", 401, 1.0);
    expect("billing", "POST", "/charges", 202, 10.0);
    expect("billing", "POST", "/charges", 402, 1.0);
    expect("socket", "POST", "/deliver", 200, 10.0);
    // And there is nothing else.
    prometheus.expect("sum(caas_http_requests_total)", 68.0);
}

/// What the attributes count behind the requests.
fn assert_work(prometheus: &Prometheus) {
    let counts = [
        ("caas_messages_sent_total{tenant_id='acme',type='chat'}", 7.0),
        ("caas_messages_sent_total{tenant_id='globex'}", 2.0),
        ("caas_messages_sent_total", 10.0),
        ("caas_messages_refused_total{reason='empty_text'}", 1.0),
        ("caas_messages_refused_total{reason='no_token'}", 3.0),
        ("caas_messages_refused_total{reason='not_paid'}", 1.0),
        ("caas_messages_refused_total", 5.0),
        ("caas_logins_total{outcome='granted'}", 2.0),
        ("caas_logins_total{outcome='refused'}", 3.0),
        ("caas_login_failures_total{reason='unknown_user'}", 2.0),
        ("caas_login_failures_total{reason='bad_password'}", 1.0),
        ("caas_login_failures_total{reason='locked'}", 0.0),
        ("caas_charges_total{outcome='charged'}", 9.0),
        ("caas_charges_total{outcome='declined'}", 1.0),
        ("caas_charges_total{outcome='failed'}", 0.0),
        ("caas_charge_duration_seconds_count", 10.0),
        // Messages that could be read reach `verify`: all but the four malformed ones.
        ("function_calls_total{function='Neighbours::verify',outcome='ok'}", 12.0),
        ("function_calls_total{function='Neighbours::verify',outcome='err'}", 3.0),
        ("function_calls_total{function='Neighbours::deliver',outcome='ok'}", 10.0),
        ("function_duration_seconds_count{module='auth::logins',function='Logins::login'}", 5.0),
        ("function_calls_total{module='auth::logins',function='Logins::verify'}", 13.0),
        ("functions_in_flight", 0.0),
        ("caas_kafka_consumer_lag", 0.0),
    ];
    for (selector, count) in counts {
        prometheus.expect(&format!("sum({selector})"), count);
    }
}

/// Buckets rise with their bound, the last one is the count, and that is the number of requests.
fn assert_buckets(prometheus: &Prometheus) {
    let mut series: BTreeMap<_, Vec<(f64, f64)>> = BTreeMap::new();
    for (mut labels, value) in prometheus.query("caas_request_duration_seconds_bucket") {
        let bound = labels.remove("le").unwrap().replace("+Inf", "inf").parse().unwrap();
        labels.remove("__name__");
        series.entry(labels).or_default().push((bound, value.parse().unwrap()));
    }
    assert!(!series.is_empty());
    for (labels, mut buckets) in series {
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let bounds: Vec<f64> = buckets.iter().map(|(bound, _)| *bound).collect();
        assert_eq!(bounds, [0.01, 0.05, 0.1, 0.5, 1.0, 5.0, f64::INFINITY], "{labels:?}");
        assert!(buckets.is_sorted_by(|a, b| a.1 <= b.1), "{labels:?}: {buckets:?}");
    }
    let by = "by (app, method, path)";
    let differ = format!(
        "sum {by} (caas_request_duration_seconds_bucket{{le='+Inf'}}) \
         != sum {by} (caas_http_requests_total) \
         or sum {by} (caas_request_duration_seconds_count) != sum {by} (caas_http_requests_total)"
    );
    assert_eq!(prometheus.query(&differ), BTreeMap::new());
}

/// The gauge follows clients that come, that take leave, and that just disappear.
fn assert_connections(pipeline: &Pipeline, prometheus: &Prometheus) {
    let active = "sum(caas_socket_connections_active{app='socket',server_id='socket-1'})";
    let ended = |reason| format!("sum(caas_socket_disconnects_total{{reason='{reason}'}})");
    prometheus.expect(active, 0.0);

    let url = format!("ws://{}/connect", pipeline.socket.address);
    let mut clients: Vec<_> = (0..5).map(|_| tungstenite::connect(&url).unwrap().0).collect();
    prometheus.expect(active, 5.0);

    assert_eq!(pipeline.send(&pipeline.login(), "acme", "to all"), 201);
    prometheus.expect("sum(caas_socket_messages_delivered_total)", 5.0);
    let received = loop {
        // What is no text is a ping.
        if let tungstenite::Message::Text(text) = clients[0].read().unwrap() {
            break text;
        }
    };
    assert!(received.contains("to all"), "{received}");

    for client in &mut clients[..2] {
        client.close(None).unwrap();
        client.flush().unwrap();
    }
    prometheus.expect(active, 3.0);
    prometheus.expect(&ended("closed"), 2.0);

    drop(clients); // the other three have not said goodbye
    prometheus.expect(active, 0.0);
    prometheus.expect(&ended("aborted"), 3.0);
    prometheus.expect(&ended("closed"), 2.0);
}
