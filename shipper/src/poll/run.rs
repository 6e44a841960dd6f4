//! All polls: they run side by side, and what is wrong with them is shown in one place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use runtime::Clock;
use runtime::admin::AdminState;
use runtime::shutdown::Shutdown;
use tokio::task::JoinSet;

use crate::metrics::Metrics;
use crate::settings::Poll;
use crate::spool::{Mark, Spools};
use crate::tail::Mode;

use super::poller::Poller;

/// What polls work with.
#[derive(Debug, Clone)]
pub(crate) struct PollsTools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where rows go.
    pub spools: Spools,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// When polls end.
    pub mode: Mode,
}

/// All polls.
#[derive(Debug)]
pub(crate) struct Polls {
    spools: Spools,
    polls: Vec<Poller>,
}

impl Polls {
    /// Returns polls that go on at their marks. Their spools have their numbers; the one behind takes the reports.
    pub(crate) fn try_new(
        tools: &PollsTools,
        polls: &[Poll],
        marks: Vec<Mark>,
    ) -> Result<Self, reqwest::Error> {
        let troubles = Troubles::default();
        let poller = |(spool, (poll, mark)): (usize, (&Poll, Mark))| {
            Poller::try_new(tools, poll, mark, (spool, polls.len()), troubles.clone())
        };
        let pollers = polls.iter().zip(marks).enumerate().map(poller).collect::<Result<_, _>>()?;
        Ok(Self { spools: tools.spools.clone(), polls: pollers })
    }

    /// Polls until told to stop, or until all polls are done.
    pub(crate) async fn run(self, shutdown: Shutdown) {
        let mut tasks = JoinSet::new();
        for poll in self.polls {
            tasks.spawn(poll.run(shutdown.clone()));
        }
        // A poll that panicked is a bug; the others go on until the program ends.
        while let Some(ended) = tasks.join_next().await {
            if let Err(error) = ended {
                self.spools.no_more();
                std::panic::resume_unwind(error.into_panic());
            }
        }
        self.spools.no_more();
    }
}

/// What is wrong with polls, by name: all of it stands in `/readyz`.
#[derive(Debug, Clone, Default)]
pub(super) struct Troubles(Arc<Mutex<BTreeMap<String, String>>>);

impl Troubles {
    /// Sets or clears what is wrong with a poll.
    pub(super) fn set(&self, admin: &AdminState, poll: &str, trouble: Option<String>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            Some(text) => all.insert(poll.to_owned(), text),
            None => all.remove(poll),
        };
        if all.is_empty() {
            admin.ready("polls");
        } else {
            let texts: Vec<String> =
                all.iter().map(|(poll, text)| format!("{poll}: {text}")).collect();
            admin.not_ready("polls", texts.join("; "));
        }
    }
}
