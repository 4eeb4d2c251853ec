//! What the generated docs say of a family: what somebody greps for at night.

use quote::quote;

#[track_caller]
fn check(block: proc_macro2::TokenStream, expected: &str) {
    let expansion = crate::metrics_block::expand(block).to_string();
    assert!(expansion.contains(&format!("{expected:?}")), "{expected}\n{expansion}");
}

#[test]
fn a_family_says_how_it_is_exposed() {
    check(
        quote! {
            namespace = "shop";
            /// Orders.
            #[limit = 12345]
            #[zeroed(kind)]
            pub counter OrdersPlacedTotal { kind: Kind, r#type: &str }
        },
        "\n Exposed as the counter `shop_orders_placed_total`, with the labels `kind` and `type`. If a \
         label is open, at most 12,345 series. All values of `kind` are born together, at zero.",
    );
    check(
        quote! {
            /// Waiting.
            #[buckets(0.1, 1)]
            histogram WaitSeconds;
        },
        "\n Exposed as the histogram `wait_seconds` (`wait_seconds_bucket`, `wait_seconds_sum`, \
         `wait_seconds_count`), in seconds. Buckets: 0.1, 1.",
    );
    check(
        quote! {
            /// Refusals.
            #[exemplars]
            counter RefusalsTotal;
        },
        "\n Exposed as the counter `refusals_total`. Updates leave exemplars.",
    );
    check(
        quote! {
            /// Level.
            #[lazy]
            gauge Level { kind: Kind }
        },
        "\n Exposed as the gauge `level`, with the label `kind`. If a label is open, at most 2,000 series. \
         Not exported before its first event.",
    );
    check(
        quote! {
            /// Sizes.
            #[buckets(linear(1, 1, 30))]
            histogram Sizes;
        },
        "\n Exposed as the histogram `sizes` (`sizes_bucket`, `sizes_sum`, `sizes_count`). Buckets: 30 \
         from 1 to 30.",
    );
}

#[test]
fn methods_say_what_they_refuse() {
    let family = |block| crate::metrics_block::expand(block).to_string();
    let float = family(quote!(
        /// Cost.
        counter CostTotal<f64>;
    ));
    assert!(float.contains("below zero change nothing"), "{float}");
    let integer = family(quote!(
        /// Calls.
        counter CallsTotal;
    ));
    assert!(!integer.contains("change nothing and"), "{integer}");
}
