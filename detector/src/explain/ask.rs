//! What is asked of Elasticsearch to explain a trouble, and what is read out of the answers.

use std::collections::BTreeMap;

use event::Field;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::significance::{Counts, rank};
use crate::alert::{Detail, Sample};
use crate::rule::{Measure, Rule, Window};
use crate::source::Group;

/// Values that an alert names.
const MOST_VALUES: usize = 3;
/// Documents that an alert shows.
const MOST_SAMPLES: usize = 5;
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Fields of samples that an alert carries itself where all samples agree.
const SHARED: [Field; 9] = [
    Field::ServiceName,
    Field::ServiceVersion,
    Field::HostName,
    Field::ErrorType,
    Field::HttpRequestMethod,
    Field::HttpResponseStatusCode,
    Field::UrlPath,
    Field::UrlDomain,
    Field::LogLevel,
];

/// What has to be explained.
#[derive(Debug, Clone, Copy)]
pub struct Inquiry<'a> {
    /// The rule.
    pub rule: &'a Rule,
    /// The group.
    pub group: &'a Group,
    /// The buckets of the trouble.
    pub window: Window,
    /// Whether something is missing, not too much.
    pub low: bool,
}

/// The searches of an inquiry, and how their answers are read.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// First the significant values, then the samples.
    pub searches: [Value; 2],
    scale: f64,
}

impl Inquiry<'_> {
    /// Returns what is asked.
    ///
    /// Baselines are the stretch before and the same stretch a week earlier. Where something is missing, the question is
    /// turned round: which values of the baseline are gone?
    pub fn ask(&self) -> Explanation {
        let trouble = self.within(&[self.window]);
        let ordinary = self.within(&self.baselines());
        let (foreground, background, scale) = if self.low {
            (ordinary, trouble.clone(), 2.0)
        } else {
            (trouble.clone(), ordinary, 0.5)
        };
        let mut values = serde_json::Map::new();
        for field in self.rule.explain.iter().filter(|field| !self.rule.group_by.contains(field)) {
            let terms = json!({"significant_terms": {
                "field": field.path(),
                "background_filter": background,
                "min_doc_count": 3,
                "size": 5,
                "chi_square": {"include_negatives": false, "background_is_superset": false},
            }});
            values.insert(field.path().to_owned(), terms);
        }
        let significant = json!({
            "size": 0, "track_total_hits": false, "timeout": "10s", "query": foreground, "aggs": values,
        });
        let shown: Vec<&str> =
            SHARED.iter().map(|field| field.path()).chain(["trace.id"]).collect();
        let samples = json!({
            "size": MOST_SAMPLES, "track_total_hits": false, "timeout": "10s", "query": trouble,
            "_source": false, "fields": shown,
            "sort": [{"@timestamp": {"order": "desc", "unmapped_type": "date"}}],
        });
        Explanation { searches: [significant, samples], scale }
    }

    fn baselines(&self) -> [Window; 2] {
        let Window { from, to } = self.window;
        let earlier = |by: SignedDuration| Window { from: back(from, by), to: back(to, by) };
        [earlier(self.window.length()), earlier(WEEK)]
    }

    fn within(&self, windows: &[Window]) -> Value {
        let ranges: Vec<Value> = windows
            .iter()
            .map(|window| {
                json!({"range": {"@timestamp": {
                    "gte": window.from.as_millisecond(),
                    "lt": window.to.as_millisecond(),
                    "format": "epoch_millis",
                }}})
            })
            .collect();
        let mut conditions = vec![json!({"bool": {"should": ranges, "minimum_should_match": 1}})];
        self.rule.filter.push_queries(&mut conditions);
        // Of a ratio, the documents that count are what wants explaining.
        if let Measure::Ratio { part, whole } = &self.rule.measure {
            whole.push_queries(&mut conditions);
            part.push_queries(&mut conditions);
        }
        for (field, value) in self.rule.group_by.iter().zip(&self.group.0) {
            conditions.push(json!({"term": {field.path(): value}}));
        }
        json!({"bool": {"filter": conditions}})
    }
}

fn back(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(Timestamp::MIN)
}

impl Explanation {
    /// Reads the answers. An answer that failed explains nothing; the alert goes out all the same.
    pub fn read(&self, [significant, samples]: [&Value; 2]) -> Detail {
        let counts: Vec<Counts> = significant["aggregations"]
            .as_object()
            .into_iter()
            .flatten()
            .flat_map(|(field, answer)| counts(field, answer))
            .collect();
        let hits = samples["hits"]["hits"].as_array().map(Vec::as_slice).unwrap_or_default();
        Detail {
            explain: rank(&counts, self.scale, MOST_VALUES),
            samples: hits.iter().map(sample).collect(),
            shared: shared(hits),
        }
    }
}

fn counts(field: &str, answer: &Value) -> Vec<Counts> {
    let number = |value: &Value| value.as_f64().unwrap_or_default();
    let (all, all_before) = (number(&answer["doc_count"]), number(&answer["bg_count"]));
    let buckets = answer["buckets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |bucket: &Value| Counts {
        field: field.to_owned(),
        value: bucket["key_as_string"]
            .as_str()
            .or(bucket["key"].as_str())
            .map_or_else(|| bucket["key"].to_string(), str::to_owned),
        fg: (number(&bucket["doc_count"]), all),
        bg: (number(&bucket["bg_count"]), all_before),
    };
    buckets.iter().map(of).collect()
}

fn sample(hit: &Value) -> Sample {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Sample {
        index: text(&hit["_index"]),
        id: text(&hit["_id"]),
        trace_id: hit["fields"]["trace.id"][0].as_str().map(str::to_owned),
    }
}

/// Returns the fields on which all samples agree.
fn shared(hits: &[Value]) -> BTreeMap<String, Value> {
    let of = |field: &Field| {
        let first = hits.first()?["fields"].get(field.path())?.get(0)?;
        let agree = hits.iter().all(|hit| &hit["fields"][field.path()][0] == first);
        agree.then(|| (field.path().to_owned(), first.clone()))
    };
    SHARED.iter().filter_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use expect_test::expect;

    fn inquiry(check: impl FnOnce(Inquiry<'_>)) {
        let set = RuleSet::load(None, "UTC").unwrap();
        let rule = set.get("payment-failures").unwrap();
        let from = "2026-03-02T10:00:00Z".parse().unwrap();
        let window = Window { from, to: rule.span.offset(from, 2) };
        let group = Group(vec!["northpay".into()]);
        check(Inquiry { rule, group: &group, window, low: false });
    }

    #[test]
    fn failures_are_held_against_those_before_and_a_week_ago() {
        inquiry(|inquiry| {
            let asked = inquiry.ask();
            let terms =
                &asked.searches[0]["aggs"]["store.payment.failure_code"]["significant_terms"];
            expect![[r#"{"bool":{"filter":[{"bool":{"minimum_should_match":1,"should":[{"range":{"@timestamp":{"format":"epoch_millis","gte":1772445000000,"lt":1772445600000}}},{"range":{"@timestamp":{"format":"epoch_millis","gte":1771840800000,"lt":1771841400000}}}]}},{"terms":{"event.action":["payment.completed","payment.failed","payment.timeout"]}},{"terms":{"event.action":["payment.failed","payment.timeout"]}},{"term":{"store.payment.provider":"northpay"}}]}}"#]].assert_eq(&terms["background_filter"].to_string());
            expect![[r#"{"_source":false,"fields":["service.name","service.version","host.name","error.type","http.request.method","http.response.status_code","url.path","url.domain","log.level","trace.id"],"query":{"bool":{"filter":[{"bool":{"minimum_should_match":1,"should":[{"range":{"@timestamp":{"format":"epoch_millis","gte":1772445600000,"lt":1772446200000}}}]}},{"terms":{"event.action":["payment.completed","payment.failed","payment.timeout"]}},{"terms":{"event.action":["payment.failed","payment.timeout"]}},{"term":{"store.payment.provider":"northpay"}}]}},"size":5,"sort":[{"@timestamp":{"order":"desc","unmapped_type":"date"}}],"timeout":"10s","track_total_hits":false}"#]].assert_eq(&asked.searches[1].to_string());
        });
    }

    #[test]
    fn what_is_missing_is_looked_for_in_ordinary_times() {
        inquiry(|inquiry| {
            let high = inquiry.ask();
            let low = Inquiry { low: true, ..inquiry }.ask();
            let background = |asked: &Explanation| {
                asked.searches[0]["aggs"]["store.channel"]["significant_terms"]["background_filter"]
                    .clone()
            };
            assert_eq!(high.searches[0]["query"], background(&low));
            assert_eq!(low.searches[0]["query"], background(&high));
        });
    }

    #[test]
    fn answers_become_values_samples_and_what_the_samples_share() {
        inquiry(|inquiry| {
            let significant = json!({"aggregations": {"store.payment.failure_code": {
                "doc_count": 40, "bg_count": 60,
                "buckets": [{"key": "gateway_error", "doc_count": 36, "bg_count": 4}],
            }}});
            let hit = |status: u16| {
                json!({"_index": "i", "_id": "1", "fields": {
                    "host.name": ["web-1"], "http.response.status_code": [status], "trace.id": ["t"],
                }})
            };
            let samples = json!({"hits": {"hits": [hit(500), hit(503)]}});
            let detail = inquiry.ask().read([&significant, &samples]);
            assert_eq!(detail.explain[0].value, "gateway_error");
            assert_eq!(detail.samples.len(), 2);
            assert_eq!(detail.samples[0].trace_id.as_deref(), Some("t"));
            let shared: Vec<_> = detail.shared.keys().map(String::as_str).collect();
            assert_eq!(shared, ["host.name"]);
        });
    }

    #[test]
    fn answers_that_failed_explain_nothing() {
        inquiry(|inquiry| {
            let failed = json!({"error": {"reason": "no"}});
            assert_eq!(inquiry.ask().read([&failed, &failed]), Detail::default());
        });
    }
}
