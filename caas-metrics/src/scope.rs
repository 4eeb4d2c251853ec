//! Scopes: label values whose series end together.
//!
//! Not here: which values have ended (`ended.rs`), and how series are removed (`storage/lives.rs`).
//! Invariant: after the last scope of a value has been dropped, no family has a series with it, and none
//! is born before a new scope begins.

use std::fmt;

use crate::{
    ended::{Scopes, ScopesOf},
    family::{declared, places_in_key},
    isolation::{Isolation, here},
    label::Label,
};

/// Label types that can have a [`Scope`]: structs with `#[derive(Label)]`.
///
/// Not implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot have a scope",
    label = "not a label type of its own",
    note = "a scope is of a value of one label type: write `#[derive(caas_metrics::Label)] struct Peer(u64);` and use it in the families"
)]
pub trait Scoped: Label {}

/// Keeps the series of a label value alive: when its last scope is dropped, they are removed.
///
/// For what comes and goes, such as peers, tenants and sessions, and has series in many families. The type
/// of the label names it: a struct with `#[derive(Label)]`. When the last scope of a value is dropped, its
/// series go from every family of the program that has a label of this type, at any place in the label set.
///
/// Late updates do not bring them back. Threads that still count the value, kept [`Child`](crate::Child)s,
/// timers, [`GaugeGuard`](crate::GaugeGuard)s and attributes on calls that end later: all of these update
/// nothing then. A new scope of an equal value allows new series, which begin at zero; handles of the old
/// ones stay without effect. A value that never had a scope has series as always.
///
/// ```
/// use caas_metrics::{Label, Scope, metrics};
///
/// #[derive(Label)]
/// pub struct Peer(u64);
///
/// metrics! {
///     /// Messages received.
///     pub counter MessagesReceivedTotal { peer: Peer, kind: &str }
///
///     /// Routes known.
///     pub gauge RoutesKnown { peer: Peer }
/// }
///
/// let peer = Scope::of(Peer(7));
/// let id = peer.value().0;
/// MessagesReceivedTotal { peer: Peer(id), kind: "update" }.inc();
/// RoutesKnown { peer: Peer(id) }.set(300);
///
/// drop(peer); // The connection is closed.
/// assert_eq!(RoutesKnown { peer: Peer(7) }.get(), None);
/// MessagesReceivedTotal { peer: Peer(7), kind: "update" }.inc(); // A late one.
/// assert_eq!(MessagesReceivedTotal { peer: Peer(7), kind: "update" }.get(), None);
///
/// let _peer = Scope::of(Peer(7)); // It is back.
/// MessagesReceivedTotal { peer: Peer(7), kind: "update" }.inc();
/// assert_eq!(MessagesReceivedTotal { peer: Peer(7), kind: "update" }.get(), Some(1));
/// ```
///
/// Two values are equal if their texts are. Series above the cardinality limit are not removed: what was
/// counted in `__overflow__` stays there. In a family where the label is an `Option`, series with `Some`
/// of the value are removed.
///
/// # Cost
///
/// Beginning a scope is one insertion into a map. Dropping the last one of a value looks at one number for each
/// series of the families that have the label, and takes their lock once for each series that it removes. It
/// blocks for that long: about 60 µs for 10,000 series. A family that keeps the value as a text is passed over
/// if it has no series with it. An update of a series
/// that exists costs what it always does; a new series with such a label is checked under the lock that
/// its creation takes anyway.
///
/// At least the last 131,072 ended values of a label type are remembered, twice as many at most, by 64 bits
/// each. That takes up to 5 MiB, which a program only needs if it ends that many. A late update of a value
/// that ended before those brings its series back.
#[must_use = "the series are removed when the scope is dropped: keep it as long as what it names"]
pub struct Scope<V> {
    lease: Lease,
    value: V,
}

/// What ends a scope.
struct Lease {
    scopes: &'static Scopes,
    text: Box<str>,
    isolation: Isolation,
}

impl<L: Scoped> Scope<L> {
    /// Begins a scope of a value. Waits while another thread removes the series of an earlier scope of it.
    ///
    /// A type whose values are all known, such as a struct around an enum, has no scopes: that does not
    /// compile.
    ///
    /// ```compile_fail,E0080
    /// use caas_metrics::{Label, Scope};
    ///
    /// #[derive(Label)]
    /// struct IsKnown(bool);
    ///
    /// let scope = Scope::of(IsKnown(true));
    /// ```
    pub fn of(value: L) -> Self {
        Self { lease: Lease::of(&value), value }
    }
}

impl Scope<Box<str>> {
    /// Begins a scope of a value that borrows its text, which the scope keeps instead of the value.
    ///
    /// ```
    /// use caas_metrics::{Label, Scope, metrics};
    ///
    /// #[derive(Label)]
    /// pub struct Tenant<'a>(&'a str);
    ///
    /// metrics! {
    ///     /// Logins.
    ///     pub counter LoginsTotal { tenant: Tenant<'_> }
    /// }
    ///
    /// fn connect(name: &str) -> Scope<Box<str>> {
    ///     Scope::of_text(&Tenant(name))
    /// }
    ///
    /// let tenant = connect("acme");
    /// LoginsTotal { tenant: Tenant(tenant.value()) }.inc();
    /// drop(tenant);
    /// assert_eq!(LoginsTotal { tenant: Tenant("acme") }.get(), None);
    /// ```
    pub fn of_text<L: Scoped>(value: &L) -> Self {
        let lease = Lease::of(value);
        Self { value: lease.text.clone(), lease }
    }
}

impl<V> Scope<V> {
    /// The value.
    #[must_use]
    pub const fn value(&self) -> &V {
        &self.value
    }
}

impl<V> fmt::Debug for Scope<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scope").field(&self.lease.text).finish()
    }
}

impl Lease {
    fn of<L: Scoped>(value: &L) -> Self {
        let ScopesOf(scopes) = const { scopes_of::<L>() };
        let (scopes, text) = (scopes(), value.text().to_string().into_boxed_str());
        here(scopes).begin(&text);
        Self { scopes, text, isolation: Isolation::current() }
    }
}

/// The scopes of a label type. Stops the compilation if it cannot have any.
const fn scopes_of<L: Scoped>() -> ScopesOf {
    match (L::VALUES, L::__SCOPES) {
        (None, Some(scopes)) => scopes,
        (Some(_), _) => {
            panic!(
                "all values of this label type are known, so its series never end: it has no scopes"
            )
        }
        (None, None) => panic!("`Scoped` is implemented by `#[derive(Label)]`, not by hand"),
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.isolation.run(|| {
            here(self.scopes).end(&self.text, || remove(self.scopes, &self.text));
        });
    }
}

/// Removes the series with a value from all families that have a label of its type.
fn remove(scopes: &Scopes, text: &str) {
    for family in declared() {
        let labels = family.descriptor().labels;
        if labels.iter().any(|label| label.is_of(scopes)) {
            let places = places_in_key(family.descriptor(), |label| label.is_of(scopes));
            family.index().remove_value(text, places);
        }
    }
}
