//! Advertising: clicks that are paid for, orders that come of them, and what the networks bill.

use crate::chance::{Chance, place, whole};
use crate::conditions::Conditions;
use crate::moment::{MINUTE_MS, Minute, Moment};
use crate::visit::{Address, Client, address, within};

/// A campaign: its name, its network, its share of clicks and the median price of one, in millionths.
#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) id: &'static str,
    pub(crate) network: &'static str,
    share: f64,
    click_micros: f64,
}

pub(crate) static CAMPAIGNS: [Campaign; 5] = [
    Campaign { id: "spring-sale", network: "searchads", share: 0.30, click_micros: 420_000.0 },
    Campaign { id: "brand", network: "searchads", share: 0.20, click_micros: 180_000.0 },
    Campaign { id: "generic", network: "searchads", share: 0.15, click_micros: 520_000.0 },
    Campaign { id: "retarget", network: "socialads", share: 0.20, click_micros: 260_000.0 },
    Campaign { id: "lookalike", network: "socialads", share: 0.15, click_micros: 340_000.0 },
];

const CLICKS_PER_ORDER: f64 = 4.2;
/// Clicks of each impression.
const CLICK_THROUGH: f64 = 0.025;
/// Orders of each click.
const CONVERSION: f64 = 0.06;
/// How often a network says what it bills.
const BILLED_EACH_MINUTES: i64 = 15;
/// A block of addresses that is set aside for documentation.
const FRAUD_NETWORK: [u8; 3] = [192, 0, 2];
const FRAUD_AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/124.0.0.0 Safari/537.36";

/// Somebody clicks on an advertisement, or orders after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Click {
    pub(crate) campaign: &'static Campaign,
    /// The number of the click: its conversion has the same.
    pub(crate) number: u64,
    pub(crate) address: Address,
    pub(crate) agent: &'static str,
}

/// What a network bills for the last quarter of an hour.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spending {
    pub(crate) campaign: &'static Campaign,
    pub(crate) figures: Figures,
}

/// Counts and cost of a campaign.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) impressions: i64,
    pub(crate) clicks: i64,
    pub(crate) conversions: i64,
    pub(crate) cost_micros: i64,
}

/// What is told of advertising.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Advertising {
    Clicked(Click),
    Converted(Click),
    Spent(Spending),
}

/// What has not been billed yet.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    unbilled: [Figures; CAMPAIGNS.len()],
}

impl Desk {
    /// Tells the clicks of a minute, and every quarter of an hour what they cost. What is false has a chance of its own, so
    /// that what is true does not shift.
    pub(crate) fn minute(
        &mut self,
        minute: Minute,
        orders: f64,
        conditions: &Conditions,
        (chance, fraud): (&mut Chance, &mut Chance),
        tell: &mut dyn FnMut(Moment, Advertising),
    ) {
        for (campaign, figures) in CAMPAIGNS.iter().zip(&mut self.unbilled) {
            let expected = orders * CLICKS_PER_ORDER * campaign.share;
            figures.impressions += i64::from(chance.poisson(expected / CLICK_THROUGH));
            for _ in 0..chance.poisson(expected) {
                let at = within(minute, chance);
                let click = Click {
                    campaign,
                    number: chance.bits(),
                    address: address(Client::Customer, chance),
                    agent: chance.one_of(&crate::agents::BROWSERS),
                };
                let cost_micros = whole(chance.log_normal(campaign.click_micros, 0.35));
                let converts = chance.happens(CONVERSION);
                let after = whole(chance.log_normal(18.0, 0.8) * MINUTE_MS as f64);
                figures.cost_micros += cost_micros;
                if chance.happens(conditions.untracked_share(at, campaign.network)) {
                    continue;
                }
                figures.clicks += 1;
                tell(at, Advertising::Clicked(click));
                let seen = at.plus_ms(after);
                if converts && conditions.untracked_share(seen, campaign.network) < 1.0 {
                    figures.conversions += 1;
                    tell(seen, Advertising::Converted(click));
                }
            }
            let false_clicks = expected * conditions.false_clicks(minute.start(), campaign.id);
            for _ in 0..fraud.poisson(false_clicks) {
                let [a, b, c] = FRAUD_NETWORK;
                let last = u8::try_from(place(fraud.below(256))).unwrap_or_default();
                let (number, at) = (fraud.bits(), within(minute, fraud));
                let address = Address([a, b, c, last]);
                let click = Click { campaign, number, address, agent: FRAUD_AGENT };
                figures.clicks += 1;
                figures.impressions += 1;
                figures.cost_micros += whole(fraud.log_normal(campaign.click_micros, 0.35));
                tell(at, Advertising::Clicked(click));
            }
            if minute.is_each(BILLED_EACH_MINUTES) {
                let at = minute.start().plus_ms(MINUTE_MS - 1_000);
                let figures = std::mem::take(figures);
                tell(at, Advertising::Spent(Spending { campaign, figures }));
            }
        }
    }
}
