//! gRPC calls: service, method and code as labels.
//!
//! A gRPC call that fails has HTTP status 200, and its code comes in the trailers after the body. So layers that
//! count status codes see no failures. [`grpc_metrics!`](crate::grpc_metrics) declares ready-made families;
//! with families of your own:
//!
//! ```
//! use caas_metrics::tower::grpc;
//!
//! caas_metrics::metrics! {
//!     /// Calls by how they ended.
//!     counter CallsTotal { method: &str, code: grpc::Code }
//! }
//!
//! let layer = grpc::layer(|call| {
//!     CallsTotal { method: call.method(), code: call.code() }.inc();
//! });
//! // tonic::transport::Server::builder().layer(layer)
//! # let _ = layer;
//! ```
//!
//! Requests without the content type `application/grpc` are not counted, so the layer can also go around a router
//! with other routes. A layer that translates gRPC-Web goes outside of this one.
//!
//! # Which names become labels
//!
//! Clients choose the path of a request, so its service and method count as [`UNMATCHED`](super::UNMATCHED) until
//! the server has shown that they exist: by a status of its own in the response, other than `Unimplemented`
//! (the method does not exist) and `Unauthenticated` (somebody may answer so without looking at the method). From
//! then on all calls have their names, also those that are cancelled or panic. At most some hundred names are
//! remembered, of at most 256 bytes. With a list of names (`methods = […]` of
//! [`grpc_metrics!`](crate::grpc_metrics)), these count from the start and no others ever do.
//!
//! # Which code counts
//!
//! `grpc-status` of the trailers, else of the head. Without any: `Canceled` if the future or the body was
//! dropped before its end, `Internal` if one failed or panicked, else what gRPC's specification
//! makes of the HTTP status ("HTTP to gRPC Status Code Mapping"). A deadline that is kept by the server outside of
//! this layer, like tonic's `Server::timeout`, drops the call: `Canceled`.

// Not here: the layer (`layer`), and bodies (`body`).
// Invariant: a name that the server has not confirmed is never a label.

mod code;
mod names;
mod rpc;

pub use self::{
    code::Code,
    names::Names,
    rpc::{Calls, GrpcCall, Rpc},
};
use super::layer::MetricsLayer;
use super::route::NoRoutes;

/// A layer that calls `on_end` once for each gRPC call, when it has ended, its stream of responses included.
///
/// See the [module](self). The closure should do nothing but update metrics, and must not panic.
#[must_use]
pub fn layer<OnEnd>(on_end: OnEnd) -> MetricsLayer<NoRoutes, Calls<OnEnd>>
where
    OnEnd: Fn(&GrpcCall<'_>),
{
    MetricsLayer::with(NoRoutes, Calls(on_end))
}
