//! From tokens to the tree: the labels between a family's braces.
//!
//! Nothing is judged here beyond the grammar; types are rustc's.
//! Invariant: after a mistake reading goes on after the next comma.

use super::attributes;
use super::label_type::after_type;
use super::{next_or, visibility};
use crate::errors::{Errors, error, report};
use crate::metrics_block::ast::Label;
use crate::tokens::list;
use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::Token;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;

/// Reads `name: Type, …`.
pub(super) fn labels(content: TokenStream, errors: &mut Errors) -> Vec<Label> {
    let mut labels = Vec::new();
    let read = |content: ParseStream| {
        while !content.is_empty() {
            match label(content, errors) {
                Ok(label) => labels.push(label),
                Err(error) => errors.push_syn(error),
            }
            if content.parse::<Option<Token![,]>>()?.is_none() && !content.is_empty() {
                let found = next_or(content, TokenStream::new());
                report!(errors, found, "no `,` between two labels");
                skip_label(content);
            }
        }
        Ok(())
    };
    if let Err(error) = read.parse2(content) {
        errors.push_syn(error);
    }
    labels
}

/// `/// Doc comment.` and `name: Type`.
fn label(content: ParseStream, errors: &mut Errors) -> syn::Result<Label> {
    let mut docs = TokenStream::new();
    while let Some(attribute) = attributes::next(content, errors) {
        match attribute.name.to_string().as_str() {
            "doc" => docs.extend(attribute.passed()?),
            "cfg" | "cfg_attr" => report!(
                errors,
                attribute.whole,
                "a label can't be conditional: declare the family twice, each under a `#[cfg]`"
            ),
            name => report!(
                errors,
                attribute.whole,
                "`#[{name}]` on a label: a label takes a doc comment and nothing else"
            ),
        }
    }
    if content.peek(Token![pub]) {
        let visibility = visibility(content)?;
        report!(errors, visibility, "a label is as visible as its family: leave this out");
    }
    let ident = label_name(content, &docs)?;
    if content.parse::<Option<Token![:]>>()?.is_none() {
        skip_to_comma(content);
        return Err(error!(ident, "label `{ident}` has no type: write `{ident}: &str`"));
    }
    let found = next_or(content, &ident);
    let ahead = list(content.fork().parse()?);
    let Some(rest) = after_type(&ahead) else {
        skip_to_comma(content);
        return Err(error!(
            found,
            "this is no type of label `{ident}`: write one such as `&str` or `u16`"
        ));
    };
    let mut ty = TokenStream::new();
    for _ in rest.len()..ahead.len() {
        ty.extend([content.parse::<TokenTree>()?]);
    }
    Ok(Label { docs, ident, span: ty.span(), ty })
}

fn label_name(content: ParseStream, docs: &TokenStream) -> syn::Result<Ident> {
    let found = next_or(content, docs);
    if let Ok(ident) = content.parse::<Ident>() {
        return Ok(ident);
    }
    let keyword = Ident::parse_any(content);
    skip_to_comma(content);
    Err(match keyword {
        Ok(never) if ["_", "self", "Self", "super", "crate"].contains(&&*never.to_string()) => {
            error!(never, "`{never}` can't name a label: write another word")
        }
        Ok(keyword) => error!(
            keyword,
            "`{keyword}` is a keyword: write `r#{keyword}`, and the label is still `{keyword}`"
        ),
        Err(_) => error!(found, "no label: write `name: Type`"),
    })
}

/// Skips what is left of a broken label, with its comma.
fn skip_label(content: ParseStream) {
    skip_to_comma(content);
    let _ = content.parse::<Option<Token![,]>>();
}

fn skip_to_comma(content: ParseStream) {
    while !content.is_empty() && !content.peek(Token![,]) {
        let _ = content.parse::<TokenTree>();
    }
}
