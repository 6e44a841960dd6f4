//! The way of a parcel: through the warehouse, and from scan to scan.

use super::Life;
use crate::chance::whole;
use crate::fact::{Fact, Handling, Scan, Shipment};
use crate::moment::{DAY_MS, HOUR_MS, MINUTE_MS, Moment, SECOND_MS};

/// Scans on the way, as part of it that has passed.
const SCANNED_AT: [f64; 2] = [0.05, 0.55];
/// Between leaving the depot and the door.
const LAST_MILE_MS: i64 = 5 * HOUR_MS;

impl Life<'_> {
    /// Returns when a parcel leaves and arrives after all, once a slow warehouse and a blind carrier have had it.
    pub(super) fn delayed(
        &mut self,
        shipment: Shipment,
        dispatched: Moment,
        delivered: Moment,
    ) -> (Moment, Moment) {
        let placed = shipment.order.placed;
        let warehouse = shipment.order.first().map(|first| self.catalogue.article(first).warehouse);
        let offset = self.config.zone.to_offset(placed.timestamp());
        let ahead_ms = i64::from(offset.seconds()) * SECOND_MS;
        let left = warehouse.map_or(dispatched, |name| {
            self.conditions.worked(name, (placed, dispatched), ahead_ms)
        });
        let arrived = delivered.plus_ms(left.since_ms(dispatched));
        let stuck = self.conditions.unscanned(arrived, shipment.carrier, shipment.region);
        let stuck_ms = stuck.map_or(0.0, |incident| incident.intensity * DAY_MS as f64);
        (left, arrived.plus_ms(whole(stuck_ms * (2.0 + 2.0 * self.aside.unit()))))
    }

    /// Tells what the warehouse does with a parcel, and where the carrier sees it.
    pub(super) fn track(&mut self, shipment: Shipment, dispatched: Moment, delivered: Moment) {
        let placed = shipment.order.placed;
        let before_ms = dispatched.since_ms(placed).min(3 * HOUR_MS) as f64;
        let created = placed.plus_ms(MINUTE_MS + whole(self.aside.unit() * MINUTE_MS as f64));
        let mut handled = |at: Moment, action, status| {
            (self.tell)(at.max(created), Fact::Handled(Handling { shipment, action, status }));
        };
        handled(created, "fulfilment.created", "created");
        handled(dispatched.plus_ms(-whole(before_ms * 0.6)), "pick.finished", "picked");
        handled(dispatched.plus_ms(-whole(before_ms * 0.2)), "pack.finished", "packed");

        let way_ms = delivered.since_ms(dispatched) as f64;
        let mut scans = SCANNED_AT.map(|part| {
            let part = part + 0.1 * self.aside.unit();
            (dispatched.plus_ms(whole(part * way_ms)), "shipment.scan", "in_transit")
        });
        let last_mile = delivered.plus_ms(-LAST_MILE_MS.min(whole(way_ms * 0.3)));
        scans.sort_unstable();
        let last = (last_mile, "shipment.out_for_delivery", "out_for_delivery");
        for (number, (at, action, status)) in (1..).zip(scans.into_iter().chain([last])) {
            let blind = self.conditions.unscanned(at, shipment.carrier, shipment.region);
            let missed = blind.map_or(0.0, |incident| incident.intensity);
            if !self.aside.happens(missed) {
                (self.tell)(at, Fact::Scanned(Scan { shipment, action, status, number }));
            }
        }
    }
}
