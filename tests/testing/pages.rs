//! Pages that are asked for in an isolation show its values, whoever writes them.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
};

use caas_metrics::{Format, Registry, http, registry, sample::FamilySnapshot, testing};

caas_metrics::metrics! {
    namespace = "pages";

    /// Reads.
    counter ReadsTotal { of: &str }
}

fn page(registry: &Registry) -> String {
    let mut page = Vec::new();
    registry.encode(Format::Text, &mut page).expect("a vector takes all");
    String::from_utf8(page).expect("a text")
}

const TWO: &str = "\npages_reads_total{of=\"it\"} 2\n";

#[test]
fn pages_of_all_registries_show_the_isolation() {
    let _metrics = testing::isolate();
    assert!(!page(registry()).contains("pages_reads_total{"));
    ReadsTotal { of: "it" }.inc_by(2);
    assert!(page(registry()).contains(TWO));
    assert!(page(&Registry::with_declared()).contains(TWO));
    testing::isolated(|| assert!(!page(registry()).contains("pages_reads_total{")));
    assert_eq!(registry().check(), []);
    assert!(page(registry()).contains("function=\"annotated\",outcome=\"ok\"} 0\n"), "all sites");
}

#[caas_metrics::counted]
fn annotated() {}

#[test]
fn a_body_shows_the_isolation_in_which_it_was_asked_for() {
    let _ = annotated;
    let (first, second) = testing::isolated(|| {
        ReadsTotal { of: "it" }.inc_by(2);
        let request = ::http::Request::new(());
        (http::respond_to(&request).into_body(), http::respond_to(&request).into_body())
    });
    assert!(text(first).contains(TWO));
    let elsewhere = std::thread::spawn(|| text(second)).join().expect("it ends");
    assert!(elsewhere.contains(TWO));
}

/// Reads a body to its end.
fn text(body: http::Body) -> String {
    use futures_util::{future::poll_fn, pin_mut};
    pin_mut!(body);
    let mut page = Vec::new();
    futures_block_on(async {
        while let Some(frame) =
            poll_fn(|context| ::http_body::Body::poll_frame(body.as_mut(), context)).await
        {
            let frame = frame.expect("a page");
            page.extend_from_slice(frame.data_ref().expect("bytes"));
        }
    });
    String::from_utf8(page).expect("a text")
}

fn futures_block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future);
}

fn scrape(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_shows_the_isolation_in_which_it_was_started() {
    let _metrics = testing::isolate();
    let server = caas_metrics::serve("127.0.0.1:0").expect("it starts");
    ReadsTotal { of: "it" }.inc_by(2);
    let address = server.local_addr();
    let answer = tokio::task::spawn_blocking(move || scrape(address)).await.expect("it ends");
    assert!(answer.contains(TWO), "{answer}");
    server.shutdown();
}

#[test]
fn collectors_are_outside_of_isolations() {
    let _metrics = testing::isolate();
    let registry = Registry::with_declared();
    registry.register(|| {
        let reads = ReadsTotal { of: "collector" }.get().unwrap_or(0);
        ReadsTotal { of: "collector" }.inc();
        vec![FamilySnapshot::gauge("pages_seen", "Reads.").with(&[], reads as f64)]
    });
    assert!(page(&registry).contains("\npages_seen 0\n"));
    let second = page(&registry);
    assert!(
        second.contains("\npages_seen 1\n") && !second.contains("of=\"collector\""),
        "{second}"
    );
}
