//! A request on its way through the three moments.
//!
//! The future and the body that carry it are in `future` and `body`; what is called, in `hooks`.
//! Invariant: `record` and `on_end` are each called exactly once, in this order, however the request ends.

use std::cell::Cell;

use http::header::CONTENT_LENGTH;
use http::{Extensions, HeaderMap, Method, Request, Response, StatusCode, Version};

use super::call::{Call, RequestEnding};
use super::end::{BodyEnding, End};
use super::hooks::Hooks;
use super::route::text;
use super::start::Start;
use crate::clock::Instant;
use crate::exemplars::Carried;
use crate::family::any_has_exemplars;
use crate::isolation::Isolation;

/// A request between its start and its end. It ends at drop, if not before.
///
/// It moves from the future to the body. A processor waits when it moves in one piece what has just been written
/// in parts, so nothing is written shortly before.
pub(super) struct Pending<T: AsRef<str>, H: Hooks> {
    trace: Carried,
    started: Instant,
    method: Method,
    version: Version,
    template: Option<T>,
    hooks: H,
    kept: H::Kept,
    isolation: Isolation,
    state: State,
    head: Head,
    /// The bytes that were sent.
    bytes: u64,
    /// How many are enough, or `UNKNOWN`.
    exact: u64,
}

/// Where the request is.
#[derive(Clone, Copy)]
enum State {
    Waiting,
    /// The service has panicked.
    Panicked,
    Sending,
    /// The body has panicked.
    BodyPanicked,
    Ended,
}

/// While it lives, code of the service runs. It is forgotten when that returns, so nothing is written then. A drop
/// means that the code has panicked.
pub(super) struct Running<'a>(&'a mut State);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        *self.0 = match *self.0 {
            State::Waiting => State::Panicked,
            State::Sending => State::BodyPanicked,
            other => other,
        };
    }
}

/// What is known since the response's head.
#[derive(Clone, Copy)]
struct Head {
    status: u16,
    ending: RequestEnding,
    /// Nanoseconds.
    elapsed: u64,
}

/// A length that nobody has said.
const UNKNOWN: u64 = u64::MAX;

impl<T: AsRef<str>, H: Hooks> Pending<T, H> {
    /// A request that begins.
    #[inline]
    pub(super) fn begin<B>(request: &Request<B>, template: Option<T>, hooks: H) -> Self {
        let kept = hooks.on_start(&Start::new(request, text(template.as_ref())));
        Self {
            trace: if any_has_exemplars() { Carried::current() } else { Carried::NONE },
            started: Instant::now(),
            method: request.method().clone(),
            version: request.version(),
            template,
            hooks,
            kept,
            isolation: Isolation::current(),
            state: State::Waiting,
            head: Head { status: 0, ending: RequestEnding::Answered, elapsed: 0 },
            bytes: 0,
            exact: UNKNOWN,
        }
    }

    /// Code of the service begins to run.
    #[inline]
    pub(super) fn running(&mut self) -> Running<'_> {
        Running(&mut self.state)
    }

    /// The response's head is ready. Whether the request goes on as its body.
    #[inline]
    pub(super) fn answered<B: http_body::Body>(&mut self, response: &Response<B>) -> bool {
        // This is written before the hook runs, not shortly before the request moves.
        let body = response.body();
        self.exact = if has_no_body(&self.method, response.status()) {
            0
        } else {
            let exact = body.size_hint().exact();
            exact.or_else(|| content_length(response.headers())).unwrap_or(UNKNOWN)
        };
        let seen = Some((response.headers(), response.extensions()));
        self.record(RequestEnding::Answered, response.status().as_u16(), seen);
        let goes_on = !body.is_end_stream();
        if !goes_on {
            self.end(BodyEnding::Complete, None);
        }
        goes_on
    }

    /// There will be no response.
    #[cold]
    fn unanswered(&mut self, ending: RequestEnding, status: u16) {
        self.record(ending, status, None);
        self.end(BodyEnding::None, None);
    }

    /// The service returned an error.
    pub(super) fn failed(&mut self) {
        self.unanswered(RequestEnding::Failed, 500);
    }

    /// Bytes of the body were handed to the server.
    #[inline]
    pub(super) fn sent(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
    }

    /// The body has ended.
    #[inline]
    pub(super) fn body_ended(&mut self, body: BodyEnding, trailers: Option<&HeaderMap>) {
        if let State::Sending = self.state {
            self.end(body, trailers);
        }
    }

    fn record(
        &mut self,
        ending: RequestEnding,
        status: u16,
        response: Option<(&HeaderMap, &Extensions)>,
    ) {
        let elapsed = self.started.nanoseconds();
        self.head = Head { status, ending, elapsed };
        // If a hook panics after all, the request is ended by the drop, and not recorded again.
        self.state = State::Sending;
        let (method, version, route) = (&self.method, self.version, text(self.template.as_ref()));
        let kept = &self.kept;
        let call = Call { method, version, route, kept, response, status, ending, elapsed };
        self.isolation.run(|| self.trace.during(|| self.hooks.record(&call)));
    }

    fn end(&mut self, body: BodyEnding, trailers: Option<&HeaderMap>) {
        self.state = State::Ended;
        let Head { status, ending, elapsed: to_head } = self.head;
        let end = End {
            method: &self.method,
            version: self.version,
            route: text(self.template.as_ref()),
            kept: &self.kept,
            status,
            ending,
            to_head,
            since: self.started,
            elapsed: Cell::new(None),
            body,
            bytes: self.bytes,
            trailers,
        };
        self.isolation.run(|| self.trace.during(|| self.hooks.on_end(&end)));
    }

    /// Ends a request that is dropped.
    #[cold]
    fn abandoned(&mut self) {
        match self.state {
            State::Panicked => self.unanswered(RequestEnding::Panicked, 500),
            State::Waiting => self.unanswered(RequestEnding::Cancelled, 499),
            State::BodyPanicked => self.end(BodyEnding::Panicked, None),
            State::Sending => {
                // Servers need not ask a body for more than its length.
                let is_sent = self.exact != UNKNOWN && self.bytes >= self.exact;
                self.end(if is_sent { BodyEnding::Complete } else { BodyEnding::Aborted }, None);
            }
            State::Ended => {}
        }
    }
}

impl<T: AsRef<str>, H: Hooks> Drop for Pending<T, H> {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.state, State::Ended) {
            self.abandoned();
        }
    }
}

/// Whether HTTP has no body for such a response, so that a server may drop what the service returned.
fn has_no_body(method: &Method, status: StatusCode) -> bool {
    *method == Method::HEAD
        || status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED
        || (*method == Method::CONNECT && status.is_success())
}

/// The length that the head of a response promises.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
