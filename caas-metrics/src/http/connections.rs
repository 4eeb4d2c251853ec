//! All connections: how they are accepted, and which one is closed to make room for another.
//!
//! Not here: what one connection may do (`connection`), and the address (`server`).
//! Invariant: idle clients never keep a new one waiting, whether connections or descriptors run out.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::sleep;

use super::connection::{self, Activity, Answer, Stopping};
use super::last_scrape::Deliveries;
use super::limits::Limits;
use super::listen::{Listener, Stream};
use super::reserve::Reserve;
use super::server::Stop;

/// How long a connection must have been quiet before it gives way to a new one.
const MAY_BE_QUIET: Duration = Duration::from_millis(500);

/// The same if the process has no file descriptor left: then a new connection only has the time that its
/// first request may need to arrive.
const MAY_BE_NEW: Duration = Duration::from_millis(5);

/// When to try again to accept, if there is neither a descriptor nor a connection to close.
const AGAIN: Duration = Duration::from_millis(20);

/// How long answers may still wait for collectors after the server was asked to stop.
const COLLECTORS: Duration = Duration::from_millis(500);

/// Serves all clients until it is asked to stop.
pub(super) async fn accept(
    listener: Listener,
    mut connections: Connections,
    stopping: oneshot::Receiver<Stop>,
) {
    let deliveries = Rc::clone(&connections.deliveries);
    let stopped = async {
        match stopping.await {
            Ok(Stop::Never) => std::future::pending().await,
            Ok(Stop::AfterScrapes { count, limit }) => {
                first(deliveries.wait_for(count), sleep(limit)).await;
                Stop::Gracefully
            }
            Ok(how) => how,
            Err(_) => Stop::AtOnce,
        }
    };
    let accepting = async {
        loop {
            connections.make_room().await;
            connections.accept_one(&listener).await;
        }
    };
    let how = first(stopped, accepting).await;
    drop(listener);
    if how == Stop::Gracefully {
        connections.finish().await;
    }
}

/// The connections that are open.
pub(super) struct Connections {
    limits: Limits,
    answer: Answer,
    deliveries: Rc<Deliveries>,
    tasks: JoinSet<()>,
    open: Vec<(AbortHandle, Rc<Activity>)>,
    reserve: Reserve,
    stop: watch::Sender<Stopping>,
}

impl Connections {
    pub(super) fn new(limits: Limits, answer: Answer, deliveries: Deliveries) -> Self {
        let stop = watch::Sender::new(Stopping::No);
        let (tasks, reserve, deliveries) = (JoinSet::new(), Reserve::new(), Rc::new(deliveries));
        Self { limits, answer, deliveries, tasks, open: Vec::new(), reserve, stop }
    }

    /// Waits for a client, or for the end of a connection whose descriptor the reserve lacks.
    async fn accept_one(&mut self, listener: &Listener) {
        let Self { tasks, reserve, .. } = self;
        let accepted = async { Some(listener.accept().await) };
        let ended = async {
            if reserve.is_full() || tasks.join_next().await.is_none() {
                std::future::pending::<()>().await;
            }
            None
        };
        match first(accepted, ended).await {
            Some(Ok(stream)) => self.add(stream),
            Some(Err(error)) if !is_of_the_client(&error) => self.accept_in_need(listener).await,
            _ => {}
        }
    }

    /// Accepts where the process lacks a descriptor or memory.
    async fn accept_in_need(&mut self, listener: &Listener) {
        self.reserve.release();
        let accepted = poll_fn(|cx| Poll::Ready(listener.poll_accept(cx)));
        match accepted.await {
            Poll::Ready(Ok(stream)) => self.add(stream),
            Poll::Ready(Err(error)) if !is_of_the_client(&error) => {
                if let Some(quietest) = self.quietest(MAY_BE_NEW) {
                    quietest.abort();
                    self.tasks.join_next().await;
                } else {
                    // Trying again at once would only burn the processor.
                    sleep(AGAIN).await;
                }
            }
            // Without a descriptor accepting fails even if nobody is waiting.
            _ => {}
        }
    }

    fn add(&mut self, stream: Box<dyn Stream>) {
        let activity = Rc::new(Activity::new(self.limits));
        let run = connection::run(
            stream,
            Rc::clone(&activity),
            Rc::clone(&self.answer),
            Rc::clone(&self.deliveries),
            self.stop.subscribe(),
        );
        self.open.push((self.tasks.spawn_local(run), activity));
    }

    /// Waits until there are no more connections than there may be, and a descriptor is in reserve. If
    /// that needs the end of a connection, closes the quietest that may be closed. The newest is served
    /// meanwhile, so a client never waits for the end of another one's time.
    async fn make_room(&mut self) {
        loop {
            while self.tasks.try_join_next().is_some() {}
            self.open.retain(|(task, _)| !task.is_finished());
            self.reserve.refill();
            let patience = if self.reserve.is_empty() {
                MAY_BE_NEW
            } else if self.open.len() > self.limits.connections {
                MAY_BE_QUIET
            } else {
                return;
            };
            if let Some(quietest) = self.quietest(patience) {
                quietest.abort();
                self.tasks.join_next().await;
            } else if self.open.is_empty() {
                return;
            } else {
                let ended = async { drop(self.tasks.join_next().await) };
                first(ended, sleep(MAY_BE_NEW)).await;
            }
        }
    }

    /// The connection that gives way first, if one may: one that owes no answer rather than one that
    /// does, and then the one that has been quiet longest. To save an answer under way it is worth
    /// waiting a moment for another connection to be quiet enough.
    fn quietest(&self, patience: Duration) -> Option<&AbortHandle> {
        let now = Instant::now();
        let places = self.open.iter().filter_map(|(task, activity)| {
            let (owes, since) = (activity.owes_an_answer(), activity.quiet_since());
            let gives_way = since + if owes { MAY_BE_QUIET } else { patience };
            (gives_way <= now + MAY_BE_NEW).then_some(((owes, since), gives_way, task))
        });
        let (_, gives_way, task) = places.min_by_key(|(key, ..)| *key)?;
        (gives_way <= now).then_some(task)
    }

    /// Lets the answers under way finish, for a while.
    async fn finish(&mut self) {
        let (mut left, tasks) = (self.limits.shutdown, &mut self.tasks);
        let mut finished = pin!(async { while tasks.join_next().await.is_some() {} });
        for (stopping, time) in [(Stopping::Soon, COLLECTORS), (Stopping::Now, left)] {
            self.stop.send_replace(stopping);
            let time = time.min(left);
            left -= time;
            let all = async {
                finished.as_mut().await;
                true
            };
            let late = async {
                sleep(time).await;
                false
            };
            if first(all, late).await {
                return;
            }
        }
    }
}

/// Whether a connection can't be accepted because of its client, who has left already. Otherwise there is
/// no descriptor or no memory for any connection.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{
        ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, Interrupted,
        NetworkDown, NetworkUnreachable,
    };
    matches!(
        error.kind(),
        ConnectionAborted
            | ConnectionRefused
            | ConnectionReset
            | HostUnreachable
            | Interrupted
            | NetworkDown
            | NetworkUnreachable
    )
}

/// The value of the future that is ready first. The other one is dropped.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = T>) -> T {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Pending => other.as_mut().poll(cx),
        ready @ Poll::Ready(_) => ready,
    })
    .await
}
