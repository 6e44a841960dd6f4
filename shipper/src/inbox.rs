//! A mailbox that holds one thing, the newest: what it tells is the whole, so an older one says nothing any more.

use std::sync::{Arc, Mutex, PoisonError};

/// Holds the newest thing that was put in, until it is taken. Clones are the same mailbox.
#[derive(Debug)]
pub struct Inbox<T> {
    newest: Arc<Mutex<Option<T>>>,
}

impl<T> Inbox<T> {
    /// Puts a thing in; one that nobody took is replaced.
    pub fn put(&self, thing: T) {
        // The slot is replaced whole, so a panic elsewhere leaves nothing half done.
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = Some(thing);
    }

    /// Takes the newest thing, if there is one that was not taken.
    pub fn take(&self) -> Option<T> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl<T> Clone for Inbox<T> {
    fn clone(&self) -> Self {
        Self { newest: Arc::clone(&self.newest) }
    }
}

impl<T> Default for Inbox<T> {
    fn default() -> Self {
        Self { newest: Arc::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_thing_is_taken_once() {
        let inbox = Inbox::default();
        assert_eq!(inbox.take(), None);
        inbox.put(1);
        inbox.clone().put(2);
        assert_eq!((inbox.take(), inbox.take()), (Some(2), None));
    }
}
