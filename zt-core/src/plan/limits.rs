//! Limits of plans.

/// Steps of one plan.
pub(super) const STEPS: usize = 10_000;
