//! Who is connected to a holder, and when that is nobody for long enough.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Counts clients until it is closed, which happens only while there are none.
#[derive(Debug, Default)]
pub(super) struct Register {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    Open { clients: usize },
    Closed,
}

impl Default for State {
    fn default() -> Self {
        Self::Open { clients: 0 }
    }
}

/// What a wait for the end came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// There is somebody, or there was a moment ago.
    InUse,
    /// Nobody came for the whole time; from now on nobody is let in.
    Closed,
}

impl Register {
    /// Lets a client in; after the close there is no place.
    pub(super) fn enter(&self) -> Option<Place<'_>> {
        match &mut *self.lock() {
            State::Open { clients } => *clients += 1,
            State::Closed => return None,
        }
        self.changed.notify_all();
        Some(Place { register: self })
    }

    /// Waits for the given time, and closes if nobody was there in all of it.
    pub(super) fn close_when_unused(&self, grace: Duration) -> Waited {
        let is_unused = |state: &mut State| matches!(state, State::Open { clients: 0 });
        let waited = self.changed.wait_timeout_while(self.lock(), grace, is_unused);
        let (mut state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() {
            *state = State::Closed;
            return Waited::Closed;
        }
        Waited::InUse
    }

    /// Waits for the given time, or until nobody is there.
    pub(super) fn wait_while_used(&self, limit: Duration) {
        let is_used = |state: &mut State| matches!(state, State::Open { clients: 1.. });
        drop(self.changed.wait_timeout_while(self.lock(), limit, is_used));
    }

    fn leave(&self) {
        match &mut *self.lock() {
            State::Open { clients } => *clients -= 1,
            State::Closed => {}
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked between two steps cannot have left half a count.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client's place, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place<'a> {
    register: &'a Register,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.register.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(1);

    #[test]
    fn it_stays_open_while_one_client_is_there() {
        let register = Register::default();
        let (first, second) = (register.enter().unwrap(), register.enter().unwrap());
        drop(first);
        assert_eq!(register.close_when_unused(SHORT), Waited::InUse);
        drop(second);
        assert_eq!(register.close_when_unused(SHORT), Waited::Closed);
    }

    #[test]
    fn nobody_enters_after_the_close() {
        let register = Register::default();
        assert_eq!(register.close_when_unused(SHORT), Waited::Closed);
        assert!(register.enter().is_none());
    }

    #[test]
    fn a_client_that_comes_in_the_grace_keeps_it_open() {
        let register = Register::default();
        let waited = std::thread::scope(|scope| {
            let waiting = scope.spawn(|| register.close_when_unused(Duration::from_mins(1)));
            let place = register.enter().unwrap();
            let waited = waiting.join().unwrap();
            drop(place);
            waited
        });
        assert_eq!(waited, Waited::InUse);
    }
}
