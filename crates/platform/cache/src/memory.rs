//! Counters in this process, in bounded memory.

use foldhash::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::digest::Digest;
use crate::rule::{Call, Decision, Operation, Rule};
use crate::window::Window;

/// How many counters newcomers share once a rule's own ones are used up. A power of two up to 2^16.
const SHARED_COUNTERS: u16 = 1024;

/// Counters by rule, then by key.
#[derive(Debug)]
pub(crate) struct Memory {
    max_keys: usize,
    tables: Mutex<HashMap<(&'static str, u64), Table>>,
}

/// The counters of one rule, apart from other rules', so that a flood on one cannot crowd another out.
///
/// No live counter is ever dropped: evicting, even the oldest, would let somebody clear his own counter by flooding the
/// table with made-up keys. Instead newcomers share `shared` counters while the table is full. They may then be limited
/// early, which ends by itself when the flood's counters expire.
#[derive(Debug, Default)]
struct Table {
    own: HashMap<Digest, Window>,
    shared: HashMap<u16, Window>,
    swept_in_slot: Option<u64>,
}

impl Memory {
    /// `max_keys` is per rule.
    pub(crate) fn new(max_keys: usize) -> Self {
        Self { max_keys, tables: Mutex::default() }
    }

    /// Does `call` at `now_ms` and answers.
    pub(crate) fn apply(&self, call: &Call<'_>, now_ms: u64) -> Decision {
        let Call { rule, key, operation } = *call;
        // Counters are whole after each statement, so those a panicking thread left are fit for use.
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let table = tables.entry((rule.name, rule.slot_ms())).or_default();
        let adds = matches!(operation, Operation::Check { .. } | Operation::Record { .. });
        let window =
            if adds { Some(table.place(rule, key, now_ms, self.max_keys)) } else { table.find(call, now_ms) };
        match window {
            Some(window) => window.apply(rule, now_ms, operation),
            None => Window::default().apply(rule, now_ms, Operation::Peek),
        }
    }
}

impl Table {
    /// The counter of `key` if it has one that `call` may touch.
    fn find(&mut self, call: &Call<'_>, now_ms: u64) -> Option<&mut Window> {
        let Call { rule, key, operation } = *call;
        if self.own.contains_key(&key) {
            return self.own.get_mut(&key);
        }
        // One of those who share a counter must not wipe the others' hits.
        let shared = self.shared.get_mut(&bucket(key))?;
        let touchable = operation != Operation::Reset && shared.is_live(rule, now_ms);
        touchable.then_some(shared)
    }

    /// The counter of `key`, made when there is none.
    fn place(&mut self, rule: &Rule, key: Digest, now_ms: u64, max_keys: usize) -> &mut Window {
        let bucket = bucket(key);
        let is_known = self.own.contains_key(&key);
        // Who was counted in a shared counter stays there until it is forgotten, or a freed place would be a reset.
        let is_shared =
            !is_known && self.shared.get(&bucket).is_some_and(|window| window.is_live(rule, now_ms));
        if !is_known && self.own.len() >= max_keys {
            self.sweep(rule, now_ms);
        }
        if is_known || (!is_shared && self.own.len() < max_keys) {
            self.own.entry(key).or_default()
        } else {
            self.shared.entry(bucket).or_default()
        }
    }

    /// Drops what no longer weighs; at most once per slot, so that a flood does not buy a scan with each request.
    fn sweep(&mut self, rule: &Rule, now_ms: u64) {
        let slot = Some(now_ms / rule.slot_ms());
        if self.swept_in_slot != slot {
            self.swept_in_slot = slot;
            self.own.retain(|_, window| window.is_live(rule, now_ms));
            self.shared.retain(|_, window| window.is_live(rule, now_ms));
        }
    }
}

fn bucket(key: Digest) -> u16 {
    key.bucket() % SHARED_COUNTERS
}
