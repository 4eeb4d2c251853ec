//! Collectors that hang do not keep a server from anything else.

use std::io::Write;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake};
use std::time::Instant;

use axum::body::HttpBody as _;
use caas_metrics::Registry;
use caas_metrics::http::{respond_from, serve_from};
use http::HeaderMap;

use super::{Gate, assert_soon, eventually, patient};
use crate::http::{Answer, ask, connect};

#[test]
fn a_collector_that_hangs_holds_up_neither_the_server_nor_its_end() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    gate.shut();
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    let address = server.local_addr();
    let mut waiting = connect(address);
    waiting.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    gate.wait_for_calls(1);

    let start = Instant::now();
    for _ in 0..10 {
        assert_eq!(ask(&server, "GET /healthz", &[]).text(), "ok");
    }
    drop(server);
    assert_soon(start);
    TcpListener::bind(address).expect("the port is free");
}

#[test]
fn an_answer_that_waits_for_a_collector_is_finished_by_a_shutdown() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    gate.shut();
    let server = serve_from(registry, "127.0.0.1:0").unwrap();
    let mut waiting = connect(server.local_addr());
    waiting.write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    gate.wait_for_calls(1);
    let start = Instant::now();
    server.shutdown();
    assert_soon(start);
    let answer = Answer::read(&mut waiting, true);
    // It has what was known then, and that is not nothing.
    let text = answer.text();
    assert!(text.contains("\ncaas_metrics_scrapes_total{format=\"text\"} 0\n"), "{text}");
}

struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Without any runtime.
#[test]
fn a_body_is_pending_until_the_collectors_have_answered() {
    let (gate, _open) = Gate::new();
    let registry = Registry::new();
    gate.register(&registry, patient());
    gate.shut();
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Arc::clone(&woken).into();
    let mut context = Context::from_waker(&waker);
    let wakers = || Arc::strong_count(&woken);
    let begin = || respond_from(&registry, &HeaderMap::new()).into_body();

    let (mut kept, mut dropped) = (begin(), begin());
    assert_eq!(kept.size_hint().exact(), None, "its length is not known");
    for _ in 0..3 {
        assert!(Pin::new(&mut kept).poll_frame(&mut context).is_pending());
        assert!(Pin::new(&mut dropped).poll_frame(&mut context).is_pending());
    }
    assert_eq!(wakers(), 4, "one of each body, however often it was polled");
    drop(dropped);
    assert_eq!(wakers(), 3, "who has gone is not woken");
    assert_eq!(woken.0.load(Ordering::Relaxed), 0);

    gate.open();
    eventually("it is woken", || woken.0.load(Ordering::Relaxed) > 0);
    let mut page = Vec::new();
    eventually("it is ready", || {
        while let Poll::Ready(frame) = Pin::new(&mut kept).poll_frame(&mut context) {
            let Some(Ok(frame)) = frame else { return true };
            page.extend_from_slice(&frame.into_data().unwrap());
        }
        false
    });
    assert!(String::from_utf8(page).unwrap().contains("\ng "));
    assert_eq!(wakers(), 2, "nothing is left");
}

#[test]
fn a_page_without_collectors_has_a_known_length() {
    let registry = Registry::new();
    registry.set_default_labels([("zone", "a")]);
    let body = respond_from(&registry, &HeaderMap::new()).into_body();
    assert!(body.size_hint().exact().is_some_and(|length| length > 100));
}
