//! A `metrics!` block as plain data with spans.
//!
//! Nothing is judged here: a tree may hold every mistake that `check` knows.
//! Invariant: whatever an error or the expansion has to point at is kept as the user's own tokens.

use crate::paths::Runtime;
use proc_macro2::{Ident, Span, TokenStream};
use syn::LitStr;
use syn::ext::IdentExt;

/// The whole block.
#[derive(Default)]
pub(crate) struct Block {
    pub(crate) runtime: Runtime,
    pub(crate) namespace: Option<LitStr>,
    pub(crate) families: Vec<Family>,
}

/// One declared family: `pub counter HttpRequestsTotal { method: Method }`.
pub(crate) struct Family {
    pub(crate) passed: Passed,
    pub(crate) help: Help,
    pub(crate) options: Options,
    pub(crate) visibility: TokenStream,
    pub(crate) metric_type: MetricType,
    pub(crate) keyword: Ident,
    pub(crate) ident: Ident,
    /// The `f64` of `counter Name<f64>`.
    pub(crate) number: Option<Ident>,
    pub(crate) labels: Vec<Label>,
    /// The metric's full name: from `#[name]`, else namespace and identifier.
    pub(crate) name: String,
}

/// The four types of metric that a block declares.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum MetricType {
    Counter,
    Gauge,
    Histogram,
    Info,
}

impl MetricType {
    /// The keywords of a block with their types.
    pub(crate) const ALL: [(&'static str, Self); 4] = [
        (Self::Counter.shared().as_str(), Self::Counter),
        (Self::Gauge.shared().as_str(), Self::Gauge),
        (Self::Histogram.shared().as_str(), Self::Histogram),
        (Self::Info.shared().as_str(), Self::Info),
    ];

    /// The type as the run time knows it.
    pub(crate) const fn shared(self) -> caas_metrics_model::MetricType {
        match self {
            Self::Counter => caas_metrics_model::MetricType::Counter,
            Self::Gauge => caas_metrics_model::MetricType::Gauge,
            Self::Histogram => caas_metrics_model::MetricType::Histogram,
            Self::Info => caas_metrics_model::MetricType::Info,
        }
    }

    /// The type that `keyword` declares.
    pub(crate) fn from_keyword(keyword: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == keyword).map(|(_, found)| *found)
    }

    /// The type with its article, for messages.
    pub(crate) fn with_article(self) -> &'static str {
        match self {
            Self::Counter => "a counter",
            Self::Gauge => "a gauge",
            Self::Histogram => "a histogram",
            Self::Info => "an info",
        }
    }
}

/// How a gauge can move.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moves {
    /// Up and down, and to any value.
    Freely,
    /// Up and down: `#[updown]`.
    UpAndDown,
    /// Up by a guard, which takes it down again: `#[held]`.
    Held,
}

/// One label: `path: &str`.
pub(crate) struct Label {
    /// Its doc comment, empty if it has none.
    pub(crate) docs: TokenStream,
    pub(crate) ident: Ident,
    /// The type as written, references without a lifetime.
    pub(crate) ty: TokenStream,
    /// The span of the type.
    pub(crate) span: Span,
}

impl Label {
    /// The label's name on the wire: `type` for `r#type`.
    pub(crate) fn name(&self) -> String {
        self.ident.unraw().to_string()
    }
}

/// The doc comment of a family, whose first paragraph is the help text.
#[derive(Default)]
pub(crate) struct Help {
    /// The comment's attributes; empty if there is none.
    pub(crate) docs: TokenStream,
    /// The first paragraph on one line.
    pub(crate) text: String,
}

/// Attributes that the expansion repeats, each whole.
#[derive(Default)]
pub(crate) struct Passed {
    /// `#[cfg(…)]`: on every item of the family.
    pub(crate) cfgs: Vec<TokenStream>,
    /// `#[doc(…)]`: on the items that a user can name.
    pub(crate) doc_settings: TokenStream,
    /// `#[allow(…)]` and the other lint levels: on the struct as written, elsewhere as `allow`.
    pub(crate) lints: Vec<Lint>,
    /// `#[deprecated]` and `#[cfg_attr(…)]`: on the struct.
    pub(crate) on_struct: TokenStream,
}

impl Passed {
    /// The `#[cfg]`s as text, to compare two families.
    pub(crate) fn cfg_text(&self) -> String {
        self.cfgs.iter().map(ToString::to_string).collect()
    }
}

/// A lint attribute: its level and what stands in its parentheses.
pub(crate) struct Lint {
    pub(crate) level: Ident,
    pub(crate) arguments: TokenStream,
}

/// The block's own attributes on a family.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Setting<LitStr>>,
    pub(crate) buckets: Option<Setting<Buckets>>,
    pub(crate) native: Option<Setting<Native>>,
    pub(crate) limit: Option<Setting<Limit>>,
    pub(crate) unit: Option<Setting<LitStr>>,
    pub(crate) updown: Option<Setting<()>>,
    pub(crate) held: Option<Setting<()>>,
    /// With the labels that it names; none stands for all closed ones.
    pub(crate) zeroed: Option<Setting<Vec<Ident>>>,
    pub(crate) lazy: Option<Setting<()>>,
    pub(crate) exemplars: Option<Setting<()>>,
    pub(crate) legacy: Option<Setting<LitStr>>,
    /// An attribute could not be read, so rules about names can't be judged.
    pub(crate) is_flawed: bool,
}

/// A value with the attribute's name, which errors about the attribute underline.
pub(crate) struct Setting<T> {
    pub(crate) site: Ident,
    pub(crate) value: T,
}

/// The number of `#[limit = N]`.
pub(crate) struct Limit {
    pub(crate) tokens: TokenStream,
    /// `None` if it does not fit.
    pub(crate) children: Option<u32>,
}

/// A number as written, with its tokens.
pub(crate) struct Number {
    pub(crate) tokens: TokenStream,
    pub(crate) value: f64,
}

/// The argument of `#[buckets(…)]`.
pub(crate) enum Buckets {
    /// `none`, for a histogram that is only native.
    None(Ident),
    List(Vec<Number>),
    /// `linear(start, width, count)`
    Linear(Generator),
    /// `exponential(start, factor, count)`
    Exponential(Generator),
}

/// The arguments of `#[native(…)]`, as far as they are given.
#[derive(Default)]
pub(crate) struct Native {
    pub(crate) schema: Option<Number>,
    pub(crate) from: Option<Number>,
    pub(crate) to: Option<Number>,
    pub(crate) max_buckets: Option<Number>,
}

/// The three numbers of a generator of buckets.
pub(crate) struct Generator {
    pub(crate) name: Ident,
    pub(crate) start: Number,
    pub(crate) step: Number,
    pub(crate) count: Number,
}
