//! The macros are given every kind of damaged input: they never panic, and what they write is a list
//! of items, so that rustc shows our errors and not one about our output.

use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;

/// A block that is cut off anywhere, or lacks any one token, is expanded without a panic, and its
/// expansion is a list of items: errors, and what could be read.
#[test]
fn broken_blocks_never_panic() {
    let block = quote! {
        namespace = "caas";
        crate = ::renamed::metrics;
        /// Requests.
        #[limit = 5]
        #[cfg(unix)]
        pub(crate) counter RequestsTotal<f64> { method: Method, path: &str, r#type: Cow<'_, str> }
        /// Durations.
        #[buckets(exponential(0.1, 2, 3))]
        #[legacy(reason = "old")]
        histogram StoreMs;
        /// Sizes.
        #[buckets(-1, 2)]
        #[unit = "bytes"]
        #[allow(missing_docs)]
        histogram Sizes { tenant: &'static str }
    };
    each_damaged(&block, &|damaged| {
        let expansion = crate::metrics_block::expand(damaged);
        syn::parse2::<syn::File>(expansion).expect("an expansion is a list of items");
    });
}

#[test]
fn broken_labels_never_panic() {
    let item = quote! {
        #[label(rename_all = "lowercase", crate = ::renamed)]
        pub enum Method { #[label(rename = "GET")] Get, Post(u8), #[label(other)] Other = 5 }
    };
    each_damaged(&item, &|damaged| {
        let expansion = crate::label_derive::expand(damaged);
        syn::parse2::<syn::File>(expansion).expect("an expansion is a list of items");
    });
}

/// Calls `check` with copies of `tokens` of which one token is missing, doubled or the last, at
/// every depth.
fn each_damaged(tokens: &TokenStream, check: &dyn Fn(TokenStream)) {
    let all: Vec<TokenTree> = tokens.clone().into_iter().collect();
    for (position, token) in all.iter().enumerate() {
        let before = || all.iter().take(position).cloned();
        let after = || all.iter().skip(position + 1).cloned();
        check(before().collect());
        check(before().chain(after()).collect());
        check(before().chain([token.clone(), token.clone()]).chain(after()).collect());
        if let TokenTree::Group(group) = token {
            each_damaged(&group.stream(), &|inner| {
                let damaged = Group::new(group.delimiter(), inner);
                check(before().chain([TokenTree::from(damaged)]).chain(after()).collect());
            });
        }
    }
}
