//! The WebSocket connections: what they are sent, and how they end.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use caas_metrics::counted;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::metrics::{
    Reason, SocketConnectionsActive, SocketDisconnectsTotal, SocketMessagesDeliveredTotal,
};

/// The most messages that wait for a client before it counts as slow.
const BACKLOG: usize = 256;
/// How long a client may take for one message.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a client is pinged. One that is silent for twice as long counts as gone.
const PING_EVERY: Duration = Duration::from_secs(15);

pub struct Connections {
    server_id: String,
    messages: broadcast::Sender<Utf8Bytes>,
    /// Whether this server stops. Each connection holds a receiver, so it also shows when all have
    /// ended.
    stop: watch::Sender<bool>,
}

impl Connections {
    pub fn new(server_id: String) -> Self {
        SocketConnectionsActive { server_id: &server_id }.init(); // there before the first client
        SocketDisconnectsTotal { server_id: &server_id, reason: Reason::Closed }.init();
        SocketMessagesDeliveredTotal { server_id: &server_id }.init();
        Self {
            server_id,
            messages: broadcast::Sender::new(BACKLOG),
            stop: watch::Sender::new(false),
        }
    }

    /// Hands a message to all connections; returns how many there are.
    pub fn deliver(&self, message: Utf8Bytes) -> usize {
        self.messages.send(message).unwrap_or(0) // no client is connected: not an error
    }

    /// Ends all connections and waits until they have ended.
    pub async fn close(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }

    /// Runs as long as the connection, and returns why that ended.
    #[counted(
        SocketDisconnectsTotal { server_id: &self.server_id, reason: |reason| *reason },
        otherwise(SocketDisconnectsTotal { server_id: &self.server_id, reason: Reason::Aborted }),
    )]
    pub async fn serve(&self, mut socket: WebSocket) -> Reason {
        // Until the end of this function, also if it panics or its future is dropped.
        let _open = SocketConnectionsActive { server_id: &self.server_id }.hold();
        let mut messages = self.messages.subscribe();
        let mut stop = self.stop.subscribe();
        let reason = self.converse(&mut socket, &mut messages, &mut stop).await;
        let farewell = match reason {
            Reason::Closed | Reason::Aborted => return reason,
            Reason::Slow => (close_code::POLICY, "too slow"),
            Reason::Shutdown => (close_code::AWAY, "this server stops"),
        };
        let frame = CloseFrame { code: farewell.0, reason: farewell.1.into() };
        let _ = timeout(PATIENCE, socket.send(Message::Close(Some(frame)))).await;
        reason
    }

    async fn converse(
        &self,
        socket: &mut WebSocket,
        messages: &mut broadcast::Receiver<Utf8Bytes>,
        stop: &mut watch::Receiver<bool>,
    ) -> Reason {
        let delivered = SocketMessagesDeliveredTotal { server_id: &self.server_id };
        let mut ping = interval(PING_EVERY);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = 0;
        loop {
            let outgoing = tokio::select! {
                received = socket.recv() => match received {
                    Some(Ok(Message::Close(_))) => return Reason::Closed,
                    Some(Ok(_)) => { silent = 0; continue } // what clients send is ignored
                    Some(Err(_)) | None => return Reason::Aborted,
                },
                message = messages.recv() => match message {
                    Ok(text) => Message::Text(text),
                    Err(RecvError::Lagged(_)) => return Reason::Slow,
                    Err(RecvError::Closed) => return Reason::Shutdown,
                },
                _ = stop.wait_for(|stop| *stop) => return Reason::Shutdown,
                _ = ping.tick() => {
                    if silent == 2 {
                        return Reason::Aborted;
                    }
                    silent += 1;
                    Message::Ping("".into())
                }
            };
            let is_message = matches!(outgoing, Message::Text(_));
            match timeout(PATIENCE, socket.send(outgoing)).await {
                Ok(Ok(())) if is_message => delivered.inc(),
                Ok(Ok(())) => {}
                Ok(Err(_)) => return Reason::Aborted,
                Err(_) => return Reason::Slow,
            }
        }
    }
}
