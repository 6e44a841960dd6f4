//! Asks Elasticsearch: many rules in one `_msearch`, each composite paged to its end.

use elastic::{Body, Client, Method};
use event::{Namespace, Stream};
use serde_json::{Value, json};

use super::{Answer, Ask, Page, Readings, SeriesSource, answer, query};
use crate::rule::Rule;

/// Searches in one request; more wait for the next one.
const SEARCHES_AT_ONCE: usize = 32;

/// The streams of one namespace in one cluster.
#[derive(Debug, Clone)]
pub struct Cluster {
    client: Client,
    namespace: Namespace,
}

/// One ask on its way through its pages.
struct Reader<'a> {
    ask: Ask<'a>,
    page: Option<Page>,
    readings: Readings,
    state: State,
}

enum State {
    Reading,
    Capped,
    Whole,
    Partial(String),
}

impl Cluster {
    /// Returns the source that reads this namespace.
    pub fn new(client: Client, namespace: Namespace) -> Self {
        Self { client, namespace }
    }

    /// Returns the names of the streams that a rule reads.
    pub fn target(&self, rule: &Rule) -> String {
        let names = rule
            .datasets
            .iter()
            .map(|&dataset| Stream { dataset, namespace: self.namespace.clone() }.to_string());
        names.collect::<Vec<_>>().join(",")
    }

    /// Runs searches, each with its own target, and returns their answers in order; a search that failed as a whole is
    /// an answer with an `error`.
    pub async fn search(&self, searches: &[(String, Value)]) -> Vec<Value> {
        let mut answers = Vec::with_capacity(searches.len());
        for batch in searches.chunks(SEARCHES_AT_ONCE) {
            answers.extend(self.batch(batch).await);
        }
        answers
    }

    async fn batch(&self, searches: &[(String, Value)]) -> Vec<Value> {
        let mut lines = String::new();
        for (target, body) in searches {
            // A stream that nobody has written to yet is no fault: it holds no documents.
            let head =
                json!({"index": target, "ignore_unavailable": true, "allow_no_indices": true});
            lines.push_str(&head.to_string());
            lines.push('\n');
            lines.push_str(&body.to_string());
            lines.push('\n');
        }
        let reply =
            self.client.ask(Method::Post, "/_msearch", &[], Body::Lines(lines.into())).await;
        let answer = reply.and_then(|reply| reply.json::<Value>());
        let failed = |reason: String| vec![json!({"error": {"reason": reason}}); searches.len()];
        match answer {
            Ok(mut answer) => {
                let responses = answer["responses"].take();
                let responses = responses.as_array().filter(|all| all.len() == searches.len());
                let another = || failed("the cluster answered another number of searches".into());
                responses.cloned().unwrap_or_else(another)
            }
            Err(error) => failed(error.to_string()),
        }
    }

    /// Reads one page of every ask that is not through.
    async fn turn(&self, readers: &mut [Reader<'_>]) {
        let mut open: Vec<&mut Reader<'_>> =
            readers.iter_mut().filter(|reader| matches!(reader.state, State::Reading)).collect();
        let searches: Vec<_> = open
            .iter()
            .map(|reader| {
                let body = query::body(&reader.ask, reader.page.as_ref());
                (self.target(reader.ask.rule), body)
            })
            .collect();
        let answers = self.search(&searches).await;
        for (reader, answer) in open.iter_mut().zip(&answers) {
            reader.take(answer);
        }
    }
}

impl Reader<'_> {
    fn take(&mut self, answer: &Value) {
        self.state = match answer::add(&self.ask, answer, &mut self.readings) {
            Err(reason) => State::Partial(reason),
            Ok(None) => State::Whole,
            Ok(Some(_)) if self.readings.len() > self.ask.rule.group_cap => State::Capped,
            Ok(Some(page)) => {
                self.page = Some(page);
                State::Reading
            }
        };
    }

    fn finish(mut self) -> Answer {
        let cap = self.ask.rule.group_cap;
        match self.state {
            State::Partial(reason) => Answer::Partial { reason },
            State::Reading => Answer::Partial { reason: "a page is missing".into() },
            State::Whole if self.readings.len() <= cap => Answer::Whole(self.readings),
            State::Whole | State::Capped => {
                // The page that went over the cap may hold its last groups by halves.
                while self.readings.len() > cap {
                    self.readings.pop_last();
                }
                Answer::Capped(self.readings)
            }
        }
    }
}

impl SeriesSource for Cluster {
    async fn read(&self, asks: &[Ask<'_>]) -> Vec<Answer> {
        let mut readers: Vec<Reader<'_>> = asks
            .iter()
            .map(|&ask| Reader {
                ask,
                page: None,
                readings: Readings::new(),
                state: State::Reading,
            })
            .collect();
        while readers.iter().any(|reader| matches!(reader.state, State::Reading)) {
            self.turn(&mut readers).await;
        }
        readers.into_iter().map(Reader::finish).collect()
    }
}
