//! The sliding window itself: pure arithmetic, no clock, no storage. `window.lua` is the same in Redis.

use std::time::Duration;

use crate::rule::{Decision, Operation, Rule, SLOTS};

/// Hits of one key, summed per slot.
///
/// The promise: in every stretch as long as the rule's window, the sum of what `Check` allowed is at most the limit.
/// The price of counting per slot and not per hit: a hit may weigh up to one slot longer than the window.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Oldest first; only slots with hits, so never more than `SLOTS + 1` of them.
    slots: Vec<Slot>,
    /// The hits of all slots together.
    used: u64,
}

#[derive(Debug)]
struct Slot {
    /// Time divided by the rule's slot width.
    index: u64,
    hits: u32,
}

impl Window {
    /// Does `operation` at `now_ms` and answers.
    pub(crate) fn apply(&mut self, rule: &Rule, now_ms: u64, operation: Operation) -> Decision {
        // A clock that steps back must not file new hits before old ones.
        let newest = self.slots.last().map_or(0, |newest| newest.index);
        let current = (now_ms / rule.slot_ms()).max(newest);
        self.forget(current);

        match operation {
            Operation::Check { cost } => {
                let answer = self.answer(rule, now_ms, cost);
                if let Decision::Allowed { remaining } = answer {
                    self.add(current, cost);
                    return Decision::Allowed { remaining: remaining.saturating_sub(cost) };
                }
                return answer;
            }
            Operation::Peek => {}
            Operation::Record { cost } => self.add(current, cost),
            Operation::Refund { cost } => self.take(cost),
            Operation::Reset => *self = Self::default(),
        }
        self.answer(rule, now_ms, 1)
    }

    /// Whether any hit still weighs in the slot that `now_ms` falls into.
    pub(crate) fn is_live(&self, rule: &Rule, now_ms: u64) -> bool {
        self.slots.last().is_some_and(|newest| newest.weighs_at(now_ms / rule.slot_ms()))
    }

    /// Would `asked` more fit, and if not, when?
    fn answer(&self, rule: &Rule, now_ms: u64, asked: u32) -> Decision {
        let limit = u64::from(rule.limit);
        let excess = (self.used + u64::from(asked)).saturating_sub(limit);
        if excess == 0 {
            let remaining = u32::try_from(limit - self.used).unwrap_or(0);
            return Decision::Allowed { remaining };
        }
        let mut freed = 0;
        let last_needed = self.slots.iter().find(|slot| {
            freed += u64::from(slot.hits);
            freed >= excess
        });
        let wait_ms = match last_needed {
            Some(slot) => slot.forgotten_at_ms(rule).saturating_sub(now_ms).max(1),
            // More is asked than the limit itself: no waiting helps.
            None => rule.whole_window_ms(),
        };
        Decision::Limited { retry_after: Duration::from_millis(wait_ms) }
    }

    /// Drops the slots that do not weigh any more; mostly there is none, or one.
    fn forget(&mut self, current: u64) {
        let gone = self.slots.iter().take_while(|slot| !slot.weighs_at(current)).count();
        self.used -= self.slots.drain(..gone).map(|slot| u64::from(slot.hits)).sum::<u64>();
    }

    fn add(&mut self, current: u64, cost: u32) {
        let added = match self.slots.last_mut() {
            Some(newest) if newest.index == current => {
                let added = cost.min(u32::MAX - newest.hits);
                newest.hits += added;
                added
            }
            _ if cost > 0 => {
                self.slots.push(Slot { index: current, hits: cost });
                cost
            }
            _ => 0,
        };
        self.used += u64::from(added);
    }

    /// Takes from the newest hits: what is given back was usually counted a moment ago.
    fn take(&mut self, mut cost: u32) {
        while cost > 0 {
            let Some(mut newest) = self.slots.pop() else { return };
            let taken = newest.hits.min(cost);
            newest.hits -= taken;
            self.used -= u64::from(taken);
            cost -= taken;
            if newest.hits > 0 {
                self.slots.push(newest);
            }
        }
    }
}

impl Slot {
    /// The last moment of a slot leaves a window that started there only when `SLOTS` whole slots have followed.
    fn weighs_at(&self, current: u64) -> bool {
        self.index + SLOTS >= current
    }

    fn forgotten_at_ms(&self, rule: &Rule) -> u64 {
        (self.index + SLOTS + 1).saturating_mul(rule.slot_ms())
    }
}
