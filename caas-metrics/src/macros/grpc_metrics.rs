//! Ready-made families for gRPC.
//!
//! They are declared where the user wants them, like those of `http_metrics`. What a call's code is, is in `tower::grpc`.
//! Invariant: every label is closed, or a name that the server has confirmed.

/// Declares metrics of gRPC calls, and the layer that updates them.
///
/// ```
/// caas_metrics::grpc_metrics! {
///     /// What clients of our services get.
///     pub struct GrpcMetrics;
/// }
/// // tonic::transport::Server::builder().layer(GrpcMetrics)
/// ```
///
/// or, without a name: `.layer(caas_metrics::grpc_metrics!())`.
///
/// | family | type | labels | counts |
/// |---|---|---|---|
/// | `GrpcServerHandledTotal` | counter | `grpc_service`, `grpc_method`, `grpc_code` | calls that have ended |
/// | `GrpcServerHandlingSeconds` | histogram, native too | `grpc_service`, `grpc_method` | the time to the end of the stream of responses |
/// | `GrpcServerCallsInFlight` | gauge | | calls that have not ended |
///
/// Families and labels are called as go-grpc-middleware calls them, so dashboards and rules for its metrics work.
/// The label `grpc_type` is not there: whether a call is a stream is not visible from outside. In place of
/// `grpc_server_started_total` there is a gauge, because a method that nobody has called before is only
/// known to exist when it has answered.
///
/// [`grpc`](crate::tower::grpc) says which names become labels, and which code a call has that was cut off.
/// Settings: `namespace = "…";` as in [`metrics!`](crate::metrics), and after it a list of all methods, so
/// that no others are ever shown:
///
/// ```
/// caas_metrics::grpc_metrics! {
///     namespace = "shop";
///     methods = ["/shop.v1.Orders/Place", "/shop.v1.Orders/Cancel"];
///
///     struct GrpcMetrics;
/// }
/// # let _: GrpcMetrics = GrpcMetrics;
/// ```
///
/// # Cost
///
/// Four updates and three reads of the clock. Nothing is allocated for calls of a method that is known.
#[macro_export]
macro_rules! grpc_metrics {
    () => {{
        $crate::grpc_metrics! { struct GrpcMetrics; }
        GrpcMetrics
    }};
    (namespace = $namespace:tt; methods = [$($method:literal),* $(,)?]; $($rest:tt)*) => {
        $crate::__grpc_metrics! { { namespace = $namespace; } { Some(&[$($method),*]) } $($rest)* }
    };
    (namespace = $namespace:tt; $($rest:tt)*) => {
        $crate::__grpc_metrics! { { namespace = $namespace; } { None } $($rest)* }
    };
    (methods = [$($method:literal),* $(,)?]; $($rest:tt)*) => {
        $crate::__grpc_metrics! { {} { Some(&[$($method),*]) } $($rest)* }
    };
    ($($rest:tt)*) => {
        $crate::__grpc_metrics! { {} { None } $($rest)* }
    };
}

/// The declarations of [`grpc_metrics!`](crate::grpc_metrics).
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[macro_export]
macro_rules! __grpc_metrics {
    (
        { $($setting:tt)* } { $list:ident $(($methods:expr))? }
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident;
    ) => {
        $crate::metrics! {
            $($setting)*

            /// gRPC calls that have ended, by their code.
            $visibility counter GrpcServerHandledTotal {
                grpc_service: &str, grpc_method: &str, grpc_code: $crate::tower::grpc::Code
            }

            /// Time from a gRPC call to the end of its stream of responses in seconds.
            #[exemplars]
            #[native]
            #[buckets(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)]
            $visibility histogram GrpcServerHandlingSeconds { grpc_service: &str, grpc_method: &str }

            /// gRPC calls that have not ended.
            #[updown]
            $visibility gauge GrpcServerCallsInFlight;
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
            static __CAAS_NAMES: $crate::__private::Names =
                $crate::__private::Names::new($crate::__private::Option::$list $(($methods))?);

            impl $crate::tower::Hooks for $name {
                type Kept = $crate::__private::Option<$crate::__private::Rpc>;

                fn on_start(&self, start: &$crate::tower::Start<'_>) -> Self::Kept {
                    let rpc = $crate::__private::Rpc::begin(start, &__CAAS_NAMES);
                    if rpc.is_some() {
                        GrpcServerCallsInFlight.inc();
                    }
                    rpc
                }

                fn record(&self, call: &$crate::tower::Call<'_, Self::Kept>) {
                    if let $crate::__private::Some(rpc) = call.kept() {
                        rpc.answered(call);
                    }
                }

                fn on_end(&self, end: &$crate::tower::End<'_, Self::Kept>) {
                    let $crate::__private::Some(rpc) = end.kept() else { return };
                    GrpcServerCallsInFlight.dec();
                    let call = rpc.ended(end);
                    let (grpc_service, grpc_method) = (call.service(), call.method());
                    GrpcServerHandledTotal { grpc_service, grpc_method, grpc_code: call.code() }.inc();
                    GrpcServerHandlingSeconds { grpc_service, grpc_method }.observe(call.elapsed());
                }
            }

            impl<S> $crate::__private::Layer<S> for $name {
                type Service = $crate::tower::Metrics<S, $crate::tower::NoRoutes, $name>;

                fn layer(&self, inner: S) -> Self::Service {
                    $crate::__private::Layer::layer(
                        &$crate::tower::MetricsLayer::with($crate::tower::NoRoutes, *self),
                        inner,
                    )
                }
            }
        };
    };
    ({ $($setting:tt)* } { $($list:tt)* } $($rest:tt)*) => {
        ::std::compile_error!(
            "`grpc_metrics!` takes `namespace = \"…\";`, `methods = [\"/package.Service/Method\"];`, in this order, and \
             then one layer: write `pub struct GrpcMetrics;`"
        );
    };
}
