//! Calls of `async` functions: from the first poll to the end, to a panic, or to being dropped.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use caas_metrics::{counted, in_flight, metrics, timed};

use super::calls::panics;
use super::endings;

/// Polls a future once, and drops it.
fn poll_once<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[timed]
#[counted]
#[in_flight]
async fn waits(rounds: u8, end: Result<u8, u8>) -> Result<u8, u8> {
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
    if end == Ok(9) {
        panic!("nine");
    }
    end
}

fn waiting() -> u64 {
    let rows = super::built_in("functions_in_flight", module_path!());
    rows.iter().find(|row| row.0 == "waits").map(|row| super::number(&row.2)).unwrap()
}

#[tokio::test]
async fn a_dropped_future_is_cancelled() {
    // One test for all that happens to `waits`, so that nothing counts beside it.
    assert_eq!(waits(2, Ok(1)).await, Ok(1));
    assert_eq!(waits(0, Err(2)).await, Err(2));
    assert_eq!(endings!("waits"), "ok 1, err 1");

    drop(waits(1, Ok(1)));
    assert_eq!(endings!("waits"), "ok 1, err 1");

    let mut held = Box::pin(waits(1, Ok(1)));
    assert!(held.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(waiting(), 1);
    drop(held);
    assert_eq!(waiting(), 0);
    assert_eq!(endings!("waits"), "ok 1, err 1, cancelled 1");

    let task = tokio::spawn(waits(1, Ok(9)));
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(endings!("waits"), "ok 1, err 1, panic 1, cancelled 1");

    // The loser of a `select!` is dropped half-way; both of a `join!` end.
    tokio::select! {
        biased;
        _ = waits(200, Ok(1)) => unreachable!("it waits longer"),
        () = tokio::task::yield_now() => {}
    }
    assert_eq!(endings!("waits"), "ok 1, err 1, panic 1, cancelled 2");
    let _ = tokio::join!(waits(3, Ok(1)), waits(1, Err(1)));
    assert_eq!(endings!("waits"), "ok 2, err 2, panic 1, cancelled 2");

    let task = tokio::spawn(waits(u8::MAX, Ok(1)));
    tokio::task::yield_now().await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    assert_eq!(endings!("waits"), "ok 2, err 2, panic 1, cancelled 3");
    assert_eq!(waiting(), 0);
    assert_eq!(super::timed_calls(module_path!(), "waits"), 8);
}

#[counted]
#[timed]
async fn lazy() {}

#[test]
fn a_future_never_polled_is_no_call() {
    drop(lazy());
    assert_eq!(endings!("lazy"), "");
    assert_eq!(super::timed_calls(module_path!(), "lazy"), 0);
    assert!(poll_once(lazy()).is_ready());
    assert_eq!(endings!("lazy"), "ok 1");
    assert_eq!(super::timed_calls(module_path!(), "lazy"), 1);
}

#[counted]
async fn raises(rounds: u8) {
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
    panic!("raised");
}

#[test]
fn panics_while_polled() {
    assert_eq!(panics(|| poll_once(raises(0))), "raised");
    assert_eq!(endings!("raises"), "panic 1");
    assert!(poll_once(raises(1)).is_pending());
    assert_eq!(endings!("raises"), "panic 1, cancelled 1");
}

/// A future that is made and dropped while the thread panics anyway was cancelled.
#[test]
fn a_future_dropped_while_something_else_panics() {
    struct PollsWhenDropped;
    impl Drop for PollsWhenDropped {
        fn drop(&mut self) {
            assert!(poll_once(inner(true)).is_pending());
            assert!(poll_once(inner(false)).is_ready());
            outcome();
        }
    }
    #[counted]
    async fn inner(wait: bool) {
        if wait {
            tokio::task::yield_now().await;
        }
    }
    #[counted]
    fn outcome() {}

    assert_eq!(
        panics(|| {
            let _polls = PollsWhenDropped;
            panic!("something else");
        }),
        "something else"
    );
    assert_eq!(endings!("inner"), "ok 1, cancelled 1");
    assert_eq!(endings!("outcome"), "ok 1");
}

#[counted]
async fn half_way() -> Result<(), u8> {
    tokio::task::yield_now().await;
    Err(1)
}

/// Whoever drops a future cancels it, also if that happens because of a panic elsewhere.
#[test]
fn a_future_dropped_by_a_panicking_owner() {
    assert_eq!(
        panics(|| {
            let mut future = Box::pin(half_way());
            assert!(poll_once(future.as_mut()).is_pending());
            panic!("the owner");
        }),
        "the owner"
    );
    assert_eq!(endings!("half_way"), "cancelled 1");
}

metrics! {
    namespace = "attribute_calls";

    /// Loops that run.
    #[updown]
    gauge LoopsRunning { kind: &str }
}

#[in_flight(LoopsRunning { kind: name })]
#[in_flight]
async fn serve(name: &str) -> std::convert::Infallible {
    loop {
        tokio::task::yield_now().await;
    }
}

#[test]
fn in_flight_counts_what_has_not_ended() {
    let name = String::from("accept");
    let mut first = Box::pin(serve(&name));
    let mut second = Box::pin(serve(&name));
    let running = || LoopsRunning { kind: "accept" }.get();
    let built_in = || {
        let rows = super::built_in("functions_in_flight", module_path!());
        rows.iter().find(|row| row.0 == "serve").map(|row| super::number(&row.2))
    };
    assert_eq!((running(), built_in()), (None, Some(0)));
    for future in [&mut first, &mut second] {
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!((running(), built_in()), (Some(2), Some(2)));
    drop(first);
    assert_eq!((running(), built_in()), (Some(1), Some(1)));
    drop(second);
    assert_eq!((running(), built_in()), (Some(0), Some(0)));
}

#[counted]
#[timed]
async fn hops(gate: Arc<tokio::sync::Barrier>) -> Result<(), ()> {
    gate.wait().await;
    tokio::task::yield_now().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn spawned_on_other_threads() {
    let gate = Arc::new(tokio::sync::Barrier::new(32));
    let tasks: Vec<_> = (0..32).map(|_| tokio::spawn(hops(Arc::clone(&gate)))).collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(endings!("hops"), "ok 32");
    assert_eq!(super::timed_calls(module_path!(), "hops"), 32);
}

#[counted]
async fn racing(rounds: u8) -> Option<u8> {
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
    Some(rounds)
}

#[counted]
async fn race() -> Option<u8> {
    tokio::select! {
        biased;
        slow = racing(5) => slow,
        fast = racing(1) => fast,
    }
}

#[tokio::test]
async fn select_and_join() {
    assert_eq!(race().await, Some(1));
    assert_eq!((endings!("race"), endings!("racing")), ("ok 1".into(), "ok 1, cancelled 1".into()));
    assert_eq!(tokio::join!(racing(1), racing(2)), (Some(1), Some(2)));
    assert_eq!(endings!("racing"), "ok 3, cancelled 1");
}

#[timed]
async fn sleeps() {
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
}

/// The time between making a future and polling it does not count, that between two polls does.
#[tokio::test]
async fn time_runs_from_the_first_poll() {
    let future = sleeps();
    std::thread::sleep(std::time::Duration::from_millis(50));
    let began = std::time::Instant::now();
    future.await;
    let most = began.elapsed().as_secs_f64() * 1.01 + 0.001;
    let rows = super::built_in("function_duration_seconds", module_path!());
    let row = rows.into_iter().find(|row| row.0 == "sleeps").unwrap();
    let caas_metrics::sample::OwnedValue::Histogram { sum, .. } = row.2 else { panic!() };
    assert!((0.029..most).contains(&sum), "{sum} of {most}");
}
