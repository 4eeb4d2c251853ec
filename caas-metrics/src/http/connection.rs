//! One connection of the server: what it is doing, how long that may take, and how it ends.
//!
//! Not here: routes and pages. Invariant: a connection has a deadline at every moment, so none stays
//! for ever.

use std::cell::Cell;
use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use bytes::Bytes;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::watch;
use tokio::time::sleep_until;

use super::last_scrape::Deliveries;
use super::limits::Limits;
use super::listen::Stream;
use super::respond::Body;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The client owes a request, or the rest of one.
    Receiving,
    /// The server owes an answer, or the rest of one.
    Answering,
    /// Nobody owes anything.
    Idle,
    /// We have closed our side.
    Closing,
}

/// Whether the server stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stopping {
    No,
    /// Answers under way may finish.
    Soon,
    /// They may, with what is known of collectors now.
    Now,
}

/// What a connection is doing, and since when.
#[derive(Debug)]
pub(super) struct Activity {
    limits: Limits,
    accepted: Instant,
    phase: Cell<(Phase, Instant)>,
    /// When bytes were last written.
    wrote: Cell<Instant>,
    /// Whether bytes wait for the client to read.
    is_blocked: Cell<bool>,
    /// Whether no answer shall wait for a collector any more.
    is_hurried: Cell<bool>,
    /// Whether a page that counts as a last scrape has been encoded to its end, and not been delivered.
    is_counted_next: Cell<bool>,
}

impl Activity {
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        Self {
            limits,
            accepted: now,
            phase: Cell::new((Phase::Receiving, now)),
            wrote: Cell::new(now),
            is_blocked: Cell::new(false),
            is_hurried: Cell::new(false),
            is_counted_next: Cell::new(false),
        }
    }

    fn enter(&self, phase: Phase) {
        let now = Instant::now();
        self.phase.set((phase, now));
        if phase == Phase::Answering {
            self.wrote.set(now);
        }
    }

    /// Since when the client has kept the server waiting; now, if the server keeps the client waiting.
    pub(super) fn quiet_since(&self) -> Instant {
        let (phase, since) = self.phase.get();
        if self.is_blocked.get() {
            self.wrote.get()
        } else if phase == Phase::Answering {
            Instant::now()
        } else {
            since
        }
    }

    /// When to give up.
    fn deadline(&self) -> Instant {
        let (phase, since) = self.phase.get();
        let phase_ends = since
            + match phase {
                Phase::Receiving => self.limits.header,
                Phase::Answering => self.limits.response,
                Phase::Idle => self.limits.idle,
                Phase::Closing => self.limits.linger,
            };
        if self.is_blocked.get() {
            // The last bytes of an answer may still wait when its body has been encoded.
            let stalls = self.wrote.get() + self.limits.stall;
            return if phase == Phase::Answering { phase_ends.min(stalls) } else { stalls };
        }
        phase_ends
    }

    /// Whether an answer is under way.
    pub(super) fn owes_an_answer(&self) -> bool {
        self.phase.get().0 == Phase::Answering || self.is_blocked.get()
    }

    fn is_old(&self) -> bool {
        self.accepted.elapsed() > self.limits.age
    }
}

/// The answer to a request.
pub(super) type Answer = Rc<dyn Fn(&Request<Incoming>) -> Response<Body>>;

/// Serves a connection until it ends, is given up or, after `stop`, owes no answer.
pub(super) async fn run(
    stream: Box<dyn Stream>,
    activity: Rc<Activity>,
    answer: Answer,
    deliveries: Rc<Deliveries>,
    stop: watch::Receiver<Stopping>,
) {
    let service = service_fn(|request: Request<Incoming>| {
        activity.enter(Phase::Answering);
        let mut response = answer(&request);
        let counts = deliveries.wants(&request, &response);
        if activity.is_old() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let tracked = |body| Tracked { body, activity: Rc::clone(&activity), counts };
        std::future::ready(Ok::<_, Infallible>(response.map(tracked)))
    });
    let watched = Watched { stream, activity: Rc::clone(&activity) };
    let mut connection = http1::Builder::new()
        // The deadlines of `Activity` cover more than this one and need no second timer.
        .header_read_timeout(None)
        .max_headers(Limits::HEADERS)
        .max_header_size(Limits::HEAD_BYTES)
        .max_buf_size(Limits::WRITE_BUFFER)
        .serve_connection(TokioIo::new(watched), service);
    let (mut soon, mut now) = (stop.clone(), stop);
    let mut soon = pin!(soon.wait_for(|stopping| *stopping >= Stopping::Soon));
    let mut now = pin!(now.wait_for(|stopping| *stopping == Stopping::Now));
    let mut is_stopping = false;
    let served = until_deadline(&activity, |cx| {
        if !is_stopping && soon.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if is_stopping && !activity.owes_an_answer() {
            return Poll::Ready(Served::ToBeDropped);
        }
        if !activity.is_hurried.get() && now.as_mut().poll(cx).is_ready() {
            activity.is_hurried.set(true);
        }
        let served = connection.poll_without_shutdown(cx);
        let has_failed = matches!(served, Poll::Ready(Err(_)));
        if !has_failed && !activity.owes_an_answer() && activity.is_counted_next.take() {
            deliveries.count();
        }
        served.map(|_| Served::ToBeClosed)
    });
    if matches!(served.await, Some(Served::ToBeClosed)) {
        let mut stream = connection.into_parts().io.into_inner().stream;
        activity.enter(Phase::Closing);
        until_deadline(&activity, |cx| poll_close(&mut stream, cx)).await;
    }
}

/// How a connection shall end.
enum Served {
    /// After its last answer.
    ToBeClosed,
    /// Before its next request.
    ToBeDropped,
}

/// Polls until it is ready or the connection's deadline has passed. The deadline may move meanwhile.
async fn until_deadline<T>(
    activity: &Activity,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
) -> Option<T> {
    let mut alarm = pin!(sleep_until(activity.deadline().into()));
    poll_fn(|cx| {
        if let Poll::Ready(value) = poll(cx) {
            return Poll::Ready(Some(value));
        }
        let deadline = activity.deadline().into();
        if alarm.deadline() != deadline {
            alarm.as_mut().reset(deadline);
        }
        alarm.as_mut().poll(cx).map(|()| None)
    })
    .await
}

/// Closes our side, then reads until the client has closed its own.
///
/// Closing a socket with unread bytes resets the connection, and the reset can overtake the answer: a
/// client with too many headers would see an error instead of the 431 that explains it.
fn poll_close(stream: &mut Box<dyn Stream>, cx: &mut Context<'_>) -> Poll<()> {
    let mut stream = Pin::new(stream);
    if ready!(stream.as_mut().poll_shutdown(cx)).is_err() {
        return Poll::Ready(());
    }
    let mut bytes = [0; 4096];
    // A client that sends faster than this loop reads gets its reset.
    for _ in 0..64 {
        let mut unread = ReadBuf::new(&mut bytes);
        match ready!(stream.as_mut().poll_read(cx, &mut unread)) {
            Ok(()) if !unread.filled().is_empty() => {}
            _ => break,
        }
    }
    Poll::Ready(())
}

/// The socket. It notes in `Activity` when bytes pass.
struct Watched {
    stream: Box<dyn Stream>,
    activity: Rc<Activity>,
}

impl Watched {
    fn note<T>(&self, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        self.activity.is_blocked.set(written.is_pending());
        if written.is_ready() {
            self.activity.wrote.set(Instant::now());
        }
        written
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before && self.activity.phase.get().0 == Phase::Idle {
            self.activity.enter(Phase::Receiving);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.note(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.note(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A body that notes when it is dropped: then the answer is complete, or given up.
struct Tracked {
    body: Body,
    activity: Rc<Activity>,
    /// Whether it counts as a last scrape once it is complete.
    counts: bool,
}

impl http_body::Body for Tracked {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.activity.is_hurried.get() {
            self.body.stop_waiting();
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        if self.counts && http_body::Body::is_end_stream(&self.body) {
            self.activity.is_counted_next.set(true);
        }
        self.activity.enter(Phase::Idle);
    }
}
