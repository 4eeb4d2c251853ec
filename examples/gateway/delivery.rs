//! Delivers messages: a topic with partitions and one consumer for each.
//!
//! It stands in for Kafka inside this process; the lag of its consumers is real.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::messages::Message;
use crate::metrics::{KafkaConsumerLag, MessagesSentTotal};

const TOPIC: &str = "messages";
const PARTITIONS: u32 = 4;
/// The most messages that wait in a partition.
const CAPACITY: usize = 1_000;

/// The producer's end of the topic.
pub struct Topic {
    partitions: Vec<mpsc::Sender<Arc<Message>>>,
}

/// The partition of a message has no room.
pub struct Full;

impl Topic {
    /// Starts the consumers; each ends when the topic is dropped and its partition is empty.
    pub fn start() -> (Self, JoinSet<()>) {
        let mut consumers = JoinSet::new();
        let partitions = (0..PARTITIONS).map(|partition| {
            lag(partition).init(); // on the page before the first message
            let (sender, receiver) = mpsc::channel(CAPACITY);
            consumers.spawn(consume(partition, receiver));
            sender
        });
        (Self { partitions: partitions.collect() }, consumers)
    }

    /// Appends a message to the partition of its tenant, so that a tenant's messages stay in order.
    pub fn publish(&self, message: &Arc<Message>) -> Result<(), Full> {
        let mut hasher = DefaultHasher::new();
        message.tenant_id.hash(&mut hasher);
        let partition = (hasher.finish() % u64::from(PARTITIONS)) as u32;

        lag(partition).inc();
        let sent = self.partitions[partition as usize].try_send(Arc::clone(message));
        sent.map_err(|_| {
            lag(partition).dec();
            Full
        })?;
        MessagesSentTotal { tenant_id: &message.tenant_id, r#type: &message.r#type }.inc();
        Ok(())
    }
}

async fn consume(partition: u32, mut messages: mpsc::Receiver<Arc<Message>>) {
    while let Some(message) = messages.recv().await {
        deliver(&message).await;
        lag(partition).dec();
    }
}

/// Where a real gateway would call the provider of chats, emails or pushes.
async fn deliver(_message: &Message) {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// A label set is a plain value: made once here, used in three places.
fn lag(partition: u32) -> KafkaConsumerLag<'static> {
    KafkaConsumerLag { topic: TOPIC, partition }
}
