//! The macros are given every kind of damaged input: they never panic, and what they write is a list
//! of items, so that rustc shows our errors and not one about our output.

use crate::instrument_fn::{self, Measure};
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
        // rustc hands over nothing but items.
        let is_item = syn::parse2::<syn::DeriveInput>(damaged.clone()).is_ok();
        let expansion = syn::parse2::<syn::File>(crate::label_derive::expand(damaged));
        assert!(expansion.is_ok() || !is_item);
    });
}

/// Whatever is wrong with the arguments, the function is there as it was.
#[test]
fn broken_arguments_leave_the_function() {
    let arguments = quote! {
        CallsTotal { path: &path, size: |value| *value, outcome: _ },
        on(ok, err), otherwise(CallsTotal { path: "/", size: 0, outcome: _ }), crate = ::renamed
    };
    let item = quote! {
        #[inline]
        pub async fn call<T: Into<u8>>(path: String, other: T) -> Result<u8, T> { Ok(other.into()) }
    };
    for measure in [Measure::Timed, Measure::Counted, Measure::InFlight] {
        each_damaged(&arguments, &|damaged| {
            let expansion = instrument_fn::expand(measure, damaged, &item);
            // A half-typed value is not looked at: rustc says what is wrong with it.
            let expansion = expansion.to_string();
            assert!(expansion.contains("pub async fn call < T : Into < u8 >>"), "{expansion}");
        });
    }
}

#[test]
fn broken_items_never_panic() {
    let function = quote! {
        #[inline]
        pub unsafe extern "C" fn call<'a, T: Fn(u8) -> u8>(mut a: &'a [T], (b, _): P) -> Pin<Box<dyn Future<Output = impl A<B> + use<'a>> + 'a>>
        where T: Send { #![allow(unused)] use x::y; let c = a; Box::pin(async move { a = c; b }) }
    };
    let block = quote! {
        impl<T: A<{ N + 1 }>> for<'a> Fn(&'a T) -> u8 for &mut Type<T> where T: B {
            const C: u8 = 1;
            #[skip] fn d() { }
            pub(crate) const fn e() -> u8 { 2 }
            async fn f(self: Box<Self>) -> ! { loop { } }
        }
    };
    for item in [function, block] {
        for measure in [Measure::Timed, Measure::Counted, Measure::InFlight] {
            each_damaged(&item, &|damaged| {
                instrument_fn::expand(measure, TokenStream::new(), &damaged);
            });
        }
    }
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
