//! Pushes to gateways that are slow, silent, or answer something else.

use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use caas_metrics::push::{PushError, Pushgateway};
use caas_metrics::sample::FamilySnapshot;
use caas_metrics::{CollectorOptions, Registry};
use tokio::sync::oneshot;

use crate::peer::Peer;

fn group(url: String) -> Pushgateway {
    let registry = Registry::new();
    registry.register(|| vec![FamilySnapshot::gauge("items", "Items.").with(&[], 7.0)]);
    Pushgateway::new(url, "job").unwrap().registry(registry)
}

#[test]
fn the_request_is_what_the_gateway_expects() {
    let peer = Peer::ok();
    let group = group(peer.url()).grouping("shard", "a/b").unwrap();
    group.push().unwrap();
    group.clone().text().add().unwrap();
    group.clone().basic_auth("user", "pass:word").unwrap().delete().unwrap();
    group.bearer_token("t0ken").unwrap().delete().unwrap();

    let [push, add, basic, bearer] = &peer.requests()[..] else { panic!("{:?}", peer.requests()) };
    let path = "/metrics/job/job/shard@base64/YS9i HTTP/1.1\n";
    assert!(push.head.starts_with(&format!("PUT {path}")), "{}", push.head);
    assert!(push.head.contains("content-type: application/vnd.google.protobuf;"), "{}", push.head);
    assert!(add.head.starts_with(&format!("POST {path}")), "{}", add.head);
    assert!(add.head.contains("content-type: text/plain; version=0.0.4"), "{}", add.head);
    assert!(
        add.text().contains("# HELP items Items.\n# TYPE items gauge\nitems 7\n"),
        "{}",
        add.text()
    );
    assert!(!push.head.contains("authorization"), "{}", push.head);
    for (request, value) in [(basic, "Basic dXNlcjpwYXNzOndvcmQ="), (bearer, "Bearer t0ken")] {
        assert!(request.head.starts_with(&format!("DELETE {path}")), "{}", request.head);
        assert!(request.head.contains(&format!("authorization: {value}\n")), "{}", request.head);
        assert_eq!(request.body, b"");
    }
}

#[test]
fn what_is_only_true_while_the_program_runs_is_not_pushed() {
    crate::ItemsTotal { outcome: "left" }.inc();
    let registry = Arc::new(Registry::with_declared());
    registry.register(|| {
        let gauge = |name| FamilySnapshot::gauge(name, "A.").with(&[], 1.0);
        vec![gauge("process_open_fds"), gauge("process_items"), gauge("job_items")]
    });
    let mut page = Vec::new();
    registry.encode(caas_metrics::Format::Text, &mut page).unwrap();
    let whole = String::from_utf8(page).unwrap();

    let peer = Peer::ok();
    let group = Pushgateway::new(peer.url(), "job").unwrap().registry(registry).text();
    group.push().unwrap();
    let pushed = peer.requests();
    let left = |name: &str| pushed[0].text().contains(&format!("\n{name}"));
    for name in [
        "job_items ",
        "process_items ",
        "jobs_items_total{",
        "caas_metrics_lost_total ",
        "caas_metrics_problems{",
    ] {
        assert!(left(name), "{name}");
    }
    for name in
        ["process_open_fds ", "caas_metrics_scrapes_total{", "caas_metrics_collector_age_seconds{"]
    {
        assert!(whole.contains(&format!("\n{name}")), "{name}: {whole}");
        assert!(!left(name), "{name}");
    }
}

#[test]
fn a_silent_gateway_costs_the_time_out_and_no_more() {
    let (release, released) = mpsc::channel::<()>();
    let peer = Peer::start(move |_| {
        let _ = released.recv();
    });
    let error = group(peer.url()).timeout(Duration::from_millis(200)).push().unwrap_err();
    assert!(
        matches!(error, PushError::TimedOut { after, .. } if after.as_millis() == 200),
        "{error:?}"
    );
    assert_eq!(error.to_string(), "the push was not complete after 0.2 s");
    drop(release);
}

#[test]
fn a_collector_that_hangs_costs_half_the_time_out() {
    let registry = Registry::new();
    let (release, released) = mpsc::channel::<()>();
    let released = std::sync::Mutex::new(released);
    registry.register_with(CollectorOptions::new("hangs"), move || {
        let _ = released.lock().unwrap().recv();
        vec![FamilySnapshot::gauge("hung", "H.").with(&[], 1.0)]
    });
    registry.register(|| vec![FamilySnapshot::gauge("items", "Items.").with(&[], 7.0)]);
    let peer = Peer::ok();
    let group = Pushgateway::new(peer.url(), "job").unwrap().registry(registry).text();
    group.timeout(Duration::from_secs(6)).push().unwrap();
    assert!(!peer.requests()[0].text().contains("hung "));
    drop(release);
}

#[test]
fn no_time_at_all_is_a_time_out() {
    let peer = Peer::ok();
    for timeout in [Duration::ZERO, Duration::from_nanos(1)] {
        let error = group(peer.url()).timeout(timeout).push().unwrap_err();
        assert!(matches!(error, PushError::TimedOut { .. }), "{error:?}");
    }
    group(peer.url()).timeout(Duration::MAX).push().unwrap();
    assert_eq!(peer.requests().len(), 1);
}

#[test]
fn nobody_there_is_an_error() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{address}");
    let error = group(url.clone()).push().unwrap_err();
    let PushError::Failed { url: at, source, .. } = &error else { panic!("{error:?}") };
    assert_eq!(source.kind(), ErrorKind::ConnectionRefused);
    assert!(at.starts_with(&url) && error.to_string().starts_with(&format!("can't reach {url}")));

    let error = group("http://no-such-host.invalid:9091".to_owned()).push().unwrap_err();
    assert!(matches!(error, PushError::Failed { .. }), "{error:?}");
}

#[test]
fn other_answers_are_errors_with_what_they_say() {
    let long = "x".repeat(10_000);
    let long_answer = format!("HTTP/1.1 503 S\r\nContent-Length: 10000\r\n\r\n{long}");
    for (answer, status, text) in [
        ("HTTP/1.1 400 B\r\nContent-Length: 4\r\n\r\nbad\n", 400, "bad"),
        ("HTTP/1.1 401 U\r\nContent-Length: 0\r\n\r\n", 401, ""),
        ("HTTP/1.1 500 E\r\nContent-Length: 2\r\n\r\n\u{e9}", 500, "é"),
        // The rest never comes.
        ("HTTP/1.1 400 B\r\nContent-Length: 99\r\n\r\nhalf", 400, "half"),
        (&long_answer, 503, &long[..4096]),
    ] {
        let peer = Peer::saying(answer);
        let error = group(peer.url()).push().unwrap_err();
        let PushError::Refused { status: found, message, .. } = &error else { panic!("{error:?}") };
        assert_eq!((*found, &**message), (status, text));
    }
}

#[test]
fn a_slow_message_is_cut_off_at_the_time_out() {
    let peer = Peer::start(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 B\r\nContent-Length: 1000\r\n\r\nslow");
        // Until the client gives up.
        while stream.write_all(b".").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    });
    let error = group(peer.url()).timeout(Duration::from_secs(2)).push().unwrap_err();
    let PushError::Refused { status: 400, message, .. } = &error else { panic!("{error:?}") };
    assert!(message.starts_with("slow") && message.len() < 900, "{message}");
}

#[test]
fn what_is_not_http_is_an_error() {
    for answer in ["", "220 smtp.example ESMTP\r\n", "HTTP/1.1 2000 OK\r\n\r\n"] {
        let peer = Peer::saying(answer);
        let error = group(peer.url()).push().unwrap_err();
        assert!(matches!(error, PushError::Failed { .. }), "{answer:?}: {error:?}");
    }
}

#[test]
fn no_redirect_is_followed_with_a_password() {
    for status in [301, 302, 303, 307, 308] {
        let target = Peer::ok();
        let location = format!("{}/elsewhere", target.url());
        let peer = Peer::saying(format!(
            "HTTP/1.1 {status} R\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        ));
        let group = group(peer.url()).basic_auth("user", "secret").unwrap();
        for result in [group.push(), group.delete()] {
            let error = result.unwrap_err();
            let PushError::Refused { status: found, message, .. } = &error else {
                panic!("{error:?}")
            };
            assert_eq!(*found, status);
            assert!(message.contains(&location), "{message}");
        }
        assert_eq!(target.requests().len(), 0);
    }
}

#[test]
fn nothing_shows_the_password() {
    let group = group("http://127.0.0.1:1".to_owned()).basic_auth("user", "secret").unwrap();
    let error = group.push().unwrap_err();
    let guard = group.push_on_exit().on_error(|_| {});
    let shown = format!("{group:?} {group:#?} {guard:?} {error} {error:?}");
    // "user:secret" in base64.
    for secret in ["secret", "dXNlcjpzZWNyZXQ"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// A gateway that only answers once a task of the same worker has run.
#[test]
fn an_async_push_leaves_the_worker_to_others() {
    let (release, released) = mpsc::channel::<()>();
    let peer = Peer::start(move |stream| {
        released.recv().unwrap();
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let group = group(peer.url()).timeout(Duration::from_mins(1));
    for push in 0..3 {
        runtime.block_on(async {
            let (begun, begins) = oneshot::channel::<()>();
            let task = async {
                begins.await.unwrap();
                tokio::task::yield_now().await;
                release.send(()).unwrap();
            };
            let pushed = async {
                begun.send(()).unwrap();
                match push {
                    0 => group.push_async().await,
                    1 => group.add_async().await,
                    _ => group.delete_async().await,
                }
            };
            let (pushed, ()) = tokio::join!(pushed, task);
            pushed.unwrap();
        });
    }
    let verbs: Vec<_> = peer.requests().iter().map(|it| it.head[..4].to_owned()).collect();
    assert_eq!(verbs, ["PUT ", "POST", "DELE"]);
}

#[test]
fn an_async_push_needs_no_runtime() {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let peer = Peer::ok();
    let mut push = Box::pin(group(peer.url()).push_async());
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let result = loop {
        match push.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(result) => break result,
            Poll::Pending => thread::park(),
        }
    };
    result.unwrap();
    // Nothing begins before it is polled.
    drop(group(peer.url()).push_async());
    thread::sleep(Duration::from_millis(50));
    assert_eq!(peer.requests().len(), 1);
}
