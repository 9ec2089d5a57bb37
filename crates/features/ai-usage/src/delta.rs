//! What is new between two looks at the counters of one gateway process: pure.

use dashly_llm::CounterRow;
use std::collections::BTreeMap;

/// What makes calls be of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) task: String,
    pub(crate) model: String,
    pub(crate) workspace: String,
    pub(crate) caller: String,
    pub(crate) status: i64,
    pub(crate) outcome: String,
}

/// Amounts of calls of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) calls: u64,
    pub(crate) input_tokens: u64,
    pub(crate) output_tokens: u64,
    pub(crate) cache_read_tokens: u64,
    pub(crate) cache_write_tokens: u64,
    pub(crate) estimated_tokens: u64,
    pub(crate) cost_micros: u64,
    pub(crate) calls_without_price: u64,
    pub(crate) duration_micros: u64,
    pub(crate) duration_counts: Vec<u64>,
}

/// The rows of a gateway as amounts by kind.
pub(crate) fn amounts_by_kind(rows: &[CounterRow]) -> BTreeMap<Kind, Amounts> {
    rows.iter().map(|row| (kind_of(row), Amounts::of(row))).collect()
}

/// What was added from `before` to `after`; kinds without new calls are left out.
///
/// Counters only grow. One that shrank, which a sound gateway never shows, adds nothing.
pub(crate) fn added(
    before: &BTreeMap<Kind, Amounts>,
    after: &BTreeMap<Kind, Amounts>,
) -> BTreeMap<Kind, Amounts> {
    let nothing = Amounts::default();
    after
        .iter()
        .map(|(kind, now)| (kind.clone(), now.minus(before.get(kind).unwrap_or(&nothing))))
        .filter(|(_, amounts)| amounts.calls > 0)
        .collect()
}

fn kind_of(row: &CounterRow) -> Kind {
    Kind {
        task: row.task.clone(),
        model: row.model.clone(),
        workspace: row.workspace.clone(),
        caller: row.caller.clone(),
        status: i64::from(row.status),
        outcome: row.outcome.clone(),
    }
}

impl Amounts {
    fn of(row: &CounterRow) -> Self {
        let (usage, estimated) = (row.usage, row.estimated_usage);
        Self {
            calls: row.calls,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_5m_tokens + usage.cache_write_1h_tokens,
            estimated_tokens: estimated.input_tokens
                + estimated.output_tokens
                + estimated.cache_read_tokens
                + estimated.cache_write_5m_tokens
                + estimated.cache_write_1h_tokens,
            cost_micros: row.cost_micros,
            calls_without_price: row.calls_without_price,
            duration_micros: micros(row.total_duration_ms),
            duration_counts: row.duration_counts.clone(),
        }
    }

    fn minus(&self, before: &Self) -> Self {
        let mut rest = self.clone();
        rest.combine(before, u64::saturating_sub);
        rest
    }

    /// Adds what `other` has.
    pub(crate) fn add(&mut self, other: &Self) {
        self.combine(other, u64::saturating_add);
    }

    fn combine(&mut self, other: &Self, combine: fn(u64, u64) -> u64) {
        let pairs = [
            (&mut self.calls, other.calls),
            (&mut self.input_tokens, other.input_tokens),
            (&mut self.output_tokens, other.output_tokens),
            (&mut self.cache_read_tokens, other.cache_read_tokens),
            (&mut self.cache_write_tokens, other.cache_write_tokens),
            (&mut self.estimated_tokens, other.estimated_tokens),
            (&mut self.cost_micros, other.cost_micros),
            (&mut self.calls_without_price, other.calls_without_price),
            (&mut self.duration_micros, other.duration_micros),
        ];
        for (own, others) in pairs {
            *own = combine(*own, others);
        }
        if self.duration_counts.len() < other.duration_counts.len() {
            self.duration_counts.resize(other.duration_counts.len(), 0);
        }
        for (own, others) in self.duration_counts.iter_mut().zip(&other.duration_counts) {
            *own = combine(*own, *others);
        }
    }

    /// Tokens of all kinds, estimates included.
    pub(crate) const fn all_tokens(&self) -> u64 {
        self.input_tokens
            + self.output_tokens
            + self.cache_read_tokens
            + self.cache_write_tokens
            + self.estimated_tokens
    }
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of durations: what is not in range becomes its end"
)]
fn micros(milliseconds: f64) -> u64 {
    (milliseconds * 1_000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::{added, amounts_by_kind};
    use dashly_llm::CounterRow;
    use proptest::prelude::{any, prop};
    use proptest::{prop_assert_eq, proptest};

    fn row(task: &str, calls: u64, cost_micros: u64) -> CounterRow {
        CounterRow {
            task: task.to_owned(),
            calls,
            cost_micros,
            duration_counts: vec![calls, 0, 1],
            ..CounterRow::default()
        }
    }

    #[test]
    fn only_what_is_new_is_added() {
        let before = amounts_by_kind(&[row("a", 3, 10), row("b", 5, 50)]);
        let after = amounts_by_kind(&[row("a", 4, 15), row("b", 5, 50), row("c", 1, 1)]);
        let new = added(&before, &after);
        let told: Vec<_> =
            new.iter().map(|(kind, new)| (kind.task.as_str(), new.calls, new.cost_micros)).collect();
        assert_eq!(told, [("a", 1, 5), ("c", 1, 1)]);
        assert_eq!(new.values().next().unwrap().duration_counts, [1, 0, 0]);
        assert!(added(&after, &before).is_empty(), "counters that shrank add nothing");
    }

    proptest! {
        /// However often somebody looks, the sum of what was new is what the gateway counted.
        #[test]
        fn sums_of_looks_are_the_counters(steps in prop::collection::vec((0..3_u64, any::<bool>()), 1..60)) {
            let (mut counted, mut seen, mut sum) = ([0_u64; 3], amounts_by_kind(&[]), 0);
            let rows = |counted: &[u64; 3]| {
                let all = counted.iter().zip(["a", "b", "c"]);
                amounts_by_kind(&all.map(|(calls, task)| row(task, *calls, 7 * calls)).collect::<Vec<_>>())
            };
            for (kind, looks) in steps {
                counted[usize::try_from(kind).unwrap()] += 1;
                if looks {
                    let now = rows(&counted);
                    sum += added(&seen, &now).values().map(|new| new.cost_micros).sum::<u64>();
                    seen = now;
                }
            }
            sum += added(&seen, &rows(&counted)).values().map(|new| new.cost_micros).sum::<u64>();
            prop_assert_eq!(sum, 7 * counted.iter().sum::<u64>());
        }
    }
}
