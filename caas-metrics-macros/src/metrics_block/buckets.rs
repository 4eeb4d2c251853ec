//! The upper bounds of a histogram's buckets: read from a list or computed by a generator.
//!
//! Whether the bounds make sense is `check`'s question.
//! Invariant: the bounds that are checked are the bounds that are declared.

use super::ast::{Buckets, Generator, Number};
use super::parse::separated;
use crate::errors::error;
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Lit, Token};

/// The bounds that the client libraries of Prometheus agree on, for requests in seconds.
pub(crate) const DEFAULT: [f64; 11] = caas_metrics_model::DEFAULT_BUCKETS;

/// The most buckets of a family. Beyond it a scrape costs more than the resolution is worth.
pub(crate) const MOST: u16 = 1000;

/// Reads a list of bounds or a generator.
pub(crate) fn parse(input: ParseStream) -> syn::Result<Buckets> {
    if input.peek(syn::Ident) {
        let generator = generator(input)?;
        if !input.is_empty() {
            let rest: TokenStream = input.parse()?;
            return Err(error!(rest, "a generator makes all buckets: leave out what follows it"));
        }
        return Ok(generator);
    }
    Ok(Buckets::List(separated(input, number)?))
}

fn generator(input: ParseStream) -> syn::Result<Buckets> {
    let name: Ident = input.parse()?;
    let make = match name.to_string().as_str() {
        "linear" => Buckets::Linear,
        "exponential" => Buckets::Exponential,
        _ => {
            return Err(error!(
                name,
                "unknown generator `{name}`: write numbers, `linear(start, width, count)` or \
                 `exponential(start, factor, count)`"
            ));
        }
    };
    let malformed = || error!(name, "`{name}` takes three numbers: a start, a step and a count");
    let group: Group = input.parse().map_err(|_| malformed())?;
    input.parse::<Option<Token![,]>>()?;
    let read = |content: ParseStream<'_>| separated(content, number);
    let mut numbers = read.parse2(group.stream())?.into_iter();
    match (numbers.next(), numbers.next(), numbers.next(), numbers.next()) {
        (Some(start), Some(step), Some(count), None) => {
            Ok(make(Generator { name, start, step, count }))
        }
        _ => Err(malformed()),
    }
}

fn number(input: ParseStream) -> syn::Result<Number> {
    let minus: Option<Token![-]> = input.parse()?;
    let Ok(next) = input.parse::<TokenTree>() else {
        return Err(error!(minus, "a `-` without a number: write one such as `-0.25`"));
    };
    let (digits, suffix) = match syn::parse2(next.to_token_stream()) {
        Ok(Lit::Int(number)) => (number.base10_digits().to_owned(), number.suffix().to_owned()),
        Ok(Lit::Float(number)) => (number.base10_digits().to_owned(), number.suffix().to_owned()),
        _ => return Err(error!(next, "`{next}` is not a number: write one such as `0.25`")),
    };
    let tokens = quote!(#minus #next);
    match digits.parse::<f64>() {
        Ok(value) if suffix.is_empty() || suffix == "f64" => {
            Ok(Number { tokens, value: if minus.is_some() { -value } else { value } })
        }
        _ => Err(error!(tokens, "the suffix of `{next}` does not fit: a bound is an f64")),
    }
}

/// The declared bounds, in the order in which they are written or computed.
pub(crate) fn bounds(buckets: &Buckets) -> Vec<f64> {
    match buckets {
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
