//! End to end: the gateway example as a running program, scraped by a real Prometheus and read by
//! independent parsers.
//!
//! Tests whose servers are not installed are skipped with a note, or fail with `CAAS_E2E=required`.
#![cfg(unix)]
#![allow(unreachable_pub, reason = "`pub` is for the other modules here: a test has no users")]
#![allow(dead_code, reason = "each test program uses a part of the modules in `e2e/`")]

#[path = "../examples/pipeline/config.rs"]
mod config;
#[path = "e2e/http.rs"]
mod http;
#[path = "e2e/process.rs"]
mod process;
#[path = "e2e/prometheus.rs"]
mod prometheus;
#[path = "e2e/server.rs"]
mod server;
#[path = "e2e/service.rs"]
mod service;
#[path = "../examples/pipeline/version.rs"]
mod version;

#[path = "e2e/start_times.rs"]
mod start_times;
#[path = "e2e/versions.rs"]
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use caas_metrics::desc::Native;
use caas_metrics::http::serve_from;
use caas_metrics::sample::{ChildSnapshot, Exemplar, FamilySnapshot, NativeCounts, OwnedValue};
use caas_metrics::{MetricType, Registry};
use rustix::process::Signal;
use serde_json::{Value, json};

use http::{get, post_json, request};
use process::{eventually, is_installed, skip};
use prometheus::{Labels, Prometheus};
use service::{Service, example};

const OPENMETRICS: &str = "application/openmetrics-text;version=1.0.0";

/// Whether a family is the gateway's, and not what our crate says about itself.
fn is_declared(name: &str) -> bool {
    name.starts_with("caas_") && !name.starts_with("caas_metrics_")
}

/// Accepts two messages of acme and one of globex; refuses the rest, each in another way.
fn send_requests(gateway: &Service) {
    let expect = |expected: u16, response: &http::Response| {
        assert_eq!(response.status, expected, "{}", response.body);
    };
    let at = gateway.address;
    let chat = r#"{"tenant_id": "acme", "type": "chat", "text": "hello"}"#;
    let email = r#"{"tenant_id": "globex", "type": "email", "text": "hello"}"#;
    expect(201, &post_json(at, "/messages", chat));
    expect(201, &post_json(at, "/messages", chat));
    expect(201, &post_json(at, "/messages", email));
    expect(400, &post_json(at, "/messages", r#"{"tenant_id": "#));
    expect(422, &post_json(at, "/messages", &chat.replace("hello", "")));
    expect(200, &get(at, "/messages"));
    expect(200, &get(at, "/messages/1"));
    expect(404, &get(at, "/messages/999"));
    expect(404, &get(at, "/nothing/here"));
    expect(405, &request(at, "DELETE", "/messages", &[], ""));
    // The metrics are not for clients.
    expect(404, &get(at, "/metrics"));
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn prometheus_scrapes_protobuf() {
    const SERIES: u64 = 20_000;

    if !is_installed("prometheus") {
        return skip("prometheus_scrapes_protobuf", "prometheus");
    }
    let registry = Registry::new();
    registry.register(|| {
        // More than a message holds, and text of every kind.
        let mut many = FamilySnapshot::counter("many_total", "Many.");
        for n in 0..SERIES {
            many.push(&[("n", &n.to_string()), ("text", "\"\\\n é")], n);
        }
        // One in the zero bucket, three between 1 and 2, two between 4 and 8, one between -2 and -1.
        let counts = NativeCounts::new(1, vec![3, 0, 2], vec![1]);
        let mut native = FamilySnapshot::histogram("native_seconds", "Native.", &[2.0]);
        native.native = Some(Native::new().with_schema(0).with_range(1.0, 16.0));
        let value = OwnedValue::histogram(vec![5, 2], 12.5).with_native(counts);
        let exemplar = Exemplar::new(&[("trace_id", "abc")], 1.5, SystemTime::now());
        let child = ChildSnapshot::new(&[("l", "v")], value).with_started(SystemTime::now());
        native.children.push(child.with_exemplar(exemplar));
        let mut empty = FamilySnapshot::histogram("empty_seconds", "Empty.", &[]);
        empty.native = native.native;
        let none = OwnedValue::histogram(vec![0], 0.0).with_native(NativeCounts::default());
        empty.push(&[], none);
        let classic = OwnedValue::histogram(vec![1, 2, 3], 30.0);
        let classic = FamilySnapshot::histogram("classic_seconds", "Classic.", &[1.0, 2.0])
            .with(&[], classic);
        let summary = OwnedValue::summary(vec![(0.5, 1.5)], 9.0, 4);
        let mut summaries = FamilySnapshot::new(MetricType::Summary, "waits_seconds", "Waits.");
        summaries.push(&[], summary);
        vec![many, native, empty, classic, summaries]
    });
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    let prometheus = Prometheus::native(server.local_addr());
    let sum = (SERIES * (SERIES - 1) / 2) as f64;
    for (promql, expected) in [
        ("sum(many_total)", sum),
        ("count(many_total{text=\"\\\"\\\\\\n é\"})", SERIES as f64),
        ("histogram_count(native_seconds)", 7.0),
        ("histogram_sum(native_seconds)", 12.5),
        ("histogram_quantile(1, native_seconds)", 8.0),
        ("histogram_count(empty_seconds)", 0.0),
        ("classic_seconds_bucket{le=\"2.0\"}", 3.0),
        ("classic_seconds_bucket{le=\"+Inf\"}", 6.0),
        ("classic_seconds_sum", 30.0),
        ("waits_seconds{quantile=\"0.5\"}", 1.5),
        ("waits_seconds_count", 4.0),
        ("caas_metrics_scrapes_total{format=\"protobuf\"} > bool 1", 1.0),
    ] {
        prometheus.expect(promql, expected);
    }
    assert_eq!(prometheus.complaints(), Vec::<String>::new());
}

#[test]
fn prometheus_scrapes_the_gateway() {
    if !is_installed("prometheus") {
        return skip("prometheus_scrapes_the_gateway", "prometheus");
    }
    let gateway = Service::start("gateway", &[]);
    let prometheus = Prometheus::start(gateway.admin);
    send_requests(&gateway);
    // Waits for the scrape that has seen everything, then compares the whole answer.
    let expect = |promql: &str, expected: &[(&[(&str, &str)], &str)]| {
        let expected: BTreeMap<Labels, String> =
            expected.iter().map(|(l, value)| (labels(l), (*value).to_owned())).collect();
        eventually(promql, || {
            let found = prometheus.query(promql);
            if found == expected { Ok(()) } else { Err(format!("{found:#?}")) }
        });
    };

    expect("up", &[(&[("__name__", "up")], "1")]);
    let name = ("__name__", "caas_http_requests_total");
    let requests = |method, path, status| [name, ("method", method), ("path", path), status];
    expect(
        "caas_http_requests_total > 0",
        &[
            (&requests("POST", "/messages", ("status", "201")), "3"),
            (&requests("POST", "/messages", ("status", "400")), "1"),
            (&requests("POST", "/messages", ("status", "422")), "1"),
            (&requests("GET", "/messages", ("status", "200")), "1"),
            (&requests("GET", "/messages/{id}", ("status", "200")), "1"),
            (&requests("GET", "/messages/{id}", ("status", "404")), "1"),
            (&requests("GET", "unmatched", ("status", "404")), "2"),
            (&requests("DELETE", "/messages", ("status", "405")), "1"),
        ],
    );
    let name = ("__name__", "caas_request_duration_seconds_count");
    let durations = |method, path| [name, ("method", method), ("path", path)];
    expect(
        "caas_request_duration_seconds_count > 0",
        &[
            (&durations("POST", "/messages"), "5"),
            (&durations("GET", "/messages"), "1"),
            (&durations("GET", "/messages/{id}"), "2"),
            (&durations("GET", "unmatched"), "2"),
            (&durations("DELETE", "/messages"), "1"),
        ],
    );
    expect(
        "count by (le) (caas_request_duration_seconds_bucket{method='POST', path='/messages'})",
        &[
            (&[("le", "0.01")], "1"),
            (&[("le", "0.05")], "1"),
            (&[("le", "0.1")], "1"),
            (&[("le", "0.5")], "1"),
            (&[("le", "1.0")], "1"),
            (&[("le", "5.0")], "1"),
            (&[("le", "+Inf")], "1"),
        ],
    );
    expect(
        "caas_request_duration_seconds_bucket{le='+Inf'} - ignoring(le) \
         caas_request_duration_seconds_count != 0",
        &[],
    );
    let name = ("__name__", "caas_messages_sent_total");
    expect(
        "caas_messages_sent_total > 0",
        &[
            (&[name, ("tenant_id", "acme"), ("type", "chat")], "2"),
            (&[name, ("tenant_id", "globex"), ("type", "email")], "1"),
        ],
    );
    let name = ("__name__", "caas_messages_refused_total");
    expect("caas_messages_refused_total > 0", &[(&[name, ("reason", "empty_text")], "1")]);
    let name = ("__name__", "caas_kafka_consumer_lag");
    let lag = |partition| [name, ("topic", "messages"), ("partition", partition)];
    expect(
        "caas_kafka_consumer_lag",
        &[(&lag("0"), "0"), (&lag("1"), "0"), (&lag("2"), "0"), (&lag("3"), "0")],
    );

    assert_metadata(&prometheus);
    expect("up == 0 or min_over_time(up[5m]) == 0", &[]);
    assert_eq!(prometheus.complaints(), [""; 0]);
}

/// Prometheus knows type and help of the families, and no other family of the namespace.
fn assert_metadata(prometheus: &Prometheus) {
    let metadata = prometheus.api("metadata");
    let families = metadata.as_object().unwrap().iter();
    let families = families.filter(|(name, _)| is_declared(name)).map(|(name, entries)| {
        assert_eq!(entries.as_array().unwrap().len(), 1, "{name}: {entries}");
        let text = |field: &str| entries[0][field].as_str().unwrap().to_owned();
        // In OpenMetrics a counter's family is called without the `_total` of its sample.
        let name = name.strip_suffix("_total").unwrap_or(name).to_owned();
        (name, text("type"), text("help"))
    });
    let found: BTreeSet<_> = families.collect();
    let expected = [
        ("caas_build", "info", "The build of this program, as labels; the value is always 1."),
        ("caas_http_requests", "counter", "Total HTTP requests."),
        (
            "caas_http_requests_in_flight",
            "gauge",
            "HTTP requests whose response has not been sent.",
        ),
        ("caas_request_duration_seconds", "histogram", "Request duration in seconds."),
        ("caas_messages_sent", "counter", "Messages sent."),
        (
            "caas_messages_refused",
            "counter",
            "Messages refused, without those that could not be read at all.",
        ),
        (
            "caas_kafka_consumer_lag",
            "gauge",
            "Messages of a topic that its consumer has not yet processed.",
        ),
    ];
    let expected = expected.map(|(name, t, help)| (name.to_owned(), t.to_owned(), help.to_owned()));
    assert_eq!(found, BTreeSet::from(expected));
}

#[test]
fn promtool_finds_nothing_to_criticise() {
    if !is_installed("promtool") {
        return skip("promtool_finds_nothing_to_criticise", "promtool");
    }
    let gateway = Service::start("gateway", &[]);
    send_requests(&gateway);
    let page = get(gateway.admin, "/metrics");
    assert_eq!(page.status, 200);
    assert!(page.head.contains("text/plain; version=0.0.4"), "{}", page.head);
    let checked = pipe(Command::new("promtool").args(["check", "metrics"]), &page.body);
    assert_eq!(checked, "");
}

#[test]
fn the_parsers_of_prometheus_client_read_the_page() {
    const PARSERS: &str = "import prometheus_client.openmetrics.parser";
    let found = Command::new("python3").args(["-c", PARSERS]).output();
    if !found.is_ok_and(|output| output.status.success()) {
        let missing = "python3 with prometheus_client";
        return skip("the_parsers_of_prometheus_client_read_the_page", missing);
    }
    let gateway = Service::start("gateway", &[]);
    send_requests(&gateway);
    // A series that no other request updates, so that its exemplar is this one.
    let answer = request(gateway.address, "PUT", "/messages", &[], "");
    let head = answer.head.to_lowercase();
    let trace = head.lines().find_map(|line| line.strip_prefix("trace-id: ")).unwrap().to_owned();

    let text = parse_page("text", &get(gateway.admin, "/metrics").body);
    let page = request(gateway.admin, "GET", "/metrics", &[("accept", OPENMETRICS)], "");
    assert!(page.head.contains("application/openmetrics-text"), "{}", page.head);
    let openmetrics = parse_page("openmetrics", &page.body);

    // An info is a type of OpenMetrics only.
    let build = [("caas_build_info", "gauge"), ("caas_build", "info")];
    for (families, (build, build_type)) in [&text, &openmetrics].into_iter().zip(build) {
        let types = families.as_object().unwrap().iter();
        let types = types.filter(|(name, _)| is_declared(name));
        let types: Value =
            types.map(|(name, family)| (name.clone(), family["type"].clone())).collect();
        let expected = json!({
            // These parsers name counters as OpenMetrics does, in both formats.
            build: build_type,
            "caas_http_requests": "counter",
            "caas_http_requests_in_flight": "gauge",
            "caas_kafka_consumer_lag": "gauge",
            "caas_messages_refused": "counter",
            "caas_messages_sent": "counter",
            "caas_request_duration_seconds": "histogram",
        });
        assert_eq!(types, expected);
        let samples = families["caas_http_requests"]["samples"].as_array().unwrap();
        let refused = json!({"method": "POST", "path": "/messages", "status": "400"});
        let sample = samples.iter().find(|sample| sample[1] == refused).unwrap();
        assert_eq!(sample[0], "caas_http_requests_total");
        assert_eq!(sample[2].as_f64(), Some(1.0));
    }
    assert_eq!(openmetrics["caas_request_duration_seconds"]["unit"], "seconds");

    // OpenMetrics has traces, the newest that a client was told among them; the text format has none.
    let exemplars = |page: &Value| {
        let samples = page["caas_request_duration_seconds"]["samples"].as_array().unwrap().clone();
        samples.into_iter().filter(|sample| sample[3].is_array()).collect::<Vec<_>>()
    };
    assert_eq!(exemplars(&text), [Value::Null; 0]);
    let found = exemplars(&openmetrics);
    let has = |sample: &Value| sample[3][0]["trace_id"] == trace.as_str();
    assert!(found.iter().any(has), "{trace}: {found:?}");
    for sample in &found {
        assert_eq!(sample[0], "caas_request_duration_seconds_bucket");
        let bound: f64 = sample[1]["le"].as_str().unwrap().parse().unwrap();
        assert!(sample[3][1].as_f64().unwrap() <= bound, "{sample}");
        assert!(sample[3][2].as_f64().unwrap() > 1.7e9, "{sample} has no time of now");
    }
}

fn parse_page(format: &str, page: &str) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/parse_page.py");
    serde_json::from_str(&pipe(Command::new("python3").args([script, format]), page)).unwrap()
}

/// Runs a program on an input; panics unless it ends with 0, else returns all that it printed.
fn pipe(command: &mut Command, input: &str) -> String {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    let printed = String::from_utf8(printed).unwrap();
    assert!(output.status.success(), "{command:?}: {printed}");
    printed
}

#[test]
fn the_gateway_answers_with_reasons() {
    let gateway = Service::start("gateway", &[]);
    let at = gateway.address;
    let refused = |body: &str, status: u16, reason: &str| {
        let response = post_json(at, "/messages", body);
        let error = response.json()["error"].as_str().unwrap().to_owned();
        assert_eq!((response.status, error.contains(reason)), (status, true), "{body}: {error}");
    };
    refused("{", 400, "JSON");
    refused("[]", 422, "JSON");
    refused(r#"{"tenant_id": "acme", "type": "chat", "text": " "}"#, 422, "text is empty");
    refused(r#"{"tenant_id": "acme", "type": "a fax", "text": "x"}"#, 422, "type must be");
    refused(r#"{"tenant_id": "a b", "type": "chat", "text": "x"}"#, 422, "tenant_id must be");
    let long = |length| {
        json!({"tenant_id": "acme", "type": "chat", "text": "é".repeat(length)}).to_string()
    };
    refused(&long(1_001), 422, "longer than 1000");
    refused(&long(20_000), 413, "length limit");

    let created = post_json(at, "/messages", &long(1_000));
    assert_eq!((created.status, created.json()), (201, json!({"id": 1})));
    let message = json!({"id": 1, "tenant_id": "acme", "type": "chat", "text": "é".repeat(1_000)});
    assert_eq!(get(at, "/messages/1").json(), message);
    assert_eq!(get(at, "/messages").json(), json!([message]));

    assert_eq!(get(at, "/messages/x").status, 400);
    assert!(get(at, "/messages/2").json()["error"].is_string());
    assert!(get(at, "/nothing").json()["error"].is_string());
    let not_allowed = request(at, "PUT", "/messages/1", &[], "");
    assert_eq!(not_allowed.status, 405);
    assert!(not_allowed.head.to_lowercase().contains("\r\nallow: get"), "{}", not_allowed.head);
}

#[test]
fn the_gateway_stops_cleanly() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut gateway = Service::start("gateway", &[]);
        // An idle connection and a message under way are no reason to hang, nor to complain.
        let idle = TcpStream::connect(gateway.address).unwrap();
        let chat = r#"{"tenant_id": "acme", "type": "chat", "text": "hello"}"#;
        assert_eq!(post_json(gateway.address, "/messages", chat).status, 201);
        gateway.process.signal(signal);
        assert_eq!(gateway.process.exit().code(), Some(0), "{}", gateway.process.stderr());
        assert_eq!(gateway.process.stderr(), "");
        drop(idle);
    }
}

#[test]
fn the_gateway_says_why_it_cannot_listen() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    for address in ["nonsense", "127.0.0.1:99999", "256.0.0.1:1", &taken] {
        let mut gateway = Service::spawn(address, "127.0.0.1:0", "gateway", &[]);
        assert_eq!(gateway.exit().code(), Some(1));
        assert_eq!(gateway.stdout(), "");
        let complaint = gateway.stderr();
        let expected = format!("gateway: cannot listen on {address}: ");
        assert!(complaint.starts_with(&expected), "{complaint}");
        assert_eq!(complaint.lines().count(), 1, "{complaint}");
    }
}

#[test]
fn the_gateway_says_why_it_has_no_metrics() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let mut gateway = Service::spawn("127.0.0.1:0", &taken, "gateway", &[]);
    assert_eq!(gateway.exit().code(), Some(1));
    let expected = format!("gateway: no metrics: can't listen on {taken:?}: ");
    assert!(gateway.stderr().starts_with(&expected), "{}", gateway.stderr());
}

#[test]
fn clients_that_are_too_slow_are_disconnected() {
    let gateway = Service::start("gateway", &[]);
    let start = Instant::now();
    let head = "POST /messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    let slow = [
        // Nothing, half a request, half a body, and no further request.
        (String::new(), ""),
        (head.to_owned(), ""),
        (format!("{head}Content-Length: 50\r\n\r\n{{"), "HTTP/1.1 408 "),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), "HTTP/1.1 200 "),
    ];
    let slow = slow.map(|(request, answer)| {
        let mut stream = TcpStream::connect(gateway.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        (stream, answer)
    });
    for (mut stream, answer) in slow {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the server closes the connection");
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.starts_with(answer) && text.is_empty() == answer.is_empty(), "{text}");
    }
    assert!(start.elapsed() > Duration::from_secs(8), "they had a chance");
    assert_eq!(get(gateway.address, "/healthz").status, 200);
}

#[test]
fn the_quickstart_prints_a_page() {
    let page = pipe(&mut Command::new(example("quickstart")), "");
    let sample = "shelter_animals_fed_total{animal=\"dog\",keeper=\"Ada\"} 2\n";
    assert!(page.contains(sample), "{page}");
    assert!(page.contains("\nshelter_feeding_seconds_count 1\n"), "{page}");
}
