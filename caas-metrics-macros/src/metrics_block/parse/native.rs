//! What is between the parentheses of `#[native(…)]`.
//!
//! Not here: what the numbers may be (`check/native`). Invariant: a key that nobody knows is an error at
//! the key.

use super::buckets::number;
use crate::errors::{Errors, error};
use crate::keys::Keys;
use crate::metrics_block::ast::Native;
use crate::naming;
use proc_macro2::Ident;
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::ParseStream;

const KEYS: [&str; 4] = ["schema", "from", "to", "max_buckets"];

/// Reads `schema = 3, from = 1e-6, to = 1e5, max_buckets = 160`, or some of it.
pub(super) fn parse(input: ParseStream, errors: &mut Errors) -> syn::Result<Native> {
    let (mut native, mut keys) = (Native::default(), Keys::default());
    while !input.is_empty() {
        let key = Ident::parse_any(input)?;
        let slot = match key.to_string().as_str() {
            "schema" => &mut native.schema,
            "from" => &mut native.from,
            "to" => &mut native.to,
            "max_buckets" => &mut native.max_buckets,
            unknown => {
                let meant = naming::did_you_mean(unknown, &KEYS);
                let known = naming::listed(&KEYS);
                return Err(error!(
                    key,
                    "unknown key `{unknown}`{meant} `#[native]` takes {known}"
                ));
            }
        };
        if !input.peek(Token![=]) {
            return Err(error!(key, "`{key}` has no number: write `{key} = …`"));
        }
        input.parse::<Token![=]>()?;
        let value = number(input)?;
        if keys.take(&key, errors) {
            *slot = Some(value);
        }
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
    }
    Ok(native)
}
