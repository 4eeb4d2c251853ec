//! Generics, traits and their instances.

use std::borrow::Borrow;
use std::fmt::Debug;

use caas_metrics::{counted, metrics, timed};

use super::endings;

#[timed]
#[counted]
fn constants<const N: usize, const B: bool>(list: [u8; N]) -> [u8; N]
where
    [u8; N]: Sized,
{
    let _ = B;
    list
}

#[counted]
#[allow(unused_braces)]
fn braced() -> [u8; { 1 + 2 }] {
    constants::<{ 2 + 1 }, true>([0; 3])
}

#[timed]
#[counted]
fn bounded<'a, 'b: 'a, T, F>(value: &'b T, by: F) -> Result<&'a str, ()>
where
    T: ?Sized + Borrow<str> + 'b,
    F: for<'x> Fn(&'x str) -> Option<&'x str>,
{
    by(value.borrow()).map(|_| value.borrow()).ok_or(())
}

#[counted]
fn arrow_in_generics<F: Fn(u8) -> Result<u8, u8>>(call: F) -> Result<u8, u8> {
    call(1)
}

#[test]
fn generics_of_every_kind() {
    assert_eq!(braced(), [0; 3]);
    assert_eq!(bounded("a", |text| Some(text)), Ok("a"));
    assert!(bounded("a", |_| None).is_err());
    assert_eq!(arrow_in_generics(Err), Err(1));
    let seen = ["constants", "braced", "bounded", "arrow_in_generics"].map(|f| endings!(f));
    assert_eq!(seen, ["ok 1", "ok 1", "ok 1, err 1", "err 1"]);
}

metrics! {
    namespace = "attribute_generics";

    /// Handled by kind.
    counter HandledTotal { kind: &'static str }

    /// Stored by size.
    counter StoredTotal { bytes: usize }
}

trait Handler {
    const KIND: &'static str;

    #[counted(HandledTotal { kind: Self::KIND })]
    #[counted]
    fn handle(&self) {}
}

struct Chat;
struct Mail;

impl Handler for Chat {
    const KIND: &'static str = "chat";
}

impl Handler for Mail {
    const KIND: &'static str = "mail";
}

#[test]
fn default_methods_count_by_implementor() {
    for _ in 0..2 {
        Chat.handle();
    }
    Mail.handle();
    Chat.handle();
    let handled = |kind| HandledTotal { kind }.get();
    assert_eq!((handled("chat"), handled("mail")), (Some(3), Some(1)));
    assert_eq!(endings!("Handler::handle"), "ok 4");
}

#[counted(StoredTotal { bytes: size_of::<T>() })]
#[counted]
#[timed]
fn store<T: Debug>(value: T) -> Option<T> {
    Some(value)
}

#[test]
fn instances_count_apart() {
    store(1_u8);
    store([0_u8; 16]);
    store(2_u8);
    let stored = |bytes| StoredTotal { bytes }.get();
    assert_eq!((stored(1), stored(16)), (Some(2), Some(1)));
    // Without an argument, a function is one site whatever its instances.
    assert_eq!(endings!("store"), "ok 3");
}

trait Codec {
    fn encode(&self) -> Result<u8, u8>;
    fn decode(byte: u8) -> Option<Self>
    where
        Self: Sized;
}

impl Codec for u8 {
    #[timed]
    #[counted]
    fn encode(&self) -> Result<u8, u8> {
        if *self == 0 { Err(0) } else { Ok(*self) }
    }

    #[counted]
    fn decode(byte: u8) -> Option<Self> {
        Some(byte)
    }
}

#[counted]
impl Codec for Vec<u8> {
    fn encode(&self) -> Result<u8, u8> {
        self.first().copied().ok_or(1)
    }

    fn decode(byte: u8) -> Option<Self> {
        Some(vec![byte])
    }
}

#[counted]
impl<T: Codec + ?Sized> Codec for &T {
    fn encode(&self) -> Result<u8, u8> {
        (**self).encode()
    }

    fn decode(_: u8) -> Option<Self> {
        None
    }
}

#[test]
fn trait_implementations() {
    let dynamic: &dyn Debug = &1;
    let _ = dynamic;
    assert!(0_u8.encode().is_err());
    assert_eq!((&&3_u8).encode(), Ok(3));
    assert_eq!(u8::decode(1), Some(1));
    assert_eq!(vec![4].encode(), Ok(4));
    assert_eq!(Vec::decode(1), Some(vec![1]));
    assert_eq!(<&u8>::decode(1), None);
    // Whether the attribute is on the method or on the block, the name has the same form.
    assert_eq!(endings!("<u8 as Codec>::encode"), "ok 1, err 1");
    assert_eq!(endings!("<u8 as Codec>::decode"), "ok 1");
    assert_eq!(endings!("<Vec as Codec>::encode"), "ok 1");
    assert_eq!(endings!("<&T as Codec>::encode"), "ok 1");
}
