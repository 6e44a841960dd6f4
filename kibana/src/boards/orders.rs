//! Orders & payments: are orders coming in and being paid?

use event::Field;

use crate::board::{Board, Control};
use crate::boards::{links, panel};
use crate::column::{Column, Format, Operation};
use crate::data_view::DataView;
use crate::panel::{Content, Panel, Place, heatmap, metric, table, xy};
use crate::search::ORDER_AND_PAYMENT_FAILURES;
use crate::tag::Tag;

pub(super) const KEY: &str = "orders";

const SUBMITTED: &str = "event.action: order.submitted";
const FAILED: &str = "event.action: payment.failed";
const TRIED: &str = "event.action: (payment.completed or payment.failed)";

pub(super) fn board() -> Board {
    Board {
        key: KEY,
        title: "Orders & payments",
        question: "Are orders coming in and being paid?",
        from: "now-24h",
        tags: &[Tag::All, Tag::Business],
        controls: vec![
            Control { title: "Shop", field: Field::StoreId, view: DataView::Orders },
            Control { title: "Channel", field: Field::StoreChannel, view: DataView::Orders },
            Control {
                title: "Payment provider",
                field: Field::StorePaymentProvider,
                view: DataView::Orders,
            },
        ],
        panels: [key_figures(), series(), breakdowns()].into_iter().flatten().collect(),
    }
}

fn time() -> Column {
    Column::new("time", "Time", Operation::DateHistogram)
}

fn top(id: &'static str, label: &'static str, field: Field, by: &'static str) -> Column {
    Column::new(id, label, Operation::Terms { field, size: 10, by: Some(by) })
}

fn key_figures() -> Vec<Panel> {
    let orders = Column::new("orders", "Orders", Operation::UniqueCount(Field::StoreOrderId));
    let revenue = Column::new("revenue", "Revenue", Operation::Sum(Field::StoreOrderAmountMinor))
        .shown(Format::Money);
    let share = Column::new("share", "Failed", Operation::Share(FAILED)).shown(Format::Percent);
    let before =
        |column: &Column, id| Column { id, label: "Last week", ..column.clone() }.ago("1w");
    vec![
        links(),
        panel("orders", "Orders placed", Place::new(0, 4, 12, 7), {
            let earlier = before(&orders, "orders_before");
            metric(DataView::Orders, vec![orders, earlier]).only(SUBMITTED)
        }),
        panel("revenue", "Revenue by currency, in minor units", Place::new(12, 4, 12, 7), {
            let earlier = before(&revenue, "revenue_before");
            let split = top("currency", "Currency", Field::StoreCurrency, "revenue");
            metric(DataView::Orders, vec![split, revenue, earlier]).only(SUBMITTED)
        }),
        panel("failure-share", "Payments that failed, share", Place::new(24, 4, 12, 7), {
            metric(DataView::Orders, vec![share]).only(TRIED)
        }),
        panel(
            "help",
            "How to read this",
            Place::new(36, 4, 12, 7),
            Content::Markdown(HELP.to_owned()),
        ),
    ]
}

const HELP: &str = "The band is what the shop expects at this hour of this weekday; a red mark is an alert that opened. \
    Orders that fall while payment failures rise: look at providers and codes. Orders that fall without failures: a step \
    before the payment is broken.";

fn series() -> Vec<Panel> {
    let last =
        |id, label, field| Column::new(id, label, Operation::LastValue(field, Field::EventCreated));
    let band = vec![
        time(),
        last("value", "Orders", Field::StoreSeriesValue),
        last("expected", "Expected", Field::StoreSeriesExpected),
        last("lower", "Lower bound", Field::StoreSeriesLower),
        last("upper", "Upper bound", Field::StoreSeriesUpper),
    ];
    vec![
        panel("order-rate", "Order rate against expected, per 5 min", Place::new(0, 11, 48, 12), {
            xy("line", DataView::Series, band).only("store.series.rule: order-rate").marking(
                DataView::Alerts,
                "Alert opened",
                "event.action: open and rule.id: (order-rate or order-silence or payment-failures)",
            )
        }),
        panel("actions", "Order and payment events by action", Place::new(0, 23, 24, 11), {
            let count = Column::new("count", "Events", Operation::Count);
            let action = top("action", "Action", Field::EventAction, "count");
            xy("bar_stacked", DataView::Orders, vec![time(), action, count])
        }),
        panel(
            "order-value",
            "Order value in minor units, p50 and p95 by currency",
            Place::new(24, 23, 24, 11),
            {
                let amount = Field::StoreOrderAmountMinor;
                let p50 = Column::new("p50", "p50", Operation::Percentile(amount, 50))
                    .shown(Format::Money);
                let p95 = Column::new("p95", "p95", Operation::Percentile(amount, 95))
                    .shown(Format::Money);
                let split = Column::new(
                    "currency",
                    "Currency",
                    Operation::Terms { field: Field::StoreCurrency, size: 5, by: None },
                );
                xy("line", DataView::Orders, vec![time(), split, p50, p95]).only(SUBMITTED)
            },
        ),
    ]
}

fn breakdowns() -> Vec<Panel> {
    let count = |label| Column::new("count", label, Operation::Count);
    vec![
        panel(
            "failure-share-by-provider",
            "Payments that failed by provider, share",
            Place::new(0, 34, 24, 11),
            {
                let share =
                    Column::new("share", "Failed", Operation::Share(FAILED)).shown(Format::Percent);
                let provider = Column::new(
                    "provider",
                    "Provider",
                    Operation::Terms { field: Field::StorePaymentProvider, size: 5, by: None },
                );
                xy("line", DataView::Orders, vec![time(), provider, share]).only(TRIED)
            },
        ),
        panel("failures", "Payment failures by provider and code", Place::new(24, 34, 24, 11), {
            let provider = top("provider", "Provider", Field::StorePaymentProvider, "count");
            let code = top("code", "Code", Field::StorePaymentFailureCode, "count");
            heatmap(DataView::Orders, vec![code, provider, count("Failures")]).only(FAILED)
        }),
        panel("methods", "Payments by method, with last week", Place::new(0, 45, 24, 11), {
            let method = top("method", "Method", Field::StorePaymentMethod, "count");
            let earlier = Column::new("before", "A week before", Operation::Count).ago("1w");
            table(DataView::Orders, vec![method, count("Payments"), earlier]).only(TRIED)
        }),
        panel("cancellations", "Orders cancelled", Place::new(24, 45, 24, 11), {
            let orders =
                Column::new("orders", "Orders", Operation::UniqueCount(Field::StoreOrderId));
            xy("bar", DataView::Orders, vec![time(), orders]).only("event.action: order.cancelled")
        }),
        panel("trouble", "Latest order and payment failures", Place::new(0, 56, 48, 14), {
            Content::Search(ORDER_AND_PAYMENT_FAILURES.id())
        }),
    ]
}
