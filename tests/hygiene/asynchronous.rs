//! Annotated `async` functions and label sets, in editions that have them.
//!
//! The lints are those of the crate. Invariant: there is no `allow` in this file.

use renamed::{Outcome, counted, in_flight, metrics, timed};

metrics! {
    namespace = "hygiene_attributes";
    crate = ::renamed;

    /// Calls by key.
    pub counter CallsTotal { key: &str, outcome: Outcome }

    /// Sizes by key.
    pub counter SizesTotal { key: &str, size: usize }

    /// Time by key in seconds.
    pub histogram CallSeconds { key: &str }

    /// Calls that run.
    pub gauge Running { key: &str }
}

/// Waits once.
///
/// # Errors
/// If the key is empty.
#[timed(crate = ::renamed)]
#[counted(crate = ::renamed)]
#[in_flight(crate = ::renamed)]
#[timed(CallSeconds { key: &key }, crate = ::renamed)]
#[counted(CallsTotal { key: &key, outcome: _ }, crate = ::renamed)]
#[counted(CallsTotal { key: &key, outcome: Outcome::Err }, on(err), crate = ::renamed)]
#[counted(SizesTotal { key: &key, size: |size: &usize| *size }, on(ok), crate = ::renamed)]
#[in_flight(Running { key: &key }, crate = ::renamed)]
pub async fn later(key: String) -> Result<usize, String> {
    std::future::ready(()).await;
    if key.is_empty() { Err(key) } else { Ok(key.len()) }
}

/// Waits once.
#[timed(crate = ::renamed)]
#[counted(crate = ::renamed)]
pub async fn later_nothing(_unused: u8) {
    std::future::ready(()).await;
}

/// Never ends well.
///
/// # Panics
/// Always.
#[timed(crate = ::renamed)]
#[counted(crate = ::renamed)]
pub async fn later_never() -> ! {
    std::future::ready(()).await;
    panic!("never")
}

#[cfg(test)]
#[test]
fn annotated_futures_count() {
    use std::future::Future;
    use std::task::{Context, Poll};

    struct Idle;
    impl std::task::Wake for Idle {
        fn wake(self: std::sync::Arc<Self>) {}
    }

    let waker = std::sync::Arc::new(Idle).into();
    let mut context = Context::from_waker(&waker);
    let mut future = Box::pin(later("key".to_owned()));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(3)));
    let mut future = Box::pin(later_nothing(1));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(()));
    assert_eq!(CallsTotal { key: "key", outcome: Outcome::Ok }.get(), Some(1));
    assert_eq!(CallsTotal { key: "key", outcome: Outcome::Err }.get(), Some(0));
    assert_eq!(SizesTotal { key: "key", size: 3 }.get(), Some(1));
    assert_eq!(CallSeconds { key: "key" }.get().map(|reading| reading.count()), Some(1));
    assert_eq!(Running { key: "key" }.get(), Some(0));
    drop(later_never());
}
