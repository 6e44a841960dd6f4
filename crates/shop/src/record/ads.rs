//! Events of `store.ad` and `store.poll`.

use super::{Scribe, letters};
use crate::access;
use crate::ads::{Click, Spending};
use crate::platform::Poll;

impl Scribe<'_> {
    pub(super) fn clicked(&self, action: &str, click: &Click) -> Vec<u8> {
        let mut object = self.begun(action, click.number);
        object.text("provider", click.campaign.network).text("service", "ads");
        object.text("host", self.host.as_str());
        object.text("source.ip", &access::address(click.address));
        object.text("user_agent.original", click.agent);
        object.nested("ad", |ad| {
            ad.text("network", click.campaign.network).text("campaign_id", click.campaign.id);
            ad.text("click_id", &letters(click.number));
        });
        object.finish()
    }

    pub(super) fn spent(&self, spending: &Spending) -> Vec<u8> {
        let Spending { campaign, figures } = spending;
        let mut object = self.begun("ad.spend_snapshot", self.serial);
        object.text("kind", "metric").text("provider", campaign.network).text("service", "ads");
        object.text("host", self.host.as_str()).text("currency", &self.config.currency);
        object.nested("ad", |ad| {
            ad.text("network", campaign.network).text("campaign_id", campaign.id);
            ad.number("impressions", figures.impressions).number("clicks", figures.clicks);
            ad.number("conversions", figures.conversions);
            ad.number("cost_micros", figures.cost_micros);
        });
        object.finish()
    }

    pub(super) fn polled(&self, poll: &Poll) -> Vec<u8> {
        let (action, outcome, status) = if poll.is_refused() {
            ("poll.failed", "failure", "failed")
        } else {
            ("poll.finished", "success", "finished")
        };
        let mut object = self.begun(action, self.serial);
        object.text("kind", "metric").text("provider", "platform").text("service", "poller");
        object.text("host", self.host.as_str()).text("outcome", outcome);
        object.text_if("reason", poll.is_refused().then_some("quota_exhausted"));
        object.nested("poll", |member| {
            member.text("api", poll.api).text("status", status).number("pages", poll.pages);
            member.number("rows", poll.rows).number("new_rows", poll.new_rows);
            member.number("lag_ms", poll.lag_ms).number("quota_left", poll.quota_left);
        });
        object.finish()
    }
}
