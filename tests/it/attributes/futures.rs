//! Futures: whether they are `Send`, their sizes, and futures made by hand or by other attributes.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use caas_metrics::{Outcome, counted, in_flight, metrics, timed};

use super::endings;

fn sends<T: Send + 'static>(value: T) -> T {
    value
}

metrics! {
    namespace = "attribute_futures";

    /// Lookups by how they ended.
    #[zeroed(outcome)]
    counter LookupsTotal { key: &str, outcome: Outcome }

    /// Time of lookups in seconds.
    histogram LookupSeconds { key: &str }

    /// Lookups that run.
    gauge LookupsRunning;
}

#[timed]
#[counted]
#[in_flight]
#[timed(LookupSeconds { key: &key })]
#[counted(LookupsTotal { key: &key, outcome: _ })]
#[in_flight(LookupsRunning)]
async fn lookup(key: String) -> Result<u8, std::io::Error> {
    tokio::task::yield_now().await;
    key.parse().map_err(std::io::Error::other)
}

#[tokio::test]
async fn futures_stay_send() {
    assert_eq!(tokio::spawn(sends(lookup("7".into()))).await.unwrap().unwrap(), 7);
    let looked = |outcome| LookupsTotal { key: "7", outcome }.get();
    assert_eq!((looked(Outcome::Ok), looked(Outcome::Err)), (Some(1), Some(0)));
    assert_eq!(LookupSeconds { key: "7" }.get().unwrap().count(), 1);
    assert_eq!((endings!("lookup"), LookupsRunning.get()), ("ok 1".into(), Some(0)));
}

async fn plain(big: [u8; 1000]) -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Ok(big[0])
}

#[timed]
async fn timed_bare(big: [u8; 1000]) -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Ok(big[0])
}

#[timed(LookupSeconds { key: "literal" })]
async fn timed_family(big: [u8; 1000]) -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Ok(big[0])
}

#[in_flight]
async fn in_flight_bare(big: [u8; 1000]) -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Ok(big[0])
}

#[counted]
async fn counted_bare(big: [u8; 1000]) -> Result<u8, u8> {
    tokio::task::yield_now().await;
    Ok(big[0])
}

/// A guard is at most 24 bytes in the future; an enclosed body may also hold its
/// arguments once more.
#[test]
fn futures_grow_by_the_guard() {
    let big = [0; 1000];
    let without = size_of_val(&plain(big));
    let more = |size: usize| size - without;
    assert!(more(size_of_val(&timed_bare(big))) <= 24);
    assert!(more(size_of_val(&timed_family(big))) <= 24);
    assert!(more(size_of_val(&in_flight_bare(big))) <= 24);
    assert!(more(size_of_val(&counted_bare(big))) <= 1000 + 24);
}

#[async_trait]
trait Store {
    async fn load(&self, key: &str) -> Result<String, u8>;

    #[counted]
    #[timed]
    async fn load_twice(&self, key: &str) -> Result<String, u8> {
        self.load(key).await?;
        self.load(key).await
    }
}

struct Memory;

#[async_trait]
impl Store for Memory {
    #[counted]
    #[timed]
    async fn load(&self, key: &str) -> Result<String, u8> {
        if key.is_empty() {
            return Err(1);
        }
        tokio::task::yield_now().await;
        Ok(key.to_owned())
    }
}

struct Outer;

#[counted]
#[timed]
#[async_trait]
impl Store for Outer {
    async fn load(&self, key: &str) -> Result<String, u8> {
        tokio::task::yield_now().await;
        if key.is_empty() { Err(2) } else { Ok(key.to_owned()) }
    }
}

struct Inner;

#[async_trait]
#[counted]
#[timed]
impl Store for Inner {
    async fn load(&self, key: &str) -> Result<String, u8> {
        tokio::task::yield_now().await;
        if key.is_empty() { Err(3) } else { Ok(key.to_owned()) }
    }
}

#[tokio::test]
async fn async_trait_in_either_order() {
    let stores: [&(dyn Store + Sync); 3] = [&Memory, &Outer, &Inner];
    for store in stores {
        assert_eq!(store.load("a").await.unwrap(), "a");
        assert!(store.load("").await.is_err());
        drop(store.load("never polled"));
        let _ = futures_util::poll!(Box::pin(store.load("polled once")));
    }
    assert_eq!(stores[0].load_twice("a").await.unwrap(), "a");
    assert_eq!(endings!("<Memory as Store>::load"), "ok 3, err 1, cancelled 1");
    for function in ["<Outer as Store>::load", "<Inner as Store>::load"] {
        assert_eq!(endings!(function), "ok 1, err 1, cancelled 1", "{function}");
        assert_eq!(super::timed_calls(module_path!(), function), 3);
    }
    assert_eq!(endings!("Store::load_twice"), "ok 1");
}

static EAGER: AtomicU32 = AtomicU32::new(0);

#[counted]
#[timed]
#[allow(clippy::manual_async_fn)]
fn by_hand(number: u8) -> impl Future<Output = Result<u8, u8>> + Send {
    EAGER.fetch_add(1, Ordering::Relaxed);
    async move {
        tokio::task::yield_now().await;
        if number == 0 { Err(0) } else { Ok(number) }
    }
}

#[counted]
#[timed]
fn pinned(number: u8) -> Pin<Box<dyn Future<Output = Result<u8, u8>> + Send>> {
    EAGER.fetch_add(1, Ordering::Relaxed);
    let twice = number * 2;
    Box::pin(async move {
        tokio::task::yield_now().await;
        if number == 0 { Err(0) } else { Ok(twice) }
    })
}

#[counted]
#[timed]
fn only_made(number: u8) -> impl Future<Output = Result<u8, u8>> {
    std::future::ready(Err(number))
}

/// A future is measured to its end; statements in front stay eager.
#[tokio::test]
async fn futures_written_by_hand() {
    let (first, second) = (by_hand(0), pinned(0));
    assert_eq!(EAGER.load(Ordering::Relaxed), 2);
    assert_eq!((endings!("by_hand"), endings!("pinned")), (String::new(), String::new()));
    assert!(first.await.is_err() && second.await.is_err());
    assert_eq!((by_hand(1).await, pinned(1).await), (Ok(1), Ok(2)));
    assert_eq!(
        (endings!("by_hand"), endings!("pinned")),
        ("ok 1, err 1".into(), "ok 1, err 1".into())
    );
    assert!(only_made(1).await.is_err());
    assert_eq!(endings!("only_made"), "err 1");
    assert_eq!(super::timed_calls(module_path!(), "by_hand"), 2);
}

trait Fetch {
    async fn fetch(&self) -> Result<u8, u8>;
    fn fetch_later(&self) -> impl Future<Output = u8> + Send;
    #[counted]
    async fn defaulted(&self) -> u8 {
        1
    }
}

impl Fetch for Memory {
    #[counted]
    #[timed]
    async fn fetch(&self) -> Result<u8, u8> {
        Err(1)
    }

    #[counted]
    async fn fetch_later(&self) -> u8 {
        2
    }
}

#[tokio::test]
async fn async_functions_in_traits() {
    assert!(Memory.fetch().await.is_err());
    assert_eq!((Memory.fetch_later().await, Memory.defaulted().await), (2, 1));
    assert_eq!(endings!("<Memory as Fetch>::fetch"), "err 1");
    assert_eq!(endings!("<Memory as Fetch>::fetch_later"), "ok 1");
    assert_eq!(endings!("Fetch::defaulted"), "ok 1");
}
