//! From tokens to the tree: the type's shape and its `#[label(…)]` attributes.
//!
//! Nothing is judged here beyond the grammar and the two shapes that a label can have.
//! Invariant: a bad attribute is one error and never takes its type down with it.

use super::ast::{LabelType, Shape, Variant};
use super::item::{self, Item, item, variants};
use crate::errors::{Errors, error, report};
use crate::keys::Keys;
use crate::naming::{self, Case};
use crate::paths::Runtime;
use crate::tokens::{each_attribute, group, is_word};
use proc_macro2::{Delimiter, Group, Ident, Literal, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{LitInt, LitStr, Token};

/// The most bytes that a family keeps of a text.
const MOST_BYTES: u16 = 4000;

/// Reads a type; `None` if it has no shape of a label.
pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Option<LabelType> {
    let Item { attributes, visibility, keyword, ident, generics, content } = item(input)?;
    let is_enum = keyword == "enum";
    let (keys, place): (&[&str], _) = if is_enum {
        (&["rename_all", "crate"], "an enum")
    } else {
        (&["max_bytes", "crate"], "a newtype")
    };
    let settings = settings(&attributes, keys, place, errors);
    let shape = if is_enum {
        closed(content.as_ref(), settings.case, &ident, errors)
    } else if keyword == "union" {
        report!(errors, keyword, "a union is no label: write an enum or a newtype");
        None
    } else {
        newtype(content.as_ref(), settings.max_bytes, &ident, errors)
    };
    Some(LabelType { runtime: settings.runtime, visibility, ident, generics, shape: shape? })
}

fn closed(
    content: Option<&Group>,
    case: Case,
    ident: &Ident,
    errors: &mut Errors,
) -> Option<Shape> {
    let mut found = Vec::new();
    for variant in content.map(variants).unwrap_or_default() {
        let item::Variant { attributes, ident, fields } = variant;
        let Settings { rename, other, .. } =
            settings(&attributes, &["rename", "other"], "a variant", errors);
        for field in fields.iter().flat_map(item::fields) {
            settings(&field.attributes, &[], "a variant's field", errors);
        }
        found.push(Variant { ident, rename, other, fields: fields.to_token_stream() });
    }
    if found.is_empty() {
        report!(errors, ident, "an enum without variants has no label values: write at least one");
        return None;
    }
    Some(Shape::Closed { case, variants: found })
}

fn newtype(
    content: Option<&Group>,
    max_bytes: Option<LitInt>,
    ident: &Ident,
    errors: &mut Errors,
) -> Option<Shape> {
    let fields = content.map(item::fields).unwrap_or_default();
    let [field] = &*fields else {
        let count = fields.len();
        report!(
            errors,
            ident,
            "a label struct has one field, this one has {count}: write one label per field"
        );
        return None;
    };
    settings(&field.attributes, &[], "a newtype's field", errors);
    let member = match &field.ident {
        Some(ident) => ident.to_token_stream(),
        None => Literal::usize_unsuffixed(0).to_token_stream(),
    };
    Some(Shape::Newtype { member, field_type: field.ty.clone(), max_bytes })
}

/// What `#[label(…)]` says, at any place.
struct Settings {
    runtime: Runtime,
    case: Case,
    rename: Option<LitStr>,
    other: Option<Ident>,
    max_bytes: Option<LitInt>,
}

/// Reads the `#[label(…)]` attributes of `place`, which knows `keys`.
fn settings(attributes: &[TokenTree], keys: &[&str], place: &str, errors: &mut Errors) -> Settings {
    let mut settings = Settings {
        runtime: Runtime::default(),
        case: Case::Snake,
        rename: None,
        other: None,
        max_bytes: None,
    };
    let mut given = Keys::default();
    for (whole, content) in each_attribute(attributes) {
        let arguments = match &*content {
            [name, ..] if !is_word(Some(name), "label") => continue,
            [_, arguments] => group(Some(arguments), Delimiter::Parenthesis),
            _ => None,
        };
        let Some(arguments) = arguments else {
            report!(errors, whole, "`#[label]` is written `#[label(…)]`");
            continue;
        };
        let read = |input: ParseStream| {
            while !input.is_empty() {
                let key = key(input)?;
                given.take(&key, errors);
                settings.take(&key, input, keys, place)?;
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = read.parse2(arguments.stream()) {
            errors.push_syn(error);
        }
    }
    settings
}

fn key(input: ParseStream) -> syn::Result<Ident> {
    let found: TokenStream = input.fork().parse()?;
    Ident::parse_any(input).map_err(|_| error!(found, "this is no key of `#[label(…)]`"))
}

impl Settings {
    /// Reads what follows `key`.
    fn take(
        &mut self,
        key: &Ident,
        input: ParseStream,
        keys: &[&str],
        place: &str,
    ) -> syn::Result<()> {
        match keys.iter().copied().find(|known| key == known) {
            Some("other") => self.other = Some(key.clone()),
            Some("rename") => self.rename = Some(string(key, input)?),
            Some("max_bytes") => self.max_bytes = Some(most_bytes(key, input)?),
            Some("rename_all") => self.case = case(&string(key, input)?)?,
            Some("crate") => self.runtime = path(key, input)?,
            _ => return Err(unknown_key(key, &key.to_string(), keys, place)),
        }
        Ok(())
    }
}

fn string(key: &Ident, input: ParseStream) -> syn::Result<LitStr> {
    let value = input.parse::<Token![=]>().and_then(|_| input.parse());
    value.map_err(|_| error!(key, "`{key}` is a string: write `{key} = \"…\"`"))
}

fn path(key: &Ident, input: ParseStream) -> syn::Result<Runtime> {
    let written = "crate = ::my_metrics";
    match input.parse::<Token![=]>() {
        Ok(_) => Runtime::parse(key, input, written),
        Err(_) => Err(Runtime::malformed(key, written)),
    }
}

fn most_bytes(key: &Ident, input: ParseStream) -> syn::Result<LitInt> {
    let value: LitInt = input
        .parse::<Token![=]>()
        .and_then(|_| input.parse())
        .map_err(|_| error!(key, "`max_bytes` is a number: write `max_bytes = 200`"))?;
    match value.base10_parse::<u16>() {
        Ok(1..=MOST_BYTES) => Ok(value),
        _ => Err(error!(value, "`max_bytes` is a whole number from 1 to {MOST_BYTES}")),
    }
}

fn case(value: &LitStr) -> syn::Result<Case> {
    let name = value.value();
    let names = Case::ALL.map(|(name, _)| name);
    let listed = naming::listed(&names);
    Case::named(&name).ok_or_else(|| error!(value, "unknown case `{name}`: known are {listed}"))
}

fn unknown_key(key: &Ident, name: &str, keys: &[&str], place: &str) -> syn::Error {
    if keys.is_empty() {
        return error!(key, "unknown key `{name}`: {place} has no `#[label(…)]`");
    }
    let listed = naming::listed(keys);
    let meant = naming::did_you_mean(name, keys);
    error!(key, "unknown key `{name}`{meant} {place} knows {listed}")
}
