//! Events of `store.inventory`.

use super::Scribe;
use crate::catalogue::{Cause, StockChange};
use crate::chance::mix;
use crate::stock::{Count, PriceChange, Sync};

impl Scribe<'_> {
    pub(super) fn stocked(&self, change: StockChange) -> Vec<u8> {
        let article = self.catalogue.article(change.product);
        let (action, reason) = match change.cause {
            Cause::Sale if change.on_hand == 0 => ("stock.depleted", "sale"),
            Cause::Sale => ("stock.changed", "sale"),
            Cause::Receive => ("stock.replenished", "receive"),
            Cause::Sync => ("stock.adjusted", "sync"),
        };
        let mut object = self.begun(action, self.serial);
        object.text("service", "stock").text("host", self.host.as_str());
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
            product.text("brand", article.brand);
        });
        object.nested("inventory", |inventory| {
            inventory.text("warehouse", article.warehouse).text("reason", reason);
            inventory.number("delta", change.delta).number("on_hand", change.on_hand);
            inventory.number("available", change.on_hand);
        });
        object.finish()
    }

    pub(super) fn counted(&self, count: Count) -> Vec<u8> {
        let article = self.catalogue.article(count.product);
        let mut object = self.begun("stock.snapshot", self.serial);
        object.text("kind", "state").text("service", "stock").text("host", self.host.as_str());
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
            product.text("brand", article.brand);
        });
        object.nested("inventory", |inventory| {
            inventory.text("warehouse", article.warehouse).text("reason", "count");
            inventory.text("as_of", &self.at.text());
            inventory.number("on_hand", count.on_hand).number("available", count.on_hand);
        });
        object.finish()
    }

    pub(super) fn synced(&self, sync: Sync) -> Vec<u8> {
        let mut object = self.begun("sync.finished", self.serial);
        object.text("service", "stock").text("host", self.host.as_str());
        object.nested("inventory", |inventory| {
            inventory.text("warehouse", sync.warehouse).text("reason", "sync");
            inventory.text("as_of", &sync.as_of.text());
            inventory.number("sync_lag_ms", self.at.since_ms(sync.as_of));
        });
        object.finish()
    }

    pub(super) fn priced(&self, change: PriceChange) -> Vec<u8> {
        let article = self.catalogue.article(change.product);
        let price = article.price_minor / change.divisor;
        // A list price lies a tenth to a third above what is asked.
        let above = 10 + i64::try_from(mix(self.serial) % 24).unwrap_or_default();
        let list_price = article.price_minor + article.price_minor * above / 100;
        let mut object = self.begun("price.changed", self.serial);
        object.text("reason", change.reason).text("service", "catalogue");
        object.text("host", self.host.as_str()).text("currency", &self.config.currency);
        object.nested("product", |product| {
            product.text("sku", &article.sku).text("category", article.category);
            product.money("price", price).money("list_price", list_price);
        });
        object.finish()
    }
}
