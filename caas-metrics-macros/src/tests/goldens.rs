//! What the macros write, one golden file per shape, and that they do so with any tokens at all.
//!
//! The goldens are for people: read one to see what a family costs. `CAAS_BLESS=1` makes them anew.
//! Here and not in the workspace's `tests`, because nothing outside can call a macro's functions.

#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use crate::instrument_fn::Measure;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::quote;
use std::path::Path;

/// A file is as long as a screen; what grows beyond that belongs into `__private`.
const MOST_LINES: usize = 70;

/// Compares an expansion with `goldens/<name>.rs`, and a family's methods, which are many, with
/// `goldens/<name>_methods.rs`.
#[track_caller]
fn check_goldens(name: &str, expansion: TokenStream) {
    let mut whole: syn::File =
        syn::parse2(abridged(expansion)).expect("an expansion is a list of items");
    let mut methods = Vec::new();
    for item in &mut whole.items {
        if let syn::Item::Const(block) = item {
            if let syn::Expr::Block(block) = &mut *block.expr {
                let is_methods = |statement: &mut syn::Stmt| matches!(statement, syn::Stmt::Item(syn::Item::Impl(i)) if i.trait_.is_none());
                methods.extend(block.block.stmts.extract_if(.., is_methods));
            }
        }
    }
    check_golden(&format!("{name}.rs"), &whole);
    for method in methods {
        let file = syn::parse2(quote!(#method)).expect("an implementation is an item");
        check_golden(&format!("{name}_methods.rs"), &file);
    }
}

#[track_caller]
fn check_golden(name: &str, file: &syn::File) {
    let found = prettyplease::unparse(file);
    assert!(found.lines().count() <= MOST_LINES, "{name} is too long:\n{found}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("goldens").join(name);
    if std::env::var_os("CAAS_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &found).expect("the golden can be written");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == found, "{name} has changed; CAAS_BLESS=1 accepts this:\n{found}");
}

/// The tokens without docs and `#[inline]`, and with `P` for `::caas_metrics::__private` and for the
/// name that blocks import it by.
fn abridged(tokens: TokenStream) -> TokenStream {
    let all: Vec<TokenTree> = tokens.into_iter().collect();
    let texts: Vec<String> = all.iter().map(ToString::to_string).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut rest = 0;
    let mut short = TokenStream::new();
    while let Some(token) = all.get(rest) {
        match texts.get(rest..).unwrap_or_default() {
            ["#", attribute, ..] if attribute.starts_with("[doc") || *attribute == "[inline]" => {
                rest += 2;
                continue;
            }
            ["use", ":", ":", "caas_metrics", ":", ":", "__private", "as", "__caas_p", ";", ..] => {
                rest += 10;
                continue;
            }
            [":", ":", "caas_metrics", ":", ":", "__private", ..] => {
                short.extend(quote!(P));
                rest += 6;
                continue;
            }
            ["__caas_p", ..] => {
                short.extend(quote!(P));
                rest += 1;
                continue;
            }
            _ => {}
        }
        match token {
            TokenTree::Group(group) => {
                let inner = Group::new(group.delimiter(), abridged(group.stream()));
                short.extend([TokenTree::from(inner)]);
            }
            other => short.extend([other.clone()]),
        }
        rest += 1;
    }
    short
}

#[test]
fn counter_with_labels() {
    let block = quote! {
        namespace = "caas";

        /// Total HTTP requests.
        pub counter HttpRequestsTotal { method: Method, path: &str }
    };
    check_goldens("counter_with_labels", crate::metrics_block::expand(block));
}

#[test]
fn histogram_without_labels() {
    let block = quote! {
        /// Time to store a message in seconds.
        #[buckets(linear(0.1, 0.1, 3))]
        #[cfg(feature = "store")]
        histogram StoreSeconds;
    };
    check_goldens("histogram_without_labels", crate::metrics_block::expand(block));
}

#[test]
fn held_gauge() {
    let block = quote! {
        /// Sessions that are open.
        #[held]
        gauge SessionsOpen { server: &str }
    };
    check_goldens("held_gauge", crate::metrics_block::expand(block));
}

#[test]
fn counter_with_exemplars() {
    let block = quote! {
        /// Orders refused.
        #[exemplars]
        counter OrdersRefusedTotal;
    };
    check_goldens("counter_with_exemplars", crate::metrics_block::expand(block));
}

#[test]
fn closed_label() {
    let item = quote! {
        #[label(rename_all = "UPPERCASE")]
        pub enum Method { Get, Post, #[label(other)] Other }
    };
    check_goldens("closed_label", crate::label_derive::expand(item));
}

#[test]
fn newtype_label() {
    let item = quote!(
        struct Tenant<T>(T);
    );
    check_goldens("newtype_label", crate::label_derive::expand(item));
}

#[track_caller]
fn check_attribute(name: &str, measure: Measure, arguments: TokenStream, item: &TokenStream) {
    let expansion = crate::instrument_fn::expand(measure, arguments, item);
    check_goldens(name, expansion);
}

#[test]
fn timed_function() {
    let item = quote! {
        pub fn parse(text: &str) -> Option<u8> { text.parse().ok() }
    };
    check_attribute("timed_function", Measure::Timed, TokenStream::new(), &item);
}

#[test]
fn timed_in_a_family() {
    let item = quote! {
        pub async fn store(&self, message: Message) -> Result<Id, Full> {
            self.queue.push(message).await
        }
    };
    let arguments = quote!(StoreSeconds { tenant: &message.tenant });
    check_attribute("timed_in_a_family", Measure::Timed, arguments, &item);
}

#[test]
fn counted_function() {
    let item = quote! {
        fn login(password: &str) -> Result<impl Token, Refusal> { check(password)?.token() }
    };
    check_attribute("counted_function", Measure::Counted, TokenStream::new(), &item);
}

#[test]
fn counted_by_outcome() {
    let item = quote! {
        async fn login(user: User) -> Result<Token, Refusal> { user.check().await }
    };
    let arguments = quote!(LoginsTotal { tenant: user.tenant(), outcome: _ });
    check_attribute("counted_by_outcome", Measure::Counted, arguments, &item);
}

#[test]
fn counted_by_value() {
    let item = quote! {
        fn handle(request: Request) -> Response { respond(request) }
    };
    let arguments = quote! {
        RequestsTotal { path: "/", status: |response| response.status() },
        otherwise(RequestsTotal { path: "/", status: 500 })
    };
    check_attribute("counted_by_value", Measure::Counted, arguments, &item);
}

#[test]
fn in_flight_in_a_block() {
    let item = quote! {
        impl<T> Handler for Service<T> {
            const LIMIT: u8 = 3;
            fn handle(&self) { self.work() }
            #[skip]
            fn name(&self) -> &str { "service" }
        }
    };
    check_attribute("in_flight_in_a_block", Measure::InFlight, TokenStream::new(), &item);
}
