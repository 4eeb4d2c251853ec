//! What functions return, and which values are `ok` or `err`.

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::io;

use caas_metrics::{counted, timed};

use super::endings;

#[counted]
fn debug(number: u8) -> impl Debug {
    number
}

#[counted]
fn nested(fails: bool) -> Result<impl Display, Box<dyn std::error::Error>> {
    if fails { Err("no".into()) } else { Ok("yes") }
}

#[counted]
fn pair<'a, T: Clone>(
    value: &'a T,
) -> (impl Clone + use<'a, T>, Option<impl Iterator<Item = impl Display>>) {
    (value, Some([1, 2].into_iter()))
}

#[counted]
async fn nested_async(fails: bool) -> Result<impl Display, String> {
    if fails {
        return Err("no".to_owned());
    }
    Ok("yes")
}

#[tokio::test]
async fn impl_trait_is_erased_at_every_depth() {
    assert_eq!(format!("{:?}", debug(7)), "7");
    assert!(nested(true).is_err());
    assert_eq!(nested(false).unwrap().to_string(), "yes");
    let (value, numbers) = pair(&3);
    let _ = value.clone();
    assert_eq!(numbers.unwrap().map(|number| number.to_string()).collect::<String>(), "12");
    assert!(nested_async(true).await.is_err());
    assert!(nested_async(false).await.is_ok());
    let seen = ["debug", "nested", "pair", "nested_async"].map(|function| endings!(function));
    assert_eq!(seen, ["ok 1", "ok 1, err 1", "ok 1", "ok 1, err 1"]);
}

#[timed]
#[counted]
fn adder(offset: u8) -> impl Fn(&u8) -> u8 {
    move |number| number + offset
}

#[counted]
fn boxed_adder(offset: u8) -> Box<dyn Fn(&u8) -> u8> {
    Box::new(move |number| number + offset)
}

/// The ending of a function that returns an `impl Fn` is not told: its closure's signature comes
/// from the return type, so the body is not enclosed.
#[test]
fn closures_are_returned() {
    assert_eq!((adder(1)(&2), boxed_adder(2)(&2)), (3, 4));
    assert_eq!((endings!("adder"), endings!("boxed_adder")), ("unknown 1".into(), "ok 1".into()));
}

struct Stack {
    items: Vec<u8>,
}

impl Stack {
    #[counted]
    fn top(&mut self) -> Option<&mut u8> {
        self.items.last_mut()
    }

    #[counted]
    fn first(&self) -> Result<&u8, &str> {
        self.items.first().ok_or("empty")
    }

    #[counted]
    fn whole<'a>(&'a mut self, other: &'a mut Self) -> &'a mut Self {
        if self.items.is_empty() {
            return other;
        }
        self
    }
}

#[test]
fn reborrows_are_returned() {
    let mut stack = Stack { items: vec![1, 2] };
    *stack.top().unwrap() += 1;
    assert_eq!(stack.first(), Ok(&1));
    assert_eq!(stack.whole(&mut Stack { items: vec![] }).items, [1, 3]);
    assert_eq!(Stack { items: vec![] }.first(), Err("empty"));
    let seen = ["Stack::top", "Stack::first", "Stack::whole"].map(|function| endings!(function));
    assert_eq!(seen, ["ok 1", "ok 1, err 1", "ok 1"]);
}

#[counted]
fn unsized_box(kind: u8) -> Box<dyn Debug> {
    match kind {
        0 => Box::new("text"),
        1 => return Box::new([1, 2]),
        _ => Box::new(kind),
    }
}

#[counted]
fn slice(long: bool) -> &'static [u8] {
    if long { &[1, 2, 3] } else { &[] }
}

#[counted]
fn pointer(twice: bool) -> fn(u8) -> u8 {
    fn double(number: u8) -> u8 {
        number * 2
    }
    if twice { double } else { |number| number }
}

#[counted]
async fn unsized_async(fails: bool) -> Result<Box<dyn Debug>, Box<dyn std::error::Error>> {
    if fails {
        return Err(Box::new(io::Error::other("no")));
    }
    Ok(Box::new(1))
}

#[tokio::test]
async fn values_are_coerced_to_the_return_type() {
    let texts = [0, 1, 2].map(|kind| format!("{:?}", unsized_box(kind)));
    assert_eq!(texts, ["\"text\"", "[1, 2]", "2"]);
    assert_eq!((slice(true).len(), pointer(true)(4), pointer(false)(4)), (3, 8, 4));
    assert!(unsized_async(true).await.is_err() && unsized_async(false).await.is_ok());
    assert_eq!(endings!("unsized_async"), "ok 1, err 1");
    assert_eq!(endings!("unsized_box"), "ok 3");
}

#[counted]
fn collected(text: &str) -> Result<Vec<u8>, std::num::ParseIntError> {
    text.split(',').map(str::parse).collect()
}

#[counted]
fn defaulted() -> BTreeMap<String, u8> {
    Default::default()
}

#[counted]
async fn converted(text: &str) -> String {
    text.into()
}

#[tokio::test]
async fn the_return_type_drives_inference() {
    assert_eq!(collected("1,2"), Ok(vec![1, 2]));
    assert!(collected("1,x").is_err());
    assert_eq!((defaulted().len(), converted("a").await), (0, "a".to_owned()));
    assert_eq!(endings!("collected"), "ok 1, err 1");
}

#[timed]
#[counted]
fn exits(code: Option<u8>) -> ! {
    match code {
        Some(code) => std::panic::panic_any(code),
        None => panic!("without a code"),
    }
}

#[timed]
#[counted]
async fn exits_later() -> ! {
    std::future::ready(()).await;
    panic!("later")
}

#[tokio::test]
async fn never_returns() {
    let payload = std::panic::catch_unwind(|| exits(Some(3))).unwrap_err();
    assert_eq!(payload.downcast_ref(), Some(&3_u8));
    assert!(tokio::spawn(async { exits_later().await }).await.unwrap_err().is_panic());
    assert_eq!((endings!("exits"), endings!("exits_later")), ("panic 1".into(), "panic 1".into()));
}

#[counted]
fn unfinished() -> Result<u8, String> {
    todo!("later")
}

#[counted]
fn endless(mut rounds: u8) -> u8 {
    loop {
        if rounds == 0 {
            return 0;
        }
        rounds -= 1;
    }
}

#[counted]
#[allow(clippy::needless_return)]
fn returns() -> u8 {
    return 1;
}

#[counted]
async fn unfinished_async() -> Result<u8, String> {
    panic!("async")
}

#[tokio::test]
async fn bodies_may_diverge() {
    assert!(std::panic::catch_unwind(unfinished).is_err());
    assert!(tokio::spawn(unfinished_async()).await.is_err());
    assert_eq!((endless(3), returns()), (0, 1));
    let seen = ["unfinished", "unfinished_async", "endless", "returns"].map(|f| endings!(f));
    assert_eq!(seen, ["panic 1", "panic 1", "ok 1", "ok 1"]);
}

#[counted]
fn implicit_unit() {}

#[counted]
#[allow(clippy::unused_unit)]
fn written_unit() -> () {}

#[counted]
async fn async_unit() {}

#[tokio::test]
async fn unit_is_not_bound() {
    implicit_unit();
    written_unit();
    async_unit().await;
    let seen = ["implicit_unit", "written_unit", "async_unit"].map(|f| endings!(f));
    assert_eq!(seen, ["ok 1"; 3]);
    // No outcome is on the page that can't occur.
    let rows = super::built_in("function_calls_total", module_path!());
    let outcomes = |function: &str| {
        let rows = rows.iter().filter(|row| row.0 == function);
        rows.map(|row| row.1.as_str()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(outcomes("implicit_unit"), "ok panic");
    // It never waits, so nobody can cancel it.
    assert_eq!(outcomes("async_unit"), "ok panic");
    assert_eq!(outcomes("collected"), "ok err panic");
    assert_eq!(outcomes("unsized_async"), "ok err panic");
    assert_eq!(outcomes("adder"), "panic unknown");
}

mod named_result {
    /// A type that is called `Result` and is none.
    pub struct Result<T>(pub T);
}

type Outcome = Result<u8, NoTraits>;

/// An error without any trait.
struct NoTraits;

#[counted]
fn aliased(fails: bool) -> io::Result<u8> {
    if fails { Err(io::Error::other("no")) } else { Ok(1) }
}

#[counted]
fn own_alias(fails: bool) -> Outcome {
    if fails { Err(NoTraits) } else { Ok(1) }
}

#[counted]
fn only_called_so() -> named_result::Result<Result<u8, u8>> {
    named_result::Result(Err(1))
}

#[test]
fn results_are_told_by_type() {
    assert!(aliased(true).is_err() && aliased(false).is_ok());
    assert!(own_alias(true).is_err());
    assert!(only_called_so().0.is_err());
    let seen = ["aliased", "own_alias", "only_called_so"].map(|f| endings!(f));
    assert_eq!(seen, ["ok 1, err 1", "err 1", "ok 1"]);
}

trait Source {
    type Item<'a>
    where
        Self: 'a;

    fn next(&mut self) -> Option<Self::Item<'_>>;
    fn made() -> Self;
}

impl Source for Vec<String> {
    type Item<'a> = &'a str;

    #[counted]
    fn next(&mut self) -> Option<Self::Item<'_>> {
        self.first().map(String::as_str)
    }

    #[counted]
    fn made() -> Self {
        vec!["one".to_owned()]
    }
}

#[counted]
fn projected<T: IntoIterator>(items: T) -> Option<<T as IntoIterator>::Item> {
    items.into_iter().next()
}

#[test]
fn associated_types_are_returned() {
    assert_eq!(Vec::<String>::made().next(), Some("one"));
    assert_eq!(projected([5]), Some(5));
    assert_eq!(endings!("<Vec as Source>::next"), "ok 1");
    assert_eq!(endings!("<Vec as Source>::made"), "ok 1");
}

#[counted]
fn bare_error(fails: bool) -> Result<(), NoTraits> {
    if fails { Err(NoTraits) } else { Ok(()) }
}

#[counted]
fn unsized_error() -> Result<(), Box<dyn Send>> {
    Err(Box::new(1))
}

#[test]
fn errors_need_no_traits() {
    assert!(bare_error(true).is_err() && bare_error(false).is_ok() && unsized_error().is_err());
    assert_eq!(
        (endings!("bare_error"), endings!("unsized_error")),
        ("ok 1, err 1".into(), "err 1".into())
    );
}

#[counted]
fn generic<T>(value: T) -> T {
    value
}

#[counted]
fn generic_in_a_tuple<T>(value: T) -> (T,) {
    (value,)
}

/// `ok` is never recorded where it is not known.
#[test]
fn a_bare_type_parameter_may_be_a_result() {
    assert_eq!(generic(Err::<u8, u8>(1)), Err(1));
    assert_eq!(generic(1), 1);
    assert_eq!(generic_in_a_tuple(Ok::<u8, u8>(1)), (Ok(1),));
    assert_eq!(endings!("generic"), "unknown 2");
    assert_eq!(endings!("generic_in_a_tuple"), "ok 1");
}
