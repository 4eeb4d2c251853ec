//! From tokens to the tree: the type's shape and its `#[label(…)]` attributes.
//!
//! Nothing is judged here beyond the grammar and the two shapes that a label can have.
//! Invariant: a bad attribute is one error and never takes its type down with it.

use super::ast::{LabelType, Shape, Variant};
use crate::errors::{Between, Errors, error, report};
use crate::naming::{self, Case};
use crate::paths::Runtime;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Attribute, Data, DataEnum, DataStruct, DeriveInput, Index, LitInt, LitStr, Token};

/// The most bytes that a family keeps of a text.
const MOST_BYTES: u16 = 4000;

/// Reads a type; `None` if it has no shape of a label.
pub(crate) fn parse(input: TokenStream, errors: &mut Errors) -> Option<LabelType> {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => {
            errors.push_syn(error);
            return None;
        }
    };
    let keys: &[&str] = match input.data {
        Data::Enum(_) => &["rename_all", "crate"],
        _ => &["max_bytes", "crate"],
    };
    let place = if matches!(input.data, Data::Enum(_)) { "an enum" } else { "a newtype" };
    let settings = settings(&input.attrs, keys, place, errors);
    let shape = match input.data {
        Data::Enum(data) => closed(data, settings.case, &input.ident, errors),
        Data::Struct(data) => newtype(data, settings.max_bytes, &input.ident, errors),
        Data::Union(data) => {
            report!(errors, data.union_token, "a union is no label: write an enum or a newtype");
            None
        }
    };
    Some(LabelType {
        runtime: settings.runtime,
        visibility: input.vis.into_token_stream(),
        ident: input.ident,
        generics: input.generics,
        shape: shape?,
    })
}

fn closed(data: DataEnum, case: Case, ident: &Ident, errors: &mut Errors) -> Option<Shape> {
    if data.variants.is_empty() {
        report!(errors, ident, "an enum without variants has no label values: write at least one");
        return None;
    }
    let variants = data.variants.into_iter().map(|variant| {
        let Settings { rename, other, .. } =
            settings(&variant.attrs, &["rename", "other"], "a variant", errors);
        for attribute in variant.fields.iter().flat_map(|field| &field.attrs) {
            settings(std::slice::from_ref(attribute), &[], "a variant's field", errors);
        }
        Variant { ident: variant.ident, rename, other, fields: variant.fields.into_token_stream() }
    });
    Some(Shape::Closed { case, variants: variants.collect() })
}

fn newtype(
    data: DataStruct,
    max_bytes: Option<LitInt>,
    ident: &Ident,
    errors: &mut Errors,
) -> Option<Shape> {
    let count = data.fields.len();
    let mut fields = data.fields.into_iter();
    let (Some(field), None) = (fields.next(), fields.next()) else {
        report!(
            errors,
            ident,
            "a label struct has one field, this one has {count}: write one label per field"
        );
        return None;
    };
    settings(&field.attrs, &[], "a newtype's field", errors);
    let index = Index::from(0);
    let member = field.ident.map_or_else(|| quote!(#index), |ident| quote!(#ident));
    Some(Shape::Newtype { member, field_type: field.ty.into_token_stream(), max_bytes })
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
fn settings(attributes: &[Attribute], keys: &[&str], place: &str, errors: &mut Errors) -> Settings {
    let mut settings = Settings {
        runtime: Runtime::default(),
        case: Case::Snake,
        rename: None,
        other: None,
        max_bytes: None,
    };
    let mut seen: Vec<Ident> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("label")) {
        if attribute.meta.require_list().is_err() {
            report!(errors, attribute, "`#[label]` is written `#[label(…)]`");
            continue;
        }
        let read = |input: ParseStream| {
            while !input.is_empty() {
                let key = key(input)?;
                if let Some(first) = seen.iter().find(|first| **first == key) {
                    report!(errors, Between(first, &key), "`{key}` is given twice: leave one out");
                }
                settings.take(&key, input, keys, place)?;
                seen.push(key);
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = attribute.parse_args_with(read) {
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
