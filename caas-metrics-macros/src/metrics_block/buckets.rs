//! The upper bounds of a histogram's buckets: those of a list, or what a generator computes.
//!
//! How they are read is in `parse`; whether they make sense is `check`'s question.
//! Invariant: the bounds that are checked are the bounds that are declared.

use super::ast::{Buckets, Generator};

/// The bounds that the client libraries of Prometheus agree on, for requests in seconds.
pub(crate) const DEFAULT: [f64; 11] = caas_metrics_model::DEFAULT_BUCKETS;

/// The most buckets of a family. Beyond it a scrape costs more than the resolution is worth.
pub(crate) const MOST: u16 = 1000;

/// The declared bounds, in the order in which they are written or computed.
pub(crate) fn bounds(buckets: &Buckets) -> Vec<f64> {
    match buckets {
        Buckets::None(_) => Vec::new(),
        Buckets::List(numbers) => numbers.iter().map(|number| number.value).collect(),
        Buckets::Linear(generator) => generated(generator, |start, step, i| start + step * i),
        Buckets::Exponential(generator) => {
            generated(generator, |start, step, i| start * step.powf(i))
        }
    }
}

fn generated(generator: &Generator, bound: impl Fn(f64, f64, f64) -> f64) -> Vec<f64> {
    let (start, step) = (generator.start.value, generator.step.value);
    (0..count(generator).unwrap_or(0)).map(|i| rounded(bound(start, step, f64::from(i)))).collect()
}

/// How many bounds a generator makes, if it is a whole number from 1 to [`MOST`].
pub(crate) fn count(generator: &Generator) -> Option<u16> {
    (1..=MOST).find(|count| f64::from(*count).total_cmp(&generator.count.value).is_eq())
}

/// `value` to 15 significant digits, so that 0.1 + 0.2 is the bound 0.3.
fn rounded(value: f64) -> f64 {
    format!("{value:.14e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn computed_bounds_lose_their_rounding_errors() {
        assert_eq!(rounded(0.1 + 0.2).to_string(), "0.3");
        assert_eq!(rounded(0.001 * 10f64.powf(3.0)).to_string(), "1");
        assert!(rounded(f64::INFINITY).is_infinite());
    }
}
