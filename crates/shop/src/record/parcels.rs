//! Events of `store.fulfilment`.

use super::{Scribe, order_id, part_key};
use crate::fact::{Handling, Scan, Shipment};

impl Scribe<'_> {
    pub(super) fn dispatched(&self, shipment: &Shipment) -> Vec<u8> {
        self.shipment(("shipment.dispatched", "dispatched"), 0, None, shipment)
    }

    pub(super) fn delivered(&self, shipment: &Shipment) -> Vec<u8> {
        let late = if self.at > shipment.promised { "true" } else { "false" };
        self.shipment(("shipment.delivered", "delivered"), 0, Some(late), shipment)
    }

    fn shipment(
        &self,
        (action, status): (&str, &str),
        number: u8,
        late: Option<&str>,
        shipment: &Shipment,
    ) -> Vec<u8> {
        let order = &shipment.order;
        let warehouse = order
            .positions()
            .next()
            .map(|position| self.catalogue.article(position.product).warehouse);
        let mut object = self.begun(action, part_key(order, number));
        object
            .text("service", "fulfilment")
            .text("host", self.host.as_str())
            .text("channel", order.channel);
        object.nested("order", |member| {
            member.text("id", &order_id(order.number));
        });
        object.nested("shipment", |member| {
            member.text("id", &self.id("shp", "shipment", order.number.0));
            member.text("status", status).text("carrier", shipment.carrier);
            member.text("region", shipment.region).text("service", "standard");
            member.text_if("warehouse", warehouse);
            member.text("promised_at", &shipment.promised.text());
            member.number("lag_ms", self.at.since_ms(order.placed));
            if let Some(late) = late {
                member.literal("late", late);
            }
        });
        object.finish()
    }

    pub(super) fn handled(&self, handling: &Handling) -> Vec<u8> {
        self.shipment((handling.action, handling.status), 0, None, &handling.shipment)
    }

    pub(super) fn scanned(&self, scan: &Scan) -> Vec<u8> {
        self.shipment((scan.action, scan.status), scan.number, None, &scan.shipment)
    }
}
