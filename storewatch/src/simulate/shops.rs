//! Which shops are written, and what is planted in each.

use std::path::{Path, PathBuf};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use shop::{Control, ControlSpan, Incident, Plan, Scenario, ShopConfig, Truth, demo_plan, truth};

use super::args::SimulateArgs;
use super::usage;

/// What lies between the end of what is planted and the end of the history, when each shop has one thing planted.
const AFTER_HOURS: i64 = 6;

/// One shop and its plan.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) shop: ShopConfig,
    pub(super) plan: Plan,
    /// Whether its logs have a folder of their own among those of other shops.
    pub(super) place: Place,
}

impl Planned {
    /// Returns the folder of its logs, within the one that the command line names.
    pub(super) fn logs(&self, folder: &Path) -> PathBuf {
        match self.place {
            Place::Alone => folder.to_owned(),
            Place::AmongOthers => folder.join(&self.shop.store_id),
        }
    }

    /// Returns the truth about it; among other shops, each line names the shop.
    pub(super) fn truth(&self) -> Vec<Truth> {
        let mut planted = truth(&self.plan);
        if self.place == Place::AmongOthers {
            for one in &mut planted {
                one.store_id = Some(self.shop.store_id.clone());
            }
        }
        planted
    }
}

/// Where the logs of a shop lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In the folder itself.
    Alone,
    /// In a folder within it, which is named as the shop.
    AmongOthers,
}

/// Returns the shops that the command line asks for.
pub(super) fn planned(args: &SimulateArgs, now: Timestamp) -> Result<Vec<Planned>> {
    if args.planted.demo {
        let demo = demo_plan(args.span.until.unwrap_or(now), args.shop.seed);
        return Ok(vec![Planned { shop: demo.shop, plan: demo.plan, place: Place::Alone }]);
    }
    let shop = ShopConfig {
        zone: args.shop.zone.clone(),
        orders_per_day: args.shop.orders_per_day,
        breadth: args.shop.breadth.into(),
        ..ShopConfig::whole(args.shop.seed)
    };
    let plan = span(args, now)?;
    let shops = if args.shop.each { each(&shop, &plan) } else { several(args, shop, plan)? };
    for planned in &shops {
        check(planned)?;
    }
    Ok(shops)
}

fn span(args: &SimulateArgs, now: Timestamp) -> Result<Plan> {
    let history = args.span.history().duration();
    let (end_of_history, until) = match (args.span.until, args.span.speed) {
        (Some(until), None) => (until, until),
        (Some(until), Some(_)) => (until.min(now), until),
        (None, None) => (now, now),
        (None, Some(_)) => (now, Timestamp::MAX),
    };
    Ok(Plan::new(end_of_history.checked_sub(history)?, until))
}

fn several(args: &SimulateArgs, shop: ShopConfig, mut plan: Plan) -> Result<Vec<Planned>> {
    for planted in &args.planted.scenarios {
        let incident = planted.place(&plan);
        plan.incidents.push(incident.map_err(|error| usage(error.to_string()))?);
    }
    for planted in &args.planted.controls {
        let span = planted.place(&plan);
        plan.controls.push(span.map_err(|error| usage(error.to_string()))?);
    }
    let Some(count) = args.shop.stores else {
        return Ok(vec![Planned { shop, plan, place: Place::Alone }]);
    };
    let numbered = |number: u32| Planned {
        shop: ShopConfig {
            store_id: format!("shop-{number:03}"),
            seed: shop.seed.wrapping_add(u64::from(number) - 1),
            ..shop.clone()
        },
        plan: plan.clone(),
        place: Place::AmongOthers,
    };
    Ok((1..=count).map(numbered).collect())
}

/// Returns a shop for each scenario and control, and one in which nothing happens.
fn each(shop: &ShopConfig, plan: &Plan) -> Vec<Planned> {
    let end = plan.until - SignedDuration::from_hours(AFTER_HOURS);
    let start = |minutes| end - SignedDuration::from_mins(minutes);
    let named = |name: &str, number: usize, plan: Plan| Planned {
        shop: ShopConfig {
            store_id: name.to_ascii_lowercase(),
            seed: shop.seed.wrapping_add(number as u64),
            ..shop.clone()
        },
        plan,
        place: Place::AmongOthers,
    };
    let mut shops = vec![named("calm", 0, plan.clone())];
    for scenario in Scenario::ALL {
        let mut plan = plan.clone();
        plan.incidents.push(Incident::new(scenario, start(scenario.usual_minutes())));
        shops.push(named(scenario.as_str(), shops.len(), plan));
    }
    for control in Control::ALL {
        let mut plan = plan.clone();
        match control.usual_minutes() {
            Some(minutes) => {
                plan.controls.push(ControlSpan { control, start: start(minutes), end });
            }
            None => plan.control(control),
        }
        shops.push(named(control.as_str(), shops.len(), plan));
    }
    // A zone without such a change has nothing to show.
    shops.retain(|planned| !planned.plan.has(Control::N4) || has_clock_change(planned));
    shops
}

/// Refuses what the shop would not show.
fn check(planned: &Planned) -> Result<()> {
    let Planned { shop, plan, .. } = planned;
    for incident in &plan.incidents {
        let scenario = incident.scenario;
        if incident.start < plan.from {
            let days = SignedDuration::from_mins(scenario.usual_minutes()).as_hours() / 24 + 2;
            return Err(usage(format!(
                "{scenario} needs a longer span: write --days {days} or more"
            ))
            .into());
        }
        if scenario.breadth() > shop.breadth {
            let message = format!(
                "{scenario} shows in what a shop logs with --breadth whole, not in its core"
            );
            return Err(usage(message).into());
        }
    }
    if plan.has(Control::N4) && !has_clock_change(planned) {
        let message = format!(
            "N4 needs a span with a change to or from daylight-saving time: --zone names the zone, and none \
             lies between {} and {}",
            plan.from, plan.until
        );
        return Err(usage(message).into());
    }
    Ok(())
}

fn has_clock_change(planned: &Planned) -> bool {
    let Planned { shop, plan, .. } = planned;
    let change = shop.zone.following(plan.from).next();
    change.is_some_and(|change| change.timestamp() < plan.until)
}
