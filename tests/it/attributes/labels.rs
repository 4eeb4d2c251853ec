//! Label sets of attributes: values known before a call, values known after it, and which endings
//! count.

use caas_metrics::{Exit, FromExit, Label, Outcome, counted, metrics, timed};

/// What storing can fail of.
pub enum StoreError {
    Full,
    Broken { disk: u8 },
}

#[derive(Label, Clone, Copy, Debug)]
pub enum Reason {
    Full,
    Broken,
    Other,
}

impl FromExit<StoreError> for Reason {
    fn from_exit(exit: Exit<'_, StoreError>) -> Self {
        match exit {
            Exit::Err(StoreError::Full) => Self::Full,
            Exit::Err(StoreError::Broken { disk: 1.. }) => Self::Broken,
            _ => Self::Other,
        }
    }
}

metrics! {
    namespace = "attribute_labels";

    /// Messages by tenant.
    counter MessagesTotal { tenant: &str, size: usize }

    /// Failures by reason.
    counter FailuresTotal { reason: Reason }

    /// Failures by tenant and reason.
    counter TenantFailuresTotal { tenant: &str, reason: Reason }

    /// Requests by status.
    counter RequestsTotal { path: &str, status: u16 }

    /// Requests by status, timed, in seconds.
    histogram RequestSeconds { path: &str, status: u16 }

    /// Calls by ending.
    #[zeroed(outcome)]
    counter EndedTotal { function: &'static str, outcome: Outcome }

    /// Calls.
    counter CalledTotal { function: &'static str }

    /// Calls, of one function.
    #[limit = 1]
    counter OneTotal { function: &'static str }
}

#[counted(MessagesTotal { tenant: &tenant, size: text.len() })]
#[counted(TenantFailuresTotal { tenant: &tenant, reason: _ }, on(err))]
fn send(tenant: String, text: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    drop(tenant);
    match text.len() {
        0 => Err(StoreError::Full),
        1 => Err(StoreError::Broken { disk: text[0] }),
        _ => Ok(text),
    }
}

#[test]
fn early_labels_of_moved_arguments() {
    let long = "a tenant whose name is longer than what is held without an allocation";
    for tenant in ["acme", long] {
        assert!(send(tenant.into(), vec![1, 2]).is_ok());
        assert!(send(tenant.into(), vec![1]).is_err());
        assert!(send(tenant.into(), vec![]).is_err());
        assert!(send(tenant.into(), vec![]).is_err());
        let sent = |size| MessagesTotal { tenant, size }.get();
        assert_eq!((sent(2), sent(1), sent(0)), (Some(1), Some(1), Some(2)));
        let failed = |reason| TenantFailuresTotal { tenant, reason }.get();
        assert_eq!((failed(Reason::Full), failed(Reason::Broken)), (Some(2), Some(1)));
    }
}

#[counted(FailuresTotal { reason: |error| reason(error) }, on(err))]
fn stored(full: bool) -> Result<(), StoreError> {
    if full { Err(StoreError::Full) } else { Ok(()) }
}

fn reason(error: &StoreError) -> Reason {
    Reason::from_exit(Exit::Err(error))
}

#[test]
fn closures_on_errors() {
    assert!(stored(true).is_err() && stored(false).is_ok());
    assert_eq!(FailuresTotal { reason: Reason::Full }.get(), Some(1));
    assert_eq!(FailuresTotal { reason: Reason::Other }.get(), Some(0));
}

#[counted(RequestsTotal { path, status: |status| *status }, otherwise(RequestsTotal { path, status: 500 }))]
#[timed(RequestSeconds { path, status: |status| *status }, otherwise(RequestSeconds { path, status: 500 }))]
async fn handle(path: &str, rounds: u8) -> u16 {
    for _ in 0..rounds {
        tokio::task::yield_now().await;
    }
    assert!(!path.is_empty(), "no path");
    204
}

#[tokio::test]
async fn closures_on_values_and_otherwise() {
    use futures_util::FutureExt;

    assert_eq!(handle("/a", 1).await, 204);
    drop(handle("/a", 1));
    assert!(handle("/a", 1).now_or_never().is_none());
    let panicked = std::panic::AssertUnwindSafe(handle("", 1)).catch_unwind().await;
    assert!(panicked.is_err());
    let requests = |path, status| RequestsTotal { path, status }.get();
    assert_eq!(
        (requests("/a", 204), requests("/a", 500), requests("", 500)),
        (Some(1), Some(1), Some(1))
    );
    let timed = |path, status| RequestSeconds { path, status }.get().map(|r| r.count());
    assert_eq!((timed("/a", 204), timed("/a", 500), timed("", 500)), (Some(1), Some(1), Some(1)));
}

#[counted(RequestsTotal { path: "/size", status: |size: &u16| *size }, on(ok))]
fn sized(number: u16) -> Result<u16, String> {
    if number == 0 { Err("none".into()) } else { Ok(number) }
}

#[test]
fn closures_on_what_is_in_the_ok() {
    assert!(sized(7).is_ok() && sized(0).is_err());
    assert_eq!(RequestsTotal { path: "/size", status: 7 }.get(), Some(1));
    assert_eq!(RequestsTotal { path: "/size", status: 0 }.get(), None);
}

macro_rules! ends {
    ($($name:ident: $($on:ident),*;)*) => {$(
        #[counted(CalledTotal { function: stringify!($name) }, on($($on),*))]
        #[counted(EndedTotal { function: stringify!($name), outcome: _ }, on($($on),*))]
        async fn $name(way: u8) -> Result<(), ()> {
            match way {
                0 => Ok(()),
                1 => Err(()),
                2 => panic!("two"),
                _ => std::future::pending().await,
            }
        }
    )*};
}

ends! {
    only_ok: ok;
    only_err: err;
    only_panic: panic;
    only_cancelled: cancelled;
    returned: ok, err;
    dropped: panic, cancelled;
    failed: err, panic, cancelled;
    all: ok, err, panic, cancelled;
}

#[test]
fn on_restricts_which_endings_count() {
    use futures_util::FutureExt;
    use std::panic::AssertUnwindSafe;

    macro_rules! run {
        ($($name:ident $expected:expr;)*) => {$(
            for way in 0..4 {
                let _ = AssertUnwindSafe($name(way)).catch_unwind().now_or_never();
            }
            let function = stringify!($name);
            let ended = [Outcome::Ok, Outcome::Err, Outcome::Panic, Outcome::Cancelled]
                .map(|outcome| EndedTotal { function, outcome }.get().unwrap());
            assert_eq!(ended, $expected, "{function}");
            let called = CalledTotal { function }.get().unwrap();
            assert_eq!(called, $expected.iter().sum::<u64>(), "{function}");
        )*};
    }
    run! {
        only_ok [1, 0, 0, 0];
        only_err [0, 1, 0, 0];
        only_panic [0, 0, 1, 0];
        only_cancelled [0, 0, 0, 1];
        returned [1, 1, 0, 0];
        dropped [0, 0, 1, 1];
        failed [0, 1, 1, 1];
        all [1, 1, 1, 1];
    }
}

#[counted(CalledTotal { function: "sync_ok_err" }, on(ok, err))]
#[counted(CalledTotal { function: "sync_panic" }, on(panic))]
#[counted(CalledTotal { function: "sync_err" }, on(err))]
#[counted(CalledTotal { function: "sync_ok" }, on(ok))]
#[counted(CalledTotal { function: "sync_ok_panic" }, on(ok, panic))]
fn synchronous(way: u8) -> Result<(), ()> {
    match way {
        0 => Ok(()),
        1 => Err(()),
        _ => panic!("two"),
    }
}

#[counted(CalledTotal { function: "unit_ok" }, on(ok))]
#[counted(CalledTotal { function: "unit_err" }, on(err))]
#[counted(CalledTotal { function: "unit_panic" }, on(panic))]
fn nothing_returned(panics: bool) {
    assert!(!panics);
}

#[test]
fn on_in_synchronous_functions() {
    for way in 0..3 {
        let _ = std::panic::catch_unwind(|| synchronous(way));
    }
    for panics in [false, true] {
        let _ = std::panic::catch_unwind(|| nothing_returned(panics));
    }
    let called = |function| CalledTotal { function }.get().unwrap_or(0);
    let seen = ["sync_ok_err", "sync_panic", "sync_err", "sync_ok", "sync_ok_panic"].map(called);
    assert_eq!(seen, [2, 1, 1, 1, 2]);
    assert_eq!(["unit_ok", "unit_err", "unit_panic"].map(called), [1, 0, 1]);
}

#[counted(CalledTotal { function: "constant" })]
fn constant() {}

/// A site with constant labels finds its child again after that was removed.
#[test]
fn constant_labels_come_back_after_clear() {
    let called = || CalledTotal { function: "constant" }.get();
    constant();
    constant();
    assert_eq!(called(), Some(2));
    assert!(CalledTotal { function: "constant" }.remove());
    assert_eq!(called(), None);
    constant();
    constant();
    assert_eq!(called(), Some(2));
}

#[counted(OneTotal { function: "late" })]
fn late() {}

/// A site whose child had no room when it was first called finds it once there is room.
#[test]
fn constant_labels_leave_the_overflow() {
    OneTotal { function: "early" }.inc();
    late();
    assert_eq!(OneTotal { function: "late" }.get(), None);
    assert_eq!(OneTotal { function: "__overflow__" }.get(), Some(1));
    OneTotal { function: "early" }.remove();
    late();
    late();
    assert_eq!(OneTotal { function: "late" }.get(), Some(2));
}

fn of_its_kind<T: Default>() -> T {
    #[counted(CalledTotal { function: "generic" })]
    fn inner<T: Default>() -> T {
        T::default()
    }
    inner()
}

/// The instances of a generic function are one site where only literals tell them apart.
#[test]
fn constant_labels_are_those_of_every_instance() {
    let _: (u8, String) = (of_its_kind(), of_its_kind());
    assert_eq!(CalledTotal { function: "generic" }.get(), Some(2));
}

#[counted(EndedTotal { function: { let name = "block"; name }, outcome: Outcome::Ok })]
#[counted(CalledTotal { function: if true { "if" } else { "else" } })]
#[counted(CalledTotal { function: NAMES.map(|name| name)[usize::MIN] })]
#[counted(CalledTotal { function: <Name as Named>::of::<u8, u16>() })]
fn expressions() {}

const NAMES: [&str; 1] = ["index"];
struct Name;
trait Named {
    fn of<A, B>() -> &'static str;
}
impl Named for Name {
    fn of<A, B>() -> &'static str {
        "turbofish"
    }
}

#[test]
fn values_are_expressions_of_every_kind() {
    expressions();
    assert_eq!(EndedTotal { function: "block", outcome: Outcome::Ok }.get(), Some(1));
    for function in ["if", "index", "turbofish"] {
        assert_eq!(CalledTotal { function }.get(), Some(1), "{function}");
    }
}

metrics! {
    namespace = "attribute_labels";

    /// Values put.
    counter PutsTotal { tenant: &str, kind: &str }
}

#[derive(Clone)]
pub struct Key {
    tenant: String,
}

#[async_trait::async_trait]
trait Store {
    async fn put(&self, key: Key, what: (u8, &'static str)) -> Result<usize, String>;
    async fn take(self, key: Key) -> Result<usize, String>
    where
        Self: Sized;
}

struct Zone(&'static str);

#[async_trait::async_trait]
impl Store for Zone {
    #[counted(PutsTotal { tenant: &tenant, kind })]
    #[counted(PutsTotal { tenant: self.0, kind }, on(ok))]
    #[counted(PutsTotal { tenant: &tenant, kind: "size" }, by = tenant.len() as u64)]
    async fn put(
        &self,
        Key { tenant, .. }: Key,
        (_, kind): (u8, &'static str),
    ) -> Result<usize, String> {
        tokio::task::yield_now().await;
        Ok(tenant.len())
    }

    #[counted(PutsTotal { tenant: &tenant, kind: "taken" }, on(ok, cancelled))]
    async fn take(self, Key { mut tenant }: Key) -> Result<usize, String> {
        tenant.push('!');
        Ok(self.0.len())
    }
}

#[tokio::test]
async fn patterns_of_async_trait_are_in_scope() {
    let (zone, key) = (Zone("z"), Key { tenant: "acme".to_owned() });
    assert_eq!(zone.put(key.clone(), (1, "whole")).await, Ok(4));
    assert_eq!(zone.take(key).await, Ok(1));
    let puts = |tenant, kind| PutsTotal { tenant, kind }.get();
    assert_eq!((puts("acme", "whole"), puts("z", "whole")), (Some(1), Some(1)));
    assert_eq!((puts("acme", "size"), puts("acme", "taken")), (Some(4), Some(1)));
}
