//! Controls are seen in the figures, and nothing that ought to be found is.

use crate::reading::{at, between, clear_lines, events, hours, requests, share};
use jiff::{SignedDuration, Timestamp};
use shop::{Control, ControlSpan, Kind, LogFile, Plan, Shop, ShopConfig, truth};

/// Eight hours of a Monday with a control for its usual length from the third on.
fn under(control: Control) -> (Plan, ControlSpan) {
    let mut plan = hours(at("2026-03-02T10:00:00Z"), 10);
    let start = at("2026-03-02T12:00:00Z");
    let minutes = control.usual_minutes().unwrap();
    let span = ControlSpan { control, start, end: start + SignedDuration::from_mins(minutes) };
    plan.controls.push(span);
    (plan, span)
}

fn sound(plan: &Plan) -> Plan {
    Plan::new(plan.from, plan.until)
}

#[test]
fn a_sale_brings_eight_times_the_orders_and_visits_and_only_an_announced_one_stands_in_a_calendar()
{
    for control in [Control::N1, Control::N2] {
        let (plan, span) = under(control);
        let (sale, usual) = (clear_lines(&plan), clear_lines(&sound(&plan)));
        let orders =
            |lines: &[shop::Line]| events(lines, "order.submitted", span.start, span.end).len();
        between(share(orders(&sale), orders(&usual)), 7.4, 8.6);
        let asked = |lines: &[shop::Line]| {
            let all = requests(lines, span.start, span.end);
            all.iter().filter(|request| !request.agent.contains("bot")).count()
        };
        between(share(asked(&sale), asked(&usual)), 6.5, 8.3);
        let announced = truth(&plan)[0].announced.clone();
        assert_eq!(announced.as_deref(), (control == Control::N1).then_some("promotion"));
    }
}

#[test]
fn growth_is_two_percent_a_day() {
    let from = at("2026-03-02T00:00:00Z");
    let mut plan = hours(from, 24 * 14);
    plan.control(Control::N5);
    let (growing, level) = (clear_lines(&plan), clear_lines(&sound(&plan)));
    let day = |lines: &[shop::Line], number: i64| {
        let start = from + SignedDuration::from_hours(24 * number);
        events(lines, "order.submitted", start, start + SignedDuration::from_hours(24)).len()
    };
    between(share(day(&growing, 13), day(&level, 13)), 1.25, 1.36);
    between(share(day(&growing, 0), day(&level, 0)), 0.98, 1.04);
}

#[test]
fn a_change_of_the_clocks_moves_the_busy_hours_by_one_in_utc() {
    let config = ShopConfig {
        zone: jiff::tz::TimeZone::get("Europe/Berlin").unwrap(),
        ..ShopConfig::small(11)
    };
    // The clocks go forward on 29 March 2026.
    let plan = hours(at("2026-03-28T00:00:00Z"), 72);
    let lines: Vec<_> = Shop::new(config).events(&plan).collect();
    let orders = |from: &str| {
        let start: Timestamp = from.parse().unwrap();
        events(&lines, "order.submitted", start, start + SignedDuration::from_hours(1)).len()
    };
    // From seven to eight in the morning, local time, is from six to seven in winter.
    between(share(orders("2026-03-30T05:00:00Z"), orders("2026-03-28T06:00:00Z")), 0.6, 1.6);
    // The same hour of UTC is an hour later on the customers' clocks, when twice as many are up.
    between(share(orders("2026-03-30T05:00:00Z"), orders("2026-03-28T05:00:00Z")), 1.3, 2.6);
}

#[test]
fn a_late_file_has_all_its_lines_two_hours_later() {
    let (plan, span) = under(Control::N7);
    let (late, usual) = (clear_lines(&plan), clear_lines(&sound(&plan)));
    let of_file = |lines: &[shop::Line]| {
        let within =
            |line: &&shop::Line| line.file == LogFile::Fulfilment && span.covers(line.happened_at);
        lines.iter().filter(within).cloned().collect::<Vec<_>>()
    };
    let texts = |lines: &[shop::Line]| {
        lines.iter().map(|line| line.text.clone()).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(texts(&of_file(&late)), texts(&of_file(&usual)));
    for line in of_file(&late) {
        assert_eq!(line.kind, Kind::Late);
        assert_eq!(line.written_at.duration_since(line.happened_at).as_mins(), 120);
    }
}

#[test]
fn a_closed_shop_answers_503_and_takes_no_order() {
    let (plan, span) = under(Control::N8);
    let lines = clear_lines(&plan);
    assert_eq!(events(&lines, "order.submitted", span.start, span.end).len(), 0);
    let asked = requests(&lines, span.start, span.end);
    assert!(asked.len() > 100);
    let refused = asked.iter().filter(|request| request.status == 503).count();
    let healthy = asked.iter().filter(|request| request.path == "/healthz").count();
    assert_eq!(refused + healthy, asked.len());
    assert_eq!(truth(&plan)[0].announced.as_deref(), Some("maintenance"));
    let whole: Vec<_> = Shop::new(ShopConfig::whole(11)).events(&plan).collect();
    for action in ["product.viewed", "cart.item_added", "search.performed", "login.succeeded"] {
        let begun = span.start + SignedDuration::from_mins(10); // visits that had begun before have ended
        assert_eq!(events(&whole, action, begun, span.end).len(), 0, "{action}");
    }
}

#[test]
fn a_noisy_debug_logger_adds_lines_of_one_form_and_no_error() {
    let (plan, span) = under(Control::N9);
    let (noisy, usual) = (clear_lines(&plan), clear_lines(&sound(&plan)));
    let of_app = |lines: &[shop::Line]| {
        lines
            .iter()
            .filter(|line| line.file == LogFile::App && span.covers(line.happened_at))
            .count()
    };
    between((of_app(&noisy) - of_app(&usual)) as f64 / 120.0, 290.0, 310.0);
    let rest = |lines: &[shop::Line]| lines.iter().filter(|line| line.file != LogFile::App).count();
    assert_eq!(rest(&noisy), rest(&usual));
}
