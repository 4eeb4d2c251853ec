//! A request on its way through the three moments.
//!
//! The future and the body that carry it are in `future` and `body`; what is called, in `hooks`.
//! Invariant: `record` and `on_end` are each called exactly once, in this order, however the request ends.

use std::cell::Cell;
use std::time::Duration;

use http::header::CONTENT_LENGTH;
use http::{Extensions, HeaderMap, Method, Response, StatusCode, Version};

use super::call::{Call, RequestEnding};
use super::end::{BodyEnding, End};
use super::hooks::Hooks;
use super::route::text;
use crate::clock::Instant;
use crate::exemplars::Carried;
use crate::isolation::Isolation;

/// A request between its start and its end. It ends at drop, if not before.
pub(super) struct Pending<T: AsRef<str>, H: Hooks> {
    pub(super) trace: Carried,
    pub(super) started: Instant,
    pub(super) method: Method,
    pub(super) version: Version,
    pub(super) template: Option<T>,
    pub(super) hooks: H,
    pub(super) kept: H::Kept,
    pub(super) state: State,
    pub(super) isolation: Isolation,
}

/// Where the request is. While code of the service runs, a drop means that it has panicked.
#[derive(Clone, Copy)]
pub(super) enum State {
    InService,
    Waiting,
    InBody(Head),
    Sending(Head),
    Ended,
}

/// What is known since the response's head.
#[derive(Clone, Copy)]
pub(super) struct Head {
    status: u16,
    ending: RequestEnding,
    elapsed: Duration,
    /// The bytes that were sent.
    bytes: u64,
    /// How many are enough.
    exact: Option<u64>,
}

impl<T: AsRef<str>, H: Hooks> Pending<T, H> {
    /// Runs code of the service.
    #[inline]
    pub(super) fn guarded<R>(&mut self, service: impl FnOnce() -> R) -> R {
        self.state = match self.state {
            State::Waiting => State::InService,
            State::Sending(head) => State::InBody(head),
            other => other,
        };
        let returned = service();
        self.state = match self.state {
            State::InService => State::Waiting,
            State::InBody(head) => State::Sending(head),
            other => other,
        };
        returned
    }

    /// The response's head is ready. Whether the request goes on as its body.
    #[inline]
    pub(super) fn answered<B: http_body::Body>(&mut self, response: &Response<B>) -> bool {
        let seen = Some((response.headers(), response.extensions()));
        let mut head = self.record(RequestEnding::Answered, response.status().as_u16(), seen);
        let body = response.body();
        if body.is_end_stream() {
            self.end(head, BodyEnding::Complete, None);
            return false;
        }
        head.exact = if has_no_body(&self.method, response.status()) {
            Some(0)
        } else {
            body.size_hint().exact().or_else(|| content_length(response.headers()))
        };
        self.state = State::Sending(head);
        true
    }

    /// There will be no response.
    fn unanswered(&mut self, ending: RequestEnding, status: u16) {
        let head = self.record(ending, status, None);
        self.end(head, BodyEnding::None, None);
    }

    /// The service returned an error.
    pub(super) fn failed(&mut self) {
        self.unanswered(RequestEnding::Failed, 500);
    }

    /// Bytes of the body were handed to the server.
    #[inline]
    pub(super) fn sent(&mut self, bytes: usize) {
        if let State::Sending(head) = &mut self.state {
            head.bytes = head.bytes.saturating_add(bytes as u64);
        }
    }

    /// The body has ended.
    #[inline]
    pub(super) fn body_ended(&mut self, body: BodyEnding, trailers: Option<&HeaderMap>) {
        if let State::Sending(head) | State::InBody(head) = self.state {
            self.end(head, body, trailers);
        }
    }

    fn record(
        &mut self,
        ending: RequestEnding,
        status: u16,
        response: Option<(&HeaderMap, &Extensions)>,
    ) -> Head {
        let elapsed = self.started.elapsed();
        let head = Head { status, ending, elapsed, bytes: 0, exact: None };
        // If a hook panics after all, the request is ended by the drop, and not recorded again.
        self.state = State::Sending(head);
        let (method, version, route) = (&self.method, self.version, text(self.template.as_ref()));
        let kept = &self.kept;
        let call = Call { method, version, route, kept, response, status, ending, elapsed };
        self.isolation.run(|| self.trace.during(|| self.hooks.record(&call)));
        head
    }

    fn end(&mut self, head: Head, body: BodyEnding, trailers: Option<&HeaderMap>) {
        self.state = State::Ended;
        let Head { status, ending, elapsed: to_head, bytes, exact: _ } = head;
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
            bytes,
            trailers,
        };
        self.isolation.run(|| self.trace.during(|| self.hooks.on_end(&end)));
    }
}

impl<T: AsRef<str>, H: Hooks> Drop for Pending<T, H> {
    #[inline]
    fn drop(&mut self) {
        match self.state {
            State::InService => self.unanswered(RequestEnding::Panicked, 500),
            State::Waiting => self.unanswered(RequestEnding::Cancelled, 499),
            State::InBody(head) => self.end(head, BodyEnding::Panicked, None),
            State::Sending(head) => {
                // Servers need not ask a body for more than its length.
                let is_sent = head.exact.is_some_and(|exact| head.bytes >= exact);
                let body = if is_sent { BodyEnding::Complete } else { BodyEnding::Aborted };
                self.end(head, body, None);
            }
            State::Ended => {}
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
