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
/// Nothing of it is read or written but single fields: on their way through memory, larger pieces that were
/// written in parts hold the processor up.
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

/// Where the request is. While code of the service runs, a drop means that it has panicked.
#[derive(Clone, Copy)]
enum State {
    InService,
    Waiting,
    InBody,
    Sending,
    Ended,
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
    pub(super) fn enter(&mut self) {
        self.state = match self.state {
            State::Waiting => State::InService,
            State::Sending => State::InBody,
            other => other,
        };
    }

    /// Code of the service has returned.
    #[inline]
    pub(super) fn leave(&mut self) {
        self.state = match self.state {
            State::InService => State::Waiting,
            State::InBody => State::Sending,
            other => other,
        };
    }

    /// The response's head is ready. Whether the request goes on as its body.
    #[inline]
    pub(super) fn answered<B: http_body::Body>(&mut self, response: &Response<B>) -> bool {
        let seen = Some((response.headers(), response.extensions()));
        self.record(RequestEnding::Answered, response.status().as_u16(), seen);
        let body = response.body();
        if body.is_end_stream() {
            self.end(BodyEnding::Complete, None);
            return false;
        }
        self.exact = if has_no_body(&self.method, response.status()) {
            0
        } else {
            let exact = body.size_hint().exact();
            exact.or_else(|| content_length(response.headers())).unwrap_or(UNKNOWN)
        };
        true
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
        if let State::Sending | State::InBody = self.state {
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
            State::InService => self.unanswered(RequestEnding::Panicked, 500),
            State::Waiting => self.unanswered(RequestEnding::Cancelled, 499),
            State::InBody => self.end(BodyEnding::Panicked, None),
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
