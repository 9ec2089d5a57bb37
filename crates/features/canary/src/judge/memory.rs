//! Does the canary's memory grow without end?
//!
//! A rule, not a test: memory has no independent errors to count. The looks are parted in three. A leak raises the
//! median from third to third; caches that fill and pools that grow raise the first one and then stay. Stable may grow
//! as well, and what it grows by is taken off. A new process may warm up for long beside an old one that is warm: growth
//! counts once the canary holds more than stable. Small programs double by loading a page, so growth must also be worth
//! speaking of in bytes.

use super::{Criterion, CriterionState, number};
use crate::{ArmLook, Limits, LookRecord};

/// Looks with memory before the rule says anything.
const LEAST_LOOKS: usize = 12;
/// Growth that is not spoken of.
const LEAST_GROWTH_BYTES: f64 = 32.0 * 1024.0 * 1024.0;
/// Times what stable holds that the canary must hold: beyond what wanders.
const ABOVE_STABLE: f64 = 1.1;
/// Part of the growth that must have come after the middle of the time.
const LATE_PART: f64 = 0.3;

/// Medians of the three parts of the time.
struct Course {
    early: f64,
    middle: f64,
    late: f64,
}

pub(super) fn judge(limits: &Limits, looks: &[LookRecord]) -> Criterion {
    let Some(canary) = course(looks, |look| &look.canary) else {
        let is_published = looks.iter().any(|look| look.canary.memory_bytes.is_some());
        return if is_published || looks.is_empty() {
            let reason = format!("memory is judged from {LEAST_LOOKS} looks on");
            Criterion::new("memory", CriterionState::Open, reason)
        } else {
            Criterion::new("memory", CriterionState::Absent, "the canary publishes no memory".to_owned())
        };
    };
    let growth = canary.late / canary.early.max(1.0);
    let stable = course(looks, |look| &look.stable);
    let stable_growth = stable.as_ref().map_or(1.0, |stable| (stable.late / stable.early.max(1.0)).max(1.0));
    let is_above = stable.as_ref().is_none_or(|stable| canary.late >= ABOVE_STABLE * stable.late);
    let bytes = canary.late - canary.early;
    let is_late = canary.late - canary.middle >= LATE_PART * bytes && canary.middle > canary.early;
    let has_grown = growth >= limits.bad_memory_growth * stable_growth && bytes >= LEAST_GROWTH_BYTES;
    let is_bad = has_grown && is_late && is_above;
    let reason = format!(
        "a canary pod went from {:.0} to {:.0} MiB{}, stable grew {stable_growth:.2} times",
        mebibytes(canary.early),
        mebibytes(canary.late),
        if is_bad { " and still grows" } else { "" }
    );
    Criterion::new("memory", if is_bad { CriterionState::Bad } else { CriterionState::Good }, reason)
        .with("growth of the canary", growth, "times")
        .with("growth of stable", stable_growth, "times")
        .with("growth that is an alarm", limits.bad_memory_growth * stable_growth, "times")
}

/// Only looks in which the canary lives: what stable did before is another time.
fn course(looks: &[LookRecord], arm: impl Fn(&LookRecord) -> &ArmLook) -> Option<Course> {
    let memory: Vec<f64> = looks
        .iter()
        .filter(|look| look.canary.memory_bytes.is_some())
        .filter_map(|look| arm(look).memory_bytes)
        .collect();
    if memory.len() < LEAST_LOOKS {
        return None;
    }
    let third = memory.len() / 3;
    let (early, rest) = memory.split_at_checked(third)?;
    let (middle, late) = rest.split_at_checked(third)?;
    Some(Course { early: median(early)?, middle: median(middle)?, late: median(late)? })
}

fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}

fn mebibytes(bytes: f64) -> f64 {
    bytes / number(1024 * 1024)
}
