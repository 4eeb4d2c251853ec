//! Topics with partitions, and one consumer for each partition.
//!
//! `Producer` and `Consumer` are the two traits that the services use; `topic` makes a broker inside
//! this process. To use Kafka, implement the two with its client, and set the lag from the client's
//! statistics: the end of each partition minus the committed offset.

use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::metrics::shared::KafkaConsumerLag;

const PARTITIONS: u32 = 4;
/// The most records that wait in a partition.
const CAPACITY: usize = 1_000;

/// The partition of a record has no room.
pub struct Full;

/// The end of a topic where records go in.
pub trait Producer {
    type Record;

    /// Appends a record to the partition of its key, so that records of one key stay in order.
    fn append(&self, key: &str, record: Self::Record) -> Result<(), Full>;
}

/// The end of a partition where records come out.
pub trait Consumer: Send + 'static {
    type Record: Send;

    /// The next record; `None` when the producer has gone and no record waits.
    fn poll(&mut self) -> impl Future<Output = Option<Self::Record>> + Send;

    /// Confirms that the record of the last `poll` has been processed.
    fn commit(&mut self);
}

/// Processes the records of each partition in order; the task of a partition ends with it.
pub fn process<C, Process, Processed>(consumers: Vec<C>, process: Process) -> JoinSet<()>
where
    C: Consumer,
    Process: Fn(C::Record) -> Processed + Clone + Send + 'static,
    Processed: Future<Output = ()> + Send,
{
    let tasks = consumers.into_iter().map(|mut consumer| {
        let process = process.clone();
        async move {
            while let Some(record) = consumer.poll().await {
                process(record).await;
                consumer.commit();
            }
        }
    });
    tasks.collect()
}

/// Makes a topic inside this process; the lag of its consumers is real.
pub fn topic<T: Send + 'static>(name: &'static str) -> (MemoryProducer<T>, Vec<MemoryConsumer<T>>) {
    let ends = (0..PARTITIONS).map(|partition| {
        lag(name, partition).init(); // on the page before the first record
        let (sender, receiver) = mpsc::channel(CAPACITY);
        (sender, MemoryConsumer { topic: name, partition, receiver })
    });
    let (partitions, consumers) = ends.unzip();
    (MemoryProducer { topic: name, partitions }, consumers)
}

pub struct MemoryProducer<T> {
    topic: &'static str,
    partitions: Vec<mpsc::Sender<T>>,
}

impl<T> Producer for MemoryProducer<T> {
    type Record = T;

    fn append(&self, key: &str, record: T) -> Result<(), Full> {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let partition = (hasher.finish() % u64::from(PARTITIONS)) as u32;

        lag(self.topic, partition).inc();
        self.partitions[partition as usize].try_send(record).map_err(|_| {
            lag(self.topic, partition).dec();
            Full
        })
    }
}

pub struct MemoryConsumer<T> {
    topic: &'static str,
    partition: u32,
    receiver: mpsc::Receiver<T>,
}

impl<T: Send + 'static> Consumer for MemoryConsumer<T> {
    type Record = T;

    async fn poll(&mut self) -> Option<T> {
        self.receiver.recv().await
    }

    fn commit(&mut self) {
        lag(self.topic, self.partition).dec();
    }
}

/// A label set is a plain value. It is made here, once, and used in four places.
fn lag(topic: &str, partition: u32) -> KafkaConsumerLag<'_> {
    KafkaConsumerLag { topic, partition }
}
