//! Histories that once went wrong, as the property test told them.

use super::check;
use super::step::Drain::All;
use super::step::Ends::{Begun, Whole};
use super::step::Log::{A, B};
use super::step::Step::{CopyTruncate, Crash, Delete, Pass, Rounds, Stop, Truncate, Write};
use super::step::{Glance, Heads, Place, Reply, Rules, Step};

const AMPLE: Rules =
    Rules { block_bytes: 256 << 10, budget_bytes: 1 << 30, open_files: 64, heads: Heads::Own };

fn is_well(rules: Rules, steps: &[Step]) {
    if let Err(why) = check(rules, steps) {
        panic!("{why}");
    }
}

/// S8
#[test]
fn a_deleted_file_does_not_give_the_last_descriptor_away_before_it_is_read() {
    let steps = [
        Write(Place(B, 0), vec![0], Whole),
        Write(Place(A, 0), vec![5, 2], Whole),
        Rounds(2),
        Delete(Place(A, 0)),
    ];
    is_well(Rules { block_bytes: 40, open_files: 1, ..AMPLE }, &steps);
}

/// S8
#[test]
fn a_file_that_is_cut_while_it_waits_for_room_is_not_read_under_its_old_id() {
    let steps = [
        Write(Place(A, 0), vec![1, 5, 1], Whole),
        Rounds(2),
        Write(Place(B, 0), vec![0], Whole),
        Step::Hear,
        Rounds(1),
        Truncate(Place(B, 0)),
        Write(Place(B, 0), vec![1], Whole),
    ];
    is_well(Rules { budget_bytes: 1, ..AMPLE }, &steps);
}

/// S8
#[test]
fn what_stands_in_a_file_since_it_was_cut_is_not_called_lost() {
    let steps = [
        Write(Place(A, 0), vec![0], Whole),
        Rounds(1),
        Truncate(Place(A, 0)),
        Stop(All),
        Rounds(2),
        Write(Place(A, 0), vec![1], Whole),
        Crash,
    ];
    is_well(AMPLE, &steps);
}

/// S8, I9
#[test]
fn two_logs_that_begin_with_one_head_are_both_read_though_one_holds_nothing_else() {
    let steps = [
        Write(Place(A, 0), vec![], Whole),
        Write(Place(B, 0), vec![], Begun),
        Rounds(2),
        Write(Place(B, 0), vec![], Whole),
    ];
    is_well(Rules { heads: Heads::Shared, ..AMPLE }, &steps);
}

/// S8, I9
#[test]
fn a_log_that_begins_like_a_deleted_one_is_read_though_it_was_first_seen_with_its_head_alone() {
    let steps = [
        Write(Place(A, 0), vec![], Whole),
        Rounds(2),
        Stop(All),
        Rounds(2),
        Write(Place(A, 0), vec![3], Whole),
        Pass(12_000),
        Rounds(2),
        Stop(All),
        Delete(Place(A, 0)),
        Write(Place(A, 0), vec![], Whole),
        Rounds(2),
        Pass(12_000),
        Pass(12_000),
        Write(Place(A, 0), vec![1], Whole),
    ];
    is_well(Rules { heads: Heads::Shared, ..AMPLE }, &steps);
}

/// S8, I6
#[test]
fn a_file_that_begins_as_it_did_before_a_copy_took_its_id_gets_another_one() {
    let steps = [
        Write(Place(A, 0), vec![0, 3], Whole),
        Rounds(1),
        Stop(All),
        CopyTruncate(A, vec![], Glance::No),
        Rounds(1),
        Write(Place(A, 0), vec![0, 1], Whole),
    ];
    is_well(AMPLE, &steps);
}

/// S8
#[test]
fn a_stop_tells_what_was_not_read_of_a_deleted_file() {
    let steps = [
        Write(Place(A, 0), vec![1], Whole),
        Rounds(2),
        Write(Place(A, 0), vec![3], Whole),
        Delete(Place(A, 0)),
        Stop(All),
    ];
    is_well(AMPLE, &steps);
}

/// S8, I6
#[test]
fn a_copy_is_known_by_its_own_head_and_not_by_what_its_original_grew_to() {
    let steps = [
        Write(Place(A, 0), vec![3], Whole),
        Rounds(1),
        Stop(All),
        Rounds(1),
        CopyTruncate(A, vec![3], Glance::Yes),
    ];
    is_well(Rules { block_bytes: 40, ..AMPLE }, &steps);
}

/// S8
#[test]
fn a_copy_made_since_the_last_scan_is_looked_for_before_a_stop_calls_its_bytes_lost() {
    let steps = [
        Write(Place(A, 0), vec![3], Whole),
        Rounds(1),
        Step::Send(1),
        Write(Place(A, 0), vec![4], Whole),
        Write(Place(A, 0), vec![4], Whole),
        Step::Answer(0, Reply::Taken),
        Step::Keep,
        CopyTruncate(A, vec![], Glance::Yes),
        Step::Rotate(A),
        Delete(Place(A, 1)),
        Stop(All),
    ];
    is_well(Rules { block_bytes: 300, ..AMPLE }, &steps);
}

/// S8
#[test]
fn a_copy_that_is_cut_and_written_to_is_a_file_of_its_own() {
    let steps = [
        Write(Place(A, 0), vec![3], Whole),
        Rounds(1),
        Stop(All),
        Rounds(1),
        CopyTruncate(A, vec![], Glance::No),
        Write(Place(B, 0), vec![0], Whole),
        Rounds(1),
        Step::Rotate(A),
        Truncate(Place(A, 2)),
        Write(Place(A, 2), vec![1], Whole),
        Write(Place(A, 0), vec![], Whole),
    ];
    is_well(AMPLE, &steps);
}

/// S8
#[test]
fn a_last_line_that_was_read_is_sent_though_its_file_is_cut_while_it_waits_to_be_ended() {
    let steps = [
        Write(Place(A, 0), vec![1], Begun),
        Rounds(3),
        Step::Rotate(A),
        Pass(1_100),
        Pass(12_000),
        Rounds(1),
        Pass(6_000),
        Rounds(1),
        Truncate(Place(A, 1)),
    ];
    is_well(Rules { budget_bytes: 3_000, ..AMPLE }, &steps);
}
