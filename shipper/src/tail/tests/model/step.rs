//! What may happen, and in which surroundings.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// One log of the shop; each is rotated by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Log {
    A,
    B,
}

/// A place in the chain of a log: 0 is the live one, 1 the one that was rotated last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place(pub(super) Log, pub(super) u8);

/// What a write ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// A complete line.
    Whole,
    /// The beginning of a line, which the next write completes.
    Begun,
}

/// Whether the reader comes round between the two halves of a copytruncate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glance {
    Yes,
    No,
}

/// What the cluster does with a batch, and whether we hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// It takes all of it and says so.
    Taken,
    /// It takes all of it, and its reply is lost: everything is sent again.
    Lost,
    /// It takes nothing: everything is sent again.
    Refused,
    /// It takes every other document and says so: the others are sent again.
    Half,
}

/// Whether a clean stop waits for the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drain {
    All,
    Nothing,
}

/// One thing that happens. Numbers in `lines` are lengths, by their place in `disk::LENGTHS`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Write(Place, Vec<usize>, Ends),
    Rotate(Log),
    Delete(Place),
    MoveAway(Place),
    Truncate(Place),
    CopyTruncate(Log, Vec<usize>, Glance),
    /// The reader comes round so often.
    Rounds(u8),
    /// So many milliseconds pass, then the reader comes round once.
    Pass(u64),
    /// Everything that happened is announced to the reader.
    Hear,
    /// A batch of so many events leaves, if there are any.
    Send(usize),
    /// One of the batches under way is answered.
    Answer(usize, Reply),
    /// The keeper writes the checkpoint, if it is due.
    Keep,
    Stop(Drain),
    Crash,
}

impl Step {
    fn takes_files(&self) -> bool {
        matches!(
            self,
            Self::Delete(..) | Self::MoveAway(..) | Self::Truncate(..) | Self::CopyTruncate(..)
        )
    }

    pub(super) fn changes_files(&self) -> bool {
        matches!(
            self,
            Self::Write(..)
                | Self::Rotate(..)
                | Self::Delete(..)
                | Self::MoveAway(..)
                | Self::Truncate(..)
                | Self::CopyTruncate(..)
        )
    }
}

/// The surroundings of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    /// Bytes that are read at a time.
    pub(super) block_bytes: usize,
    /// Bytes that may be on their way before reading stops.
    pub(super) budget_bytes: u64,
    pub(super) open_files: usize,
    pub(super) heads: Heads,
}

/// How new files begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heads {
    /// With a line of their own.
    Own,
    /// All with one line that is long enough to tell files apart, and does not.
    Shared,
}

fn rules() -> impl Strategy<Value = Rules> {
    let heads = prop_oneof![3 => Just(Heads::Own), 1 => Just(Heads::Shared)];
    (
        select(vec![256 << 10, 300, 40]),
        select(vec![1 << 30, 3_000, 1]),
        select(vec![64, 2, 1]),
        heads,
    )
        .prop_map(|(block_bytes, budget_bytes, open_files, heads)| Rules {
            block_bytes,
            budget_bytes,
            open_files,
            heads,
        })
}

/// Returns surroundings, and steps that fit them.
///
/// Where files share a head, none goes: one that is new and shorter than what was read of one that went cannot be told from
/// an early copy of that. It is read as soon as it is written on, but here nobody may do that.
pub(super) fn cases() -> impl Strategy<Value = (Rules, Vec<Step>)> {
    (rules(), steps()).prop_map(|(rules, mut steps)| {
        if rules.heads == Heads::Shared {
            let mut rotations = 0;
            steps.retain(|step| {
                rotations += usize::from(matches!(step, Step::Rotate(_)));
                // The third rotation deletes what the first one moved.
                !step.takes_files() && (rotations <= 2 || !matches!(step, Step::Rotate(_)))
            });
        }
        (rules, steps)
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..50)
}

fn step() -> impl Strategy<Value = Step> {
    let pauses = vec![200, 1_100, 6_000, 12_000, 65_000, 310_000, 700_000_u64];
    prop_oneof![
        8 => (live(), lines(), ends()).prop_map(|(log, lines, ends)| Step::Write(Place(log, 0), lines, ends)),
        1 => (rotated(), lines()).prop_map(|(place, lines)| Step::Write(place, lines, Ends::Whole)),
        3 => live().prop_map(Step::Rotate),
        1 => place().prop_map(Step::Delete),
        1 => place().prop_map(Step::MoveAway),
        1 => place().prop_map(Step::Truncate),
        2 => (live(), vec(1..5_usize, 0..2), select(vec![Glance::No, Glance::Yes]))
            .prop_map(|(log, window, glance)| Step::CopyTruncate(log, window, glance)),
        6 => (1..6_u8).prop_map(Step::Rounds),
        4 => select(pauses).prop_map(Step::Pass),
        3 => Just(Step::Hear),
        6 => (1..9_usize).prop_map(Step::Send),
        6 => (0..4_usize, reply()).prop_map(|(batch, reply)| Step::Answer(batch, reply)),
        3 => Just(Step::Keep),
        1 => select(vec![Drain::All, Drain::Nothing]).prop_map(Step::Stop),
        2 => Just(Step::Crash),
    ]
}

fn live() -> impl Strategy<Value = Log> {
    prop_oneof![3 => Just(Log::A), 1 => Just(Log::B)]
}

fn rotated() -> impl Strategy<Value = Place> {
    (live(), 1..3_u8).prop_map(|(log, depth)| Place(log, depth))
}

fn place() -> impl Strategy<Value = Place> {
    (live(), 0..3_u8).prop_map(|(log, depth)| Place(log, depth))
}

fn lines() -> impl Strategy<Value = Vec<usize>> {
    vec(0..6_usize, 0..4)
}

fn ends() -> impl Strategy<Value = Ends> {
    prop_oneof![2 => Just(Ends::Whole), 1 => Just(Ends::Begun)]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![
        4 => Just(Reply::Taken),
        1 => Just(Reply::Lost),
        1 => Just(Reply::Refused),
        1 => Just(Reply::Half),
    ]
}

pub(super) const fn ms(span: u64) -> Duration {
    Duration::from_millis(span)
}
