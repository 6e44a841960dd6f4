//! The effects of a change, in the one order that can be taken up again after a crash at any point.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::outbox::Row;
use super::{CatchingUp, Detector, Told, Whose, id_of, state_write};
use crate::Error;
use crate::alert::{Action, Detail, Episode, alert, id, state};
use crate::engine::Change;
use crate::explain::Inquiry;
use crate::notify::Trigger;
use crate::rule::{Rule, Window};
use crate::store::{Index, Outcome, Store, Write};

/// Changes that wait to become visible, each episode's in its own order.
#[derive(Debug, Default)]
pub(super) struct Telling {
    queues: Vec<(Whose, VecDeque<Change>)>,
}

/// What a transition adds to the cluster besides its state document. It is part of that document until it is done.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Effects {
    document_id: String,
    document: Value,
    rows: Vec<Row>,
}

impl Telling {
    pub(super) fn of_rule(&mut self, number: usize, changes: Vec<Change>) {
        let mut by_group: BTreeMap<String, VecDeque<Change>> = BTreeMap::new();
        for change in changes {
            by_group.entry(change.episode().group.key()).or_default().push_back(change);
        }
        self.queues.extend(by_group.into_values().map(|queue| (Whose::Rule(number), queue)));
    }

    pub(super) fn own(&mut self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.queues.push((Whose::Own, changes.into()));
        }
    }

    /// Takes the next change of each queue: a document is written once in a wave.
    fn wave(&mut self) -> Vec<(Whose, Change)> {
        let next = |(whose, queue): &mut (Whose, VecDeque<Change>)| {
            let change = queue.pop_front()?;
            let whose = match whose {
                Whose::Rule(number) => Whose::Rule(*number),
                Whose::Own => Whose::Own,
            };
            Some((whose, change))
        };
        self.queues.iter_mut().filter_map(next).collect()
    }
}

impl Effects {
    /// Reads effects that were left open.
    pub(super) fn read(stored: Value) -> Result<Self, serde_json::Error> {
        serde_json::from_value(stored)
    }

    /// Returns what is still to be written; ids that are there already are written.
    fn writes(&self) -> Vec<Write> {
        let document = Write::Create {
            index: Index::Alerts,
            id: self.document_id.clone(),
            document: self.document.clone(),
        };
        let rows = self.rows.iter().map(|row| Write::Create {
            index: Index::Outbox,
            id: row.key.clone(),
            document: row.document(),
        });
        std::iter::once(document).chain(rows).collect()
    }

    /// Carries the effects out; those that are done already stay as they are.
    pub(super) async fn carry_out(all: &[&Self], store: &Store) -> Result<Vec<Row>, Error> {
        let mut fresh = Vec::new();
        let writes: Vec<Write> = all.iter().flat_map(|effects| effects.writes()).collect();
        let outcomes = store.write(&writes).await?;
        let mut outcomes = outcomes.into_iter();
        for effects in all {
            outcomes.next();
            for (row, outcome) in effects.rows.iter().zip(outcomes.by_ref()) {
                if let Outcome::Done(version) = outcome {
                    fresh.push(Row { version: Some(version), ..row.clone() });
                }
            }
        }
        Ok(fresh)
    }
}

impl Detector {
    /// Makes changes visible and returns the transitions that people can see.
    pub(super) async fn tell(
        &mut self,
        mut telling: Telling,
        now: Timestamp,
    ) -> Result<Vec<Told>, Error> {
        let mut told = Vec::new();
        loop {
            let mut wave = telling.wave();
            if wave.is_empty() {
                return Ok(told);
            }
            self.explain(&mut wave).await;
            self.tenure.beat().await?;
            self.write_wave(&wave, now).await?;
            told.extend(wave.iter().filter_map(|(whose, change)| {
                let rule = self.rule_of(whose, change);
                Told::of(rule, change, now)
            }));
        }
    }

    fn rule_of(&self, whose: &Whose, change: &Change) -> &Rule {
        match whose {
            Whose::Rule(number) => self.rules[*number].watch.rule(),
            Whose::Own => self.own.rule(&change.episode().rule),
        }
    }

    async fn write_wave(&mut self, wave: &[(Whose, Change)], now: Timestamp) -> Result<(), Error> {
        let mut writes = Vec::new();
        let mut written: Vec<&Change> = Vec::new();
        let mut effects: Vec<(usize, Effects)> = Vec::new();
        for (whose, change) in wave {
            let rule = self.rule_of(whose, change);
            let seen = self.versions.get(id_of(change)).copied();
            let tracking = match change {
                Change::Forget(_) => {
                    // A pending episode that was never stored leaves nothing to remove.
                    if let Some(version) = seen {
                        let id = id_of(change).to_owned();
                        writes.push(Write::Remove { index: Index::State, id, version });
                        written.push(change);
                    }
                    continue;
                }
                Change::Keep(episode) => tracking(episode, None),
                Change::Tell(episode, action) => {
                    let effect = self.effects(rule, episode, (*action, now));
                    let tracking = tracking(episode, Some(&effect));
                    effects.push((written.len(), effect));
                    tracking
                }
            };
            let document = state(&self.setup.site, rule, change.episode(), (tracking, now));
            writes.push(state_write(id_of(change), document, seen));
            written.push(change);
        }
        let outcomes = self.store.write(&writes).await?;
        for (change, outcome) in written.iter().zip(outcomes) {
            self.note(change, outcome)?;
        }
        if effects.is_empty() {
            return Ok(());
        }
        let open: Vec<&Effects> = effects.iter().map(|(_, effects)| effects).collect();
        let rows = Effects::carry_out(&open, &self.store).await?;
        self.outbox.push(rows);
        let mut done = Vec::new();
        for (whose, change) in wave {
            if let Change::Tell(episode, _) = change {
                let rule = self.rule_of(whose, change);
                let document =
                    state(&self.setup.site, rule, episode, (tracking(episode, None), now));
                let seen = self.versions.get(&episode.id).copied();
                done.push((change, state_write(&episode.id, document, seen)));
            }
        }
        let writes: Vec<Write> = done.iter().map(|(_, write)| write.clone()).collect();
        for ((change, _), outcome) in done.iter().zip(self.store.write(&writes).await?) {
            self.note(change, outcome)?;
        }
        Ok(())
    }

    /// Keeps the version of a state document, or sees that somebody else wrote it.
    fn note(&mut self, change: &Change, outcome: Outcome) -> Result<(), Error> {
        let id = id_of(change);
        match (outcome, change) {
            (Outcome::Conflict, _) => {
                Err(Error::Conflict { what: format!("the state of episode {id}") })
            }
            (Outcome::Absent, _) | (Outcome::Done(_), Change::Forget(_)) => {
                self.versions.remove(id);
                Ok(())
            }
            (Outcome::Done(version), Change::Keep(_) | Change::Tell(..)) => {
                self.versions.insert(id.to_owned(), version);
                Ok(())
            }
        }
    }

    fn effects(
        &self,
        rule: &Rule,
        episode: &Episode,
        (action, now): (Action, Timestamp),
    ) -> Effects {
        let document = alert(&self.setup.site, rule, episode, (action, now));
        let document_id = id::transition(&episode.id, action.as_str(), episode.number);
        let trigger = if episode.status.is_over() { Trigger::Resolve } else { Trigger::Trigger };
        let names = self.setup.channels.keys();
        let names =
            names.filter(|name| rule.channels.as_ref().is_none_or(|wanted| wanted.contains(name)));
        let rows = names.map(|channel| Row {
            key: id::row(&document_id, channel),
            channel: channel.clone(),
            episode: episode.id.clone(),
            transition: episode.number,
            trigger: trigger.as_str().to_owned(),
            state: match self.catching_up {
                CatchingUp::No => "waiting".to_owned(),
                CatchingUp::Yes => "held".to_owned(),
            },
            attempts: 0,
            created: now,
            next_try: now,
            error: None,
            body: json!({"message": document["message"], "alert": document}),
            version: None,
        });
        let rows = rows.collect();
        Effects { document_id, document, rows }
    }

    /// Finds out what stands out in episodes that open now.
    async fn explain(&mut self, wave: &mut [(Whose, Change)]) {
        let mut asked = Vec::new();
        let mut searches = Vec::new();
        for (place, (whose, change)) in wave.iter().enumerate() {
            let (Whose::Rule(number), Change::Tell(episode, Action::Open)) = (whose, change) else {
                continue;
            };
            let rule = self.rules[*number].watch.rule();
            let last = episode.latest_bucket.unwrap_or(episode.last);
            let window = Window { from: episode.first, to: rule.span.offset(last, 1) };
            let low = episode.worst.is_some_and(|worst| worst.low);
            let explanation = Inquiry { rule, group: &episode.group, window, low }.ask();
            let target = self.source.target(rule);
            searches.extend(explanation.searches.iter().map(|body| (target.clone(), body.clone())));
            asked.push((place, *number, explanation));
        }
        let answers = self.source.search(&searches).await;
        for ((place, number, explanation), answers) in asked.into_iter().zip(answers.chunks(2)) {
            let [significant, samples] = answers else { continue };
            let detail = explanation.read([significant, samples]);
            if let Change::Tell(episode, _) = &mut wave[place].1 {
                episode.detail = detail.clone();
                let (group, id) = (episode.group.clone(), episode.id.clone());
                self.detail(number, &group, (&id, detail));
            }
        }
    }

    /// The running episode keeps what was found out: its later documents say it again.
    fn detail(
        &mut self,
        number: usize,
        group: &crate::source::Group,
        (id, detail): (&str, Detail),
    ) {
        self.rules[number].watch.detail(group, id, detail);
    }
}

fn tracking(episode: &Episode, effects: Option<&Effects>) -> Value {
    let mut tracking = json!({"episode": episode});
    if let Some(effects) = effects {
        tracking["effects"] = json!(effects);
    }
    tracking
}
