//! A `tower` layer that counts and times every request of a service by its route template.
//!
//! Handlers never see a request that an extractor refuses, nor a 404 or a 405, and an `Ok` response may
//! have status 500. So what a client gets is measured here, around the whole router.
//!
//! # Three moments
//!
//! | hook | called | knows |
//! |---|---|---|
//! | `on_start` | when the request comes to the layer | [`Start`]: the whole head of the request |
//! | `record` | when the head of the response is ready, or the service failed, panicked or was cancelled | [`Call`]: also the head of the response, and the time to it |
//! | `on_end` | when the response's body has ended; without a response, right after `record` | [`End`]: also how the body ended, its bytes and trailers, and the whole time |
//!
//! Each is called exactly once for each request, in this order, however the request ends. So a request is **in
//! flight** from `on_start` to `on_end`: a gauge that goes up in the one and down in the other cannot leak. A
//! request whose future is dropped is [cancelled](RequestEnding::Cancelled); a body that is dropped before its
//! end is [aborted](BodyEnding::Aborted).
//!
//! `record` is the place to count and time: [`Call::elapsed`] is how long the service took, not how fast the
//! client reads, and a stream of events that is open for hours is counted when it begins. [`End::elapsed`] has
//! the other time.
//!
//! # Labels from the request
//!
//! A request is gone when its response is there, so what `record` and `on_end` need of it is kept from the
//! start: see [`MetricsLayer::keeping`]. Layers outside of this one can put it into the request's extensions.
//! What an inner layer or a handler finds out, such as the user, it puts into the *response's* extensions:
//! [`Call::response_extensions`].
//!
//! # Order of layers
//!
//! What is outside of this layer is not measured, and what is inside of it is a part of the service.
//!
//! - *Inside*: CORS, authorization and rate limits, since they answer by themselves; timeouts, so that a 504 is
//!   recorded as one (outside, the request is cancelled, 499); layers that catch panics, so that they are a 500 and
//!   the connection lives (outside, the request is [`Panicked`](RequestEnding::Panicked)); compression, so that
//!   bytes are those that are sent (outside, those before compression).
//! - *Outside*: what makes a trace current, so that exemplars belong to it, and what sets extensions that labels
//!   are made of.
//!
//! # What counts as what
//!
//! - A WebSocket, or any other upgrade, is its handshake: status 101, and an end right after it. Count open
//!   sockets where they are served, as with `#[in_flight]`.
//! - A response to HEAD, and one with status 204 or 304, has no body: it is complete when the server drops
//!   what the service returned.
//! - Over HTTP/2, a client resets a stream that it no longer wants. Before the response's head that is a
//!   cancelled request, after it an aborted body.
//! - Bytes count as sent when the server takes them from the body. They may not have reached the client.
//!
//! # Cost
//!
//! Two reads of the clock, and a third one if [`End::elapsed`] is called. The layer allocates nothing.
//! A router that puts bodies of unknown type into a box, as axum does, does so once for each layer.

// Not here: particular routers (`axum`), and ready-made families (`http_metrics!`, `grpc_metrics!`).
// Invariant: each request is recorded exactly once, however it ends, and never by its raw path.

mod body;
mod call;
mod end;
mod future;
pub mod grpc;
mod hooks;
mod layer;
mod method;
mod pending;
mod request_head;
mod route;
mod start;

#[allow(deprecated, reason = "it stays until the next version")]
pub use self::call::Ending;
pub use self::{
    body::ResponseBody,
    call::{Call, RequestEnding},
    end::{BodyEnding, End},
    future::ResponseFuture,
    hooks::{Hooks, Keeping, WithEnd, WithRecord, WithStart},
    layer::{Metrics, MetricsLayer},
    method::HttpMethod,
    request_head::RequestHead,
    route::{FindRoute, NoRoutes, UNMATCHED},
    start::Start,
};
