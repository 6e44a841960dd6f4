//! Block `shed`: what may be left out while an input is far behind.

use std::collections::BTreeMap;

use event::Dataset;
use runtime::settings::Check;
use runtime::unit::Span;
use serde::Deserialize;

use crate::shed::Shed;

/// Block `shed`. Without it nothing is left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawShed {
    /// Lines are left out while the oldest one of an input waits for longer than this, 10 s to 7 days.
    pub after_lag: Span,
    /// By dataset the share of lines that is sent then, 0 to 1. Never of orders and payments.
    pub keep: BTreeMap<String, f64>,
}

/// What inputs may leave out, by dataset.
pub(super) type Sheds = BTreeMap<Dataset, Shed>;

impl RawShed {
    pub(super) fn check(&self, check: &mut Check<'_>) -> Sheds {
        check.within("shed", |check| {
            let lags = Span::seconds(10)..=Span::days(7);
            let after_lag = check.range("after_lag", self.after_lag, lags).into();
            if self.keep.is_empty() {
                check.missing("keep", "is empty: nothing would be left out", "name a dataset, such as `keep: { traffic: 0.1 }`");
            }
            let keep = self.keep.iter().filter_map(|(name, &share)| {
                let key = format!("keep.{name}");
                let keep = check.range(&key, share, 0.0..=1.0);
                let Some(dataset) = Dataset::named(name).filter(|dataset| dataset.is_shippable()) else {
                    let hint = "datasets that may be shed: fulfilment, inventory, support, ad, traffic, app, poll";
                    check.fault(&key, share, "of what is no dataset of inputs", hint);
                    return None;
                };
                if matches!(dataset, Dataset::Order | Dataset::Payment | Dataset::Pipeline) {
                    let message = "of what is never left out: orders, payments and our own health";
                    check.fault(&key, share, message, "take it away");
                    return None;
                }
                Some((dataset, Shed { after_lag, keep }))
            });
            keep.collect()
        })
    }
}
