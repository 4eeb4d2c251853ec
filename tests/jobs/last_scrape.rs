//! Servers that stop after a last scrape, by clients of every kind and by a real Prometheus.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use caas_metrics::http::{LastScrape, Server, serve_from};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Registry, serve};

use crate::http::{get, request, try_request};
use crate::process::{eventually, lacks};
use crate::prometheus::Prometheus;

/// Longer than any test.
const LIMIT: Duration = Duration::from_mins(10);

/// A server whose page is larger than what sockets buffer.
fn large() -> Server {
    let registry = Registry::new();
    registry.register(|| {
        let text = "x".repeat(10_000);
        let family = FamilySnapshot::gauge("large", "Much text.");
        let numbers = (0..3000).map(|n| n.to_string());
        vec![numbers.fold(family, |family, n| family.with(&[("n", &n), ("text", &text)], 1.0))]
    });
    let builder = Server::builder().registry(registry).shutdown_timeout(LIMIT);
    builder.stall_timeout(LIMIT).response_timeout(LIMIT).serve("127.0.0.1:0").unwrap()
}

/// Begins to wait for scrapes, and gives the server time to hear of it.
fn waiting(server: Server, count: u64, limit: Duration) -> JoinHandle<LastScrape> {
    let waiting = thread::spawn(move || server.shutdown_after_scrapes(count, limit));
    thread::sleep(Duration::from_secs(1));
    waiting
}

/// Fails if the server has stopped, a moment later.
#[track_caller]
fn assert_waits(waiting: &JoinHandle<LastScrape>) {
    thread::sleep(Duration::from_millis(100));
    assert!(!waiting.is_finished());
}

fn begin(address: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1000]).unwrap();
    stream
}

fn finish(mut stream: TcpStream) {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"));
}

#[test]
fn only_a_whole_page_is_the_last_scrape() {
    // Its page is empty, so nothing shows in the body which request was answered.
    let server = serve_from(Registry::new(), "127.0.0.1:0").unwrap();
    let at = server.local_addr();
    let waiting = waiting(server, 1, LIMIT);
    for (method, path, headers, status) in [
        ("HEAD", "/metrics", &[][..], 200),
        ("POST", "/metrics", &[], 405),
        ("GET", "/healthz", &[], 200),
        ("GET", "/", &[], 200),
        ("GET", "/nothing", &[], 404),
        ("GET", "/metrics?name[]=jobs_items_total", &[], 200),
        ("GET", "/metrics", &[("accept-encoding", "identity;q=0")], 406),
        ("GET", "/metrics", &[("host", "two")], 400),
    ] {
        assert_eq!(request(at, method, path, headers, "").status, status, "{method} {path}");
        assert_waits(&waiting);
    }
    assert_eq!(get(at, "/metrics?unknown=1").status, 200);
    assert_eq!(waiting.join().unwrap(), LastScrape::Delivered);
    assert!(TcpStream::connect(at).is_err());
}

#[test]
fn a_transfer_that_breaks_off_or_began_before_is_not_the_last_scrape() {
    let server = large();
    let at = server.local_addr();
    let before = begin(at);
    let waiting = waiting(server, 1, LIMIT);
    drop(begin(at));
    assert_waits(&waiting);
    finish(before);
    assert_waits(&waiting);
    let last = begin(at);
    assert_waits(&waiting);
    finish(last);
    assert_eq!(waiting.join().unwrap(), LastScrape::Delivered);
}

#[test]
fn a_scrape_on_a_connection_that_is_kept_alive_counts() {
    let server = serve("127.0.0.1:0").unwrap();
    let mut idle = TcpStream::connect(server.local_addr()).unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).unwrap();
    let waiting = waiting(server, 2, LIMIT);
    let scrape = b"GET /metrics?x HTTP/1.1\r\nHost: x\r\n\r\n";
    stream.write_all(scrape).unwrap();
    assert_waits(&waiting);
    stream.write_all(scrape).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(waiting.join().unwrap(), LastScrape::Delivered);
    assert_eq!(idle.read(&mut [0; 9]).unwrap_or(0), 0);
}

#[test]
fn after_the_limit_it_stops_all_the_same() {
    let (server, begun) = (serve("127.0.0.1:0").unwrap(), Instant::now());
    let at = server.local_addr();
    let limit = Duration::from_millis(100);
    assert_eq!(server.shutdown_after_scrape(limit), LastScrape::Missed);
    assert!(begun.elapsed() >= limit);
    assert!(TcpStream::connect(at).is_err());

    // Two are wanted, and there is one.
    let server = serve("127.0.0.1:0").unwrap();
    let at = server.local_addr();
    let waiting = waiting(server, 2, Duration::from_secs(1));
    let _ = try_request(at, "GET", "/metrics", &[], "");
    assert_eq!(waiting.join().unwrap(), LastScrape::Missed);

    let server = serve("127.0.0.1:0").unwrap();
    assert_eq!(server.shutdown_after_scrapes(0, Duration::MAX), LastScrape::Delivered);
}

#[test]
fn a_scrape_under_way_at_the_limit_counts() {
    let server = large();
    let at = server.local_addr();
    let waiting = waiting(server, 1, Duration::from_secs(5));
    let last = begin(at);
    eventually("the limit has passed", || {
        if TcpStream::connect(at).is_err() { Ok(()) } else { Err("it still listens".to_owned()) }
    });
    finish(last);
    assert_eq!(waiting.join().unwrap(), LastScrape::Delivered);
}

#[test]
fn two_servers_have_the_value_from_just_before_the_shutdown() {
    if lacks("two_servers_have_the_value_from_just_before_the_shutdown", &["prometheus"]) {
        return;
    }
    let server = serve_from(Registry::with_declared(), "127.0.0.1:0").unwrap();
    crate::ItemsTotal { outcome: "scraped" }.inc();
    let replicas = [(), ()].map(|()| Prometheus::start(server.local_addr()));
    for prometheus in &replicas {
        prometheus.expect("jobs_items_total{outcome='scraped'}", 1.0);
    }
    crate::ItemsTotal { outcome: "scraped" }.inc_by(41);
    assert_eq!(server.shutdown_after_scrapes(2, LIMIT), LastScrape::Delivered);
    for prometheus in &replicas {
        // When the server is gone, its series are stale.
        prometheus.expect("last_over_time(jobs_items_total{outcome='scraped'}[5m])", 42.0);
    }
}
