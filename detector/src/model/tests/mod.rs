//! What holds for every model.

pub(super) mod golden;
