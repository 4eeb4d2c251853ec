//! The trace that fields of the current `tracing` span name, for programs without OpenTelemetry.
//!
//! Invariant: nothing is done when a span is entered or left; the fields are read when a span begins,
//! and looked up when an exemplar is due.

use std::fmt;

use tracing::{
    Subscriber, dispatcher,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::TraceContext;

/// A layer of a `tracing_subscriber` registry that reads the fields `trace_id` and `span_id` of spans. They
/// are hexadecimal numbers; without `span_id`, exemplars name only the trace.
///
/// Updates in such a span, or in a span inside it, belong to its trace. Give the field only to spans whose
/// trace can be found later, so not to those that are not sampled. A layer of yours that updates families
/// with exemplars must not hold the extensions of a span meanwhile.
///
/// ```
/// use caas_metrics::exemplars::TraceFields;
/// use tracing_subscriber::layer::SubscriberExt;
///
/// caas_metrics::metrics! {
///     /// Uploads.
///     #[exemplars]
///     pub counter UploadsTotal;
/// }
///
/// let subscriber = tracing_subscriber::registry().with(TraceFields);
/// tracing::subscriber::with_default(subscriber, || {
///     let id = "4bf92f3577b34da6a3ce929d0e0e4736"; // of a request's header
///     let _request = tracing::info_span!("request", trace_id = id).entered();
///     UploadsTotal.inc();
/// });
///
/// let families = caas_metrics::registry().gather();
/// let uploads = families.iter().find(|family| family.name == "uploads_total").unwrap();
/// assert_eq!(uploads.children[0].exemplars[0].labels.len(), 1);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct TraceFields;

impl<S> Layer<S> for TraceFields
where
    S: Subscriber + for<'s> LookupSpan<'s>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut ids = Ids::default();
        attributes.record(&mut ids);
        keep(context.span(id), ids);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let mut ids = Ids::default();
        values.record(&mut ids);
        keep(context.span(id), ids);
    }
}

/// Keeps what is new with the span.
fn keep<S: for<'s> LookupSpan<'s>>(span: Option<SpanRef<'_, S>>, new: Ids) {
    let Some(span) = span.filter(|_| new != Ids::default()) else { return };
    let mut extensions = span.extensions_mut();
    let old = extensions.get_mut::<Ids>().copied().unwrap_or_default();
    extensions.replace(Ids { trace: new.trace.or(old.trace), span: new.span.or(old.span) });
}

/// The trace of the current span, or else of the next one around it that names one.
pub(super) fn current() -> Option<TraceContext> {
    dispatcher::get_default(|dispatch| {
        let current = dispatch.current_span();
        let span = dispatch.downcast_ref::<Registry>()?.span(current.id()?)?;
        span.scope().find_map(|span| span.extensions().get::<Ids>().and_then(Ids::context))
    })
}

/// The ids that a span's fields give.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Ids {
    trace: Option<u128>,
    span: Option<u64>,
}

impl Ids {
    fn context(&self) -> Option<TraceContext> {
        match self.span {
            Some(span) => TraceContext::new(self.trace?, span),
            None => TraceContext::of_trace(self.trace?),
        }
    }
}

impl Visit for Ids {
    fn record_str(&mut self, field: &Field, value: &str) {
        let is_hexadecimal = value.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u128::from_str_radix(value, 16).ok().filter(|_| is_hexadecimal);
        match field.name() {
            "trace_id" => self.trace = number,
            "span_id" => self.span = number.and_then(|number| u64::try_from(number).ok()),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "trace_id" | "span_id") {
            self.record_str(field, &format!("{value:?}"));
        }
    }
}
