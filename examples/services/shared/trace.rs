//! The trace that each request belongs to: its caller's, or a new one.
//!
//! Nothing is exported here; a real service gives its tracer an exporter. The layer that measures is
//! inside this one, so each exemplar on the page names a trace that the client was told, too.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName};
use axum::middleware::Next;
use axum::response::Response;
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{FutureExt, SpanKind, TraceContextExt, Tracer, TracerProvider};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;

static PROVIDER: LazyLock<SdkTracerProvider> =
    LazyLock::new(|| SdkTracerProvider::builder().build());

/// Serves a request in a span of its own; the header `trace-id` of the answer has its trace.
pub async fn of_request(request: Request, next: Next) -> Response {
    let parent = TraceContextPropagator::new().extract(&Headers(request.headers()));
    let tracer = PROVIDER.tracer("caas");
    let span = tracer.span_builder("request").with_kind(SpanKind::Server);
    let context = parent.with_span(span.start_with_context(&tracer, &parent));
    let trace_id = context.span().span_context().trace_id().to_string();
    let mut response = next.run(request).with_context(context).await;
    if let Ok(trace_id) = trace_id.parse() {
        response.headers_mut().insert("trace-id", trace_id);
    }
    response
}

/// The headers of a request, as propagators read them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}
