//! A stored snapshot is whole or refused.

use super::{FORMAT, HEAD, RestoreError, Snapshot};

fn snapshot() -> Snapshot {
    Snapshot { state: (0..=255).cycle().take(5_000).collect() }
}

#[test]
fn what_was_stored_is_what_is_read() {
    for state in [Vec::new(), vec![7], snapshot().state] {
        let snapshot = Snapshot { state };
        assert_eq!(Snapshot::from_bytes(&snapshot.to_bytes()), Ok(snapshot));
    }
}

#[test]
fn a_snapshot_that_is_cut_anywhere_is_refused() {
    let whole = snapshot().to_bytes();
    for length in 0..whole.len() {
        assert!(Snapshot::from_bytes(&whole[..length]).is_err(), "cut to {length}");
    }
}

#[test]
fn a_snapshot_with_a_flipped_bit_is_refused() {
    let whole = snapshot().to_bytes();
    for place in 0..whole.len() {
        let mut broken = whole.clone();
        broken[place] ^= 0x10;
        let read = Snapshot::from_bytes(&broken);
        // A flip in the padding behind the last deflate block changes no byte of the state.
        assert!(read.is_err() || read == Ok(snapshot()), "byte {place}");
    }
}

#[test]
fn other_formats_are_named_and_refused() {
    let mut later = snapshot().to_bytes();
    later[4] = 2;
    let wanted = RestoreError::Version { found: 2, known: FORMAT };
    assert_eq!(Snapshot::from_bytes(&later), Err(wanted));
    assert_eq!(Snapshot::from_bytes(b"{\"a\": 1, \"b\": 2}"), Err(RestoreError::NoSnapshot));
}

#[test]
fn a_claimed_length_beyond_all_states_is_not_allocated() {
    let mut huge = snapshot().to_bytes();
    huge[6..10].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(Snapshot::from_bytes(&huge), Err(RestoreError::NoSnapshot));
}

#[test]
fn a_state_longer_than_it_claims_is_refused() {
    let mut longer = snapshot().to_bytes();
    longer[6..10].copy_from_slice(&4_999_u32.to_le_bytes());
    assert_eq!(Snapshot::from_bytes(&longer).err(), Some(RestoreError::Surplus(1)));
    assert_eq!(Snapshot::from_bytes(&longer[..HEAD]), Err(RestoreError::Cut));
}
