//! The bounded channel between the reader's thread and the publisher: bounded by bytes, not by pieces.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Tells how many bytes a piece takes.
pub type Weigh<T> = fn(&T) -> usize;

/// The reader's end. Dropping the last clone of it closes the channel.
pub struct Sender<T> {
    shared: Arc<Shared<T>>,
}

/// The publisher's end. Dropping it lets the reader's next send fail.
pub struct Receiver<T> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    room: Condvar,
    news: Notify,
    limit: usize,
    weigh: Weigh<T>,
}

struct State<T> {
    waiting: VecDeque<T>,
    bytes: usize,
    senders: usize,
    ends: Ends,
    /// Senders that wait for room.
    held: usize,
}

/// What the senders do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// They make the next pieces.
    Works,
    /// One waits for room.
    Waits,
    /// They are gone.
    Gone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ends {
    Open,
    SenderGone,
    ReceiverGone,
}

/// The other end is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

/// Returns a channel that holds so many bytes; one piece is let in however large it is.
pub fn channel<T>(limit: usize, weigh: Weigh<T>) -> (Sender<T>, Receiver<T>) {
    let state = State { waiting: VecDeque::new(), bytes: 0, senders: 1, ends: Ends::Open, held: 0 };
    let shared = Arc::new(Shared {
        state: Mutex::new(state),
        room: Condvar::new(),
        news: Notify::new(),
        limit,
        weigh,
    });
    (Sender { shared: Arc::clone(&shared) }, Receiver { shared })
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("waiting", &self.shared.state().waiting.len()).finish()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("waiting", &self.shared.state().waiting.len()).finish()
    }
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        // Each change of the state is whole before the lock is let go.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, ends: Ends) {
        let mut state = self.state();
        if state.ends == Ends::Open {
            state.ends = ends;
        }
        drop(state);
        self.room.notify_all();
        self.news.notify_one();
    }
}

impl<T> Sender<T> {
    /// Hands a piece on; waits while the channel is full.
    pub fn send(&self, piece: T) -> Result<(), Closed> {
        let shared = &*self.shared;
        let bytes = (shared.weigh)(&piece);
        let full = |state: &mut State<T>| {
            state.ends == Ends::Open
                && !state.waiting.is_empty()
                && state.bytes + bytes > shared.limit
        };
        let mut state = shared.state();
        state.held += 1;
        let waited = shared.room.wait_while(state, full);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        state.held -= 1;
        if state.ends != Ends::Open {
            return Err(Closed);
        }
        state.bytes += bytes;
        let was_empty = state.waiting.is_empty();
        state.waiting.push_back(piece);
        drop(state);
        // Who takes pieces goes on until there is none, and sleeps only then.
        if was_empty {
            shared.news.notify_one();
        }
        Ok(())
    }
}

impl<T> Receiver<T> {
    /// Returns the next piece, or `None` when the channel is empty and its sender gone. Dropping the future loses nothing.
    pub async fn receive(&self) -> Option<T> {
        loop {
            {
                let mut state = self.shared.state();
                if let Some(piece) = state.waiting.pop_front() {
                    state.bytes -= (self.shared.weigh)(&piece);
                    drop(state);
                    self.shared.room.notify_one();
                    return Some(piece);
                }
                if state.ends != Ends::Open {
                    return None;
                }
            }
            // A notification that came since the check is kept, so it cannot be missed.
            self.shared.news.notified().await;
        }
    }
}

impl<T> Receiver<T> {
    /// Returns what the senders do: one that waits for room may be silent for long.
    pub fn sender(&self) -> Sending {
        let state = self.shared.state();
        match (state.ends, state.held) {
            (Ends::SenderGone | Ends::ReceiverGone, _) => Sending::Gone,
            (Ends::Open, 0) => Sending::Works,
            (Ends::Open, _) => Sending::Waits,
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.state().senders += 1;
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.senders -= 1;
        let is_last = state.senders == 0;
        drop(state);
        if is_last {
            self.shared.close(Ends::SenderGone);
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.close(Ends::ReceiverGone);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pieces_arrive_in_order_and_the_end_after_them() {
        let (sender, receiver) = channel(100, String::len);
        sender.send("one".to_owned()).unwrap();
        sender.send("two".to_owned()).unwrap();
        drop(sender);
        assert_eq!(receiver.receive().await.as_deref(), Some("one"));
        assert_eq!(receiver.receive().await.as_deref(), Some("two"));
        assert_eq!(receiver.receive().await, None);
    }

    #[tokio::test]
    async fn a_full_channel_stops_its_sender_until_there_is_room() {
        let (sender, receiver) = channel(10, String::len);
        let thread = std::thread::spawn(move || {
            for number in 0..1_000 {
                sender.send(format!("{number:08}")).unwrap();
                let state = sender.shared.state();
                assert!(state.bytes <= 10, "{}", state.bytes);
            }
        });
        let mut pieces = 0;
        while receiver.receive().await.is_some() {
            pieces += 1;
        }
        thread.join().unwrap();
        assert_eq!(pieces, 1_000);
    }

    #[tokio::test]
    async fn the_end_comes_when_the_last_sender_is_gone() {
        let (sender, receiver) = channel(100, String::len);
        let other = sender.clone();
        drop(sender);
        other.send("one".to_owned()).unwrap();
        drop(other);
        assert_eq!(receiver.receive().await.as_deref(), Some("one"));
        assert_eq!(receiver.receive().await, None);
    }

    #[test]
    fn a_sender_that_waits_for_room_is_told_from_one_that_works_and_one_that_is_gone() {
        let (sender, receiver) = channel(10, String::len);
        assert_eq!(receiver.sender(), Sending::Works);
        sender.send("12345678".to_owned()).unwrap();
        assert_eq!(receiver.sender(), Sending::Works);
        let thread = std::thread::spawn(move || {
            sender.send("12345678".to_owned()).unwrap();
        });
        while receiver.sender() != Sending::Waits {
            std::thread::yield_now();
        }
        assert!(receiver.shared.state().waiting.pop_front().is_some());
        receiver.shared.state().bytes = 0;
        receiver.shared.room.notify_one();
        thread.join().unwrap();
        assert_eq!(receiver.sender(), Sending::Gone);
    }

    #[test]
    fn a_sender_whose_receiver_is_gone_is_told() {
        let (sender, receiver) = channel(10, String::len);
        drop(receiver);
        assert_eq!(sender.send("x".to_owned()), Err(Closed));
    }
}
