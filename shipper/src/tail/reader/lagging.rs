//! Shows how far behind each input is.

use std::sync::Arc;
use std::time::Duration;

use super::super::catalogue::{Slot, Standing};
use super::super::lag::{Behind, Growth, Lag, furthest};
use crate::shed::Shedding;

use super::Reader;

/// How often the lag is shown; and never more than a hundredth of the time is spent on it.
const EVERY: Duration = Duration::from_secs(1);

impl Reader {
    /// Notes that a file was read up to a place.
    pub(super) fn notice_read(&mut self, slot: Slot, start: u64, now: Duration) {
        let Some(open) = self.catalogue.get(slot).and_then(|item| item.open()) else { return };
        let (id, position) = (open.tail.id, open.tail.position().get());
        let fresh = || (Some(id), Growth::from(start));
        let (known, growth) = self.behind.entry(slot).or_insert_with(fresh);
        *known = Some(id);
        growth.reached(position, now, Duration::ZERO);
    }

    pub(super) fn show_lag(&mut self, now: Duration) {
        let mut lags = vec![Lag::default(); self.sources.len()];
        let mut acknowledged = vec![0; self.sources.len()];
        let mut files = Vec::new();
        let mut registry = self.around.state.registry();
        let catalogue = &self.catalogue;
        self.behind.retain(|&slot, (id, growth)| {
            let Some(item) = catalogue.get(slot) else { return false };
            let Some(lag) = lags.get_mut(item.input) else { return false };
            if let Some(mark) = id.and_then(|id| registry.committed(id)) {
                let more = growth.acknowledged(mark.offset.get());
                if let Some(bytes) = acknowledged.get_mut(item.input) {
                    *bytes += more;
                }
            }
            // All that is read and not acknowledged is an incomplete last line: it waits for its writer, not for us.
            let waits_for_writer = match &item.standing {
                Standing::Open(open) => {
                    open.tail.position().get() >= growth.end()
                        && growth.end() - growth.bytes() >= open.tail.unsent().get()
                }
                Standing::Closed { checked, .. } => checked.is_some(),
                Standing::Fresh | Standing::Passed { .. } | Standing::Unsaved(_) => false,
            };
            if growth.bytes() == 0 || waits_for_writer {
                return false;
            }
            lag.bytes += growth.bytes();
            lag.age = lag.age.max(growth.age(now));
            let (path, bytes, age) = (Arc::clone(&item.path), growth.bytes(), growth.age(now));
            files.push(Behind { path, bytes, age });
            true
        });
        registry.note_behind(furthest(files));
        drop(registry);
        let within = now.saturating_sub(self.last_lag);
        self.last_lag = now;
        let mut has_turned = false;
        for (input, lag) in lags.iter_mut().enumerate() {
            let (Some(rate), Some(source)) =
                (self.rates.get_mut(input), self.sources.get_mut(input))
            else {
                continue;
            };
            rate.add(acknowledged.get(input).copied().unwrap_or(0), within);
            lag.drain = rate.drain(lag.bytes);
            self.around.metrics.lag(&source.id, lag);
            has_turned |= source.notice_lag(lag, &self.around.metrics);
        }
        if has_turned {
            self.show_shedding();
        }
        let took = self.around.clock.monotonic().saturating_sub(now);
        self.next_lag = now + EVERY.max(took * 100);
    }

    /// Shows which inputs leave lines out.
    pub(super) fn show_shedding(&self) {
        let told = self.sources.iter().filter_map(|source| {
            let rule = source.shedding.filter(Shedding::is_on)?.rule();
            Some(format!(
                "{} is more than {} s behind: {} % of its lines are sent until it has caught up",
                source.id,
                rule.after_lag.as_secs(),
                rule.keep * 100.0
            ))
        });
        let told: Vec<String> = told.collect();
        self.around.state.show("shed", (!told.is_empty()).then(|| told.join("; ")));
    }
}
