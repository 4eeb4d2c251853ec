//! Ready-made families for HTTP.
//!
//! They are declared where the user wants them, so that they have the user's namespace and only exist if they are
//! used. What a layer does with requests is in `tower`.
//! Invariant: every label is closed, or a template, or a status: nothing that clients can invent.

/// Declares metrics of HTTP requests, and the layer that updates them.
///
/// ```
/// use axum::{Router, routing::get};
///
/// caas_metrics::http_metrics! {
///     namespace = "shop";
///
///     /// What a client of the shop gets.
///     pub struct HttpMetrics;
/// }
///
/// let app: Router = Router::new().route("/users/{id}", get(|| async { "a user" })).layer(HttpMetrics);
/// # let requests = HttpRequestsTotal { method: caas_metrics::tower::HttpMethod::Get, route: "/", status: 200 };
/// # assert_eq!(requests.get(), None);
/// ```
///
/// Without a name and a namespace it is the layer itself, and the families have no names in Rust:
///
/// ```
/// # use axum::{Router, routing::get};
/// let app: Router = Router::new()
///     .route("/users/{id}", get(|| async { "a user" }))
///     .layer(caas_metrics::http_metrics!());
/// ```
///
/// | family | type | labels | counts |
/// |---|---|---|---|
/// | `HttpRequestsTotal` | counter | `method`, `route`, `status` | requests, when the response's head is ready |
/// | `HttpRequestDurationSeconds` | histogram, native too | `method`, `route` | the time to the response's head |
/// | `HttpRequestsInFlight` | gauge | | requests whose response has not been sent |
/// | `HttpRequestSizeBytes` | histogram, native too | `method`, `route` | bodies of requests that have one, as `content-length` says |
/// | `HttpResponseSizeBytes` | histogram, native too | `method`, `route` | bytes of bodies that were sent |
///
/// `method` is an [`HttpMethod`](crate::tower::HttpMethod), `route` the template or
/// [`UNMATCHED`](crate::tower::UNMATCHED), and `status` a number, as [`Call::status`](crate::tower::Call::status)
/// says. All families are on the page, with the help texts that they have here, and `check()` sees two blocks with
/// the same namespace.
///
/// The duration ends with the head, because it says how long the service took. To the end of the body, it would
/// say how fast clients read, and a stream of events or a large download would look like a slow request.
/// Its bounds are the defaults of Prometheus, and it has exemplars.
///
/// # Labels of your own
///
/// ```
/// use std::sync::Arc;
/// use caas_metrics::Label;
///
/// #[derive(Label, Clone, Copy)]
/// enum Api { V1, V2, #[label(other)] Other }
///
/// caas_metrics::http_metrics! {
///     struct HttpMetrics {
///         api: Api = |start| Api::from_label(start.header("x-api-version").unwrap_or_default()),
///         tenant: Arc<str> = |start| start.extensions().get::<Arc<str>>().cloned().unwrap_or_else(|| "none".into()),
///     }
/// }
/// # let app: axum::Router = axum::Router::new().layer(HttpMetrics);
/// ```
///
/// Each has a type that can be cloned and borrows nothing, and a closure that makes it from the
/// [`Start`](crate::tower::Start) of a request. `HttpRequestsTotal` and `HttpRequestDurationSeconds` have them.
///
/// # Where the layer goes
///
/// `HttpMetrics` is a `tower` layer. In axum it is added with `Router::layer`, after the routes; the
/// [module](crate::tower) says which layers go outside of it. With the feature `axum` it knows axum's
/// templates. For another router, or for more closures, give it to
/// [`MetricsLayer::with`](crate::tower::MetricsLayer::with).
///
/// # Cost
///
/// Four or five updates and two reads of the clock. Nothing is allocated once the series of a route exist.
#[macro_export]
macro_rules! http_metrics {
    () => {{
        $crate::http_metrics! { struct HttpMetrics; }
        HttpMetrics
    }};
    (namespace = $namespace:tt; $($rest:tt)*) => {
        $crate::__http_metrics! { { namespace = $namespace; } $($rest)* }
    };
    ($($rest:tt)*) => {
        $crate::__http_metrics! { {} $($rest)* }
    };
}

/// The declarations of [`http_metrics!`](crate::http_metrics).
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[macro_export]
macro_rules! __http_metrics {
    ({ $($setting:tt)* } $(#[$attribute:meta])* $visibility:vis struct $name:ident;) => {
        $crate::__http_metrics! { { $($setting)* } $(#[$attribute])* $visibility struct $name {} }
    };
    (
        { $($setting:tt)* }
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident { $($label:ident: $type:ty = $of:expr),* $(,)? }
    ) => {
        $crate::metrics! {
            $($setting)*

            /// HTTP requests, counted when the head of their response is ready.
            $visibility counter HttpRequestsTotal {
                method: $crate::tower::HttpMethod, route: &str, status: u16, $($label: $type),*
            }

            /// Time from an HTTP request to the head of its response in seconds.
            #[exemplars]
            #[native]
            #[buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)]
            $visibility histogram HttpRequestDurationSeconds {
                method: $crate::tower::HttpMethod, route: &str, $($label: $type),*
            }

            /// HTTP requests whose response has not been sent.
            #[updown]
            $visibility gauge HttpRequestsInFlight;

            /// Bodies of HTTP requests in bytes, of those that have one and say its length.
            #[native(schema = 3, from = 16, to = 1e10)]
            #[buckets(exponential(100, 10, 7))]
            $visibility histogram HttpRequestSizeBytes {
                method: $crate::tower::HttpMethod, route: &str
            }

            /// Bodies of HTTP responses in bytes, as far as they were sent.
            #[native(schema = 3, from = 16, to = 1e10)]
            #[buckets(exponential(100, 10, 7))]
            $visibility histogram HttpResponseSizeBytes {
                method: $crate::tower::HttpMethod, route: &str
            }
        }

        $(#[$attribute])*
        #[derive(
            $crate::__private::Debug,
            $crate::__private::Clone,
            $crate::__private::Copy,
            $crate::__private::Default,
        )]
        $visibility struct $name;

        const _: () = {
            /// What is kept of a request.
            pub struct __CaasKept {
                /// Zero if it is not known.
                __caas_bytes: $crate::__private::u64,
                $($label: $type,)*
            }

            impl $crate::tower::Hooks for $name {
                type Kept = __CaasKept;

                #[inline]
                fn on_start(&self, start: &$crate::tower::Start<'_>) -> __CaasKept {
                    HttpRequestsInFlight.inc();
                    __CaasKept {
                        __caas_bytes: $crate::__private::Option::unwrap_or(start.content_length(), 0),
                        $($label: $crate::__private::of_start::<$type>(start, $of),)*
                    }
                }

                #[inline]
                fn record(&self, call: &$crate::tower::Call<'_, __CaasKept>) {
                    let method = $crate::tower::HttpMethod::of(call.method());
                    let route = call.route();
                    HttpRequestsTotal {
                        method,
                        route,
                        status: call.status(),
                        $($label: $crate::__private::Clone::clone(&call.kept().$label),)*
                    }
                    .inc();
                    HttpRequestDurationSeconds {
                        method,
                        route,
                        $($label: $crate::__private::Clone::clone(&call.kept().$label),)*
                    }
                    .observe(call.elapsed());
                }

                #[inline]
                fn on_end(&self, end: &$crate::tower::End<'_, __CaasKept>) {
                    HttpRequestsInFlight.dec();
                    let method = $crate::tower::HttpMethod::of(end.method());
                    let route = end.route();
                    let bytes = end.kept().__caas_bytes;
                    if bytes > 0 {
                        HttpRequestSizeBytes { method, route }.observe(bytes);
                    }
                    if end.ending() == $crate::tower::RequestEnding::Answered {
                        HttpResponseSizeBytes { method, route }.observe(end.bytes());
                    }
                }
            }

            impl<S> $crate::__private::Layer<S> for $name {
                type Service = $crate::tower::Metrics<S, $crate::__private::Routes, $name>;

                fn layer(&self, inner: S) -> Self::Service {
                    $crate::__private::measure(*self, inner)
                }
            }
        };
    };
    ({ $($setting:tt)* } $($rest:tt)*) => {
        ::std::compile_error!(
            "`http_metrics!` takes `namespace = \"…\";` and then one layer: write `pub struct HttpMetrics;` or, with labels \
             of your own, `pub struct HttpMetrics { label: Type = |start| … }`"
        );
    };
}
