//! The one place where a name in a rule becomes a model.

use super::chart::{Moving, Variation};
use super::count::SeasonalCount;
use super::fields::Fields;
use super::ratio::Ratio;
use super::threshold::Threshold;
use super::{Model, ModelConfig, RestoreError, SlotCount, Start};

/// Builds the model that `config` names for a series with these slots.
///
/// Of the models built today none draws by chance, so `seed` ([`series_seed`](super::chance::series_seed)) rests.
pub fn build(
    config: &ModelConfig,
    slots: SlotCount,
    seed: u64,
    start: Start<'_>,
) -> Result<Box<dyn Model>, RestoreError> {
    let _ = seed;
    match config {
        ModelConfig::Threshold(config) | ModelConfig::Invariant(config) => {
            begin(Threshold::new(*config), start, Threshold::read)
        }
        ModelConfig::Moving(config) => begin(Moving::new(*config, slots), start, Moving::read),
        ModelConfig::Variation(config) => begin(Variation::new(*config), start, Variation::read),
        ModelConfig::SeasonalCount(config) => {
            begin(SeasonalCount::new(*config, slots), start, SeasonalCount::read)
        }
        ModelConfig::Ratio(config) => begin(Ratio::new(*config, slots), start, Ratio::read),
    }
}

/// Fills the cold model with a snapshot's state, all of it, where there is one.
fn begin<M: Model + 'static>(
    mut model: M,
    start: Start<'_>,
    read: impl FnOnce(&mut M, &mut Fields<'_>) -> Result<(), RestoreError>,
) -> Result<Box<dyn Model>, RestoreError> {
    if let Start::From(snapshot) = start {
        let mut fields = Fields::new(snapshot.state());
        read(&mut model, &mut fields)?;
        fields.end()?;
    }
    Ok(Box::new(model))
}
