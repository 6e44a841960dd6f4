//! The count model against the reference, and in the shops that it is for.

mod behaviour;
mod golden;
mod speech;
