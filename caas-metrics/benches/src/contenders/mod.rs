//! The other contenders: the limit and the peers, each in a file of its own.
//!
//! Each file uses its library as that library's documentation recommends for speed.
//! Invariant: the tables show them in this order.

mod limit;

#[cfg(feature = "peers")]
mod autometrics;
#[cfg(feature = "peers")]
mod foundations;
#[cfg(feature = "peers")]
mod measured;
#[cfg(feature = "peers")]
mod metrics;
#[cfg(feature = "peers")]
mod opentelemetry;
#[cfg(feature = "peers")]
mod prometheus;
#[cfg(feature = "peers")]
mod prometheus_client;

use crate::contender::Contender;

pub const OTHERS: &[&Contender] = &[
    &limit::CONTENDER,
    #[cfg(feature = "peers")]
    &prometheus::CONTENDER,
    #[cfg(feature = "peers")]
    &prometheus_client::CONTENDER,
    #[cfg(feature = "peers")]
    &measured::CONTENDER,
    #[cfg(feature = "peers")]
    &metrics::CONTENDER,
    #[cfg(feature = "peers")]
    &opentelemetry::CONTENDER,
    #[cfg(feature = "peers")]
    &foundations::CONTENDER,
    #[cfg(feature = "peers")]
    &autometrics::CONTENDER,
];
