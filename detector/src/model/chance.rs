//! Chance as an argument: seeds out of names, bits out of seeds.

/// Returns the seed of a series: FNV-1a, 64 bits, over its id (`rule.id/group_key`).
pub fn series_seed(series_id: &str) -> u64 {
    series_id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The SplitMix64 generator: 64 bits of state, 64 bits a draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// Returns a generator that starts from `state`.
    pub fn new(state: u64) -> Self {
        Self { state }
    }

    /// Draws 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// Draws a number between 0 and 1, never either: the top 53 bits, plus a half.
    pub fn uniform(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::{SplitMix64, series_seed};

    #[test]
    fn seeds_are_those_of_the_table() {
        assert_eq!(series_seed("a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(series_seed("counts/uneven/5/0/5m/0/1"), 0x667d_fc33_2671_6f6e);
        assert_eq!(series_seed("counts/steady/1/0.1/5m/0/1"), 0x72c4_b6b5_af69_914e);
    }

    #[test]
    fn draws_are_those_of_the_table() {
        let mut chance = SplitMix64::new(0);
        assert_eq!(chance.bits(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(chance.bits(), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn uniform_draws_stay_between_0_and_1_and_fill_the_room() {
        let mut chance = SplitMix64::new(7);
        let draws: Vec<f64> = (0..10_000).map(|_| chance.uniform()).collect();
        assert!(draws.iter().all(|draw| *draw > 0.0 && *draw < 1.0));
        let mean = draws.iter().sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "mean {mean}");
    }
}
