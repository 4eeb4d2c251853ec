//! The server against clients that are slow, silent or too many, with limits short enough to test.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use super::limits::{Limits, MAX_CONNECTIONS};
use super::{Server, ServerBuilder};
use crate::sample::FamilySnapshot;
use crate::{CollectorOptions, Registry};

const GET: &[u8] = b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Limits that no test reaches.
const PATIENT: Limits = Limits {
    connections: MAX_CONNECTIONS,
    header: millis(60_000),
    idle: millis(60_000),
    stall: millis(60_000),
    response: millis(60_000),
    age: millis(60_000),
    linger: millis(1000),
    shutdown: millis(60_000),
};

fn server(limits: Limits) -> Server {
    serve(Registry::new(), limits)
}

fn serve(registry: Registry, limits: Limits) -> Server {
    let builder = ServerBuilder { limits, ..Server::builder() };
    builder.registry(registry).serve("127.0.0.1:0").unwrap()
}

/// A server whose page is larger than what sockets buffer.
fn server_of_a_large_page(limits: Limits) -> Server {
    let registry = Registry::new();
    registry.register(|| {
        let text = "x".repeat(10_000);
        let family = FamilySnapshot::gauge("large", "Much text.");
        let numbers = (0..LARGE_SAMPLES).map(|n| n.to_string());
        vec![numbers.fold(family, |family, n| family.with(&[("n", &n), ("text", &text)], 1.0))]
    });
    serve(registry, limits)
}

const LARGE_SAMPLES: usize = 3000;

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(server.local_addr()).unwrap();
    stream.set_read_timeout(Some(millis(20_000))).unwrap();
    stream
}

/// Reads until the server closes; a reset is as good as an end.
fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    bytes
}

/// Reads one answer that fits into a packet.
fn read_answer(mut stream: &TcpStream) -> String {
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).unwrap();
    String::from_utf8(bytes[..length].to_vec()).unwrap()
}

#[track_caller]
fn assert_soon(start: Instant) {
    let elapsed = start.elapsed();
    assert!(elapsed < millis(15_000), "took {elapsed:?}");
}

#[test]
fn half_a_request_is_cut_off() {
    let server = server(Limits { header: millis(100), ..PATIENT });
    let (mut half, silent, start) = (connect(&server), connect(&server), Instant::now());
    half.write_all(b"GET /metrics HTTP/1.1\r\nHost").unwrap();
    assert_eq!(read_to_end(&half), b"");
    assert_eq!(read_to_end(&silent), b"");
    assert_soon(start);
}

#[test]
fn a_request_that_trickles_in_is_cut_off() {
    let server = server(Limits { header: millis(300), ..PATIENT });
    let (mut stream, start) = (connect(&server), Instant::now());
    stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    while stream.write_all(b"A: b\r\n").is_ok() {
        assert_soon(start);
        thread::sleep(millis(20));
    }
}

#[test]
fn an_idle_connection_is_closed() {
    let server = server(Limits { idle: millis(200), ..PATIENT });
    let (mut stream, start) = (connect(&server), Instant::now());
    for _ in 0..3 {
        stream.write_all(GET).unwrap();
        assert!(read_answer(&stream).starts_with("HTTP/1.1 200 OK\r\n"));
        thread::sleep(millis(20));
    }
    assert_eq!(read_to_end(&stream), b"");
    assert_soon(start);
}

#[test]
fn an_old_connection_is_told_to_close() {
    let server = server(Limits { age: Duration::from_nanos(1), ..PATIENT });
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    let answer = String::from_utf8(read_to_end(&stream)).unwrap();
    assert!(answer.contains("connection: close\r\n"), "{answer}");
}

#[test]
fn who_does_not_read_is_cut_off() {
    let server = server_of_a_large_page(Limits { stall: millis(200), ..PATIENT });
    let (mut stream, start) = (connect(&server), Instant::now());
    stream.write_all(GET).unwrap();
    // Nothing is read, so only what is sent can meet the end of the connection.
    while stream.write_all(b"\r\n").is_ok() {
        assert_soon(start);
        thread::sleep(millis(20));
    }
}

#[test]
fn who_reads_too_slowly_is_cut_off() {
    let server = server_of_a_large_page(Limits { response: millis(1000), ..PATIENT });
    let (mut stream, start) = (connect(&server), Instant::now());
    stream.write_all(GET).unwrap();
    let (mut bytes, mut total) = (vec![0; 4096], 0);
    // At this speed the page would take minutes. What the sockets buffer is read quickly at the end.
    while start.elapsed() < millis(3000) {
        total += stream.read(&mut bytes).unwrap_or(0);
        thread::sleep(millis(20));
    }
    total += read_to_end(&stream).len();
    assert!(0 < total && total < LARGE_SAMPLES * 10_000, "{total} bytes came");
}

#[test]
fn quiet_connections_give_way() {
    let server = server(PATIENT);
    let mut quiet: Vec<_> = (0..MAX_CONNECTIONS + 10).map(|_| connect(&server)).collect();
    for stream in &mut quiet {
        stream.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    }
    let (mut stream, start) = (connect(&server), Instant::now());
    stream.write_all(GET).unwrap();
    assert!(read_answer(&stream).starts_with("HTTP/1.1 200 OK\r\n"));
    assert_soon(start);
}

#[test]
fn an_answer_under_way_survives_a_shutdown() {
    let server = server_of_a_large_page(PATIENT);
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).unwrap();
    let shutdown = thread::spawn(|| server.shutdown());
    thread::sleep(millis(200));
    assert!(!shutdown.is_finished(), "the answer can't have been sent yet");
    let page = read_to_end(&stream);
    assert!(page.ends_with(b"0\r\n\r\n") && page.len() > LARGE_SAMPLES * 10_000);
    shutdown.join().unwrap();
}

#[test]
fn a_shutdown_waits_for_no_request() {
    let server = server(PATIENT);
    let (silent, mut half, mut idle) = (connect(&server), connect(&server), connect(&server));
    half.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    idle.write_all(GET).unwrap();
    read_answer(&idle);
    let start = Instant::now();
    server.shutdown();
    assert!(start.elapsed() < millis(2000), "took {:?}", start.elapsed());
    for stream in [silent, half, idle] {
        assert_eq!(read_to_end(&stream), b"");
    }
}

#[test]
fn a_shutdown_does_not_wait_for_ever() {
    let server = server_of_a_large_page(Limits { shutdown: millis(300), ..PATIENT });
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    let mut first = [0; 1];
    stream.read_exact(&mut first).unwrap();
    let start = Instant::now();
    server.shutdown();
    assert_soon(start);
    assert!(!read_to_end(&stream).ends_with(b"0\r\n\r\n"));
}

#[test]
fn a_shutdown_does_not_wait_for_a_collector() {
    let registry = Registry::new();
    let (entered, entering) = mpsc::channel();
    let (leave, leaving) = mpsc::channel::<()>();
    let leaving = Mutex::new(leaving);
    let patient = CollectorOptions::new("hangs").deadline(millis(60_000));
    registry.register_with(patient, move || {
        entered.send(()).unwrap();
        let _ = leaving.lock().unwrap().recv();
        Vec::new()
    });
    let server = serve(registry, PATIENT);
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    entering.recv_timeout(millis(20_000)).unwrap();
    let (address, start) = (server.local_addr(), Instant::now());
    server.shutdown();
    assert_soon(start);
    TcpListener::bind(address).expect("the port is free");
    assert!(read_to_end(&stream).ends_with(b"0\r\n\r\n"), "the page is whole");
    drop(leave);
}

#[test]
fn a_dropped_server_frees_its_port() {
    let server = server(PATIENT);
    let address = server.local_addr();
    let mut stream = connect(&server);
    stream.write_all(GET).unwrap();
    read_answer(&stream);
    drop(server);
    TcpListener::bind(address).expect("the port is free");
}

#[test]
fn too_many_headers_are_answered_before_the_connection_closes() {
    let server = server(PATIENT);
    let mut stream = connect(&server);
    // More than the socket takes at once, so that the server closes while there is more to read.
    let mut request = b"GET /metrics HTTP/1.1\r\nX: ".to_vec();
    request.resize(200_000, b'x');
    stream.write_all(&request).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("no reset");
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}
