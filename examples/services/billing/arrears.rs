//! Tenants whose last charge was declined.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// The most recent ones. Older ones are forgotten, and may try again.
#[derive(Default)]
pub struct Arrears {
    tenants: Mutex<VecDeque<String>>,
}

impl Arrears {
    const CAPACITY: usize = 1_000;

    pub fn add(&self, tenant: &str) {
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if tenants.iter().any(|known| known == tenant) {
            return;
        }
        if tenants.len() == Self::CAPACITY {
            tenants.pop_front();
        }
        tenants.push_back(tenant.to_owned());
    }

    pub fn contains(&self, tenant: &str) -> bool {
        let tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.iter().any(|known| known == tenant)
    }
}
