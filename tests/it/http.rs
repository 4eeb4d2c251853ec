//! The server and `respond`, with raw bytes from clients.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::http::{Server, respond, respond_from, serve_from};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Problem, Registry, metrics, serve};

metrics! {
    namespace = "it_http";

    /// Requests that the tests of the server count.
    pub counter RequestsTotal { kind: &str }
}

/// An answer, taken apart.
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    /// Reads one answer from a stream, as RFC 9112 tells where it ends.
    fn read(stream: &mut impl Read, has_body: bool) -> Self {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(read_byte(stream).expect("a whole head"));
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap();
        let status = status.strip_prefix("HTTP/1.").unwrap()[2..5].parse().unwrap();
        let headers: BTreeMap<_, _> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
            .collect();
        let mut body = Vec::new();
        if has_body {
            if headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
                while let Some(chunk) = read_chunk(stream) {
                    body.extend(chunk);
                }
            } else if let Some(length) = headers.get("content-length") {
                body.resize(length.parse().unwrap(), 0);
                stream.read_exact(&mut body).unwrap();
            } else {
                stream.read_to_end(&mut body).unwrap();
            }
        }
        Self { status, headers, body }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn unzipped(&self) -> String {
        assert_eq!(self.header("content-encoding"), "gzip");
        let mut text = String::new();
        flate2::read::GzDecoder::new(&self.body[..]).read_to_string(&mut text).unwrap();
        text
    }
}

fn read_byte(stream: &mut impl Read) -> Option<u8> {
    let mut byte = [0];
    stream.read_exact(&mut byte).ok().map(|()| byte[0])
}

fn read_chunk(stream: &mut impl Read) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    while !line.ends_with(b"\r\n") {
        line.push(read_byte(stream).expect("a chunk's size"));
    }
    let size = std::str::from_utf8(&line).unwrap().trim_end();
    let mut chunk = vec![0; usize::from_str_radix(size, 16).unwrap() + 2];
    stream.read_exact(&mut chunk).expect("a whole chunk");
    assert_eq!(chunk.split_off(chunk.len() - 2), b"\r\n");
    (!chunk.is_empty()).then_some(chunk)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn local() -> Server {
    serve("127.0.0.1:0").unwrap()
}

/// Sends a request line and further header lines on a connection of their own.
fn ask(server: &Server, line: &str, headers: &[&str]) -> Answer {
    let mut stream = connect(server.local_addr());
    let line_and_version = format!("{line} HTTP/1.1");
    let request = [&[&line_and_version, "Host: localhost"], headers, &["", ""]].concat();
    stream.write_all(request.join("\r\n").as_bytes()).unwrap();
    Answer::read(&mut stream, !line.starts_with("HEAD"))
}

const PROMETHEUS: &str = "Accept: application/openmetrics-text;version=1.0.0,\
    application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

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
fn head_is_a_get_without_a_body() {
    let registry = Arc::new(Registry::new());
    registry.register(|| vec![FamilySnapshot::gauge("x", "An x.").with(&[], 1.0)]);
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    for path in ["/metrics", "/healthz", "/nothing"] {
        let (mut get, mut head) =
            (ask(&server, &format!("GET {path}"), &[]), ask(&server, &format!("HEAD {path}"), &[]));
        get.headers.remove("date");
        head.headers.remove("date");
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
    for path in ["/", "/metrics/", "/Metrics", "//metrics", "/metrics%20", "/healthz/x"] {
        let answer = ask(&server, &format!("GET {path}"), &[]);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/metrics", "/healthz"] {
            let answer = ask(&server, &format!("{method} {path}"), &[]);
            assert_eq!((answer.status, answer.header("allow")), (405, "GET, HEAD"), "{method}");
        }
        assert_eq!(ask(&server, &format!("{method} /x"), &[]).status, 404);
    }
}

#[test]
fn query_strings_and_absolute_forms_are_understood() {
    let server = local();
    for target in ["/metrics?x", "/metrics?name[]=up&a=%20", "http://localhost/metrics"] {
        assert_eq!(ask(&server, &format!("GET {target}"), &[]).status, 200, "{target}");
    }
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
    assert_eq!(answer.text(), large_page());
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

/// Families, and lines in each of them, of a page that takes many pieces.
const LARGE: (usize, usize) = (20, 1000);

fn large() -> Server {
    let registry = Registry::new();
    registry.register(|| {
        let families = (0..LARGE.0).map(|f| {
            let family = FamilySnapshot::gauge(&format!("large_{f:02}"), "");
            (0..LARGE.1).fold(family, |family, n| family.with(&[("n", &n.to_string())], 1_i64))
        });
        families.collect()
    });
    serve_from(registry, "127.0.0.1:0").unwrap()
}

fn large_page() -> String {
    let families = (0..LARGE.0).map(|f| {
        let samples = (0..LARGE.1).map(|n| format!("large_{f:02}{{n=\"{n}\"}} 1\n"));
        format!("# TYPE large_{f:02} gauge\n{}", samples.collect::<String>())
    });
    let own = "# HELP caas_metrics_collector_panics_total Panics of collectors; each cost the \
               collector's families of one scrape.\n\
               # TYPE caas_metrics_collector_panics_total counter\n\
               caas_metrics_collector_panics_total 0\n\
               # HELP caas_metrics_dropped_total Samples of collectors and default labels that scrapes \
               left out, since they would have broken the page.\n\
               # TYPE caas_metrics_dropped_total counter\n";
    let reasons = ["bounds", "clash", "default_label", "duplicate", "label_name", "name", "value"];
    let problems =
        Problem::KINDS.iter().map(|kind| format!("caas_metrics_problems{{kind=\"{kind}\"}} 0\n"));
    let problems = "# HELP caas_metrics_problems Problems that `check` would report now.\n\
                    # TYPE caas_metrics_problems gauge\n"
        .to_owned()
        + &problems.collect::<String>();
    let dropped = reasons.map(|why| format!("caas_metrics_dropped_total{{reason=\"{why}\"}} 0\n"));
    [own.to_owned(), dropped.concat(), problems, families.collect()].concat()
}

#[test]
fn a_large_page_arrives_whole() {
    let server = large();
    let answer = ask(&server, "GET /metrics", &[]);
    assert_eq!(answer.header("transfer-encoding"), "chunked");
    assert!(answer.text() == large_page());
    let answer = ask(&server, "GET /metrics", &["Accept-Encoding: gzip"]);
    assert!(answer.unzipped() == large_page());
    assert!(answer.body.len() < large_page().len() / 5);
}

#[test]
fn a_panicking_collector_costs_only_its_own_families() {
    let registry = Registry::new();
    registry.register(|| panic!("this collector panics on purpose"));
    registry.register(|| vec![FamilySnapshot::gauge("well", "").with(&[], 1.0)]);
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    for _ in 0..2 {
        assert!(ask(&server, "GET /metrics", &[]).text().contains("\nwell 1\n"));
    }
}

#[test]
fn half_a_request_holds_nobody_up() {
    let server = local();
    let mut half = connect(server.local_addr());
    half.write_all(b"GET /metrics HTTP/1.1\r\nHost: ").unwrap();
    assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
    let start = Instant::now();
    assert_eq!(read_byte(&mut half), None);
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// Needs more file descriptors than many systems give, so it runs in a process with more of them.
#[test]
fn a_thousand_connections_hold_nobody_up() {
    const INNER: &str = "CAAS_TEST_THOUSAND_CONNECTIONS";
    if std::env::var_os(INNER).is_none() {
        let name = concat!(module_path!(), "::a_thousand_connections_hold_nobody_up");
        let name = name.split_once("::").unwrap().1;
        let status = Command::new("sh")
            .args(["-c", "ulimit -n 4096 && exec \"$0\" --exact \"$1\" --nocapture"])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(INNER, "1")
            .status();
        assert!(status.unwrap().success());
        return;
    }
    let server = local();
    // Those who send half a request, and those who ask and don't read.
    let mut slow: Vec<_> = (0..1000).map(|_| connect(server.local_addr())).collect();
    for (n, stream) in slow.iter_mut().enumerate() {
        let request = if n % 2 == 0 {
            "GET /metrics HTTP/1.1\r\nX: "
        } else {
            "GET /metrics HTTP/1.1\r\n\r\n"
        };
        // Some have given way already.
        let _ = stream.write_all(request.as_bytes());
    }
    let start = Instant::now();
    assert_eq!(ask(&server, "GET /metrics", &[]).status, 200);
    assert!(start.elapsed() < Duration::from_secs(9), "took {:?}", start.elapsed());
    drop(slow);
    // And a thousand who behave: each of them is answered.
    let mut eager: Vec<_> = (0..1000)
        .map(|_| {
            let mut stream = connect(server.local_addr());
            write!(stream, "GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
            stream
        })
        .collect();
    for stream in &mut eager {
        assert_eq!(Answer::read(stream, true).text(), "ok");
    }
}

#[test]
fn after_a_shutdown_nobody_listens() {
    let server = local();
    let address = server.local_addr();
    server.shutdown();
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_detached_server_goes_on() {
    let server = local();
    let address = server.local_addr();
    server.detach();
    thread::sleep(Duration::from_millis(50));
    let mut stream = connect(address);
    write!(stream, "GET /healthz HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut stream, true).text(), "ok");
}

#[test]
fn addresses_that_cannot_be_had_are_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let error = serve(address).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::AddrInUse);
    assert!(error.to_string().starts_with(&format!("can't listen on {address}: ")), "{error}");
    for bad in ["9100", "127.0.0.1", "127.0.0.1:99999", "no such host:9100", ""] {
        let error = serve(bad).unwrap_err().to_string();
        assert!(error.starts_with(&format!("can't listen on {bad:?}: ")), "{error}");
    }
    let error = serve(&[][..]).unwrap_err().to_string();
    assert_eq!(error, "can't listen on []: it names no address");
}

#[test]
fn several_addresses_are_tried_in_turn() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [taken.local_addr().unwrap(), "127.0.0.1:0".parse().unwrap()];
    let server = serve(&addresses[..]).unwrap();
    assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
}

#[test]
fn it_runs_inside_any_runtime() {
    let one_thread = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let threads = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    for runtime in [one_thread, threads] {
        runtime.block_on(async {
            let server = local();
            assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
            server.shutdown();
            let server = local();
            assert!(serve(server.local_addr()).is_err());
            drop(server);
        });
    }
}

#[test]
fn it_is_an_axum_handler() {
    use axum::{Router, body, routing::get};
    use http::{HeaderMap, Method, Request};
    use tower::ServiceExt;

    let app: Router = Router::new()
        .route("/metrics", get(async |headers: HeaderMap| respond(&headers)))
        .route("/own", get(async |headers: HeaderMap| respond_from(&Registry::new(), &headers)));
    let ask = |method, path| {
        let request =
            Request::builder().method(method).uri(path).body(body::Body::empty()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let app = app.clone();
        runtime.block_on(async {
            let (head, body) = app.oneshot(request).await.unwrap().into_parts();
            (head, body::to_bytes(body, usize::MAX).await.unwrap())
        })
    };
    RequestsTotal { kind: "axum" }.inc();
    let (head, page) = ask(Method::GET, "/metrics");
    assert_eq!(head.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    let line = "\nit_http_requests_total{kind=\"axum\"} 1\n";
    assert!(std::str::from_utf8(&page).unwrap().contains(line));
    let (head, page) = ask(Method::HEAD, "/metrics");
    assert_eq!((head.status.as_u16(), &page[..]), (200, &b""[..]));
    assert_eq!(&ask(Method::GET, "/own").1[..], b"");
}
