//! What the shop sells, what a basket costs, and how much is in stock.

use crate::chance::{Chance, place, whole};

/// Articles of the shop.
pub(crate) const PRODUCTS: u16 = 400;
/// Where articles lie.
pub(crate) const WAREHOUSES: [&str; 2] = ["W1", "W2"];
const CATEGORIES: [&str; 8] =
    ["shoes", "shirts", "trousers", "jackets", "bags", "toys", "kitchen", "garden"];
const BRANDS: [&str; 6] = ["Alder", "Birch", "Cedar", "Elm", "Hazel", "Rowan"];
const MEDIAN_PRICE_MINOR: f64 = 1_900.0;
const PRICE_SPREAD: f64 = 0.5;
/// A change is told when an article has moved by this many pieces, not piece by piece.
const TOLD_AT_PIECES: i64 = 10;
const REORDER_AT_PIECES: i64 = 80;
const REORDERED_PIECES: i64 = 600;

/// Number of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Product(u16);

/// One product of the catalogue.
#[derive(Debug, Clone)]
pub(crate) struct Article {
    pub(crate) sku: String,
    pub(crate) category: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) price_minor: i64,
    pub(crate) warehouse: &'static str,
}

/// All products, with their stock.
#[derive(Debug)]
pub(crate) struct Catalogue {
    articles: Vec<Article>,
    stock: Vec<Stock>,
}

#[derive(Debug, Clone)]
struct Stock {
    on_hand: i64,
    untold: i64,
}

/// A change of stock as the stock service tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StockChange {
    pub(crate) product: Product,
    pub(crate) delta: i64,
    pub(crate) on_hand: i64,
    pub(crate) cause: Cause,
}

/// Whether stock changes are told, and whether stock is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Supply {
    /// As on any day.
    Usual,
    /// Nothing is delivered; the stock does not fall below nothing.
    Cut,
    /// Changes are not told until somebody counts.
    Untold,
}

/// Why stock changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Sale,
    Receive,
    /// What somebody counted, or another channel sold, differs from what was told.
    Sync,
}

impl Product {
    /// Returns a product that somebody looks at or buys: few are popular, most are not.
    pub(crate) fn drawn(chance: &mut Chance) -> Self {
        let place = chance.unit() * chance.unit() * f64::from(PRODUCTS);
        Self(u16::try_from(whole(place.floor())).unwrap_or_default())
    }

    pub(crate) fn number(self) -> i64 {
        1_000 + i64::from(self.0)
    }

    /// Returns its place among all products, from the most popular one on.
    pub(crate) fn rank(self) -> u16 {
        self.0
    }

    /// Returns the product of this place.
    pub(crate) fn of_rank(rank: u16) -> Self {
        Self(rank % PRODUCTS)
    }

    /// Returns all products, from the most popular one on.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..PRODUCTS).map(Self)
    }

    /// Returns the product with this SKU.
    pub(crate) fn of_sku(sku: &str) -> Option<Self> {
        sku.strip_prefix("SKU-").and_then(|rank| rank.parse().ok()).map(Self::of_rank)
    }

    pub(crate) fn sku(self) -> String {
        format!("SKU-{:04}", self.0)
    }
}

impl Catalogue {
    pub(crate) fn new(seed: u64) -> Self {
        let mut chance = Chance::branch(seed, "catalogue", 0);
        let mut catalogue = Self { articles: Vec::new(), stock: Vec::new() };
        for number in 0..PRODUCTS {
            catalogue.articles.push(Article {
                sku: Product(number).sku(),
                category: chance.one_of(&CATEGORIES),
                brand: chance.one_of(&BRANDS),
                price_minor: whole(chance.log_normal(MEDIAN_PRICE_MINOR / 100.0, PRICE_SPREAD))
                    * 100
                    + 95,
                warehouse: WAREHOUSES[usize::from(!chance.happens(0.6))],
            });
            let on_hand = REORDER_AT_PIECES + i64::from(chance.poisson(300.0));
            catalogue.stock.push(Stock { on_hand, untold: 0 });
        }
        catalogue
    }

    pub(crate) fn article(&self, product: Product) -> &Article {
        &self.articles[place(u64::from(product.0))]
    }

    /// Takes pieces out of stock and returns what the stock service tells about it.
    pub(crate) fn sell(
        &mut self,
        product: Product,
        pieces: i64,
        supply: Supply,
    ) -> Vec<StockChange> {
        let stock = &mut self.stock[place(u64::from(product.0))];
        let sold = match supply {
            Supply::Cut => pieces.min(stock.on_hand.max(0)),
            Supply::Usual | Supply::Untold => pieces,
        };
        stock.on_hand -= sold;
        stock.untold += sold;
        let mut told = Vec::new();
        if supply == Supply::Untold {
            return told;
        }
        let runs_out = sold > 0 && stock.on_hand == 0;
        if stock.untold >= TOLD_AT_PIECES || runs_out {
            let delta = -std::mem::take(&mut stock.untold);
            let on_hand = stock.on_hand;
            told.push(StockChange { product, delta, on_hand, cause: Cause::Sale });
        }
        if supply == Supply::Usual && stock.on_hand < REORDER_AT_PIECES {
            stock.on_hand += REORDERED_PIECES;
            let (delta, on_hand) = (REORDERED_PIECES, stock.on_hand);
            told.push(StockChange { product, delta, on_hand, cause: Cause::Receive });
        }
        told
    }

    /// Returns what lies in stock of a product.
    pub(crate) fn on_hand(&self, product: Product) -> i64 {
        self.stock[place(u64::from(product.0))].on_hand
    }

    /// Counts a product, of which `oversold` more pieces turn out to be sold than there were, and tells what differs.
    pub(crate) fn count(&mut self, product: Product, oversold: Option<i64>) -> Option<StockChange> {
        let stock = &mut self.stock[place(u64::from(product.0))];
        let delta = oversold.map_or(0, |pieces| -pieces - stock.on_hand);
        stock.on_hand += delta;
        let delta = delta - std::mem::take(&mut stock.untold);
        let on_hand = stock.on_hand;
        (delta != 0).then_some(StockChange { product, delta, on_hand, cause: Cause::Sync })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_changes_add_up_to_what_was_sold_and_received() {
        let mut catalogue = Catalogue::new(1);
        let product = Product(3);
        let before = catalogue.stock[3].on_hand;
        let mut told = 0;
        for _ in 0..500 {
            for change in catalogue.sell(product, 3, Supply::Usual) {
                told += change.delta;
                assert!(change.on_hand >= 0, "{change:?}");
            }
        }
        let stock = &catalogue.stock[3];
        assert_eq!(stock.on_hand, before + told - stock.untold);
    }

    #[test]
    fn without_deliveries_a_product_runs_out_and_stays_out() {
        let mut catalogue = Catalogue::new(1);
        let product = Product(3);
        let told: Vec<_> = (0..500).flat_map(|_| catalogue.sell(product, 3, Supply::Cut)).collect();
        assert_eq!(told.last().map(|change| change.on_hand), Some(0));
        assert_eq!(catalogue.on_hand(product), 0);
        assert_eq!(told.iter().filter(|change| change.on_hand == 0).count(), 1);
    }

    #[test]
    fn what_was_not_told_is_told_by_a_count_and_other_channels_may_have_sold_too() {
        let mut catalogue = Catalogue::new(1);
        let product = Product(3);
        let before = catalogue.on_hand(product);
        assert_eq!(catalogue.sell(product, 30, Supply::Untold), []);
        let change = catalogue.count(product, None).unwrap();
        assert_eq!((change.delta, change.on_hand), (-30, before - 30));
        assert_eq!(catalogue.count(product, None), None);
        let change = catalogue.count(product, Some(4)).unwrap();
        assert_eq!((change.delta, change.on_hand), (-(before - 30) - 4, -4));
    }

    #[test]
    fn few_products_are_popular_and_all_numbers_are_in_the_catalogue() {
        let catalogue = Catalogue::new(1);
        let mut chance = Chance::branch(1, "test", 0);
        let drawn: Vec<_> = (0..10_000).map(|_| Product::drawn(&mut chance)).collect();
        let popular = drawn.iter().filter(|product| product.0 < PRODUCTS / 10).count();
        assert!((2_500..4_500).contains(&popular), "{popular}");
        assert!(drawn.iter().all(|&product| catalogue.article(product).price_minor > 0));
    }
}
