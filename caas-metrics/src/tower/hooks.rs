//! What is called at the three moments of a request: a type of its own, or closures.
//!
//! When they are called is in `pending`.
//! Invariant: a hook that nobody sets is not there, instead of a pointer to a function that does nothing.

use super::call::Call;
use super::end::End;
use super::start::Start;

/// What a layer does with requests.
///
/// A closure `Fn(&Call<'_>)` is one; [`MetricsLayer`](super::MetricsLayer) adds more closures to it, and
/// [`http_metrics!`](crate::http_metrics) makes a type with ready-made families. A type of your own can
/// keep something of each request without a closure:
///
/// ```
/// use caas_metrics::tower::{Call, End, Hooks, MetricsLayer, Start};
/// # use http::Extensions;
///
/// caas_metrics::metrics! {
///     /// Requests by version of the API.
///     counter ApiRequestsTotal { v2: bool, status: u16 }
///
///     /// Requests under way.
///     #[updown]
///     gauge ApiRequestsInFlight;
/// }
///
/// #[derive(Clone)]
/// struct ByVersion;
///
/// impl Hooks for ByVersion {
///     type Kept = bool;
///
///     fn on_start(&self, start: &Start<'_>) -> bool {
///         ApiRequestsInFlight.inc();
///         start.header("x-api-version") == Some("2")
///     }
///
///     fn record(&self, call: &Call<'_, bool>) {
///         ApiRequestsTotal { v2: *call.kept(), status: call.status() }.inc();
///     }
///
///     fn on_end(&self, _: &End<'_, bool>) {
///         ApiRequestsInFlight.dec();
///     }
/// }
///
/// let layer = MetricsLayer::with(|_: &Extensions| None::<String>, ByVersion);
/// # let _ = layer;
/// ```
///
/// They run on the request's path: they should do nothing but update metrics, and must not panic.
pub trait Hooks {
    /// What is kept of each request until its end.
    type Kept;

    /// Called when a request begins.
    fn on_start(&self, start: &Start<'_>) -> Self::Kept;

    /// Called once for each request, when the head of its response is ready, or there will be none.
    #[inline]
    fn record(&self, call: &Call<'_, Self::Kept>) {
        let _ = call;
    }

    /// Called once for each request, after `record`, when the response's body has ended as well.
    #[inline]
    fn on_end(&self, end: &End<'_, Self::Kept>) {
        let _ = end;
    }
}

impl<Record: Fn(&Call<'_>)> Hooks for Record {
    type Kept = ();

    #[inline]
    fn on_start(&self, _: &Start<'_>) {}

    #[inline]
    fn record(&self, call: &Call<'_>) {
        self(call);
    }
}

/// Hooks that keep what a closure makes of a request's head: see
/// [`MetricsLayer::keeping`](super::MetricsLayer::keeping).
#[derive(Clone)]
pub struct Keeping<Keep>(pub(super) Keep);

impl<Keep, Kept> Hooks for Keeping<Keep>
where
    Keep: Fn(&Start<'_>) -> Kept,
{
    type Kept = Kept;

    #[inline]
    fn on_start(&self, start: &Start<'_>) -> Kept {
        (self.0)(start)
    }
}

/// Hooks, and a closure for requests that begin: see [`MetricsLayer::on_start`](super::MetricsLayer::on_start).
#[derive(Clone)]
pub struct WithStart<H, OnStart>(pub(super) H, pub(super) OnStart);

impl<H, OnStart> Hooks for WithStart<H, OnStart>
where
    H: Hooks,
    OnStart: Fn(&Start<'_>),
{
    type Kept = H::Kept;

    #[inline]
    fn on_start(&self, start: &Start<'_>) -> H::Kept {
        (self.1)(start);
        self.0.on_start(start)
    }

    #[inline]
    fn record(&self, call: &Call<'_, H::Kept>) {
        self.0.record(call);
    }

    #[inline]
    fn on_end(&self, end: &End<'_, H::Kept>) {
        self.0.on_end(end);
    }
}

/// Hooks, and a closure for heads of responses: see [`MetricsLayer::record`](super::MetricsLayer::record).
#[derive(Clone)]
pub struct WithRecord<H, Record>(pub(super) H, pub(super) Record);

impl<H, Record> Hooks for WithRecord<H, Record>
where
    H: Hooks,
    Record: Fn(&Call<'_, H::Kept>),
{
    type Kept = H::Kept;

    #[inline]
    fn on_start(&self, start: &Start<'_>) -> H::Kept {
        self.0.on_start(start)
    }

    #[inline]
    fn record(&self, call: &Call<'_, H::Kept>) {
        self.0.record(call);
        (self.1)(call);
    }

    #[inline]
    fn on_end(&self, end: &End<'_, H::Kept>) {
        self.0.on_end(end);
    }
}

/// Hooks, and a closure for requests that have ended: see [`MetricsLayer::on_end`](super::MetricsLayer::on_end).
#[derive(Clone)]
pub struct WithEnd<H, OnEnd>(pub(super) H, pub(super) OnEnd);

impl<H, OnEnd> Hooks for WithEnd<H, OnEnd>
where
    H: Hooks,
    OnEnd: Fn(&End<'_, H::Kept>),
{
    type Kept = H::Kept;

    #[inline]
    fn on_start(&self, start: &Start<'_>) -> H::Kept {
        self.0.on_start(start)
    }

    #[inline]
    fn record(&self, call: &Call<'_, H::Kept>) {
        self.0.record(call);
    }

    #[inline]
    fn on_end(&self, end: &End<'_, H::Kept>) {
        self.0.on_end(end);
        (self.1)(end);
    }
}

/// No closure can be shown, so the combinations are shown by their names.
macro_rules! named {
    ($($name:ident<$($parameter:ident),*>),*) => {$(
        impl<$($parameter),*> std::fmt::Debug for $name<$($parameter),*> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

named!(Keeping<Keep>, WithStart<H, OnStart>, WithRecord<H, Record>, WithEnd<H, OnEnd>);
