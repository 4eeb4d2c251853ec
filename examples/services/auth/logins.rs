//! Who the users are, whether a login is theirs, and tokens for those whose it is.

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

/// The users; a real service has a database of them, and no passwords but their hashes.
const USERS: [(&str, &str); 3] = [("ada", "lovelace"), ("grace", "hopper"), ("mallory", "open")];

/// Why a login is refused, with what the user is told.
#[derive(Debug)]
pub enum Refused {
    UnknownUser,
    BadPassword,
    Locked { until: Instant },
}

pub struct Logins {
    accounts: Mutex<HashMap<&'static str, Account>>,
    /// Makes tokens that nobody can guess while this process runs; a real service signs them.
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

    /// Returns a token. Both counters are moved by how this ends: `_` is derived from the result.
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
