//! How a call ended, by the type and value of what it returned.
//!
//! Not here: what is recorded then. Invariant: the type needs no bound, so every function can be
//! measured; and what a type hides is `unknown`, never `ok`.

use core::{any::type_name, future::Future, ops::ControlFlow, ops::Deref, task::Poll};

use super::{Exit, NoError, guard::Ends};

/// Types whose values show how a call ended.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the function returns `{Self}`, which has no error to look at",
    label = "`on(err)` fits functions that return a `Result`",
    note = "return a `Result`, or look at the value with a closure under `on(ok, err)`"
)]
pub trait Tells {
    /// What closures under `on(ok)` look at.
    type Ok;
    type Error;

    fn exit(&self) -> Exit<'_, Self::Error>;
    fn ok(&self) -> Option<&Self::Ok>;
}

impl<T, E> Tells for Result<T, E> {
    type Ok = T;
    type Error = E;

    #[inline]
    fn exit(&self) -> Exit<'_, E> {
        match self {
            Ok(_) => Exit::Ok,
            Err(error) => Exit::Err(error),
        }
    }

    #[inline]
    fn ok(&self) -> Option<&T> {
        self.as_ref().ok()
    }
}

/// Types that wrap a `Result`, or say in another way that something may have failed: closures under
/// `on(ok)` look at the whole value.
macro_rules! tells {
    ($([$($parameter:ident)*] $type:ty, $error:ty: $($pattern:pat => $exit:expr),+;)+) => {$(
        impl<$($parameter),*> Tells for $type {
            type Ok = Self;
            type Error = $error;

            #[inline]
            fn exit(&self) -> Exit<'_, $error> {
                match self {
                    $($pattern => $exit),+
                }
            }

            #[inline]
            fn ok(&self) -> Option<&Self> {
                matches!(self.exit(), Exit::Ok).then_some(self)
            }
        }
    )+};
}

tells! {
    [T E] Option<Result<T, E>>, E:
        Some(Err(error)) => Exit::Err(error),
        _ => Exit::Ok;
    // A pending call has not ended yet.
    [T E] Poll<Result<T, E>>, E:
        Poll::Ready(Err(error)) => Exit::Err(error),
        Poll::Ready(Ok(_)) => Exit::Ok,
        Poll::Pending => Exit::Unknown;
    [T E] Poll<Option<Result<T, E>>>, E:
        Poll::Ready(Some(Err(error))) => Exit::Err(error),
        Poll::Ready(_) => Exit::Ok,
        Poll::Pending => Exit::Unknown;
    // Some functions break with what they have found, some with an error.
    [B C] ControlFlow<B, C>, NoError:
        ControlFlow::Continue(_) => Exit::Ok,
        ControlFlow::Break(_) => Exit::Unknown;
}

/// The error in a value; for closures under `on(err)`.
#[inline]
pub fn err_of<V: Tells>(value: &V) -> Option<&V::Error> {
    match value.exit() {
        Exit::Err(error) => Some(error),
        _ => None,
    }
}

/// Looks at a value: as a type that [`Tells`], else as a future, else as any other. Each of these
/// dereferences to the next, so rustc finds the method of the first that fits.
#[doc(hidden)]
#[derive(Debug)]
pub struct Probe<'v, V>(ProbeFuture<'v, V>);

#[doc(hidden)]
#[derive(Debug)]
pub struct ProbeFuture<'v, V>(ProbeAny<'v, V>);

#[doc(hidden)]
#[derive(Debug)]
pub struct ProbeAny<'v, V>(&'v V);

/// Looks at a value. A function, since the compiler finds it sooner than `Probe::new`.
#[inline]
#[must_use]
pub fn probe<V>(value: &V) -> Probe<'_, V> {
    Probe(ProbeFuture(ProbeAny(value)))
}

impl<'v, V> Deref for Probe<'v, V> {
    type Target = ProbeFuture<'v, V>;

    #[inline]
    fn deref(&self) -> &ProbeFuture<'v, V> {
        &self.0
    }
}

impl<'v, V> Deref for ProbeFuture<'v, V> {
    type Target = ProbeAny<'v, V>;

    #[inline]
    fn deref(&self) -> &ProbeAny<'v, V> {
        &self.0
    }
}

impl<'v, V: Tells> Probe<'v, V> {
    /// How the call that returned the value ended.
    #[inline]
    #[must_use]
    pub fn __caas_exit(&self) -> Exit<'v, V::Error> {
        self.0.0.0.exit()
    }

    /// Passes it to a guard.
    #[inline]
    pub fn __caas_end(&self, guard: impl Ends<V::Error>) {
        guard.end(self.__caas_exit());
    }

    /// What closures under `on(ok)` look at.
    #[inline]
    #[must_use]
    pub fn __caas_ok(&self) -> Option<&'v V::Ok> {
        self.0.0.0.ok()
    }

    /// Whether `ok` and `err` can be distinguished.
    #[allow(
        clippy::unused_self,
        reason = "futures have a method of this name that returns another type"
    )]
    pub fn __caas_told(&self) {}
}

/// A future that is polled elsewhere, so its end is not seen here.
#[allow(clippy::unused_self, reason = "the same calls must fit the methods of `Probe`")]
impl<'v, F: Future> ProbeFuture<'v, F> {
    #[inline]
    #[must_use]
    pub fn __caas_exit(&self) -> Exit<'v, NoError> {
        Exit::Unknown
    }

    #[inline]
    pub fn __caas_end(&self, guard: impl Ends<NoError>) {
        guard.end(self.__caas_exit());
    }

    #[inline]
    #[must_use]
    pub fn __caas_ok(&self) -> Option<&'v F> {
        None
    }

    #[must_use]
    pub fn __caas_told(&self) -> FutureOfAnotherFunction {
        FutureOfAnotherFunction
    }
}

#[allow(clippy::unused_self, reason = "the same calls must fit the methods of `Probe`")]
impl<'v, V> ProbeAny<'v, V> {
    /// `unknown` if the type hides a `Result`, else `ok`.
    #[inline]
    #[must_use]
    pub fn __caas_exit(&self) -> Exit<'v, NoError> {
        if hides_a_result::<V>() { Exit::Unknown } else { Exit::Ok }
    }

    #[inline]
    pub fn __caas_end(&self, guard: impl Ends<NoError>) {
        guard.end(self.__caas_exit());
    }

    /// The value, unless its type hides a `Result`.
    #[inline]
    #[must_use]
    pub fn __caas_ok(&self) -> Option<&'v V> {
        (!hides_a_result::<V>()).then_some(self.0)
    }

    pub fn __caas_told(&self) {}
}

/// The returned value is a future that the attribute cannot measure.
#[doc(hidden)]
#[derive(Debug)]
pub struct FutureOfAnotherFunction;

/// Implemented for `()` only, so that `told` refuses such a future.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this depends on how the returned future ends, which is not seen here",
    label = "the function returns a future that was made elsewhere, in a type of its own",
    note = "make it an `async fn`, let its body end in `Box::pin(…)`, `.boxed()` or an `async` block, \
            or annotate the function that awaits it"
)]
pub trait Told {}

impl Told for () {}

/// Refuses `on(…)` where `ok` and `err` cannot be distinguished.
pub fn told(_: impl Told) {}

/// Whether the type [`Tells`] after all, which generic code cannot see.
///
/// It goes by the type's name, whose text is not guaranteed. If that changed, a generic function's
/// `Result` would count as `ok`. A test watches it.
#[inline]
fn hides_a_result<V>() -> bool {
    let mut name = type_name::<V>();
    for wrapper in ["core::task::poll::Poll<", "core::option::Option<"] {
        name = name.strip_prefix(wrapper).unwrap_or(name);
    }
    name.starts_with("core::result::Result<")
        || name.starts_with("core::ops::control_flow::ControlFlow<")
}

#[cfg(all(test, not(loom)))]
mod tests {
    use core::pin::Pin;

    use super::*;

    type Aliased = std::io::Result<u8>;

    fn generic<T>(value: &T) -> &'static str {
        crate::exit::Outcome::TEXTS[probe(value).__caas_exit().outcome() as usize]
    }

    macro_rules! outcome {
        ($value:expr) => {{
            let value = $value;
            crate::exit::Outcome::TEXTS[probe(&value).__caas_exit().outcome() as usize]
        }};
    }

    #[test]
    fn results_are_told_by_type() {
        let ok: Aliased = Ok(1);
        assert!(matches!(probe(&ok).__caas_exit(), Exit::Ok));
        assert_eq!(probe(&ok).__caas_ok(), Some(&1));
        let err: Result<u8, [u8; 2]> = Err([1, 2]);
        assert!(matches!(probe(&err).__caas_exit(), Exit::Err([1, 2])));
        assert_eq!(err_of(&err), Some(&[1, 2]));
        assert!(matches!(probe(&[err]).__caas_exit(), Exit::Ok));
    }

    #[test]
    fn results_in_other_types_are_told() {
        type Inner = Result<u8, u8>;
        let option = |inner: Inner| outcome!(Some(inner));
        assert_eq!((option(Ok(1)), option(Err(1))), ("ok", "err"));
        assert_eq!((outcome!(None::<Inner>), outcome!(Some(1))), ("ok", "ok"));
        let poll = |inner: Inner| outcome!(Poll::Ready(inner));
        assert_eq!((poll(Ok(1)), poll(Err(1))), ("ok", "err"));
        let item = |inner: Option<Inner>| outcome!(Poll::Ready(inner));
        assert_eq!((item(Some(Ok(1))), item(Some(Err(1))), item(None)), ("ok", "err", "ok"));
        assert_eq!(outcome!(Poll::<Inner>::Pending), "unknown");
        assert_eq!(outcome!(Poll::<Option<Inner>>::Pending), "unknown");
        assert_eq!(outcome!(ControlFlow::<u8, u8>::Continue(1)), "ok");
        assert_eq!(outcome!(ControlFlow::<u8, u8>::Break(1)), "unknown");
        assert_eq!(probe(&Some(Inner::Ok(1))).__caas_ok(), Some(&Some(Ok(1))));
        assert_eq!(probe(&Some(Inner::Err(1))).__caas_ok(), None);
    }

    #[test]
    fn futures_are_unknown_whatever_their_type() {
        fn bounded<F: Future>(future: F) -> &'static str {
            outcome!(future)
        }
        assert_eq!(outcome!(core::future::ready(Err::<u8, u8>(1))), "unknown");
        assert_eq!(outcome!(async { 1 }), "unknown");
        let boxed: Pin<Box<dyn Future<Output = u8>>> = Box::pin(async { 1 });
        assert_eq!(outcome!(boxed), "unknown");
        assert_eq!(bounded(async { 1 }), "unknown");
    }

    #[test]
    fn a_hidden_result_is_unknown_and_anything_else_is_ok() {
        assert_eq!(generic(&Ok::<u8, u8>(1)), "unknown");
        assert_eq!(generic(&Some(Ok::<u8, u8>(1))), "unknown");
        assert_eq!(generic(&Poll::Ready(Some(Ok::<u8, u8>(1)))), "unknown");
        assert_eq!(generic(&ControlFlow::<u8, u8>::Continue(1)), "unknown");
        assert_eq!(generic(&Some(1)), "ok");
        assert_eq!(generic(&vec![Ok::<u8, u8>(1)]), "ok");
    }
}
