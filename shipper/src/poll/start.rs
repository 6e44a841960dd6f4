//! Puts the parts of polling together: spools, their owner, the feed, the polls; and ends them in order.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use enricher::{Context, Pipeline};
use runtime::admin::AdminState;
use runtime::shutdown::Shutdown;
use runtime::{Clock, Disk};
use tokio::task::JoinSet;

use crate::budget::Budget;
use crate::chunk::Chunk;
use crate::metrics::Metrics;
use crate::queue::Sender;
use crate::settings::{Shipper, Source};
use crate::spool::{self, Feed, FeedSource, FeedTools, Owner, OwnerTools, SPOOL, Spool, Spools};
use crate::state::State;
use crate::tail::Mode;

use super::run::{Polls, PollsTools};

/// A segment is closed when it is this long.
const SEGMENT_BYTES: u64 = 16 << 20;
/// Room for this many segments at least: else a spool would be full before its first one can go.
const SEGMENTS: u64 = 16;

/// Polling cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A spool cannot be opened.
    #[error("cannot open the spool of {poll}")]
    Spool {
        /// Whose spool.
        poll: String,
        /// Why not.
        source: spool::Error,
    },
    /// No HTTP client can be made of the settings.
    #[error("cannot make an HTTP client for the polls")]
    Client(#[source] reqwest::Error),
    /// The operating system gives no thread.
    #[error("cannot start {what}")]
    Thread {
        /// What was to be started.
        what: &'static str,
        /// Why not.
        source: io::Error,
    },
}

/// What polling works with.
#[derive(Debug)]
pub struct PollingTools {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Where spools lie.
    pub disk: Arc<dyn Disk>,
    /// What was acknowledged.
    pub state: Arc<State>,
    /// What is counted.
    pub metrics: Metrics,
    /// Where trouble is shown.
    pub admin: AdminState,
    /// Begins when polling is to stop.
    pub shutdown: Shutdown,
    /// Who reads.
    pub context: Context,
    /// Bytes that may be on their way.
    pub budget: Budget,
    /// Where chunks go.
    pub sender: Sender<Chunk>,
    /// When polls end.
    pub mode: Mode,
}

/// The threads of polling.
#[derive(Debug)]
pub struct Polling {
    spools: Spools,
    feed: JoinHandle<()>,
    owner: JoinHandle<()>,
}

impl Polling {
    /// Starts polling, if there is anything to poll; the polls run among `side`.
    pub fn start(
        shipper: &Shipper,
        tools: PollingTools,
        side: &mut JoinSet<()>,
    ) -> Result<Option<Self>, Error> {
        if shipper.polls.is_empty() {
            return Ok(None);
        }
        let all = shipper.sources();
        let sources = all.get(shipper.inputs.len()..).unwrap_or_default();
        let opened = sources.iter().map(|source| open(shipper, &tools, source));
        let opened: Vec<Spool> = opened.collect::<Result<_, _>>()?;
        let spools = Spools::new(opened.iter().map(|spool| spool.view().clone()).collect());
        let marks = opened.iter().map(|spool| spool.mark().clone()).collect();
        let polls_tools = PollsTools {
            clock: Arc::clone(&tools.clock),
            spools: spools.clone(),
            metrics: tools.metrics.clone(),
            admin: tools.admin.clone(),
            mode: tools.mode,
        };
        let polls = Polls::try_new(&polls_tools, &shipper.polls, marks).map_err(Error::Client)?;
        let shutdown = tools.shutdown.clone();
        let feeds = sources.iter().zip(&opened).enumerate();
        let feeds =
            feeds.map(|(at, (source, spool))| feed_source(shipper, &tools, (at, source), spool));
        let feeds = feeds.collect();
        let owner_tools = OwnerTools {
            clock: Arc::clone(&tools.clock),
            state: Arc::clone(&tools.state),
            spools: spools.clone(),
            metrics: tools.metrics.clone(),
            admin: tools.admin.clone(),
            limit_bytes: shipper.max_spool_bytes,
        };
        let owner = Owner::new(owner_tools, opened);
        let owner = spawn("spool", "the thread of the spools", move || owner.run())?;
        let feed_tools = FeedTools {
            clock: tools.clock,
            disk: tools.disk,
            state: tools.state,
            budget: tools.budget,
            spools: spools.clone(),
            metrics: tools.metrics,
            shutdown: tools.shutdown,
            max_line: shipper.reading.max_line,
        };
        let (feed, sender) = (Feed::new(feed_tools, feeds), tools.sender);
        let feed = spawn("feed", "the thread that reads spools", move || feed.run(&sender))?;
        side.spawn(polls.run(shutdown));
        Ok(Some(Self { spools, feed, owner }))
    }

    /// Ends the threads. Everything that will be acknowledged is by now.
    pub fn finish(self) -> std::thread::Result<()> {
        self.spools.wake();
        let fed = self.feed.join();
        self.spools.close();
        self.owner.join().and(fed)
    }
}

fn spawn(
    name: &str,
    what: &'static str,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, Error> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(work).map_err(|source| Error::Thread { what, source })
}

fn open(shipper: &Shipper, tools: &PollingTools, source: &Source) -> Result<Spool, Error> {
    let folder = shipper.state_dir.join(SPOOL).join(&source.id);
    let segment_bytes = SEGMENT_BYTES.min(shipper.max_spool_bytes / SEGMENTS);
    let host = tools.state.registry().host().id;
    let now = tools.clock.now();
    let spool = Spool::open(&tools.disk, folder, (&host, &source.id), segment_bytes, now);
    let spool = spool.map_err(|error| Error::Spool { poll: source.id.clone(), source: error })?;
    tools.state.registry().register_spool(spool.file(), spool.acknowledged());
    Ok(spool)
}

fn feed_source(
    shipper: &Shipper,
    tools: &PollingTools,
    (at, source): (usize, &Source),
    spool: &Spool,
) -> FeedSource {
    FeedSource {
        id: source.id.clone(),
        input: shipper.inputs.len() + at,
        file: spool.file(),
        path: std::path::Path::new("polls").join(&source.id).into(),
        parser: source.pipeline.format.as_str(),
        datasets: source.pipeline.datasets,
        pipeline: Pipeline::with_window(
            &shipper.store,
            &source.pipeline,
            &tools.context,
            Some(tools.state.window().clone()),
        ),
        offset: spool.acknowledged(),
    }
}
