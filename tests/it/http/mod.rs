//! The server and `respond`, with raw bytes from clients. Here is the client that the tests share.

mod answers;
mod builder;
mod server;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use caas_metrics::http::{Server, serve_from};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{Registry, metrics, serve};

metrics! {
    namespace = "it_http";

    /// Requests that the tests of the server count.
    pub counter RequestsTotal { kind: &str }
}

/// An answer, taken apart.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    /// Reads one answer from a stream, to the end that RFC 9112 defines.
    pub(crate) fn read(stream: &mut impl Read, has_body: bool) -> Self {
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

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn unzipped(&self) -> String {
        String::from_utf8(self.unzipped_bytes()).unwrap()
    }

    fn unzipped_bytes(&self) -> Vec<u8> {
        assert_eq!(self.header("content-encoding"), "gzip");
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(&self.body[..]).read_to_end(&mut bytes).unwrap();
        bytes
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

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn local() -> Server {
    serve("127.0.0.1:0").unwrap()
}

/// Sends a request line and further header lines on a connection of their own.
pub(crate) fn ask(server: &Server, line: &str, headers: &[&str]) -> Answer {
    let mut stream = connect(server.local_addr());
    let line_and_version = format!("{line} HTTP/1.1");
    let request = [&[&line_and_version, "Host: localhost"], headers, &["", ""]].concat();
    stream.write_all(request.join("\r\n").as_bytes()).unwrap();
    Answer::read(&mut stream, !line.starts_with("HEAD"))
}

const PROMETHEUS: &str = "Accept: application/openmetrics-text;version=1.0.0,\
    application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// What a server of native histograms sends.
const NATIVE: &str = "Accept: application/vnd.google.protobuf;\
    proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,\
    application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,*/*;q=0.1";

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
    families.collect()
}

/// A page without what our crate says about itself, which is different on each.
fn without_own(page: &str) -> String {
    let is_own = |line: &&str| {
        let name = line.split(' ').find(|word| !matches!(*word, "#" | "HELP" | "TYPE"));
        name.is_some_and(|name| name.starts_with("caas_metrics_"))
    };
    page.split_inclusive('\n').filter(|line| !is_own(line)).collect()
}
