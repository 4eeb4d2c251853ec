//! Servers that are not as `serve` makes them: another path, other limits, a Unix socket.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use caas_metrics::Registry;
use caas_metrics::http::{Server, ServerBuilder};
use caas_metrics::sample::FamilySnapshot;

use super::{Answer, RequestsTotal, ask, connect};

fn builder_of(name: &'static str) -> ServerBuilder<Registry> {
    let registry = Registry::new();
    registry.register(|| vec![FamilySnapshot::gauge(name, "").with(&[], 1.0)]);
    Server::builder().registry(registry)
}

#[test]
fn the_page_is_where_it_was_asked_for() {
    RequestsTotal { kind: "path" }.inc();
    let server = Server::builder().path("/internal/metrics").serve("127.0.0.1:0").unwrap();
    let page = ask(&server, "GET /internal/metrics?x", &[]);
    assert!(page.text().contains("\nit_http_requests_total{kind=\"path\"} 1\n"));
    assert_eq!(ask(&server, "POST /internal/metrics", &[]).status, 405);
    let other = ask(&server, "GET /metrics", &[]);
    assert_eq!(other.text(), "not found; the metrics are at /internal/metrics\n");
    assert_eq!(other.status, 404);
    assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
}

#[test]
fn a_registry_of_ones_own_is_served() {
    let server = builder_of("own").path("/m").serve("127.0.0.1:0").unwrap();
    assert!(ask(&server, "GET /m", &[]).text().contains("\nown 1\n"));
}

#[test]
fn bad_values_are_errors() {
    let error = |change: fn(ServerBuilder) -> ServerBuilder| {
        let error = change(Server::builder()).serve("127.0.0.1:0").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    let text = "can't serve metrics at \"/m?x\": it must be a path without query or fragment";
    assert_eq!(error(|server| server.path("/m?x")), text);
    let text = "max_connections is 0, which would serve nobody";
    assert_eq!(error(|server| server.max_connections(0)), text);
    let text = "header_timeout is zero, which would serve nobody";
    assert_eq!(error(|server| server.header_timeout(Duration::ZERO)), text);
    for change in [
        |server: ServerBuilder| server.idle_timeout(Duration::ZERO),
        |server: ServerBuilder| server.stall_timeout(Duration::ZERO),
        |server: ServerBuilder| server.response_timeout(Duration::ZERO),
        |server: ServerBuilder| server.max_connection_age(Duration::ZERO),
    ] {
        assert!(error(change).ends_with(" is zero, which would serve nobody"));
    }
}

#[test]
fn limits_are_kept() {
    let server = builder_of("limited")
        .max_connections(2)
        .header_timeout(Duration::from_millis(100))
        .idle_timeout(Duration::MAX)
        .serve("127.0.0.1:0")
        .unwrap();
    let (start, mut silent) = (Instant::now(), connect(server.local_addr()));
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    assert!(start.elapsed() < Duration::from_secs(4), "sooner than by default");

    // For the third one the first gives way, and nobody else.
    let mut kept: Vec<_> = (0..3).map(|_| connect(server.local_addr())).collect();
    let ask_again = |stream: &mut TcpStream| {
        write!(stream, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        assert_eq!(Answer::read(stream, true).text(), "ok");
    };
    kept.iter_mut().for_each(ask_again);
    assert_eq!(kept[0].read(&mut [0]).unwrap(), 0);
    thread::sleep(Duration::from_millis(700));
    kept[1..].iter_mut().for_each(ask_again);
}

#[test]
fn the_age_and_the_end_are_limited() {
    let server = builder_of("old").max_connection_age(Duration::from_nanos(1));
    let server = server.shutdown_timeout(Duration::ZERO).serve("127.0.0.1:0").unwrap();
    assert_eq!(ask(&server, "GET /metrics", &[]).header("connection"), "close");
    server.shutdown();
}

#[cfg(unix)]
mod unix {
    use std::fs;
    use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
    use std::path::Path;

    use super::*;

    fn ask(path: &Path, target: &str) -> Answer {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        Answer::read(&mut stream, true)
    }

    #[track_caller]
    fn assert_refused(path: &Path, kind: ErrorKind, text: &str) {
        let error = builder_of("refused").serve_unix(path).unwrap_err();
        let name = path.to_str().unwrap();
        assert_eq!(error.to_string(), format!("can't listen on {name:?}: {text}"));
        assert_eq!(error.kind(), kind);
        assert!(fs::symlink_metadata(path).is_ok(), "it is still there");
    }

    #[test]
    fn a_unix_socket_is_served_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        for _ in 0..2 {
            let server = builder_of("by_file").path("/m").serve_unix(&path).unwrap();
            assert_eq!(server.local_addr(), path);
            assert!(ask(&path, "/m").text().contains("\nby_file 1\n"));
            assert_eq!(ask(&path, "/metrics").status, 404);
            server.shutdown();
            assert!(!path.exists());
        }
        let server = builder_of("by_file").serve_unix(&path).unwrap();
        drop(server);
        assert!(!path.exists());
    }

    #[test]
    fn a_stale_socket_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("stale.sock");
        drop(UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let _server = builder_of("new").serve_unix(&path).unwrap();
        assert!(ask(&path, "/metrics").text().contains("\nnew 1\n"));
    }

    #[test]
    fn a_socket_that_lives_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("live.sock");
        let _server = builder_of("first").serve_unix(&path).unwrap();
        assert_refused(&path, ErrorKind::AddrInUse, "another server listens there");
        assert!(ask(&path, "/metrics").text().contains("\nfirst 1\n"));

        // One that accepts nobody, and one that is no stream.
        let path = folder.path().join("full.sock");
        let _full = UnixListener::bind(&path).unwrap();
        assert_refused(&path, ErrorKind::AddrInUse, "another server listens there");
        let path = folder.path().join("datagrams.sock");
        let _datagrams = UnixDatagram::bind(&path).unwrap();
        assert_refused(&path, ErrorKind::AddrInUse, "another server listens there");
    }

    #[test]
    fn no_other_file_is_touched() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "precious").unwrap();
        let text = "there is a file that is not a socket";
        assert_refused(&path, ErrorKind::AlreadyExists, text);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        assert_refused(folder.path(), ErrorKind::AlreadyExists, text);
        // A link to a stale socket is no socket.
        let stale = folder.path().join("stale.sock");
        drop(UnixListener::bind(&stale).unwrap());
        let link = folder.path().join("link.sock");
        std::os::unix::fs::symlink(&stale, &link).unwrap();
        assert_refused(&link, ErrorKind::AlreadyExists, text);
        assert!(stale.exists());
    }

    #[test]
    fn the_file_of_a_later_server_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.sock");
        let earlier = builder_of("earlier").serve_unix(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let _later = builder_of("later").serve_unix(&path).unwrap();
        earlier.shutdown();
        assert!(ask(&path, "/metrics").text().contains("\nlater 1\n"));
    }

    #[test]
    fn paths_that_cannot_be_had_are_named() {
        let folder = tempfile::tempdir().unwrap();
        for path in [folder.path().join("no/folder"), folder.path().join("x".repeat(200))] {
            let error = builder_of("nowhere").serve_unix(&path).unwrap_err().to_string();
            let name = path.to_str().unwrap();
            assert!(error.starts_with(&format!("can't listen on {name:?}: ")), "{error}");
        }
    }
}
