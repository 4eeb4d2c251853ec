//! Messages, and the most recent ones kept in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;

/// A message that the gateway has accepted.
#[derive(Serialize)]
pub struct Message {
    pub id: u64,
    pub tenant_id: String,
    pub r#type: String,
    pub text: String,
}

/// The last messages; older ones are forgotten.
#[derive(Default)]
pub struct Recent {
    messages: Mutex<VecDeque<Arc<Message>>>,
}

impl Recent {
    const CAPACITY: usize = 1_000;

    pub fn push(&self, message: Arc<Message>) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        if messages.len() == Self::CAPACITY {
            messages.pop_front();
        }
        messages.push_back(message);
    }

    pub fn find(&self, id: u64) -> Option<Arc<Message>> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().find(|message| message.id == id).cloned()
    }

    /// All of them, the oldest first.
    pub fn all(&self) -> Vec<Arc<Message>> {
        let messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.iter().cloned().collect()
    }
}
