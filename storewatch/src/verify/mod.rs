//! `storewatch verify`: compares what shippers said they stored with what is stored, and finds what is missing or doubled.
//!
//! A shipper tells in `agent.ledger` documents how many documents must stand under which bytes of a file. [`gaps`] counts
//! them, part by part, and looks through the parts where some are missing; [`doubles`] looks for ids that stand in more
//! than one backing index, where alone a document can be twice. Nothing is changed.

mod doubles;
mod gaps;
mod report;
mod told;

use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use elastic::Client;
use jiff::{SignedDuration, Timestamp};
use runtime::settings::Environment;
use runtime::{Clock, Exit, Failure, SystemClock};

use crate::cli::{Output, VerifyArgs};
use crate::connection::{Connection, explain};

use report::Verified;
use told::Told;

/// A document that was acknowledged a moment ago is found by searches only after the index was refreshed: what is missing
/// is looked for once more after this time.
const REFRESHED: Duration = Duration::from_secs(3);

/// Compares, prints, and returns how the command ends: 65 when something is missing or doubled.
pub(crate) async fn run(
    args: &VerifyArgs,
    environment: &Environment,
    out: &mut dyn Write,
) -> Result<Exit> {
    let connection = Connection::open(&args.connection, environment)?;
    let clock = SystemClock::new();
    let span = SignedDuration::try_from(args.since.duration())?;
    let since = clock.now().saturating_sub(span).unwrap_or(Timestamp::MIN);
    let verified = verify(&connection.client, args, since, &clock).await?;
    match args.output.output() {
        Output::Text => verified.print(out)?,
        Output::Json => writeln!(out, "{}", serde_json::to_string(&verified)?)?,
    }
    Ok(verified.exit())
}

async fn verify(
    client: &Client,
    args: &VerifyArgs,
    since: Timestamp,
    clock: &dyn Clock,
) -> Result<Verified> {
    let told = told::read(client, args, since).await?;
    let mut streams: Vec<&str> =
        told.iter().flat_map(|told| &told.streams).map(String::as_str).collect();
    streams.sort_unstable();
    streams.dedup();
    let mut doubles = Vec::new();
    for stream in streams {
        doubles.extend(doubles::find(client, stream, since).await?);
    }
    let mut found = gaps::find(client, &told.iter().collect::<Vec<_>>(), &doubles).await?;
    if !found.is_empty() {
        clock.sleep(REFRESHED).await;
        let missed = |told: &&Told| found.iter().any(|gap| gap.file == told.file);
        let again: Vec<&Told> = told.iter().filter(missed).collect();
        found = gaps::find(client, &again, &doubles).await?;
    }
    Ok(Verified::new(&told, found, doubles))
}

/// A partial answer proves nothing.
fn partial(reason: &str) -> anyhow::Error {
    let message =
        format!("the cluster answered for a part of its shards only ({reason}); try again");
    Failure::new(Exit::Temporary, message).into()
}
