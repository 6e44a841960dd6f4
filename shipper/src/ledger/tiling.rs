//! A file from its first byte on, cut into tiles by how the bytes ended: no gap, no overlap, equal neighbours joined.
//!
//! A tile is known by its end; it starts where the one before it ends. So a gap or an overlap cannot be written down.

use event::{ByteOffset, Span};

use super::outcome::Outcome;

/// A file whose lines end in turn one way and another would fill memory and disk. Beyond so many tiles the older half is
/// made coarser: stored, duplicate and filtered neighbours become `mixed`; what is redirected, dead-lettered or lost keeps
/// its tile as long as such tiles alone do not fill the half. The totals of a file stay exact.
pub const MOST_TILES: usize = 512;

/// Bytes that ended one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// Where it ends.
    pub end: ByteOffset,
    /// How its bytes ended.
    pub outcome: Outcome,
}

/// The tiles of one file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tiling {
    tiles: Vec<Tile>,
}

impl Tiling {
    /// Returns where the last tile ends.
    pub fn end(&self) -> ByteOffset {
        self.tiles.last().map_or(ByteOffset::ZERO, |tile| tile.end)
    }

    /// Returns the number of tiles.
    pub fn len(&self) -> usize {
        self.tiles.len()
    }

    /// Tells whether there is no tile.
    pub fn is_empty(&self) -> bool {
        self.tiles.is_empty()
    }

    /// Lays bytes up to `end`; nothing, where they are laid already.
    pub fn lay(&mut self, end: ByteOffset, outcome: &Outcome) {
        if end <= self.end() {
            return;
        }
        match self.tiles.last_mut() {
            Some(last) if last.outcome == *outcome => last.end = end,
            Some(_) | None => {
                self.tiles.push(Tile { end, outcome: outcome.clone() });
                if self.tiles.len() > MOST_TILES {
                    self.coarsen();
                }
            }
        }
    }

    /// Takes away what stands behind a place.
    pub fn cut(&mut self, at: ByteOffset) {
        let whole = self.tiles.partition_point(|tile| tile.end <= at);
        let start = whole.checked_sub(1).and_then(|last| self.tiles.get(last));
        let is_split = at > start.map_or(ByteOffset::ZERO, |tile| tile.end);
        self.tiles.truncate(whole + usize::from(is_split));
        if let Some(tile) = self.tiles.get_mut(whole) {
            tile.end = at;
        }
    }

    /// Returns the tiles with their spans.
    pub fn iter(&self) -> impl Iterator<Item = (Span, &Outcome)> {
        let starts =
            std::iter::once(ByteOffset::ZERO).chain(self.tiles.iter().map(|tile| tile.end));
        starts.zip(&self.tiles).map(|(start, tile)| (start..tile.end, &tile.outcome))
    }

    /// Returns how the byte before a place ended.
    pub fn before(&self, at: ByteOffset) -> Option<&Outcome> {
        let tile = self.tiles.partition_point(|tile| tile.end < at);
        self.tiles.get(tile).map(|tile| &tile.outcome)
    }

    /// Returns the tiles that end behind a place.
    pub fn behind(&self, at: ByteOffset) -> &[Tile] {
        let from = self.tiles.partition_point(|tile| tile.end <= at);
        self.tiles.get(from..).unwrap_or_default()
    }

    /// Tells whether tiles that start at `from` say the same as ours up to a place.
    pub fn says(&self, from: ByteOffset, to: ByteOffset, tiles: &[(ByteOffset, Outcome)]) -> bool {
        let ours = self.behind(from).iter().map(|tile| (tile.end, &tile.outcome));
        let theirs = tiles.iter().map(|(end, outcome)| (*end, outcome));
        runs(ours, to) == runs(theirs, to)
    }

    fn coarsen(&mut self) {
        let newer = self.tiles.split_off(self.tiles.len() / 2);
        let kept = melt(&self.tiles, Notable::Kept);
        self.tiles =
            if kept.len() > MOST_TILES / 4 { melt(&self.tiles, Notable::Melted) } else { kept };
        for tile in newer {
            self.lay(tile.end, &tile.outcome);
        }
    }
}

/// Returns the ends of tiles up to a place, which may lie inside one.
fn runs<'a>(
    tiles: impl Iterator<Item = (ByteOffset, &'a Outcome)>,
    to: ByteOffset,
) -> Vec<(ByteOffset, &'a Outcome)> {
    let mut runs = Vec::new();
    for (end, outcome) in tiles {
        runs.push((end.min(to), outcome));
        if end >= to {
            break;
        }
    }
    runs
}

/// What happens to tiles that people look for: redirected, dead-lettered, lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notable {
    Kept,
    Melted,
}

/// Makes one tile of each run of neighbours.
fn melt(tiles: &[Tile], notable: Notable) -> Vec<Tile> {
    let stays =
        |tile: &Tile| notable == Notable::Kept && tile.outcome.rank() > Outcome::Mixed.rank();
    let mut melted = Vec::new();
    for run in tiles.chunk_by(|one, two| !stays(one) && !stays(two)) {
        match run {
            [] => {}
            [alone] => melted.push(alone.clone()),
            [.., last] => melted.push(Tile { end: last.end, outcome: Outcome::Mixed }),
        }
    }
    melted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Cause;
    use proptest::prelude::*;

    static HEALTH: Outcome = Outcome::Filtered(Cause::of("health_path"));

    fn at(offset: u64) -> ByteOffset {
        ByteOffset::new(offset)
    }

    fn laid(tiles: &[(u64, Outcome)]) -> Tiling {
        let mut tiling = Tiling::default();
        for (end, outcome) in tiles {
            tiling.lay(at(*end), outcome);
        }
        tiling
    }

    fn text(tiling: &Tiling) -> String {
        let tiles = tiling.iter();
        let tiles = tiles.map(|(span, outcome)| format!("{}..{} {outcome}", span.start, span.end));
        tiles.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn equal_neighbours_are_one_tile() {
        let tiling = laid(&[(10, Outcome::Stored), (20, Outcome::Stored), (25, HEALTH.clone())]);
        assert_eq!(text(&tiling), "0..20 stored, 20..25 filtered/health_path");
        assert_eq!(text(&laid(&[(0, HEALTH.clone())])), "", "no bytes, no tile");
    }

    #[test]
    fn a_cut_takes_away_what_stands_behind_it() {
        let tiling = laid(&[(10, Outcome::Stored), (20, HEALTH.clone())]);
        for (place, want) in [
            (0, ""),
            (4, "0..4 stored"),
            (10, "0..10 stored"),
            (15, "0..10 stored, 10..15 filtered/health_path"),
            (99, "0..10 stored, 10..20 filtered/health_path"),
        ] {
            let mut tiling = tiling.clone();
            tiling.cut(at(place));
            assert_eq!(text(&tiling), want, "cut at {place}");
        }
    }

    #[test]
    fn outcomes_in_turn_do_not_grow_without_limit_and_what_is_notable_stays() {
        let mut tiling = Tiling::default();
        tiling.lay(at(1), &Outcome::DeadLettered);
        for end in 2..100_000 {
            tiling.lay(at(end), if end % 2 == 0 { &Outcome::Stored } else { &HEALTH });
            assert!(tiling.len() <= MOST_TILES);
        }
        assert!(text(&tiling).starts_with("0..1 dead_lettered, 1.."), "{}", text(&tiling));
        assert_eq!(tiling.end(), at(99_999));
    }

    #[test]
    fn even_notable_tiles_have_a_limit() {
        let mut tiling = Tiling::default();
        for end in 1..10_000 {
            tiling
                .lay(at(end), if end % 2 == 0 { &Outcome::Stored } else { &Outcome::DeadLettered });
            assert!(tiling.len() <= MOST_TILES);
        }
    }

    proptest! {
        #[test]
        fn tiles_lie_without_gap_and_no_equal_neighbours(
            steps in prop::collection::vec((0_u64..9, 0_u8..4), 0..1_500),
            cut in 0_u64..9_000,
        ) {
            let mut tiling = Tiling::default();
            let mut end = 0;
            for (bytes, kind) in steps {
                end += bytes;
                let outcome = match kind {
                    0 => Outcome::Stored,
                    1 => HEALTH.clone(),
                    2 => Outcome::Duplicate,
                    _ => Outcome::DeadLettered,
                };
                tiling.lay(at(end), &outcome);
            }
            prop_assert_eq!(tiling.end(), at(end));
            tiling.cut(at(cut));
            prop_assert_eq!(tiling.end(), at(end.min(cut)));
            let tiles: Vec<_> = tiling.iter().collect();
            prop_assert!(tiles.iter().all(|(span, _)| span.start < span.end));
            prop_assert!(tiles.windows(2).all(|pair| pair[0].1 != pair[1].1));
        }
    }
}
