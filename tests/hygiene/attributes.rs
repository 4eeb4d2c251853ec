//! Annotated functions of a program that has `caas-metrics` under the name `renamed`, with the lints
//! of the most careful user, in every edition.
//!
//! The functions need not be good style: a lint that is allowed here fires on the plain function too.
//! Invariant: no lint is allowed that only an expansion could cause.
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    rust_2018_idioms,
    single_use_lifetimes,
    unreachable_pub,
    unused,
    unused_qualifications,
    unused_results,
    let_underscore_drop,
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::allow_attributes,
    clippy::items_after_statements,
    clippy::let_underscore_untyped,
    clippy::shadow_same,
    clippy::shadow_unrelated,
    clippy::used_underscore_binding
)]

use std::fmt::Display;

/// Returns a number that must be used.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = ::renamed)]
#[renamed::in_flight(crate = renamed)]
#[must_use]
pub fn number(_unused: u8) -> u8 {
    1
}

/// Fails if it is told to.
///
/// # Errors
/// If told to.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
pub fn fails(told: bool) -> Result<(), String> {
    const MESSAGE: &str = "told to";
    if told {
        return Err(MESSAGE.to_owned());
    }
    Ok(())
}

/// Returns nothing.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
pub fn nothing() {}

/// Never returns.
///
/// # Panics
/// Always.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
pub fn never() -> ! {
    panic!("never")
}

/// Returns something to show.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
#[must_use]
pub fn shown() -> impl Display {
    "shown"
}

/// Returns what is borrowed.
#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
#[must_use]
pub fn borrowed<'a>(first: &'a str, second: &'a str) -> Option<&'a str> {
    if first.is_empty() { Some(second) } else { first.get(1..) }
}

/// Has methods.
#[derive(Debug, Clone, Copy)]
pub struct Service;

/// Is ordered by hand: clippy looks for a certain body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordered(u8);

impl Ord for Ordered {
    #[renamed::counted(crate = renamed)]
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    #[renamed::timed(crate = renamed)]
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

#[renamed::timed(crate = renamed)]
#[renamed::counted(crate = renamed)]
impl Service {
    /// A constant function is left out.
    #[must_use]
    pub const fn constant(self) -> u8 {
        1
    }

    /// Takes itself.
    #[must_use]
    pub fn method(&self) -> &Self {
        self
    }
}

/// Nothing of the prelude is there, and names of the expansion are taken.
#[no_implicit_prelude]
pub mod bare {
    /// Returns the number.
    ///
    /// # Errors
    /// Never.
    #[::renamed::timed(crate = ::renamed)]
    #[::renamed::counted(crate = ::renamed)]
    pub fn returned(number: u8) -> ::std::result::Result<u8, u8> {
        ::std::result::Result::Ok(number)
    }

    /// Takes what is called like things in the expansion.
    #[::renamed::timed(crate = ::renamed)]
    #[::renamed::counted(crate = ::renamed)]
    #[::renamed::in_flight(crate = ::renamed)]
    #[must_use]
    pub fn taken(guard: u8, value: u8, site: u8) -> u8 {
        guard ^ value ^ site
    }
}

/// A test of the crate, not of a module only: the counters are read through it.
#[cfg(test)]
#[test]
fn annotated_functions_count() {
    assert_eq!(number(1), 1);
    assert_eq!((fails(true), fails(false)), (Err("told to".to_owned()), Ok(())));
    nothing();
    assert_eq!(shown().to_string(), "shown");
    assert_eq!(borrowed("ab", "c"), Some("b"));
    assert_eq!(Service.method().constant(), 1);
    assert_eq!((bare::returned(1), bare::taken(1, 2, 4)), (Ok(1), 7));
    assert!(std::panic::catch_unwind(|| never()).is_err());

    let families = renamed::registry().gather();
    let calls = families.iter().find(|family| family.name == "function_calls_total");
    let counted: Vec<String> = calls.map_or_else(Vec::new, |family| {
        let samples = family.children.iter();
        let rows = samples.map(|sample| {
            let texts = sample.labels.iter().skip(1).map(|(_, value)| value.clone());
            format!("{} {:?}", texts.collect::<Vec<_>>().join(" "), sample.value)
        });
        rows.filter(|row| !row.contains("(0)") && !row.starts_with("later")).collect()
    });
    let expected = [
        "Service::method ok",
        "borrowed ok",
        "fails err",
        "fails ok",
        "never panic",
        "nothing ok",
        "number ok",
        "returned ok",
        "shown ok",
        "taken ok",
    ];
    let starts = counted.iter().filter_map(|row| row.split(" Number").next());
    let mut starts: Vec<&str> = starts.collect();
    starts.sort_unstable();
    assert_eq!(starts, expected);
}
