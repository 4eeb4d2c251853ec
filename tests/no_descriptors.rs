//! Scrapes when no file descriptor is left, because idle clients or the program itself have them all.
//!
//! A program of its own, since its servers run in processes with few descriptors.

#![cfg(unix)]

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, io, thread};

use caas_metrics::Registry;
use caas_metrics::http::serve_from;
use caas_metrics::sample::FamilySnapshot;
use rustix::process::{Resource, Rlimit, setrlimit};

const IS_SERVER: &str = "CAAS_TEST_NO_DESCRIPTORS";

/// How many descriptors the server's process may have.
const DESCRIPTORS: u64 = 40;

/// A page that sockets don't buffer.
const TEXT: usize = 10_000;
const SAMPLES: usize = 2000;

/// A server in a process of its own. It takes all descriptors that it can get when it is asked to.
struct Poor {
    process: Child,
    address: SocketAddr,
    output: BufReader<std::process::ChildStdout>,
}

impl Poor {
    fn start() -> Self {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "server", "--nocapture"])
            .env(IS_SERVER, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut poor = Self { process, address: ([0, 0, 0, 0], 0).into(), output };
        poor.address = poor.wait_for("listening on ").parse().unwrap();
        poor
    }

    fn wait_for(&mut self, start: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "it ended without `{start}`");
            if let Some((_, rest)) = line.split_once(start) {
                return rest.trim().to_owned();
            }
        }
    }

    /// Has the process open files until it can't.
    fn take_all(&mut self) -> usize {
        self.process.stdin.as_mut().unwrap().write_all(b"take\n").unwrap();
        self.wait_for("took ").parse().unwrap()
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    fn send(&self, request: &str) -> TcpStream {
        let mut stream = self.connect();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    /// Clients that want nothing: silent ones, and those whose requests never end.
    fn idle_clients(&self, count: usize) -> Vec<TcpStream> {
        let requests = ["", "GET /metrics HTTP/1.1\r\nHo"];
        (0..count).map(|n| self.send(requests[n % 2])).collect()
    }

    #[track_caller]
    fn assert_scraped(&self) {
        let start = Instant::now();
        let mut stream = self.send("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        // Milliseconds, if nothing else runs on this machine.
        assert!(start.elapsed() < Duration::from_secs(5), "took {:?}", start.elapsed());
    }
}

impl Drop for Poor {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The process of a [`Poor`].
#[test]
fn server() {
    if env::var_os(IS_SERVER).is_none() {
        return;
    }
    let limit = Rlimit { current: Some(DESCRIPTORS), maximum: Some(DESCRIPTORS) };
    setrlimit(Resource::Nofile, limit).unwrap();
    let registry = Registry::new();
    registry.register(|| {
        let text = "x".repeat(TEXT);
        let family = FamilySnapshot::gauge("large", "Much text.");
        let numbers = (0..SAMPLES).map(|n| n.to_string());
        vec![numbers.fold(family, |family, n| family.with(&[("n", &n), ("text", &text)], 1.0))]
    });
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    println!("listening on {}", server.local_addr());
    let mut taken = Vec::new();
    for line in io::stdin().lines() {
        assert_eq!(line.unwrap(), "take");
        let before = taken.len();
        while let Ok(file) = File::open("/dev/null") {
            taken.push(file);
        }
        println!("took {}", taken.len() - before);
    }
}

#[test]
fn idle_clients_have_them_all() {
    let poor = Poor::start();
    let idle = poor.idle_clients(300);
    for _ in 0..3 {
        poor.assert_scraped();
    }
    drop(idle);
    poor.assert_scraped();
}

#[test]
fn the_program_has_them_all() {
    let mut poor = Poor::start();
    assert!(poor.take_all() > 10);
    for _ in 0..3 {
        poor.assert_scraped();
    }
    let idle = poor.idle_clients(300);
    for _ in 0..3 {
        poor.assert_scraped();
    }
    drop(idle);
    poor.assert_scraped();
}

#[test]
fn what_scrapes_leave_is_not_for_the_program() {
    let mut poor = Poor::start();
    poor.take_all();
    let mut lost = 0;
    for _ in 0..10 {
        poor.assert_scraped();
        // The server takes the descriptor back when it sees that the client has closed.
        thread::sleep(Duration::from_millis(100));
        lost += poor.take_all();
    }
    assert!(lost < 4, "{lost} of 10 were lost");
}

#[test]
fn a_client_that_keeps_its_connection_is_served_and_then_gives_way() {
    let mut poor = Poor::start();
    poor.take_all();
    let mut kept: Vec<_> = (0..3).map(|_| poor.connect()).collect();
    for _ in 0..3 {
        for stream in &mut kept {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut answer = [0; 1024];
            let length = stream.read(&mut answer).unwrap();
            assert!(answer[..length].ends_with(b"\r\n\r\nok"), "{length}");
        }
    }
    poor.assert_scraped();
    poor.assert_scraped();
}

#[test]
fn idle_clients_do_not_end_an_answer() {
    let poor = Poor::start();
    let mut reader = poor.send("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut first = [0; 1];
    reader.read_exact(&mut first).unwrap();
    // By now it is quieter than all others.
    thread::sleep(Duration::from_millis(700));
    let idle = poor.idle_clients(200);
    poor.assert_scraped();
    let mut page = Vec::new();
    reader.read_to_end(&mut page).unwrap();
    assert!(page.ends_with(b"0\r\n\r\n") && page.len() > TEXT * SAMPLES, "{} bytes", page.len());
    drop(idle);
}
