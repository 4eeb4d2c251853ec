//! `#[timed]`, `#[counted]` and `#[in_flight]`: a guard before a body that is never read.
//!
//! Stages: `args` and `parse` make the tree of `ast`. `calls` says what is known of endings, from return
//! types (`output`) and bodies (`body`). `check` judges. `expand` writes code: `around` says what goes
//! around a body, with guards of `record` and `built_in`, and `enclose` how its value is caught.
//! Invariant: whatever is wrong, the item is still there, token for token.

mod args;
mod around;
mod ast;
mod body;
mod built_in;
mod calls;
mod check;
mod enclose;
mod expand;
mod output;
mod parse;
mod record;

pub(crate) use ast::Measure;

use crate::errors::{Errors, report};
use crate::tokens::{each_attribute, is_word, refilled, stream};
use ast::{Arguments, Block, Item};
use parse::Member;
use proc_macro2::TokenStream;
use quote::quote;

/// Expands an attribute on an item.
pub(crate) fn expand(measure: Measure, arguments: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let arguments = args::arguments(measure, arguments, &mut errors);
    check::arguments(measure, &arguments, &mut errors);
    let expanded = match parse::item(item.clone()) {
        Item::Function(function) => {
            let calls = calls::calls(&function, &[], arguments.has_closure());
            check::function(measure, &arguments, &function, &calls, &mut errors);
            expand::function(measure, &arguments, &function, &calls, None)
        }
        Item::Block(block) => expand_block(measure, &arguments, &block, &mut errors),
        Item::Bodyless(keyword) => {
            let name = measure.name();
            report!(
                errors,
                keyword,
                "this function has no body to measure: write `#[{name}]` on its implementation"
            );
            TokenStream::new()
        }
        Item::Other(token) => {
            let name = measure.name();
            report!(
                errors,
                token,
                "`#[{name}]` goes on a function, or on an `impl` or `trait` block"
            );
            TokenStream::new()
        }
        // rustc has an item after every attribute.
        Item::Nothing => TokenStream::new(),
    };
    if errors.is_empty() { expanded } else { quote!(#errors #item) }
}

/// Expands an attribute on a block: each function in it that has a body and can be measured.
fn expand_block(
    measure: Measure,
    arguments: &Arguments,
    block: &Block,
    errors: &mut Errors,
) -> TokenStream {
    if let Some(name) = &arguments.name {
        report!(errors, name.key, "`name` names one function: write it on that function");
    }
    let mut content = TokenStream::new();
    for member in parse::members(&block.braces) {
        let item = match member {
            Member::Item(item) => item,
            Member::Tokens(tokens) => {
                content.extend(tokens);
                continue;
            }
        };
        match parse::item(item.clone()) {
            Item::Function(function)
                if function.qualifier("const").is_none() && !is_skipped(&function) =>
            {
                let calls = calls::calls(&function, &block.parameters, arguments.has_closure());
                check::untold(arguments, &function, &calls, errors);
                let owner = Some(&*block.owner);
                content.extend(expand::function(measure, arguments, &function, &calls, owner));
            }
            _ => content.extend(item),
        }
    }
    let mut expanded = stream(&block.head);
    expanded.extend([refilled(&block.braces, content)]);
    expanded
}

/// Whether the function has `#[skip]`, by whatever path; `#[rustfmt::skip]` is not meant.
fn is_skipped(function: &ast::Function) -> bool {
    each_attribute(&function.attributes)
        .any(|(_, path)| is_word(path.last(), "skip") && !is_word(path.first(), "rustfmt"))
}

/// Expands `#[skip]`: the item as it is.
pub(crate) fn skip(arguments: &TokenStream, item: TokenStream) -> TokenStream {
    if arguments.is_empty() {
        return item;
    }
    let mut errors = Errors::default();
    report!(errors, arguments, "`#[skip]` takes no arguments");
    quote!(#errors #item)
}
