//! A gateway made by hand, which answers as the test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// Listens until the test program ends.
pub struct Peer {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

#[derive(Debug, Clone)]
pub struct Request {
    /// The request line and the headers, with their names in lower case.
    pub head: String,
    pub body: Vec<u8>,
}

impl Peer {
    /// Each connection has one request; then `answer` may do with it what it likes.
    pub fn start(answer: impl Fn(&mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                if let Some(request) = read(&stream) {
                    seen.lock().unwrap().push(request);
                    answer(&mut stream);
                }
            }
        });
        Self { address, requests }
    }

    /// Answers with this text and closes.
    pub fn saying(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::start(move |stream| drop(stream.write_all(answer.as_bytes())))
    }

    pub fn ok() -> Self {
        Self::saying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

impl Request {
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// None if the client sends nothing.
fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let line = line.split_once(": ").map_or_else(
            || line.to_owned(),
            |(name, value)| format!("{}: {value}", name.to_lowercase()),
        );
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().unwrap();
        }
        head.push_str(&line);
        head.push('\n');
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { head, body })
}
