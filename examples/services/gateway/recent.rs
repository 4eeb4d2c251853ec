//! The most recent messages, kept in memory; older ones are forgotten.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::messages::Message;

#[derive(Default)]
pub struct Recent {
    messages: Mutex<VecDeque<Arc<Message>>>,
}

impl Recent {
    const CAPACITY: usize = 1_000;

    pub fn push(&self, message: Arc<Message>) {
        let mut messages = self.lock();
        if messages.len() == Self::CAPACITY {
            messages.pop_front();
        }
        messages.push_back(message);
    }

    pub fn find(&self, id: u64) -> Option<Arc<Message>> {
        self.lock().iter().find(|message| message.id == id).cloned()
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<Arc<Message>> {
        self.lock().iter().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Arc<Message>>> {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
