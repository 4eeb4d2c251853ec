//! The users, their passwords, and tokens for those who have logged in.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use caas_metrics::{counted, timed};

use crate::metrics::{LoginFailuresTotal, LoginsTotal};

/// Wrong passwords in a row before an account is locked.
const ATTEMPTS: u32 = 3;
/// How long it stays locked.
const LOCKED_FOR: Duration = Duration::from_secs(10);

/// The users. A real service has them in a database, with hashes instead of passwords.
const USERS: [(&str, &str); 3] = [("ada", "lovelace"), ("grace", "hopper"), ("mallory", "open")];

/// Why a login is refused, with what the answer to the user needs.
#[derive(Debug)]
pub enum Refused {
    UnknownUser,
    BadPassword,
    Locked { until: Instant },
}

pub struct Logins {
    accounts: Mutex<HashMap<&'static str, Account>>,
    /// Makes tokens that cannot be guessed while this process runs. A real service signs them.
    secret: RandomState,
}

#[derive(Default)]
struct Account {
    failures: u32,
    locked_until: Option<Instant>,
}

impl Logins {
    pub fn new() -> Self {
        let accounts = USERS.iter().map(|(user, _)| (*user, Account::default())).collect();
        Self { accounts: Mutex::new(accounts), secret: RandomState::new() }
    }

    /// Returns a token. Both counters follow from the result: `_` is derived from it.
    #[timed]
    #[counted(LoginsTotal { outcome: _ })]
    #[counted(LoginFailuresTotal { reason: _ }, on(err))]
    pub fn login(&self, user: &str, password: &str) -> Result<String, Refused> {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        let account = accounts.get_mut(user).ok_or(Refused::UnknownUser)?;
        let now = Instant::now();
        if let Some(until) = account.locked_until.filter(|until| now < *until) {
            return Err(Refused::Locked { until });
        }
        if USERS.contains(&(user, password)) {
            *account = Account::default();
            return Ok(self.token(user));
        }
        account.failures += 1;
        account.locked_until = (account.failures % ATTEMPTS == 0).then(|| now + LOCKED_FOR);
        Err(Refused::BadPassword)
    }

    /// The user of a token.
    #[counted]
    pub fn verify(&self, token: &str) -> Option<&'static str> {
        let users = USERS.iter().map(|(user, _)| *user);
        users.into_iter().find(|user| self.token(user) == token)
    }

    fn token(&self, user: &str) -> String {
        format!("{user}.{:016x}", self.secret.hash_one(user))
    }
}
