//! One gRPC call, from its path to its code.
//!
//! Names are kept in `names`, codes are in `code`.
//! Invariant: what the server has not confirmed stays `unmatched`.

use std::cell::Cell;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use super::super::{BodyEnding, Call, End, Hooks, RequestEnding, Start, UNMATCHED};
use super::code::Code;
use super::names::{Name, Names};

/// What is kept of a gRPC call.
///
/// Not public API. Used by generated code.
#[doc(hidden)]
#[derive(Debug)]
pub struct Rpc {
    names: &'static Names,
    name: Result<&'static Name, Box<str>>,
    /// The code of a response whose head has one.
    in_head: Cell<Option<Code>>,
}

impl Rpc {
    /// `None` if the request is not a gRPC call.
    #[must_use]
    pub fn begin(start: &Start<'_>, names: &'static Names) -> Option<Self> {
        if !is_grpc(start.headers()) {
            return None;
        }
        let path = start.uri().path();
        let name = names.find(path).ok_or_else(|| path.into());
        Some(Self { names, name, in_head: Cell::new(None) })
    }

    /// The head of the response is ready.
    pub fn answered<Kept>(&self, call: &Call<'_, Kept>) {
        self.in_head.set(call.response_headers().and_then(Code::in_headers));
    }

    /// The call has ended.
    #[must_use]
    pub fn ended<'a>(&self, end: &'a End<'_, Option<Self>>) -> GrpcCall<'a> {
        let own = end.trailers().and_then(Code::in_headers).or(self.in_head.get());
        let code = own.unwrap_or_else(|| without_own(end.ending(), end.body(), end.status()));
        let exists = own.is_some_and(Code::shows_that_the_method_exists);
        let name = match &self.name {
            Ok(name) => Some(*name),
            Err(path) if exists => self.names.learn(path),
            Err(_) => None,
        };
        GrpcCall { name, code, end }
    }
}

/// The code of a call whose server did not say any.
fn without_own(ending: RequestEnding, body: BodyEnding, status: u16) -> Code {
    match (ending, body) {
        (RequestEnding::Cancelled, _) | (_, BodyEnding::Aborted) => Code::Canceled,
        (RequestEnding::Answered, BodyEnding::Complete) => Code::from_http_status(status),
        _ => Code::Internal,
    }
}

/// `application/grpc`, also with the name of a codec after it, but not gRPC-Web, whose trailers are in its body.
fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    matches!(content_type.strip_prefix(b"application/grpc"), Some([] | [b'+' | b';', ..]))
}

/// A gRPC call that has ended.
///
/// ```
/// use caas_metrics::tower::grpc::{Code, GrpcCall};
///
/// fn is_failure_of_ours(call: &GrpcCall<'_>) -> bool {
///     matches!(call.code(), Code::Internal | Code::Unknown | Code::DataLoss | Code::Unavailable)
/// }
/// ```
#[derive(Debug)]
pub struct GrpcCall<'a> {
    name: Option<&'static Name>,
    code: Code,
    end: &'a End<'a, Option<Rpc>>,
}

impl GrpcCall<'_> {
    /// The service with its package, like `helloworld.Greeter`, or [`UNMATCHED`].
    #[must_use]
    pub fn service(&self) -> &str {
        self.name.map_or(UNMATCHED, Name::service)
    }

    /// The method, like `SayHello`, or [`UNMATCHED`].
    #[must_use]
    pub fn method(&self) -> &str {
        self.name.map_or(UNMATCHED, Name::method)
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The time from the call of the service to the end of its stream of responses.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.end.elapsed()
    }

    /// The bytes of the responses, with gRPC's framing.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.end.bytes()
    }
}

/// Hooks that give each gRPC call to a closure: those of [`layer`](super::layer()).
#[derive(Clone)]
pub struct Calls<OnEnd>(pub(super) OnEnd);

impl<OnEnd> std::fmt::Debug for Calls<OnEnd> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Calls")
    }
}

impl<OnEnd: Fn(&GrpcCall<'_>)> Hooks for Calls<OnEnd> {
    type Kept = Option<Rpc>;

    fn on_start(&self, start: &Start<'_>) -> Option<Rpc> {
        Rpc::begin(start, Names::learned())
    }

    fn record(&self, call: &Call<'_, Option<Rpc>>) {
        if let Some(rpc) = call.kept() {
            rpc.answered(call);
        }
    }

    fn on_end(&self, end: &End<'_, Option<Rpc>>) {
        if let Some(rpc) = end.kept() {
            (self.0)(&rpc.ended(end));
        }
    }
}
