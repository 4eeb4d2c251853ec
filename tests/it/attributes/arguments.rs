//! Arguments and receivers: none is touched, and each is dropped when it was before.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;

use caas_metrics::{counted, in_flight, timed};

use super::endings;

struct Point {
    x: u8,
    y: u8,
}

#[timed]
#[counted]
#[allow(clippy::needless_pass_by_value, clippy::too_many_arguments)]
fn patterns(
    mut count: u8,
    (first, _): (u8, u8),
    Point { x, y: ref height }: Point,
    [head, .., tail]: [u8; 3],
    _: u8,
    _ignored: u8,
    &ref pair @ (a, _): &(u8, u8),
) -> u8 {
    count += 1;
    count + first + x + *height + head + tail + a + pair.1
}

#[timed]
#[counted]
async fn async_patterns(mut count: u8, (first, _): (u8, u8), Point { x, .. }: Point, _: u8) -> u8 {
    count += first;
    std::future::ready(()).await;
    count + x
}

#[tokio::test]
async fn arguments_keep_their_patterns() {
    let sum = patterns(1, (1, 9), Point { x: 1, y: 1 }, [1, 9, 1], 9, 9, &(1, 1));
    assert_eq!(sum, 9);
    assert_eq!(async_patterns(1, (1, 9), Point { x: 1, y: 9 }, 9).await, 3);
    assert_eq!((endings!("patterns"), endings!("async_patterns")), ("ok 1".into(), "ok 1".into()));
}

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Says when it is dropped.
struct Says(&'static str);

impl Drop for Says {
    fn drop(&mut self) {
        LOG.with_borrow_mut(|log| log.push(self.0));
    }
}

fn said() -> Vec<&'static str> {
    LOG.with_borrow_mut(std::mem::take)
}

macro_rules! drops {
    ($(#[$attribute:meta])* $name:ident, $async_name:ident) => {
        $(#[$attribute])*
        fn $name(first: Says, _: Says, (_part, _): (Says, Says), _last: Says) -> u8 {
            let _local = Says("local");
            let _moved = first;
            1
        }

        $(#[$attribute])*
        async fn $async_name(first: Says, _: Says, _second: Says, wait: bool) -> u8 {
            let _local = Says("local");
            if wait {
                tokio::task::yield_now().await;
            }
            let _moved = first;
            1
        }
    };
}

drops!(plain, async_plain);
drops!(
    #[timed]
    measured,
    async_measured
);
drops!(
    #[counted]
    enclosed,
    async_enclosed
);

#[test]
fn arguments_are_dropped_in_the_same_order() {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Waker};

    let arguments = || (Says("first"), Says("ignored"), (Says("part"), Says("rest")), Says("last"));
    let mut orders = Vec::new();
    for function in [plain, measured, enclosed] {
        let (first, ignored, pair, last) = arguments();
        function(first, ignored, pair, last);
        orders.push(said());
    }
    // A body in a closure drops what it captured before the arguments that it did not.
    let mut sorted = orders.clone();
    sorted.iter_mut().for_each(|order| order.sort_unstable());
    assert_eq!(orders[0], orders[1]);
    assert_eq!(sorted[0], sorted[2]);

    // Polled to its end, polled once, never polled.
    for (polls, wait) in [(1, false), (1, true), (0, true)] {
        fn run<F: Future>(future: F, polls: u8) -> Vec<&'static str> {
            let mut future = Box::pin(future);
            for _ in 0..polls {
                let _ = pin!(future.as_mut()).poll(&mut Context::from_waker(Waker::noop()));
            }
            drop(future);
            said()
        }
        let says = || (Says("first"), Says("ignored"), Says("second"));
        let (a, b, c) = says();
        let expected = run(async_plain(a, b, c, wait), polls);
        let (a, b, c) = says();
        assert_eq!(run(async_measured(a, b, c, wait), polls), expected, "{polls} {wait}");
        let (a, b, c) = says();
        let mut of_enclosed = run(async_enclosed(a, b, c, wait), polls);
        assert_eq!(of_enclosed.len(), expected.len());
        of_enclosed.sort_unstable();
        let mut expected = expected;
        expected.sort_unstable();
        assert_eq!(of_enclosed, expected, "{polls} {wait}");
    }
}

#[counted]
async fn reassigned(mut path: &str) -> Result<u8, std::num::ParseIntError> {
    let trimmed = path.trim().to_owned();
    path = &trimmed;
    std::future::ready(()).await;
    path.parse()
}

/// An argument that comes to borrow from a local is a variable of the body's own.
#[tokio::test]
async fn reassigned_arguments() {
    assert_eq!(reassigned(" 7 ").await, Ok(7));
    assert!(reassigned("x").await.is_err());
    assert_eq!(endings!("reassigned"), "ok 1, err 1");
}

#[timed]
#[counted]
async fn owns(text: String, list: Vec<u8>) -> usize {
    tokio::task::yield_now().await;
    text.len() + list.len()
}

#[tokio::test]
async fn futures_own_their_arguments() {
    let future = {
        let text = String::from("abc");
        owns(text, vec![1])
    };
    assert_eq!(tokio::spawn(future).await.unwrap(), 4);
}

#[timed]
#[counted]
fn conditional_argument(
    #[cfg(target_os = "none")] missing: Missing,
    #[allow(unused_variables)] unused: u8,
    #[cfg(not(target_os = "none"))] there: u8,
) -> u8 {
    there
}

#[test]
fn attributes_of_arguments_stay() {
    assert_eq!(conditional_argument(1, 2), 2);
    assert_eq!(endings!("conditional_argument"), "ok 1");
}

#[derive(Clone)]
struct Node(u8);

#[timed]
#[counted]
impl Node {
    fn by_value(self) -> u8 {
        self.0
    }
    fn by_mut_value(mut self) -> u8 {
        self.0 += 1;
        self.0
    }
    fn by_ref(&self) -> &u8 {
        &self.0
    }
    fn by_mut(&mut self) -> &mut u8 {
        &mut self.0
    }
    fn boxed(self: Box<Self>) -> u8 {
        self.0
    }
    fn rc(self: Rc<Self>) -> u8 {
        self.0
    }
    fn arc(self: &Arc<Self>) -> u8 {
        self.0
    }
    fn pinned(self: Pin<&mut Self>) -> &mut u8 {
        &mut self.get_mut().0
    }
    #[allow(clippy::needless_arbitrary_self_type)]
    fn spelled(self: &Self) -> u8 {
        self.0
    }
    async fn later(&mut self) -> &mut u8 {
        tokio::task::yield_now().await;
        &mut self.0
    }
}

#[tokio::test]
async fn receivers_of_every_kind() {
    let mut node = Node(1);
    assert_eq!((node.clone().by_value(), node.clone().by_mut_value(), *node.by_ref()), (1, 2, 1));
    *node.by_mut() += 1;
    *Pin::new(&mut node).pinned() += 1;
    *node.later().await += 1;
    let rc = (Box::new(node.clone()).boxed(), Rc::new(node.clone()).rc());
    assert_eq!((rc, Arc::new(node.clone()).arc(), node.spelled()), ((4, 4), 4, 4));
    for method in [
        "by_value",
        "by_mut_value",
        "by_ref",
        "by_mut",
        "boxed",
        "rc",
        "arc",
        "pinned",
        "spelled",
        "later",
    ] {
        assert_eq!(endings!(&format!("Node::{method}")), "ok 1", "{method}");
    }
}

struct Parts {
    name: String,
    list: Vec<u8>,
}

#[timed]
#[counted]
fn partly_moved(parts: Parts) -> (String, usize) {
    let name = parts.name;
    (name, parts.list.len())
}

impl Parts {
    #[timed]
    #[counted]
    fn into_name(self) -> Result<String, Vec<u8>> {
        if self.name.is_empty() {
            return Err(self.list);
        }
        Ok(self.name)
    }
}

#[test]
fn partial_moves() {
    let parts = || Parts { name: "n".into(), list: vec![1] };
    assert_eq!(partly_moved(parts()), ("n".into(), 1));
    assert_eq!(parts().into_name(), Ok("n".into()));
    assert_eq!(
        (endings!("partly_moved"), endings!("Parts::into_name")),
        ("ok 1".into(), "ok 1".into())
    );
}

#[timed]
#[counted]
fn r#match(r#type: u8, r#fn: &str) -> usize {
    usize::from(r#type) + r#fn.len()
}

#[counted]
impl Point {
    fn r#loop(&self) -> u8 {
        self.x + self.y
    }
}

#[test]
fn raw_identifiers() {
    assert_eq!(r#match(1, "a"), 2);
    assert_eq!(Point { x: 1, y: 2 }.r#loop(), 3);
    assert_eq!((endings!("match"), endings!("Point::loop")), ("ok 1".into(), "ok 1".into()));
}

#[timed]
#[counted]
fn of_every_kind(
    into: impl Into<String>,
    dynamic: &dyn Fn(u8) -> u8,
    unsized_: &mut [u8],
    higher: impl for<'a> Fn(&'a str) -> &'a str,
    phantom: PhantomData<dyn Send>,
) -> String {
    let _ = phantom;
    unsized_[0] = dynamic(unsized_[0]);
    higher(&into.into()).to_owned()
}

#[counted]
async fn calls_back(call: impl AsyncFn(u8) -> u8, sink: &mut (dyn FnMut(u8) + Send)) -> u8 {
    let value = call(1).await;
    sink(value);
    value
}

#[tokio::test]
async fn arguments_of_every_kind() {
    let mut list = [1];
    assert_eq!(of_every_kind(" a", &|n| n + 1, &mut list, str::trim, PhantomData), "a");
    assert_eq!(list, [2]);
    let mut seen = 0;
    assert_eq!(calls_back(async |n| n + 1, &mut |n| seen = n).await, 2);
    assert_eq!(seen, 2);
    assert_eq!((endings!("of_every_kind"), endings!("calls_back")), ("ok 1".into(), "ok 1".into()));
}

#[in_flight]
#[counted]
#[timed]
#[allow(unused_variables, clippy::many_single_char_names, clippy::too_many_arguments)]
fn names(
    start: u8,
    guard: u8,
    result: u8,
    value: u8,
    timer: u8,
    exit: u8,
    metrics: u8,
    span: u8,
) -> u8 {
    let (__caas_guard, __caas_value, __caas_early) = (1, 2, 3);
    #[allow(dead_code)]
    struct Guard;
    start + guard + result + value + timer + exit + metrics + span + __caas_guard + __caas_value
}

#[test]
fn names_of_ours_are_free() {
    assert_eq!(names(1, 1, 1, 1, 1, 1, 1, 1), 11);
    assert_eq!(endings!("names"), "ok 1");
}
