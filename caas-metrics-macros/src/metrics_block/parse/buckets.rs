//! What is between the parentheses of `#[buckets(…)]`.
//!
//! Not here: the bounds that it means (`buckets`). Invariant: a number keeps its tokens, for an error
//! to underline.

use super::separated;
use crate::errors::error;
use crate::metrics_block::ast::{Buckets, Generator, Number};
use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::{ParseStream, Parser};
use syn::{Lit, Token};

/// Reads a list of bounds, a generator, or `none`.
pub(crate) fn parse(input: ParseStream) -> syn::Result<Buckets> {
    if input.peek(syn::Ident) {
        let generator = generator(input)?;
        if !input.is_empty() {
            let rest: TokenStream = input.parse()?;
            return Err(match generator {
                Buckets::None(_) => error!(rest, "`none` stands alone: leave out what follows it"),
                _ => error!(rest, "a generator makes all buckets: leave out what follows it"),
            });
        }
        return Ok(generator);
    }
    Ok(Buckets::List(separated(input, number)?))
}

fn generator(input: ParseStream) -> syn::Result<Buckets> {
    let name: Ident = input.parse()?;
    let make = match name.to_string().as_str() {
        "none" => {
            input.parse::<Option<Token![,]>>()?;
            return Ok(Buckets::None(name));
        }
        "linear" => Buckets::Linear,
        "exponential" => Buckets::Exponential,
        _ => {
            return Err(error!(
                name,
                "unknown generator `{name}`: write numbers, `linear(start, width, count)`, \
                 `exponential(start, factor, count)`, or `none` beside `#[native]`"
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

pub(super) fn number(input: ParseStream) -> syn::Result<Number> {
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
