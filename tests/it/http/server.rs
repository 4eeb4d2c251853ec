//! The server around the answers: large pages, clients that are slow or many, addresses, and its end.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::http::{respond, respond_from, serve_from};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Registry, serve};

use super::{
    Answer, RequestsTotal, ask, connect, large, large_page, local, read_byte, without_own,
};

#[test]
fn a_large_page_arrives_whole() {
    let server = large();
    let answer = ask(&server, "GET /metrics", &[]);
    assert_eq!(answer.header("transfer-encoding"), "chunked");
    assert!(without_own(answer.text()) == large_page());
    let answer = ask(&server, "GET /metrics", &["Accept-Encoding: gzip"]);
    assert!(without_own(&answer.unzipped()) == large_page());
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
            "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
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
            write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                .unwrap();
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
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
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

#[test]
fn the_axum_router_answers_as_the_server_does() {
    use axum::{Router, body};
    use http::Request;
    use tower::ServiceExt;

    let server = local();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for encoding in ["gzip", "identity", "identity;q=0, gzip;q=0.1", "identity;q=0", "*;q=0"] {
        let header = format!("Accept-Encoding: {encoding}");
        let own = ask(&server, "GET /metrics", &[&header]);
        let request = Request::get("/metrics").header("accept-encoding", encoding);
        let request = request.body(body::Body::empty()).unwrap();
        let router: Router = caas_metrics::axum::router();
        let head = runtime.block_on(router.oneshot(request)).unwrap().into_parts().0;
        assert_eq!(head.status.as_u16(), own.status, "{encoding}");
        for name in ["content-type", "content-encoding", "vary"] {
            let value = head.headers.get(name).map_or("", |value| value.to_str().unwrap());
            assert_eq!(value, own.header(name), "{encoding}");
        }
    }
}
