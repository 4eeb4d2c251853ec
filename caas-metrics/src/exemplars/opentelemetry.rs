//! The current context of the `opentelemetry` crate.
//!
//! `tracing-opentelemetry` makes the context of a span current too, while the span is entered. The program must
//! use the same version of `opentelemetry`: each has a current context of its own.
//! Invariant: only sampled traces count.

use opentelemetry::{Context, trace::TraceContextExt};

use super::TraceContext;

/// The trace and the span of the current context, if it is sampled.
pub(super) fn current() -> Option<TraceContext> {
    Context::map_current(|context| {
        let span = context.span();
        let span = span.span_context();
        let trace_id = u128::from_be_bytes(span.trace_id().to_bytes());
        let span_id = u64::from_be_bytes(span.span_id().to_bytes());
        TraceContext::new(trace_id, span_id).filter(|_| span.is_sampled())
    })
}
