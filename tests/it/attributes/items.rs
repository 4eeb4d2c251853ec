//! Where the attributes can be written, and which other attributes can be there too.

use caas_metrics::{counted, in_flight, metrics, skip, timed};
use caas_metrics::{counted as tallied, timed as clocked};

use super::{endings, functions};

struct Service;

#[counted]
#[timed]
impl Service {
    /// A constant, which is no function.
    pub const LIMIT: u8 = 3;

    const fn doubled(&self) -> u8 {
        Self::LIMIT * 2
    }

    fn plain(&self) -> u8 {
        Self::LIMIT
    }

    #[skip]
    fn left_out(&self) -> u8 {
        1
    }

    #[caas_metrics::skip]
    fn left_out_by_path(&self) -> u8 {
        1
    }

    #[rustfmt::skip]
    fn formatted_by_hand(&self)   -> u8   { 1 }

    async fn later(&self) -> Result<(), ()> {
        Err(())
    }
}

#[counted]
trait Greets {
    const NAME: &'static str;
    type Kind;

    fn without_body(&self) -> u8;

    fn greet(&self) -> String {
        format!("hello {}", Self::NAME)
    }
}

impl Greets for Service {
    const NAME: &'static str = "service";
    type Kind = u8;

    fn without_body(&self) -> u8 {
        1
    }
}

#[tokio::test]
async fn whole_blocks() {
    let service = Service;
    assert_eq!((service.doubled(), service.plain(), service.formatted_by_hand()), (6, 3, 1));
    assert_eq!((service.left_out(), service.left_out_by_path(), service.without_body()), (1, 1, 1));
    assert!(service.later().await.is_err());
    assert_eq!(service.greet(), "hello service");
    let seen = ["plain", "formatted_by_hand", "later"].map(|f| endings!(&format!("Service::{f}")));
    assert_eq!(seen, ["ok 1", "ok 1", "err 1"]);
    assert_eq!(endings!("Greets::greet"), "ok 1");
    let measured = functions("function_calls_total", module_path!());
    for absent in ["doubled", "left_out", "left_out_by_path", "without_body"] {
        assert!(!measured.iter().any(|name| name.ends_with(absent)), "{absent}");
    }
}

macro_rules! service {
    ($visibility:vis fn $name:ident() -> $output:ty $body:block) => {
        #[timed]
        #[counted]
        $visibility fn $name() -> $output $body
    };
    (method $type:ty, $name:ident, $this:ident, $value:expr) => {
        #[counted]
        impl $type {
            fn $name(&$this) -> u8 {
                $value
            }
        }
    };
    (item $item:item) => {
        #[timed]
        #[counted]
        $item
    };
    (labelled $name:ident, $kind:literal, $size:expr) => {
        #[counted(MadeTotal { kind: $kind, size: $size })]
        fn $name() {}
    };
}

metrics! {
    namespace = "attribute_items";

    /// Calls of functions that macros have made.
    counter MadeTotal { kind: &'static str, size: u8 }
}

service!(
    pub(self) fn made() -> Result<u8, String> {
        let one: u8 = "1".parse().map_err(|_| String::new())?;
        Ok(one)
    }
);
service!(method Made, number, self, self.0 + 1);
service!(item fn whole() -> u8 { 1 });
service!(item async fn whole_async() -> u8 { 2 });
service!(labelled labelled, "made", 1 + 1);

struct Made(u8);

#[tokio::test]
async fn functions_made_by_macros() {
    assert_eq!((made(), Made(1).number(), whole(), whole_async().await), (Ok(1), 2, 1, 2));
    labelled();
    let seen = ["made", "Made::number", "whole", "whole_async"].map(|f| endings!(f));
    assert_eq!(seen, ["ok 1"; 4]);
    assert_eq!(MadeTotal { kind: "made", size: 2 }.get(), Some(1));
}

#[timed]
#[counted]
#[in_flight]
#[inline]
#[counted(MadeTotal { kind: "first", size: 1 })]
#[counted(MadeTotal { kind: "second", size: 2 })]
#[must_use]
fn composed() -> Result<u8, ()> {
    Ok(1)
}

#[test]
fn attributes_compose() {
    assert_eq!(composed(), Ok(1));
    assert_eq!(endings!("composed"), "ok 1");
    assert_eq!(super::timed_calls(module_path!(), "composed"), 1);
    for (kind, size) in [("first", 1), ("second", 2)] {
        assert_eq!(MadeTotal { kind, size }.get(), Some(1));
    }
}

struct Guarded(Vec<u8>);

impl Drop for Guarded {
    #[counted]
    #[timed]
    fn drop(&mut self) {
        self.0.clear();
    }
}

impl std::ops::Deref for Guarded {
    type Target = [u8];

    #[counted]
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl std::ops::Index<u8> for Guarded {
    type Output = u8;

    #[counted]
    fn index(&self, index: u8) -> &u8 {
        &self.0[usize::from(index)]
    }
}

#[test]
fn destructors_and_operators() {
    let guarded = Guarded(vec![1, 2]);
    assert_eq!((guarded.len(), guarded[1_u8]), (2, 2));
    drop(guarded);
    let seen = ["Drop>::drop", "Deref>::deref", "Index>::index"]
        .map(|f| endings!(&format!("<Guarded as {f}")));
    assert_eq!(seen, ["ok 1", "ok 1", "ok 1"]);
}

#[timed]
#[counted]
/// Adds one.
///
/// # Safety
/// None is asked.
unsafe fn unchecked(number: u8) -> u8 {
    number + 1
}

#[timed]
#[counted]
extern "C" fn for_c(number: u8) -> u8 {
    number + 1
}

#[counted]
pub(in crate::attributes) unsafe extern "C-unwind" fn unwinds() -> u8 {
    1
}

#[timed]
#[counted]
async unsafe fn later_unchecked(number: u8) -> Result<u8, u8> {
    Err(number)
}

#[tokio::test]
async fn qualifiers() {
    // SAFETY: these functions ask nothing of their callers.
    unsafe {
        assert_eq!((unchecked(1), for_c(1), unwinds()), (2, 2, 1));
        assert_eq!(later_unchecked(1).await, Err(1));
    }
    let seen = ["unchecked", "for_c", "unwinds", "later_unchecked"].map(|f| endings!(f));
    assert_eq!(seen, ["ok 1", "ok 1", "ok 1", "err 1"]);
}

#[track_caller]
#[timed]
#[counted]
fn caller() -> u32 {
    std::panic::Location::caller().line()
}

#[timed]
#[counted]
#[track_caller]
fn caller_below() -> u32 {
    std::panic::Location::caller().line()
}

#[test]
fn the_caller_is_still_seen() {
    let here = line!();
    assert_eq!((caller(), caller_below()), (here + 1, here + 1));
    // The body is not enclosed, so that it sees its caller; its ending is not told.
    assert_eq!(
        (endings!("caller"), endings!("caller_below")),
        ("unknown 1".into(), "unknown 1".into())
    );
}

#[inline(always)]
#[timed]
#[counted]
#[allow(clippy::inline_always)]
fn inlined() -> u8 {
    1
}

#[timed]
#[cold]
#[counted]
#[unsafe(no_mangle)]
fn caas_metrics_test_exported() -> u8 {
    1
}

#[timed]
#[deprecated = "for a test"]
#[counted]
fn deprecated(again: bool) -> u8 {
    if again { deprecated(false) } else { 1 }
}

#[counted]
#[expect(unused_variables, reason = "an expectation on the function stays on it")]
#[timed]
fn expecting(unused: u8) -> u8 {
    1
}

#[cfg(target_arch = "x86_64")]
#[timed]
#[target_feature(enable = "sse2")]
#[counted]
fn with_feature() -> u8 {
    1
}

#[test]
fn other_attributes_stay() {
    #[allow(deprecated)]
    let sum = inlined() + caas_metrics_test_exported() + deprecated(true) + expecting(1);
    assert_eq!(sum, 4);
    let names = ["inlined", "caas_metrics_test_exported", "deprecated", "expecting"];
    assert_eq!(names.map(|f| endings!(f)), ["ok 1", "ok 1", "ok 2", "ok 1"]);
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 processor has SSE2.
        assert_eq!(unsafe { with_feature() }, 1);
        assert_eq!(endings!("with_feature"), "unknown 1");
    }
}

#[timed]
#[cfg(any())]
#[counted]
fn never_there() -> Missing {
    1
}

#[cfg_attr(all(), counted)]
#[cfg_attr(any(), timed)]
fn conditional() -> u8 {
    1
}

#[test]
fn conditional_functions() {
    assert_eq!(conditional(), 1);
    assert_eq!(endings!("conditional"), "ok 1");
    assert_eq!(super::timed_calls(module_path!(), "conditional"), 0);
}

#[counted]
#[tokio::test]
async fn tokio_test_above() {
    tokio::task::yield_now().await;
    assert_eq!(endings!("tokio_test_above"), "");
}

#[tokio::test]
#[counted]
async fn tokio_test_below() -> Result<(), String> {
    tokio::task::yield_now().await;
    Ok(())
}

#[clocked]
#[tallied]
fn renamed() -> u8 {
    1
}

use caas_metrics as other;

#[other::counted]
fn by_another_path() -> u8 {
    1
}

#[test]
fn attributes_under_other_names() {
    assert_eq!((renamed(), by_another_path()), (1, 1));
    assert_eq!((endings!("renamed"), endings!("by_another_path")), ("ok 1".into(), "ok 1".into()));
}

#[counted(name = "checkout")]
fn called_otherwise() -> u8 {
    1
}

#[test]
fn the_name_can_be_chosen() {
    assert_eq!(called_otherwise(), 1);
    assert_eq!(endings!("checkout"), "ok 1");
}

mod generic_block {
    pub struct Wrapper<'a, T: ?Sized>(pub &'a T);

    #[caas_metrics::counted]
    impl<'a, T: ?Sized + AsRef<str>> Wrapper<'a, T>
    where
        T: 'a,
    {
        pub fn text(&self) -> &'a str {
            self.0.as_ref()
        }

        pub fn inner(&self) -> &'a T {
            self.0
        }
    }
}

#[test]
fn blocks_of_generic_types() {
    assert_eq!(generic_block::Wrapper("a").text(), "a");
    assert_eq!(generic_block::Wrapper("a").inner(), "a");
    let module = concat!(module_path!(), "::generic_block");
    assert_eq!(super::how_calls_ended(module, "Wrapper::text"), "ok 1");
    assert_eq!(super::how_calls_ended(module, "Wrapper::inner"), "ok 1");
}
