//! Each call is recorded exactly once, however it ends. Calls of `async` functions are in `polled.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use caas_metrics::{counted, metrics, timed};

use super::endings;

pub(super) fn panics<R>(call: impl FnOnce() -> R) -> String {
    let called = catch_unwind(AssertUnwindSafe(|| {
        call();
    }));
    let payload = called.expect_err("it panics");
    payload.downcast_ref::<&str>().map_or_else(String::new, ToString::to_string)
}

macro_rules! leave {
    ($with:expr) => {
        return $with
    };
}

#[timed]
#[counted]
fn many_ways(way: u8) -> Result<u8, String> {
    let half = 'search: {
        if way == 0 {
            break 'search None;
        }
        Some(way / 2)
    };
    let Some(half) = half else {
        return Ok(0);
    };
    if let Some(2) = Some(way)
        && half == 1
    {
        return Err("two".to_owned());
    }
    for number in 0..10 {
        if number == 3 && way == 3 {
            leave!(Ok(3));
        }
    }
    if way == 4 {
        let parsed: u8 = "four".parse().map_err(|_| "not a number".to_owned())?;
        return Ok(parsed);
    }
    match way {
        5 => panic!("five"),
        6 => Err("six".into()),
        _ => Ok(way),
    }
}

#[test]
fn every_way_out_is_counted_once() {
    assert_eq!(endings!("many_ways"), "");
    assert_eq!(many_ways(0), Ok(0));
    assert_eq!(endings!("many_ways"), "ok 1");
    assert_eq!(many_ways(2), Err("two".into()));
    assert_eq!(endings!("many_ways"), "ok 1, err 1");
    assert_eq!(many_ways(3), Ok(3));
    assert!(many_ways(4).is_err());
    assert_eq!(panics(|| many_ways(5)), "five");
    assert!(many_ways(6).is_err());
    assert_eq!(many_ways(7), Ok(7));
    assert_eq!(endings!("many_ways"), "ok 3, err 3, panic 1");
    assert_eq!(super::timed_calls(module_path!(), "many_ways"), 7);
}

#[counted]
fn optional(text: &str) -> Option<u8> {
    let first = text.bytes().next()?;
    Some(first)
}

#[counted]
fn flow(stop: bool) -> std::ops::ControlFlow<u8> {
    if stop {
        std::ops::ControlFlow::Break(1)?;
    }
    std::ops::ControlFlow::Continue(())
}

#[counted]
fn polled(ready: bool) -> Poll<Result<u8, u8>> {
    let value = if ready { Poll::Ready(Ok(1)) } else { Poll::Ready(Err(2)) };
    let value: Poll<Result<u8, u8>> = value;
    let value = value?;
    value.map(Ok)
}

/// `?` on what is no `Result` works. A break is unknown: it may carry an error or what was found.
#[test]
fn residuals_of_every_kind() {
    assert_eq!((optional("a"), optional("")), (Some(b'a'), None));
    assert_eq!(endings!("optional"), "ok 2");
    assert!(flow(true).is_break() && flow(false).is_continue());
    assert_eq!(endings!("flow"), "ok 1, unknown 1");
    assert_eq!(polled(true), Poll::Ready(Ok(1)));
    assert_eq!(polled(false), Poll::Ready(Err(2)));
    assert_eq!(endings!("polled"), "ok 1, err 1");
}

metrics! {
    namespace = "attribute_calls";

    /// Checks by how they ended.
    counter ChecksTotal { outcome: caas_metrics::Outcome }
}

#[counted]
fn checks(fails: bool) {
    assert!(!fails, "it fails");
}

#[counted(ChecksTotal { outcome: _ })]
fn checks_in_a_family(fails: bool) -> Result<(), u8> {
    assert!(!fails, "it fails");
    Err(1)
}

#[counted]
#[track_caller]
fn unseen(fails: bool) -> u8 {
    assert!(!fails, "it fails");
    1
}

/// A destructor that runs because of a panic may catch one of its own.
#[test]
fn a_panic_caught_inside_a_destructor_that_a_panic_runs() {
    struct Catches;
    impl Drop for Catches {
        fn drop(&mut self) {
            assert!(std::thread::panicking());
            for fails in [true, false] {
                let caught = catch_unwind(|| checks(fails));
                assert_eq!(caught.is_err(), fails);
                let caught = catch_unwind(|| checks_in_a_family(fails));
                assert_eq!(caught.is_err(), fails);
                let caught = catch_unwind(|| unseen(fails));
                assert_eq!(caught.is_err(), fails);
            }
        }
    }
    assert_eq!(
        panics(|| {
            let _catches = Catches;
            panic!("outside");
        }),
        "outside"
    );
    assert_eq!(endings!("checks"), "ok 1, panic 1");
    let checked = |outcome| ChecksTotal { outcome }.get();
    use caas_metrics::Outcome::{Cancelled, Err, Ok, Panic};
    assert_eq!([Ok, Err, Panic, Cancelled].map(checked), [0, 1, 1, 0].map(Some));
    // What is not enclosed cannot be told from a return here, and says so.
    assert_eq!(endings!("unseen"), "unknown 2");
}

#[counted]
fn factorial(n: u64) -> u64 {
    if n == 0 { 1 } else { n * factorial(n - 1) }
}

#[counted]
fn even(n: u8) -> bool {
    n == 0 || odd(n - 1)
}

#[counted]
fn odd(n: u8) -> bool {
    n != 0 && even(n - 1)
}

#[test]
fn recursion_counts_each_call() {
    assert_eq!(factorial(5), 120);
    assert_eq!(endings!("factorial"), "ok 6");
    assert!(even(4));
    assert_eq!((endings!("even"), endings!("odd")), ("ok 3".into(), "ok 2".into()));
}
