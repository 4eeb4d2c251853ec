//! Arguments that have names, `key = value`: each is given once.
//!
//! Not here: which keys a macro knows, and what they hold. Invariant: all macros say the same of the
//! same mistake.

use crate::errors::{Between, Errors, report};
use proc_macro2::Ident;

/// The keys read so far.
#[derive(Default)]
pub(crate) struct Keys {
    given: Vec<Ident>,
}

impl Keys {
    /// Takes the next key. One that was given before is reported, and not taken.
    pub(crate) fn take(&mut self, key: &Ident, errors: &mut Errors) -> bool {
        if let Some(first) = self.given.iter().find(|first| *first == key) {
            report!(errors, Between(first, key), "`{key}` is given twice: leave one out");
            return false;
        }
        self.given.push(key.clone());
        true
    }
}
