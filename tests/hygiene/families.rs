//! Families and labels of a program that has `caas-metrics` under the name `renamed`.
//!
//! Everything is public, so that `missing_docs` looks at it; the lints are those of the most careful
//! user. Invariant: there is no `allow` in this file.
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    rust_2018_idioms,
    rust_2021_compatibility,
    unreachable_pub,
    unused,
    unused_qualifications,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]

pub mod asynchronous;
pub mod attributes;

use renamed::{Label, build_info, metrics};

build_info!(namespace = "hygienic", profile = "any");

/// A closed label.
#[derive(Label, Clone, Copy, Debug)]
#[label(crate = ::renamed, rename_all = "UPPERCASE")]
pub enum Method {
    /// Reads.
    Get,
    /// Writes.
    Post,
    /// Anything else.
    #[label(other)]
    Other,
}

/// An open label.
#[derive(Label, Clone, Debug)]
#[label(crate = renamed)]
pub struct Tenant<'a>(pub &'a str);

/// A generic one.
#[derive(Label, Clone, Debug)]
#[label(crate = ::renamed)]
pub struct Id<T> {
    /// What identifies.
    pub id: T,
}

metrics! {
    namespace = "hygiene";
    crate = ::renamed;

    /// Requests.
    pub counter RequestsTotal { method: Method, tenant: Tenant<'_>, r#type: &str, r#async: bool }

    /// Cost.
    pub counter CostTotal<f64> { id: Id<&str>, amount: u8, value: u8, keep: u8, visitor: u8 }

    /// Level.
    pub gauge Level<f64>;

    /// In flight.
    #[updown]
    pub gauge RequestsInFlight { method: Method }

    /// Time to store in seconds.
    #[buckets(exponential(0.001, 2, 14))]
    pub histogram StoreSeconds { tenant: std::borrow::Cow<'_, str> }

    /// Drift.
    #[buckets(-1, -0.5, 0, 0.5)]
    #[legacy(reason = "only the buckets are looked at")]
    pub histogram Drift;

    /// Build.
    pub info BuildInfo { version: &'static str }
}

metrics! {
    crate = renamed;

    /// Where the crate is said in another way.
    pub(crate) counter NamedTotal;
}

// `metrics!` knows where its crate is, whatever that is called.
metrics! {
    /// For this crate only.
    pub(crate) counter InnerTotal { path: String }

    /// For this module only, and never used but here.
    gauge Private;
}

/// Uses everything once.
pub fn touch() {
    let method = Method::from_label("GET");
    RequestsTotal { method, tenant: Tenant("a"), r#type: "x", r#async: true }.inc();
    CostTotal { id: Id { id: "a" }, amount: 1, value: 2, keep: 3, visitor: 4 }.inc_by(0.5);
    Level.set(1.5);
    RequestsInFlight { method: Method::Post }.inc();
    StoreSeconds { tenant: "a".into() }.start_timer().discard();
    Drift.observe(-0.75);
    BuildInfo { version: "1" }.set();
    InnerTotal { path: String::from("/") }.inc();
    Private.inc();
    NamedTotal.inc();
}

/// Nothing of the prelude is there.
#[no_implicit_prelude]
pub mod bare {
    /// A closed label.
    #[derive(::renamed::Label, ::std::clone::Clone, ::std::marker::Copy, ::std::fmt::Debug)]
    #[label(crate = ::renamed)]
    pub enum Answer {
        /// Yes.
        Some,
        /// No.
        None,
        /// Neither.
        #[label(other)]
        Result,
    }

    ::renamed::metrics! {
        namespace = "bare";
        crate = ::renamed;

        /// Answers.
        pub counter AnswersTotal { answer: Answer, text: &str }

        /// Time to answer in seconds.
        pub histogram AnswerSeconds;
    }

    ::renamed::http_metrics! {
        namespace = "bare";

        /// A layer for HTTP, with a label from the request.
        pub struct HttpMetrics {
            answer: Answer = |start| Answer::from_label(start.route()),
            size: u8 = |_| 7,
        }
    }

    ::renamed::grpc_metrics! {
        namespace = "bare";
        methods = ["/a.B/C"];

        /// A layer for gRPC.
        pub struct GrpcMetrics;
    }
}

#[cfg(test)]
#[test]
fn the_families_are_registered_and_count() {
    touch();
    let answer = bare::Answer::from_label("some");
    bare::AnswersTotal { answer, text: "x" }.inc_by(3);
    assert_eq!(bare::AnswersTotal { answer, text: "x" }.get(), Some(3));
    assert_eq!(Level.get(), Some(1.5));
    assert_eq!(Drift.get().map(|reading| reading.buckets), Some(vec![0, 1, 0, 0, 0]));
    assert_eq!(renamed::registry().check(), []);
    let level = renamed::registry().descriptors().find(|d| d.name == "hygiene_level");
    let line =
        include_str!("families.rs").lines().position(|line| line.contains("pub gauge Level"));
    assert_eq!(level.map(|level| level.location.line as usize), line.map(|line| line + 1));
}
