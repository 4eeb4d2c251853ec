//! How calls end, and the guards that `#[timed]`, `#[counted]` and `#[in_flight]` expand to.
//!
//! Not here: the built-in families of attributes without an argument (`sites.rs`) and the expansion
//! itself, which is in the macro crate. Invariant: a guard records a call at most once, never
//! panics, and holds nothing that is borrowed.

#![allow(
    missing_debug_implementations,
    reason = "guards live in expansions, where nobody prints them"
)]

mod enclose;
mod follow;
mod guard;
mod held;
mod on;
mod on_exit;
mod phase;
mod probe;
mod site;

use crate::label::{Label, LabelText, StoredLabel};

pub use self::{
    enclose::{apply, call_once, never},
    follow::{Returns, follow},
    guard::{By, Count, Time, counted, counted_by, in_flight, on, record, timed},
    held::{fields, resolve_held, resolve_held_with},
    on::endings,
    on_exit::{Of, on_exit, otherwise, returned},
    phase::Phase,
    probe::{err_of, probe, told},
    site::{EachCall, SiteChild},
};
pub(crate) use self::{guard::Ends, on::On, on_exit::label_panics, phase::Guard};

/// How a call ended, as a label: `ok`, `err`, `panic`, `cancelled` or `unknown`.
///
/// In a label set of an attribute, `_` stands for it:
///
/// ```
/// use caas_metrics::{Outcome, counted, metrics};
///
/// metrics! {
///     /// Messages that were to be stored.
///     pub counter StoredMessagesTotal { outcome: Outcome }
/// }
///
/// #[counted(StoredMessagesTotal { outcome: _ })]
/// fn store(message: &str) -> Result<(), String> {
///     if message.is_empty() { Err("empty".into()) } else { Ok(()) }
/// }
///
/// store("hello").unwrap();
/// store("").unwrap_err();
/// assert_eq!(StoredMessagesTotal { outcome: Outcome::Ok }.get(), Some(1));
/// assert_eq!(StoredMessagesTotal { outcome: Outcome::Err }.get(), Some(1));
/// ```
///
/// An ending more would be a series more in every family with this label, which breaks dashboards in any
/// case. So the list is closed, and a `match` needs no arm for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It returned: `Ok`, or a value that is not a `Result`.
    Ok,
    /// It returned `Err`.
    Err,
    /// It panicked.
    Panic,
    /// Its future was dropped before it was ready.
    Cancelled,
    /// It did not panic; whether it was `ok`, `err` or `cancelled` cannot be known.
    Unknown,
}

impl Outcome {
    pub(crate) const ALL: [Self; 5] =
        [Self::Ok, Self::Err, Self::Panic, Self::Cancelled, Self::Unknown];

    /// The texts, by [`Label::index`].
    pub(crate) const TEXTS: [&'static str; 5] = caas_metrics_model::Ending::TEXTS;
}

impl Label for Outcome {
    const VALUES: Option<&'static [&'static str]> = Some(&Self::TEXTS);
    const __ONE_FORM: bool = true;
    type View<'v> = Self;

    #[inline]
    fn text(&self) -> LabelText<'_> {
        LabelText::closed::<Self>(self.index())
    }

    #[inline]
    fn index(&self) -> usize {
        *self as usize
    }

    fn view(part: StoredLabel<'_>) -> Self {
        match part.index() {
            0 => Self::Ok,
            1 => Self::Err,
            2 => Self::Panic,
            3 => Self::Cancelled,
            _ => Self::Unknown,
        }
    }
}

/// How a call ended, with a reference to its error.
///
/// [`FromExit`] makes a label of it. `E` is the `E` of a returned `Result<_, E>`, and [`NoError`] for
/// functions that return anything else.
///
/// ```
/// use caas_metrics::Exit;
///
/// let exit = Exit::Err(&"no such user");
/// assert_eq!(exit.outcome(), caas_metrics::Outcome::Err);
/// ```
///
/// As closed as [`Outcome`], so that the compiler shows where an ending is missing.
#[derive(Debug)]
pub enum Exit<'e, E> {
    /// It returned: `Ok`, or a value that is not a `Result`.
    Ok,
    /// It returned this error.
    Err(&'e E),
    /// It panicked.
    Panic,
    /// Its future was dropped before it was ready.
    Cancelled,
    /// It returned a value of a type that hides whether it is a `Result`.
    Unknown,
}

impl<E> Clone for Exit<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Exit<'_, E> {}

impl<E> Exit<'_, E> {
    /// How the call ended, without the error.
    #[must_use]
    #[inline]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Ok => Outcome::Ok,
            Self::Err(_) => Outcome::Err,
            Self::Panic => Outcome::Panic,
            Self::Cancelled => Outcome::Cancelled,
            Self::Unknown => Outcome::Unknown,
        }
    }
}

/// The error type of calls that do not return a `Result`. It has no values.
#[derive(Debug, Clone, Copy)]
pub enum NoError {}

/// Labels that are derived from how a call ended: `_` in a label set of an attribute.
///
/// [`Outcome`] implements it for every error type. Implement it for an enum of your own to count the
/// errors of a type by kind:
///
/// ```
/// use caas_metrics::{Exit, FromExit, Label, counted, metrics};
///
/// pub enum LoginError {
///     WrongPassword,
///     Locked { since: u64 },
/// }
///
/// #[derive(Label, Clone, Copy)]
/// pub enum Refusal {
///     WrongPassword,
///     Locked,
///     #[label(other)]
///     Other,
/// }
///
/// impl FromExit<LoginError> for Refusal {
///     fn from_exit(exit: Exit<'_, LoginError>) -> Self {
///         match exit {
///             Exit::Err(LoginError::WrongPassword) => Self::WrongPassword,
///             Exit::Err(LoginError::Locked { .. }) => Self::Locked,
///             _ => Self::Other,
///         }
///     }
/// }
///
/// metrics! {
///     /// Logins refused.
///     pub counter LoginFailuresTotal { reason: Refusal }
/// }
///
/// #[counted(LoginFailuresTotal { reason: _ }, on(err))]
/// fn login(password: &str) -> Result<(), LoginError> {
///     if password == "open" { Ok(()) } else { Err(LoginError::WrongPassword) }
/// }
///
/// assert!(login("shut").is_err());
/// assert_eq!(LoginFailuresTotal { reason: Refusal::WrongPassword }.get(), Some(1));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be derived from how a call ends with the error `{E}`",
    label = "`_` asks how the call ended",
    note = "write `impl caas_metrics::FromExit<{E}> for {Self}`, or an expression or a closure in place of `_`"
)]
pub trait FromExit<E> {
    /// The label's value for a call that ended like this.
    fn from_exit(exit: Exit<'_, E>) -> Self;
}

impl<E> FromExit<E> for Outcome {
    #[inline]
    fn from_exit(exit: Exit<'_, E>) -> Self {
        exit.outcome()
    }
}
