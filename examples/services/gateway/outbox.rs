//! Accepts messages: gives each a number, appends it to the topic, and remembers it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use caas_metrics::counted;

use crate::messages::{self, Message, NewMessage, Refused};
use crate::metrics::{MessagesRefusedTotal, MessagesSentTotal};
use crate::neighbours::Neighbours;
use crate::queue::{Full, Producer};
use crate::recent::Recent;

pub struct Outbox<P> {
    topic: P,
    neighbours: Arc<Neighbours>,
    last_id: AtomicU64,
    pub recent: Recent,
}

impl<P: Producer<Record = Arc<Message>>> Outbox<P> {
    pub fn new(topic: P, neighbours: Arc<Neighbours>) -> Self {
        Self { topic, neighbours, last_id: AtomicU64::new(0), recent: Recent::default() }
    }

    /// Returns the message's number. `_` is derived from the error.
    #[counted(MessagesRefusedTotal { reason: _ }, on(err))]
    pub async fn take_in(&self, token: Option<&str>, new: NewMessage) -> Result<u64, Refused> {
        self.neighbours.verify(token).await?;
        messages::check(&new)?;
        self.neighbours.charge(&new.tenant_id).await?;
        self.store(new)
    }

    #[counted(
        MessagesSentTotal { tenant_id: &new.tenant_id, r#type: &new.r#type },
        on(ok),
    )]
    fn store(&self, new: NewMessage) -> Result<u64, Refused> {
        let NewMessage { tenant_id, r#type, text } = new;
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let message = Arc::new(Message { id, tenant_id, r#type, text });
        let appended = self.topic.append(&message.tenant_id, Arc::clone(&message));
        appended.map_err(|Full| Refused::QueueFull)?;
        self.recent.push(message);
        Ok(id)
    }
}
