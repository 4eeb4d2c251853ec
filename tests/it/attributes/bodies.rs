//! Bodies keep their meaning.

use std::cell::RefCell;

use caas_metrics::{counted, in_flight, timed};

use super::endings;

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

impl Says {
    fn value(&self) -> u8 {
        1
    }
}

fn said() -> Vec<&'static str> {
    LOG.with_borrow_mut(std::mem::take)
}

fn tail_plain() -> u8 {
    let _local = Says("local");
    Says("temporary").value()
}

#[timed]
#[in_flight]
fn tail_timed() -> u8 {
    let _local = Says("local");
    Says("temporary").value()
}

#[counted]
fn tail_counted() -> u8 {
    let _local = Says("local");
    Says("temporary").value()
}

#[counted]
async fn tail_async() -> u8 {
    let _local = Says("local");
    std::future::ready(()).await;
    Says("temporary").value()
}

#[tokio::test]
async fn temporaries_of_the_tail_live_as_long_as_before() {
    tail_plain();
    let expected = said();
    assert_eq!(expected.len(), 2);
    tail_timed();
    assert_eq!(said(), expected);
    tail_counted();
    assert_eq!(said(), expected);
    tail_async().await;
    assert_eq!(said(), expected);
}

struct Account {
    balance: u8,
}

impl Account {
    #[timed]
    #[counted]
    fn described(&self) -> String {
        macro_rules! balance {
            () => {
                self.balance
            };
        }
        macro_rules! tokens {
            ($($token:tt)*) => { concat!($(stringify!($token), "."),*) };
        }
        format!("{} {}", balance!(), tokens!(a => 'b' "c" <- 1.5))
    }
}

#[test]
fn macros_in_bodies_see_their_tokens() {
    assert_eq!(Account { balance: 7 }.described(), "7 a.=>.'b'.\"c\".<-.1.5.");
    assert_eq!(endings!("Account::described"), "ok 1");
}

#[timed]
#[counted]
fn with_items() -> u8 {
    use std::fmt::Write as _;
    const OFFSET: u8 = 1;
    static NAME: &str = "n";
    struct Inner(u8);
    impl Inner {
        fn get(&self) -> u8 {
            self.0 + OFFSET
        }
    }
    macro_rules! two {
        () => {
            2
        };
    }
    fn helper() -> u8 {
        two!()
    }
    let mut text = String::new();
    write!(text, "{NAME}").unwrap();
    Inner(helper()).get()
}

#[test]
fn items_stay_in_front() {
    assert_eq!(with_items(), 3);
    assert_eq!(endings!("with_items"), "ok 1");
}

#[timed]
#[counted]
fn with_inner_attributes() -> u8 {
    //! Documentation inside.
    #![allow(unused_variables)]
    let unused = 1;
    2
}

#[test]
fn inner_attributes_stay_first() {
    assert_eq!(with_inner_attributes(), 2);
    assert_eq!(endings!("with_inner_attributes"), "ok 1");
}

#[timed]
fn line_plain() -> (u32, u32) {
    (line!(), std::panic::Location::caller().line())
}

fn name_of<T>(_: T) -> &'static str {
    std::any::type_name::<T>()
}

#[timed]
#[in_flight]
fn own_name() -> &'static str {
    struct Inner;
    name_of(Inner)
}

/// A body that is not enclosed is still its function's: no frame and no closure is added, and its
/// tokens are where the user wrote them.
#[test]
fn the_body_keeps_its_lines_and_names() {
    let (line, location) = line_plain();
    assert_eq!(line, location);
    let source = include_str!("bodies.rs").lines().nth(line as usize - 1).unwrap();
    assert!(source.contains("(line!(), "), "{source}");
    assert_eq!(own_name(), concat!(module_path!(), "::own_name::Inner"));

    let trace = backtraced();
    let frames = trace.lines().filter(|line| line.contains("backtraced"));
    let names: Vec<_> = frames.collect();
    assert_eq!(names.len(), 1, "{trace}");
    assert!(!names[0].contains("closure"), "{trace}");
}

#[timed]
#[inline(never)]
fn backtraced() -> String {
    std::backtrace::Backtrace::force_capture().to_string()
}
