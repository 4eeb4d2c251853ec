//! Messages: what they consist of, and which ones are accepted.

use caas_metrics::{counted, timed};
use serde::{Deserialize, Serialize};

pub const MAX_TEXT_CHARS: usize = 1_000;
pub const MAX_WORD_BYTES: usize = 64;

/// A message as clients write it.
#[derive(Deserialize)]
pub struct NewMessage {
    pub tenant_id: String,
    pub r#type: String,
    pub text: String,
}

/// A message that the gateway has accepted.
#[derive(Serialize)]
pub struct Message {
    pub id: u64,
    pub tenant_id: String,
    pub r#type: String,
    pub text: String,
}

/// Why a message is refused.
#[derive(Debug)]
pub enum Refused {
    BadTenant,
    BadType,
    EmptyText,
    LongText,
    /// No valid token.
    NoToken,
    /// The tenant owes money.
    NotPaid,
    /// Too many messages wait already.
    QueueFull,
    /// A service that must be asked does not answer.
    Unavailable,
}

/// Tenants and types become open labels, so their spelling is checked here. The family's cardinality
/// limit bounds their number.
#[timed]
#[counted]
pub fn check(message: &NewMessage) -> Result<(), Refused> {
    if !is_word(&message.tenant_id) {
        return Err(Refused::BadTenant);
    }
    if !is_word(&message.r#type) {
        return Err(Refused::BadType);
    }
    if message.text.trim().is_empty() {
        return Err(Refused::EmptyText);
    }
    if message.text.chars().count() > MAX_TEXT_CHARS {
        return Err(Refused::LongText);
    }
    Ok(())
}

fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    (1..=MAX_WORD_BYTES).contains(&text.len()) && text.bytes().all(allowed)
}
