//! Functions that are not `async` and return a future: only their types show it.

use std::future::{Future, Ready, ready};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use caas_metrics::{Outcome, counted, in_flight, metrics, timed};
use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture};
use futures_util::stream::{BoxStream, StreamExt};

use super::endings;

type Res = Result<u8, String>;

const WORK: Duration = Duration::from_millis(20);

async fn work(fails: bool) -> Res {
    tokio::time::sleep(WORK).await;
    if fails { Err("no".to_owned()) } else { Ok(1) }
}

/// How many seconds the calls of a function took so far.
fn seconds(function: &str) -> f64 {
    let rows = super::built_in("function_duration_seconds", module_path!());
    let rows = rows.into_iter().filter(|row| row.0 == function);
    let sums = rows.map(|(_, _, value)| match value {
        caas_metrics::sample::OwnedValue::Histogram { sum, .. } => sum,
        other => panic!("{other:?} is no histogram"),
    });
    sums.sum()
}

#[timed]
#[counted]
fn alias_of_a_block(fails: bool) -> BoxFuture<'static, Res> {
    Box::pin(async move { work(fails).await })
}

#[timed]
#[counted]
fn alias_of_a_block_that_boxes_itself(fails: bool) -> BoxFuture<'static, Res> {
    async move { work(fails).await }.boxed()
}

#[timed]
#[counted]
fn local_alias(fails: bool) -> LocalBoxFuture<'static, Res> {
    let rc = std::rc::Rc::new(fails);
    async move { work(*rc).await }.boxed_local()
}

#[timed]
#[counted]
fn pinned_call(fails: bool) -> Pin<Box<dyn Future<Output = Res> + Send>> {
    Box::pin(work(fails))
}

#[timed]
#[counted]
fn pinned_alias(fails: bool) -> BoxFuture<'static, Res> {
    if fails {
        let _ = fails;
    }
    ::std::boxed::Box::pin(work(fails).map(|result| result))
}

#[timed]
#[counted]
fn boxed_call(fails: bool) -> BoxFuture<'static, Res> {
    let first = async { 1 };
    first.then(move |_| work(fails)).map(|result| -> Res { result }).boxed()
}

#[timed]
#[counted]
fn opaque_call(fails: bool) -> impl Future<Output = Res> {
    work(fails)
}

#[timed]
#[counted]
fn opaque_combinator(fails: bool) -> impl Future<Output = Res> + Send + 'static {
    if fails {
        return async move { work(true).await }.map(one as fn(Res) -> Res).boxed();
    }
    async move { work(false).await }.map(one as fn(Res) -> Res).boxed()
}

fn one(result: Res) -> Res {
    result
}

trait Service {
    type Future: Future<Output = Res>;
    fn call(&mut self, fails: bool) -> Self::Future;
}

struct Upstream;

impl Service for Upstream {
    type Future = Pin<Box<dyn Future<Output = Res> + Send>>;

    #[timed(name = "service_call")]
    #[counted(name = "service_call")]
    fn call(&mut self, fails: bool) -> Self::Future {
        Box::pin(work(fails))
    }
}

#[tokio::test]
async fn returned_futures_are_measured_to_their_end() {
    macro_rules! check {
        ($($call:expr => $function:literal),* $(,)?) => {$(
            let call: fn(bool) -> _ = $call;
            drop(call(true));
            assert!(call(true).await.is_err());
            assert!(call(false).await.is_ok());
            let ended = endings!($function);
            // An `async` block that is never polled is no call; any other expression has begun.
            assert!(
                ended == "ok 1, err 1" || ended == "ok 1, err 1, cancelled 1",
                "{}: {ended}", $function
            );
            let took = seconds($function);
            assert!(took >= 2.0 * WORK.as_secs_f64(), "{}: {took} s", $function);
        )*};
    }
    check! {
        alias_of_a_block => "alias_of_a_block",
        alias_of_a_block_that_boxes_itself => "alias_of_a_block_that_boxes_itself",
        local_alias => "local_alias",
        pinned_call => "pinned_call",
        pinned_alias => "pinned_alias",
        boxed_call => "boxed_call",
        opaque_call => "opaque_call",
        opaque_combinator => "opaque_combinator",
        |fails| Upstream.call(fails) => "service_call",
    }
}

metrics! {
    namespace = "attribute_returned_futures";

    /// Loads that failed.
    counter FailedLoadsTotal;

    /// Loads by how they ended.
    counter LoadsTotal { outcome: Outcome }

    /// Loads under way.
    gauge LoadsInFlight;

    /// Loads by size and name.
    counter LoadedTotal { size: u8, name: &str }

    /// Loads that gave nothing.
    counter LostLoadsTotal { name: &str }

    /// What was loaded, in bytes.
    counter LoadedBytesTotal;
}

#[counted(FailedLoadsTotal, on(err))]
#[counted(LoadsTotal { outcome: _ })]
#[in_flight(LoadsInFlight)]
#[counted(
    LoadedTotal { size: |loaded: &Res| loaded.clone().unwrap_or(0), name: &name },
    otherwise(LostLoadsTotal { name: &name }),
)]
#[counted(LoadedBytesTotal, by = |size: &u8| u64::from(*size), on(ok))]
fn load(name: String, fails: bool) -> Pin<Box<dyn Future<Output = Res> + Send>> {
    drop(name);
    Box::pin(work(fails))
}

#[tokio::test]
async fn families_see_the_end_of_a_returned_future() {
    let running = tokio::spawn(load("a".to_owned(), true));
    tokio::time::sleep(WORK / 4).await;
    assert_eq!(
        (LoadsInFlight.get(), LoadsTotal { outcome: Outcome::Ok }.get()),
        (Some(1), Some(0))
    );
    assert!(running.await.unwrap().is_err());
    assert!(load("a".to_owned(), false).await.is_ok());
    drop(load("a".to_owned(), false));
    let loads = |outcome| LoadsTotal { outcome }.get();
    assert_eq!((LoadsInFlight.get(), FailedLoadsTotal.get()), (Some(0), Some(1)));
    assert_eq!(
        [Outcome::Ok, Outcome::Err, Outcome::Panic, Outcome::Cancelled].map(loads),
        [1, 1, 0, 1].map(Some)
    );
    assert_eq!(LoadedTotal { size: 1, name: "a" }.get(), Some(1));
    assert_eq!(LoadedTotal { size: 0, name: "a" }.get(), Some(1));
    assert_eq!(LostLoadsTotal { name: "a" }.get(), Some(1));
    assert_eq!(LoadedBytesTotal.get(), Some(1));
}

#[counted]
fn returns_early(early: bool) -> BoxFuture<'static, Res> {
    if early {
        return work(true).boxed();
    }
    Box::pin(work(true))
}

#[counted]
#[timed]
fn of_a_field(fails: bool) -> BoxFuture<'static, Res> {
    let kept = (alias_of_nothing(fails), 1);
    kept.0
}

fn alias_of_nothing(fails: bool) -> BoxFuture<'static, Res> {
    Box::pin(work(fails))
}

#[counted]
fn ready_made() -> Ready<Res> {
    ready(Err(String::new()))
}

#[counted]
fn spawned() -> tokio::task::JoinHandle<Res> {
    tokio::spawn(work(true))
}

#[counted]
fn cloneable() -> impl Future<Output = Res> + Clone {
    ready(Err(String::new()))
}

#[counted]
fn generic<F: Future<Output = Res>>(future: F) -> F {
    std::convert::identity(future)
}

/// What cannot be measured without a box of its own is `unknown`, never `ok`.
#[tokio::test]
async fn other_futures_are_unknown() {
    assert!(returns_early(true).await.is_err());
    assert!(returns_early(false).await.is_err());
    assert_eq!(endings!("returns_early"), "err 1, unknown 1");
    assert!(of_a_field(true).await.is_err());
    assert_eq!(endings!("of_a_field"), "unknown 1");
    assert!(ready_made().await.is_err());
    assert_eq!(endings!("ready_made"), "unknown 1");
    assert!(spawned().await.unwrap().is_err());
    assert_eq!(endings!("spawned"), "unknown 1");
    assert!(cloneable().await.is_err());
    assert_eq!(endings!("cloneable"), "unknown 1");
    assert!(generic(work(true)).await.is_err());
    assert_eq!(endings!("generic"), "unknown 1");
}

#[counted]
#[timed]
fn streamed(early: bool) -> BoxStream<'static, u8> {
    if early {
        return futures_util::stream::empty().boxed();
    }
    futures_util::stream::iter([1, 2]).boxed()
}

#[counted]
#[timed]
fn pinned_stream() -> Pin<Box<dyn futures_util::Stream<Item = u8> + Send>> {
    Box::pin(futures_util::stream::iter([1, 2]))
}

#[counted(LoadsTotal { outcome: _ }, on(panic))]
fn pinned_number() -> Pin<Box<u8>> {
    Box::pin(7)
}

/// A value in a `Pin` that is no future has ended when it is returned.
#[tokio::test]
async fn what_is_boxed_and_no_future_is_ok() {
    assert_eq!(streamed(true).count().await + streamed(false).count().await, 2);
    assert_eq!(endings!("streamed"), "ok 2");
    assert_eq!(pinned_stream().count().await, 2);
    assert_eq!(endings!("pinned_stream"), "ok 1");
    assert_eq!(super::timed_calls(module_path!(), "pinned_stream"), 1);
    assert_eq!(*pinned_number(), 7);
}

#[counted]
fn panics_in_poll() -> BoxFuture<'static, Res> {
    Box::pin(work(true).map(|_| panic!("polled")))
}

#[counted]
fn panics_at_once() -> BoxFuture<'static, Res> {
    let result: Res = None::<Res>.expect("nothing");
    Box::pin(ready(result))
}

#[tokio::test]
async fn panics_of_returned_futures() {
    assert!(tokio::spawn(panics_in_poll()).await.unwrap_err().is_panic());
    assert_eq!(endings!("panics_in_poll"), "panic 1");
    assert!(std::panic::catch_unwind(panics_at_once).is_err());
    assert_eq!(endings!("panics_at_once"), "panic 1");
    let owner = std::panic::catch_unwind(|| {
        let _future = pinned_by_owner();
        panic!("the owner");
    });
    assert!(owner.is_err());
    assert_eq!(endings!("pinned_by_owner"), "cancelled 1");
}

#[counted]
fn pinned_by_owner() -> BoxFuture<'static, Res> {
    Box::pin(work(true))
}

#[counted]
fn poll_next(value: Poll<Option<Res>>) -> Poll<Option<Res>> {
    value
}

#[counted]
fn poll(value: Poll<Res>, _: &mut Context<'_>) -> Poll<Res> {
    value
}

#[counted]
fn next(value: Option<Res>) -> Option<Res> {
    value
}

#[counted]
fn flow(breaks: bool) -> ControlFlow<String> {
    if breaks { ControlFlow::Break("no".to_owned()) } else { ControlFlow::Continue(()) }
}

#[counted(FailedItemsTotal, on(err))]
#[counted(ItemsTotal, by = |_: &Option<Res>| 2, on(ok))]
fn item(value: Option<Res>) -> Option<Res> {
    value
}

metrics! {
    namespace = "attribute_returned_futures";

    /// Items that failed.
    counter FailedItemsTotal;

    /// Items, counted twice.
    counter ItemsTotal;
}

#[test]
fn results_in_other_types() {
    let (ok, err) = (|| Ok(1), || Err(String::new()));
    let mut context = Context::from_waker(std::task::Waker::noop());
    let _ = (next(Some(ok())), next(Some(err())), next(None));
    assert_eq!(endings!("next"), "ok 2, err 1");
    let _ = (item(Some(ok())), item(Some(err())), item(None));
    assert_eq!((FailedItemsTotal.get(), ItemsTotal.get()), (Some(1), Some(4)));
    let _ = (poll_next(Poll::Ready(Some(err()))), poll_next(Poll::Ready(None)));
    let _ = (poll_next(Poll::Ready(Some(ok()))), poll_next(Poll::Pending));
    assert_eq!(endings!("poll_next"), "ok 2, err 1, unknown 1");
    let _ = (poll(Poll::Ready(err()), &mut context), poll(Poll::Pending, &mut context));
    assert_eq!(endings!("poll"), "err 1, unknown 1");
    let _ = (flow(true), flow(false));
    assert_eq!(endings!("flow"), "ok 1, unknown 1");
}
