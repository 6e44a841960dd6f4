//! Alerts & anomalies: what is wrong, since when, why?

use event::Field;

use crate::board::{Board, Control};
use crate::boards::{links, panel};
use crate::column::{Column, Format, Operation};
use crate::data_view::DataView;
use crate::panel::{Content, Panel, Place, heatmap, metric, table, xy};
use crate::search::ALERT_HISTORY;
use crate::tag::Tag;

pub(super) const KEY: &str = "alerts";

const OPENED: &str = "event.action: open";

pub(super) fn board() -> Board {
    Board {
        key: KEY,
        title: "Alerts & anomalies",
        question: "What is wrong, since when, why?",
        from: "now-24h",
        tags: &[Tag::All, Tag::Operations],
        controls: vec![
            Control { title: "Shop", field: Field::StoreId, view: DataView::Alerts },
            Control { title: "Rule", field: Field::RuleId, view: DataView::Alerts },
            Control { title: "Severity", field: Field::StoreAlertSeverity, view: DataView::Alerts },
        ],
        panels: [key_figures(), tables(), series()].into_iter().flatten().collect(),
    }
}

fn top(id: &'static str, label: &'static str, field: Field, by: &'static str) -> Column {
    Column::new(id, label, Operation::Terms { field, size: 15, by: Some(by) })
}

fn key_figures() -> Vec<Panel> {
    let episodes = |id, label| Column::new(id, label, Operation::UniqueCount(Field::StoreAlertId));
    vec![
        links(),
        panel("opened", "Alerts opened", Place::new(0, 4, 12, 7), {
            let earlier = episodes("before", "Last week").ago("1w");
            metric(DataView::Alerts, vec![episodes("opened", "Opened"), earlier]).only(OPENED)
        }),
        panel("worst", "Highest score, 0 to 100", Place::new(12, 4, 12, 7), {
            let worst =
                Column::new("worst", "Score", Operation::Max(Field::StoreAlertEvaluationScore))
                    .shown(Format::Number(0));
            metric(DataView::Alerts, vec![worst])
        }),
        panel("length", "Length of episodes that are over, average", Place::new(24, 4, 12, 7), {
            let length = Column::new("length", "Length", Operation::Average(Field::EventDuration))
                .shown(Format::Nanoseconds);
            metric(DataView::Alerts, vec![length]).only("event.action: close")
        }),
        panel(
            "help",
            "How to read this",
            Place::new(36, 4, 12, 7),
            Content::Markdown(HELP.to_owned()),
        ),
    ]
}

const HELP: &str = "An episode is one unbroken trouble of one rule and group. Its score says how unusual the worst bucket \
    was: 40 is once in ten thousand buckets. The explanation names the values that changed most against the time before.";

fn tables() -> Vec<Panel> {
    let last =
        |id, label, field| Column::new(id, label, Operation::LastValue(field, Field::Timestamp));
    vec![
        panel("episodes", "Episodes: state, severity, since when", Place::new(0, 11, 48, 13), {
            let episode = Column::new(
                "reason",
                "What",
                Operation::Terms { field: Field::EventReason, size: 20, by: Some("start") },
            );
            table(
                DataView::AlertsState,
                vec![
                    top("rule", "Rule", Field::RuleName, "start"),
                    episode,
                    Column::new("start", "Since", Operation::Max(Field::StoreAlertStart)),
                    last("status", "State", Field::StoreAlertStatus),
                    last("severity", "Severity", Field::StoreAlertSeverity),
                    last("link", "Look", Field::EventUrl),
                ],
            )
        }),
        panel("by-rule", "Alerts opened by rule and severity", Place::new(0, 24, 24, 12), {
            let count = Column::new("count", "Opened", Operation::Count);
            let rule = top("rule", "Rule", Field::RuleId, "count");
            let severity = top("severity", "Severity", Field::StoreAlertSeverity, "count");
            xy("bar_horizontal_stacked", DataView::Alerts, vec![rule, severity, count]).only(OPENED)
        }),
        panel(
            "explanations",
            "What explains them, values named most often",
            Place::new(24, 24, 24, 12),
            {
                let count = Column::new("count", "Times", Operation::Count);
                table(
                    DataView::Alerts,
                    vec![top("top", "Value", Field::StoreAlertExplainTop, "count"), count],
                )
            },
        ),
    ]
}

fn series() -> Vec<Panel> {
    let time = || Column::new("time", "Time", Operation::DateHistogram);
    let score = || {
        Column::new("score", "Score", Operation::Max(Field::StoreSeriesScore))
            .shown(Format::Number(0))
    };
    let last =
        |id, label, field| Column::new(id, label, Operation::LastValue(field, Field::EventCreated));
    vec![
        panel("scores", "Highest score by rule and time, 0 to 100", Place::new(0, 36, 48, 12), {
            let rule = top("rule", "Rule", Field::StoreSeriesRule, "score");
            heatmap(DataView::Series, vec![time(), rule, score()])
        }),
        panel(
            "failures-with-bounds",
            "Payment failure share with its bounds",
            Place::new(0, 48, 24, 12),
            {
                xy(
                    "line",
                    DataView::Series,
                    vec![
                        time(),
                        last("value", "Share", Field::StoreSeriesValue),
                        last("expected", "Expected", Field::StoreSeriesExpected),
                        last("upper", "Upper bound", Field::StoreSeriesUpper),
                    ],
                )
                .only("store.series.rule: payment-failures")
                .marking(
                    DataView::Alerts,
                    "Alert opened",
                    "event.action: open and rule.id: payment-failures",
                )
            },
        ),
        panel("opened-over-time", "Alerts opened over time", Place::new(24, 48, 24, 12), {
            let count = Column::new("count", "Opened", Operation::Count);
            let rule = top("rule", "Rule", Field::RuleId, "count");
            xy("bar_stacked", DataView::Alerts, vec![time(), rule, count]).only(OPENED)
        }),
        panel(
            "history",
            "Alert history",
            Place::new(0, 60, 48, 14),
            Content::Search(ALERT_HISTORY.id()),
        ),
    ]
}
