//! The macros in a scope in which every name of the standard library means something else.
//!
//! A renamed dependency, other editions and denied lints need packages of their own: they are in
//! `tests/hygiene`.

/// Names of the prelude, of crates and of primitive types, all taken.
#[allow(dead_code, non_camel_case_types, clippy::upper_case_acronyms)]
mod shadowed {
    struct Ok;
    struct Err;
    struct Some;
    struct None;
    struct Result;
    struct Option;
    struct String;
    struct Vec;
    struct Box;
    struct Label;
    struct u64;
    struct f64;
    struct i64;
    struct usize;
    struct bool;
    trait FnMut {}
    trait Clone {}
    trait Copy {}
    trait Sized {}
    trait Drop {}
    trait Fn {}
    trait From {}
    trait Into {}
    mod std {}
    mod core {}
    mod alloc {}
    mod inventory {}
    mod caas_metrics {}
    mod __private {}
    fn drop() {}
    static __CAAS_FAMILY: () = ();

    macro_rules! shadow {
        ($($name:ident)*) => {
            $(#[allow(unused_macros)] macro_rules! $name { ($d:tt) => { compile_error!("ours") } })*
        };
    }
    shadow!(env option_env compile_error concat stringify panic assert vec format matches);

    #[derive(::caas_metrics::Label)]
    #[label(rename_all = "kebab-case")]
    pub(super) enum Answer {
        Some,
        None,
        #[label(other)]
        Otherwise,
    }

    #[derive(::caas_metrics::Label)]
    pub(super) struct Text<'a>(pub(super) &'a str);

    ::caas_metrics::metrics! {
        namespace = "shadowed";

        /// Answers.
        #[limit = 3]
        pub(super) counter AnswersTotal { answer: Answer, text: Text<'_> }

        /// Cost.
        pub(super) counter CostTotal<f64>;

        /// Level.
        pub(super) gauge Level;

        /// In flight.
        #[updown]
        pub(super) gauge InFlight<f64>;

        /// Time in seconds.
        pub(super) histogram TimeSeconds { answer: Answer }

        /// Sizes.
        pub(super) histogram Sizes;

        /// Build.
        pub(super) info BuildInfo { version: &'static str }
    }

    ::caas_metrics::build_info!(namespace = "shadowed_macro", r#type = "odd");
}

#[test]
fn shadowed_names_do_not_matter() {
    use shadowed::{Answer, AnswersTotal, BuildInfo, CostTotal, InFlight, Level, Sizes, Text};
    let answers = || AnswersTotal { answer: Answer::from_label("none"), text: Text("x") };
    answers().inc();
    answers().child().inc();
    assert_eq!(answers().get(), Some(2));
    AnswersTotal::retain(|view| view.text != "x");
    assert_eq!(answers().get(), None);
    CostTotal.inc_by(0.25);
    Level.set(-3);
    InFlight.dec_by(1.5);
    Sizes.observe(3);
    BuildInfo { version: "1" }.set();
    shadowed::TimeSeconds { answer: Answer::Some }.start_timer().discard();
    let _ = [Answer::None, Answer::Otherwise];
    assert_eq!((CostTotal.get(), Level.get(), InFlight.get()), (Some(0.25), Some(-3), Some(-1.5)));
}

/// Everything that a label may be called without being a problem of ours.
#[test]
fn labels_may_have_the_names_of_our_parameters() {
    caas_metrics::metrics! {
        /// Labels called like things in the expansion.
        counter NamesTotal {
            value: u8, amount: u8, keep: u8, visitor: u8, source: u8, view: u8, text: u8, child: u8,
            family: u8, r#type: u8, r#fn: u8, get: u8, inc: u8, r#static: u8
        }
    }
    let names = NamesTotal {
        value: 1,
        amount: 2,
        keep: 3,
        visitor: 4,
        source: 5,
        view: 6,
        text: 7,
        child: 8,
        family: 9,
        r#type: 10,
        r#fn: 11,
        get: 12,
        inc: 13,
        r#static: 14,
    };
    names.inc();
    let mut seen = Vec::new();
    NamesTotal::retain(|view| {
        seen.push([view.value, view.r#type, view.r#static].map(str::to_owned));
        true
    });
    assert_eq!(seen, [["1", "10", "14"]]);
}
