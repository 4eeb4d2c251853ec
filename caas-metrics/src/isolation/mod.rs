//! Whose values count here: the program's, or those of an isolation, which a test has for itself.
//!
//! * [`world`]: the values of an isolation; [`current`]: which isolation a thread is in; [`runtime`]: which
//!   one a runtime is in; [`origin`]: where a handle was made; [`attached`]: futures.
//! * [`none`]: the same without the feature `testing`, where there is nothing to choose.
//!
//! Not here: what tests call (`testing/`), and how such values are stored (`storage/isolated.rs`).
//! Invariant: without the feature nothing of this is in the program.

#[cfg(feature = "testing")]
mod attached;
#[cfg(feature = "testing")]
mod current;
#[cfg(not(feature = "testing"))]
mod none;
mod origin;
#[cfg(feature = "testing")]
mod runtime;
#[cfg(feature = "testing")]
mod world;

#[cfg(not(feature = "testing"))]
pub(crate) use self::none::{Isolation, here, is_isolated, once};
#[allow(unreachable_pub, reason = "a hidden trait names it")]
pub use self::origin::Origin;
#[cfg(feature = "testing")]
pub use self::{
    attached::Attached,
    current::{Entered, Isolation},
};
#[cfg(feature = "testing")]
pub(crate) use self::{
    current::{here, is_isolated, once},
    runtime::{Covered, IsTaken},
    world::Twin,
};
