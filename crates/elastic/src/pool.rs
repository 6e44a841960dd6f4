//! Whose turn it is: round robin over the addresses, each with its own back-off. Pure: now and chance are arguments.

use std::time::Duration;

use crate::backoff::Backoff;

/// The addresses by number.
#[derive(Debug)]
pub(crate) struct Pool {
    nodes: Vec<Node>,
    next: usize,
    backoff: Backoff,
}

#[derive(Debug, Clone, Copy, Default)]
struct Node {
    failures: u32,
    /// When the last failure was counted.
    failed_at: Duration,
    rests_until: Duration,
}

/// One failure of one address.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Failure {
    /// When the call began.
    pub(crate) began: Duration,
    /// When it failed.
    pub(crate) now: Duration,
    /// A chance in 0..=1.
    pub(crate) jitter: f64,
    /// What the server asked for.
    pub(crate) retry_after: Option<Duration>,
}

impl Pool {
    pub(crate) fn new(addresses: usize) -> Self {
        Self { nodes: vec![Node::default(); addresses], next: 0, backoff: Backoff::BULK }
    }

    /// Returns the next address that does not rest.
    pub(crate) fn free(&mut self, now: Duration) -> Option<usize> {
        let count = self.nodes.len();
        let turn = (0..count)
            .map(|step| (self.next + step) % count)
            .find(|&index| self.nodes[index].rests_until <= now)?;
        self.next = (turn + 1) % count;
        Some(turn)
    }

    /// Returns the address whose rest ends first.
    pub(crate) fn soonest(&self) -> usize {
        (0..self.nodes.len()).min_by_key(|&index| self.nodes[index].rests_until).unwrap_or_default()
    }

    /// Returns the time until an address is free.
    pub(crate) fn rest(&self, now: Duration) -> Duration {
        self.nodes[self.soonest()].rests_until.saturating_sub(now)
    }

    pub(crate) fn succeeded(&mut self, index: usize) {
        self.nodes[index] = Node::default();
    }

    pub(crate) fn failed(&mut self, index: usize, failure: Failure) {
        let node = &mut self.nodes[index];
        if node.failures > 0 && failure.began < node.failed_at {
            // Calls that were under way together fail together: that is one failure, not eight in a row.
            let asked = failure.now + self.backoff.delay_or_asked(0, 0.0, failure.retry_after);
            node.rests_until = node.rests_until.max(asked);
            return;
        }
        let delay = self.backoff.delay_or_asked(node.failures, failure.jitter, failure.retry_after);
        node.failures = node.failures.saturating_add(1);
        node.failed_at = failure.now;
        node.rests_until = failure.now + delay;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn at(milliseconds: u64) -> Duration {
        START + Duration::from_millis(milliseconds)
    }

    fn fail(pool: &mut Pool, index: usize, began: u64, now: u64) {
        let failure = Failure { began: at(began), now: at(now), jitter: 1.0, retry_after: None };
        pool.failed(index, failure);
    }

    #[test]
    fn addresses_take_turns() {
        let mut pool = Pool::new(3);
        let turns: Vec<_> = (0..4).filter_map(|_| pool.free(START)).collect();
        assert_eq!(turns, [0, 1, 2, 0]);
    }

    #[test]
    fn a_failed_address_is_passed_over_until_it_has_rested() {
        let mut pool = Pool::new(2);
        fail(&mut pool, 0, 0, 0);
        assert_eq!(pool.free(at(0)), Some(1));
        assert_eq!(pool.free(at(499)), Some(1));
        assert_eq!(pool.free(at(500)), Some(0));
        assert_eq!(pool.rest(at(0)), Duration::ZERO, "the other one is free");
    }

    #[test]
    fn when_all_rest_the_soonest_is_known() {
        let mut pool = Pool::new(2);
        fail(&mut pool, 0, 0, 0);
        fail(&mut pool, 0, 500, 600);
        fail(&mut pool, 1, 0, 900);
        assert_eq!(pool.free(at(1_000)), None);
        assert_eq!(pool.soonest(), 1);
        assert_eq!(pool.rest(at(1_000)), Duration::from_millis(400));
    }

    #[test]
    fn failures_in_a_row_double_the_rest_and_a_success_forgets_them() {
        let mut pool = Pool::new(1);
        fail(&mut pool, 0, 0, 0);
        fail(&mut pool, 0, 500, 500);
        assert_eq!(pool.rest(at(500)), Duration::from_secs(1));
        pool.succeeded(0);
        assert_eq!(pool.rest(at(500)), Duration::ZERO);
        fail(&mut pool, 0, 500, 500);
        assert_eq!(pool.rest(at(500)), Duration::from_millis(500));
    }

    #[test]
    fn calls_that_fail_together_count_once() {
        let mut pool = Pool::new(1);
        for _ in 0..8 {
            fail(&mut pool, 0, 0, 10);
        }
        assert_eq!(pool.rest(at(10)), Duration::from_millis(500));
    }

    #[test]
    fn the_server_may_ask_for_more() {
        let mut pool = Pool::new(1);
        let asked = Some(Duration::from_secs(20));
        pool.failed(0, Failure { began: at(0), now: at(0), jitter: 1.0, retry_after: asked });
        assert_eq!(pool.rest(at(0)), Duration::from_secs(20));
    }
}
