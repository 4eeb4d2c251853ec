//! What a request is answered with: pages, formats, gzip, and refusals.

use std::io::{Read, Write};
use std::sync::Arc;

use caas_metrics::Registry;
use caas_metrics::http::{Server, serve_from};
use caas_metrics::sample::FamilySnapshot;

use super::{
    Answer, LARGE, NATIVE, PROMETHEUS, RequestsTotal, ask, connect, large, large_page, local,
    without_own,
};
use crate::parsers::protobuf;

#[test]
fn a_scrape_gets_the_page() {
    RequestsTotal { kind: "page" }.inc();
    let answer = ask(&local(), "GET /metrics", &[]);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(answer.header("vary"), "accept, accept-encoding");
    assert_eq!(answer.header("content-encoding"), "");
    assert!(answer.text().contains("\n# TYPE it_http_requests_total counter\n"));
    assert!(answer.text().contains("\nit_http_requests_total{kind=\"page\"} 1\n"));
}

#[test]
fn prometheus_gets_openmetrics() {
    let answer = ask(&local(), "GET /metrics", &[PROMETHEUS]);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.header("content-type"), content_type);
    assert!(answer.text().ends_with("\n# EOF\n"));
}

#[test]
fn who_scrapes_native_histograms_gets_protobuf() {
    RequestsTotal { kind: "protobuf" }.inc();
    let content_type = "application/vnd.google.protobuf; \
                        proto=io.prometheus.client.MetricFamily; encoding=delimited";
    let server = local();
    let plain = ask(&server, "GET /metrics", &[NATIVE]);
    let zipped = ask(&server, "GET /metrics", &[NATIVE, "Accept-Encoding: gzip"]);
    for (answer, page) in [(&plain, plain.body.clone()), (&zipped, zipped.unzipped_bytes())] {
        assert_eq!(answer.header("content-type"), content_type);
        let read = protobuf::series(&protobuf::read_page(&page));
        let labels = [("kind".to_owned(), "protobuf".to_owned())].into();
        assert_eq!(read[&("it_http_requests_total".to_owned(), labels)], 1.0);
    }
}

#[test]
fn a_long_page_in_protobuf_is_whole() {
    let server = large();
    for headers in [&[NATIVE][..], &[NATIVE, "Accept-Encoding: gzip"]] {
        let answer = ask(&server, "GET /metrics", headers);
        let is_zipped = headers.len() > 1;
        let page = if is_zipped { answer.unzipped_bytes() } else { answer.body };
        let read = protobuf::series(&protobuf::read_page(&page));
        let large = read.keys().filter(|(name, _)| name.starts_with("large_"));
        assert_eq!(large.count(), LARGE.0 * LARGE.1);
    }
}

#[test]
fn several_accept_lines_are_one() {
    let lines = ["Accept: text/plain;q=0.1", "Accept: application/openmetrics-text"];
    assert!(ask(&local(), "GET /metrics", &lines).text().ends_with("# EOF\n"));
}

#[test]
fn gzip_is_sent_to_those_who_ask() {
    RequestsTotal { kind: "gzip" }.inc();
    let server = local();
    let answer = ask(&server, "GET /metrics", &["Accept-Encoding: gzip", PROMETHEUS]);
    assert!(answer.unzipped().contains("\nit_http_requests_total{kind=\"gzip\"} 1\n"));
    assert!(answer.unzipped().ends_with("# EOF\n"));
    let answer = ask(&server, "GET /metrics", &["Accept-Encoding: br, gzip;q=0"]);
    assert_eq!(answer.header("content-encoding"), "");
    assert!(answer.text().starts_with("# "));
}

#[test]
fn who_forbids_plain_bytes_gets_gzip_or_a_refusal() {
    let server = local();
    for line in ["gzip;q=0.1, identity;q=0", "gzip, *;q=0", "identity;q=0, *"] {
        let answer = ask(&server, "GET /metrics", &[&format!("Accept-Encoding: {line}")]);
        assert!(answer.unzipped().starts_with("# "), "{line}");
    }
    for line in ["identity;q=0", "*;q=0", "br, gzip;q=0, identity;q=0"] {
        let answer = ask(&server, "GET /metrics", &[&format!("Accept-Encoding: {line}")]);
        let encoding = answer.header("content-encoding");
        assert_eq!((answer.status, encoding), (406, ""), "{line}");
        let text = "Accept-Encoding allows neither gzip nor identity; allow one of them\n";
        assert_eq!((answer.text(), answer.header("vary")), (text, "accept-encoding"));
    }
}

#[test]
fn head_is_a_get_without_a_body() {
    let registry = Arc::new(Registry::new());
    registry.register(|| vec![FamilySnapshot::gauge("x", "An x.").with(&[], 1.0)]);
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    for path in ["/", "/metrics", "/healthz", "/nothing"] {
        let (mut get, mut head) =
            (ask(&server, &format!("GET {path}"), &[]), ask(&server, &format!("HEAD {path}"), &[]));
        // The length of a page is not known before the collectors have answered.
        for name in ["date", "content-length", "transfer-encoding"] {
            get.headers.remove(name);
            head.headers.remove(name);
        }
        assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{path}");
    }
    // The next answer follows the head at once.
    let mut stream = connect(server.local_addr());
    write!(
        stream,
        "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    .unwrap();
    assert_eq!(Answer::read(&mut stream, false).status, 200);
    assert_eq!(Answer::read(&mut stream, true).text(), "ok");
}

#[test]
fn other_paths_and_methods_are_refused() {
    let server = local();
    assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
    for path in ["/metrics/", "/Metrics", "//metrics", "/metrics%20", "/healthz/x"] {
        let answer = ask(&server, &format!("GET {path}"), &[]);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/", "/metrics", "/healthz"] {
            let answer = ask(&server, &format!("{method} {path}"), &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
        }
        assert_eq!(ask(&server, &format!("{method} /x"), &[]).status, 404);
    }
}

#[test]
fn people_find_links() {
    let page = ask(&local(), "GET /", &[]);
    assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
    let page = page.text();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"en\">\n"), "{page}");
    for link in ["/metrics", "/healthz"] {
        assert!(page.contains(&format!("<a href=\"{link}\">{link}</a>")), "{page}");
    }
    let server = Server::builder().path("/a/b&c").serve("127.0.0.1:0").unwrap();
    let page = ask(&server, "GET /", &[]);
    assert!(page.text().contains("<a href=\"/a/b&amp;c\">/a/b&amp;c</a>"), "{}", page.text());
    assert_eq!(ask(&server, "GET /a/b&c", &[]).status, 200);
}

#[test]
fn query_strings_and_absolute_forms_are_understood() {
    let server = local();
    for target in ["/metrics?x", "/metrics?name[]=up&a=%20", "http://localhost/metrics"] {
        assert_eq!(ask(&server, &format!("GET {target}"), &[]).status, 200, "{target}");
    }
}

#[test]
fn a_request_without_exactly_one_host_is_refused() {
    let server = local();
    let refused = |target: &str, hosts: &str| {
        let mut stream = connect(server.local_addr());
        write!(stream, "GET {target} HTTP/1.1\r\n{hosts}\r\n").unwrap();
        let answer = Answer::read(&mut stream, true);
        assert_eq!(answer.text(), "one valid Host header is required\n", "{target} {hosts}");
        assert_eq!(answer.header("connection"), "close");
        assert_eq!(answer.status, 400);
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "it is closed");
    };
    for target in ["/metrics", "/healthz", "/x", "http://x/metrics"] {
        refused(target, "");
        refused(target, "Host: x\r\nHost: x\r\n");
        refused(target, "Host: a b\r\n");
    }
    let mut stream = connect(server.local_addr());
    write!(stream, "GET /healthz HTTP/1.0\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut stream, true).text(), "ok");
}

#[test]
fn a_posted_body_is_refused_in_peace() {
    let server = local();
    let mut stream = connect(server.local_addr());
    let body = "x".repeat(100_000);
    let length = body.len();
    write!(stream, "POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    assert_eq!(Answer::read(&mut stream, true).status, 405);
}

#[test]
fn a_connection_serves_many_requests() {
    let server = local();
    let mut stream = connect(server.local_addr());
    for _ in 0..3 {
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(Answer::read(&mut stream, true).text(), "ok");
    }
    let twice = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    stream.write_all(twice.as_bytes()).unwrap();
    for _ in 0..2 {
        assert_eq!(Answer::read(&mut stream, true).text(), "ok");
    }
}

#[test]
fn http_1_0_gets_a_page_that_ends_with_the_connection() {
    let server = large();
    let mut stream = connect(server.local_addr());
    write!(stream, "GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let answer = Answer::read(&mut stream, true);
    assert_eq!(answer.header("transfer-encoding"), "");
    assert_eq!(without_own(answer.text()), large_page());
}

#[test]
fn what_is_no_http_is_answered_and_closed() {
    let server = local();
    for (bytes, status) in [
        ("\x16\x03\x01\x02\0", 400),
        ("GET /metrics\r\n\r\n", 400),
        ("GET /metrics HTTP/1.1\r\nA B: c\r\n\r\n", 400),
        (&format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(20_000)), 431),
        (&format!("GET /metrics HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)), 431),
    ] {
        let mut stream = connect(server.local_addr());
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes}: {answer}");
    }
}
