//! From the tree to code: the implementation of `Label`, and `from_label` for an enum with `other`.
//!
//! Nothing can fail here.
//! Invariant: the code names `__private`, the user's tokens and itself.

use super::ast::{LabelType, Shape, Variant};
use super::generics::Generics;
use crate::naming::Case;
use crate::paths::{ALIAS, respanned};
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::LitInt;
use syn::spanned::Spanned;

/// The code of a label type.
pub(crate) fn expand(label: &LabelType) -> TokenStream {
    let import = label.runtime.import_or_advise(&p_at(Span::call_site()), "label");
    let implementation = implementation(label);
    quote! {
        const _: () = {
            #import
            #implementation
        };
    }
}

fn implementation(label: &LabelType) -> TokenStream {
    match &label.shape {
        Shape::Closed { case, variants } => closed(label, *case, variants),
        Shape::Newtype { member, field_type, max_bytes } => {
            newtype(label, member, field_type, max_bytes.as_ref())
        }
    }
}

fn closed(label: &LabelType, case: Case, variants: &[Variant]) -> TokenStream {
    let (LabelType { ident, generics, .. }, p) = (label, p_at(Span::call_site()));
    let Generics { parameters, arguments, predicates, .. } = generics;
    let texts = variants.iter().map(|variant| variant.text(case));
    let indices = variants.iter().enumerate().map(|(index, variant)| {
        let (index, Variant { ident, .. }) = (Literal::usize_unsuffixed(index), variant);
        quote!(Self::#ident { .. } => #index)
    });
    // The last variant takes every number that is left, so no arm can fail.
    let last = variants.len().saturating_sub(1);
    let values = variants.iter().enumerate().map(|(index, variant)| {
        let number = Literal::usize_unsuffixed(index);
        let pattern = if index == last { quote!(_) } else { quote!(#number) };
        let value = value(variant);
        quote!(#pattern => #value)
    });
    let from_label = from_label(label, case, variants);
    quote! {
        #[automatically_derived]
        impl #parameters #p::Label for #ident #arguments where #predicates {
            const VALUES: #p::Option<&'static [&'static #p::str]> = #p::Some(&[#(#texts),*]);
            const __ONE_FORM: #p::bool = true;
            type View<'__caas> = Self;
            #[inline]
            fn index(&self) -> #p::usize { match self { #(#indices),* } }
            #[inline]
            fn text(&self) -> #p::LabelText<'_> {
                #p::LabelText::closed::<Self>(#p::Label::index(self))
            }
            fn view(__caas_part: #p::Part<'_>) -> Self::View<'_> {
                match __caas_part.index() { #(#values),* }
            }
        }
        #from_label
    }
}

/// A variant's value. One with fields has none; it has been reported, so this code never runs.
fn value(Variant { ident, fields, .. }: &Variant) -> TokenStream {
    if fields.is_empty() { quote!(Self::#ident) } else { quote!(loop {}) }
}

/// The way from unbounded input to a closed label.
fn from_label(label: &LabelType, case: Case, variants: &[Variant]) -> Option<TokenStream> {
    let other_variant = variants.iter().find(|variant| variant.other.is_some())?;
    let (other, other_value) = (&other_variant.ident, value(other_variant));
    let LabelType { visibility, ident, generics, .. } = label;
    let p = p_at(Span::call_site());
    let Generics { parameters, arguments, predicates, .. } = generics;
    let known = variants.iter().filter(|variant| variant.other.is_none());
    let arms = known.map(|variant| {
        let (text, value) = (variant.text(case), value(variant));
        quote!(#text => #value,)
    });
    let docs = format!(" The value with this text; [`{other}`](Self::{other}) if there is none.");
    Some(quote! {
        impl #parameters #ident #arguments where #predicates {
            #[doc = #docs]
            #[must_use]
            #visibility fn from_label(text: &#p::str) -> Self {
                match text { #(#arms)* _ => #other_value }
            }
        }
    })
}

fn newtype(
    label: &LabelType,
    member: &TokenStream,
    field_type: &TokenStream,
    max_bytes: Option<&LitInt>,
) -> TokenStream {
    let (LabelType { ident, generics, .. }, p) = (label, p_at(Span::call_site()));
    let Generics { parameters, arguments, predicates, has_types } = generics;
    // Only a generic field needs a bound; another type that is no label is rustc's to underline.
    let needed = has_types.then(|| quote!(#field_type: #p::Label,));
    // The trait is named in this form only: then a field that is no label is one error, there.
    let span = field_type.span();
    let located = p_at(span);
    let of_field = |member: &str, arguments: TokenStream| {
        let (member, arguments) = (Ident::new(member, span), respanned(arguments, span));
        quote_spanned!(span=> <#field_type as #located::Label>::#member #arguments)
    };
    let values = of_field("VALUES", quote!());
    let one_form = of_field("__ONE_FORM", quote!());
    let max_bytes = match max_bytes {
        Some(max_bytes) => max_bytes.to_token_stream(),
        None => of_field("MAX_BYTES", quote!()),
    };
    let shown = of_field("View", quote!(<'__caas>));
    let index = of_field("index", quote!((&self.#member)));
    let text = of_field("text", quote!((&self.#member)));
    let view = of_field("view", quote!((__caas_part)));
    let view = quote_spanned! {span=>
        fn view(__caas_part: #located::Part<'_>) -> <Self as #located::Label>::View<'_> { #view }
    };
    quote! {
        #[automatically_derived]
        #[allow(unused_qualifications)]
        impl #parameters #p::Label for #ident #arguments where #predicates #needed {
            const VALUES: #p::Option<&'static [&'static #p::str]> = #values;
            const MAX_BYTES: #p::usize = #max_bytes;
            const __ONE_FORM: #p::bool = #one_form;
            const __SCOPES: #p::Option<#p::ScopesOf> = #p::Some(#p::ScopesOf(__caas_scopes));
            type View<'__caas> = #shown;
            #[inline]
            fn index(&self) -> #p::usize { #index }
            #[inline]
            fn text(&self) -> #p::LabelText<'_> { #text }
            #view
        }
        #[automatically_derived]
        impl #parameters #p::Scoped for #ident #arguments where #predicates #needed {}
        static __CAAS_SCOPES: #p::Scopes = #p::Scopes::new();
        fn __caas_scopes() -> &'static #p::Scopes { &__CAAS_SCOPES }
    }
}

/// `__private` as the expansion imports it, to be underlined at `span`.
fn p_at(span: Span) -> Ident {
    Ident::new(ALIAS, Span::call_site().located_at(span))
}
